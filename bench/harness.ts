/** What all benchmarks share: their shape, their limits, clocks and medians. */

import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import type { Lab } from "./lab.ts";

/** Numbers by name, units in the names. */
export type Figures = Readonly<Record<string, number>>;

/** What a ratio must hold. */
export type Limit = { readonly atLeast: number } | { readonly atMost: number };

export interface Measured {
  /** Of Evenkeel itself. */
  readonly figures: Figures;
  /** The same work done by something else in the same run, by its name. */
  readonly peers: Readonly<Record<string, Figures>>;
  /** One to the other, or a figure to its limit. */
  readonly ratios: Figures;
  /** By the names of ratios. Ratios without one are there to be known. */
  readonly limits: Readonly<Record<string, Limit>>;
}

export interface Options {
  /** A fleet document to use instead of the generated one; null for that. */
  readonly fleetFile: string | null;
  /** Recorded demand, a row for each guest; null for none. */
  readonly tracesFile: string | null;
  /** Repetitions whose median counts. */
  readonly rounds: number;
}

export interface Benchmark {
  /** One line for people. */
  readonly about: string;
  run(lab: Lab, options: Options): Promise<Measured>;
}

export function holds(limit: Limit, value: number): boolean {
  return "atLeast" in limit ? value >= limit.atLeast : value <= limit.atMost;
}

/** The middle value, or the mean of the two in the middle. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const above = sorted[Math.floor(sorted.length / 2)];
  const below = sorted[Math.ceil(sorted.length / 2) - 1];
  if (above === undefined || below === undefined) throw new RangeError("No values, no median");
  return (above + below) / 2;
}

/** CPU time that this process has used on all its threads, in seconds. */
export function cpuSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}

/** Wall time that an action takes, in seconds. */
export function secondsOf(action: () => void): number {
  const startMs = performance.now();
  action();
  return (performance.now() - startMs) / 1_000;
}

let collect: (() => void) | null = null;

/** Takes the last round's garbage away, so that the next one doesn't pay for it. */
export function collectGarbage(): void {
  if (!collect) {
    setFlagsFromString("--expose-gc");
    collect = runInNewContext("gc") as () => void;
  }
  collect();
}
