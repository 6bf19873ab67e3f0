import type { ScalingGroup } from "../../../model/entities.ts";
import type { ScalingGroupId } from "../../../model/ids.ts";
import type { PendingHook } from "../../../model/lifecycle-hooks.ts";
import type { Context } from "../../context.ts";
import { isLaunching, isTerminating } from "../../guest-conditions.ts";
import { letGo } from "./dismiss.ts";
import { awaitHooks, hooksOf } from "./hooks.ts";
import { type Member, membersAndLeavers } from "./members.ts";

/** Takes members on that wait for hooks, or are to: into service, and out of the group. */
export function attendLifecycle(ctx: Context, id: ScalingGroupId): void {
  const group = ctx.state.tables.ScalingGroup.get(id);
  for (const guest of membersAndLeavers(ctx.state, id)) {
    for (const pending of guest.membership.lifecycle?.hooks ?? [])
      settle(ctx, group, guest, pending);
    const now = ctx.state.tables.Guest.get(guest.id) as Member;
    if (isTerminating(now)) terminate(ctx, now);
    else if (isLaunching(now)) launch(ctx, group, now);
  }
}

/** A hook that is none of the group's any more keeps nobody, nor does one whose time is over. */
function settle(
  ctx: Context,
  group: ScalingGroup,
  { id: guest }: Member,
  pending: PendingHook,
): void {
  const wait = ctx.state.tables.Guest.get(guest).membership?.lifecycle;
  if (!wait?.hooks.includes(pending)) return;
  const { transition } = wait;
  const { hook: name, timesOutAtMs } = pending;
  const told = { guest, group: group.id, hook: name, transition };
  const hook = hooksOf(group, transition).find((each) => each.name === name);
  if (!hook) {
    const reason = "its group does not have it any more";
    ctx.emit("LifecycleActionCompleted", { ...told, result: "CONTINUE", reason }, wait.causeSeq);
  } else if (timesOutAtMs <= ctx.nowMs) {
    const reason = `nobody completed it by its time-out of ${hook.timeoutSeconds} s`;
    const ended = { ...told, result: hook.onTimeout, reason };
    ctx.emit("LifecycleActionTimedOut", ended, wait.causeSeq);
  }
}

/** What runs no more has nothing to wait for. */
function terminate(ctx: Context, guest: Member): void {
  const { lifecycle, runsSinceMs } = guest.membership;
  if (lifecycle === null || (lifecycle.hooks.length > 0 && runsSinceMs !== null)) return;
  letGo(ctx, guest, { why: "its group let it go", causeSeq: lifecycle.causeSeq });
}

/** It came up: it waits for each hook, and then serves, once it runs. One that is recovered meanwhile still waits. */
function launch(ctx: Context, group: ScalingGroup, guest: Member): void {
  const { lifecycle, runsSinceMs, groupId } = guest.membership;
  if (lifecycle?.abandoned || runsSinceMs === null) return;
  const hooks = lifecycle === null ? hooksOf(group, "LAUNCHING") : [];
  const cause = { why: "it came up", causeSeq: guest.causeSeq };
  if (hooks.length > 0) awaitHooks(ctx, guest, hooks, cause);
  else if ((lifecycle?.hooks ?? []).length === 0)
    ctx.emit(
      "MemberInService",
      { guest: guest.id, group: groupId },
      lifecycle?.causeSeq ?? guest.causeSeq,
    );
}
