import type { Guest, ScalingGroup } from "../../../model/entities.ts";
import type { ScalingGroupId } from "../../../model/ids.ts";
import type { Membership } from "../../../model/scaling.ts";
import type { ReasonCode } from "../../../model/statuses.ts";
import { isTerminating, isWaiting } from "../../guest-conditions.ts";
import type { State } from "../../state.ts";

export type Member = Guest & { readonly membership: Membership };

/** Those that count: who is on the way out is none any more. In order of id. */
export function membersOf(state: State, groupId: ScalingGroupId): Member[] {
  return membersAndLeavers(state, groupId).filter((guest) => !isTerminating(guest));
}

/** Those, too, that wait for hooks before they go. */
export function membersAndLeavers({ indexes, tables }: State, groupId: ScalingGroupId): Member[] {
  return indexes.scaling.members
    .of(groupId)
    .map((id) => tables.Guest.get(id) as Member)
    .filter(({ deleting }) => !deleting);
}

/** Other guests depend on it. */
export function isNeeded({ indexes, tables }: State, { id }: Guest): boolean {
  return indexes.dependents.of(id).some((other) => !tables.Guest.get(other).deleting);
}

/** What makes a member useless to its group; null when it is well, or may be yet. */
export function whyFailed({ status, desired, blockedBy, membership }: Member): string | null {
  if (desired !== "RUNNING") return `somebody wants it ${desired}`;
  if (status === "ERROR") return blockedBy.map(({ message }) => message).join("; ");
  const { illness, lifecycle } = membership;
  if (lifecycle?.abandoned) return lifecycle.abandoned;
  return illness !== null && illness.failsAtMs === null ? illness.reason : null;
}

/** Useless, and others depend on it: it stays, and while there is room below max another does its work. */
export function isKept(state: State, member: Member): boolean {
  return whyFailed(member) !== null && isNeeded(state, member);
}

/** When it has served for long enough to be a fair sample of the group; null while it does not serve. */
export function warmAtMs({ membership }: Member, { warmUpSeconds }: ScalingGroup): number | null {
  const { runsSinceMs, launchedAtMs } = membership;
  if (runsSinceMs === null || launchedAtMs === null) return null;
  return Math.max(runsSinceMs, launchedAtMs) + warmUpSeconds * 1000;
}

export function isWarm(member: Member, group: ScalingGroup, nowMs: number): boolean {
  return (warmAtMs(member, group) ?? Number.POSITIVE_INFINITY) <= nowMs;
}

/** Reasons that more room would end. */
const LACKS_ROOM: ReadonlySet<ReasonCode> = new Set<ReasonCode>([
  "NO_HOSTS",
  "HOST_NOT_UP",
  "HOST_IN_MAINTENANCE",
  "HOST_HELD_OFF",
  "ZONE_FAILING",
  "INSUFFICIENT_CPU",
  "INSUFFICIENT_MEMORY",
  "INSUFFICIENT_STORAGE",
  "RESERVED_BY_OTHERS",
  "AFFINITY_RULE",
  "ADMISSION_CONTROL",
  "GROUP_ZONES",
  "PREEMPTED",
]);

/** There is no place for it, and no retry or turn of its own to wait for. */
export function lacksRoom(guest: Guest): boolean {
  if (!isWaiting(guest) || guest.retryAtMs !== null) return false;
  return guest.blockedBy.some(({ code }) => LACKS_ROOM.has(code));
}
