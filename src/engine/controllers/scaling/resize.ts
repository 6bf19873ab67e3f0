import type { ScalingGroupId, Seq } from "../../../model/ids.ts";
import type { Context } from "../../context.ts";

/** Whose wish it is, and the numbers that led to it. */
export interface Why {
  /** Null: a person's, or what min and max leave of it. */
  readonly policy: string | null;
  readonly reason: string;
  readonly causeSeq?: Seq | null;
}

/** Another size to have; its members follow. Tells nothing when it is the one that it has. */
export function resize(
  ctx: Context,
  group: ScalingGroupId,
  toSize: number,
  { policy, reason, causeSeq = null }: Why,
): void {
  const { desired: fromSize } = ctx.state.tables.ScalingGroup.get(group);
  if (toSize === fromSize) return;
  const kind = toSize > fromSize ? "GroupScaledOut" : "GroupScaledIn";
  const payload = { group, fromSize, toSize, policy, reason };
  if (policy === null) ctx.emitAsActor(kind, payload, causeSeq);
  else ctx.emit(kind, payload, causeSeq);
}
