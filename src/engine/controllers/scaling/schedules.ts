import type { ScalingGroup } from "../../../model/entities.ts";
import type { ScalingGroupId } from "../../../model/ids.ts";
import { type ScalingPolicy, type Schedule, sizesAfter } from "../../../model/scaling.ts";
import type { Context } from "../../context.ts";
import { nextRunMs } from "../../cron.ts";
import { differences } from "../fleet/plan.ts";
import { resize } from "./resize.ts";

type Scheduled = Extract<ScalingPolicy, { kind: "SCHEDULED" }>;

/** When each of the scheduled policies is due next. */
export function schedulesOf(policies: readonly ScalingPolicy[], nowMs: number): Schedule[] {
  return policies.filter(isScheduled).map(({ name, cron, timeZone }) => ({
    policy: name,
    nextAtMs: nextRunMs(cron, timeZone, nowMs),
  }));
}

function isScheduled(policy: ScalingPolicy): policy is Scheduled {
  return policy.kind === "SCHEDULED";
}

/** Does what schedules say that are due, in their order. One that was missed for long is due once. */
export function followSchedules(ctx: Context, id: ScalingGroupId): void {
  const { schedules } = ctx.state.tables.ScalingGroup.get(id);
  const due = schedules.filter(({ nextAtMs }) => nextAtMs !== null && nextAtMs <= ctx.nowMs);
  for (const { policy } of due.toSorted((a, b) => (a.nextAtMs ?? 0) - (b.nextAtMs ?? 0)))
    follow(ctx, ctx.state.tables.ScalingGroup.get(id), policy);
}

function follow(ctx: Context, group: ScalingGroup, name: string): void {
  const policy = group.policies.filter(isScheduled).find((each) => each.name === name);
  if (!policy) return;
  const { min, max, desired } = group;
  const after = sizesAfter(group, policy);
  const nextAt = nextRunMs(policy.cron, policy.timeZone, ctx.nowMs);
  const schedules = group.schedules.map((each) =>
    each.policy === name ? { policy: name, nextAtMs: nextAt } : each,
  );
  const changes = differences({ min, max, desired }, after);
  const definition = { min: after.min, max: after.max, schedules };
  const told = changes.length > 0 ? changes : ["nothing changes"];
  const payload = { group: group.id, policy: name, changes: told, nextAt, definition };
  const causeSeq = ctx.emit("GroupScheduleDue", payload, null);
  const reason = `schedule ${name} (${policy.cron}, ${policy.timeZone}) is due`;
  resize(ctx, group.id, after.desired, { policy: name, reason, causeSeq });
}
