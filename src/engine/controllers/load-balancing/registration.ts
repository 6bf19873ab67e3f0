import type { LoadBalancer, LoadBalancerTarget } from "../../../model/entities.ts";
import type { GuestId, LoadBalancerTargetId, Seq } from "../../../model/ids.ts";
import type { TargetWish } from "../../../model/load-balancing.ts";
import type { Reason } from "../../../model/reasons.ts";
import type { Context } from "../../context.ts";
import type { State } from "../../state.ts";
import {
  getsRequests,
  groupOf,
  isUsed,
  targetsOf,
  targetsOfGuest,
} from "../../target-conditions.ts";
import { differences } from "../fleet/plan.ts";
import { namesOf } from "./named-target.ts";
import { attendTarget, drain } from "./target.ts";

export function findTarget(
  state: State,
  { id }: LoadBalancer,
  group: string,
  guestId: GuestId,
): LoadBalancerTarget | undefined {
  return targetsOfGuest(state, guestId).find(
    (target) => target.loadBalancerId === id && target.targetGroup === group,
  );
}

/** A guest becomes a target, or stays one with another port and weight. */
export function registerTarget(
  ctx: Context,
  loadBalancer: LoadBalancer,
  targetGroup: string,
  wish: TargetWish,
  causeSeq: Seq | null,
): void {
  register(ctx, loadBalancer, targetGroup, wish, causeSeq, ctx.emitAsActor.bind(ctx));
}

/** The same, for a guest that nobody names: it is a member of a scaling group. */
export function joinTarget(
  ctx: Context,
  loadBalancer: LoadBalancer,
  targetGroup: string,
  wish: Omit<TargetWish, "address">,
  causeSeq: Seq | null,
): void {
  const address = findTarget(ctx.state, loadBalancer, targetGroup, wish.guest)?.address ?? null;
  register(ctx, loadBalancer, targetGroup, { ...wish, address }, causeSeq, ctx.emit.bind(ctx));
}

function register(
  ctx: Context,
  loadBalancer: LoadBalancer,
  targetGroup: string,
  wish: TargetWish,
  causeSeq: Seq | null,
  tell: Context["emit"],
): void {
  const old = findTarget(ctx.state, loadBalancer, targetGroup, wish.guest);
  if (old) {
    changeTarget(ctx, old, wish, causeSeq);
    if (old.deregistering) tell("TargetInitial", namesOf(old), causeSeq);
    return;
  }
  const definition = newTarget(ctx, loadBalancer, targetGroup, wish);
  tell("TargetRegistered", { ...namesOf(definition), definition }, causeSeq);
  attendTarget(ctx, definition.id);
}

function newTarget(
  ctx: Context,
  loadBalancer: LoadBalancer,
  targetGroup: string,
  { guest: guestId, port, weight, address }: TargetWish,
): LoadBalancerTarget {
  const id = ctx.newId<LoadBalancerTargetId>();
  const own = { id, loadBalancerId: loadBalancer.id, targetGroup, guestId, port, weight, address };
  return { ...own, ...unused(ctx, loadBalancer, targetGroup, guestId) };
}

/** As a target begins, until it is looked at. */
function unused(
  { state, nowMs }: Context,
  loadBalancer: LoadBalancer,
  group: string,
  guestId: GuestId,
) {
  const { name, status } = state.tables.Guest.get(guestId);
  const reason: Reason = isUsed(loadBalancer, group)
    ? { code: "GUEST_NOT_RUNNING", message: `${name} is ${status}`, guestId }
    : { code: "TARGET_GROUP_UNUSED", message: `no listener uses ${group}` };
  return {
    state: "UNUSED" as const,
    stateSinceMs: nowMs,
    causeSeq: state.meta.seq + 1,
    reasons: [reason],
    drainUntilMs: null,
    deregistering: false,
    flaps: 0,
    heldUntilMs: null,
  };
}

/** Tells nothing when it is as it was. */
export function changeTarget(
  ctx: Context,
  target: LoadBalancerTarget,
  { port, weight, address }: Pick<TargetWish, "port" | "weight" | "address">,
  causeSeq: Seq | null,
): void {
  const changes = differences(target, { port, weight, address });
  if (changes.length === 0) return;
  ctx.emitAsActor(
    "TargetChanged",
    { ...namesOf(target), changes, port, weight, address },
    causeSeq,
  );
}

/** As soon as it has finished what it has begun. */
export function deregisterTarget(
  ctx: Context,
  target: LoadBalancerTarget,
  causeSeq: Seq | null,
): void {
  if (target.deregistering) return;
  const { state } = ctx;
  const hasTime = groupOf(state, target).drainSeconds > 0;
  if (target.state === "DRAINING" || (getsRequests(state, target) && hasTime)) {
    const reason: Reason = { code: "TARGET_LEAVING", message: "it is to be no target any more" };
    drain(ctx, target, reason, true, causeSeq);
  } else removeTarget(ctx, target, "it was asked for", causeSeq);
}

/** At once. */
export function removeTarget(
  ctx: Context,
  target: LoadBalancerTarget,
  because: string,
  causeSeq: Seq | null,
): void {
  ctx.emitAsActor("TargetDeregistered", { ...namesOf(target), because }, causeSeq);
}

/** The guest is about to be gone. */
export function forgetGuest(ctx: Context, guestId: GuestId, causeSeq: Seq | null): void {
  for (const target of targetsOfGuest(ctx.state, guestId))
    removeTarget(ctx, target, "the guest is deleted", causeSeq);
}

export function removeLoadBalancer(
  ctx: Context,
  { id }: Pick<LoadBalancer, "id">,
  causeSeq: Seq | null,
): void {
  for (const target of targetsOf(ctx.state, id))
    removeTarget(ctx, target, "its load balancer is removed", causeSeq);
  ctx.emitAsActor("LoadBalancerRemoved", { loadBalancer: id }, causeSeq);
}
