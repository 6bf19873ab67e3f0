import type { ScalingGroup } from "../../../model/entities.ts";
import type { Reason } from "../../../model/reasons.ts";
import { followsMetric, type MetricName, type ScalingPolicy } from "../../../model/scaling.ts";
import type { Context } from "../../context.ts";
import { isFailing } from "../../host-conditions.ts";
import { quotaObjection } from "../quota.ts";
import { lackOfRoom } from "./grow.ts";
import { endOtherHolds, holdStep } from "./holds.ts";
import { holdWhereLearning, learnLoads } from "./learn.ts";
import { isWarm, membersOf } from "./members.ts";
import { hasNoSamples, holdWhereMissing } from "./missing.ts";
import { predictiveWish } from "./predict.ts";
import { resize } from "./resize.ts";
import { sizingOf } from "./sizing.ts";
import { type Wish, wishOf } from "./wishes.ts";
import { zonesOf } from "./zones.ts";

/**
 * New samples came of some metrics. Of what policies want the largest wins: the group grows if that is
 * more than it is to have, and shrinks if all want less. What stands in the way is told.
 */
export function followPolicies(
  ctx: Context,
  group: ScalingGroup,
  isNew: (metric: MetricName) => boolean,
): void {
  if (group.deleting || !group.policies.some((each) => isAbout(each, isNew))) return;
  learnLoads(ctx, group, isNew);
  follow(ctx, group, () => true);
}

/** Nothing is measured of a group without members: what is expected of it can bring it back. */
export function followForecasts(ctx: Context, group: ScalingGroup): void {
  follow(ctx, group, ({ kind }) => kind === "PREDICTIVE");
}

function follow(
  ctx: Context,
  group: ScalingGroup,
  isAsked: (policy: ScalingPolicy) => boolean,
): void {
  const held = holdWhereMissing(ctx, group);
  const learning = holdWhereLearning(ctx, group, held);
  const all = wishesOf(ctx, group, group.policies.filter(isAsked))
    .filter(({ policy }) => !held.has(policy))
    .sort((a, b) => b.size - a.size);
  const wishes = all.filter(({ isFloor }) => !isFloor);
  const more = wishes.filter(({ size }) => size > group.desired);
  // Whoever can't know speaks for no fewer.
  const isBlind = group.policies
    .filter(followsMetric)
    .some((each) => held.has(each.name) || hasNoSamples(ctx.state, group, each));
  const isLess = !isBlind && all.every(({ size }) => size < group.desired);
  const [whyNot, moving] = isLess ? [whyNotFewer, wishes] : [whyNotMore, more];
  for (const wish of moving) {
    const obstacle = whyNot(ctx, group, wish);
    if (!obstacle) continue;
    holdStep(ctx, group, wish.policy, obstacle);
    held.add(wish.policy);
  }
  endOtherHolds(ctx, group, new Set([...held, ...learning]));
  const [largest] = moving;
  if (!largest || held.has(largest.policy)) return;
  take(ctx, group, isLess ? (all[0] as Wish) : largest, all);
}

function isAbout(policy: ScalingPolicy, isNew: (metric: MetricName) => boolean): boolean {
  return policy.kind !== "SCHEDULED" && isNew(policy.metric);
}

function wishesOf(
  { state, nowMs }: Context,
  group: ScalingGroup,
  policies: readonly ScalingPolicy[],
): Wish[] {
  const members = membersOf(state, group.id);
  const warm = members.filter((member) => isWarm(member, group, nowMs)).length;
  const known = {
    nowMs,
    desired: group.desired,
    warm,
    scaleInAfterMs: group.scaleInAfterSeconds * 1000,
  };
  const wishes = policies.map((policy) => {
    if (policy.kind === "SCHEDULED") return null;
    const sizing = sizingOf(state, group, policy.metric, members);
    if (policy.kind === "PREDICTIVE")
      return predictiveWish(state, group, policy, { ...known, sizing });
    const samples = state.signals.of(group.id, policy.metric);
    return wishOf(policy, { ...known, samples, sizing });
  });
  // What is measured while members come up is a part of the work: it speaks for no fewer.
  const isComing = members.some(
    (member) => member.hostId !== null && !isWarm(member, group, nowMs),
  );
  return wishes
    .filter((wish) => wish !== null)
    .map((wish) =>
      isComing && wish.size < group.desired ? { ...wish, size: group.desired } : wish,
    );
}

function whyNotMore(ctx: Context, group: ScalingGroup, wish: Wish): Reason | null {
  const { state } = ctx;
  const { desired, max } = group;
  if (desired >= max) return { code: "AT_MAX", message: `${wish.reason}, and max is ${max}` };
  const cooldown = cooling(ctx, group, wish);
  if (cooldown) return cooldown;
  const full = lackOfRoom(state, group.id);
  if (full) return { ...full.reason, message: `${wish.reason}, and ${full.reason.message}` };
  const { Tenant, Flavor } = state.tables;
  const { resources } = Flavor.get(group.template.flavorIds[0] as never);
  const objection = quotaObjection(state, Tenant.get(group.tenantId), resources, 1);
  return objection === null
    ? null
    : { code: "OVER_QUOTA", message: `${wish.reason}. ${objection}` };
}

function whyNotFewer(ctx: Context, group: ScalingGroup, wish: Wish): Reason | null {
  const { state } = ctx;
  const { desired, min } = group;
  if (desired <= min) return { code: "AT_MIN", message: `${wish.reason}, and min is ${min}` };
  const cooldown = cooling(ctx, group, wish);
  if (cooldown) return cooldown;
  const lost = zonesOf(state, group)
    .map((id) => state.tables.Zone.get(id))
    .find((zone) => zone.status === "DOWN" || isFailing(zone));
  if (!lost) return null;
  const ails = lost.status === "DOWN" ? "is down" : "is about to be lost";
  return { code: "ZONE_DOWN", message: `${wish.reason}, and zone ${lost.name} ${ails}` };
}

function cooling({ nowMs }: Context, group: ScalingGroup, wish: Wish): Reason | null {
  const { lastStepAtMs, cooldownSeconds } = group;
  const leftMs = (lastStepAtMs ?? Number.NEGATIVE_INFINITY) + cooldownSeconds * 1000 - nowMs;
  if (leftMs <= 0) return null;
  const message = `${wish.reason}, and the cooldown of ${cooldownSeconds} s is not over`;
  return { code: "COOLDOWN", message };
}

/** All that was wanted is told, whoever wins. */
function take(ctx: Context, group: ScalingGroup, wish: Wish, wishes: readonly Wish[]): void {
  const size = Math.max(group.min, Math.min(group.max, wish.size));
  const bound =
    size === wish.size ? [] : [size === group.max ? `max is ${size}` : `min is ${size}`];
  const others = wishes
    .filter(({ policy }) => policy !== wish.policy)
    .map((other) => `${other.policy} wants ${other.size} (${other.reason})`);
  const reason = [wish.reason, ...bound, ...others].join("; ");
  resize(ctx, group.id, size, { policy: wish.policy, reason });
}
