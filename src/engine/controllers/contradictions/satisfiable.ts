import type { AffinityRule } from "../../../model/entities.ts";
import { RULE_SCOPES, type RuleScope } from "../../../model/statuses.ts";
import { Groups } from "./groups.ts";
import { canAllDiffer } from "./matching.ts";
import { Search } from "./search.ts";
import { domainOfSite, relevantSites, type Site } from "./sites.ts";

/**
 * Whether some way of placing the guests obeys all of these strict rules, on all hosts that there
 * are, however full or lost they may be now. First what follows at once: groups that must be kept
 * apart from themselves, places that nobody may be in, more guests than places. Then an exact
 * search, within bounds: what it can't tell in time counts as possible.
 */
export function isSatisfiable(rules: readonly AffinityRule[], all: readonly Site[]): boolean {
  if (all.length === 0) return true;
  // Most rules share their guests with no other one.
  const [only] = rules;
  if (only && rules.length === 1) return canStandAlone(only, all);
  const groups = new Groups(rules);
  const { sites, named } = relevantSites(all, rules, groups.guests.length);
  const allowed = allowedSites(rules, groups, sites);
  if ([...allowed.values()].some((each) => each.length === 0)) return false;
  const apart = rules.filter((rule) => rule.kind === "GUEST" && rule.polarity === "APART");
  if (!apart.every((rule) => mayBeApart(rule, groups, allowed, sites))) return false;
  // Without company, guests that may each be in a place of their own need no search for it.
  const isSettled = apart.length < 2 && !rules.some(({ polarity }) => polarity === "TOGETHER");
  return apart.length === 0 || isSettled || new Search(groups, allowed, apart, named).succeeds();
}

function canStandAlone(rule: AffinityRule, all: readonly Site[]): boolean {
  if (rule.kind === "HOST") {
    const hosts = new Set<number>(rule.hosts.map(({ hostId }) => hostId));
    return rule.guestIds.length === 0 || all.some(({ host }) => hosts.has(host));
  }
  if (rule.polarity === "TOGETHER") return true;
  const places = new Set(all.map((site) => domainOfSite(rule.scope ?? "HOST", site)));
  return places.size >= rule.guestIds.length;
}

/** By the group that shares a host: where HOST rules, and those that share its rack and zone, let it be. */
function allowedSites(
  rules: readonly AffinityRule[],
  groups: Groups,
  sites: readonly Site[],
): Map<number, readonly Site[]> {
  const allowed = new Map<number, readonly Site[]>();
  for (const guest of groups.guests) allowed.set(groups.of("HOST", guest), sites);
  for (const rule of rules) {
    if (rule.kind !== "HOST") continue;
    const hosts = new Set<number>(rule.hosts.map(({ hostId }) => hostId));
    for (const guest of rule.guestIds)
      narrow(allowed, groups.of("HOST", guest), ({ host }) => hosts.has(host));
  }
  for (const scope of ["RACK", "ZONE"] as const) shareDomains(scope, groups, allowed);
  return allowed;
}

function narrow(
  allowed: Map<number, readonly Site[]>,
  group: number,
  passes: (site: Site) => boolean,
): void {
  allowed.set(group, (allowed.get(group) ?? []).filter(passes));
}

/** Groups that share a rack or zone can only be in one where each of them may be. */
function shareDomains(
  scope: RuleScope,
  groups: Groups,
  allowed: Map<number, readonly Site[]>,
): void {
  for (const members of Map.groupBy(allowed.keys(), (id) => groups.of(scope, id)).values()) {
    if (members.length < 2) continue;
    const domains = members.map(
      (id) => new Set((allowed.get(id) ?? []).map((site) => domainOfSite(scope, site))),
    );
    for (const id of members)
      narrow(allowed, id, (site) => domains.every((each) => each.has(domainOfSite(scope, site))));
  }
}

/** There are as many places as the rule has groups to keep apart, and each may be in one of its own. */
function mayBeApart(
  rule: AffinityRule,
  groups: Groups,
  allowed: ReadonlyMap<number, readonly Site[]>,
  sites: readonly Site[],
): boolean {
  const scope = rule.scope ?? RULE_SCOPES[0];
  const members = rule.guestIds.map((guest) => groups.of(scope, guest));
  if (new Set(members).size < members.length) return false;
  const places = new Set(sites.map((site) => domainOfSite(scope, site)));
  const domains = rule.guestIds.map((guest) => {
    const own = allowed.get(groups.of("HOST", guest)) ?? sites;
    return own.length === sites.length
      ? null
      : new Set(own.map((site) => domainOfSite(scope, site)));
  });
  return canAllDiffer(domains, [...places]);
}
