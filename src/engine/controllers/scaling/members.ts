import type { Guest, ScalingGroup } from "../../../model/entities.ts";
import type { ScalingGroupId } from "../../../model/ids.ts";
import type { Membership } from "../../../model/scaling.ts";
import type { ReasonCode } from "../../../model/statuses.ts";
import { isWaiting } from "../../guest-conditions.ts";
import type { State } from "../../state.ts";

export type Member = Guest & { readonly membership: Membership };

/** Those that count: who is on the way out is none any more. In order of id. */
export function membersOf({ indexes, tables }: State, groupId: ScalingGroupId): Member[] {
  return indexes.scaling.members
    .of(groupId)
    .map((id) => tables.Guest.get(id) as Member)
    .filter(({ deleting }) => !deleting);
}

/** It came up, and is to stay: what deals out work may count on it. */
export function isInService({ deleting, membership }: Guest): boolean {
  return !deleting && (membership?.hasRun ?? false);
}

/** Other guests depend on it. */
export function isNeeded({ indexes, tables }: State, { id }: Guest): boolean {
  return indexes.dependents.of(id).some((other) => !tables.Guest.get(other).deleting);
}

/** What makes a member useless to its group; null when it is well, or may be yet. */
export function whyFailed({ status, desired, blockedBy, membership }: Member): string | null {
  if (desired !== "RUNNING") return `somebody wants it ${desired}`;
  if (status === "ERROR") return blockedBy.map(({ message }) => message).join("; ");
  const { illness } = membership;
  return illness !== null && illness.failsAtMs === null ? illness.reason : null;
}

/** Useless, and others depend on it: it stays, and while there is room below max another does its work. */
export function isKept(state: State, member: Member): boolean {
  return whyFailed(member) !== null && isNeeded(state, member);
}

/** It has run for long enough to be a fair sample of the group. */
export function isWarm({ membership }: Member, { warmUpSeconds }: ScalingGroup, nowMs: number) {
  const { runsSinceMs } = membership;
  return runsSinceMs !== null && nowMs - runsSinceMs >= warmUpSeconds * 1000;
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
