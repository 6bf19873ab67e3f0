/**
 * What a load will be, from what it was at the same time of earlier days and weeks: a seasonal naive forecast
 * (Hyndman & Athanasopoulos, "Forecasting: Principles and Practice", 5.2) made robust by the median of several
 * seasons, and set to the present level by what the last hour was beside its own forecast. Times of
 * day and days of the week are UTC's.
 */

import type { LoadHistoryId, ScalingGroupId } from "./ids.ts";
import type { MetricName } from "./scaling.ts";

/** Loads are learned in slots of so long, counted from the Unix epoch. */
export const SLOT_MS = 900_000;
const HOUR_SLOTS = 4;
const DAY_SLOTS = 24 * HOUR_SLOTS;
const WEEK_SLOTS = 7 * DAY_SLOTS;
export const HISTORY_SLOTS = 4 * WEEK_SLOTS;
/** Days of the week differ from one another as soon as each was seen twice. */
const WEEKLY_FROM_SLOTS = 2 * WEEK_SLOTS;

/** Of the samples of a slot, so many are at most what counts as its load. */
const QUANTILE = 0.95;
/** No hour says more about those to come than that they are half or twice what they usually are. */
const LEVEL_MOST = 2;
/** What it says counts in full until the next one has been learned, and then half as much after so long. */
const LEVEL_STAYS_SLOTS = 2 * HOUR_SLOTS;
const LEVEL_HALVES_SLOTS = 6 * HOUR_SLOTS;

/** What a scaling group had to do, slot by slot: the metric's load of all members together. */
export interface LoadHistory {
  readonly id: LoadHistoryId;
  readonly groupId: ScalingGroupId;
  readonly metric: MetricName;
  /** Of the first of its loads; that one is known. */
  readonly fromSlot: number;
  /** Null where there were no samples. Four weeks at most. */
  readonly loads: readonly (number | null)[];
}

/** Loads of slots that follow each other. */
export type Loads = Pick<LoadHistory, "fromSlot" | "loads">;

export function slotOf(atMs: number): number {
  return Math.floor(atMs / SLOT_MS);
}

/** The first slot that nothing is known of yet. */
export function endOf({ fromSlot, loads }: Loads): number {
  return fromSlot + loads.length;
}

/** What 95 % of the samples are at most, in four digits: one that stands out alone is left out. 0 without samples. */
export function loadOfSlot(samples: readonly number[]): number {
  const sorted = samples.toSorted((a, b) => a - b);
  const load = sorted[Math.ceil(sorted.length * QUANTILE) - 1] ?? 0;
  return Number(load.toPrecision(4));
}

/** With what came later; what is older than four weeks is forgotten. */
export function extended<H extends Loads>(history: H, more: Loads): H {
  const gap = Math.max(0, more.fromSlot - endOf(history));
  const news = more.loads.slice(Math.max(0, endOf(history) - more.fromSlot));
  const loads = [...history.loads, ...Array<null>(gap).fill(null), ...news];
  const forgotten = Math.max(0, loads.length - HISTORY_SLOTS);
  const first = loads.findIndex((load, index) => index >= forgotten && load !== null);
  const skipped = first < 0 ? loads.length : first;
  return { ...history, fromSlot: history.fromSlot + skipped, loads: loads.slice(skipped) };
}

/** From which slot on there can be forecasts: when there is a day to judge by. */
export function forecastsFromSlot({ fromSlot }: Pick<Loads, "fromSlot">): number {
  return fromSlot + DAY_SLOTS;
}

export function isLearned(history: Loads): boolean {
  return endOf(history) >= forecastsFromSlot(history);
}

/** What is expected of a slot by those before `end`; null where nothing is known of such a time. */
export function forecastOf(history: Loads, slot: number, end = endOf(history)): number | null {
  if (end < forecastsFromSlot(history)) return null;
  return expected(history, slot, end, levelOf(history, end));
}

function expected(history: Loads, slot: number, end: number, level: Level): number | null {
  const usual = seasonal(history, slot, end);
  if (usual === null) return null;
  const fading = 0.5 ** (Math.max(0, slot - end - LEVEL_STAYS_SLOTS) / LEVEL_HALVES_SLOTS);
  // A night that is twice as busy as usual does not double the morning.
  return usual + (level.ratio - 1) * Math.min(usual, level.usual) * fading;
}

/** The median of the same time on the same day of earlier weeks, or of the last seven days. */
function seasonal(history: Loads, slot: number, end: number): number | null {
  const isWeekly = end - history.fromSlot >= WEEKLY_FROM_SLOTS;
  const weeks = isWeekly ? earlier(history, slot, end, WEEK_SLOTS, 4) : [];
  return median(weeks.length > 1 ? weeks : earlier(history, slot, end, DAY_SLOTS, 7));
}

function earlier(
  { fromSlot, loads }: Loads,
  slot: number,
  end: number,
  season: number,
  most: number,
): number[] {
  const found: number[] = [];
  const nearest = slot - season * Math.max(1, Math.ceil((slot - end + 1) / season));
  for (let at = nearest; at > nearest - most * season && at >= fromSlot; at -= season) {
    const load = loads[at - fromSlot] ?? null;
    if (load !== null) found.push(load);
  }
  return found;
}

/** What the last hour was beside what is usual then. */
interface Level {
  readonly ratio: number;
  readonly usual: number;
}

function levelOf(history: Loads, end: number): Level {
  const ratios: number[] = [];
  const usuals: number[] = [];
  for (let slot = end - HOUR_SLOTS; slot < end; slot++) {
    const load = history.loads[slot - history.fromSlot] ?? null;
    const usual = seasonal(history, slot, slot);
    if (load === null || usual === null || usual <= 0) continue;
    ratios.push(load / usual);
    usuals.push(usual);
  }
  const ratio = Math.min(LEVEL_MOST, Math.max(1 / LEVEL_MOST, median(ratios) ?? 1));
  return { ratio, usual: median(usuals) ?? 0 };
}

function median(values: readonly number[]): number | null {
  if (values.length === 0) return null;
  const sorted = values.toSorted((a, b) => a - b);
  const [low, high] = [sorted[(sorted.length - 1) >> 1] ?? 0, sorted[sorted.length >> 1] ?? 0];
  return (low + high) / 2;
}

/** The highest of what is expected from one instant to another, and of which slot; null when nothing is known. */
export function highest(
  history: Loads,
  fromMs: number,
  untilMs: number,
): { readonly slot: number; readonly load: number } | null {
  if (!isLearned(history)) return null;
  const end = endOf(history);
  const level = levelOf(history, end);
  let found: { slot: number; load: number } | null = null;
  for (let slot = slotOf(fromMs); slot <= slotOf(untilMs); slot++) {
    const load = expected(history, slot, end, level);
    if (load !== null && (found === null || load > found.load)) found = { slot, load };
  }
  return found;
}

/** What was said of a slot an hour before it was over, by what was known then. */
export function saidOf(history: Loads, slot: number): number | null {
  const sinceHour = (endOf(history) - slot) % HOUR_SLOTS;
  const known = slot - ((HOUR_SLOTS - sinceHour) % HOUR_SLOTS);
  return forecastOf(history, slot, known);
}

/**
 * How far what was said of the last week was off what came, as a part of that: the weighted absolute percentage
 * error, which stands loads near zero. Null while there is nothing to compare.
 */
export function errorOf(history: Loads): number | null {
  let [off, all] = [0, 0];
  for (
    let slot = Math.max(history.fromSlot, endOf(history) - WEEK_SLOTS);
    slot < endOf(history);
    slot++
  ) {
    const load = history.loads[slot - history.fromSlot] ?? null;
    const said = load === null ? null : saidOf(history, slot);
    if (load === null || said === null) continue;
    off += Math.abs(said - load);
    all += Math.abs(load);
  }
  return all > 0 ? off / all : null;
}

/** Days that it goes back, gaps included. */
export function daysOf({ loads }: Loads): number {
  return loads.length / DAY_SLOTS;
}
