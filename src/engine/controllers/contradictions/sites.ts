import type { AffinityRule } from "../../../model/entities.ts";
import type { RuleScope } from "../../../model/statuses.ts";
import type { State } from "../../state.ts";

/** A host as rules see it: where it stands. One without a rack is a rack of its own. */
export interface Site {
  readonly host: number;
  readonly rack: number;
  readonly zone: number;
}

/** Every host that there is, up or not: rules are judged by what stands in the fleet. */
export function sitesOf(state: State): Site[] {
  return state.tables.Host.sorted().map(({ id, rackId, zoneId }) => ({
    host: id,
    rack: rackId ?? id,
    zone: zoneId,
  }));
}

export function domainOfSite(scope: RuleScope, site: Site): number {
  if (scope === "HOST") return site.host;
  return scope === "RACK" ? site.rack : site.zone;
}

/**
 * As many sites as can make a difference for `guests` guests: of hosts that no rule names, the next
 * one in a rack is as good as the last, and so is a rack of equal size in the same zone.
 */
export function relevantSites(
  sites: readonly Site[],
  rules: readonly AffinityRule[],
  guests: number,
): { readonly sites: Site[]; readonly named: ReadonlySet<number> } {
  const named = new Set<number>(rules.flatMap((rule) => rule.hosts.map(({ hostId }) => hostId)));
  const kept: Site[] = [];
  const alike = new Map<string, number>();
  for (const members of Map.groupBy(sites, ({ rack }) => rack).values()) {
    const listed = members.filter(({ host }) => named.has(host));
    const others = members.filter(({ host }) => !named.has(host)).slice(0, guests);
    const kind = `${members[0]?.zone}/${others.length}`;
    const before = alike.get(kind) ?? 0;
    if (listed.length === 0 && before >= guests) continue;
    if (listed.length === 0) alike.set(kind, before + 1);
    kept.push(...listed, ...others);
  }
  return { sites: kept, named };
}
