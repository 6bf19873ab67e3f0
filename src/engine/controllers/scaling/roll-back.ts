import type { ScalingGroup } from "../../../model/entities.ts";
import type { ScalingGroupId, Seq } from "../../../model/ids.ts";
import type { GroupTemplate } from "../../../model/scaling.ts";
import type { Context } from "../../context.ts";
import type { State } from "../../state.ts";

/** Why its refresh can't be taken back, in words without their capital and full stop; null when it can. */
export function whyNotBack(
  state: State,
  { templateRevision, refresh }: ScalingGroup,
): string | null {
  if (!refresh || refresh.from === null || templateRevision !== refresh.toRevision)
    return "there is no template to go back to";
  return usable(state, refresh.from.template) ? null : "the template before needs what is gone";
}

/** The template before is the one to have again, and members of the other one are replaced. */
export function goBack(
  ctx: Context,
  id: ScalingGroupId,
  reason: string,
  causeSeq: Seq | null,
): void {
  const { refresh, templateRevision: fromRevision } = ctx.state.tables.ScalingGroup.get(id);
  const template = refresh?.from && usable(ctx.state, refresh.from.template);
  if (!template || !refresh.from) return;
  const { revision: toRevision } = refresh.from;
  const told = { group: id, fromRevision, toRevision, reason, definition: { template } };
  if (causeSeq === null) ctx.emitAsActor("GroupRefreshRollingBack", told, null);
  else ctx.emit("GroupRefreshRollingBack", told, causeSeq);
}

/** Without what has been removed since; null when too little is left. */
function usable({ tables }: State, template: GroupTemplate): GroupTemplate | null {
  const flavorIds = template.flavorIds.filter((id) => tables.Flavor.find(id));
  if (flavorIds.length === 0 || !tables.Image.find(template.imageId)) return null;
  const groups = template.securityGroupIds?.filter((id) => tables.SecurityGroup.find(id)) ?? null;
  return { ...template, flavorIds, securityGroupIds: groups?.length ? groups : null };
}
