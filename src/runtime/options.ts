import { createHash, randomBytes } from "node:crypto";
import type { CommandReport } from "./command-timing.ts";
import type { ClockMode } from "./ports.ts";

/** Events older or beyond the newest so many are removed from the log. */
export interface Retention {
  readonly maxAgeMs: number;
  readonly maxEvents: number;
}

export interface RuntimeOptions {
  /** `:memory:` keeps nothing: a temporary directory that is removed at close. */
  readonly dataDir: string;
  readonly clock: ClockMode;
  /** All chance in the simulated world comes from it. */
  readonly seed: number;
  readonly retention?: Partial<Retention>;
  /** `inline` runs the writer in the caller's thread: for tests. */
  readonly thread?: "worker" | "inline";
  /** Names the log of a new data directory: `[0-9a-z]{1,32}`. */
  readonly epoch?: string;
  /** The database refuses to grow beyond this, as if the disk were full. */
  readonly maxSizeBytes?: number;
  /** The writer has died: nothing works any more. Whoever owns the process should end it. */
  readonly onFatal?: (error: Error) => void;
  /** Told of each command that was answered, where its sender waits. Without it, nothing is timed. */
  readonly onCommand?: (report: CommandReport) => void;
  /** One line (or a stack) for the operator's log; standard error by default. */
  readonly onLog?: (text: string) => void;
}

/** What the writer must know, and nothing that can't cross into its thread. */
export interface WriterOptions {
  readonly dataDir: string;
  readonly clock: ClockMode;
  readonly seed: number;
  readonly retention: Retention;
  readonly epoch: string;
  readonly maxSizeBytes: number | null;
}

/** A month of history, and at 1 KiB each not more than about 5 GiB of it. */
const RETENTION: Retention = { maxAgeMs: 30 * 86_400_000, maxEvents: 5_000_000 };

export function writerOptions(options: RuntimeOptions, dataDir: string): WriterOptions {
  return {
    dataDir,
    clock: options.clock,
    seed: options.seed,
    retention: { ...RETENTION, ...options.retention },
    epoch: options.epoch ?? newEpoch(options),
    maxSizeBytes: options.maxSizeBytes ?? null,
  };
}

/** Two logs must never share a name, except when the second is meant to be the first over again. */
function newEpoch({ clock, seed }: RuntimeOptions): string {
  if (clock.kind !== "MANUAL") return randomBytes(6).toString("hex");
  return createHash("sha256").update(`evenkeel log of seed ${seed}`).digest("hex").slice(0, 12);
}
