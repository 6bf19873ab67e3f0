import type { FleetSpec, SecurityGroupSpec } from "../../../model/fleet.ts";
import type { SecurityGroupId, TenantId } from "../../../model/ids.ts";
import {
  DEFAULT_GROUP,
  ruleInWords,
  ruleProblem,
  type SecurityRule,
  withEgress,
} from "../../../model/security.ts";
import { namesGroup, told } from "../../security.ts";
import { defaultGroupOf } from "../default-groups.ts";
import { changeRules, differencesOf, ruleOf } from "../security-groups.ts";
import type { Plan } from "./plan.ts";

/** Groups by `tenant/name`: names are unique in a tenant. */
function keyOf(tenant: string, name: string): string {
  return `${tenant}/${name}`;
}

/** The groups that there are or will be. */
export function knownGroups(plan: Plan, spec: FleetSpec): ReadonlySet<string> {
  const { tables } = plan.ctx.state;
  const tenants = [...spec.tenants, ...tables.Tenant.values(), { name: "default" }];
  const known = new Set(tenants.map(({ name }) => keyOf(name, DEFAULT_GROUP)));
  for (const { tenantId, name } of tables.SecurityGroup.values())
    known.add(keyOf(tables.Tenant.get(tenantId).name, name));
  for (const { tenant, name } of spec.securityGroups) known.add(keyOf(tenant, name));
  return known;
}

export function isKnownGroup(known: ReadonlySet<string>, tenant: string, name: string): boolean {
  return known.has(keyOf(tenant, name));
}

/** Groups may speak of each other: those that are new get their ids before the first of them is told. */
export function planSecurityGroups(plan: Plan, spec: FleetSpec): void {
  const known = knownGroups(plan, spec);
  const tenants = new Set(
    [...spec.tenants, ...plan.ctx.state.tables.Tenant.values()].map(({ name }) => name),
  ).add("default");
  const newIds = new Map<string, SecurityGroupId>();
  for (const group of spec.securityGroups) {
    if (!tenants.has(group.tenant)) {
      const words = `Security group ${group.name}: there is no tenant ${group.tenant}.`;
      plan.problem([...group.path, "tenant"], words);
    }
    checkRules(plan, group, known);
    planGroup(plan, group, newIds);
  }
}

function checkRules(plan: Plan, group: SecurityGroupSpec, known: ReadonlySet<string>): void {
  for (const [index, rule] of group.rules.entries()) {
    const path = [...group.path, "rules", String(index)];
    const say = (field: string, words: string) =>
      plan.problem([...path, field], `Security group ${group.name}: ${words}.`);
    const problem = ruleProblem(rule);
    if (problem) say(problem.field, problem.message);
    const { remoteGroup } = rule;
    if (remoteGroup !== null && !isKnownGroup(known, group.tenant, String(remoteGroup)))
      say("remoteGroup", `tenant ${group.tenant} has no security group ${remoteGroup}`);
  }
}

function planGroup(
  plan: Plan,
  spec: SecurityGroupSpec,
  newIds: Map<string, SecurityGroupId>,
): void {
  const { ctx } = plan;
  const { names, tables } = ctx.state;
  const idOf = (tenant: TenantId, name: string): SecurityGroupId => {
    if (name === DEFAULT_GROUP) return defaultGroupOf(ctx, tenant, null);
    const key = keyOf(spec.tenant, name);
    const id = names.securityGroup.find(name, tenant) ?? newIds.get(key) ?? ctx.newId<number>();
    newIds.set(key, id as SecurityGroupId);
    return id as SecurityGroupId;
  };
  const rulesIn = (tenant: TenantId): readonly SecurityRule[] =>
    withEgress(spec.rules.map((rule) => ruleOf(rule, (name) => idOf(tenant, String(name)))));
  const update = (cause: number) => {
    const tenant = names.tenant.find(spec.tenant) as TenantId;
    const group = tables.SecurityGroup.get(idOf(tenant, spec.name));
    changeRules(ctx, group, rulesIn(tenant), cause);
  };
  const tenantId = names.tenant.find(spec.tenant);
  const old = tables.SecurityGroup.find(
    tenantId === undefined ? 0 : (names.securityGroup.find(spec.name, tenantId) ?? 0),
  );
  const words = wordsOf(spec);
  if (old)
    plan.update(
      "SecurityGroup",
      spec.name,
      differencesOf(told(ctx.state, old.rules), words),
      update,
    );
  // A new tenant brings its default group along.
  else if (spec.name === DEFAULT_GROUP) plan.update("SecurityGroup", spec.name, words, update);
  else
    plan.create("SecurityGroup", spec.name, (cause) => {
      const tenant = names.tenant.find(spec.tenant) as TenantId;
      const group = idOf(tenant, spec.name);
      const own = { id: group, name: spec.name, tenantId: tenant };
      const definition = { ...own, rules: rulesIn(tenant) };
      ctx.emitAsActor("SecurityGroupCreated", { group, tenant, definition }, cause);
    });
}

/** As they will be told once they are there. */
function wordsOf({ rules }: SecurityGroupSpec): string[] {
  const id = 0 as SecurityGroupId;
  const names = rules.map(({ remoteGroup }) => remoteGroup && String(remoteGroup));
  return withEgress(rules.map((rule) => ruleOf(rule, () => id))).map((rule, index) =>
    ruleInWords(rule, names[index] ?? null),
  );
}

/** What the document does not name, nobody is in and no other group speaks of. */
export function pruneSecurityGroups(plan: Plan, spec: FleetSpec): void {
  const { ctx } = plan;
  const { tables, indexes } = ctx.state;
  const named = new Set(spec.securityGroups.map(({ tenant, name }) => keyOf(tenant, name)));
  const wanted = new Set([
    ...named,
    ...spec.guests.flatMap(({ tenant, securityGroups }) =>
      securityGroups.map((name) => keyOf(tenant, name)),
    ),
    ...spec.scalingGroups.flatMap(({ tenant, template }) =>
      template.securityGroups.map((name) => keyOf(tenant, name)),
    ),
    ...spec.securityGroups.flatMap(({ tenant, rules }) =>
      rules.map(({ remoteGroup }) => keyOf(tenant, String(remoteGroup))),
    ),
  ]);
  const tenantOf = ({ tenantId }: { tenantId: TenantId }) => tables.Tenant.get(tenantId).name;
  const groups = tables.SecurityGroup.sorted();
  const guests = new Set(spec.guests.map(({ tenant, name }) => keyOf(tenant, name)));
  // Guests of the document leave the groups that it does not give them.
  const isMember = (id: number) => {
    const guest = tables.Guest.get(id);
    return !guests.has(keyOf(tenantOf(guest), guest.name));
  };
  for (const group of groups) {
    const { id, name } = group;
    const speakers = groups.filter((other) => !named.has(keyOf(tenantOf(other), other.name)));
    const isUsed =
      indexes.guestsOfSecurityGroup.of(id).some(isMember) ||
      [...tables.ScalingGroup.values()].some(({ template }) =>
        template.securityGroupIds?.includes(id),
      ) ||
      speakers.some((other) => other.id !== id && namesGroup(other.rules, id));
    if (name !== DEFAULT_GROUP && !wanted.has(keyOf(tenantOf(group), name)) && !isUsed)
      plan.delete("SecurityGroup", name, (cause) =>
        ctx.emitAsActor("SecurityGroupRemoved", { group: id }, cause),
      );
  }
}
