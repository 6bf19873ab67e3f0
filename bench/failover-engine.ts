/** The loss of a zone on the engine's own state and the real store: no driver, no thread. */

import { inStartingOrder } from "../src/engine/controllers/starting-order.ts";
import { decide } from "../src/engine/engine.ts";
import type { Input } from "../src/engine/input.ts";
import { objection } from "../src/engine/placement/filters.ts";
import { findPlace } from "../src/engine/placement/place.ts";
import { type Subject, subjectFor } from "../src/engine/placement/subject.ts";
import { State } from "../src/engine/state.ts";
import type { Observation } from "../src/model/actions.ts";
import { ENGINE } from "../src/model/actors.ts";
import type { Guest } from "../src/model/entities.ts";
import type { FleetEvent } from "../src/model/events.ts";
import type { FleetSpec } from "../src/model/fleet.ts";
import type { HostId } from "../src/model/ids.ts";
import { PRIORITIES } from "../src/model/statuses.ts";
import { openStore, type Store } from "../src/store/writer.ts";
import { collectGarbage, cpuSeconds, secondsOf } from "./harness.ts";

const START_MS = Date.UTC(2026, 0, 1);
const TICK: Input = { kind: "TICK" };
/** Starts that wait for their turn get it when others are done; so often at most. */
const START_ROUNDS = 50;
/** Silence after which the default watchdog has killed everything for certain. */
const PROVEN_DEAD_SECONDS = 10;

/** What became of the guests of a lost zone. */
export interface Chosen {
  readonly cpuSeconds: number;
  readonly leftBehind: number;
}

/** A fleet in which every guest runs, in memory and, where a folder is given, in a store on disk. */
export class BigFleet implements Disposable {
  readonly state = State.from(null, START_MS);
  readonly #store: Store | null;
  #nowMs = START_MS;
  #events: FleetEvent[] = [];

  constructor(folder: string | null, spec: FleetSpec) {
    this.#store = folder === null ? null : openStore({ dataDir: folder });
    const command = { kind: "APPLY_FLEET", spec, dryRun: false, prune: false } as const;
    this.#take({ kind: "COMMAND", command, actor: ENGINE });
    for (const { id } of this.state.tables.Host.sorted())
      this.#see({ kind: "HOST_CONNECTED", hostId: id, guests: [] });
    this.finishStarts();
    if (this.down() > 0) throw new Error(`${this.down()} guests do not run before the loss`);
  }

  [Symbol.dispose](): void {
    this.#store?.close();
  }

  #see(observation: Observation): void {
    this.#take({ kind: "OBSERVATION", observation, driver: "simulated" });
  }

  /** Decides, for good. */
  #take(input: Input): readonly FleetEvent[] {
    const { events, rejection } = decide(this.state, input, this.#nowMs);
    if (rejection) throw new Error(rejection.message);
    for (const event of events) this.#events.push(event);
    return events;
  }

  /** Everything since the last time goes to disk, in one transaction. */
  #commit(): void {
    const changes = this.state.changes();
    const nothing = { driverState: new Map(), idempotency: [], telemetry: null };
    this.#store?.append({ events: this.#events, changes, clockMs: this.#nowMs, ...nothing });
    this.state.checkpoint();
    this.#events = [];
  }

  /** The zone whose guests are nearest to a quarter of all. */
  quarter(): number {
    const { Guest, Host, Zone } = this.state.tables;
    const guests = new Map<number, number>();
    for (const { hostId } of Guest.values()) {
      const { zoneId } = Host.get(hostId ?? 0);
      guests.set(zoneId, (guests.get(zoneId) ?? 0) + 1);
    }
    const distance = (id: number) => Math.abs((guests.get(id) ?? 0) - Guest.size / Zone.size);
    return Zone.sorted()
      .map(({ id }) => id as number)
      .sort((a, b) => distance(a) - distance(b))[0] as number;
  }

  /** Everything in the zone falls silent; time passes until the instant before it is proven dead. */
  loseZone(zoneId: number): void {
    const heard = this.state.tables.Host.sorted().filter((host) => host.zoneId !== zoneId);
    const hostIds = heard.map(({ id }) => id);
    for (let second = 1; second <= PROVEN_DEAD_SECONDS; second++) {
      this.#nowMs += 1_000;
      this.#see({ kind: "HEARTBEATS", hostIds });
      if (second < PROVEN_DEAD_SECONDS) this.#take(TICK);
    }
    this.#commit();
  }

  /** CPU seconds of the decision that recovers the zone, garbage of the last one collected before. */
  decideSeconds(): number {
    const mark = this.state.mark();
    collectGarbage();
    const before = cpuSeconds();
    decide(this.state, TICK, this.#nowMs);
    const seconds = cpuSeconds() - before;
    this.state.rollback(mark);
    return seconds;
  }

  /** The decision for good. `seconds`: until what was decided is on disk. */
  recover(): { guests: number; seconds: number } {
    const { events } = decide(this.state, TICK, this.#nowMs);
    const seconds = secondsOf(() => {
      for (const event of events) this.#events.push(event);
      this.#commit();
    });
    return { guests: events.filter(({ kind }) => kind === "GuestLost").length, seconds };
  }

  /** Whoever starts has started, round by round, until nobody does. */
  finishStarts(): void {
    for (let round = 0; round < START_ROUNDS; round++) {
      this.#take(TICK);
      const starting = this.state.tables.Guest.sorted().filter(({ task }) => task !== null);
      if (starting.length === 0) break;
      for (const { id: guestId, hostId, generation } of starting)
        if (hostId !== null)
          this.#see({ kind: "ACTION_DONE", action: "START", guestId, hostId, generation });
    }
    this.#commit();
  }

  /** Guests that do not run. */
  down(): number {
    return this.state.tables.Guest.sorted().filter(({ status }) => status !== "RUNNING").length;
  }

  /** Guests of the zone, in the order of their priority and then of their ids. */
  guestsOf(zoneId: number): Guest[] {
    const { Guest, Host } = this.state.tables;
    const rank = ({ recovery }: Guest) => PRIORITIES.indexOf(recovery.priority);
    return Guest.sorted()
      .filter(({ hostId }) => hostId !== null && Host.get(hostId).zoneId === zoneId)
      .sort((a, b) => rank(b) - rank(a) || a.id - b.id);
  }

  /** The zone's hosts are down and its guests nowhere, as far as placement sees it. */
  #empty(zoneId: number, lost: readonly Guest[]): void {
    const { Guest, Host } = this.state.tables;
    for (const host of Host.sorted())
      if (host.zoneId === zoneId) Host.patch(host.id, { status: "DOWN" });
    for (const { id } of lost) Guest.patch(id, { hostId: null, status: "LOST" });
  }

  /**
   * What a plain manager would do with the same guests on the same fleet: for each, the first host in
   * order of id that has no objection, by the same filters. Only choosing and taking the room counts.
   */
  firstFit(zoneId: number): Chosen {
    const { state } = this;
    const rooms = state.tables.Host.sorted().map(({ id }) => state.indexes.capacity.room(id));
    return this.#choose(
      zoneId,
      (guests) => guests,
      (subject) =>
        rooms.find((one) => one !== undefined && !objection(state, subject, one))?.hostId ?? null,
    );
  }

  /** The engine's choice alone, as much as `firstFit` does: no facts, no causes, nobody's turn. */
  bestFit(zoneId: number): Chosen {
    const { state } = this;
    return this.#choose(
      zoneId,
      (guests) => inStartingOrder(state, guests),
      (subject) => findPlace(state, subject, this.#nowMs)?.hostId ?? null,
    );
  }

  #choose(
    zoneId: number,
    inOrder: (guests: readonly Guest[]) => readonly Guest[],
    hostFor: (subject: Subject) => HostId | null,
  ): Chosen {
    const { state } = this;
    const lost = this.guestsOf(zoneId);
    const mark = state.mark();
    this.#empty(zoneId, lost);
    const waiting = lost.map(({ id }) => state.tables.Guest.get(id));
    collectGarbage();
    const before = cpuSeconds();
    let leftBehind = 0;
    for (const guest of inOrder(waiting)) {
      const hostId = hostFor(subjectFor(state, guest));
      if (hostId !== null) state.tables.Guest.patch(guest.id, { hostId });
      else leftBehind++;
    }
    const seconds = cpuSeconds() - before;
    state.rollback(mark);
    return { cpuSeconds: seconds, leftBehind };
  }
}
