import type { BalancingAlgorithm } from "../../../../model/statuses.ts";
import { hashOf, lotOf } from "./lots.ts";

/** A target that may get the next request. */
export interface Candidate {
  readonly id: number;
  /** Its part of what all get: 1 for most, less while it starts slowly, and more or less by its weight. */
  readonly share: number;
  /** Requests that it has not finished. */
  readonly outstanding: number;
}

/** What tells one request from the next. */
export interface Arrival {
  /** Counts requests. */
  readonly nth: number;
  /** Who sends it. */
  readonly client: number;
}

/** The position of the one that gets the request. There is at least one, and all shares are above 0. */
export type Choose = (candidates: readonly Candidate[], arrival: Arrival) => number;

export const ALGORITHMS: Readonly<Record<BalancingAlgorithm, Choose>> = {
  ROUND_ROBIN: inTurn,
  WEIGHTED: inTurn,
  LEAST_OUTSTANDING: leastOutstanding,
  POWER_OF_TWO_CHOICES: betterOfTwo,
  SOURCE_HASH: bySource,
};

const GOLDEN_RATIO = (Math.sqrt(5) - 1) / 2;

/**
 * One after the other; by their shares where those differ. Multiples of the golden ratio fall evenly
 * on any division of a line, so no long row of requests goes to the same one.
 */
function inTurn(candidates: readonly Candidate[], { nth }: Arrival): number {
  const [first] = candidates;
  if (candidates.every(({ share }) => share === first?.share)) return nth % candidates.length;
  let rest = ((nth * GOLDEN_RATIO) % 1) * sharesOf(candidates);
  for (const [index, { share }] of candidates.entries()) {
    rest -= share;
    if (rest < 0) return index;
  }
  return candidates.length - 1;
}

function sharesOf(candidates: readonly Candidate[]): number {
  return candidates.reduce((sum, { share }) => sum + share, 0);
}

/** How busy it would be with one more. */
function loadWith({ outstanding, share }: Candidate): number {
  return (outstanding + 1) / share;
}

/** The first of equals is another one each time. */
function leastOutstanding(candidates: readonly Candidate[], { nth }: Arrival): number {
  let best = nth % candidates.length;
  for (let step = 1; step < candidates.length; step++) {
    const index = (nth + step) % candidates.length;
    if (loadWith(candidates[index] as Candidate) < loadWith(candidates[best] as Candidate))
      best = index;
  }
  return best;
}

/**
 * The less busy of two drawn by lot, which is nearly as even as the least busy of all and takes no look at
 * all of them (M. Mitzenmacher, "The Power of Two Choices in Randomized Load Balancing", 2001).
 */
function betterOfTwo(candidates: readonly Candidate[], { nth }: Arrival): number {
  const many = candidates.length;
  if (many === 1) return 0;
  const one = hashOf(nth, 1) % many;
  const other = (one + 1 + (hashOf(nth, 2) % (many - 1))) % many;
  const [a, b] = [candidates[one] as Candidate, candidates[other] as Candidate];
  return loadWith(b) < loadWith(a) ? other : one;
}

/**
 * The one that scores highest with the client. When one leaves, its clients alone find another; when one
 * comes, it takes its share of each (rendezvous hashing: D. Thaler and C. Ravishankar, 1998; with
 * weights: J. Resch, 2015).
 */
function bySource(candidates: readonly Candidate[], { client }: Arrival): number {
  let best = 0;
  let highest = Number.NEGATIVE_INFINITY;
  for (const [index, { id, share }] of candidates.entries()) {
    const score = -share / Math.log(lotOf(client, id));
    if (score > highest) {
      highest = score;
      best = index;
    }
  }
  return best;
}

/** A part of a target's share in the beginning, so that it gets something. */
const LEAST_PART = 0.1;

/** What a target gets of its share: all of it, or a part that grows until it has been healthy for so long. */
export function slowStartPart(healthyMs: number, slowStartSeconds: number): number {
  if (slowStartSeconds === 0) return 1;
  return Math.min(1, Math.max(LEAST_PART, healthyMs / (slowStartSeconds * 1000)));
}
