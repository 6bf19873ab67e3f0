import type { State } from "../../engine/state.ts";
import type { Observation } from "../../model/actions.ts";
import type { FleetEvent } from "../../model/events.ts";
import type { HostId, ZoneId } from "../../model/ids.ts";
import type { Reading } from "../../model/metering.ts";
import { groupShares } from "./group-shares.ts";
import { ZoneMeter } from "./zone-meter.ts";

/**
 * Meters what the fleet uses, beside the log: energy, time of hosts and guests, CPU. What is true when
 * time leaves an instant is true until it leaves the next one, so that what happens in between counts to
 * the millisecond, and a host is looked at anew only when something about it or its guests has changed:
 * all of them once for each sample of usage, few of them for anything else.
 */
export class Metering {
  readonly #state: State;
  readonly #zones = new Map<ZoneId, ZoneMeter>();
  readonly #zoneOf = new Map<HostId, ZoneId>();
  /** Other zones are metered than when scaling groups were spread over them. */
  #zonesChanged = false;

  constructor(state: State) {
    this.#state = state;
  }

  note(observation: Observation): void {
    if (observation.kind !== "USAGE") return;
    for (const { hostId } of observation.guests) this.#state.touchedHosts.add(hostId);
  }

  /** Time leaves `nowMs`. */
  leave(nowMs: number): void {
    const { touchedHosts } = this.#state;
    if (touchedHosts.size > 0) {
      const byZone = Map.groupBy(touchedHosts, (id) => this.#zone(id));
      touchedHosts.clear();
      for (const [zoneId, hosts] of byZone)
        if (zoneId !== undefined) this.#meter(zoneId, nowMs).look(this.#state, hosts, nowMs);
    }
    this.#spreadGroups(nowMs);
  }

  /** Of events that are on disk. */
  count(events: readonly FleetEvent[]): void {
    for (const { kind, zoneId, atMs } of events)
      if (kind === "GuestMigrated" && zoneId !== null)
        this.#meter(zoneId, atMs).countMigration(atMs);
  }

  /** All that was metered until now and not yet taken. */
  take(nowMs: number): Reading[] {
    this.leave(nowMs);
    const readings: Reading[] = [];
    for (const [zoneId, meter] of this.#zones) {
      meter.settle(nowMs);
      readings.push(...meter.take());
      if (meter.hasHosts) continue;
      this.#zones.delete(zoneId);
      this.#zonesChanged = true;
    }
    return readings;
  }

  /** What could not be written after all. */
  putBack(readings: readonly Reading[]): void {
    for (const reading of readings) this.#meter(reading.zoneId, reading.untilMs).putBack(reading);
  }

  /** What a scaling group has and is spared counts in its zones, as evenly as it is spread over them. */
  #spreadGroups(nowMs: number): void {
    const { touchedGroups, tables } = this.#state;
    const isAll = this.#zonesChanged;
    if (touchedGroups.size === 0 && !isAll) return;
    const ids = new Set(isAll ? tables.ScalingGroup.sorted().map(({ id }) => id) : []);
    for (const id of touchedGroups) ids.add(id);
    touchedGroups.clear();
    this.#zonesChanged = false;
    for (const id of ids) {
      const shares = groupShares(this.#state, id, [...this.#zones.keys()]);
      for (const [zoneId, meter] of this.#zones) meter.setGroup(id, shares.get(zoneId), nowMs);
    }
  }

  /** Undefined for a host that came and went unseen. */
  #zone(id: HostId): ZoneId | undefined {
    const host = this.#state.tables.Host.find(id);
    const zoneId = host?.zoneId ?? this.#zoneOf.get(id);
    if (host) this.#zoneOf.set(id, host.zoneId);
    else this.#zoneOf.delete(id);
    return zoneId;
  }

  #meter(zoneId: ZoneId, nowMs: number): ZoneMeter {
    let meter = this.#zones.get(zoneId);
    if (!meter) {
      meter = new ZoneMeter(zoneId, nowMs);
      this.#zones.set(zoneId, meter);
      this.#zonesChanged = true;
    }
    return meter;
  }
}
