import type { State } from "../../state.ts";

/** Drivers see hosts and load balancers each at its own pace: a sample that missed two turns is no sample any more. */
const FRESH_PERIODS = 2.5;

/** Samples from then on are fresh. */
export function freshSinceMs({ meta }: State, nowMs: number): number {
  return nowMs - FRESH_PERIODS * meta.settings.usageSampleSeconds * 1000;
}
