/**
 * How evenly the algorithms of the simulated load balancers deal requests out whose costs differ, and whom
 * a hash of the source moves when a target leaves. Nothing is measured in time: the same on any machine.
 */

import {
  ALGORITHMS,
  type Candidate,
} from "../src/drivers/simulated/load-balancing/algorithms/choose.ts";
import { hashOf, lotOf } from "../src/drivers/simulated/load-balancing/algorithms/lots.ts";
import { Finishes } from "../src/drivers/simulated/load-balancing/traffic/heap.ts";
import type { BalancingAlgorithm } from "../src/model/statuses.ts";
import type { Benchmark } from "./harness.ts";

const TARGETS = 50;
const CORES = 4;
/** Of all that the targets could do. */
const UTILISATION = 0.8;
const REQUESTS = 600_000;
const WARM_UP = 60_000;
/** One request in twenty costs twenty times what the others do. */
const DEAR = { share: 0.05, times: 20, meanMs: 10 };
const CLIENTS = 10_000;

interface Target {
  readonly id: number;
  outstanding: number;
  readonly freeAt: number[];
  /** Work that it was given in the present stretch, in ms. */
  workMs: number;
}

/** Work of each target in each stretch of some seconds, sorted, as multiples of the mean. */
function loads(algorithm: BalancingAlgorithm | "LOTS"): number[] {
  const targets = Array.from(
    { length: TARGETS },
    (_, id): Target => ({ id, outstanding: 0, freeAt: new Array(CORES).fill(0), workMs: 0 }),
  );
  const finishes = new Finishes();
  const apartMs = DEAR.meanMs / (TARGETS * CORES * UTILISATION);
  const stretch = (REQUESTS - WARM_UP) / 6;
  const found: number[] = [];
  for (let nth = 0; nth < REQUESTS; nth++) {
    const nowMs = (nth + lotOf(nth, 1)) * apartMs;
    for (let done = finishes.take(nowMs); done !== null; done = finishes.take(nowMs))
      (targets[done] as Target).outstanding--;
    const index = choose(algorithm, targets, nth);
    const target = targets[index] as Target;
    const costMs = costOf(nth);
    finishes.push(work(target, nowMs, costMs), index);
    target.outstanding++;
    if (nth >= WARM_UP) target.workMs += costMs;
    if (nth >= WARM_UP && (nth + 1 - WARM_UP) % stretch === 0) found.push(...take(targets));
  }
  const mean = found.reduce((sum, each) => sum + each, 0) / found.length;
  return found.map((each) => each / mean).sort((a, b) => a - b);
}

function choose(algorithm: BalancingAlgorithm | "LOTS", targets: readonly Target[], nth: number) {
  if (algorithm === "LOTS") return hashOf(nth, 9) % targets.length;
  const candidates = targets.map(
    ({ id, outstanding }): Candidate => ({ id, share: 1, outstanding }),
  );
  return ALGORITHMS[algorithm](candidates, { nth, client: hashOf(nth, 3) % CLIENTS });
}

function costOf(nth: number): number {
  const cheapMs = DEAR.meanMs / (1 - DEAR.share + DEAR.share * DEAR.times);
  return lotOf(nth, 2) < DEAR.share ? cheapMs * DEAR.times : cheapMs;
}

/** By the core that is free first. */
function work({ freeAt }: Target, nowMs: number, costMs: number): number {
  const first = freeAt.indexOf(Math.min(...freeAt));
  const finishedMs = Math.max(nowMs, freeAt[first] as number) + costMs;
  freeAt[first] = finishedMs;
  return finishedMs;
}

function take(targets: readonly Target[]): number[] {
  return targets.map((target) => {
    const { workMs } = target;
    target.workMs = 0;
    return workMs;
  });
}

function p99(sorted: readonly number[]): number {
  return sorted[Math.floor(sorted.length * 0.99)] as number;
}

/**
 * Clients whose target is another one after one has left, on average over all that may leave, as multiples of
 * the least that any algorithm can do: 1/n.
 */
function movedByLeaving(): number {
  const all = Array.from({ length: TARGETS }, (_, id) => ({ id, share: 1, outstanding: 0 }));
  const chosen = (of: readonly Candidate[], client: number) =>
    of[ALGORITHMS.SOURCE_HASH(of, { nth: 0, client })]?.id;
  let moved = 0;
  for (const { id } of all) {
    const left = all.filter((each) => each.id !== id);
    for (let client = 0; client < CLIENTS; client++)
      if (chosen(all, client) !== chosen(left, client)) moved++;
  }
  return moved / CLIENTS;
}

const MOVED_MOST = 1;
const SPREAD_MOST = 1.3;

export const loadBalancing: Benchmark = {
  about: `how evenly ${TARGETS} targets share requests of which one in ${1 / DEAR.share} costs ${DEAR.times} times as much`,
  async run(lab) {
    const spread = (algorithm: BalancingAlgorithm | "LOTS") => {
      lab.progress(algorithm);
      return p99(loads(algorithm));
    };
    const leastOutstanding = spread("LEAST_OUTSTANDING");
    const powerOfTwoChoices = spread("POWER_OF_TWO_CHOICES");
    const sourceHash = spread("SOURCE_HASH");
    const movedTimesN = movedByLeaving();
    return {
      figures: {
        leastOutstandingP99OfMean: leastOutstanding,
        powerOfTwoChoicesP99OfMean: powerOfTwoChoices,
        roundRobinP99OfMean: spread("ROUND_ROBIN"),
        sourceHashP99OfMean: sourceHash,
        sourceHashMovedShare: movedTimesN / TARGETS,
      },
      peers: { "by lot": { p99OfMean: spread("LOTS") } },
      ratios: {
        leastOutstandingSpread: leastOutstanding,
        powerOfTwoChoicesSpread: powerOfTwoChoices,
        sourceHashMovedTimesN: movedTimesN,
      },
      limits: {
        leastOutstandingSpread: { atMost: SPREAD_MOST },
        powerOfTwoChoicesSpread: { atMost: SPREAD_MOST },
        sourceHashMovedTimesN: { atMost: MOVED_MOST },
      },
    };
  },
};
