import type { ScalingGroup } from "../../../model/entities.ts";
import { goesOn } from "../../../model/group-refresh.ts";
import type { Seq } from "../../../model/ids.ts";
import type { Context } from "../../context.ts";

/** Members stay as they are by now. Tells nothing when no refresh goes on. */
export function cancelRefresh(
  ctx: Context,
  { id: group, refresh }: ScalingGroup,
  reason: string,
  causeSeq: Seq | null,
): void {
  if (!goesOn(refresh)) return;
  const { percent } = refresh;
  ctx.emitAsActor("GroupRefreshCancelled", { group, percent, reason }, causeSeq);
}
