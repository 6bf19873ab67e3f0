import type { LogFilter } from "../../../schema/event-filter.ts";
import { type Interest, touchedBy } from "../../../schema/interest.ts";
import type { FleetEvent } from "../../model/events.ts";

/** By what events are looked up, the rarest first. */
const FACETS = [
  "touchedIds",
  "subjectIds",
  "incidentIds",
  "zoneIds",
  "tenantIds",
  "kinds",
  "categories",
] as const;
type Facet = (typeof FACETS)[number];

const VALUES_OF: Readonly<Record<Facet, (event: FleetEvent) => readonly unknown[]>> = {
  touchedIds: touchedBy,
  subjectIds: (event) => [event.subject?.id],
  incidentIds: (event) => [event.incidentId],
  zoneIds: (event) => [event.zoneId],
  tenantIds: (event) => [event.tenantId],
  kinds: (event) => [event.kind],
  categories: (event) => [event.category],
};

/** Events that have one of some values. */
export interface Filing {
  readonly facet: Facet;
  readonly values: readonly unknown[];
}

/** Under the rarest facet that a filter names; under nothing when it names none. */
export function filingsOf(filter: LogFilter): readonly Filing[] {
  for (const facet of FACETS) {
    const values = facet === "touchedIds" ? undefined : filter[facet];
    if (values) return [{ facet, values }];
  }
  return [];
}

export function filingsFor({ touchedIds, subjectIds, kinds }: Interest): readonly Filing[] {
  return [
    { facet: "touchedIds", values: touchedIds },
    { facet: "subjectIds", values: subjectIds },
    { facet: "kinds", values: kinds },
  ];
}

/**
 * Finds those that may want an event without a look at the others. One that is filed under several facets
 * may be found more than once, and whoever is found still looks closely.
 */
export class Router<Filed> {
  readonly #filed = new Map<Filed, readonly Filing[]>();
  readonly #byFacet = new Map<Facet, Map<unknown, Set<Filed>>>();
  /** Those that are filed under nothing want whatever comes. */
  readonly #others = new Set<Filed>();

  get size(): number {
    return this.#filed.size;
  }

  all(): readonly Filed[] {
    return [...this.#filed.keys()];
  }

  add(one: Filed, filings: readonly Filing[]): void {
    this.#filed.set(one, filings);
    if (filings.length === 0) this.#others.add(one);
    for (const { facet, values } of filings)
      for (const value of values) this.#file(one, facet, value);
  }

  /** False when it was not there. */
  remove(one: Filed): boolean {
    const filings = this.#filed.get(one);
    if (!filings) return false;
    this.#filed.delete(one);
    this.#others.delete(one);
    for (const { facet, values } of filings)
      for (const value of values) this.#unfile(one, facet, value);
    return true;
  }

  *wantedBy(event: FleetEvent): Generator<Filed> {
    yield* this.#others;
    for (const [facet, byValue] of this.#byFacet)
      for (const value of VALUES_OF[facet](event)) yield* byValue.get(value) ?? [];
  }

  #file(one: Filed, facet: Facet, value: unknown): void {
    const byValue = this.#byFacet.get(facet) ?? new Map<unknown, Set<Filed>>();
    this.#byFacet.set(facet, byValue);
    const those = byValue.get(value) ?? new Set<Filed>();
    byValue.set(value, those);
    those.add(one);
  }

  #unfile(one: Filed, facet: Facet, value: unknown): void {
    const byValue = this.#byFacet.get(facet);
    const those = byValue?.get(value);
    those?.delete(one);
    if (those?.size === 0) byValue?.delete(value);
    if (byValue?.size === 0) this.#byFacet.delete(facet);
  }
}
