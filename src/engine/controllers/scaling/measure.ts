import type { GuestUsage } from "../../../model/actions.ts";
import type { ScalingGroup } from "../../../model/entities.ts";
import type { ScalingGroupId } from "../../../model/ids.ts";
import { isUsage } from "../../../model/scaling.ts";
import type { Context } from "../../context.ts";
import { isTerminating } from "../../guest-conditions.ts";
import type { State } from "../../state.ts";
import type { UsageSample } from "../../usage.ts";
import { freshSinceMs } from "./fresh.ts";
import { isWarm, type Member, membersAndLeavers } from "./members.ts";
import { followPolicies } from "./policies.ts";

/** Usage was seen of these guests: the groups that have policies about it are measured, once a turn. */
export function measureGroups(ctx: Context, seen: readonly GuestUsage[]): void {
  const { indexes, tables, signals, meta } = ctx.state;
  if (indexes.scaling.measured.size === 0) return;
  const groups = new Set<ScalingGroupId>();
  for (const { guestId } of seen) {
    const groupId = tables.Guest.find(guestId)?.membership?.groupId;
    if (groupId !== undefined && indexes.scaling.measured.has(groupId)) groups.add(groupId);
  }
  const turnMs = meta.settings.usageSampleSeconds * 1000;
  for (const id of [...groups].sort((a, b) => a - b)) {
    const lastMs = signals.judgedAtMs(id) ?? Number.NEGATIVE_INFINITY;
    if (lastMs !== ctx.nowMs && ctx.nowMs - lastMs < turnMs / 2) continue;
    signals.judged(id, ctx.nowMs);
    measure(ctx, tables.ScalingGroup.get(id));
  }
}

function measure(ctx: Context, group: ScalingGroup): void {
  const sums = sumsOf(ctx.state, group, ctx.nowMs);
  if (sums.members === 0) return;
  const { signals } = ctx.state;
  const cpu = (100 * sums.cpuDemandMillicores) / sums.cpuMillicores;
  const memory = (100 * sums.usedMiB) / sums.memoryMiB;
  // What those still do that go is for those that stay.
  const cpuMillicores = sums.cpuDemandMillicores + sums.leaversDemandMillicores;
  for (const [metric, value, load] of [
    ["CPU", cpu, cpuMillicores],
    ["MEMORY", memory, sums.usedMiB],
  ] as const)
    signals.note(group.id, metric, { atMs: ctx.nowMs, value, load });
  followPolicies(ctx, group, isUsage);
}

/** What its warm members have and use, all together. */
function sumsOf(state: State, group: ScalingGroup, nowMs: number) {
  const sums = {
    members: 0,
    cpuMillicores: 0,
    cpuDemandMillicores: 0,
    leaversDemandMillicores: 0,
    memoryMiB: 0,
    usedMiB: 0,
  };
  for (const member of membersAndLeavers(state, group.id)) {
    const sample = isWarm(member, group, nowMs) ? freshSample(state, member, nowMs) : null;
    if (!sample) continue;
    if (isTerminating(member)) {
      sums.leaversDemandMillicores += sample.cpuDemandMillicores;
      continue;
    }
    sums.members++;
    sums.cpuMillicores += member.resources.cpuMillicores;
    sums.cpuDemandMillicores += sample.cpuDemandMillicores;
    sums.memoryMiB += member.resources.memoryMiB;
    sums.usedMiB += sample.memoryMiB;
  }
  return sums;
}

function freshSample(state: State, { id }: Member, nowMs: number): UsageSample | null {
  const sample = state.usage.of(id);
  return sample && sample.sampledAtMs >= freshSinceMs(state, nowMs) ? sample : null;
}
