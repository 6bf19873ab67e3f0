import type { GuestUsage, Observation } from "../model/actions.ts";
import type { GuestId, HostId, LoadBalancerId } from "../model/ids.ts";
import type { GuestSample, Telemetry, TrafficSample } from "../store/batch.ts";

/** What is kept as the newest sample only. */
export type Samples = Omit<Telemetry, "readings">;

/** Lists of heartbeats kept as they came; more of them are merged. */
const MAX_LISTS = 64;

/** Signs of life and samples on their way to the tables: only the newest of each is worth writing. */
export class TelemetryBuffer {
  #guests = new Map<GuestId, GuestSample>();
  #hosts = new Map<HostId, number>();
  #loadBalancers = new Map<LoadBalancerId, TrafficSample>();
  /** Drivers send the same list again while the same hosts live: one entry instead of thousands. */
  readonly #lists = new Map<readonly HostId[], number>();

  get isEmpty(): boolean {
    const waiting = [this.#guests, this.#hosts, this.#lists, this.#loadBalancers];
    return waiting.every(({ size }) => size === 0);
  }

  note(observation: Observation, atMs: number): void {
    if (observation.kind === "HEARTBEATS") this.#noteHeartbeats(observation.hostIds, atMs);
    else if (observation.kind === "USAGE") this.#noteUsage(observation.guests, atMs);
    else if (observation.kind === "TRAFFIC")
      for (const traffic of observation.loadBalancers)
        this.#loadBalancers.set(traffic.loadBalancerId, { traffic, sampledAtMs: atMs });
  }

  /** Up to `maxRows` of what waits. */
  take(maxRows: number): Samples {
    this.#mergeLists();
    const hosts = takeFirst(this.#hosts, maxRows);
    const guests = takeFirst(this.#guests, maxRows - hosts.size);
    const left = maxRows - hosts.size - guests.size;
    return { hosts, guests, loadBalancers: takeFirst(this.#loadBalancers, left) };
  }

  /** What could not be written after all; anything newer stays. */
  putBack({ hosts, guests, loadBalancers = new Map() }: Samples): void {
    this.#loadBalancers = new Map([...loadBalancers, ...this.#loadBalancers]);
    this.#hosts = new Map([...hosts, ...this.#hosts]);
    this.#guests = new Map([...guests, ...this.#guests]);
  }

  #noteHeartbeats(hostIds: readonly HostId[], atMs: number): void {
    this.#lists.delete(hostIds);
    this.#lists.set(hostIds, atMs);
    if (this.#lists.size > MAX_LISTS) this.#mergeLists();
  }

  #noteUsage(guests: readonly GuestUsage[], sampledAtMs: number): void {
    for (const { guestId, hostId: _hostId, ...sample } of guests)
      this.#guests.set(guestId, { ...sample, sampledAtMs });
  }

  #mergeLists(): void {
    for (const [hostIds, atMs] of this.#lists) for (const id of hostIds) this.#hosts.set(id, atMs);
    this.#lists.clear();
  }
}

function takeFirst<K, V>(all: Map<K, V>, limit: number): Map<K, V> {
  const taken = new Map<K, V>();
  for (const [key, value] of all) {
    if (taken.size >= limit) break;
    taken.set(key, value);
    all.delete(key);
  }
  return taken;
}
