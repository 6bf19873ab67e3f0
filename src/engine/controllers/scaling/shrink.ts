import type { ScalingGroup } from "../../../model/entities.ts";
import { goesOn } from "../../../model/group-refresh.ts";
import type { ScalingGroupId } from "../../../model/ids.ts";
import type { Context } from "../../context.ts";
import { dismiss } from "./dismiss.ts";
import { type Block, tooManyStay } from "./holds.ts";
import { isKept, isNeeded, membersOf } from "./members.ts";
import { victimsOf } from "./victims.ts";

/** Lets go of the members that are too many; why of some it can't, null when nothing keeps it. */
export function shrink(ctx: Context, id: ScalingGroupId): Block | null {
  const group = ctx.state.tables.ScalingGroup.get(id);
  // Who goes of a group that is refreshed is for that to say.
  if (goesOn(group.refresh)) return null;
  const members = membersOf(ctx.state, id);
  const kept = members.filter((member) => isKept(ctx.state, member)).length;
  const surplus = Math.max(members.length - kept - group.desired, members.length - group.max);
  if (surplus <= 0) return null;
  const victims = victimsOf(ctx.state, group, members, surplus);
  const why = "its scaling group got smaller";
  for (const guest of victims) dismiss(ctx, group, guest, { why, causeSeq: null });
  if (victims.length === surplus) return null;
  return tooManyStay(surplus - victims.length, members.length);
}

/** Lets all go, and the group with the last of them. */
export function dissolve(ctx: Context, group: ScalingGroup): void {
  const { id, name } = group;
  const why = `scaling group ${name} is deleted`;
  for (const guest of membersOf(ctx.state, id))
    if (!isNeeded(ctx.state, guest)) dismiss(ctx, group, guest, { why, causeSeq: null });
  if (ctx.state.indexes.scaling.members.count(id) === 0)
    ctx.emit("GroupRemoved", { group: id }, null);
}
