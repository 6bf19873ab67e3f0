import type { LoadBalancerId, LoadBalancerTargetId, Seq } from "./ids.ts";

/** How requests fare, as last measured. */
export interface TrafficFigures {
  readonly requestsPerSecond: number;
  readonly errorsPerSecond: number;
  /** Of those that were answered; null when none was, and single ones where averages alone are known. */
  readonly latencyP50Ms: number | null;
  readonly latencyP99Ms: number | null;
  readonly latencyMeanMs: number | null;
  /** Not finished, on average. */
  readonly outstanding: number;
}

/** A load balancer's newest sample. */
export interface BalancerTraffic {
  readonly loadBalancerId: LoadBalancerId;
  /** The order that it went by. */
  readonly revision: Seq;
  readonly figures: TrafficFigures;
  readonly groups: readonly GroupTraffic[];
  readonly targets: readonly TargetTraffic[];
}

export interface GroupTraffic extends TrafficFigures {
  readonly group: string;
  /** The busiest target's requests, in proportion to the mean of those that get any; null when none does. */
  readonly spread: number | null;
}

export interface TargetTraffic extends TrafficFigures {
  readonly targetId: LoadBalancerTargetId;
}

/** Figures are told in hundredths. */
export function rounded(value: number): number {
  return Math.round(value * 100) / 100;
}

/** `GroupTraffic.spread` of its targets' requests a second. */
export function spreadOf(requestsPerSecond: readonly number[]): number | null {
  const rates = requestsPerSecond.filter((rate) => rate > 0);
  if (rates.length === 0) return null;
  const mean = rates.reduce((sum, rate) => sum + rate, 0) / rates.length;
  return rounded(Math.max(...rates) / mean);
}
