import type { Guest } from "../../model/entities.ts";
import type { Reason } from "../../model/reasons.ts";
import { PRIORITIES } from "../../model/statuses.ts";
import type { Context } from "../context.ts";
import { type Choice, place } from "../placement/place.ts";
import { type Subject, subjectFor } from "../placement/subject.ts";
import { unmetDependencies, willServe } from "./dependencies.ts";

/** Starting: gives every guest that should run and is nowhere a place, the most important first. */
export function startWaiting(ctx: Context): void {
  const memory = new Map<string, Choice>();
  for (const guest of inOrder(waitingGuests(ctx))) {
    if (guest.retryAtMs !== null && guest.retryAtMs > ctx.nowMs) continue;
    const unmet = unmetDependencies(ctx.state, guest);
    if (unmet.length > 0) block(ctx, guest, unmet);
    else startOne(ctx, guest, memory);
  }
}

function waitingGuests(ctx: Context): Guest[] {
  const { waiting } = ctx.state.indexes;
  const ids = ctx.toPlace.everyone ? [...waiting] : [...ctx.toPlace.guests];
  return ids.filter((id) => waiting.has(id)).map((id) => ctx.state.tables.Guest.get(id));
}

/** Highest priority first; then what is lost before what is new; then the largest, while there is room for it. */
function inOrder(guests: Guest[]): Guest[] {
  const rank = (guest: Guest) => PRIORITIES.indexOf(guest.recovery.priority);
  return guests.sort(
    (a, b) =>
      rank(b) - rank(a) ||
      Number(b.loss !== null) - Number(a.loss !== null) ||
      b.resources.memoryMiB - a.resources.memoryMiB ||
      b.resources.cpuMillicores - a.resources.cpuMillicores ||
      a.id - b.id,
  );
}

function startOne(ctx: Context, guest: Guest, memory: Map<string, Choice>): void {
  const subject = subjectFor(ctx.state, guest);
  // Guests alike in all that matters fail alike, and room only shrinks within one decision.
  const plain = subject.rules.length === 0 && subject.triedHostIds.length === 0;
  const likeness = Object.values(guest.resources).join("/");
  const known = plain ? memory.get(likeness) : undefined;
  const choice = known ?? placeAgain(ctx, subject);
  if (!choice.ok) {
    if (plain) memory.set(likeness, choice);
    block(ctx, guest, choice.reasons);
    return;
  }
  const { placement } = choice;
  const generation = guest.generation + 1;
  if (guest.loss) {
    const { fromHostId: fromHost, seq } = guest.loss;
    const cause = guest.status === "LOST" && guest.restarts === 0 ? seq : guest.causeSeq;
    const payload = { guest: guest.id, fromHost, toHost: placement.hostId, placement, generation };
    ctx.emit("GuestRecovering", payload, cause);
  } else {
    const payload = { guest: guest.id, host: placement.hostId, placement, generation };
    ctx.emit("GuestPlaced", payload, guest.causeSeq);
  }
}

/** Where no host is left but those that were given up, they are begun with again: it may have passed. */
function placeAgain(ctx: Context, subject: Subject): Choice {
  const choice = place(ctx.state, subject, ctx.nowMs);
  if (choice.ok || subject.triedHostIds.length === 0) return choice;
  const isOver = choice.reasons.every(
    ({ code }) => code === "DRIVER_ERROR" || code === "AFFINITY_RULE",
  );
  return isOver ? place(ctx.state, { ...subject, triedHostIds: [] }, ctx.nowMs) : choice;
}

/** Says why, once per reason. */
function block(ctx: Context, guest: Guest, reasons: readonly Reason[]): void {
  const settled = guest.retryAtMs === null;
  if (settled && sameReasons(guest.blockedBy, reasons)) return;
  if (guest.loss && !isMereWait(ctx, reasons)) {
    const { failoverId: failover } = guest.loss;
    ctx.emit("GuestRecoveryBlocked", { guest: guest.id, reasons, failover }, guest.causeSeq);
  } else {
    const graver = reasons.every(({ code }) => PASSING.has(code)) ? null : "WARNING";
    ctx.emit("GuestBlocked", { guest: guest.id, reasons }, guest.causeSeq, graver);
  }
}

/** Reasons that are over by themselves as the fleet comes up; any other wants somebody to look. */
const PASSING: ReadonlySet<string> = new Set(["DEPENDENCY_NOT_RUNNING", "HOST_NOT_UP"]);

/** Its turn comes when those it depends on are up again, and they are on their way. */
function isMereWait(ctx: Context, reasons: readonly Reason[]): boolean {
  return reasons.every(
    ({ code, guestId }) =>
      code === "DEPENDENCY_NOT_RUNNING" && guestId !== undefined && willServe(ctx.state, guestId),
  );
}

/** The same kinds of reasons: how many hosts each concerns may change without being news. */
function sameReasons(a: readonly Reason[], b: readonly Reason[]): boolean {
  const keys = (reasons: readonly Reason[]) =>
    reasons
      .map(({ code, ruleId, guestId }) => `${code}/${ruleId}/${guestId}`)
      .sort()
      .join();
  return keys(a) === keys(b);
}
