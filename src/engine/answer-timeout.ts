import type { GuestId } from "../model/ids.ts";
import type { TaskKind } from "../model/statuses.ts";
import type { State } from "./state.ts";
import { drainMs } from "./target-conditions.ts";

/**
 * A migration that is called off does no harm, so patience is short: for one with its memory to move,
 * this many seconds and as many ms a MiB, so that slower than 100 MiB/s is no answer.
 */
const MIGRATION_PACE = 10;
/** As a share of `actionTimeoutSeconds`, if that is more: for networks that are slower. */
const MIGRATION_SHARE = 1 / 6;
/** A guest that may have been called off too soon is given twice the time, this often. */
const MOST_DOUBLINGS = 3;

/** How long the answer to an order may take, before it is taken for lost: requests may have to be finished first. */
export function answerTimeoutMs(
  state: State,
  guestId: GuestId,
  kind: TaskKind | "CANCEL_MIGRATION",
): number {
  return patienceMs(state, guestId, kind) + drainMs(state, guestId, kind);
}

function patienceMs(
  { meta, tables }: State,
  guestId: GuestId,
  kind: TaskKind | "CANCEL_MIGRATION",
): number {
  const { actionTimeoutSeconds } = meta.settings;
  const { resources, imageId, moveFailures } = tables.Guest.get(guestId);
  const pace = Math.max(MIGRATION_PACE, Math.round(actionTimeoutSeconds * MIGRATION_SHARE));
  if (kind === "CANCEL_MIGRATION") return pace * 1000;
  if (kind === "MIGRATE")
    return pace * (1000 + resources.memoryMiB) * 2 ** Math.min(MOST_DOUBLINGS, moveFailures);
  const timeoutMs = actionTimeoutSeconds * 1000;
  if (kind !== "START" && kind !== "REBOOT") return timeoutMs;
  return timeoutMs + (tables.Image.get(imageId).bootSeconds ?? 0) * 1000;
}
