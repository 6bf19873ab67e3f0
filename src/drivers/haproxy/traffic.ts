import type { LoadBalancerOrder } from "../../model/actions.ts";
import type { LoadBalancerTargetId } from "../../model/ids.ts";
import {
  type BalancerTraffic,
  rounded,
  spreadOf,
  type TrafficFigures,
} from "../../model/traffic.ts";
import { isOurs, type Stat } from "./stat.ts";

/** Rates are of so long: what HAProxy gives itself is of one second, and jumps. */
const WINDOW_MS = 5_000;

/** What was counted of each target group at one look. */
interface Look {
  readonly atMs: number;
  readonly groups: ReadonlyMap<string, readonly Stat[]>;
}

/** How requests fare, from what HAProxy has counted at one look and at another. */
export class TrafficMeter {
  #looks: Look[] = [];

  /** Null at the first look, and where HAProxy begins to count anew. */
  measure(
    { id, revision }: LoadBalancerOrder,
    groups: ReadonlyMap<string, readonly Stat[]>,
    atMs: number,
  ): BalancerTraffic | null {
    const newest = { atMs, groups };
    if (this.#looks.some((look) => countsAnew(look, newest))) this.#looks = [];
    const since = this.#looks.findLastIndex((look) => atMs - look.atMs >= WINDOW_MS);
    this.#looks.splice(0, Math.max(0, since));
    const [oldest] = this.#looks;
    this.#looks.push(newest);
    if (!oldest || oldest.atMs === atMs) return null;
    const seconds = (atMs - oldest.atMs) / 1000;
    const measured = [...groups].map(([group, stats]) =>
      measureGroup(group, oldest.groups.get(group) ?? stats, stats, seconds),
    );
    return {
      loadBalancerId: id,
      revision,
      figures: together(measured.map(({ figures }) => figures)),
      groups: measured.map(({ group, figures, spread }) => ({ group, ...figures, spread })),
      targets: measured.flatMap(({ targets }) => targets),
    };
  }
}

/** It was reloaded: counters never go back otherwise. */
function countsAnew(before: Look, after: Look): boolean {
  return [...after.groups].some(([group, stats]) => {
    const old = before.groups.get(group)?.find(({ isBackend }) => isBackend);
    const now = stats.find(({ isBackend }) => isBackend);
    return old !== undefined && now !== undefined && now.requests < old.requests;
  });
}

function measureGroup(
  group: string,
  before: readonly Stat[],
  after: readonly Stat[],
  seconds: number,
) {
  const targets = after.filter(isOurs).map((stat) => {
    const old = before.find(({ targetId }) => targetId === stat.targetId);
    return { targetId: stat.targetId, ...figuresOf(old, stat, seconds) };
  });
  return {
    group,
    targets,
    figures: groupFigures(before, after, targets, seconds),
    spread: spreadOf(targets.map(({ requestsPerSecond }) => requestsPerSecond)),
  };
}

type Target = TrafficFigures & { readonly targetId: LoadBalancerTargetId };

/** What its targets got, and what nobody did: the backend's, without what the configuration's own servers got. */
function groupFigures(
  before: readonly Stat[],
  after: readonly Stat[],
  targets: readonly Target[],
  seconds: number,
): TrafficFigures {
  const all = after.find(({ isBackend }) => isBackend);
  const sum = together(targets);
  if (!all) return sum;
  const others = after.filter((stat) => !stat.isBackend && !isOurs(stat));
  const whole = figuresOf(
    before.find(({ isBackend }) => isBackend),
    all,
    seconds,
  );
  if (others.length > 0) return sum;
  const { requestsPerSecond, errorsPerSecond } = whole;
  return { ...sum, requestsPerSecond, errorsPerSecond };
}

/** One that was not there before has counted from 0. */
function figuresOf(before: Stat | undefined, after: Stat, seconds: number): TrafficFigures {
  const requests = Math.max(0, after.requests - (before?.requests ?? 0));
  const errors = Math.max(0, after.errors - (before?.errors ?? 0));
  return {
    requestsPerSecond: rounded(requests / seconds),
    errorsPerSecond: rounded(Math.min(requests, errors) / seconds),
    latencyP50Ms: null,
    latencyP99Ms: null,
    latencyMeanMs: requests > errors ? after.answerMs : null,
    outstanding: after.sessions,
  };
}

function together(all: readonly TrafficFigures[]): TrafficFigures {
  const sum = (of: (each: TrafficFigures) => number) =>
    rounded(all.reduce((total, each) => total + of(each), 0));
  const answered = all.filter(({ latencyMeanMs }) => latencyMeanMs !== null);
  const weight = answered.reduce((total, each) => total + each.requestsPerSecond, 0);
  const waited = answered.reduce(
    (total, each) => total + each.requestsPerSecond * (each.latencyMeanMs ?? 0),
    0,
  );
  return {
    requestsPerSecond: sum((each) => each.requestsPerSecond),
    errorsPerSecond: sum((each) => each.errorsPerSecond),
    latencyP50Ms: null,
    latencyP99Ms: null,
    latencyMeanMs: weight === 0 ? null : rounded(waited / weight),
    outstanding: sum((each) => each.outstanding),
  };
}
