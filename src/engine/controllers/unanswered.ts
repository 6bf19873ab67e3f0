import type { Guest, GuestTask } from "../../model/entities.ts";
import type { HostId } from "../../model/ids.ts";
import { answerTimeoutMs } from "../answer-timeout.ts";
import type { Context } from "../context.ts";
import { isWanted } from "../guest-conditions.ts";
import { isUnheard } from "../host-conditions.ts";
import { companyOf } from "../placement/company.ts";
import { findPlace } from "../placement/place.ts";
import { subjectForAll } from "../placement/subject.ts";
import { callOffMigration } from "./calling-off.ts";
import { mayMakeRoom } from "./preemption.ts";

/**
 * Orders that nobody answered. No answer is no proof: the order may have been carried out, or still
 * be. So it is repeated on the same host and under the same generation: what is done is answered,
 * what goes on goes on, and what was never heard is begun. A host that is gone is fenced, and that
 * settles it. One that is heard of and still starts nothing gets no more guests; those that it was
 * given are stopped there once they can start elsewhere, and do so when that is answered. A migration
 * is not repeated but called off.
 */

/** Its time is over. */
export function orderOverdue(ctx: Context, guest: Guest): void {
  const { task, hostId } = guest;
  if (task === null || hostId === null) return;
  if (isUnheard(ctx.state.tables.Host.get(hostId))) repeatOrder(ctx, guest);
  else if (task.endsStart) endStart(ctx, guest, hostId);
  else if (bringsUp(task)) startOverdue(ctx, guest, task, hostId);
  else if (task.kind === "MIGRATE") callOffMigration(ctx, guest);
  else repeatOrder(ctx, guest);
}

function startOverdue(ctx: Context, guest: Guest, task: GuestTask, hostId: HostId): void {
  holdOff(ctx, guest, task, hostId);
  const stays = task.isRepeated
    ? whyItStays(ctx, guest, hostId)
    : "if that has no answer either, it is tried elsewhere where it can be";
  if (stays === null || !isWanted(guest)) endStart(ctx, guest, hostId);
  else repeatOrder(ctx, guest, stays);
}

/** A guest that is started or rebooted is down until that is done. */
function bringsUp({ kind }: GuestTask): boolean {
  return kind === "START" || kind === "REBOOT";
}

/** `next` says what comes after that, if anything else does. */
export function repeatOrder(ctx: Context, guest: Guest, next: string | null = null): void {
  if (guest.task === null || guest.hostId === null) return;
  if (guest.task.calledOff) {
    callOffMigration(ctx, guest);
    return;
  }
  const { kind: action, seq, generation } = guest.task;
  const payload = { guest: guest.id, host: guest.hostId, action, generation, next };
  ctx.emit("GuestActionRepeated", payload, seq);
}

/** Nobody wants any more what the host does not answer. */
export function endUnwantedStart(ctx: Context, guest: Guest): void {
  const { task, hostId } = guest;
  if (!task?.isRepeated || !bringsUp(task) || isWanted(guest) || hostId === null) return;
  if (!isUnheard(ctx.state.tables.Host.get(hostId))) endStart(ctx, guest, hostId);
}

/** Each time under a new generation: what was refused before is tried anew. */
function endStart(ctx: Context, { id: guest, generation, task }: Guest, host: HostId): void {
  const seq = task?.seq ?? null;
  ctx.emit("GuestStartAbandoned", { guest, host, generation: generation + 1 }, seq);
}

/** Null: another host would take it, with all that strict rules bind to it, or can be made to. */
function whyItStays({ state, nowMs }: Context, guest: Guest, hostId: HostId): string | null {
  const { recovery, triedHostIds } = guest;
  if (!state.meta.armed) return "high availability is disarmed, so it stays there";
  if (triedHostIds.length >= recovery.maxRelocations)
    return "it was tried on as many hosts as its maxRelocations allows, and stays there";
  const company = companyOf(state, guest.id).filter((each) => each.hostId === hostId);
  if (!company.every(({ task }) => task?.endsStart || (task?.isRepeated && bringsUp(task))))
    return "guests that are bound to it run there, so it stays there";
  const gone = company.map((each) => goneFrom(each, hostId)) as [Guest, ...Guest[]];
  if (findPlace(state, subjectForAll(state, gone), nowMs) !== null) return null;
  if (gone.length === 1 && mayMakeRoom(state, gone[0])) return null;
  return "no other host would take it now, so it stays there";
}

/** The guest as it will be when its start has been ended. */
function goneFrom(guest: Guest, hostId: HostId): Guest {
  return { ...guest, triedHostIds: [...guest.triedHostIds, hostId], restarts: 0 };
}

/**
 * Until it answers; or has been asked once more and did not answer, and then as long as it has not
 * answered already, but no less than one that flaps. Released after that it is still doubtful, and
 * held off for longer if it does not answer then either.
 */
function holdOff(ctx: Context, guest: Guest, task: GuestTask, hostId: HostId): void {
  const { heldUntilMs, unansweredSinceMs, causeSeq } = ctx.state.tables.Host.get(hostId);
  const nextMs = ctx.nowMs + answerTimeoutMs(ctx.state, guest.id, "START");
  const orderedAt = unansweredSinceMs ?? task.startedAtMs;
  const leastMs = ctx.state.meta.settings.holdOffSeconds * 1000;
  const until = nextMs + Math.max(leastMs, ctx.nowMs - orderedAt);
  if ((heldUntilMs ?? 0) >= until) return;
  const payload = { host: hostId, orderedAt, until };
  ctx.emit("HostNotAnswering", payload, causeSeq);
}

/** The start of a guest has an answer, of whatever kind: the host can start guests, or say why not. */
export function startAnswered(ctx: Context, hostId: HostId): void {
  const { unansweredSinceMs, causeSeq } = ctx.state.tables.Host.get(hostId);
  if (unansweredSinceMs !== null) ctx.emit("HostAnswered", { host: hostId }, causeSeq);
}
