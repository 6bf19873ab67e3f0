import type { ScalingGroup } from "../../../model/entities.ts";
import type { ScalingGroupId } from "../../../model/ids.ts";
import type { Reason } from "../../../model/reasons.ts";
import type { Context } from "../../context.ts";

/** A policy's step that is not taken, told once until there is another reason. */
export function holdStep(ctx: Context, group: ScalingGroup, policy: string, reason: Reason): void {
  const held = group.held.find((each) => each.policy === policy);
  if (held?.reason.code !== reason.code) tell(ctx, group.id, policy, reason, null);
}

/** All other policies want nothing that they may not have. */
export function endOtherHolds(
  ctx: Context,
  { id: group, held }: ScalingGroup,
  stay: ReadonlySet<string>,
): void {
  for (const { policy } of held)
    if (!stay.has(policy)) ctx.emit("ScalingHoldEnded", { group, policy }, null);
}

/** Why the group has not the members that it is to have, told once; null when it has. */
export function settleBlock(ctx: Context, id: ScalingGroupId, block: Block | null): void {
  const { blockedBy } = ctx.state.tables.ScalingGroup.get(id);
  if (block === null) endBlock(ctx, id);
  else if (blockedBy[0]?.code !== block.reason.code)
    tell(ctx, id, null, block.reason, block.retryAtMs ?? null);
}

export interface Block {
  readonly reason: Reason;
  /** When it is over by itself. */
  readonly retryAtMs?: number;
}

export function tooManyStay(count: number, members: number): Block {
  const message = `${count} of its ${members} members are too many, and all that are left are protected or others depend on them`;
  return { reason: { code: "SCALE_IN_PROTECTED", message } };
}

export function endBlock(ctx: Context, id: ScalingGroupId): void {
  if (ctx.state.tables.ScalingGroup.get(id).blockedBy.length === 0) return;
  ctx.emit("ScalingHoldEnded", { group: id, policy: null }, null);
}

function tell(
  ctx: Context,
  group: ScalingGroupId,
  policy: string | null,
  reason: Reason,
  retryAt: number | null,
): void {
  const payload = { group, policy, reason: reason.message, reasons: [reason], retryAt };
  ctx.emit("ScalingHeld", payload, null);
}
