import type { Observation, TargetCheck } from "../../../model/actions.ts";
import type { LoadBalancerTarget } from "../../../model/entities.ts";
import type { HealthCheck } from "../../../model/load-balancing.ts";
import type { Reason } from "../../../model/reasons.ts";
import type { Context } from "../../context.ts";
import { groupOf } from "../../target-conditions.ts";
import { becomeUnhealthy } from "./flapping.ts";
import { namesOf } from "./named-target.ts";

/** What health checks say, each time that they are made. Nearly all of them say nothing new. */
export function targetsChecked(
  ctx: Context,
  { loadBalancerId, checks }: Extract<Observation, { kind: "TARGET_CHECKS" }>,
): void {
  const { LoadBalancerTarget } = ctx.state.tables;
  for (const check of checks) {
    const target = LoadBalancerTarget.find(check.targetId);
    if (target?.loadBalancerId === loadBalancerId) judge(ctx, target, check);
  }
}

/** What has no requests left need not be waited for. What was said of an older order says nothing of now. */
export function targetsIdle(
  ctx: Context,
  { loadBalancerId, revision, targetIds }: Extract<Observation, { kind: "TARGETS_IDLE" }>,
): void {
  for (const id of targetIds) {
    const target = ctx.state.tables.LoadBalancerTarget.find(id);
    if (target?.state !== "DRAINING" || target.loadBalancerId !== loadBalancerId) continue;
    if (target.causeSeq > revision) continue;
    const because = "it has no requests left";
    ctx.emitAsActor("TargetDrained", { ...namesOf(target), because }, target.causeSeq);
  }
}

function judge(ctx: Context, target: LoadBalancerTarget, check: TargetCheck): void {
  const { healthCheck } = groupOf(ctx.state, target);
  if (check.passes) {
    if (isWellAgain(target, check, healthCheck, ctx.nowMs) && runs(ctx, target))
      ctx.emit("TargetHealthy", { ...namesOf(target), because: passed(check) }, null);
    return;
  }
  const mayFail = target.state === "INITIAL" || target.state === "HEALTHY";
  if (mayFail && isEnough(check, healthCheck.unhealthyThreshold))
    becomeUnhealthy(ctx, target, failed(check), null);
}

/** A new target needs one check that passes, one that failed before as many as its group says. */
function isWellAgain(
  { state, heldUntilMs }: LoadBalancerTarget,
  check: TargetCheck,
  { healthyThreshold }: HealthCheck,
  nowMs: number,
): boolean {
  if (heldUntilMs !== null && heldUntilMs > nowMs) return false;
  return state === "INITIAL" || (state === "UNHEALTHY" && isEnough(check, healthyThreshold));
}

function isEnough({ inARow }: TargetCheck, threshold: number): boolean {
  return inARow === null || inARow >= threshold;
}

/** What answers where a guest is believed to be down is not what is to get requests. */
function runs(ctx: Context, { guestId }: LoadBalancerTarget): boolean {
  return ctx.state.tables.Guest.get(guestId).status === "RUNNING";
}

function passed({ inARow, detail }: TargetCheck): string {
  return `${times(inARow)} passed (${detail})`;
}

function failed({ inARow, detail }: TargetCheck): Reason {
  return { code: "CHECK_FAILED", message: `${times(inARow)} failed (${detail})` };
}

function times(inARow: number | null): string {
  if (inARow === null) return "its checks";
  return inARow === 1 ? "a check" : `${inARow} checks in a row`;
}
