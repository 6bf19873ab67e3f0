import type { AffinityRule } from "../../../model/entities.ts";
import type { AffinityRuleSpec, FleetSpec } from "../../../model/fleet.ts";
import type { AffinityRuleId, GuestId, HostId, TenantId } from "../../../model/ids.ts";
import { guestKey, splitGuestName } from "./guest-names.ts";
import { differences, type Plan } from "./plan.ts";

export function planRules(plan: Plan, spec: FleetSpec): void {
  const known = knownNames(plan, spec);
  for (const rule of spec.affinityRules) {
    checkNames(plan, rule, known);
    planRule(plan, rule);
  }
}

function knownNames(plan: Plan, spec: FleetSpec) {
  const { tables } = plan.ctx.state;
  const hosts = new Set([...tables.Host.values()].map(({ name }) => name));
  for (const region of spec.regions)
    for (const zone of region.zones)
      for (const dataCenter of zone.dataCenters)
        for (const host of dataCenter.hosts) hosts.add(host.name);
  const guests = new Set(spec.guests.map(({ tenant, name }) => guestKey(tenant, name)));
  for (const guest of tables.Guest.values())
    guests.add(guestKey(tables.Tenant.get(guest.tenantId).name, guest.name));
  return { hosts, guests };
}

function checkNames(
  plan: Plan,
  rule: AffinityRuleSpec,
  known: { hosts: ReadonlySet<string>; guests: ReadonlySet<string> },
): void {
  for (const name of rule.guests) {
    const { tenant, guest } = splitGuestName(name);
    if (!known.guests.has(guestKey(tenant, guest)))
      plan.problem([...rule.path, "guests"], `Rule ${rule.name}: there is no guest ${name}.`);
  }
  rule.hosts.forEach(({ name }, index) => {
    if (!known.hosts.has(name))
      plan.problem(
        [...rule.path, "hosts", String(index)],
        `Rule ${rule.name}: there is no host ${name}.`,
      );
  });
}

/** A rule that asks for nothing contradicts nothing. */
function contradictsStill(
  known: AffinityRule | undefined,
  { strict, disabled }: AffinityRuleSpec,
): AffinityRule["contradicts"] {
  return known && strict && !disabled ? known.contradicts : [];
}

function planRule(plan: Plan, spec: AffinityRuleSpec): void {
  const { ctx } = plan;
  const { names, tables } = ctx.state;
  const build = (id: AffinityRuleId): AffinityRule => ({
    id,
    name: spec.name,
    kind: spec.kind,
    strict: spec.strict,
    polarity: spec.polarity,
    scope: spec.scope,
    disabled: spec.disabled,
    contradicts: contradictsStill(tables.AffinityRule.find(id), spec),
    guestIds: spec.guests.map((name) => {
      const { tenant, guest } = splitGuestName(name);
      return names.guest.find(guest, names.tenant.find(tenant) as TenantId) as GuestId;
    }),
    hosts: spec.hosts.map(({ name, priority }) => ({
      hostId: names.host.find(name) as HostId,
      priority,
    })),
  });
  const id = names.affinityRule.find(spec.name) as AffinityRuleId | undefined;
  if (id === undefined) {
    plan.create("AffinityRule", spec.name, (cause) => {
      const rule = ctx.newId<AffinityRuleId>();
      ctx.emitAsActor("AffinityRuleCreated", { rule, definition: build(rule) }, cause);
    });
    return;
  }
  const changes = differences(tables.AffinityRule.get(id), build(id));
  plan.update("AffinityRule", spec.name, changes, (cause) =>
    ctx.emitAsActor("AffinityRuleChanged", { rule: id, changes, definition: build(id) }, cause),
  );
}
