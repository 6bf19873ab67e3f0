import { anchorClock, type ClockAnchor, followWallClock, readClock, waitFor } from "./clock.ts";
import type { ClockMode } from "./ports.ts";

/** Real time that an accelerated clock may run ahead of the work: beyond it, time waits for the work. */
const MAX_LAG_MS = 250;

/** The fleet's clock as the writer drives it. */
export class Pace {
  readonly mode: ClockMode;
  readonly #changed: (anchor: ClockAnchor) => void;
  #anchor: ClockAnchor;

  constructor(mode: ClockMode, startMs: number, changed: (anchor: ClockAnchor) => void) {
    this.mode = mode;
    this.#changed = changed;
    this.#anchor = anchorClock(startMs);
  }

  get anchor(): ClockAnchor {
    return this.#anchor;
  }

  /** What the clock shows: never less than the instant that is being worked on. */
  clockMs(workedOnMs: number): number {
    if (this.mode.kind === "MANUAL") return workedOnMs;
    return Math.max(workedOnMs, readClock(this.mode, this.#anchor));
  }

  followWallClock(): void {
    const anchor = followWallClock(this.mode, this.#anchor);
    if (anchor) this.#set(anchor);
  }

  /** An accelerated clock that is faster than the machine slows down instead of leaving it behind. */
  waitForWork(workedOnMs: number, dueMs: number | null): void {
    if (this.mode.kind !== "ACCELERATED" || dueMs === null) return;
    if (this.clockMs(workedOnMs) - dueMs > MAX_LAG_MS * this.mode.factor)
      this.#set(anchorClock(Math.max(dueMs, workedOnMs)));
  }

  /** Real time until `dueMs`; a manual clock never gets there by itself. */
  waitMs(workedOnMs: number, dueMs: number | null): number {
    if (this.mode.kind === "MANUAL" || dueMs === null) return Number.POSITIVE_INFINITY;
    return waitFor(this.mode, this.clockMs(workedOnMs), dueMs);
  }

  #set(anchor: ClockAnchor): void {
    this.#anchor = anchor;
    this.#changed(anchor);
  }
}
