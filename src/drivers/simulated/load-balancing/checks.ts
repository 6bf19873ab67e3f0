import type {
  LoadBalancerOrder,
  TargetCheck,
  TargetGroupOrder,
  TargetOrder,
} from "../../../model/actions.ts";
import type { GuestId, LoadBalancerTargetId } from "../../../model/ids.ts";
import type { TargetState } from "../../../model/statuses.ts";
import { isCutOff, isHanging } from "../conditions.ts";
import { runningCopy } from "../copies.ts";
import { byId, KEYS, type World } from "../world.ts";

/** Health checks: each group's at whole multiples of its interval, so that a restart shifts none of them. */

/** Nobody asks for more in a row. */
const STREAK_MOST = 10;

const CHECKED: ReadonlySet<TargetState> = new Set<TargetState>(["INITIAL", "HEALTHY", "UNHEALTHY"]);

function periodMs({ healthCheck }: TargetGroupOrder): number {
  return Math.round(healthCheck.intervalSeconds * 1000);
}

function hasChecks({ targets }: TargetGroupOrder): boolean {
  return targets.some(({ state }) => CHECKED.has(state) || state === "DRAINING");
}

/** The next instant after `nowMs` at which a target is checked; infinite when there is none. */
export function nextCheckMs(world: World, nowMs: number): number {
  let next = Number.POSITIVE_INFINITY;
  for (const { order } of world.loadBalancing.balancers.values())
    for (const group of order.targetGroups) {
      if (!hasChecks(group)) continue;
      const period = periodMs(group);
      next = Math.min(next, (Math.floor(nowMs / period) + 1) * period);
    }
  return next;
}

/** All checks that fall on this instant, one observation for each load balancer. */
export function emitChecks(world: World, atMs: number): void {
  const { balancers } = world.loadBalancing;
  for (const id of [...balancers.keys()].sort(byId)) {
    const order = balancers.get(id)?.order;
    if (!order) continue;
    const groups = order.targetGroups.filter((group) => atMs % periodMs(group) === 0);
    const checks = groups
      .flatMap(({ targets }) => targets.filter(({ state }) => CHECKED.has(state)))
      .map((target) => check(world, target));
    if (checks.length > 0) world.emit({ kind: "TARGET_CHECKS", loadBalancerId: id, checks });
    const targetIds = groups.flatMap((group) => idleTargets(world, order, group, atMs));
    const { revision } = order;
    if (targetIds.length > 0)
      world.emit({ kind: "TARGETS_IDLE", loadBalancerId: id, revision, targetIds });
  }
}

/** Of a hundred million requests one costs more than so many times what they cost on average. */
const DEAREST = 18;

/** Those that are draining and have no requests left. */
function idleTargets(
  world: World,
  { listeners }: LoadBalancerOrder,
  { name, targets }: TargetGroupOrder,
  atMs: number,
): LoadBalancerTargetId[] {
  const costs = listeners
    .filter(({ targetGroup }) => targetGroup === name)
    .map(({ traffic }) => (traffic?.cpuMillisecondsPerRequest ?? 0) * DEAREST);
  const longestMs = Math.max(0, ...costs);
  return targets
    .filter(({ state }) => state === "DRAINING")
    .filter(
      ({ stateSinceMs, guestId }) =>
        atMs - stateSinceMs >= longestMs || !runningCopy(world, guestId),
    )
    .map(({ id }) => id);
}

function check(world: World, { id, guestId, stateSinceMs, state }: TargetOrder): TargetCheck {
  const obstacle = obstacleTo(world, guestId);
  const passes = obstacle === null;
  const known = world.loadBalancing.streaks.get(id);
  const goesOn = known?.passes === passes && !(state === "INITIAL" && isNew(known, stateSinceMs));
  const inARow = goesOn ? Math.min(STREAK_MOST, known.inARow + 1) : 1;
  const sinceMs = state === "INITIAL" ? stateSinceMs : (known?.stateSinceMs ?? stateSinceMs);
  if (known?.inARow !== inARow || known.passes !== passes || known.stateSinceMs !== sinceMs) {
    world.loadBalancing.streaks.set(id, { passes, inARow, stateSinceMs: sinceMs });
    world.changedKeys.add(KEYS.streak(id));
  }
  return { targetId: id, passes, inARow, detail: obstacle ?? "it answers" };
}

function isNew(known: { readonly stateSinceMs: number }, stateSinceMs: number): boolean {
  return known.stateSinceMs !== stateSinceMs;
}

/** What keeps it from answering; null when it answers. */
export function obstacleTo(world: World, guestId: GuestId): string | null {
  const copy = runningCopy(world, guestId);
  const host = copy && world.hosts.get(copy.hostId);
  if (!host) return "it takes no connections";
  if (isHanging(world, host) || world.faults.on("GUEST_HANG", guestId)) return "no answer in time";
  return isCutOff(world, host) ? "it can't be reached" : null;
}
