import type { ScalingGroup } from "../../../model/entities.ts";
import type { Seq } from "../../../model/ids.ts";
import type { Context } from "../../context.ts";
import { supersedeOperation } from "../operations.ts";
import { awaitHooks, hooksOf } from "./hooks.ts";
import type { Member } from "./members.ts";

interface Cause {
  readonly why: string;
  readonly causeSeq: Seq | null;
}

/** The group lets it go: at once, or when the hooks for that are completed if it runs. */
export function dismiss(ctx: Context, group: ScalingGroup, guest: Member, cause: Cause): void {
  const hooks = guest.membership.runsSinceMs === null ? [] : hooksOf(group, "TERMINATING");
  if (hooks.length === 0) letGo(ctx, guest, cause);
  else awaitHooks(ctx, guest, hooks, cause);
}

export function letGo(ctx: Context, { id }: Member, { why, causeSeq }: Cause): void {
  const seq = ctx.emit("GuestDeleteRequested", { guest: id }, causeSeq);
  supersedeOperation(ctx, id, why, seq);
  ctx.touchedGuests.add(id);
}
