import type { ScalingGroup } from "../../../model/entities.ts";
import {
  type GroupRefresh,
  goesOn,
  refreshProblem,
  type TemplateRevision,
} from "../../../model/group-refresh.ts";
import type { Seq } from "../../../model/ids.ts";
import type { Context } from "../../context.ts";
import { conflict, invalid } from "../../refusal.ts";
import type { Of, Verb } from "../verb.ts";
import { cancelRefresh } from "./cancel-refresh.ts";
import { capital, change, chosenTemplate, done, findGroup } from "./commands.ts";
import { surveyOf } from "./refresh-survey.ts";
import { goBack, whyNotBack } from "./roll-back.ts";

export const startGroupRefresh: Verb<"START_GROUP_REFRESH"> = (ctx, command) => {
  const { tables, meta } = ctx.state;
  const old = findGroup(ctx, command.scalingGroupId);
  if (goesOn(old.refresh))
    throw conflict(`A refresh of ${old.name} goes on; cancel it, or take it back.`, [
      "scalingGroupId",
    ]);
  const { kind: _kind, scalingGroupId: _id, template: wish, ...preferences } = command;
  const problem = refreshProblem(preferences);
  if (problem) throw invalid(`${capital(problem.message)}.`, problem.path);
  const before = meta.seq;
  const tenant = tables.Tenant.get(old.tenantId);
  if (wish) change(ctx, old, { ...old, template: chosenTemplate(ctx, tenant, wish) }, null);
  const group = tables.ScalingGroup.get(old.id);
  const causeSeq = ctx.state.meta.seq > before ? ctx.state.meta.seq : null;
  start(ctx, group, preferences, causeSeq);
  return done(group.id);
};

function start(
  ctx: Context,
  group: ScalingGroup,
  preferences: Omit<Of<"START_GROUP_REFRESH">, "kind" | "scalingGroupId" | "template">,
  causeSeq: Seq | null,
): void {
  const { templateRevision: toRevision, nextNumber: firstNumber } = group;
  const fresh: GroupRefresh = {
    ...preferences,
    status: "IN_PROGRESS",
    from: null,
    toRevision,
    firstNumber,
    startedAtMs: ctx.nowMs,
    endedAtMs: null,
    percent: 0,
    checkpoints: 0,
    waitsUntilMs: null,
    lookAtMs: null,
    failures: 0,
    reason: null,
  };
  const { stale, least } = surveyOf(ctx.state, group, fresh, ctx.nowMs);
  const refresh = { ...fresh, from: templateBefore(group, stale) };
  const counts = { members: stale.length, least };
  const told = { group: group.id, toRevision, ...counts, definition: { refresh } };
  ctx.emitAsActor("GroupRefreshStarted", told, causeSeq);
}

/** What members that are to be replaced were made of. */
function templateBefore(
  { previousTemplate, templateRevision }: ScalingGroup,
  stale: readonly { readonly membership: { readonly templateRevision: number } }[],
): TemplateRevision | null {
  const revision = previousTemplate?.revision;
  if (revision === templateRevision) return null;
  const isTheirs = stale.some(({ membership }) => membership.templateRevision === revision);
  return isTheirs ? previousTemplate : null;
}

export const cancelGroupRefresh: Verb<"CANCEL_GROUP_REFRESH"> = (ctx, { scalingGroupId }) => {
  const group = findGroup(ctx, scalingGroupId);
  if (!goesOn(group.refresh))
    throw conflict(`No refresh of ${group.name} goes on.`, ["scalingGroupId"]);
  cancelRefresh(ctx, group, "somebody asked for that", null);
  return done(group.id);
};

export const rollBackGroupRefresh: Verb<"ROLL_BACK_GROUP_REFRESH"> = (ctx, { scalingGroupId }) => {
  const group = findGroup(ctx, scalingGroupId);
  const { refresh, name } = group;
  const ended = refresh?.status;
  if (!refresh || ended === "COMPLETED" || ended === "ROLLED_BACK" || ended === "ROLLING_BACK")
    throw conflict(`No refresh of ${name} is there to take back.`, ["scalingGroupId"]);
  const obstacle = whyNotBack(ctx.state, group);
  if (obstacle)
    throw conflict(`The refresh of ${name} can't be taken back: ${obstacle}.`, ["scalingGroupId"]);
  goBack(ctx, group.id, "somebody asked for that", null);
  return done(group.id);
};
