import type { State } from "../../engine/state.ts";
import type { Host } from "../../model/entities.ts";
import type { HostId, ScalingGroupId, ZoneId } from "../../model/ids.ts";
import {
  type Amounts,
  addAmounts,
  METER_STRETCH_MS,
  noAmounts,
  type Reading,
} from "../../model/metering.ts";
import { averageMachine, loadOf, type Machine, machineOf } from "./host-load.ts";

interface Metered {
  readonly capacity: Host["capacity"];
  readonly powerWatts: Host["powerWatts"];
  readonly machine: Machine;
  load: Amounts;
}

/** The meters of one zone. What goes through them stays the same until a host of the zone is looked at anew. */
export class ZoneMeter {
  readonly #zoneId: ZoneId;
  readonly #hosts = new Map<HostId, Metered>();
  readonly #groups = new Map<ScalingGroupId, Amounts>();
  /** The sum over the hosts and groups: whole numbers, so that what is added can be taken off without a rest. */
  readonly #load = noAmounts();
  #typical: Machine | null = null;
  #atMs: number;
  #readings = new Map<number, Reading>();

  constructor(zoneId: ZoneId, atMs: number) {
    this.#zoneId = zoneId;
    this.#atMs = atMs;
  }

  get hasHosts(): boolean {
    return this.#hosts.size > 0;
  }

  /** These may be other than they were, from `nowMs` on. */
  look(state: State, touched: readonly HostId[], nowMs: number): void {
    this.settle(nowMs);
    let isOtherwiseMade = false;
    for (const id of touched)
      if (this.#remake(id, state.tables.Host.find(id))) isOtherwiseMade = true;
    if (isOtherwiseMade)
      this.#typical = averageMachine([...this.#hosts.values()].map(({ machine }) => machine));
    // Each guest is compared with the typical machine.
    for (const id of isOtherwiseMade ? this.#hosts.keys() : touched) this.#measure(state, id);
  }

  /** A scaling group's share from `nowMs` on; undefined when it has none here. */
  setGroup(id: ScalingGroupId, share: Amounts | undefined, nowMs: number): void {
    const known = this.#groups.get(id);
    if (!known && !share) return;
    this.settle(nowMs);
    if (known) addAmounts(this.#load, known, -1);
    if (share) addAmounts(this.#load, share, 1);
    if (share) this.#groups.set(id, share);
    else this.#groups.delete(id);
  }

  /** Lets time go by until `toMs`. */
  settle(toMs: number): void {
    while (this.#hosts.size > 0 && this.#atMs < toMs) {
      const endMs = Math.min(toMs, stretchOf(this.#atMs) + METER_STRETCH_MS);
      const reading = this.#reading(this.#atMs);
      addAmounts(reading, this.#load, endMs - this.#atMs);
      // A migration may have been counted in it already, later than this.
      reading.fromMs = Math.min(reading.fromMs, this.#atMs);
      reading.untilMs = endMs;
      this.#atMs = endMs;
    }
    this.#atMs = Math.max(this.#atMs, toMs);
  }

  countMigration(atMs: number): void {
    this.#reading(atMs).migrations++;
  }

  /** All that has been read and not taken. */
  take(): Reading[] {
    const readings = [...this.#readings.values()];
    this.#readings = new Map();
    return readings;
  }

  putBack(reading: Reading): void {
    const newer = this.#readings.get(reading.stretchMs);
    if (newer) {
      addAmounts(reading, newer, 1);
      reading.untilMs = newer.untilMs;
    }
    this.#readings.set(reading.stretchMs, reading);
  }

  #reading(atMs: number): Reading {
    const stretchMs = stretchOf(atMs);
    let reading = this.#readings.get(stretchMs);
    if (!reading) {
      const when = { stretchMs, fromMs: atMs, untilMs: atMs };
      reading = { zoneId: this.#zoneId, ...when, ...noAmounts() };
      this.#readings.set(stretchMs, reading);
    }
    return reading;
  }

  /** True when there is a machine more, less or of another make. */
  #remake(id: HostId, host: Host | undefined): boolean {
    const known = this.#hosts.get(id);
    if (!host) {
      if (known) addAmounts(this.#load, known.load, -1);
      return this.#hosts.delete(id);
    }
    const { capacity, powerWatts } = host;
    if (known?.capacity === capacity && known.powerWatts === powerWatts) return false;
    const load = known?.load ?? noAmounts();
    this.#hosts.set(id, { capacity, powerWatts, machine: machineOf(host), load });
    return true;
  }

  #measure(state: State, id: HostId): void {
    const host = state.tables.Host.find(id);
    const metered = this.#hosts.get(id);
    if (!host || !metered || !this.#typical) return;
    addAmounts(this.#load, metered.load, -1);
    metered.load = loadOf(state, host, metered.machine, this.#typical);
    addAmounts(this.#load, metered.load, 1);
  }
}

function stretchOf(atMs: number): number {
  return Math.floor(atMs / METER_STRETCH_MS) * METER_STRETCH_MS;
}
