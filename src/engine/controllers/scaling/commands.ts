import { allocationProblem, asHeld } from "../../../model/allocation.ts";
import type { Outcome, TemplateWish } from "../../../model/commands.ts";
import type { ScalingGroup, Tenant } from "../../../model/entities.ts";
import type { ScalingGroupId, Seq } from "../../../model/ids.ts";
import { hooksProblem } from "../../../model/lifecycle-hooks.ts";
import {
  type GroupTemplate,
  isMeasured,
  metricProblem,
  policiesProblem,
  SCALING_LIMITS,
  type ScalingPolicy,
  type ScalingProblem,
  secondsProblem,
  sizesProblem,
} from "../../../model/scaling.ts";
import type { Context } from "../../context.ts";
import { cronProblem } from "../../cron.ts";
import { conflict, invalid, notFound } from "../../refusal.ts";
import { findGuest } from "../find-guest.ts";
import { tooLargeForTargets } from "../load-balancing/target-wishes.ts";
import { chosenGroups } from "../security-groups.ts";
import type { Verb } from "../verb.ts";
import { cancelRefresh } from "./cancel-refresh.ts";
import { changesOf } from "./changes.ts";
import { groupNameProblem } from "./grow.ts";
import { isNeeded, type Member, membersOf } from "./members.ts";
import { followPolicies } from "./policies.ts";
import { resize } from "./resize.ts";
import { isSame, revisionOf } from "./revisions.ts";
import { schedulesOf } from "./schedules.ts";

export function done(scalingGroupId: ScalingGroupId): Outcome {
  return { kind: "SCALING_GROUP", scalingGroupId };
}

/** One that is on its way out takes no more commands. */
export function findGroup(ctx: Context, id: ScalingGroupId): ScalingGroup {
  const group = ctx.state.tables.ScalingGroup.find(id);
  if (!group) throw notFound("There is no such scaling group.", ["scalingGroupId"]);
  if (group.deleting)
    throw conflict(`Scaling group ${group.name} is being deleted.`, ["scalingGroupId"]);
  return group;
}

/** A group as it is the moment it is created. */
export type NewGroup = Omit<
  ScalingGroup,
  | "id"
  | "templateRevision"
  | "newestRevision"
  | "previousTemplate"
  | "refresh"
  | "nextNumber"
  | "lastStepAtMs"
  | "schedules"
  | "held"
  | "blockedBy"
  | "launchFailures"
  | "launchesMs"
  | "retryAtMs"
  | "deleting"
  | "createdAtMs"
>;

export function announce(ctx: Context, given: NewGroup, causeSeq: number | null): ScalingGroupId {
  const group = ctx.newId<ScalingGroupId>();
  const definition: ScalingGroup = {
    ...given,
    id: group,
    templateRevision: 1,
    newestRevision: 1,
    previousTemplate: null,
    refresh: null,
    nextNumber: 1,
    lastStepAtMs: null,
    schedules: schedulesOf(given.policies, ctx.nowMs),
    held: [],
    blockedBy: [],
    launchFailures: 0,
    launchesMs: [],
    retryAtMs: null,
    deleting: false,
    createdAtMs: ctx.nowMs,
  };
  ctx.emitAsActor("GroupCreated", { group, tenant: given.tenantId, definition }, causeSeq);
  return group;
}

/** Told with what differs; nothing when nothing does. Members that there are stay as they are. */
export function change(ctx: Context, before: ScalingGroup, to: NewGroup, causeSeq: number | null) {
  const changes = changesOf(ctx.state, before, to);
  if (changes.length === 0) return;
  if (!isSame(before.template, to.template))
    cancelRefresh(ctx, before, "its group is to have another template", causeSeq);
  const old = ctx.state.tables.ScalingGroup.get(before.id);
  const isNewPlan = JSON.stringify(old.policies) !== JSON.stringify(to.policies);
  const definition: ScalingGroup = {
    ...old,
    ...to,
    desired: old.desired,
    ...revisionOf(ctx.state, old, to.template),
    refresh: old.refresh,
    schedules: isNewPlan ? schedulesOf(to.policies, ctx.nowMs) : old.schedules,
    // What was held may not be wanted any more.
    held: isNewPlan ? [] : old.held,
  };
  const seq = ctx.emitAsActor("GroupChanged", { group: old.id, changes, definition }, causeSeq);
  const reason = `it is to have ${to.desired}, from ${to.min} to ${to.max}`;
  resize(ctx, old.id, to.desired, { policy: null, reason, causeSeq: seq });
}

export const createScalingGroup: Verb<"CREATE_SCALING_GROUP"> = (ctx, command) => {
  const { names, tables } = ctx.state;
  const bad = groupNameProblem(command.name);
  if (bad) throw invalid(`The name, with the number of a member, ${bad}.`, ["name"]);
  const tenant = tables.Tenant.find(command.tenantId);
  if (!tenant) throw notFound("There is no such tenant.", ["tenantId"]);
  if (names.scalingGroup.find(command.name, tenant.id) !== undefined)
    throw conflict(`Tenant ${tenant.name} has a scaling group ${command.name} already.`, ["name"]);
  const { kind: _kind, ...wish } = command;
  const desired = command.desired ?? command.min;
  const template = chosenTemplate(ctx, tenant, command.template);
  const group = { ...wish, desired, template, tenantId: tenant.id, demand: null };
  check(ctx, group);
  return done(announce(ctx, group, null));
};

export const updateScalingGroup: Verb<"UPDATE_SCALING_GROUP"> = (ctx, command) => {
  const old = findGroup(ctx, command.scalingGroupId);
  const tenant = ctx.state.tables.Tenant.get(old.tenantId);
  const { kind: _kind, scalingGroupId: _id, template: wish, ...given } = command;
  const template = wish ? chosenTemplate(ctx, tenant, wish) : old.template;
  const merged = { ...old, ...given, template };
  const desired = Math.max(merged.min, Math.min(merged.max, old.desired));
  const group = { ...merged, desired };
  check(ctx, group);
  const tooLarge = tooLargeForTargets(ctx.state, old.id, group);
  if (tooLarge) throw conflict(`${capital(tooLarge)}.`, ["max"]);
  change(ctx, old, group, null);
  return done(old.id);
};

/** Throws for what makes no sense, saying which and where. */
function check(ctx: Context, group: NewGroup): void {
  const problem = groupProblem(group);
  if (problem) throw invalid(`${capital(problem.message)}.`, problem.path);
  for (const [index, id] of group.zoneIds.entries()) {
    const path = ["zoneIds", String(index)];
    if (!ctx.state.tables.Zone.find(id)) throw notFound("There is no such zone.", path);
    if (group.zoneIds.indexOf(id) < index) throw invalid("The zone is named twice.", path);
  }
}

/** What is wrong with the numbers and policies of a group, in words without their capital and full stop. */
export function groupProblem(
  group: Pick<
    NewGroup,
    | "min"
    | "max"
    | "desired"
    | "policies"
    | "cooldownSeconds"
    | "warmUpSeconds"
    | "scaleInAfterSeconds"
    | "unhealthyAfterSeconds"
    | "lifecycleHooks"
  >,
): ScalingProblem | null {
  return (
    sizesProblem(group) ??
    secondsProblem("cooldownSeconds", group.cooldownSeconds) ??
    secondsProblem("warmUpSeconds", group.warmUpSeconds) ??
    secondsProblem("scaleInAfterSeconds", group.scaleInAfterSeconds) ??
    secondsProblem("unhealthyAfterSeconds", group.unhealthyAfterSeconds) ??
    hooksProblem(group.lifecycleHooks) ??
    policiesProblem(group.policies) ??
    timesProblem(group.policies)
  );
}

function timesProblem(policies: readonly ScalingPolicy[]): ScalingProblem | null {
  for (const [index, policy] of policies.entries()) {
    const bad = policy.kind === "SCHEDULED" ? cronProblem(policy.cron, policy.timeZone) : null;
    if (bad) return { path: ["policies", String(index)], message: `policy ${policy.name} ${bad}` };
  }
  return null;
}

export function capital(words: string): string {
  return `${words[0]?.toUpperCase()}${words.slice(1)}`;
}

export function chosenTemplate(ctx: Context, tenant: Tenant, wish: TemplateWish): GroupTemplate {
  const { Flavor, Image } = ctx.state.tables;
  const { securityGroups, allocation, ...rest } = wish;
  const { flavorIds } = wish;
  if (flavorIds.length === 0 || flavorIds.length > SCALING_LIMITS.flavors)
    throw invalid(`A template has 1 to ${SCALING_LIMITS.flavors} flavors.`, ["flavors"]);
  for (const id of flavorIds) {
    const flavor = Flavor.find(id);
    if (!flavor) throw notFound("There is no such flavor.", ["flavors"]);
    const problem = allocation && allocationProblem(allocation, flavor.resources);
    if (problem) throw invalid(`${problem.message}.`, ["allocation", problem.field]);
  }
  if (!Image.find(wish.imageId)) throw notFound("There is no such image.", ["imageId"]);
  for (const field of ["maxRestarts", "maxRelocations"] as const)
    if (!Number.isInteger(wish[field]) || wish[field] < 0 || wish[field] > 100)
      throw invalid(`${field} must be a whole number from 0 to 100, not ${wish[field]}.`, [field]);
  const held = allocation === null ? null : asHeld(allocation);
  return { ...rest, securityGroupIds: chosenGroups(ctx, tenant, securityGroups), allocation: held };
}

export const deleteScalingGroup: Verb<"DELETE_SCALING_GROUP"> = (ctx, { scalingGroupId }) => {
  const group = findGroup(ctx, scalingGroupId);
  const needed = membersOf(ctx.state, group.id).find((guest) => isNeeded(ctx.state, guest));
  if (needed)
    throw conflict(`Other guests depend on its member ${needed.name}.`, ["scalingGroupId"]);
  requestDeletion(ctx, group, null);
  return done(group.id);
};

export function requestDeletion(ctx: Context, group: ScalingGroup, causeSeq: Seq | null): void {
  cancelRefresh(ctx, group, "its group is deleted", causeSeq);
  ctx.emitAsActor("GroupDeleteRequested", { group: group.id }, causeSeq);
}

export const setDesiredCapacity: Verb<"SET_DESIRED_CAPACITY"> = (ctx, command) => {
  const group = findGroup(ctx, command.scalingGroupId);
  const { desired } = command;
  const problem = sizesProblem({ ...group, desired });
  if (problem) throw invalid(`${capital(problem.message)}.`, problem.path);
  resize(ctx, group.id, desired, { policy: null, reason: `${desired} were asked for` });
  return done(group.id);
};

export function findMember(ctx: Context, command: { readonly guestId: Member["id"] }): Member {
  const guest = findGuest(ctx, command.guestId);
  if (!guest.membership) throw conflict(`Guest ${guest.name} is in no scaling group.`, ["guestId"]);
  return guest as Member;
}

export const setScaleInProtection: Verb<"SET_SCALE_IN_PROTECTION"> = (ctx, command) => {
  const { id: guest, membership } = findMember(ctx, command);
  const { groupId: group, isProtected } = membership;
  const { enabled } = command;
  if (isProtected !== enabled)
    ctx.emitAsActor("ScaleInProtectionChanged", { guest, group, protected: enabled }, null);
  return { kind: "GUEST", guestId: guest, operationId: null };
};

export const REASON_MOST = 500;

/** Ill for long enough, it is replaced; a check that flaps begins anew each time. */
export const setMemberHealth: Verb<"SET_MEMBER_HEALTH"> = (ctx, command) => {
  const { id: guest, membership } = findMember(ctx, command);
  const { groupId: group, illness } = membership;
  const { healthy } = command;
  // What load balancers find they take back themselves.
  const isOwn = illness !== null && !illness.byLoadBalancer;
  if (healthy && isOwn) ctx.emitAsActor("MemberHealthy", { guest, group }, null);
  if (!healthy && !isOwn && illness?.failsAtMs !== null) {
    const reason = command.reason.slice(0, REASON_MOST);
    const { unhealthyAfterSeconds } = ctx.state.tables.ScalingGroup.get(group);
    const lateMs = ctx.nowMs + unhealthyAfterSeconds * 1000;
    const failsAt = Math.min(lateMs, illness?.failsAtMs ?? lateMs);
    const definition = { illness: { reason, byLoadBalancer: false, failsAtMs: failsAt } };
    ctx.emitAsActor("MemberUnhealthy", { guest, group, reason, failsAt, definition }, null);
  }
  return { kind: "GUEST", guestId: guest, operationId: null };
};

/** A sample is no event, and policies follow it at once. */
export const putMetric: Verb<"PUT_METRIC"> = (ctx, command) => {
  const group = findGroup(ctx, command.scalingGroupId);
  const { metric, value } = command;
  const problem = metricProblem(metric);
  if (problem) throw invalid(`${capital(problem.message)}.`, problem.path);
  if (!(Math.abs(value) <= SCALING_LIMITS.value))
    throw invalid(`A sample must be a number, not ${value}.`, ["value"]);
  if (isMeasured(metric)) throw invalid(`${metric} is measured by itself.`, ["metric"]);
  ctx.state.signals.note(group.id, metric, { atMs: ctx.nowMs, value, load: value });
  followPolicies(ctx, group, (name) => name === metric);
  return done(group.id);
};
