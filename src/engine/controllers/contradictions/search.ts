import type { AffinityRule } from "../../../model/entities.ts";
import type { RuleScope } from "../../../model/statuses.ts";
import type { Groups } from "./groups.ts";
import { domainOfSite, type Site } from "./sites.ts";

/** Sites looked at before the search gives up: some tens of milliseconds. */
const LOOKS_MAX = 200_000;
/** More groups are not searched at all: each is a level of recursion. */
const GROUPS_MAX = 1_000;

/** An APART rule as it bears on one group: in each domain of the scope, one member at most. */
interface Apart {
  readonly scope: RuleScope;
  /** The group of the rule that holds each domain. */
  readonly holders: Map<number, number>;
}

/** Puts groups on sites one after the other, those with the least choice first, and goes back where it is stuck. */
export class Search {
  readonly #groups: Groups;
  readonly #allowed: ReadonlyMap<number, readonly Site[]>;
  readonly #named: ReadonlySet<number>;
  readonly #apartOf = new Map<number, Apart[]>();
  /** Where the groups that share a rack or a zone are, by scope and group. */
  readonly #chosen = new Map<string, number>();
  /** How many groups are on each host, in each rack and in each zone: ids are unique over all of them. */
  readonly #used = new Map<number, number>();
  readonly #kinds = new Map<number, string>();
  readonly #namedPlaces = new Set<number>();
  #looks = 0;

  constructor(
    groups: Groups,
    allowed: ReadonlyMap<number, readonly Site[]>,
    apart: readonly AffinityRule[],
    named: ReadonlySet<number>,
  ) {
    this.#groups = groups;
    this.#allowed = allowed;
    this.#named = named;
    for (const rule of apart) {
      const entry: Apart = { scope: rule.scope ?? "HOST", holders: new Map() };
      const members = new Set(rule.guestIds.map((guest) => groups.of("HOST", guest)));
      for (const id of members) this.#apartOf.set(id, [...(this.#apartOf.get(id) ?? []), entry]);
    }
    this.#knowPlaces();
  }

  /** True also when it could not be told in time. */
  succeeds(): boolean {
    if (this.#allowed.size > GROUPS_MAX) return true;
    const choice = (id: number) => this.#allowed.get(id)?.length ?? 0;
    const order = [...this.#allowed.keys()].sort(
      (a, b) => choice(a) - choice(b) || this.#partners(b) - this.#partners(a) || a - b,
    );
    return this.#place(order, 0);
  }

  #partners(id: number): number {
    return this.#apartOf.get(id)?.length ?? 0;
  }

  #place(order: readonly number[], index: number): boolean {
    const id = order[index];
    if (id === undefined) return true;
    const tried = new Set<string>();
    for (const site of this.#allowed.get(id) ?? []) {
      if (++this.#looks > LOOKS_MAX) return true;
      if (!this.#fits(id, site)) continue;
      // Of places that nothing tells apart so far, one stands for all.
      const kind = this.#kindOf(site);
      if (tried.has(kind)) continue;
      tried.add(kind);
      const undo = this.#take(id, site);
      if (this.#place(order, index + 1)) return true;
      undo();
    }
    return false;
  }

  #fits(id: number, site: Site): boolean {
    for (const scope of ["RACK", "ZONE"] as const) {
      const shared = this.#chosen.get(`${scope}${this.#groups.of(scope, id)}`);
      if (shared !== undefined && shared !== domainOfSite(scope, site)) return false;
    }
    return (this.#apartOf.get(id) ?? []).every(({ scope, holders }) => {
      const holder = holders.get(domainOfSite(scope, site));
      return holder === undefined || holder === this.#groups.of(scope, id);
    });
  }

  #take(id: number, site: Site): () => void {
    const undo: (() => void)[] = [];
    const claim = <K>(map: Map<K, number>, key: K, value: number) => {
      if (map.has(key)) return;
      map.set(key, value);
      undo.push(() => map.delete(key));
    };
    for (const scope of ["RACK", "ZONE"] as const) {
      const key = `${scope}${this.#groups.of(scope, id)}`;
      claim(this.#chosen, key, domainOfSite(scope, site));
    }
    for (const { scope, holders } of this.#apartOf.get(id) ?? [])
      claim(holders, domainOfSite(scope, site), this.#groups.of(scope, id));
    this.#count(site, 1);
    return () => {
      for (const each of undo) each();
      this.#count(site, -1);
    };
  }

  #count({ host, rack, zone }: Site, by: number): void {
    for (const place of new Set([host, rack, zone]))
      this.#used.set(place, (this.#used.get(place) ?? 0) + by);
  }

  /** The sizes of racks and zones, by which unused ones are alike; and those that have hosts which rules name. */
  #knowPlaces(): void {
    const sites = new Map([...this.#allowed.values()].flat().map((site) => [site.host, site]));
    for (const [zone, inZone] of Map.groupBy(sites.values(), (site) => site.zone)) {
      const sizes: number[] = [];
      for (const [rack, inRack] of Map.groupBy(inZone, (site) => site.rack)) {
        this.#kinds.set(rack, String(inRack.length));
        sizes.push(inRack.length);
      }
      this.#kinds.set(zone, sizes.sort((a, b) => a - b).join());
    }
    for (const { host, rack, zone } of sites.values())
      if (this.#named.has(host)) for (const place of [rack, zone]) this.#namedPlaces.add(place);
  }

  #kindOf({ host, rack, zone }: Site): string {
    const isSpecial = (place: number) =>
      (this.#used.get(place) ?? 0) > 0 || this.#namedPlaces.has(place);
    if (this.#named.has(host) || isSpecial(host)) return `host ${host}`;
    if (isSpecial(rack)) return `rack ${rack}`;
    const size = this.#kinds.get(rack);
    return isSpecial(zone) ? `zone ${zone} ${size}` : `${this.#kinds.get(zone)} ${size}`;
  }
}
