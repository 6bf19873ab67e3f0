import type { Guest } from "../../model/entities.ts";
import type { Reason } from "../../model/reasons.ts";
import type { ReasonCode } from "../../model/statuses.ts";
import type { Context } from "../context.ts";
import { willServe } from "./dependencies.ts";

/** Waits whose end is in sight: a turn to come, room being made, hosts that come up or tell what they run. */
const IN_SIGHT: ReadonlySet<ReasonCode> = new Set<ReasonCode>([
  "DEPENDENCY_NOT_READY",
  "HOST_WAKING",
  "STARTS_LIMITED",
  "PREEMPTING",
  "TAKING_STOCK",
]);

/** Reasons that are over by themselves as the fleet comes up; any other wants somebody to look. */
const PASSING: ReadonlySet<ReasonCode> = new Set<ReasonCode>([
  ...IN_SIGHT,
  "DEPENDENCY_NOT_RUNNING",
  "HOST_NOT_UP",
]);

/** Says why a waiting guest does not start, once per reason. */
export function block(ctx: Context, guest: Guest, reasons: readonly Reason[]): void {
  const settled = guest.retryAtMs === null;
  if (settled && sameReasons(guest.blockedBy, reasons)) return;
  if (guest.loss && !isMereWait(ctx, reasons)) {
    const { failoverId: failover } = guest.loss;
    ctx.emit("GuestRecoveryBlocked", { guest: guest.id, reasons, failover }, guest.causeSeq);
  } else {
    const graver = reasons.every(({ code }) => PASSING.has(code)) ? null : "WARNING";
    ctx.emit("GuestBlocked", { guest: guest.id, reasons }, guest.causeSeq, graver);
  }
}

/** Its turn comes without anybody's help. */
function isMereWait(ctx: Context, reasons: readonly Reason[]): boolean {
  return reasons.every(({ code, guestId }) => {
    if (IN_SIGHT.has(code)) return true;
    if (code !== "DEPENDENCY_NOT_RUNNING" || guestId === undefined) return false;
    return willServe(ctx.state, guestId);
  });
}

/** The same kinds of reasons: how many hosts each concerns may change without being news. */
export function sameReasons(a: readonly Reason[], b: readonly Reason[]): boolean {
  const keys = (reasons: readonly Reason[]) =>
    reasons
      .map(({ code, ruleId, guestId }) => `${code}/${ruleId}/${guestId}`)
      .sort()
      .join();
  return keys(a) === keys(b);
}
