import type { Command, CommandResult } from "../model/commands.ts";

/** From when to when, in milliseconds since the Unix epoch, with fractions. */
export interface Interval {
  readonly startMs: number;
  readonly endMs: number;
}

/** What the writer was at for a command, beside letting it wait. */
export interface CommandTiming {
  readonly decision: Interval;
  /** The transaction that it was written with. */
  readonly commit: Interval;
}

/** A command that was answered. */
export interface CommandReport {
  readonly kind: Command["kind"];
  readonly result: CommandResult;
  readonly asked: Interval;
  /** Null when nothing was decided for it: it was answered before, or too late. */
  readonly timing: CommandTiming | null;
}

/** The same in every thread of the process. */
export function preciseNowMs(): number {
  return performance.timeOrigin + performance.now();
}
