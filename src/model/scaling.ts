import type { Allocation } from "./allocation.ts";
import type { FlavorId, ImageId, ScalingGroupId, SecurityGroupId } from "./ids.ts";
import type { LifecycleWait } from "./lifecycle-hooks.ts";
import type { Reason } from "./reasons.ts";
import type { Resources } from "./resources.ts";
import type { PredictiveMode, Priority } from "./statuses.ts";
import type { Workload } from "./workload.ts";

/** What a group's members are made of. */
export interface GroupTemplate {
  /** Flavors that will do, the preferred one first: another is taken where there is no room for it. */
  readonly flavorIds: readonly FlavorId[];
  readonly imageId: ImageId;
  readonly priority: Priority;
  readonly maxRestarts: number;
  readonly maxRelocations: number;
  readonly readyAfterSeconds: number;
  readonly preemptible: boolean;
  readonly securityGroupIds: readonly SecurityGroupId[] | null;
  /** Null: as the flavor says. */
  readonly allocation: Allocation | null;
}

/**
 * `CPU` and `MEMORY` are measured, in percent of what members have, and `REQUESTS_PER_TARGET`, a second; others
 * are pushed (`putMetric`).
 */
export type MetricName = string;
const USAGE_METRICS = ["CPU", "MEMORY"] as const;
/** As in AWS Auto Scaling ("ALBRequestCountPerTarget"), but for a second. */
export const REQUESTS_PER_TARGET = "REQUESTS_PER_TARGET";

/** Measured of the guests' usage, in percent. */
export function isUsage(metric: MetricName): boolean {
  return (USAGE_METRICS as readonly string[]).includes(metric);
}

export function isMeasured(metric: MetricName): boolean {
  return isUsage(metric) || metric === REQUESTS_PER_TARGET;
}

/**
 * What moves a group's size. Target tracking, steps, schedules and forecasts as in AWS Auto Scaling ("Dynamic
 * scaling", "Scheduled scaling", "Predictive scaling").
 */
export type ScalingPolicy =
  | {
      readonly kind: "TARGET_TRACKING";
      readonly name: string;
      readonly metric: MetricName;
      /** Percent, requests a second, or the pushed metric's own unit: what each member is to have of it. */
      readonly target: number;
      /** It never makes the group smaller. */
      readonly scaleOutOnly: boolean;
    }
  | {
      readonly kind: "STEP";
      readonly name: string;
      readonly metric: MetricName;
      readonly steps: readonly ScalingStep[];
    }
  | {
      readonly kind: "SCHEDULED";
      readonly name: string;
      /** Five fields (minute to weekday), or six with seconds first. */
      readonly cron: string;
      /** Of the IANA time zone database. */
      readonly timeZone: string;
      /** Null: stays. */
      readonly min: number | null;
      readonly max: number | null;
      readonly desired: number | null;
    }
  | {
      readonly kind: "PREDICTIVE";
      readonly name: string;
      readonly metric: MetricName;
      /** As of target tracking. */
      readonly target: number;
      readonly mode: PredictiveMode;
    };

type PolicyOf<K extends ScalingPolicy["kind"]> = Extract<ScalingPolicy, { kind: K }>;

/** Metrics whose loads are learned, each once. */
export function predictedMetrics(policies: readonly ScalingPolicy[]): ReadonlySet<MetricName> {
  const isPredictive = (each: ScalingPolicy) => each.kind === "PREDICTIVE";
  return new Set(policies.filter(isPredictive).map(({ metric }: PolicyOf<"PREDICTIVE">) => metric));
}

/** It moves the size by what is measured, so that nobody else can say what the size is to be. */
export function followsMetric(policy: ScalingPolicy): boolean {
  if (policy.kind === "PREDICTIVE") return policy.mode === "FORECAST_AND_SCALE";
  return policy.kind !== "SCHEDULED";
}

/** While the metric is at least `from` and less than `below`; null is unbounded, and not both are. */
export interface ScalingStep {
  readonly from: number | null;
  readonly below: number | null;
  /** Members more or fewer. */
  readonly change: number;
}

/** Simulated world only: work that the members share evenly, whoever of them runs. */
export interface GroupDemand {
  readonly workload: Workload;
  /** What the workload's share 1 is. */
  readonly peakMillicores: number;
}

/** A policy whose step is not taken, and why. */
export interface Hold {
  readonly policy: string;
  readonly reason: Reason;
}

/** When a scheduled policy is due next; null for never again. */
export interface Schedule {
  readonly policy: string;
  readonly nextAtMs: number | null;
}

/** What a guest is to its group. */
export interface Membership {
  readonly groupId: ScalingGroupId;
  /** Its name ends in it. */
  readonly number: number;
  /** Of the template that it was made from. */
  readonly templateRevision: number;
  /** Stays when the group gets smaller. */
  readonly isProtected: boolean;
  /** It takes the place of a member that failed. */
  readonly isReplacement: boolean;
  /** When it came up for the first time, and the hooks of its launch were completed; null before. */
  readonly launchedAtMs: number | null;
  /** Since when it runs; null before, and while it doesn't. */
  readonly runsSinceMs: number | null;
  /** What its health check says, when that is bad. */
  readonly illness: Illness | null;
  /** The hooks that it waits for. */
  readonly lifecycle: LifecycleWait | null;
}

export interface Illness {
  readonly reason: string;
  /** Its load balancers say so, and take it back when they say otherwise. */
  readonly byLoadBalancer: boolean;
  /** Ill for so long, it counts as failed; null once it does. */
  readonly failsAtMs: number | null;
}

export const SCALING_DEFAULTS = {
  min: 0,
  priority: "MEDIUM",
  cooldownSeconds: 60,
  warmUpSeconds: 30,
  /** As long as Kubernetes looks back before it scales down. */
  scaleInAfterSeconds: 300,
  unhealthyAfterSeconds: 30,
  healthCheck: "GUEST",
  terminationPolicy: "FULLEST_ZONE",
  timeZone: "UTC",
  mode: "FORECAST_AND_SCALE",
} as const;

export const SCALING_LIMITS = {
  members: 10_000,
  policies: 50,
  steps: 50,
  flavors: 20,
  zones: 1_000,
  seconds: 86_400,
  /** A metric or its target: far above what anybody counts. */
  value: 1e15,
  metricNameLength: 128,
} as const;

/** What is wrong with a group's numbers and policies, and the field to blame. */
export interface ScalingProblem {
  readonly path: readonly string[];
  readonly message: string;
}

export interface GroupSizes {
  readonly min: number;
  readonly max: number;
  readonly desired: number;
}

export function sizesProblem({ min, max, desired }: GroupSizes): ScalingProblem | null {
  for (const [field, size] of Object.entries({ min, max, desired }))
    if (!Number.isInteger(size) || size < 0 || size > SCALING_LIMITS.members)
      return {
        path: [field],
        message: `${field} must be a whole number from 0 to ${SCALING_LIMITS.members}, not ${size}`,
      };
  if (min > max) return { path: ["min"], message: `min (${min}) must be at most max (${max})` };
  if (desired < min || desired > max)
    return {
      path: ["desired"],
      message: `desired (${desired}) must be from min (${min}) to max (${max})`,
    };
  return null;
}

export function secondsProblem(field: string, seconds: number): ScalingProblem | null {
  if (seconds >= 0 && seconds <= SCALING_LIMITS.seconds) return null;
  const message = `${field} must be from 0 to ${SCALING_LIMITS.seconds}, not ${seconds}`;
  return { path: [field], message };
}

/** Times of scheduled policies are for whoever knows calendars. */
export function policiesProblem(policies: readonly ScalingPolicy[]): ScalingProblem | null {
  if (policies.length > SCALING_LIMITS.policies)
    return {
      path: ["policies"],
      message: `a group has ${SCALING_LIMITS.policies} policies at most`,
    };
  for (const [index, policy] of policies.entries()) {
    const problem = policyProblem(policy) ?? nameTwice(policies, index);
    if (problem) return { ...problem, path: ["policies", String(index), ...problem.path] };
  }
  return null;
}

function nameTwice(policies: readonly ScalingPolicy[], index: number): ScalingProblem | null {
  const name = policies[index]?.name;
  const isFirst = policies.findIndex((other) => other.name === name) === index;
  return isFirst ? null : { path: ["name"], message: `policy ${name} is there twice` };
}

function policyProblem(policy: ScalingPolicy): ScalingProblem | null {
  if (policy.name === "") return { path: ["name"], message: "a policy needs a name" };
  switch (policy.kind) {
    case "TARGET_TRACKING":
    case "PREDICTIVE":
      return metricProblem(policy.metric) ?? targetProblem(policy);
    case "STEP":
      return metricProblem(policy.metric) ?? stepsProblem(policy.steps);
    case "SCHEDULED":
      return scheduleProblem(policy);
  }
}

export function metricProblem(metric: MetricName): ScalingProblem | null {
  const isName = metric.length > 0 && metric.length <= SCALING_LIMITS.metricNameLength;
  const message = `a metric's name has 1 to ${SCALING_LIMITS.metricNameLength} characters`;
  return isName ? null : { path: ["metric"], message };
}

function targetProblem({ target }: { readonly target: number }): ScalingProblem | null {
  if (target > 0 && target <= SCALING_LIMITS.value) return null;
  return { path: ["target"], message: `a target must be a number above 0, not ${target}` };
}

function stepsProblem(steps: readonly ScalingStep[]): ScalingProblem | null {
  if (steps.length === 0 || steps.length > SCALING_LIMITS.steps)
    return { path: ["steps"], message: `a step policy has 1 to ${SCALING_LIMITS.steps} steps` };
  for (const [index, step] of steps.entries()) {
    const message = stepProblem(step);
    if (message) return { path: ["steps", String(index)], message };
  }
  return null;
}

function stepProblem({ from, below, change }: ScalingStep): string | null {
  if (from === null && below === null) return "a step says from which value on, or below which";
  if (from !== null && below !== null && !(from < below))
    return `a step's from (${from}) must be less than its below (${below})`;
  for (const bound of [from, below])
    if (bound !== null && !(Math.abs(bound) <= SCALING_LIMITS.value))
      return `a step's bound must be a number, not ${bound}`;
  const isChange =
    Number.isInteger(change) && change !== 0 && Math.abs(change) <= SCALING_LIMITS.members;
  return isChange ? null : `a step's change must be a whole number other than 0, not ${change}`;
}

function scheduleProblem({
  min,
  max,
  desired,
}: Extract<ScalingPolicy, { kind: "SCHEDULED" }>): ScalingProblem | null {
  if (min === null && max === null && desired === null)
    return { path: ["desired"], message: "a scheduled policy sets min, max or desired" };
  const [least, most] = [min ?? 0, max ?? SCALING_LIMITS.members];
  return sizesProblem({ min: least, max: most, desired: desired ?? least });
}

const SIZED_BY = {
  CPU: { resource: "cpuMillicores", unit: "millicores" },
  MEMORY: { resource: "memoryMiB", unit: "MiB" },
} as const;

/** The resource that a metric is a part of, and its unit; null for one that is pushed. */
export function resourceOf(metric: MetricName) {
  return SIZED_BY[metric as keyof typeof SIZED_BY] ?? null;
}

/** What the metric's 1 is of a member of such a size: a percent of its millicores or MiB, or 1. */
export function loadOfOne(metric: MetricName, size: Resources): number {
  const sized = resourceOf(metric);
  return sized === null ? 1 : size[sized.resource] / 100;
}

/** Nobody is created for less than this part of what there is to do: samples are rounded, too. */
const NEGLIGIBLE = 0.01;

/** How many members it takes, of an amount of them that need not be whole. */
export function wholeMembers(wanted: number): number {
  return Math.ceil(wanted * (1 - NEGLIGIBLE));
}

/** Its time and zone have been found good, and what is left out stays as it is. */
export function sizesAfter(
  { min, max, desired }: GroupSizes,
  policy: Extract<ScalingPolicy, { kind: "SCHEDULED" }>,
): GroupSizes {
  const least = policy.min ?? Math.min(min, policy.max ?? max);
  const most = Math.max(least, policy.max ?? max);
  const wanted = policy.desired ?? desired;
  return { min: least, max: most, desired: Math.min(most, Math.max(least, wanted)) };
}
