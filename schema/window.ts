import type { Window } from "./availability.ts";
import { badInput } from "./bad-input.ts";

const DEFAULT_SECONDS = 86_400;
const SECOND_MS = 1000;

/** The input type `Window` as it arrives; times in ms since the Unix epoch. */
export interface WindowArgument {
  readonly from?: number | null | undefined;
  readonly to?: number | null | undefined;
  readonly seconds?: number | null | undefined;
}

/** The window in the fleet's time; never beyond now. Throws for one that makes no sense. */
export function windowOf(argument: WindowArgument | null | undefined, nowMs: number): Window {
  const { from, to, seconds } = argument ?? {};
  if (from != null && seconds != null)
    throw badInput("window.seconds", "cannot be combined with from");
  if (seconds != null && !(seconds > 0)) throw badInput("window.seconds", "must be above 0");
  if (from != null && to != null && from > to)
    throw badInput("window.from", "must not be after to");
  const toMs = Math.min(to ?? nowMs, nowMs);
  const fromMs = from ?? toMs - (seconds ?? DEFAULT_SECONDS) * SECOND_MS;
  return { fromMs: Math.min(fromMs, toMs), toMs };
}
