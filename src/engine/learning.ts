import type { ScalingGroupId } from "../model/ids.ts";
import type { MetricName } from "../model/scaling.ts";

/** As many slots as can be waiting for their hour to be over, and more. */
const SLOTS_KEPT = 8;

/**
 * What is measured of groups' loads by slots of time that are over, and may not have been learned yet: that is a
 * fact once an hour, and soft until then, like the samples that it comes from.
 */
export class Learning {
  readonly #closed = new Map<ScalingGroupId, Map<MetricName, Map<number, number>>>();

  close(groupId: ScalingGroupId, metric: MetricName, slot: number, load: number): void {
    const byMetric = this.#closed.get(groupId) ?? new Map<MetricName, Map<number, number>>();
    const slots = byMetric.get(metric) ?? new Map<number, number>();
    this.#closed.set(groupId, byMetric.set(metric, slots.set(slot, load)));
    for (const old of slots.keys()) if (old <= slot - SLOTS_KEPT) slots.delete(old);
  }

  /** Loads by slot. */
  of(groupId: ScalingGroupId, metric: MetricName): ReadonlyMap<number, number> {
    return this.#closed.get(groupId)?.get(metric) ?? new Map();
  }

  forget(groupId: ScalingGroupId): void {
    this.#closed.delete(groupId);
  }

  copyTo(other: Learning): void {
    for (const [groupId, byMetric] of this.#closed)
      for (const [metric, slots] of byMetric)
        for (const [slot, load] of slots) other.close(groupId, metric, slot, load);
  }
}
