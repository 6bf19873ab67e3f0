import type { Command, Outcome } from "../../model/commands.ts";
import type { Host } from "../../model/entities.ts";
import type { Context } from "../context.ts";
import { isUnheard, isWatched } from "../host-conditions.ts";
import { conflict } from "../refusal.ts";
import { hostsDown, orderFence } from "./fencing.ts";
import { gather } from "./gathering.ts";
import { findHost } from "./maintenance.ts";
import { heardSince, silentSinceMs } from "./silence.ts";

/** What people know of hosts that are dead, and want of those that are not well. */

/**
 * Somebody who knows that a silent host is off says so, where no fence and no watchdog can prove it.
 * That is a proof like any other, also while every host is out of contact or while it is disarmed:
 * the host is down, and its guests start when guests are started at all.
 */
export function confirmHostDead(
  ctx: Context,
  { hostId }: Extract<Command, { kind: "CONFIRM_HOST_DEAD" }>,
): Outcome {
  const host = findHost(ctx, hostId);
  if (host.status !== "DOWN") {
    checkSilent(ctx, host);
    // As after a fence: others of the same loss may follow at once.
    ctx.recoversLater = true;
    hostsDown(ctx, [{ host, method: "CONFIRMATION" }]);
    gather(ctx.state, ctx.nowMs);
  }
  return { kind: "HOST", hostId, operationId: null };
}

/** What is heard of is not dead, whoever says so; it may be heard of while it is being fenced. */
function checkSilent({ state, nowMs }: Context, host: Host): void {
  const leastMs = state.meta.settings.suspectAfterSeconds * 1000;
  const isSilent = nowMs - silentSinceMs(state, host) >= leastMs;
  if (isUnheard(host) && isSilent && !heardSince(state, host)) return;
  const what = isUnheard(host) ? `${host.status}, but was heard of a moment ago` : host.status;
  throw conflict(
    `Host ${host.name} is ${what}; only a host that is silent can be confirmed dead.`,
    ["hostId"],
  );
}

/**
 * A host that is heard of, but not well: its guests start elsewhere once the fence is confirmed. If it
 * is not, the host stays as it is.
 */
export function fenceHost(
  ctx: Context,
  { hostId }: Extract<Command, { kind: "FENCE_HOST" }>,
): Outcome {
  const host = findHost(ctx, hostId);
  if (host.status !== "FENCING" || host.fenceFailedAtMs !== null) {
    checkFenceable(ctx, host);
    const lastSeenAt = silentSinceMs(ctx.state, host);
    const seq = ctx.emitAsActor("HostFenceRequested", { host: hostId, lastSeenAt }, null);
    orderFence(ctx, ctx.state.tables.Host.get(hostId), seq);
  }
  return { kind: "HOST", hostId, operationId: null };
}

function checkFenceable({ state }: Context, host: Host): void {
  const { name, status } = host;
  if (!isWatched(host) && !isUnheard(host))
    throw conflict(`Host ${name} is ${status} already; there is nothing to fence.`, ["hostId"]);
  if (!state.meta.armed)
    throw conflict("High availability is disarmed, so nothing is fenced; arm it first.", []);
}
