import type { ScalingGroup } from "../../../model/entities.ts";
import type { Seq } from "../../../model/ids.ts";
import { type LifecycleHook, waitFor } from "../../../model/lifecycle-hooks.ts";
import type { LifecycleTransition } from "../../../model/statuses.ts";
import type { Context } from "../../context.ts";
import type { Member } from "./members.ts";

export function hooksOf(
  { lifecycleHooks }: ScalingGroup,
  transition: LifecycleTransition,
): readonly LifecycleHook[] {
  return lifecycleHooks.filter((hook) => hook.transition === transition);
}

export function awaitHooks(
  ctx: Context,
  { id: guest, membership }: Member,
  hooks: readonly LifecycleHook[],
  { why: because, causeSeq }: { readonly why: string; readonly causeSeq: Seq | null },
): void {
  for (const hook of hooks) {
    const { timesOutAtMs: timesOutAt, latestAtMs: latestAt } = waitFor(hook, ctx.nowMs);
    const { name, transition } = hook;
    const wait = { hook: name, transition, timesOutAt, latestAt, because };
    ctx.emit("LifecycleActionPending", { guest, group: membership.groupId, ...wait }, causeSeq);
  }
}
