import type { Guest } from "../../model/entities.ts";
import type { GuestId } from "../../model/ids.ts";
import type { Reason } from "../../model/reasons.ts";
import { type GuestStatus, PRIORITIES, type ReasonCode } from "../../model/statuses.ts";
import {
  awaitsContact,
  awaitsTurn,
  isPendingRecovery,
  isServing,
  isWaiting,
} from "../guest-conditions.ts";
import type { State } from "../state.ts";

/** Dependencies: guests that must run before others start. One that is gone is no obstacle. */

export function unmetDependencies(state: State, guest: Guest): Reason[] {
  return needs(state, guest)
    .filter((other) => !isServing(other))
    .map(({ id: guestId, name, status, readyAtMs }) => {
      if (readyAtMs === null || !runs(status))
        return {
          code: "DEPENDENCY_NOT_RUNNING",
          message: `waits for ${name}, which is ${status}`,
          guestId,
        };
      const at = new Date(readyAtMs).toISOString();
      return {
        code: "DEPENDENCY_NOT_READY",
        message: `waits for ${name}, which runs and will be ready at ${at}`,
        guestId,
      };
    });
}

function runs(status: GuestStatus): boolean {
  return status === "RUNNING" || status === "MIGRATING";
}

/**
 * The guests that it waits for, itself at both ends, when none of them can ever start because each
 * waits for the next; null when there is no such circle. Documents that hold one are refused: this
 * is for what got in anyhow. `noCircle` remembers those that lead into none, over one decision.
 */
export function circleOf(
  state: State,
  guest: Guest,
  noCircle: Set<GuestId> = new Set(),
): Guest[] | null {
  const trail: { guest: Guest; needs: Guest[] }[] = [{ guest, needs: waitedFor(state, guest) }];
  const met = new Set<GuestId>([guest.id]);
  for (let visit = trail.at(-1); visit; visit = trail.at(-1)) {
    const need = visit.needs.pop();
    if (!need) {
      trail.pop();
    } else if (need.id === guest.id) {
      return [...trail.map((step) => step.guest), guest];
    } else if (!met.has(need.id) && !noCircle.has(need.id)) {
      met.add(need.id);
      trail.push({ guest: need, needs: waitedFor(state, need) });
    }
  }
  noCircle.add(guest.id);
  return null;
}

/** Last first. */
function waitedFor(state: State, guest: Guest): Guest[] {
  return needs(state, guest)
    .filter((other) => isWaiting(other))
    .reverse();
}

/** Those that must run for this one to start. */
export function needs(state: State, guest: Guest): Guest[] {
  return guest.recovery.dependsOn
    .map((id) => state.tables.Guest.find(id))
    .filter((other) => other !== undefined);
}

/** All guests that must run for this one to start, directly or for one another. */
export function supportersOf(state: State, guest: Guest): ReadonlySet<GuestId> {
  const found = new Set<GuestId>();
  const open = [...needs(state, guest)];
  for (let next = open.pop(); next; next = open.pop()) {
    if (found.has(next.id)) continue;
    found.add(next.id);
    open.push(...needs(state, next));
  }
  return found;
}

/** How important it is that it runs: as much as any guest that waits for it, directly or through others. */
export function urgencyOf(state: State, guest: Guest, known: Set<GuestId> | null = null): number {
  let urgency = PRIORITIES.indexOf(guest.recovery.priority);
  if (state.indexes.dependents.count(guest.id) === 0) return urgency;
  const met = known ?? new Set([guest.id]);
  for (const id of state.indexes.dependents.each(guest.id)) {
    const dependent = state.tables.Guest.find(id);
    if (!dependent || !isWaiting(dependent) || met.has(id)) continue;
    urgency = Math.max(urgency, urgencyOf(state, dependent, met.add(id)));
  }
  return urgency;
}

const ON_THE_WAY: ReadonlySet<GuestStatus> = new Set<GuestStatus>([
  "STARTING",
  "RECOVERING",
  "REBOOTING",
  "RESUMING",
]);

/** Waits that end by themselves as others come up. */
const IN_TURN: ReadonlySet<ReasonCode> = new Set<ReasonCode>([
  "DEPENDENCY_NOT_RUNNING",
  "DEPENDENCY_NOT_READY",
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
  if (runs(guest.status) || ON_THE_WAY.has(guest.status) || isPendingRecovery(guest)) return true;
  if (!isWaiting(guest)) return false;
  if (guest.retryAtMs !== null || awaitsTurn(guest) || awaitsContact(guest)) return true;
  if (guest.blockedBy.some(({ code }) => !IN_TURN.has(code))) return false;
  visits.set(guestId, "OPEN");
  const will = needs(state, guest).every(({ id }) => willServe(state, id, visits));
  visits.set(guestId, "DONE");
  return will;
}
