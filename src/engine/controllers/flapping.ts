import type { HostId } from "../../model/ids.ts";
import type { Context } from "../context.ts";

/** Flapping: a host that keeps losing contact gets no guests for a while, longer each time. */

const MOST_DOUBLINGS = 4;

/** To be called when a host has come back: holds it off when that was not the first time of late. */
export function holdOffIfFlapping(ctx: Context, hostId: HostId): void {
  const { flaps, returnedAtMs, causeSeq } = ctx.state.tables.Host.get(hostId);
  if (flaps < 2 || returnedAtMs !== ctx.nowMs) return;
  const { holdOffSeconds } = ctx.state.meta.settings;
  const until = ctx.nowMs + holdOffSeconds * 1000 * 2 ** Math.min(MOST_DOUBLINGS, flaps - 2);
  ctx.emit("HostHeldOff", { host: hostId, flaps, until }, causeSeq);
}

/** Those that have stayed in contact for as long as was asked of them. */
export function releaseHeld(ctx: Context): void {
  for (const id of ctx.state.indexes.held.due(ctx.nowMs))
    ctx.emit("HostReleased", { host: id }, ctx.state.tables.Host.get(id).causeSeq);
}
