import type { Command, Outcome } from "../../model/commands.ts";
import type { Host } from "../../model/entities.ts";
import type { Context } from "../context.ts";
import { isUnheard } from "../host-conditions.ts";
import { conflict } from "../refusal.ts";
import { hostsDown } from "./fencing.ts";
import { gather } from "./gathering.ts";
import { findHost } from "./maintenance.ts";
import { heardSince } from "./silence.ts";

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
function checkSilent({ state }: Context, host: Host): void {
  if (isUnheard(host) && !heardSince(state, host)) return;
  const what = isUnheard(host) ? `${host.status}, but was heard of since` : host.status;
  throw conflict(
    `Host ${host.name} is ${what}; only a host that is silent can be confirmed dead.`,
    ["hostId"],
  );
}
