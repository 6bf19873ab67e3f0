import type { ClockedDriver } from "../../src/drivers/driver.ts";
import { createSimulatedDriver } from "../../src/drivers/simulated/driver.ts";
import type {
  Action,
  GuestDescription,
  HostDescription,
  Observation,
  WorldSettings,
} from "../../src/model/actions.ts";
import type { GuestId, HostId, RackId, Ref, RegionId, ZoneId } from "../../src/model/ids.ts";
import { DEFAULT_SETTINGS } from "../../src/model/settings.ts";
import type { FaultKind } from "../../src/model/statuses.ts";

/** A whole number of seconds, and of sampling periods. */
export const EPOCH_MS = 1_700_000_000_000;

/** An observation and when it was made, in seconds since `EPOCH_MS`. */
export type Seen = Observation & { readonly at: number };
export type SeenAs<Kind extends Observation["kind"]> = Extract<Observation, { kind: Kind }> & {
  readonly at: number;
};

/**
 * A simulated driver and what it saw. Everything stands in region 1, zones 11 and 12, two racks of a
 * zone (111 and 112 in zone 11, 121 and 122 in zone 12) and hosts whose numbers begin like their racks'.
 */
export class SimulatedFleet {
  readonly seen: Seen[] = [];
  readonly stored = new Map<string, string>();
  readonly #seed: number;
  #nowMs = EPOCH_MS;
  #driver: ClockedDriver;
  #generation = 0;

  constructor(seed = 1) {
    this.#seed = seed;
    this.#driver = this.#create();
  }

  get driver(): ClockedDriver {
    return this.#driver;
  }

  /** Seconds since `EPOCH_MS`. */
  get now(): number {
    return (this.#nowMs - EPOCH_MS) / 1000;
  }

  /** Stop at each instant at which something is due, as the runtime does. */
  advanceTo(seconds: number): this {
    const untilMs = EPOCH_MS + Math.round(seconds * 1000);
    for (;;) {
      const dueMs = this.#driver.nextDueAtMs();
      if (dueMs === null || dueMs > untilMs) break;
      this.#nowMs = Math.max(this.#nowMs, dueMs);
      this.#driver.advanceTo(this.#nowMs);
    }
    this.#nowMs = untilMs;
    this.#driver.advanceTo(untilMs);
    return this;
  }

  advance(seconds: number): this {
    return this.advanceTo(this.now + seconds);
  }

  /** Move the world in one go over all that is due in between. */
  jump(seconds: number): this {
    this.#nowMs += Math.round(seconds * 1000);
    this.#driver.advanceTo(this.#nowMs);
    return this;
  }

  /** Let time pass unwatched, and rebuild the world from what was stored of it. */
  restart(afterSeconds = 0): this {
    this.store();
    this.#driver.close();
    this.#nowMs += Math.round(afterSeconds * 1000);
    this.#driver = this.#create();
    return this;
  }

  store(): void {
    for (const [key, value] of this.#driver.takeDirtyState()) {
      if (value === null) this.stored.delete(key);
      else this.stored.set(key, value);
    }
  }

  configure(world: Partial<WorldSettings>): this {
    return this.perform({ kind: "CONFIGURE_WORLD", world: { ...DEFAULT_WORLD, ...world } });
  }

  connect(...hosts: readonly HostDescription[]): this {
    for (const host of hosts) this.perform({ kind: "CONNECT_HOST", host });
    return this;
  }

  /** Start guests on a host and wait until they run. */
  run(hostId: number, ...guestIds: readonly number[]): this {
    for (const guestId of guestIds) this.start(hostId, guestId);
    return this.advance(10);
  }

  start(hostId: number, guestId: number, guest: Partial<GuestDescription> = {}): number {
    return this.ask({ kind: "START", guest: guestDescription(guest), ...place(hostId, guestId) });
  }

  migrate(guestId: number, hostId: number, targetHostId: number): number {
    const target = targetHostId as HostId;
    return this.ask({ kind: "MIGRATE", targetHostId: target, ...place(hostId, guestId) });
  }

  fence(hostId: number): number {
    return this.ask({ kind: "FENCE", hostId: hostId as HostId });
  }

  /** Perform under the next generation, which is returned. */
  ask(action: Unnumbered<Extract<Action, { generation: number }>>): number {
    const generation = ++this.#generation;
    this.perform({ ...action, generation } as Action);
    return generation;
  }

  inject(fault: FaultKind, target: number): this {
    return this.perform({ kind: "INJECT_FAULT", fault, target: refTo(target) });
  }

  clear(fault: FaultKind, target: number): this {
    return this.perform({ kind: "CLEAR_FAULT", fault, target: refTo(target) });
  }

  perform(action: Action): this {
    this.#driver.perform(action);
    return this;
  }

  all<Kind extends Observation["kind"]>(kind: Kind): SeenAs<Kind>[] {
    return this.seen.filter((seen): seen is Seen & SeenAs<Kind> => seen.kind === kind);
  }

  /** The answer to an action, if there was one. */
  answer(generation: number) {
    return [...this.all("ACTION_DONE"), ...this.all("ACTION_FAILED")].find(
      (answer) => answer.generation === generation,
    );
  }

  /** What runs on a host as it tells when it is asked; null when it doesn't answer. */
  inventory(hostId: number): readonly number[] | null {
    const before = this.seen.length;
    const known = this.#hosts.get(hostId);
    if (known) this.perform({ kind: "CONNECT_HOST", host: known });
    const [told] = this.seen.splice(before);
    if (told?.kind !== "HOST_CONNECTED") return null;
    return told.guests.map((guest) => guest.guestId);
  }

  /** Seconds at which a host was heard of, by a heartbeat or a report of what runs there. */
  heardOf(hostId: number): number[] {
    return this.seen
      .filter((seen) => {
        if (seen.kind === "HEARTBEATS") return seen.hostIds.includes(hostId as HostId);
        return seen.kind === "HOST_CONNECTED" && seen.hostId === hostId;
      })
      .map((seen) => seen.at);
  }

  get #hosts(): ReadonlyMap<number, HostDescription> {
    this.store();
    const hosts = new Map<number, HostDescription>();
    for (const [key, value] of this.stored) {
      if (!key.startsWith("host:")) continue;
      const { description } = JSON.parse(value) as { description: HostDescription };
      hosts.set(description.id, description);
    }
    return hosts;
  }

  #create(): ClockedDriver {
    return createSimulatedDriver({
      seed: this.#seed,
      nowMs: this.#nowMs,
      sink: (observation) => this.seen.push({ ...observation, at: this.now }),
      state: this.stored,
    });
  }
}

type Unnumbered<A> = A extends unknown ? Omit<A, "generation"> : never;

export const DEFAULT_WORLD: WorldSettings = {
  heartbeatSeconds: DEFAULT_SETTINGS.heartbeatSeconds,
  watchdogSeconds: DEFAULT_SETTINGS.watchdogSeconds,
  watchdogArmed: true,
  batterySeconds: DEFAULT_SETTINGS.batterySeconds,
  overheatSeconds: DEFAULT_SETTINGS.overheatSeconds,
  usageSampleSeconds: DEFAULT_SETTINGS.usageSampleSeconds,
  cpuAllocationRatio: DEFAULT_SETTINGS.cpuAllocationRatio,
  memoryAllocationRatio: DEFAULT_SETTINGS.memoryAllocationRatio,
};

/** Host 1112 is number 2 of rack 111, which is number 1 of zone 11. */
export function hostDescription(id: number): HostDescription {
  const rackId = Math.floor(id / 10);
  return {
    id: id as HostId,
    name: `host-${id}`,
    driver: "simulated",
    driverUri: null,
    rackId,
    dataCenterId: 5,
    zoneId: Math.floor(rackId / 10) as ZoneId,
    regionId: 1,
    capacity: { cpuMillicores: 8_000, memoryMiB: 32_768, storageGiB: 1_000 },
  };
}

export function guestDescription(more: Partial<GuestDescription> = {}): GuestDescription {
  return {
    name: "guest",
    resources: { cpuMillicores: 1_000, memoryMiB: 2_048, storageGiB: 10 },
    image: "debian",
    bootSeconds: null,
    workload: null,
    isolation: { revision: 0, securityGroupIds: [], allocation: null },
    groupId: null,
    ...more,
  };
}

export function place(hostId: number, guestId: number) {
  return { hostId: hostId as HostId, guestId: guestId as GuestId };
}

/** By the number of digits: region 1, zone 11, rack 111, host 1111, guest 11111. */
function refTo(id: number): Ref {
  switch (String(id).length) {
    case 1:
      return { type: "Region", id: id as RegionId };
    case 2:
      return { type: "Zone", id: id as ZoneId };
    case 3:
      return { type: "Rack", id: id as RackId };
    case 4:
      return { type: "Host", id: id as HostId };
    default:
      return { type: "Guest", id: id as GuestId };
  }
}
