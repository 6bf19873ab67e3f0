import type { Outcome } from "../../model/commands.ts";
import type { Guest, SecurityGroup, Tenant } from "../../model/entities.ts";
import type { SecurityGroupId, TenantId } from "../../model/ids.ts";
import { LIMITS, nameProblem } from "../../model/limits.ts";
import {
  DEFAULT_GROUP,
  ruleProblem,
  type SecurityRule,
  type SecurityRuleWish,
  withEgress,
} from "../../model/security.ts";
import type { Context } from "../context.ts";
import { conflict, invalid, notFound } from "../refusal.ts";
import { groupIdsOf, told, usersOf } from "../security.ts";
import type { State } from "../state.ts";
import { findGuest } from "./find-guest.ts";
import type { Verb } from "./verb.ts";

function findGroup(ctx: Context, id: SecurityGroupId): SecurityGroup {
  const group = ctx.state.tables.SecurityGroup.find(id);
  if (!group) throw notFound("There is no such security group.", ["securityGroupId"]);
  return group;
}

function done(securityGroupId: SecurityGroupId): Outcome {
  return { kind: "SECURITY_GROUP", securityGroupId };
}

export const createSecurityGroup: Verb<"CREATE_SECURITY_GROUP"> = (ctx, command) => {
  const { name, tenantId, rules } = command;
  const bad = nameProblem(name);
  if (bad) throw invalid(`The name ${bad}.`, ["name"]);
  const tenant = ctx.state.tables.Tenant.find(tenantId);
  if (!tenant) throw notFound("There is no such tenant.", ["tenantId"]);
  if (ctx.state.names.securityGroup.find(name, tenantId) !== undefined)
    throw conflict(`Tenant ${tenant.name} has a security group ${name} already.`, ["name"]);
  const group = ctx.newId<SecurityGroupId>();
  const own = { id: group, name, tenantId };
  const definition = { ...own, rules: chosenRules(ctx.state, own, rules) };
  ctx.emitAsActor("SecurityGroupCreated", { group, tenant: tenantId, definition }, null);
  return done(group);
};

export const updateSecurityGroup: Verb<"UPDATE_SECURITY_GROUP"> = (ctx, command) => {
  const group = findGroup(ctx, command.securityGroupId);
  changeRules(ctx, group, chosenRules(ctx.state, group, command.rules), null);
  return done(group.id);
};

/** Tells nothing when they are the same rules in another order. */
export function changeRules(
  ctx: Context,
  group: SecurityGroup,
  rules: readonly SecurityRule[],
  causeSeq: number | null,
): void {
  const changes = differencesOf(told(ctx.state, group.rules), told(ctx.state, rules));
  const definition = { ...group, rules };
  if (changes.length > 0)
    ctx.emitAsActor("SecurityGroupChanged", { group: group.id, changes, definition }, causeSeq);
}

/** What comes and what goes of a list whose order says nothing. */
export function differencesOf(before: readonly string[], after: readonly string[]): string[] {
  return [
    ...after.filter((each) => !before.includes(each)).map((each) => `with ${each}`),
    ...before.filter((each) => !after.includes(each)).map((each) => `without ${each}`),
  ];
}

export const deleteSecurityGroup: Verb<"DELETE_SECURITY_GROUP"> = (ctx, { securityGroupId }) => {
  const group = findGroup(ctx, securityGroupId);
  if (group.name === DEFAULT_GROUP)
    throw conflict("The default security group goes when its tenant does.", ["securityGroupId"]);
  const users = usersOf(ctx.state, group);
  if (users)
    throw conflict(`Security group ${group.name} is in use (${users}).`, ["securityGroupId"]);
  ctx.emitAsActor("SecurityGroupRemoved", { group: group.id }, null);
  return done(group.id);
};

export const setGuestSecurityGroups: Verb<"SET_GUEST_SECURITY_GROUPS"> = (ctx, command) => {
  const { state } = ctx;
  const guest = findGuest(ctx, command.guestId);
  const tenant = state.tables.Tenant.get(guest.tenantId);
  const securityGroupIds = chosenGroups(ctx, tenant, command.securityGroups);
  changeGroups(ctx, guest, securityGroupIds, null);
  return { kind: "GUEST", guestId: guest.id, operationId: null };
};

/** In force at once, where the guest runs. Tells nothing when they are the same in another order. */
export function changeGroups(
  ctx: Context,
  guest: Guest,
  securityGroupIds: Guest["securityGroupIds"],
  causeSeq: number | null,
): void {
  const { state } = ctx;
  const name = (id: SecurityGroupId) => state.tables.SecurityGroup.get(id).name;
  const before = groupIdsOf(state, guest).map(name);
  const after = groupIdsOf(state, { ...guest, securityGroupIds }).map(name);
  const changes = differencesOf(before, after);
  if (changes.length === 0) return;
  const definition = { securityGroupIds };
  ctx.emitAsActor("GuestSecurityGroupsChanged", { guest: guest.id, changes, definition }, causeSeq);
}

/** Groups of the tenant as a guest holds them: null for the default one alone. */
export function chosenGroups(
  { state }: Pick<Context, "state">,
  tenant: Tenant,
  groups: readonly (SecurityGroupId | string)[] | null,
): readonly SecurityGroupId[] | null {
  if (groups === null) return null;
  if (groups.length > LIMITS.groupsOfGuest)
    throw invalid(`A guest is in ${LIMITS.groupsOfGuest} groups at most.`, ["securityGroups"]);
  const ids = groups.map((group, index) => {
    const id = resolveGroup(state, tenant.id, group);
    const path = ["securityGroups", String(index)];
    if (id === null) throw notFound(`Tenant ${tenant.name} has no such security group.`, path);
    if (groups.indexOf(group) < index) throw invalid("The group is named twice.", path);
    return id;
  });
  return asHeld(state, tenant.id, [...new Set(ids)]);
}

function asHeld(
  { names }: State,
  tenantId: TenantId,
  ids: readonly SecurityGroupId[],
): readonly SecurityGroupId[] | null {
  const isDefault =
    ids.length === 1 && ids[0] === names.securityGroup.find(DEFAULT_GROUP, tenantId);
  return isDefault ? null : ids;
}

/** Null when the tenant has no such group: those of others are none of its business. */
function resolveGroup(
  { names, tables }: State,
  tenantId: TenantId,
  group: SecurityGroupId | string,
): SecurityGroupId | null {
  const id = typeof group === "string" ? names.securityGroup.find(group, tenantId) : group;
  const found = tables.SecurityGroup.find(id ?? 0);
  return found?.tenantId === tenantId ? found.id : null;
}

/** Refuses a rule that makes no sense or names an unknown group, saying which and where. */
function chosenRules(
  state: State,
  own: Omit<SecurityGroup, "rules">,
  wishes: readonly SecurityRuleWish[],
): readonly SecurityRule[] {
  if (wishes.length > LIMITS.securityRules)
    throw invalid(`A security group has ${LIMITS.securityRules} rules at most.`, ["rules"]);
  const rules = wishes.map((wish, index) => {
    const path = ["rules", String(index)];
    const problem = ruleProblem(wish);
    if (problem) throw invalid(`Rule ${index + 1}: ${problem.message}.`, [...path, problem.field]);
    return ruleOf(wish, (group) => {
      // A rule may speak of the group that it is about to be part of.
      const id = group === own.name ? own.id : resolveGroup(state, own.tenantId, group);
      if (id === null)
        throw notFound(`Rule ${index + 1}: its tenant has no such security group.`, [
          ...path,
          "remoteGroup",
        ]);
      return id;
    });
  });
  return withEgress(rules);
}

/** A wish with its remote group found; ports are a range, also of one. */
export function ruleOf(
  { remoteGroup, fromPort, toPort, direction, protocol, remoteCidr }: SecurityRuleWish,
  resolve: (group: SecurityGroupId | string) => SecurityGroupId,
): SecurityRule {
  const remoteGroupId = remoteGroup === null ? null : resolve(remoteGroup);
  return { direction, protocol, fromPort, toPort: toPort ?? fromPort, remoteCidr, remoteGroupId };
}
