import type { Guest, GuestTask } from "../../model/entities.ts";
import type { HostId } from "../../model/ids.ts";
import { answerTimeoutMs } from "../answer-timeout.ts";
import type { Context } from "../context.ts";
import { isWanted } from "../guest-conditions.ts";
import { isUnheard } from "../host-conditions.ts";
import { findPlace } from "../placement/place.ts";
import { subjectFor } from "../placement/subject.ts";

/**
 * Orders that nobody answered. No answer is no proof: the order may have been carried out, or still
 * be. So it is repeated on the same host and under the same generation: what is done is answered,
 * what goes on goes on, and what was never heard is begun. A host that is gone is fenced, and that
 * settles it. One that is heard of and still starts nothing gets no more guests; those that it was
 * given are stopped there once they can start elsewhere, and do so when that is answered.
 */

/** Its time is over. */
export function orderOverdue(ctx: Context, guest: Guest): void {
  const { task, hostId } = guest;
  if (task === null || hostId === null) return;
  if (isUnheard(ctx.state.tables.Host.get(hostId))) repeatOrder(ctx, guest);
  else if (task.endsStart) endStart(ctx, guest, hostId);
  else if (task.kind === "START") startOverdue(ctx, guest, task, hostId);
  else repeatOrder(ctx, guest);
}

function startOverdue(ctx: Context, guest: Guest, task: GuestTask, hostId: HostId): void {
  holdOff(ctx, guest, task, hostId);
  const isForElsewhere = task.isRepeated && mayStartElsewhere(ctx, guest, hostId);
  if (isForElsewhere || !isWanted(guest)) endStart(ctx, guest, hostId);
  else repeatOrder(ctx, guest);
}

export function repeatOrder(ctx: Context, guest: Guest): void {
  if (guest.task === null || guest.hostId === null) return;
  const { kind: action, seq, generation } = guest.task;
  const payload = { guest: guest.id, host: guest.hostId, action, generation };
  ctx.emit("GuestActionRepeated", payload, seq);
}

/** Nobody wants any more what the host does not answer. */
export function endUnwantedStart(ctx: Context, guest: Guest): void {
  const { task, hostId } = guest;
  if (task?.kind !== "START" || !task.isRepeated || isWanted(guest) || hostId === null) return;
  if (!isUnheard(ctx.state.tables.Host.get(hostId))) endStart(ctx, guest, hostId);
}

/** Each time under a new generation: what was refused before is tried anew. */
function endStart(ctx: Context, { id: guest, generation, task }: Guest, host: HostId): void {
  const seq = task?.seq ?? null;
  ctx.emit("GuestStartAbandoned", { guest, host, generation: generation + 1 }, seq);
}

/** A place to look at, and leave to look for one; where it waits for nothing is the better place. */
function mayStartElsewhere(ctx: Context, guest: Guest, hostId: HostId): boolean {
  const { recovery, triedHostIds: tried } = guest;
  if (!ctx.state.meta.armed || tried.length >= recovery.maxRelocations) return false;
  const subject = { ...subjectFor(ctx.state, guest), triedHostIds: [...tried, hostId] };
  return findPlace(ctx.state, subject, ctx.nowMs) !== null;
}

/**
 * Until it answers; or has been asked once more and did not answer, and then as long as it has not
 * answered already, but no less than one that flaps.
 */
function holdOff(ctx: Context, guest: Guest, task: GuestTask, hostId: HostId): void {
  const { status, heldUntilMs, unansweredSinceMs, causeSeq } = ctx.state.tables.Host.get(hostId);
  const nextMs = ctx.nowMs + answerTimeoutMs(ctx.state, guest.id, "START");
  const orderedAt = unansweredSinceMs ?? task.startedAtMs;
  const leastMs = ctx.state.meta.settings.holdOffSeconds * 1000;
  const until = nextMs + Math.max(leastMs, ctx.nowMs - orderedAt);
  if (status !== "UP" || (heldUntilMs ?? 0) >= until) return;
  const payload = { host: hostId, orderedAt, until };
  ctx.emit("HostNotAnswering", payload, causeSeq);
}

/** The start of a guest has an answer, of whatever kind: the host can start guests, or say why not. */
export function startAnswered(ctx: Context, hostId: HostId): void {
  const { unansweredSinceMs, flaps, causeSeq } = ctx.state.tables.Host.get(hostId);
  if (unansweredSinceMs !== null && flaps < 2) ctx.emit("HostReleased", { host: hostId }, causeSeq);
}
