import type { GuestId, ScalingGroupId } from "./ids.ts";
import { LIMITS, nameProblem } from "./limits.ts";
import type { BalancingAlgorithm, ListenerProtocol } from "./statuses.ts";
import type { Workload } from "./workload.ts";

/**
 * What load balancers are made of, in the terms of AWS's Elastic Load Balancing and of HAProxy: listeners
 * take requests and hand each to a target of their group.
 */

export interface Listener {
  readonly port: number;
  readonly protocol: ListenerProtocol;
  /** The name of one of the load balancer's own groups. */
  readonly targetGroup: string;
  /** Requests that come in in the simulated world; null for none. */
  readonly traffic: Traffic | null;
}

export interface Traffic {
  readonly peakRequestsPerSecond: number;
  /** The share of the peak over time; null is all of it at all times. */
  readonly workload: Workload | null;
  /** What one of them costs its target on average. */
  readonly cpuMillisecondsPerRequest: number;
  /** Who sends them. */
  readonly clients: number;
}

export interface TargetGroup {
  /** The only one of its kind in its load balancer. */
  readonly name: string;
  /** Where targets take requests that say nothing else of themselves. */
  readonly port: number;
  readonly algorithm: BalancingAlgorithm;
  readonly healthCheck: HealthCheck;
  /** For how long a target's share grows once it is healthy; 0: it gets all of it at once. */
  readonly slowStartSeconds: number;
  /** How long a target that leaves may take to finish what it has begun. */
  readonly drainSeconds: number;
  /** For how long a client stays with its target; null: each request is dealt anew. */
  readonly stickinessSeconds: number | null;
  /** Targets take requests from all zones, and not just those that came in where they are. */
  readonly crossZone: boolean;
  /** When no target is healthy, all of them get requests. */
  readonly failOpen: boolean;
  /** What HAProxy's configuration calls it; null: as it is called here. */
  readonly backend: string | null;
}

export interface HealthCheck {
  /** What is asked for by HTTP; null: that it takes connections is enough. */
  readonly path: string | null;
  readonly intervalSeconds: number;
  readonly timeoutSeconds: number;
  /** Checks in a row that must pass before a target which failed gets requests again. */
  readonly healthyThreshold: number;
  /** Checks in a row that must fail before it gets none. */
  readonly unhealthyThreshold: number;
}

/** A target that somebody wants, found or still by name. */
export interface TargetWish<Guest = GuestId> {
  readonly guest: Guest;
  /** Null: the group's. */
  readonly port: number | null;
  readonly weight: number;
  /** Where it is reached; null: at its guest's own address. */
  readonly address: string | null;
}

/** A scaling group whose members are to be targets, found or still by name. */
export interface ScalingWish<Group = ScalingGroupId> {
  readonly scalingGroup: Group;
  /** Null: the target group's. */
  readonly port: number | null;
  /** Of each member. */
  readonly weight: number;
}

export type AnyTargetWish<Guest = GuestId, Group = ScalingGroupId> =
  | TargetWish<Guest>
  | ScalingWish<Group>;

export function isScalingWish<Guest, Group>(
  wish: AnyTargetWish<Guest, Group>,
): wish is ScalingWish<Group> {
  return "scalingGroup" in wish;
}

/** A scaling group that is in a target group: each of its members that came up is a target. */
export interface ScalingTarget {
  /** The name of one of the load balancer's own groups. */
  readonly targetGroup: string;
  readonly scalingGroupId: ScalingGroupId;
  readonly port: number | null;
  readonly weight: number;
}

/** ELB's thresholds; drained within half a minute, and checked as often as HAProxy would. */
export const GROUP_DEFAULTS = {
  algorithm: "ROUND_ROBIN",
  slowStartSeconds: 0,
  drainSeconds: 30,
  stickinessSeconds: null,
  crossZone: true,
  failOpen: true,
  backend: null,
} as const;
export const TRAFFIC_DEFAULTS = {
  workload: null,
  cpuMillisecondsPerRequest: 10,
  clients: 1_000,
} as const;
export const CHECK_DEFAULTS: HealthCheck = {
  path: null,
  intervalSeconds: 5,
  timeoutSeconds: 2,
  healthyThreshold: 3,
  unhealthyThreshold: 2,
};
export const DEFAULT_WEIGHT = 100;

/** The least and the most of each number. */
export const BALANCING_BOUNDS = {
  port: [1, 65_535],
  weight: [0, 256],
  slowStartSeconds: [0, 3_600],
  drainSeconds: [0, 3_600],
  stickinessSeconds: [1, 7 * 86_400],
  intervalSeconds: [1, 300],
  timeoutSeconds: [0.1, 120],
  healthyThreshold: [1, 10],
  unhealthyThreshold: [1, 10],
  peakRequestsPerSecond: [0, 10_000_000],
  cpuMillisecondsPerRequest: [0.001, 60_000],
  clients: [1, 10_000_000],
} as const;
type Bounded = keyof typeof BALANCING_BOUNDS;

/** Numbers that count something: no fractions. */
const WHOLE: ReadonlySet<string> = new Set<Bounded>([
  "port",
  "weight",
  "healthyThreshold",
  "unhealthyThreshold",
  "clients",
]);

export const CHECK_PATH = "^/[!-~]*$";

/** Why a group of HAProxy's has no stickiness. */
export const NO_COOKIES =
  "HAProxy gives no cookies to servers that are added while it runs, so clients can't stay with their target";

/** What is wrong, and where in it. */
export interface BalancingProblem {
  readonly path: readonly string[];
  readonly message: string;
}

function outOfBounds(fields: object): BalancingProblem[] {
  return Object.entries(fields).flatMap(([field, value]) => {
    const bounds = BALANCING_BOUNDS[field as Bounded];
    if (bounds === undefined || value === null) return [];
    const [least, most] = bounds;
    const isWhole = !WHOLE.has(field) || Number.isInteger(value);
    // NaN is in no bounds.
    if (isWhole && value >= least && value <= most) return [];
    const kind = WHOLE.has(field) ? "a whole number" : "a number";
    return [{ path: [field], message: `${field} must be ${kind} from ${least} to ${most}` }];
  });
}

function under(path: readonly string[], problems: readonly BalancingProblem[]) {
  return problems.map((each) => ({ ...each, path: [...path, ...each.path] }));
}

function checkProblems(check: HealthCheck): BalancingProblem[] {
  const problems = outOfBounds(check);
  if (check.path !== null && !new RegExp(CHECK_PATH).test(check.path))
    problems.push({ path: ["path"], message: "path must begin with / and hold no blanks" });
  if (check.path !== null && check.path.length > LIMITS.checkPathLength)
    problems.push({ path: ["path"], message: `path is longer than ${LIMITS.checkPathLength}` });
  if (check.timeoutSeconds > check.intervalSeconds)
    problems.push({
      path: ["timeoutSeconds"],
      message: `timeoutSeconds (${check.timeoutSeconds}) must not be more than intervalSeconds (${check.intervalSeconds})`,
    });
  return problems;
}

function groupProblems(
  groups: readonly TargetGroup[],
  group: TargetGroup,
  index: number,
): BalancingProblem[] {
  const { name, healthCheck, ...numbers } = group;
  const bad = nameProblem(name);
  const problems = bad ? [{ path: ["name"], message: `the name of a target group ${bad}` }] : [];
  if (groups.findIndex((other) => other.name === name) < index)
    problems.push({ path: ["name"], message: `target group ${name} is there twice` });
  return [
    ...problems,
    ...outOfBounds(numbers),
    ...under(["healthCheck"], checkProblems(healthCheck)),
  ];
}

function listenerProblems(
  groups: readonly TargetGroup[],
  listeners: readonly Listener[],
  listener: Listener,
  index: number,
): BalancingProblem[] {
  const { port, targetGroup, traffic } = listener;
  const problems = outOfBounds({ port });
  if (traffic) problems.push(...under(["traffic"], outOfBounds(traffic)));
  if (listeners.findIndex((other) => other.port === port) < index)
    problems.push({ path: ["port"], message: `two listeners are on port ${port}` });
  if (!groups.some(({ name }) => name === targetGroup))
    problems.push({ path: ["targetGroup"], message: `there is no target group ${targetGroup}` });
  return problems;
}

/** All that is wrong with listeners and groups by themselves; whether guests are there is for the engine. */
export function balancingProblems(
  listeners: readonly Listener[],
  groups: readonly TargetGroup[],
): BalancingProblem[] {
  const many = (field: string, list: readonly unknown[]) =>
    list.length > LIMITS.balancingParts
      ? [{ path: [field], message: `there may be ${LIMITS.balancingParts} ${field} at most` }]
      : [];
  const problems = [...many("listeners", listeners), ...many("targetGroups", groups)];
  if (problems.length > 0) return problems;
  return [
    ...listeners.flatMap((each, index) =>
      under(["listeners", String(index)], listenerProblems(groups, listeners, each, index)),
    ),
    ...groups.flatMap((each, index) =>
      under(["targetGroups", String(index)], groupProblems(groups, each, index)),
    ),
  ];
}

/** What is wrong with a target by itself; null when nothing is. */
export function targetProblem({
  port,
  weight,
}: Pick<TargetWish, "port" | "weight">): BalancingProblem | null {
  return outOfBounds({ port, weight })[0] ?? null;
}
