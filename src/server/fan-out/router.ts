import type { LogFilter } from "../../../schema/event-filter.ts";
import type { FleetEvent } from "../../model/events.ts";

/** What a group is filed under: the first of these that its filter names, as the rarest. */
const FACETS = [
  "subjectIds",
  "incidentIds",
  "zoneIds",
  "tenantIds",
  "kinds",
  "categories",
] as const;
type Facet = (typeof FACETS)[number];

const VALUE_OF: Readonly<Record<Facet, (event: FleetEvent) => unknown>> = {
  subjectIds: (event) => event.subject?.id,
  incidentIds: (event) => event.incidentId,
  zoneIds: (event) => event.zoneId,
  tenantIds: (event) => event.tenantId,
  kinds: (event) => event.kind,
  categories: (event) => event.category,
};

interface Filed {
  readonly filter: LogFilter;
}

/** Finds those that may want an event without a look at the others. Whoever is found still looks closely. */
export class Router<Group extends Filed> {
  readonly #byFacet = new Map<Facet, Map<unknown, Set<Group>>>();
  /** Those whose filter names none of the facets. */
  readonly #others = new Set<Group>();

  add(group: Group): void {
    for (const set of this.#setsOf(group)) set.add(group);
  }

  remove(group: Group): void {
    const facet = facetOf(group.filter);
    if (facet === null) {
      this.#others.delete(group);
      return;
    }
    const groups = this.#byFacet.get(facet);
    for (const value of group.filter[facet] ?? []) {
      const set = groups?.get(value);
      set?.delete(group);
      if (set?.size === 0) groups?.delete(value);
    }
    if (groups?.size === 0) this.#byFacet.delete(facet);
  }

  *wantedBy(event: FleetEvent): Generator<Group> {
    yield* this.#others;
    for (const [facet, groups] of this.#byFacet) {
      const found = groups.get(VALUE_OF[facet](event));
      if (found) yield* found;
    }
  }

  *#setsOf({ filter }: Group): Generator<Set<Group>> {
    const facet = facetOf(filter);
    if (facet === null) {
      yield this.#others;
      return;
    }
    const groups = this.#byFacet.get(facet) ?? new Map<unknown, Set<Group>>();
    this.#byFacet.set(facet, groups);
    for (const value of new Set<unknown>(filter[facet])) {
      const set = groups.get(value) ?? new Set<Group>();
      groups.set(value, set);
      yield set;
    }
  }
}

function facetOf(filter: LogFilter): Facet | null {
  return FACETS.find((facet) => filter[facet] !== undefined) ?? null;
}
