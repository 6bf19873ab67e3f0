import type { Guest } from "../../model/entities.ts";
import type { GuestId } from "../../model/ids.ts";
import type { Reason } from "../../model/reasons.ts";
import { PRIORITIES } from "../../model/statuses.ts";
import type { Context } from "../context.ts";
import { type Choice, place } from "../placement/place.ts";
import { subjectFor } from "../placement/subject.ts";

/** Starting: gives every guest that should run and is nowhere a place, the most important first. */
export function startWaiting(ctx: Context): void {
  const memory = new Map<string, Choice>();
  for (const guest of inOrder(waitingGuests(ctx))) {
    if (guest.retryAtMs !== null && guest.retryAtMs > ctx.nowMs) continue;
    const unmet = unmetDependencies(ctx, guest);
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

function unmetDependencies(ctx: Context, guest: Guest): Reason[] {
  return guest.recovery.dependsOn
    .map((id) => ctx.state.tables.Guest.find(id))
    .filter(
      (other) => other !== undefined && other.status !== "RUNNING" && other.status !== "MIGRATING",
    )
    .map((other) => ({
      code: "DEPENDENCY_NOT_RUNNING" as const,
      message: `waits for ${other?.name}, which is ${other?.status}`,
      guestId: other?.id as GuestId,
    }));
}

function startOne(ctx: Context, guest: Guest, memory: Map<string, Choice>): void {
  const subject = subjectFor(ctx.state, guest);
  // Guests alike in all that matters fail alike, and room only shrinks within one decision.
  const plain = subject.rules.length === 0 && subject.triedHostIds.length === 0;
  const likeness = Object.values(guest.resources).join("/");
  const known = plain ? memory.get(likeness) : undefined;
  const choice = known ?? place(ctx.state, subject, ctx.nowMs);
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

/** Says why, once per reason. */
function block(ctx: Context, guest: Guest, reasons: readonly Reason[]): void {
  const settled = guest.retryAtMs === null;
  if (settled && sameReasons(guest.blockedBy, reasons)) return;
  if (guest.loss) {
    const { failoverId: failover } = guest.loss;
    ctx.emit("GuestRecoveryBlocked", { guest: guest.id, reasons, failover }, guest.causeSeq);
    if (failover !== null) ctx.touchedFailovers.add(failover);
  } else {
    ctx.emit("GuestBlocked", { guest: guest.id, reasons }, guest.causeSeq);
  }
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
