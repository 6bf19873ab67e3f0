import type { ClockMode } from "./ports.ts";

/**
 * The fleet's clock, as plain data: what the fleet's time was at one instant of the machine's
 * monotonic clock. Whoever has it can tell the time, in any thread of the process.
 */
export interface ClockAnchor {
  readonly fleetMs: number;
  /** Of `monotonicMs()`. */
  readonly machineMs: number;
}

/** A manual clock on a new data directory starts here, so that each run of a seed is the same. */
export const MANUAL_START_MS = Date.UTC(2026, 0, 1);

/** What a Date can hold. */
export const LAST_INSTANT_MS = 8.64e15;

/** Far longer than anybody waits, far shorter than where setTimeout overflows. */
const LONGEST_WAIT_MS = 60_000;

/** Unlike `performance.now()`, it has the same origin in every thread. */
export function monotonicMs(): number {
  const [seconds, nanoseconds] = process.hrtime();
  return seconds * 1_000 + nanoseconds / 1e6;
}

/**
 * Where fleet time starts. It never goes backwards, whatever becomes of the wall clock: a realtime
 * fleet waits for nothing and goes on from the later of the two; the others go on where they stood.
 */
export function startOfClock(mode: ClockMode, storedMs: number | null): number {
  switch (mode.kind) {
    case "REALTIME":
      return Math.max(storedMs ?? 0, Date.now());
    case "ACCELERATED":
      return storedMs ?? Date.now();
    case "MANUAL":
      return storedMs ?? MANUAL_START_MS;
  }
}

export function anchorClock(fleetMs: number): ClockAnchor {
  return { fleetMs, machineMs: monotonicMs() };
}

/** Whole milliseconds since the Unix epoch. A manual clock stands at its anchor. */
export function readClock(mode: ClockMode, anchor: ClockAnchor): number {
  if (mode.kind === "MANUAL") return anchor.fleetMs;
  const factor = mode.kind === "ACCELERATED" ? mode.factor : 1;
  return Math.floor(anchor.fleetMs + (monotonicMs() - anchor.machineMs) * factor);
}

/**
 * The wall clock can be set forward, and the monotonic one stands still while the machine sleeps: a
 * realtime fleet then goes along with the wall clock. Null when the anchor still holds. Set back, it
 * is not followed.
 */
export function followWallClock(mode: ClockMode, anchor: ClockAnchor): ClockAnchor | null {
  if (mode.kind !== "REALTIME") return null;
  const aheadMs = Date.now() - readClock(mode, anchor);
  return aheadMs > 1_000 ? anchorClock(Date.now()) : null;
}

/** How long to sleep, in real milliseconds, until the fleet's clock shows `dueMs`. */
export function waitFor(mode: ClockMode, nowMs: number, dueMs: number): number {
  const factor = mode.kind === "ACCELERATED" ? mode.factor : 1;
  return Math.min(LONGEST_WAIT_MS, Math.max(0, Math.ceil((dueMs - nowMs) / factor)));
}

/** `realtime`, `manual` or a factor like `20x`; null for anything else. */
export function parseClockMode(text: string): ClockMode | null {
  if (text === "realtime") return { kind: "REALTIME" };
  if (text === "manual") return { kind: "MANUAL" };
  const factor = /^(\d+(?:\.\d+)?)x$/.exec(text)?.[1];
  if (factor === undefined || !(Number(factor) > 0) || Number(factor) > 1e6) return null;
  return Number(factor) === 1
    ? { kind: "REALTIME" }
    : { kind: "ACCELERATED", factor: Number(factor) };
}
