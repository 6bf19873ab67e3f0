import {
  isMeasured,
  isUsage,
  type MetricName,
  REQUESTS_PER_TARGET,
  type ScalingPolicy,
  type ScalingStep,
  wholeMembers,
} from "../../../model/scaling.ts";
import type { Sample } from "../../signals.ts";

/** What a policy wants, and why. */
export interface Wish {
  readonly policy: string;
  readonly size: number;
  readonly reason: string;
  /** It wants nothing by itself: others should not go below its size. */
  readonly isFloor?: true;
}

/** What a policy is to judge by. */
export interface Evidence {
  /** Of its metric, oldest first; the last one is new. */
  readonly samples: readonly Sample[];
  readonly nowMs: number;
  /** Members that it is to have, those on their way included. */
  readonly desired: number;
  /** Members that count into what is measured. */
  readonly warm: number;
  readonly scaleInAfterMs: number;
  readonly sizing: Sizing;
}

/** How many members a load takes. Those that come are of the template's size; those that there are may be of others. */
export interface Sizing {
  /** What the metric's 1 is of a member of the template's size: a percent of its millicores or MiB, or 1. */
  readonly loadOfOne: number;
  /** So many members more there are than members of the template's size that have as much. */
  readonly surplus: number;
}

/** As far from its target nothing is done: Kubernetes' horizontal autoscaler has the same 10 %. */
const TOLERANCE = 0.1;
/** So many times the usual scatter of single samples is no chance. */
const SIGNIFICANT = 3;
/** What is small and lasts is found in the mean of so long. */
const LASTING_MS = 300_000;
const LASTING_SAMPLES = 10;
/** Samples that the scatter is known from: so many are taken, and so few tell nothing yet. */
const SCATTER_SAMPLES = 60;
const SCATTER_LEAST = 6;
/** While it is not known, only what is far off can be no chance. */
const UNKNOWN_SCATTER = 0.5;

/** Null: there is nothing to judge by yet, or nothing of it that this policy is about. */
export function wishOf(policy: ScalingPolicy, evidence: Evidence): Wish | null {
  if (policy.kind === "SCHEDULED" || policy.kind === "PREDICTIVE" || evidence.samples.length === 0)
    return null;
  return policy.kind === "STEP" ? stepWish(policy, evidence) : targetWish(policy, evidence);
}

// ── Target tracking ───────────────────────────────────────────────────────────────────────────

type Target = Extract<ScalingPolicy, { kind: "TARGET_TRACKING" }>;

/**
 * As many members as bring the metric to its target. More at once when two samples in a row say so
 * beyond what chance would, or later when the mean does; fewer only when no sample of a while wanted
 * more: so noise is not followed, and a step is within two samples.
 */
function targetWish(policy: Target, evidence: Evidence): Wish {
  const { desired, sizing } = evidence;
  const loadOfMember = sizing.loadOfOne * policy.target;
  const wanted = evidence.samples.map(({ load }) => load / loadOfMember + sizing.surplus);
  const more = Math.max(atOnce(wanted, desired), lasting(wanted, evidence));
  if (more > desired) return told(policy, evidence, more);
  const fewer = policy.scaleOutOnly ? desired : settled(wanted, evidence);
  return told(policy, evidence, Math.min(fewer, desired));
}

function atOnce(wanted: readonly number[], desired: number): number {
  if (wanted.length < 2) return 0;
  const low = Math.min(...wanted.slice(-2));
  const scatter = scatterOf(wanted);
  const chance = scatter === null ? desired * UNKNOWN_SCATTER : SIGNIFICANT * scatter;
  return low > desired + Math.max(desired * TOLERANCE, chance) ? wholeMembers(low) : 0;
}

function lasting(wanted: readonly number[], { samples, nowMs, desired }: Evidence): number {
  const from = samples.findIndex(({ atMs }) => atMs > nowMs - LASTING_MS);
  const recent = wanted.slice(from);
  // What was much and is no more is past.
  if (recent.length < LASTING_SAMPLES || Math.min(...wanted.slice(-2)) <= desired) return 0;
  const mean = recent.reduce((sum, each) => sum + each, 0) / recent.length;
  const chance = (SIGNIFICANT * (scatterOf(wanted) ?? 0)) / Math.sqrt(recent.length);
  return mean > desired + Math.max(desired * TOLERANCE, chance) ? wholeMembers(mean) : 0;
}

/** What no sample of the whole time wanted more than; the present size when that is not known. */
function settled(wanted: readonly number[], evidence: Evidence): number {
  const from = windowStart(evidence);
  if (from === null) return evidence.desired;
  const high = Math.max(...wanted.slice(from));
  return high < evidence.desired * (1 - TOLERANCE) ? wholeMembers(high) : evidence.desired;
}

/** The first sample of the time after which it may get smaller; null when samples don't go back so far. */
function windowStart({ samples, nowMs, scaleInAfterMs }: Evidence): number | null {
  const sinceMs = nowMs - scaleInAfterMs;
  const from = samples.findLastIndex(({ atMs }) => atMs <= sinceMs);
  return from < 0 ? null : from;
}

/** The standard deviation of single samples, from their steps, so that a trend or one jump is none of it; null: not known yet. */
function scatterOf(wanted: readonly number[]): number | null {
  const known = wanted.slice(-SCATTER_SAMPLES - 2, -2);
  if (known.length < SCATTER_LEAST) return null;
  const steps = known.slice(1).map((each, index) => Math.abs(each - (known[index] as number)));
  const median = steps.sort((a, b) => a - b)[steps.length >> 1] as number;
  return (median * 1.4826) / Math.SQRT2;
}

function told(policy: Target, { samples, warm, sizing }: Evidence, size: number): Wish {
  const { value } = samples.at(-1) as Sample;
  const of = unitOf(policy.metric);
  const sizes = sizing.surplus === 0 ? "" : " (not all of the template's size)";
  const reason = `${policy.metric} is ${shown(value)}${of} with ${warm} warm members${sizes} and ${policy.target}${of} for each is the target, which takes ${size}`;
  return { policy: policy.name, size, reason };
}

function unitOf(metric: MetricName): string {
  if (metric === REQUESTS_PER_TARGET) return "/s";
  return isUsage(metric) ? " %" : "";
}

// ── Steps ─────────────────────────────────────────────────────────────────────────────────────

type Step = Extract<ScalingPolicy, { kind: "STEP" }>;

/** Counted from the warm members: those on their way are a part of the change. */
function stepWish(policy: Step, evidence: Evidence): Wish | null {
  const { samples, desired, warm } = evidence;
  if (samples.length >= 2) {
    const value = Math.min(...samples.slice(-2).map((sample) => sample.value));
    const step = stepAt(policy.steps, value);
    if (step && step.change > 0)
      return taken(policy, value, step, Math.max(desired, Math.min(warm, desired) + step.change));
  }
  const from = windowStart(evidence);
  const value = Math.max(...samples.slice(from ?? 0).map((sample) => sample.value));
  const step = stepAt(policy.steps, value);
  if (from === null || (step && step.change > 0)) return unsettled(policy, value, evidence);
  const floor = floorAt(policy, value, evidence);
  const least = floor?.size ?? 0;
  if (!step || step.change >= 0 || desired + step.change < least) return floor;
  return taken(policy, value, step, desired + step.change);
}

/** Within `scaleInAfterSeconds` a sample wanted more, or may have. */
function unsettled({ name, metric }: Step, value: number, evidence: Evidence): Wish {
  const reason = `${metric} was up to ${shown(value)} within ${evidence.scaleInAfterMs / 1000} s`;
  return { policy: name, size: evidence.desired, reason, isFloor: true };
}

/** With fewer members than this the metric, where it is of each member, would call for more at once; null: it would not. */
function floorAt(policy: Step, value: number, { desired, sizing }: Evidence): Wish | null {
  if (!isMeasured(policy.metric)) return null;
  const above = policy.steps.filter(({ below, change }) => change > 0 && (below ?? value) >= value);
  const limit = Math.min(...above.map(({ from }) => from ?? value));
  if (!Number.isFinite(limit)) return null;
  const all = value * (1 + TOLERANCE) * (desired - sizing.surplus);
  const size = Math.min(desired, Math.floor(all / limit + sizing.surplus) + 1);
  const reason = `${policy.metric} is ${shown(value)} and with fewer than ${size} members would be at least ${limit}, which takes more`;
  return { policy: policy.name, size, reason, isFloor: true };
}

/** Of several that a value falls into, the larger change. */
function stepAt(steps: readonly ScalingStep[], value: number): ScalingStep | null {
  const holds = steps.filter(
    ({ from, below }) => (from === null || value >= from) && (below === null || value < below),
  );
  return holds.toSorted((a, b) => b.change - a.change)[0] ?? null;
}

function taken(
  policy: Step,
  value: number,
  { from, below, change }: ScalingStep,
  to: number,
): Wish {
  const bounds = [
    ...(from === null ? [] : [`at least ${from}`]),
    ...(below === null ? [] : [`below ${below}`]),
  ].join(" and ");
  const sign = change > 0 ? "+" : "";
  const reason = `${policy.metric} is ${shown(value)}, ${bounds}, which takes ${sign}${change}`;
  return { policy: policy.name, size: Math.max(0, to), reason };
}

export function shown(value: number): string {
  return String(Math.round(value * 10) / 10);
}
