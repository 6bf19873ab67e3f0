import type { Guest, LoadBalancer, LoadBalancerTarget } from "../model/entities.ts";
import type { GuestId, LoadBalancerId } from "../model/ids.ts";
import type { TargetGroup } from "../model/load-balancing.ts";
import type { GuestStatus, TargetState, TaskKind } from "../model/statuses.ts";
import { isLaunching, isTerminating } from "./guest-conditions.ts";
import { isFailing } from "./host-conditions.ts";
import type { State } from "./state.ts";

/** What targets and their guests mean to each other, for all who must agree about it. */

/** Tasks in which a guest stops answering for a while, or for good. */
const LEAVING_TASKS: ReadonlySet<TaskKind> = new Set<TaskKind>([
  "STOP",
  "SUSPEND",
  "REBOOT",
  "MIGRATE",
]);
const LEAVING: ReadonlySet<GuestStatus> = new Set<GuestStatus>([
  "STOPPING",
  "SUSPENDING",
  "REBOOTING",
  "MIGRATING",
]);
/** What can have requests that are not finished. */
const IN_ROTATION: ReadonlySet<TargetState> = new Set<TargetState>([
  "INITIAL",
  "HEALTHY",
  "UNHEALTHY",
  "DRAINING",
]);

export function targetsOf({ tables, indexes }: State, id: LoadBalancerId): LoadBalancerTarget[] {
  return indexes.targets.ofLoadBalancer
    .of(id)
    .map((targetId) => tables.LoadBalancerTarget.get(targetId));
}

export function targetsOfGuest({ tables, indexes }: State, id: GuestId): LoadBalancerTarget[] {
  if (indexes.targets.ofGuest.count(id) === 0) return [];
  return indexes.targets.ofGuest.of(id).map((targetId) => tables.LoadBalancerTarget.get(targetId));
}

/** Its group, which its load balancer has as long as there is a target in it. */
export function groupOf(state: State, target: LoadBalancerTarget): TargetGroup {
  const { targetGroups } = state.tables.LoadBalancer.get(target.loadBalancerId);
  return targetGroups.find(({ name }) => name === target.targetGroup) as TargetGroup;
}

export function isUsed({ listeners }: LoadBalancer, group: string): boolean {
  return listeners.some(({ targetGroup }) => targetGroup === group);
}

/** It is up, and being taken down or moved, or waits for hooks before it goes. */
export function isLeaving(guest: Pick<Guest, "status" | "membership">): boolean {
  return LEAVING.has(guest.status) || (guest.status === "RUNNING" && isTerminating(guest));
}

/** No hook of its scaling group keeps it from serving. */
export function isInService(guest: Pick<Guest, "membership">): boolean {
  return !isLaunching(guest) && !isTerminating(guest);
}

/** Requests go there: it is healthy, or none of its group is and all of them get requests. */
export function getsRequests(state: State, { state: now, ...target }: LoadBalancerTarget): boolean {
  if (now === "HEALTHY") return true;
  const { openGroups } = state.tables.LoadBalancer.get(target.loadBalancerId);
  return now === "UNHEALTHY" && openGroups.includes(target.targetGroup);
}

/** What it makes way for can't wait: a lost guest, or the end of a battery. */
export function isUrgent({ tables }: State, { preemptedBy, hostId }: Guest): boolean {
  if (preemptedBy !== null) return true;
  const host = hostId === null ? undefined : tables.Host.find(hostId);
  return host !== undefined && isFailing(tables.Zone.get(host.zoneId));
}

/** Its guest stops answering, and so its order waits for requests that are not finished. */
export function isDrainedFirst({ task }: Pick<Guest, "task">): boolean {
  return task !== null && LEAVING_TASKS.has(task.kind) && !task.calledOff;
}

/** Its order is not given before its load balancers' requests to it are finished. */
export function awaitsDraining(state: State, guest: Guest): boolean {
  if (!isDrainedFirst(guest)) return false;
  return (
    targetsOfGuest(state, guest.id).some((target) => target.state === "DRAINING") &&
    !isUrgent(state, guest)
  );
}

/** How much later an order of this kind may be given, for the requests that it waits for. */
export function drainMs(state: State, guestId: GuestId, kind: string): number {
  if (!LEAVING_TASKS.has(kind as TaskKind)) return 0;
  const seconds = targetsOfGuest(state, guestId)
    .filter((target) => IN_ROTATION.has(target.state))
    .map((target) => groupOf(state, target).drainSeconds);
  return Math.max(0, ...seconds) * 1000;
}
