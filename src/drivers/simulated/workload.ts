import type { Workload } from "../../model/workload.ts";

const DAY_MS = 24 * 3_600_000;

/**
 * The share of its own cores (0 to 1) that a guest asks for at an instant. A pure function of fleet
 * time: nothing has to be remembered between two samples, and a moved guest goes on where it was.
 */
export function cpuShareAt(workload: Workload, atMs: number): number {
  switch (workload.kind) {
    case "CONSTANT":
      return clamp(workload.cpuShare);
    case "DIURNAL":
      return clamp(diurnal(workload, atMs));
    case "SPIKE":
      return clamp(spike(workload, atMs));
    case "TRACE":
      return clamp(trace(workload, atMs));
  }
}

function diurnal(workload: Extract<Workload, { kind: "DIURNAL" }>, atMs: number): number {
  const middle = (workload.maxShare + workload.minShare) / 2;
  const swing = (workload.maxShare - workload.minShare) / 2;
  const sincePeak = atMs / DAY_MS - workload.peakHour / 24;
  return middle + swing * Math.cos(2 * Math.PI * sincePeak);
}

function spike(workload: Extract<Workload, { kind: "SPIKE" }>, atMs: number): number {
  const intoPeriodMs = modulo(atMs, workload.everySeconds * 1000);
  return intoPeriodMs < workload.durationSeconds * 1000 ? workload.spikeShare : workload.baseShare;
}

/** Each recorded share holds for its whole interval, the first one from the epoch on. */
function trace(workload: Extract<Workload, { kind: "TRACE" }>, atMs: number): number {
  const step = Math.floor(atMs / (workload.intervalSeconds * 1000));
  return workload.shares[modulo(step, workload.shares.length)] ?? 0;
}

function modulo(value: number, by: number): number {
  return ((value % by) + by) % by;
}

function clamp(share: number): number {
  return Math.min(1, Math.max(0, share));
}
