import type { Actor } from "../model/actors.ts";
import type { CommandResult } from "../model/commands.ts";
import { LIMITS } from "../model/limits.ts";
import { LAST_INSTANT_MS } from "./clock.ts";
import { type Claim, refused } from "./idempotency.ts";
import type { ClockMode } from "./ports.ts";
import { Queue } from "./queue.ts";

/** An ADVANCE_CLOCK that is under way or waits for those before it. */
export interface Advance {
  readonly claim: Claim;
  readonly actor: Actor;
  readonly seconds: number;
}

/** The moves of a manual clock, one after the other. */
export class Advances {
  readonly #waiting = new Queue<Advance>();
  #targetMs: number | null = null;

  push(advance: Advance): void {
    this.#waiting.push(advance);
  }

  /** Up to where time may go now; null when it stands. */
  targetMs(nowMs: number): number | null {
    const current = this.#waiting.peek();
    if (current && this.#targetMs === null)
      this.#targetMs = nowMs + Math.round(current.seconds * 1_000);
    return this.#targetMs;
  }

  /** The one under way, which ends hereby. */
  finish(): Advance | undefined {
    this.#targetMs = null;
    return this.#waiting.shift();
  }

  /** The one under way, if any, which comes to nothing. */
  abort(): Advance | undefined {
    return this.#targetMs === null ? undefined : this.finish();
  }

  drain(): Advance[] {
    this.#targetMs = null;
    return this.#waiting.drain();
  }
}

/** Why the clock can't be moved so; null when it can. */
export function advanceProblem(
  seconds: number,
  nowMs: number,
  mode: ClockMode,
): CommandResult | null {
  if (mode.kind !== "MANUAL")
    return refused(
      "UNSUPPORTED",
      "The clock moves by itself; only a manual clock can be advanced.",
    );
  if (!Number.isFinite(seconds) || seconds < 0)
    return refused("INVALID_INPUT", "The clock only goes forward: seconds must be 0 or more.", [
      "seconds",
    ]);
  if (seconds > LIMITS.advanceSeconds) {
    const message = `The clock moves at most ${LIMITS.advanceSeconds} seconds at once.`;
    return refused("INVALID_INPUT", message, ["seconds"]);
  }
  if (nowMs + seconds * 1_000 > LAST_INSTANT_MS)
    return refused("INVALID_INPUT", "The clock is at its end.", ["seconds"]);
  return null;
}
