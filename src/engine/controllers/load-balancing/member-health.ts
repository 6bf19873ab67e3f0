import type { LoadBalancerTarget, ScalingGroup } from "../../../model/entities.ts";
import type { ScalingGroupId } from "../../../model/ids.ts";
import type { Context } from "../../context.ts";
import type { State } from "../../state.ts";
import { targetsOf, targetsOfGuest } from "../../target-conditions.ts";
import { type Member, membersOf } from "../scaling/members.ts";
import { membershipIn } from "./scaling-targets.ts";

/**
 * Scaling groups whose members are well when their load balancers say so. Where a check fails of all of a
 * target group, the check may be wrong rather than all of them: none of them is ill by it.
 */
export function judgeMembers(ctx: Context): void {
  for (const id of [...groupsConcerned(ctx)].sort((a, b) => a - b)) {
    const group = ctx.state.tables.ScalingGroup.find(id);
    if (group) for (const member of membersOf(ctx.state, id)) judge(ctx, group, member);
  }
}

function groupsConcerned({ state, events }: Context): Set<ScalingGroupId> {
  const { tables } = state;
  const ids = new Set<ScalingGroupId>();
  const add = (id: ScalingGroupId | undefined) => {
    if (id && tables.ScalingGroup.find(id)?.healthCheck === "LOAD_BALANCER") ids.add(id);
  };
  for (const { kind, payload } of events) {
    if (kind === "GroupChanged") ids.add(payload.group);
    if ("guest" in payload) add(tables.Guest.find(payload.guest ?? 0)?.membership?.groupId);
    if (!("loadBalancer" in payload)) continue;
    const loadBalancer = tables.LoadBalancer.find(payload.loadBalancer);
    for (const { scalingGroupId } of loadBalancer?.scalingTargets ?? []) add(scalingGroupId);
  }
  return ids;
}

function judge(ctx: Context, group: ScalingGroup, member: Member): void {
  const { id: guest, membership } = member;
  const { illness } = membership;
  const bad = failedCheck(ctx.state, group, member);
  if (bad && !illness) {
    const { name } = ctx.state.tables.LoadBalancer.get(bad.loadBalancerId);
    const reason = `load balancer ${name} finds that ${bad.reasons[0]?.message}`;
    const failsAt = ctx.nowMs + group.unhealthyAfterSeconds * 1000;
    const definition = { illness: { reason, byLoadBalancer: true, failsAtMs: failsAt } };
    const payload = { guest, group: group.id, reason, failsAt, definition };
    ctx.emit("MemberUnhealthy", payload, bad.causeSeq);
  } else if (!bad && illness?.byLoadBalancer) recover(ctx, group, member);
}

function recover(ctx: Context, group: ScalingGroup, member: Member): void {
  const named = { guest: member.id, group: group.id };
  const targets = ownTargets(ctx.state, member);
  if (targets.some(({ state }) => state === "HEALTHY")) ctx.emit("MemberHealthy", named, null);
  else {
    const isFailing = group.healthCheck === "LOAD_BALANCER" && targets.some(fails);
    const because = isFailing ? "no target of its group is healthy" : "it is not checked now";
    ctx.emit("MemberHealthDoubted", { ...named, because }, null);
  }
}

/** What its load balancers find wrong, and not with all others too; undefined for nothing. */
export function failedCheck(
  state: State,
  { healthCheck }: ScalingGroup,
  member: Member,
): LoadBalancerTarget | undefined {
  if (healthCheck !== "LOAD_BALANCER") return undefined;
  return ownTargets(state, member).find((target) => fails(target) && isAnyHealthy(state, target));
}

/** Those that it is as a member. */
function ownTargets(state: State, member: Member): LoadBalancerTarget[] {
  return targetsOfGuest(state, member.id).filter(({ loadBalancerId, targetGroup }) =>
    membershipIn(state.tables.LoadBalancer.get(loadBalancerId), targetGroup, member),
  );
}

function fails({ state, reasons }: LoadBalancerTarget): boolean {
  return state === "UNHEALTHY" && reasons[0]?.code === "CHECK_FAILED";
}

function isAnyHealthy(state: State, { loadBalancerId, targetGroup }: LoadBalancerTarget): boolean {
  return targetsOf(state, loadBalancerId).some(
    (other) => other.targetGroup === targetGroup && other.state === "HEALTHY",
  );
}
