import type { State } from "../state.ts";

/**
 * Gathering: hosts that were lost together are proven dead moments apart, as their fences are
 * confirmed one by one. Places are looked for when the last of them is, or after a moment, so that the
 * important guests of the last host come before the others of the first.
 */

/** Fences of one loss that take longer than this to be confirmed have guests wait for them no more. */
const GATHER_MS = 500;

/** A host was proven dead: whoever waits for a place waits for the others that are being fenced. */
export function gather(state: State, nowMs: number): void {
  if (state.looksHeldUntilMs === null && areFencesOut(state))
    state.looksHeldUntilMs = nowMs + GATHER_MS;
}

/** Until when no places are looked for, and nobody moves; 0 when there is nothing to wait for. */
export function gatheringUntilMs(state: State): number {
  const { looksHeldUntilMs } = state;
  return looksHeldUntilMs !== null && areFencesOut(state) ? looksHeldUntilMs : 0;
}

function areFencesOut({ indexes, tables }: State): boolean {
  for (const id of indexes.suspects) {
    const { status, fenceFailedAtMs } = tables.Host.get(id);
    if (status === "FENCING" && fenceFailedAtMs === null) return true;
  }
  return false;
}
