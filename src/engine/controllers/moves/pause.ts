import type { Guest } from "../../../model/entities.ts";
import type { State } from "../../state.ts";

/** Longest wait after a migration that failed. */
const MAX_PAUSE_MS = 60_000;

/** When a guest may be moved by the engine: after a failure, once a pause is over that grows each time. */
export function nextTryMs(state: State, { moveFailures, statusSinceMs }: Guest): number {
  if (moveFailures === 0) return 0;
  const firstMs = state.meta.settings.retrySeconds * 1000;
  return statusSinceMs + Math.min(MAX_PAUSE_MS, firstMs * 2 ** Math.min(10, moveFailures - 1));
}
