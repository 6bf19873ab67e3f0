import type { AffinityRuleSpec, FleetSpec } from "../../../model/fleet.ts";
import { addResources, NO_RESOURCES, type Resources } from "../../../model/resources.ts";
import { offeredBy } from "../../../model/settings.ts";
import { RULE_SCOPES, type RuleScope } from "../../../model/statuses.ts";
import { guestKey, splitGuestName } from "./guest-names.ts";
import type { Plan } from "./plan.ts";

/**
 * Strict rules that nothing can satisfy are refused when they are written, not discovered when a
 * host is lost. Checked against the fleet as the document leaves it, all hosts up and empty.
 */

interface FutureHost {
  readonly capacity: Resources;
  readonly domains: Readonly<Record<RuleScope, string>>;
}

/** Hosts and guests' sizes as they will be. */
interface Future {
  readonly hosts: ReadonlyMap<string, FutureHost>;
  readonly guests: ReadonlyMap<string, Resources>;
}

export function checkSatisfiable(plan: Plan, spec: FleetSpec): void {
  const strict = spec.affinityRules.filter((rule) => rule.strict);
  if (strict.length === 0) return;
  const future = futureOf(plan, spec);
  for (const rule of strict) {
    if (rule.kind === "HOST") checkHostRule(plan, future, rule);
    else if (rule.polarity === "APART") checkApart(plan, future, rule);
    else if (rule.scope === "HOST") checkTogetherOnHost(plan, future, rule);
  }
  checkPairs(plan, strict);
}

function futureOf(plan: Plan, spec: FleetSpec): Future {
  const { tables } = plan.ctx.state;
  const offer = (capacity: Resources) => offeredBy(capacity, plan.settings);
  const hosts = new Map<string, FutureHost>();
  for (const host of tables.Host.values()) {
    const zone = tables.Zone.get(host.zoneId).name;
    const dataCenter = tables.DataCenter.get(host.dataCenterId).name;
    const rack = host.rackId === null ? null : tables.Rack.get(host.rackId).name;
    hosts.set(host.name, futureHost(zone, dataCenter, rack, host.name, offer(host.capacity)));
  }
  for (const region of spec.regions)
    for (const zone of region.zones)
      for (const dataCenter of zone.dataCenters)
        for (const { name, rack, capacity } of dataCenter.hosts)
          hosts.set(name, futureHost(zone.name, dataCenter.name, rack, name, offer(capacity)));
  return { hosts, guests: futureGuests(plan, spec) };
}

function futureHost(
  zone: string,
  dataCenter: string,
  rack: string | null,
  name: string,
  capacity: Resources,
): FutureHost {
  const place = rack === null ? name : `${zone}/${dataCenter}/${rack}`;
  return { capacity, domains: { HOST: name, RACK: place, ZONE: zone } };
}

function futureGuests(plan: Plan, spec: FleetSpec): Map<string, Resources> {
  const { tables } = plan.ctx.state;
  const flavors = new Map(
    [...tables.Flavor.values()].map(({ name, resources }) => [name, resources]),
  );
  for (const { name, resources } of spec.flavors) flavors.set(name, resources);
  const guests = new Map<string, Resources>();
  for (const guest of tables.Guest.values())
    guests.set(guestKey(tables.Tenant.get(guest.tenantId).name, guest.name), guest.resources);
  for (const { tenant, name, resources, flavor } of spec.guests)
    guests.set(guestKey(tenant, name), resources ?? flavors.get(flavor ?? "") ?? NO_RESOURCES);
  return guests;
}

function sizeOf(future: Future, name: string): Resources {
  const { tenant, guest } = splitGuestName(name);
  return future.guests.get(guestKey(tenant, guest)) ?? NO_RESOURCES;
}

function holds(capacity: Resources, need: Resources): boolean {
  return (
    capacity.cpuMillicores >= need.cpuMillicores &&
    capacity.memoryMiB >= need.memoryMiB &&
    capacity.storageGiB >= need.storageGiB
  );
}

function checkHostRule(plan: Plan, future: Future, rule: AffinityRuleSpec): void {
  for (const name of rule.guests) {
    const need = sizeOf(future, name);
    const fits = rule.hosts.some((host) => {
      const known = future.hosts.get(host.name);
      return known !== undefined && holds(known.capacity, need);
    });
    if (!fits)
      plan.problem(
        rule.path,
        `Nothing can satisfy rule ${rule.name}: none of its hosts is large enough for guest ${name}.`,
      );
  }
}

function checkApart(plan: Plan, future: Future, rule: AffinityRuleSpec): void {
  const scope = rule.scope ?? "HOST";
  const domains = new Set([...future.hosts.values()].map((host) => host.domains[scope]));
  if (rule.guests.length > domains.size)
    plan.problem(
      rule.path,
      `Nothing can satisfy rule ${rule.name}: it keeps ${rule.guests.length} guests apart, and there ${domains.size === 1 ? "is only 1" : `are only ${domains.size}`} ${scope.toLowerCase()}${domains.size === 1 ? "" : "s"}.`,
    );
}

function checkTogetherOnHost(plan: Plan, future: Future, rule: AffinityRuleSpec): void {
  const need = rule.guests.map((name) => sizeOf(future, name)).reduce(addResources, NO_RESOURCES);
  if (![...future.hosts.values()].some((host) => holds(host.capacity, need)))
    plan.problem(
      rule.path,
      `Nothing can satisfy rule ${rule.name}: no host is large enough for all its guests together.`,
    );
}

/** Rules that contradict each other about the same guests. */
function checkPairs(plan: Plan, rules: readonly AffinityRuleSpec[]): void {
  rules.forEach((a, index) => {
    for (const b of rules.slice(index + 1)) {
      const shared = a.guests.filter((name) => b.guests.includes(name));
      const message = contradiction(a, b, shared);
      if (message) plan.problem(b.path, message);
    }
  });
}

function contradiction(
  a: AffinityRuleSpec,
  b: AffinityRuleSpec,
  shared: readonly string[],
): string | null {
  if (a.kind === "HOST" && b.kind === "HOST" && shared.length > 0) {
    const names = new Set(a.hosts.map((host) => host.name));
    if (b.hosts.some((host) => names.has(host.name))) return null;
    return `Nothing can satisfy rules ${a.name} and ${b.name} both: they name no host in common for guest ${shared[0]}.`;
  }
  if (a.kind !== "GUEST" || b.kind !== "GUEST" || shared.length < 2) return null;
  if (a.polarity === b.polarity) return null;
  const [together, apart] = a.polarity === "TOGETHER" ? [a, b] : [b, a];
  const width = (rule: AffinityRuleSpec) => RULE_SCOPES.indexOf(rule.scope ?? "HOST");
  if (width(together) > width(apart)) return null;
  return `Nothing can satisfy rules ${a.name} and ${b.name} both: one wants guests ${shared[0]} and ${shared[1]} together, the other apart.`;
}
