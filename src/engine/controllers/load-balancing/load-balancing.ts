import type { GuestId, LoadBalancerId, LoadBalancerTargetId } from "../../../model/ids.ts";
import type { Context } from "../../context.ts";
import { targetsOf } from "../../target-conditions.ts";
import { judgeFailOpen } from "./fail-open.ts";
import { judgeMembers } from "./member-health.ts";
import { joinMembers } from "./scaling-targets.ts";
import { attendTarget } from "./target.ts";

/**
 * Who gets requests. Checks say which targets answer; a guest that is to stop, reboot or move finishes
 * what it has begun first; and where none is well, all are tried. The data plane is told the whole of it
 * whenever any of it changes.
 */
export function attendLoadBalancing(ctx: Context): void {
  const { targets } = ctx.state.indexes;
  const isGone = ctx.events.some(({ kind }) => kind === "LoadBalancerRemoved");
  if (ctx.state.tables.LoadBalancer.size === 0 && !isGone) return;
  joinMembers(ctx);
  const concerned = new Set<LoadBalancerTargetId>(targets.draining.due(ctx.nowMs));
  for (const id of guestsTouched(ctx))
    for (const target of targets.ofGuest.of(id)) concerned.add(target);
  for (const id of loadBalancersChanged(ctx))
    for (const { id: target } of targetsOf(ctx.state, id)) concerned.add(target);
  for (const id of [...concerned].sort((a, b) => a - b)) attendTarget(ctx, id);
  for (const id of loadBalancersTouched(ctx)) judgeFailOpen(ctx, id);
  judgeMembers(ctx);
}

/** Guests that something happened to in this decision, and that are targets. */
function guestsTouched(ctx: Context): ReadonlySet<GuestId> {
  const { ofGuest } = ctx.state.indexes.targets;
  const ids = new Set<GuestId>();
  for (const { payload } of ctx.events)
    if ("guest" in payload && payload.guest !== null && ofGuest.count(payload.guest) > 0)
      ids.add(payload.guest);
  return ids;
}

/** Their groups may be used by a listener now, or by none any more. */
function loadBalancersChanged({ events }: Context): LoadBalancerId[] {
  return events.flatMap(({ kind, payload }) =>
    kind === "LoadBalancerChanged" ? [payload.loadBalancer] : [],
  );
}

function loadBalancersTouched({ state, events }: Context): LoadBalancerId[] {
  const ids = new Set<LoadBalancerId>();
  for (const { payload } of events)
    if ("loadBalancer" in payload && state.tables.LoadBalancer.find(payload.loadBalancer))
      ids.add(payload.loadBalancer);
  return [...ids].sort((a, b) => a - b);
}
