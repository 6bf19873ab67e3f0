import type { Command, Outcome } from "../../../model/commands.ts";
import type { Recommendation } from "../../../model/entities.ts";
import type { RecommendationId } from "../../../model/ids.ts";
import type { Context } from "../../context.ts";
import { willDo } from "../../placement/place.ts";
import { subjectForAll } from "../../placement/subject.ts";
import { conflict, notFound } from "../../refusal.ts";
import type { State } from "../../state.ts";
import { MoveRound, type Movers } from "../moves/round.ts";
import { carryOutOne } from "./carry-out.ts";
import type { Step } from "./plan.ts";

/** What is advised stands until it is done, or would not be advised any more. */
export function recommend(ctx: Context, steps: readonly Step[]): void {
  const advised = new Map(steps.map((step) => [keyOf(step), step]));
  const gone: Recommendation[] = [];
  for (const standing of ctx.state.tables.Recommendation.sorted()) {
    if (advised.delete(keyOf(stepOf(standing)))) continue;
    // Which of several that are much alike is the best changes from minute to minute.
    const other = [...advised.values()].find((step) => isInsteadOf(step, standing));
    const stands = wouldRelieve(ctx.state, standing) || (other && wouldSave(ctx.state, standing));
    if (!stands) gone.push(standing);
    else if (other) advised.delete(keyOf(other));
  }
  for (const standing of gone) withdraw(ctx, standing);
  for (const step of advised.values()) make(ctx, step);
}

function isInsteadOf(step: Step, { kind, hostId }: Recommendation): boolean {
  if (step.kind === "MOVE") return kind === "MOVE" && step.fromHostId === hostId;
  return step.kind === "STANDBY" && kind === "STANDBY";
}

/** Its host could stand by as well as another one. */
function wouldSave({ indexes }: State, { kind, hostId }: Recommendation): boolean {
  return kind === "STANDBY" && indexes.capacity.room(hostId)?.placeable === true;
}

/** Its host is still overloaded, if only just not so at this moment, and the guests can still go where it says. */
function wouldRelieve(state: State, { kind, hostId, guestIds, toHostId }: Recommendation): boolean {
  const { tables } = state;
  if (kind !== "MOVE" || toHostId === null || !tables.Host.find(hostId)?.overload) return false;
  const guests = guestIds.map((id) => tables.Guest.find(id));
  if (!guests.every((guest) => guest?.hostId === hostId)) return false;
  const subject = subjectForAll(state, guests as unknown as Movers);
  return willDo(state, { ...subject, retryHostId: null }, toHostId);
}

/** The same advice, wherever the guests would go. */
function keyOf(step: Step): string {
  if (step.kind !== "MOVE") return `${step.kind}/${step.hostId}`;
  return ["MOVE", step.fromHostId, ...step.guestIds].join("/");
}

function make(ctx: Context, step: Step): void {
  const id = ctx.newId<RecommendationId>();
  const isMove = step.kind === "MOVE";
  const definition: Recommendation = {
    id,
    kind: step.kind,
    hostId: isMove ? step.fromHostId : step.hostId,
    guestIds: isMove ? step.guestIds : [],
    toHostId: isMove ? step.toHostId : null,
    because: step.because,
    savedWatts: step.kind === "STANDBY" ? step.savedWatts : null,
    madeAtMs: ctx.nowMs,
    seq: 0,
  };
  const { hostId: host, kind: advice, toHostId: toHost, because } = definition;
  const payload = { host, advice, toHost, because, recommendation: id, definition };
  ctx.emit("RecommendationMade", payload, null);
}

export function withdraw(
  ctx: Context,
  { id: recommendation, hostId: host, kind: advice }: Recommendation,
) {
  ctx.emit("RecommendationWithdrawn", { host, advice, recommendation }, null);
}

function stepOf({ kind, hostId, guestIds, toHostId, because, savedWatts }: Recommendation): Step {
  if (kind === "WAKE") return { kind, hostId, because };
  if (kind === "STANDBY") return { kind, hostId, guests: 0, savedWatts: savedWatts ?? 0, because };
  return { kind, guestIds, fromHostId: hostId, toHostId: toHostId ?? hostId, because };
}

/** Done as it was advised, if that can still be done. */
export function applyRecommendation(
  ctx: Context,
  { recommendationId }: Extract<Command, { kind: "APPLY_RECOMMENDATION" }>,
): Outcome {
  const { tables } = ctx.state;
  const standing = tables.Recommendation.find(recommendationId);
  if (!standing)
    throw notFound("There is no such recommendation: it was withdrawn or applied, or never made.", [
      "recommendationId",
    ]);
  const { hostId, guestIds, kind: advice } = standing;
  const isGone = [hostId, standing.toHostId].some((id) => id !== null && !tables.Host.find(id));
  if (isGone || guestIds.some((id) => !tables.Guest.find(id)))
    throw conflict("A host or guest that it is about is gone.", ["recommendationId"]);
  const payload = { host: hostId, advice, recommendation: recommendationId };
  const seq = ctx.emitAsActor("RecommendationApplied", payload, standing.seq);
  const obstacle = carryOutOne(ctx, new MoveRound(ctx), stepOf(standing), seq);
  if (obstacle !== null) throw conflict(`It can't be done now: ${obstacle}.`, ["recommendationId"]);
  return { kind: "RECOMMENDATION", hostId, guestIds };
}
