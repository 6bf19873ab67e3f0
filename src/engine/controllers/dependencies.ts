import type { Guest } from "../../model/entities.ts";
import type { GuestId } from "../../model/ids.ts";
import type { Reason } from "../../model/reasons.ts";
import type { GuestStatus } from "../../model/statuses.ts";
import { isPendingRecovery, isServing, isWaiting } from "../guest-conditions.ts";
import type { State } from "../state.ts";

/** Dependencies: guests that must run before others start. One that is gone is no obstacle. */

export function unmetDependencies(state: State, guest: Guest): Reason[] {
  return needs(state, guest)
    .filter((other) => !isServing(other))
    .map(({ id, name, status }) => ({
      code: "DEPENDENCY_NOT_RUNNING" as const,
      message: `waits for ${name}, which is ${status}`,
      guestId: id,
    }));
}

function needs(state: State, guest: Guest): Guest[] {
  return guest.recovery.dependsOn
    .map((id) => state.tables.Guest.find(id))
    .filter((other) => other !== undefined);
}

const ON_THE_WAY: ReadonlySet<GuestStatus> = new Set<GuestStatus>([
  "STARTING",
  "RECOVERING",
  "REBOOTING",
  "RESUMING",
]);

/** It runs, or nothing that is known now keeps it from running soon. */
export function willServe(
  state: State,
  guestId: GuestId,
  visits = new Map<GuestId, "OPEN" | "DONE">(),
): boolean {
  const guest = state.tables.Guest.find(guestId);
  const visit = visits.get(guestId);
  if (!guest || visit === "OPEN") return false;
  if (visit === "DONE") return true;
  if (isServing(guest) || ON_THE_WAY.has(guest.status) || isPendingRecovery(guest)) return true;
  if (!isWaiting(guest)) return false;
  if (guest.retryAtMs !== null) return true;
  if (guest.blockedBy.some(({ code }) => code !== "DEPENDENCY_NOT_RUNNING")) return false;
  visits.set(guestId, "OPEN");
  const will = needs(state, guest).every(({ id }) => willServe(state, id, visits));
  visits.set(guestId, "DONE");
  return will;
}
