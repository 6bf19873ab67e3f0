import type { ScalingGroup } from "../../../model/entities.ts";
import {
  endOf,
  forecastsFromSlot,
  isLearned,
  type LoadHistory,
  loadOfSlot,
  SLOT_MS,
  slotOf,
} from "../../../model/forecast.ts";
import type { LoadHistoryId, ScalingGroupId } from "../../../model/ids.ts";
import { type MetricName, predictedMetrics } from "../../../model/scaling.ts";
import type { Context } from "../../context.ts";
import type { State } from "../../state.ts";
import { holdStep } from "./holds.ts";

/** Slots that are told of in one event: an hour's. */
const TOLD_SLOTS = 4;

/** A new sample came of some metrics: slots that are over are learned, once an hour. */
export function learnLoads(
  ctx: Context,
  group: ScalingGroup,
  isNew: (metric: MetricName) => boolean,
): void {
  for (const metric of predictedMetrics(group.policies))
    if (isNew(metric)) learn(ctx, group, metric);
}

function learn(ctx: Context, { id: groupId }: ScalingGroup, metric: MetricName): void {
  const { signals, learning } = ctx.state;
  const samples = signals.of(groupId, metric);
  const [last, before] = [samples.at(-1), samples.at(-2)];
  if (!last || !before) return;
  const [now, over] = [slotOf(last.atMs), slotOf(before.atMs)];
  if (now <= over) return;
  // Of samples that come by the second the last ones of the slot are left.
  const own = samples.filter(({ atMs }) => slotOf(atMs) === over).map(({ load }) => load);
  learning.close(groupId, metric, over, loadOfSlot(own));
  // Groups take turns within the hour.
  const hourOf = (slot: number) => Math.floor((slot + groupId) / TOLD_SLOTS);
  if (hourOf(now) > hourOf(over)) tell(ctx, groupId, metric);
}

/** What has come since it was last told of. */
function tell(ctx: Context, group: ScalingGroupId, metric: MetricName): void {
  const known = historyOf(ctx.state, group, metric);
  const closed = [...ctx.state.learning.of(group, metric)];
  const news = new Map(known ? closed.filter(([slot]) => slot >= endOf(known)) : closed);
  if (news.size === 0) return;
  const [first, last] = [Math.min(...news.keys()), Math.max(...news.keys())];
  const loads = Array.from({ length: last - first + 1 }, (_, at) => news.get(first + at) ?? null);
  const id = known?.id ?? ctx.newId<LoadHistoryId>();
  const payload = {
    group,
    metric,
    from: first * SLOT_MS,
    until: (last + 1) * SLOT_MS,
    load: Math.max(...news.values()),
    definition: { id, groupId: group, metric, fromSlot: first, loads },
  };
  ctx.emit("GroupLoadLearned", payload, null);
}

/** Undefined while nothing was learned of it. */
export function historyOf(
  { names, tables }: State,
  groupId: ScalingGroupId,
  metric: MetricName,
): LoadHistory | undefined {
  return tables.LoadHistory.find(names.loadHistory.find(metric, groupId) ?? 0);
}

/** Says so of the predictive policies that don't know enough yet, and gives their names; `missing` have another trouble. */
export function holdWhereLearning(
  ctx: Context,
  group: ScalingGroup,
  missing: ReadonlySet<string>,
): Set<string> {
  const learning = new Set<string>();
  for (const policy of group.policies) {
    if (policy.kind !== "PREDICTIVE" || missing.has(policy.name)) continue;
    const { name, metric } = policy;
    const history = historyOf(ctx.state, group.id, metric);
    if (history && isLearned(history)) continue;
    learning.add(name);
    const fromSlot = forecastsFromSlot(history ?? { fromSlot: slotOf(ctx.nowMs) });
    const at = new Date(toldFrom(fromSlot, group.id) * SLOT_MS).toISOString();
    const message = `policy ${name} learns from a day of ${metric}: it forecasts from ${at} on`;
    holdStep(ctx, group, name, { code: "FORECAST_LEARNING", message });
  }
  return learning;
}

/** When the hour is over that a slot belongs to. */
function toldFrom(slot: number, groupId: ScalingGroupId): number {
  return Math.ceil((slot + groupId) / TOLD_SLOTS) * TOLD_SLOTS - groupId;
}
