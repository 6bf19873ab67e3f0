import type { LoadBalancer, ScalingGroup } from "../../../model/entities.ts";
import type { LoadBalancerId, ScalingGroupId } from "../../../model/ids.ts";
import { REQUESTS_PER_TARGET } from "../../../model/scaling.ts";
import type { BalancerTraffic } from "../../../model/traffic.ts";
import type { Context } from "../../context.ts";
import type { Sample } from "../../signals.ts";
import type { State } from "../../state.ts";
import { getsRequests, targetsOf } from "../../target-conditions.ts";
import { freshSinceMs } from "./fresh.ts";
import { followPolicies } from "./policies.ts";

/** Requests were seen: groups that have policies about them are measured, once a turn. */
export function measureRequests(ctx: Context, seen: readonly BalancerTraffic[]): void {
  const { state, nowMs } = ctx;
  const groups = new Set<ScalingGroupId>();
  for (const traffic of seen) {
    const loadBalancer = state.tables.LoadBalancer.find(traffic.loadBalancerId);
    if (!loadBalancer) continue;
    state.requests.note(traffic, nowMs);
    for (const { scalingGroupId } of loadBalancer.scalingTargets) groups.add(scalingGroupId);
  }
  const turnMs = state.meta.settings.usageSampleSeconds * 1000;
  for (const id of [...groups].sort((a, b) => a - b)) {
    if (!state.indexes.scaling.byRequests.has(id)) continue;
    const lastMs = state.signals.of(id, REQUESTS_PER_TARGET).at(-1)?.atMs;
    if (lastMs !== undefined && lastMs !== nowMs && nowMs - lastMs < turnMs / 2) continue;
    measure(ctx, state.tables.ScalingGroup.get(id));
  }
}

function measure(ctx: Context, group: ScalingGroup): void {
  const { state, nowMs } = ctx;
  const found = sampleOf(state, group.id, nowMs);
  if (!found) return;
  state.signals.note(group.id, REQUESTS_PER_TARGET, { ...found, atMs: nowMs });
  followPolicies(ctx, group, (metric) => metric === REQUESTS_PER_TARGET);
}

/**
 * What each of its members has to answer, and all of them together, in all of its target groups. Null when it is
 * not known: a part of it would look like less work.
 */
function sampleOf(state: State, id: ScalingGroupId, nowMs: number): Omit<Sample, "atMs"> | null {
  const sum = { value: 0, load: 0 };
  for (const loadBalancerId of state.indexes.targets.ofScalingGroup.of(id)) {
    const rates = ratesIn(state, loadBalancerId, freshSinceMs(state, nowMs));
    if (rates === "MISSING") return null;
    const loadBalancer = state.tables.LoadBalancer.get(loadBalancerId);
    for (const { targetGroup, scalingGroupId } of loadBalancer.scalingTargets) {
      if (scalingGroupId !== id) continue;
      const rate = rates.get(targetGroup) ?? 0;
      const { all, own } = inUse(state, loadBalancer, targetGroup, id);
      sum.value += rate / Math.max(1, all);
      // Where nobody answers, all of it is waiting for the members that come.
      sum.load += all === 0 ? rate : (rate * own) / all;
    }
  }
  return sum;
}

const NO_RATES: ReadonlyMap<string, number> = new Map();

/** By target group. Of a load balancer that no requests are measured of, there are none. */
function ratesIn({ requests }: State, id: LoadBalancerId, sinceMs: number) {
  const newest = requests.of(id);
  if (!newest) return NO_RATES;
  return newest.atMs >= sinceMs ? newest.groups : "MISSING";
}

/** Targets that get requests, and how many of them are members. */
function inUse(
  state: State,
  { id }: LoadBalancer,
  targetGroup: string,
  scalingGroupId: ScalingGroupId,
): { readonly all: number; readonly own: number } {
  const targets = targetsOf(state, id).filter(
    (target) => target.targetGroup === targetGroup && getsRequests(state, target),
  );
  const own = targets.filter(
    ({ guestId }) => state.tables.Guest.get(guestId).membership?.groupId === scalingGroupId,
  );
  return { all: targets.length, own: own.length };
}
