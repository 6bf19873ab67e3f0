/** The setting of Beloglazov & Buyya 2012 as a world for the engine: what its orders do, and what is metered. */

import type { DriverAction } from "../src/engine/actions.ts";
import type { State } from "../src/engine/state.ts";
import type { Action, Observation } from "../src/model/actions.ts";
import type { GuestId, HostId } from "../src/model/ids.ts";
import { powerWattsOf, wattsAt } from "../src/model/power.ts";

/** Megabytes a second that migrations are given. */
const MIGRATION_MB_PER_SECOND = 62.5;
/** Of its CPU, what a guest loses while it migrates. */
const MIGRATION_CPU_LOSS = 0.1;

export interface Meters {
  energyKwh: number;
  migrations: number;
  activeSeconds: number;
  overloadedSeconds: number;
  /** In millicore-seconds. */
  asked: number;
  lostToMigrations: number;
}

interface Moving {
  readonly guestId: GuestId;
  readonly hostId: HostId;
  readonly targetHostId: HostId;
  readonly generation: number;
  readonly endsAtMs: number;
}

interface HostOfTrace {
  readonly id: HostId;
  readonly capacity: number;
  readonly watts: readonly number[];
  isOn: boolean;
  demand: number;
  readonly guests: Set<GuestId>;
  arriving: number;
}

/** Waking, sleeping and starting are instant; migrations take memory ÷ 62.5 MB/s. */
export class TraceWorld {
  readonly meters: Meters = {
    energyKwh: 0,
    migrations: 0,
    activeSeconds: 0,
    overloadedSeconds: 0,
    asked: 0,
    lostToMigrations: 0,
  };
  readonly answers: Observation[] = [];
  readonly #hosts = new Map<HostId, HostOfTrace>();
  readonly #demand = new Map<GuestId, number>();
  readonly #memory = new Map<GuestId, number>();
  readonly #at = new Map<GuestId, HostId>();
  readonly #moving: Moving[] = [];
  #nowMs: number;

  constructor(nowMs: number) {
    this.#nowMs = nowMs;
  }

  /** Hosts and guests as the fleet document made them. */
  meet({ tables }: State): void {
    for (const host of tables.Host.sorted())
      if (!this.#hosts.has(host.id))
        this.#hosts.set(host.id, {
          id: host.id,
          capacity: host.capacity.cpuMillicores,
          watts: powerWattsOf(host),
          isOn: true,
          demand: 0,
          guests: new Set(),
          arriving: 0,
        });
    for (const { id, resources } of tables.Guest.values())
      this.#memory.set(id, resources.memoryMiB);
  }

  get hostsOn(): HostId[] {
    return [...this.#hosts.values()].filter(({ isOn }) => isOn).map(({ id }) => id);
  }

  /** Each guest asks for so many millicores from now on. */
  ask(demands: ReadonlyMap<GuestId, number>): void {
    for (const [guestId, millicores] of demands) this.#demand.set(guestId, millicores);
    for (const host of this.#hosts.values()) {
      host.demand = 0;
      for (const id of host.guests) host.demand += this.#demand.get(id) ?? 0;
    }
  }

  /** When the next migration ends; null: none is under way. */
  get nextMs(): number | null {
    const [first] = this.#moving;
    return first ? first.endsAtMs : null;
  }

  /** Meters until then, and ends the migrations that are over then. */
  advanceTo(atMs: number): void {
    this.#meter((atMs - this.#nowMs) / 1000);
    this.#nowMs = atMs;
    while (this.#moving[0] && this.#moving[0].endsAtMs <= atMs)
      this.#arrive(this.#moving.shift() as Moving);
  }

  #meter(seconds: number): void {
    if (seconds <= 0) return;
    const { meters } = this;
    for (const host of this.#hosts.values()) {
      if (!host.isOn) continue;
      meters.energyKwh += (wattsAt(host.watts, host.demand / host.capacity) * seconds) / 3.6e6;
      if (host.guests.size + host.arriving === 0) continue;
      meters.activeSeconds += seconds;
      if (host.demand > host.capacity) meters.overloadedSeconds += seconds;
    }
    for (const id of this.#at.keys()) meters.asked += (this.#demand.get(id) ?? 0) * seconds;
    for (const { guestId } of this.#moving)
      meters.lostToMigrations += MIGRATION_CPU_LOSS * (this.#demand.get(guestId) ?? 0) * seconds;
  }

  perform(orders: readonly DriverAction[]): void {
    for (const { action } of orders) this.#perform(action);
  }

  #perform(action: Action): void {
    switch (action.kind) {
      case "CONNECT_HOST":
        if (this.#host(action.host.id).isOn) this.#connected(action.host.id);
        break;
      case "START":
        this.#put(action.guestId, action.hostId);
        this.#done(action);
        break;
      case "MIGRATE":
        this.#depart(action);
        break;
      case "SHUTDOWN_HOST":
        this.#host(action.hostId).isOn = false;
        this.#done(action);
        break;
      case "POWER_ON_HOST":
        this.#host(action.hostId).isOn = true;
        this.#done(action);
        this.#connected(action.hostId);
        break;
      case "CONFIGURE_WORLD":
      case "SET_SECURITY_GROUPS":
      case "KEEP_LOAD_BALANCERS":
      case "ISOLATE":
        break;
      default:
        throw new Error(`${action.kind} is not to be expected here`);
    }
  }

  #host(id: HostId): HostOfTrace {
    const host = this.#hosts.get(id);
    if (!host) throw new Error(`Host #${id} is unknown`);
    return host;
  }

  #connected(hostId: HostId): void {
    const { guests } = this.#host(hostId);
    const running = [...guests].map((guestId) => ({ guestId, state: "RUNNING" as const }));
    this.answers.push({ kind: "HOST_CONNECTED", hostId, guests: running } as Observation);
  }

  #done(action: Extract<Action, { generation: number }>): void {
    const { kind, hostId, generation } = action;
    const guestId = "guestId" in action ? action.guestId : null;
    this.answers.push({
      kind: "ACTION_DONE",
      action: kind,
      guestId,
      hostId,
      generation,
    } as Observation);
  }

  #put(guestId: GuestId, hostId: HostId): void {
    const before = this.#at.get(guestId);
    const demand = this.#demand.get(guestId) ?? 0;
    if (before !== undefined) {
      const host = this.#host(before);
      host.guests.delete(guestId);
      host.demand -= demand;
    }
    const host = this.#host(hostId);
    if (!host.isOn) throw new Error(`A guest was sent to host #${hostId}, which is off`);
    host.guests.add(guestId);
    host.demand += demand;
    this.#at.set(guestId, hostId);
  }

  #depart({
    guestId,
    hostId,
    targetHostId,
    generation,
  }: Extract<Action, { kind: "MIGRATE" }>): void {
    const seconds = (this.#memory.get(guestId) ?? 0) / MIGRATION_MB_PER_SECOND;
    const endsAtMs = this.#nowMs + Math.round(seconds * 1000);
    this.#host(targetHostId).arriving++;
    this.#moving.push({ guestId, hostId, targetHostId, generation, endsAtMs });
    this.#moving.sort((a, b) => a.endsAtMs - b.endsAtMs);
    this.meters.migrations++;
  }

  #arrive({ guestId, hostId, targetHostId, generation }: Moving): void {
    this.#host(targetHostId).arriving--;
    this.#put(guestId, targetHostId);
    this.answers.push({
      kind: "ACTION_DONE",
      action: "MIGRATE",
      guestId,
      hostId,
      generation,
      downtimeMs: 0,
    });
  }
}
