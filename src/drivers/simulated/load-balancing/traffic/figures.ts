import { rounded, type TrafficFigures } from "../../../../model/traffic.ts";

/** Latencies come as they fell; the rate is of all requests, answered or not. */
export function figuresOf(
  requestsPerSecond: number,
  errorShare: number,
  latencies: readonly number[],
  outstanding: number,
): TrafficFigures {
  const sorted = latencies.toSorted((a, b) => a - b);
  return {
    requestsPerSecond: rounded(requestsPerSecond),
    errorsPerSecond: rounded(requestsPerSecond * errorShare),
    latencyP50Ms: quantile(sorted, 0.5),
    latencyP99Ms: quantile(sorted, 0.99),
    latencyMeanMs: mean(latencies),
    outstanding: rounded(outstanding),
  };
}

/** Null of nothing. */
function quantile(sorted: readonly number[], share: number): number | null {
  if (sorted.length === 0) return null;
  return rounded(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] as number);
}

/** Null of nothing. */
function mean(values: readonly number[]): number | null {
  if (values.length === 0) return null;
  return rounded(values.reduce((sum, each) => sum + each, 0) / values.length);
}
