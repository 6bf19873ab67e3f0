import type { ScalingGroup } from "../../../model/entities.ts";
import { goesOn, REFRESH_FAILURES } from "../../../model/group-refresh.ts";
import type { ScalingGroupId } from "../../../model/ids.ts";
import type { Reason } from "../../../model/reasons.ts";
import type { Context } from "../../context.ts";
import { dismiss } from "./dismiss.ts";
import { createMembers } from "./grow.ts";
import { type Block, tooManyStay } from "./holds.ts";
import { lacksRoom, type Member } from "./members.ts";
import { batchOf, comingOf, partOf, percentDone, type Survey, surveyOf } from "./refresh-survey.ts";
import { goBack, whyNotBack } from "./roll-back.ts";
import { victimsOf } from "./victims.ts";
import { zonesOf } from "./zones.ts";

/**
 * Takes a refresh on: old members go as new ones serve, and more new ones are made, in place of old
 * ones where there is no room beside them. What keeps it from that, null when nothing, or it waits for
 * members to come up. On its own result it does nothing.
 */
export function refreshGroup(ctx: Context, id: ScalingGroupId): Block | null {
  resumeWhenDue(ctx, look(ctx, id));
  giveUpWhenItFails(ctx, look(ctx, id));
  const surplus = takeDownSurplus(ctx, look(ctx, id));
  tellProgress(ctx, look(ctx, id));
  stopAtCheckpoint(ctx, look(ctx, id));
  const survey = look(ctx, id);
  if (!survey || survey.refresh.status === "AT_CHECKPOINT") return surplus;
  if (isDone(survey)) {
    complete(ctx, survey);
    return null;
  }
  return surplus ?? replaceSome(ctx, survey);
}

/** Null when no refresh goes on. */
function look({ state, nowMs }: Context, id: ScalingGroupId): Survey | null {
  const group = state.tables.ScalingGroup.get(id);
  return goesOn(group.refresh) ? surveyOf(state, group, group.refresh, nowMs) : null;
}

function resumeWhenDue(ctx: Context, survey: Survey | null): void {
  const { status, waitsUntilMs, checkpointWaitSeconds } = survey?.refresh ?? {};
  if (!survey || status !== "AT_CHECKPOINT" || (waitsUntilMs ?? 0) > ctx.nowMs) return;
  const reason = `it has waited ${checkpointWaitSeconds} s at its checkpoint`;
  ctx.emit("GroupRefreshResumed", { group: survey.group.id, reason }, null);
}

function giveUpWhenItFails(ctx: Context, survey: Survey | null): void {
  if (!survey || survey.refresh.failures < REFRESH_FAILURES) return;
  const { group, refresh } = survey;
  const { failures, percent, status, autoRollback } = refresh;
  const wantsBack = autoRollback && status !== "ROLLING_BACK";
  const obstacle = wantsBack ? whyNotBack(ctx.state, group) : null;
  const rollsBack = wantsBack && obstacle === null;
  const why = `${failures} new members failed`;
  const reason = obstacle === null ? why : `${why}, and it can't go back: ${obstacle}`;
  const told = { group: group.id, percent, failures, reason, rollsBack };
  const seq = ctx.emit("GroupRefreshFailed", told, null);
  if (rollsBack) goBack(ctx, group.id, reason, seq);
}

function tellProgress(ctx: Context, survey: Survey | null): void {
  if (!survey) return;
  const { group, refresh, target: members, freshServing: replaced, lookAtMs } = survey;
  const percent = percentDone(survey);
  if (percent === refresh.percent && lookAtMs === refresh.lookAtMs) return;
  const isNews = percent !== refresh.percent;
  const told = { group: group.id, percent, replaced, members, definition: { lookAtMs } };
  ctx.emit("GroupRefreshProgressed", told, null, isNews ? "INFO" : null);
}

/** Of several that are reached at once, the last one is told. */
function stopAtCheckpoint(ctx: Context, survey: Survey | null): void {
  if (survey?.refresh.status !== "IN_PROGRESS") return;
  const { group, refresh, target: members, freshServing: replaced } = survey;
  const { checkpointPercents, checkpointWaitSeconds } = refresh;
  const checkpoints = checkpointPercents.filter((each) => replaced >= partOf(members, each)).length;
  if (checkpoints <= refresh.checkpoints) return;
  const checkpoint = checkpointPercents[checkpoints - 1] as number;
  const waitsUntil = ctx.nowMs + Math.round(checkpointWaitSeconds * 1000);
  const told = { group: group.id, checkpoint, checkpoints, replaced, members, waitsUntil };
  ctx.emit("GroupRefreshCheckpointReached", told, null);
}

function isDone({ stale, freshServing, target }: Survey): boolean {
  return stale.length === 0 && freshServing >= target;
}

function complete(ctx: Context, { group, refresh, fresh, left }: Survey): void {
  const isBack = refresh.status === "ROLLING_BACK";
  const kind = isBack ? "GroupRefreshRolledBack" : "GroupRefreshCompleted";
  const counts = { members: fresh.length, left: left.length };
  ctx.emit(kind, { group: group.id, toRevision: group.templateRevision, ...counts }, null);
}

/** New members that serve, and those for which others are to make room, need no old one beside them. */
function takeDownSurplus(ctx: Context, survey: Survey | null): Block | null {
  if (!survey) return null;
  const { group, size, members, stale, fresh } = survey;
  const { desired, max } = group;
  const kept = size - members.length;
  const room = Math.max(0, max - desired - kept);
  const surge = Math.min(comingOf(survey), batchOf(survey), room);
  const surplus = Math.max(members.length - desired - surge, size - max);
  if (surplus <= 0) return null;
  const gone = takeDown(ctx, survey, surplus);
  // New ones go where nobody old is left, or where they are more than there may be.
  const must = stale.length > gone ? size - gone - max : surplus - gone;
  const victims = victimsOf(ctx.state, group, fresh, Math.max(0, must));
  const why = "its scaling group got smaller";
  for (const guest of victims) dismiss(ctx, group, guest, { why, causeSeq: null });
  if (victims.length < must) return tooManyStay(must - victims.length, size);
  return gone + victims.length < surplus ? { reason: tooFewServe(survey) } : null;
}

/** Takes so many old members down, or fewer, so that enough serve: first those that don't. Says how many. */
function takeDown(ctx: Context, survey: Survey, count: number): number {
  const { group, stale, serving, least } = survey;
  const choose = (from: readonly Member[], most: number) =>
    victimsOf(ctx.state, group, from, Math.max(0, most));
  const idle = choose(
    stale.filter((guest) => !serving.has(guest)),
    count,
  );
  const others = stale.filter((guest) => serving.has(guest));
  const busy = choose(others, Math.min(count - idle.length, serving.size - least));
  let left = serving.size;
  for (const guest of [...idle, ...busy]) {
    const served = serving.has(guest);
    if (served) left--;
    const told = { guest: guest.id, group: group.id, served, serving: left, least };
    const causeSeq = ctx.emit("MemberRefreshed", told, null);
    dismiss(ctx, group, guest, { why: "its scaling group is refreshed", causeSeq });
  }
  return idle.length + busy.length;
}

/** As many new ones as are to be on their way at once: beside the old ones, or in their place. */
function replaceSome(ctx: Context, survey: Survey): Block | null {
  const { group, refresh, fresh, size, members, target } = survey;
  const isBack = refresh.status === "ROLLING_BACK";
  // New members that fail make pauses, after which the same is tried again.
  if (group.retryAtMs !== null && group.launchFailures > 0) return null;
  const obstacle = isBack ? null : whyWait(ctx, group);
  if (obstacle) return { reason: obstacle };
  const next = refresh.checkpointPercents[refresh.checkpoints];
  const goal = isBack || next === undefined ? 100 : next;
  const waiting = comingOf(survey) + fresh.filter(lacksRoom).length;
  const count = Math.min(partOf(target, goal) - fresh.length, batchOf(survey) - waiting);
  if (count <= 0) return null;
  const room = Math.max(0, Math.min(count, group.max - size));
  const block = createMembers(ctx, group.id, Array<null>(room).fill(null));
  const after = look(ctx, group.id) as Survey;
  const made = after.members.length - members.length;
  const gone = made < count ? takeDown(ctx, after, count - made) : 0;
  if (made + gone + waiting > 0) return null;
  return block ?? { reason: noRoomBeside(survey) };
}

/** While a zone is down, nobody is taken down that runs. */
function whyWait({ state }: Context, group: ScalingGroup): Reason | null {
  const down = zonesOf(state, group)
    .map((id) => state.tables.Zone.get(id))
    .find(({ status }) => status === "DOWN");
  if (!down) return null;
  return { code: "ZONE_DOWN", message: `its refresh waits while zone ${down.name} is down` };
}

function noRoomBeside(survey: Survey): Reason {
  const { group, serving, least } = survey;
  if (serving.size < group.desired) return tooFewServe(survey);
  const message = `its refresh can't go on: of ${group.desired} members ${least} must serve, so that none can be taken down first, and max is ${group.max}`;
  return { code: "AT_MAX", message };
}

function tooFewServe({ group, serving, least }: Survey): Reason {
  const message = `its refresh can't go on: ${serving.size} of its ${group.desired} members serve, and ${least} must`;
  return { code: "TOO_FEW_HEALTHY", message };
}
