import type { ScalingGroup } from "../../../model/entities.ts";
import {
  isMeasured,
  predictedMetrics,
  REQUESTS_PER_TARGET,
  type ScalingPolicy,
} from "../../../model/scaling.ts";
import type { Context } from "../../context.ts";
import type { State } from "../../state.ts";
import { holdStep } from "./holds.ts";
import { membersOf, warmAtMs } from "./members.ts";

/** A metric that did not come for so long, or for three turns, does not come any more. */
const MISSING_AFTER_MS = 180_000;
/** How often it is looked for such metrics. */
const SWEEP_EVERY_MS = 30_000;

/** Looks at groups of which no samples come: says of which policies that is, and follows what is forecast. */
export function sweepMetrics(ctx: Context, follow: (group: ScalingGroup) => void): void {
  const { indexes, signals, tables } = ctx.state;
  if (signals.sweepDueAtMs > ctx.nowMs || indexes.scaling.watched.size === 0) return;
  signals.sweepDueAtMs = ctx.nowMs + SWEEP_EVERY_MS;
  for (const id of [...indexes.scaling.watched].sort((a, b) => a - b)) {
    const group = tables.ScalingGroup.get(id);
    if (group.deleting) continue;
    // Of a group without members nothing is measured, and it may be needed all the same.
    if (group.desired === 0 && predictedMetrics(group.policies).size > 0) follow(group);
    else holdWhereMissing(ctx, group);
  }
}

/** Says so of the policies whose metrics don't come, and gives their names. */
export function holdWhereMissing(ctx: Context, group: ScalingGroup): Set<string> {
  const missing = group.policies.filter((each) => isMissing(ctx.state, group, each, ctx.nowMs));
  for (const policy of missing) holdForMetrics(ctx, group, policy);
  return new Set(missing.map(({ name }) => name));
}

function holdForMetrics(ctx: Context, group: ScalingGroup, policy: ScalingPolicy): void {
  if (policy.kind === "SCHEDULED") return;
  const why = isUnbalanced(ctx.state, group, policy)
    ? `as ${group.name} is in no target group: it holds the size as it is`
    : "and holds the size as it is until they come";
  const message = `policy ${policy.name} has no samples of ${policy.metric}, ${why}`;
  holdStep(ctx, group, policy.name, { code: "METRICS_MISSING", message });
}

/** It goes by requests, and nobody sends the group any. */
function isUnbalanced({ indexes }: State, { id }: ScalingGroup, policy: ScalingPolicy): boolean {
  return (
    policy.kind !== "SCHEDULED" &&
    policy.metric === REQUESTS_PER_TARGET &&
    indexes.targets.ofScalingGroup.count(id) === 0
  );
}

/** Its metric should have come by now. A group of which nobody is warm has nothing to measure. */
function isMissing(
  state: State,
  group: ScalingGroup,
  policy: ScalingPolicy,
  nowMs: number,
): boolean {
  if (policy.kind === "SCHEDULED") return false;
  if (isUnbalanced(state, group, policy)) return true;
  const { signals, meta } = state;
  const expectedMs = isMeasured(policy.metric) ? firstWarmMs(state, group, nowMs) : 0;
  if (expectedMs === null) return false;
  // That the server was started anew ends no such hold.
  const isHeld = group.held.some((each) => each.policy === policy.name && isForMetrics(each));
  if (isHeld && hasNoSamples(state, group, policy)) return true;
  const newestMs = signals.of(group.id, policy.metric).at(-1)?.atMs ?? group.createdAtMs;
  const afterMs = Math.max(MISSING_AFTER_MS, 3000 * meta.settings.usageSampleSeconds);
  return nowMs - Math.max(newestMs, expectedMs, signals.sinceMs) > afterMs;
}

function isForMetrics({ reason }: ScalingGroup["held"][number]): boolean {
  return reason.code === "METRICS_MISSING";
}

/** Nothing was measured for it since the server was started. */
export function hasNoSamples(
  { signals }: State,
  group: ScalingGroup,
  policy: ScalingPolicy,
): boolean {
  return policy.kind !== "SCHEDULED" && signals.of(group.id, policy.metric).length === 0;
}

function firstWarmMs(state: State, group: ScalingGroup, nowMs: number): number | null {
  const sinceMs = membersOf(state, group.id)
    .map((member) => warmAtMs(member, group))
    .filter((atMs) => atMs !== null && atMs <= nowMs);
  return sinceMs.length === 0 ? null : Math.min(...(sinceMs as number[]));
}
