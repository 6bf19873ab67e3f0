import type { ScalingGroupId } from "../../../model/ids.ts";
import type { Context } from "../../context.ts";
import type { State } from "../../state.ts";
import { grow, lackOfRoom } from "./grow.ts";
import { settleBlock } from "./holds.ts";
import { attendLifecycle } from "./lifecycle.ts";
import { refreshGroup } from "./refresh.ts";
import { endPause, failTheIll, renewWaiting, replaceFailed } from "./replace.ts";
import { followSchedules } from "./schedules.ts";
import { dissolve, shrink } from "./shrink.ts";

/** Brings groups to the size that they are to have, those that something happened to. */
export function reconcileGroups(ctx: Context): void {
  for (const id of [...ctx.groupsToReconcile].sort((a, b) => a - b)) reconcile(ctx, id);
}

/** On its own result it does nothing. */
function reconcile(ctx: Context, id: ScalingGroupId): void {
  const group = ctx.state.tables.ScalingGroup.find(id);
  if (!group) return;
  failTheIll(ctx, id);
  attendLifecycle(ctx, id);
  if (group.deleting) {
    dissolve(ctx, group);
    return;
  }
  followSchedules(ctx, id);
  endPause(ctx, id);
  // What a refresh takes down is not replaced.
  const refreshing = refreshGroup(ctx, id);
  const failing = replaceFailed(ctx, id);
  renewWaiting(ctx, id);
  const growing = grow(ctx, id);
  const shrinking = shrink(ctx, id);
  const block = failing ?? growing ?? shrinking ?? lackOfRoom(ctx.state, id) ?? refreshing;
  settleBlock(ctx, id, block);
}

/** Whom something happened to, and whose time has come. */
export function takeGroupsDue(ctx: Context, marked: ReadonlySet<ScalingGroupId>): void {
  const { scaling } = ctx.state.indexes;
  const due = [...marked, ...scaling.groupTimers.due(ctx.nowMs)];
  const overdue = scaling.memberTimers
    .due(ctx.nowMs)
    .map((id) => ctx.state.tables.Guest.get(id).membership?.groupId);
  for (const id of [...due, ...overdue]) if (id !== undefined) ctx.groupsToReconcile.add(id);
}

/** When groups are to be looked at; infinite when never. */
export function nextScalingDueAtMs({ indexes, groupsDue, signals }: State): number {
  const { scaling } = indexes;
  if (groupsDue.size > 0) return 0;
  const sweepMs = scaling.watched.size > 0 ? signals.sweepDueAtMs : Number.POSITIVE_INFINITY;
  return Math.min(scaling.groupTimers.nextMs, scaling.memberTimers.nextMs, sweepMs);
}
