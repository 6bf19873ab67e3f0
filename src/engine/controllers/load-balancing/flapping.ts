import type { LoadBalancerTarget } from "../../../model/entities.ts";
import type { Seq } from "../../../model/ids.ts";
import type { Reason } from "../../../model/reasons.ts";
import type { Context } from "../../context.ts";
import { namesOf } from "./named-target.ts";

/** One that was healthy for longer has not flapped. */
const FLAPS_WITHIN_MS = 120_000;
/** From so many times on, it is kept out of rotation for a while, and twice as long each time after that. */
const HELD_FROM = 3;
const HELD_MS = 30_000;
const MOST_DOUBLINGS = 4;

/** A check fails, or its guest is gone: it gets no requests until it is well, and well for longer if it flaps. */
export function becomeUnhealthy(
  ctx: Context,
  target: LoadBalancerTarget,
  reason: Reason,
  causeSeq: Seq | null,
): void {
  const flaps = flapsOf(target, ctx.nowMs);
  const isHeld = flaps >= HELD_FROM && target.state === "HEALTHY";
  const heldMs = HELD_MS * 2 ** Math.min(MOST_DOUBLINGS, flaps - HELD_FROM);
  const heldUntil = isHeld ? ctx.nowMs + heldMs : target.heldUntilMs;
  const reasons = isHeld ? [reason, flapping(flaps, ctx.nowMs + heldMs)] : [reason];
  ctx.emit("TargetUnhealthy", { ...namesOf(target), reasons, flaps, heldUntil }, causeSeq);
}

function flapsOf({ state, stateSinceMs, flaps }: LoadBalancerTarget, nowMs: number): number {
  if (state !== "HEALTHY") return flaps;
  return nowMs - stateSinceMs < FLAPS_WITHIN_MS ? flaps + 1 : 1;
}

function flapping(times: number, untilMs: number): Reason {
  const until = new Date(untilMs).toISOString();
  const message = `it became unhealthy ${times} times in a row and gets no requests before ${until}`;
  return { code: "TARGET_FLAPPING", message };
}
