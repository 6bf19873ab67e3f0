import type { ScalingGroup } from "../../../model/entities.ts";
import { goesOn } from "../../../model/group-refresh.ts";
import type { ScalingGroupId } from "../../../model/ids.ts";
import type { Context } from "../../context.ts";
import { isLaunching } from "../../guest-conditions.ts";
import { dismiss } from "./dismiss.ts";
import { createMembers } from "./grow.ts";
import { type Block, endBlock } from "./holds.ts";
import { isKept, isNeeded, lacksRoom, type Member, membersOf, whyFailed } from "./members.ts";

/** Of its members, so many at once, and one at least. */
const REPLACED_AT_ONCE = 0.1;
/** Longest wait while members fail as fast as they are made. */
const MAX_RETRY_MS = 300_000;

/** Members that have been ill for long enough count as failed. */
export function failTheIll(ctx: Context, group: ScalingGroupId): void {
  for (const { id: guest, membership } of membersOf(ctx.state, group)) {
    const { illness } = membership;
    if (illness === null || illness.failsAtMs === null || illness.failsAtMs > ctx.nowMs) continue;
    ctx.emit("MemberFailed", { guest, group, reason: illness.reason }, null);
  }
}

/** Members of another template that never found room make way for others of the present one. A refresh sees to its own. */
export function renewWaiting(ctx: Context, id: ScalingGroupId): void {
  const group = ctx.state.tables.ScalingGroup.get(id);
  if (goesOn(group.refresh)) return;
  const why = "there is no room for it, and its group has another template";
  for (const member of membersOf(ctx.state, id)) {
    const { launchedAtMs, templateRevision } = member.membership;
    const isOutdated = templateRevision !== group.templateRevision;
    if (isOutdated && launchedAtMs === null && lacksRoom(member) && !isNeeded(ctx.state, member))
      dismiss(ctx, group, member, { why, causeSeq: null });
  }
}

/** The wait before members that failed to come up are replaced once more is over. */
export function endPause(ctx: Context, id: ScalingGroupId): void {
  const { retryAtMs } = ctx.state.tables.ScalingGroup.get(id);
  if (retryAtMs !== null && retryAtMs <= ctx.nowMs) endBlock(ctx, id);
}

/**
 * Others take the place of members that failed, a tenth of them at once. When members don't even come
 * up, each try is followed by a longer pause.
 */
export function replaceFailed(ctx: Context, id: ScalingGroupId): Block | null {
  const group = ctx.state.tables.ScalingGroup.get(id);
  const members = membersOf(ctx.state, id);
  const kept = members.filter((guest) => isKept(ctx.state, guest));
  const failed = members.filter((guest) => whyFailed(guest) && !kept.includes(guest));
  if (group.retryAtMs !== null && group.launchFailures > 0) return pauseOf(group);
  if (failed.length === 0) return null;
  const underWay = members.filter(isUnderWay).length;
  const atOnce = Math.max(1, Math.floor(group.desired * REPLACED_AT_ONCE)) - underWay;
  // What is too many is not made anew, but for new members beside those that a refresh takes down.
  const surplus = goesOn(group.refresh) ? 0 : members.length - kept.length - group.desired;
  const places = Math.max(0, failed.length - surplus);
  let launchFailures = group.launchFailures;
  const causes: number[] = [];
  for (const guest of failed.slice(0, Math.max(0, Math.min(atOnce, places)))) {
    if (isLaunching(guest)) launchFailures++;
    const reason = whyFailed(guest) as string;
    const payload = { guest: guest.id, group: id, reason, launchFailures };
    const causeSeq = ctx.emit("MemberReplaced", payload, guest.causeSeq);
    dismiss(ctx, group, guest, { why: "it failed and is replaced", causeSeq });
    causes.push(causeSeq);
  }
  const block = createMembers(ctx, id, causes);
  return launchFailures > group.launchFailures ? pause(ctx, launchFailures) : block;
}

/** Made to take the place of one that failed, and not there yet. */
function isUnderWay(member: Member): boolean {
  const { isReplacement } = member.membership;
  return isReplacement && isLaunching(member) && whyFailed(member) === null;
}

function pause(ctx: Context, launchFailures: number): Block {
  const firstMs = ctx.state.meta.settings.retrySeconds * 1000;
  const waitMs = Math.min(MAX_RETRY_MS, firstMs * 2 ** Math.min(20, launchFailures - 1));
  const message = `members don't come up, ${launchFailures} in a row: the next that fails is not replaced for ${waitMs / 1000} s`;
  return { reason: { code: "BACKING_OFF", message }, retryAtMs: ctx.nowMs + waitMs };
}

function pauseOf({ blockedBy }: ScalingGroup): Block | null {
  const [reason] = blockedBy;
  return reason ? { reason } : null;
}
