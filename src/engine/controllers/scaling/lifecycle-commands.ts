import { type PendingHook, waitFor } from "../../../model/lifecycle-hooks.ts";
import type { LifecycleTransition } from "../../../model/statuses.ts";
import type { Context } from "../../context.ts";
import { conflict } from "../../refusal.ts";
import type { Verb } from "../verb.ts";
import { findMember, REASON_MOST } from "./commands.ts";
import { hooksOf } from "./hooks.ts";
import type { Member } from "./members.ts";

interface Waiting {
  readonly guest: Member;
  readonly transition: LifecycleTransition;
  readonly pending: PendingHook;
}

function findWait(
  ctx: Context,
  command: { readonly guestId: Member["id"]; readonly hook: string },
): Waiting {
  const guest = findMember(ctx, command);
  const { lifecycle } = guest.membership;
  const pending = lifecycle?.hooks.find(({ hook }) => hook === command.hook);
  if (lifecycle && pending) return { guest, transition: lifecycle.transition, pending };
  const others = (lifecycle?.hooks ?? []).map(({ hook }) => hook).join(", ");
  const instead = others === "" ? "no hook" : `${others}, not`;
  throw conflict(`Guest ${guest.name} waits for ${instead} ${command.hook}.`, ["hook"]);
}

export const completeLifecycleAction: Verb<"COMPLETE_LIFECYCLE_ACTION"> = (ctx, command) => {
  const { guest, transition } = findWait(ctx, command);
  const { hook, result } = command;
  const reason = command.reason.slice(0, REASON_MOST);
  const ended = { guest: guest.id, group: guest.membership.groupId, hook, transition };
  const cause = guest.membership.lifecycle?.causeSeq ?? null;
  ctx.emitAsActor("LifecycleActionCompleted", { ...ended, result, reason }, cause);
  return { kind: "GUEST", guestId: guest.id, operationId: null };
};

export const recordLifecycleHeartbeat: Verb<"RECORD_LIFECYCLE_HEARTBEAT"> = (ctx, command) => {
  const { guest, transition, pending } = findWait(ctx, command);
  const { groupId: group } = guest.membership;
  const hooks = hooksOf(ctx.state.tables.ScalingGroup.get(group), transition);
  const hook = hooks.find(({ name }) => name === command.hook);
  const anewMs = hook ? waitFor(hook, ctx.nowMs).timesOutAtMs : pending.timesOutAtMs;
  const timesOutAt = Math.min(anewMs, pending.latestAtMs);
  if (timesOutAt !== pending.timesOutAtMs) {
    const told = { guest: guest.id, group, hook: command.hook, timesOutAt };
    ctx.emitAsActor("LifecycleHeartbeatRecorded", told, null);
  }
  return { kind: "GUEST", guestId: guest.id, operationId: null };
};
