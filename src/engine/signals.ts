import type { ScalingGroupId } from "../model/ids.ts";
import type { MetricName } from "../model/scaling.ts";

/** A metric of a group at one instant. */
export interface Sample {
  readonly atMs: number;
  /** Percent of what warm members have, or as it was pushed. */
  readonly value: number;
  /** What all members do together: millicores (`CPU`), MiB (`MEMORY`), or as it was pushed. */
  readonly load: number;
}

/** Far more than the longest look back needs at the usual pace. */
const SAMPLES_MOST = 512;

/**
 * What scaling groups have to do, as last measured. Soft, like the leases: gone with the process, not in
 * the log. After a restart policies wait until samples come again.
 */
export class Signals {
  /** Since when samples could have come. */
  readonly sinceMs: number;
  /** When it is to be found out next whose samples don't come any more. */
  sweepDueAtMs: number;
  readonly #samples = new Map<ScalingGroupId, Map<MetricName, Sample[]>>();
  readonly #judgedAtMs = new Map<ScalingGroupId, number>();

  constructor(sinceMs: number) {
    this.sinceMs = sinceMs;
    this.sweepDueAtMs = sinceMs;
  }

  /** Of two samples of one instant the last one counts. */
  note(groupId: ScalingGroupId, metric: MetricName, sample: Sample): void {
    const series = this.#samples.get(groupId) ?? new Map<MetricName, Sample[]>();
    this.#samples.set(groupId, series);
    const samples = series.get(metric) ?? [];
    series.set(metric, samples);
    if (samples.at(-1)?.atMs === sample.atMs) samples.pop();
    samples.push(sample);
    if (samples.length > SAMPLES_MOST) samples.splice(0, samples.length - SAMPLES_MOST / 2);
  }

  /** Oldest first. */
  of(groupId: ScalingGroupId, metric: MetricName): readonly Sample[] {
    return this.#samples.get(groupId)?.get(metric) ?? [];
  }

  /** Null before the first time. */
  judgedAtMs(groupId: ScalingGroupId): number | null {
    return this.#judgedAtMs.get(groupId) ?? null;
  }

  judged(groupId: ScalingGroupId, atMs: number): void {
    this.#judgedAtMs.set(groupId, atMs);
  }

  forget(groupId: ScalingGroupId): void {
    this.#samples.delete(groupId);
    this.#judgedAtMs.delete(groupId);
  }

  copyTo(other: Signals): void {
    other.sweepDueAtMs = this.sweepDueAtMs;
    for (const [groupId, series] of this.#samples)
      other.#samples.set(groupId, new Map([...series].map(([name, all]) => [name, [...all]])));
    for (const [groupId, atMs] of this.#judgedAtMs) other.#judgedAtMs.set(groupId, atMs);
  }
}
