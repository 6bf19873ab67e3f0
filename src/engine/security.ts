import type { Isolation } from "../model/actions.ts";
import type { Guest, SecurityGroup } from "../model/entities.ts";
import type { GuestId, SecurityGroupId } from "../model/ids.ts";
import {
  DEFAULT_GROUP,
  type Flow,
  judgeSide,
  ruleInWords,
  type SecurityRule,
  type SideVerdict,
} from "../model/security.ts";
import type { Direction } from "../model/statuses.ts";
import type { State } from "./state.ts";

/** The groups that a guest is in; whoever was given none by name is in its tenant's default group. */
export function groupIdsOf(
  state: State,
  { securityGroupIds, tenantId }: Pick<Guest, "securityGroupIds" | "tenantId">,
): readonly SecurityGroupId[] {
  if (securityGroupIds !== null) return securityGroupIds;
  const id = state.names.securityGroup.find(DEFAULT_GROUP, tenantId);
  return id === undefined ? [] : [id as SecurityGroupId];
}

/** What its driver must know to keep it and its neighbours apart, as it is now. */
export function isolationOf(state: State, guest: Guest): Isolation {
  const securityGroupIds = groupIdsOf(state, guest);
  return { revision: state.meta.seq, securityGroupIds, allocation: guest.allocation };
}

/** Rules in words, with the names of their remote groups as they are now. */
export function told(state: State, rules: readonly SecurityRule[]): string[] {
  const { SecurityGroup } = state.tables;
  return rules.map((rule) => {
    const id = rule.remoteGroupId;
    return ruleInWords(rule, id === null ? null : (SecurityGroup.find(id)?.name ?? `#${id}`));
  });
}

/** At most so many of the users of a group are named. */
const NAMED_MOST = 3;

/** Who is in a group or speaks of it, in words; null when nobody. */
export function usersOf(state: State, group: SecurityGroup): string | null {
  const { tables, indexes } = state;
  const guests = indexes.guestsOfSecurityGroup.of(group.id).map((id) => tables.Guest.get(id).name);
  const groups = tables.SecurityGroup.sorted()
    .filter(({ id, rules }) => id !== group.id && namesGroup(rules, group.id))
    .map(({ name }) => name);
  const templates = tables.ScalingGroup.sorted()
    .filter(({ template }) => template.securityGroupIds?.includes(group.id))
    .map(({ name }) => name);
  const users = [
    ...(templates.length > 0 ? [`members of ${listed(templates)} are in it`] : []),
    ...(guests.length > 0 ? [`in it: ${listed(guests)}`] : []),
    ...(groups.length > 0 ? [`rules that name it: those of ${listed(groups)}`] : []),
  ];
  return users.length === 0 ? null : users.join("; ");
}

export function namesGroup(rules: readonly SecurityRule[], groupId: SecurityGroupId): boolean {
  return rules.some(({ remoteGroupId }) => remoteGroupId === groupId);
}

function listed(names: readonly string[]): string {
  const more = names.length - NAMED_MOST;
  return names.slice(0, NAMED_MOST).join(", ") + (more > 0 ? ` and ${more} more` : "");
}

type Verdict = SideVerdict & { readonly reason: string };

function reasonOf(
  state: State,
  direction: Direction,
  groups: readonly SecurityGroup[],
  { groupId, rule }: SideVerdict,
): string {
  if (rule && groupId)
    return `group ${state.tables.SecurityGroup.get(groupId).name} allows ${told(state, [rule])[0]}`;
  if (groups.length === 0) return "the guest is in no security group, and so everything is denied";
  const names = groups.map(({ name }) => name).join(", ");
  return `no ${direction} rule of ${names} allows it, and so it is denied`;
}

/** What keeps guests from talking as far as the engine knows; null when all of them run. */
export function idleAmong({ tables }: State, ids: readonly GuestId[]): string | null {
  const guests = ids.map((id) => tables.Guest.find(id)).filter((guest) => guest !== undefined);
  const idle = guests.find(({ status }) => status !== "RUNNING" && status !== "MIGRATING");
  return idle ? `guest ${idle.name} is ${idle.status}` : null;
}

/** What the groups of both ends say to a flow; null when one of them is no guest. */
export function judgeFlow(
  state: State,
  from: GuestId,
  to: GuestId,
  flow: Flow,
): { readonly egress: Verdict; readonly ingress: Verdict } | null {
  const [source, target] = [endpointOf(state, from), endpointOf(state, to)];
  if (!source || !target) return null;
  const explained = (
    direction: Direction,
    groups: readonly SecurityGroup[],
    side: SideVerdict,
  ) => ({
    ...side,
    reason: reasonOf(state, direction, groups, side),
  });
  const egress = judgeSide("EGRESS", source, target, flow);
  const ingress = judgeSide("INGRESS", target, source, flow);
  return {
    egress: explained("EGRESS", source.groups, egress),
    ingress: explained("INGRESS", target.groups, ingress),
  };
}

function endpointOf(state: State, guestId: GuestId) {
  const guest = state.tables.Guest.find(guestId);
  if (!guest) return null;
  const groups = groupIdsOf(state, guest).map((id) => state.tables.SecurityGroup.get(id));
  return { guestId, groups };
}
