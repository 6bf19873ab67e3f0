import type { Guest, LoadBalancerTarget } from "../../../model/entities.ts";
import type { LoadBalancerTargetId, Seq } from "../../../model/ids.ts";
import type { Reason } from "../../../model/reasons.ts";
import type { Context } from "../../context.ts";
import { isLaunching, isTerminating } from "../../guest-conditions.ts";
import type { State } from "../../state.ts";
import {
  getsRequests,
  groupOf,
  isInService,
  isLeaving,
  isUrgent,
  isUsed,
} from "../../target-conditions.ts";
import { becomeUnhealthy } from "./flapping.ts";
import { namesOf } from "./named-target.ts";

/** What a target's guest, its group and the time make of it, apart from what checks say. */
type Step =
  | { readonly to: "UNUSED" | "UNHEALTHY"; readonly reason: Reason }
  | { readonly to: "DRAINING"; readonly reason: Reason }
  | { readonly to: "DRAINED" | "GONE"; readonly because: string }
  | { readonly to: "INITIAL" };

/** Takes a target as far as it goes at this instant. One that is settled stays as it is. */
export function attendTarget(ctx: Context, id: LoadBalancerTargetId): void {
  for (;;) {
    const target = ctx.state.tables.LoadBalancerTarget.find(id);
    const step = target && stepOf(ctx.state, target, ctx.nowMs);
    if (!step) return;
    take(ctx, target, step);
  }
}

function take(ctx: Context, target: LoadBalancerTarget, step: Step): void {
  const named = namesOf(target);
  const cause = ctx.state.tables.Guest.get(target.guestId).causeSeq;
  switch (step.to) {
    case "UNUSED":
      ctx.emit("TargetUnused", { ...named, reasons: [step.reason] }, cause);
      break;
    case "UNHEALTHY":
      becomeUnhealthy(ctx, target, step.reason, cause);
      break;
    case "DRAINING":
      drain(ctx, target, step.reason, false, cause);
      break;
    case "DRAINED":
      ctx.emit("TargetDrained", { ...named, because: step.because }, target.causeSeq);
      break;
    case "GONE":
      ctx.emit("TargetDeregistered", { ...named, because: step.because }, target.causeSeq);
      break;
    case "INITIAL":
      ctx.emit("TargetInitial", named, cause);
      break;
  }
}

/** It gets no more requests, and some time for those that it has. */
export function drain(
  ctx: Context,
  target: LoadBalancerTarget,
  reason: Reason,
  deregistering: boolean,
  causeSeq: Seq | null,
): void {
  const lastMs = ctx.nowMs + groupOf(ctx.state, target).drainSeconds * 1000;
  const until = target.drainUntilMs ?? lastMs;
  const payload = { ...namesOf(target), reasons: [reason], until, deregistering };
  if (deregistering) ctx.emitAsActor("TargetDraining", payload, causeSeq);
  else ctx.emit("TargetDraining", payload, causeSeq);
}

function stepOf(state: State, target: LoadBalancerTarget, nowMs: number): Step | null {
  const guest = state.tables.Guest.get(target.guestId);
  switch (target.state) {
    case "UNUSED":
      return unusedStep(state, target, guest);
    case "DRAINING":
      return drainingStep(state, target, guest, nowMs);
    case "DRAINED":
      return drainedStep(state, target, guest);
    default:
      return stepOutOf(state, target, guest);
  }
}

/** It could get requests, were it well. */
function serves(state: State, target: LoadBalancerTarget, guest: Guest): boolean {
  return guest.status === "RUNNING" && isInService(guest) && isGroupUsed(state, target);
}

function isGroupUsed({ tables }: State, { loadBalancerId, targetGroup }: LoadBalancerTarget) {
  return isUsed(tables.LoadBalancer.get(loadBalancerId), targetGroup);
}

/** It may be used now, or it is something else by now that keeps it from it. */
function unusedStep(state: State, target: LoadBalancerTarget, guest: Guest): Step | null {
  if (serves(state, target, guest)) return { to: "INITIAL" };
  const reason = whyUnused(state, target, guest);
  const before = target.reasons[0]?.code;
  const isOver = before === "TARGET_LEAVING" || before === "LIFECYCLE_HOOK";
  const isOther = before !== reason.code && (isOver || reason.code === "LIFECYCLE_HOOK");
  return isOther ? { to: "UNUSED", reason } : null;
}

function drainingStep(
  state: State,
  target: LoadBalancerTarget,
  guest: Guest,
  nowMs: number,
): Step | null {
  if (!target.deregistering && serves(state, target, guest)) return { to: "INITIAL" };
  if (!isUp(guest)) return { to: "DRAINED", because: `${guest.name} is ${guest.status}` };
  if (!isGroupUsed(state, target)) return { to: "DRAINED", because: "no listener uses its group" };
  const isOver = target.drainUntilMs !== null && target.drainUntilMs <= nowMs;
  return isOver ? { to: "DRAINED", because: "its time is over" } : null;
}

function drainedStep(state: State, target: LoadBalancerTarget, guest: Guest): Step | null {
  if (target.deregistering) return { to: "GONE", because: "it is drained" };
  if (serves(state, target, guest)) return { to: "INITIAL" };
  return isLeaving(guest) ? null : { to: "UNUSED", reason: whyUnused(state, target, guest) };
}

/** Out of INITIAL, HEALTHY or UNHEALTHY, where nothing that a check says has led. */
function stepOutOf(state: State, target: LoadBalancerTarget, guest: Guest): Step | null {
  if (serves(state, target, guest)) return wasDown(target) ? { to: "INITIAL" } : null;
  const reason = whyUnused(state, target, guest);
  if (isLeaving(guest) && isGroupUsed(state, target)) {
    const drains = getsRequests(state, target) && groupOf(state, target).drainSeconds > 0;
    return { to: drains && !isUrgent(state, guest) ? "DRAINING" : "UNUSED", reason };
  }
  if (!isDown(guest) || target.state === "INITIAL" || !isGroupUsed(state, target))
    return { to: "UNUSED", reason };
  return wasDown(target) ? null : { to: "UNHEALTHY", reason };
}

function isUp(guest: Guest): boolean {
  return guest.status === "RUNNING" || isLeaving(guest);
}

/** It runs no more, and nobody wanted that. */
function isDown(guest: Guest): boolean {
  const { desired, deleting, status } = guest;
  if (status === "RUNNING" && !isInService(guest)) return false;
  return desired === "RUNNING" && !deleting && status !== "FROZEN" && status !== "SUSPENDED";
}

/** Its guest was down, and what failed then says nothing of how it is now. */
function wasDown({ state, reasons }: LoadBalancerTarget): boolean {
  return state === "UNHEALTHY" && reasons[0]?.code === "GUEST_NOT_RUNNING";
}

const LEAVES: Partial<Record<Guest["status"], string>> = {
  STOPPING: "stops",
  SUSPENDING: "is being suspended",
  REBOOTING: "reboots",
  MIGRATING: "moves to another host",
};

function whyUnused(state: State, target: LoadBalancerTarget, guest: Guest): Reason {
  const { id: guestId, name, status } = guest;
  if (!isGroupUsed(state, target))
    return { code: "TARGET_GROUP_UNUSED", message: `no listener uses ${target.targetGroup}` };
  const leaves = LEAVES[status];
  if (leaves) return { code: "TARGET_LEAVING", message: `${name} ${leaves}`, guestId };
  if (isTerminating(guest))
    return { code: "TARGET_LEAVING", message: `${name} leaves its scaling group`, guestId };
  if (status === "RUNNING" && isLaunching(guest))
    return { code: "LIFECYCLE_HOOK", message: `${name} waits for hooks of its launch`, guestId };
  return { code: "GUEST_NOT_RUNNING", message: `${name} is ${status}`, guestId };
}
