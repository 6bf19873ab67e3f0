import { StoreWriteFailed } from "../store/errors.ts";
import type { Store } from "../store/writer.ts";
import type { Retention } from "./options.ts";
import type { Samples, TelemetryBuffer } from "./telemetry.ts";

/** How often retention looks, in ms of fleet time. */
const RETENTION_EVERY_MS = 60_000;

/** Real time between writes of telemetry, and its rows in one go. */
const TELEMETRY_EVERY_MS = 2_000;
const TELEMETRY_ROWS = 1_000;

/** Removes what the log need not keep, a slice at a time. */
export class RetentionRounds {
  readonly #store: Store;
  readonly #retention: Retention;
  #dueMs: number;

  constructor(store: Store, retention: Retention, nowMs: number) {
    this.#store = store;
    this.#retention = retention;
    this.#dueMs = nowMs;
  }

  /** One slice; true when another one is due at once. */
  run(nowMs: number): boolean {
    if (nowMs < this.#dueMs) return false;
    try {
      if (!this.#store.applyRetention({ ...this.#retention, nowMs }).done) return true;
    } catch (error) {
      // A disk that refuses this refuses batches too, and those tell of it.
      if (!(error instanceof StoreWriteFailed)) throw error;
    }
    this.#dueMs = nowMs + RETENTION_EVERY_MS;
    return false;
  }
}

/** Writes telemetry every now and then, in pieces small enough that no command waits for long. */
export class TelemetryRounds {
  readonly #buffer: TelemetryBuffer;
  readonly #write: (samples: Samples) => boolean;
  #writtenMs = performance.now();

  constructor(buffer: TelemetryBuffer, write: (samples: Samples) => boolean) {
    this.#buffer = buffer;
    this.#write = write;
  }

  /** Real time until there is something to write. */
  waitMs(realMs: number): number {
    if (this.#buffer.isEmpty) return Number.POSITIVE_INFINITY;
    return Math.max(0, this.#writtenMs + TELEMETRY_EVERY_MS - realMs);
  }

  /** One piece; true when another one is due at once. */
  run(realMs: number): boolean {
    if (this.waitMs(realMs) > 0) return false;
    if (this.#put(TELEMETRY_ROWS) && !this.#buffer.isEmpty) return true;
    this.#writtenMs = realMs;
    return false;
  }

  /** All of it, together with whatever else waits to be written. */
  flush(): boolean {
    return this.#put(Number.POSITIVE_INFINITY);
  }

  #put(maxRows: number): boolean {
    const samples = this.#buffer.take(maxRows);
    const isWritten = this.#write(samples);
    if (!isWritten) this.#buffer.putBack(samples);
    return isWritten;
  }
}
