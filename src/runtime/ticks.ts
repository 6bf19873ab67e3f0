import type { Batch } from "./batch.ts";
import type { Decisions } from "./decisions.ts";

/** Fleet time until due work that failed is tried again; doubles each time. */
const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 60_000;

/** The engine's own due work. */
export class Ticks {
  readonly #decisions: Decisions;
  #notBeforeMs = 0;
  #pauseMs = FIRST_PAUSE_MS;

  constructor(decisions: Decisions) {
    this.#decisions = decisions;
  }

  dueAtMs(): number | null {
    const dueMs = this.#decisions.dueAtMs();
    return dueMs === null ? null : Math.max(dueMs, this.#notBeforeMs);
  }

  /** Does what is due by now, if anything is. */
  run(batch: Batch, nowMs: number): void {
    const dueMs = this.dueAtMs();
    if (dueMs === null || dueMs > nowMs) return;
    const ruling = this.#decisions.run({ kind: "TICK" }, nowMs);
    batch.add(ruling);
    const nextMs = this.#decisions.dueAtMs();
    const isStuck = ruling.events.length === 0 && nextMs !== null && nextMs <= nowMs;
    if (ruling.failed || isStuck) this.pause(nowMs);
    else this.#pauseMs = FIRST_PAUSE_MS;
  }

  /** Work that fails, or stays due although it was done, would be tried at one instant for ever. */
  pause(nowMs: number): void {
    this.#notBeforeMs = nowMs + this.#pauseMs;
    this.#pauseMs = Math.min(2 * this.#pauseMs, LONGEST_PAUSE_MS);
  }
}
