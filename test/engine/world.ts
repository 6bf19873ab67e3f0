import type { ClockedDriver } from "../../src/drivers/driver.ts";
import { createSimulatedDriver } from "../../src/drivers/simulated/driver.ts";
import { actionsFor, outstandingActions } from "../../src/engine/actions.ts";
import { decide, nextDueAtMs } from "../../src/engine/engine.ts";
import type { Decision, Input } from "../../src/engine/input.ts";
import { State } from "../../src/engine/state.ts";
import { parseFleetDocument } from "../../src/fleet/parse.ts";
import type { Action, Observation } from "../../src/model/actions.ts";
import type { Command } from "../../src/model/commands.ts";
import type { Guest, Host } from "../../src/model/entities.ts";
import type { EventKind, FleetEvent } from "../../src/model/events.ts";
import type { FleetSpec } from "../../src/model/fleet.ts";
import type { Ref } from "../../src/model/ids.ts";
import type { FaultKind } from "../../src/model/statuses.ts";

export const START_MS = Date.UTC(2026, 0, 1);
const ALICE = { kind: "PRINCIPAL", name: "alice" } as const;
/** Far more decisions than any instant can need: whoever gets there is going round in circles. */
const DECISIONS_AT_ONCE = 10_000;

export function parse(document: string): FleetSpec {
  const parsed = parseFleetDocument(document);
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems, null, 2));
  return parsed.spec;
}

/** What becomes of an answer on its way from the driver to the engine. */
export type Fate = "ARRIVES" | "LOST" | "TWICE" | "LATE";

/** The engine and the simulated driver, joined as the runtime joins them, without disk and threads. */
export class World {
  state: State;
  readonly driver: ClockedDriver;
  readonly events: FleetEvent[] = [];
  nowMs = START_MS;
  startedMs = START_MS;
  /** Told of each decision before it is folded in, and again after. */
  watch: { before?(input: Input): void; after?(input: Input, decision: Decision): void } = {};
  fate: (seen: Observation) => Fate = () => "ARRIVES";
  /** The driver will not do the next of these. */
  refuses: Action["kind"] | null = null;
  readonly #inbox: Observation[] = [];
  readonly #late: Observation[] = [];
  /** Hosts on which each guest has a copy, in the world's own truth. */
  readonly copies = new Map<number, Set<number>>();

  constructor(document: string | null = null, seed = 1) {
    this.state = State.from(null, this.nowMs);
    this.driver = createSimulatedDriver({
      seed,
      nowMs: this.nowMs,
      sink: (seen) => this.#see(seen),
      state: new Map(),
    });
    for (const { action } of outstandingActions(this.state)) this.driver.perform(action);
    if (document) this.apply(document);
  }

  /** The engine's process ends and begins again: it has what was stored, and the driver goes on. */
  restart(): void {
    this.startedMs = this.nowMs;
    this.state = State.from(JSON.parse(JSON.stringify(this.state.snapshot())), this.nowMs);
    this.#late.length = 0;
    for (const { action } of outstandingActions(this.state)) this.driver.perform(action);
    this.advance(0);
  }

  get seconds(): number {
    return (this.nowMs - START_MS) / 1000;
  }

  input(input: Input): Decision {
    this.watch.before?.(input);
    const decision = decide(this.state, input, this.nowMs);
    this.state.checkpoint();
    this.events.push(...decision.events);
    this.watch.after?.(input, decision);
    for (const { action } of actionsFor(this.state, decision.events)) this.#perform(action);
    return decision;
  }

  /** Never done, for a reason of the driver's own: told with the next heartbeats. */
  #perform(action: Action): void {
    if (!("generation" in action) || action.kind !== this.refuses) {
      this.driver.perform(action);
      return;
    }
    this.refuses = null;
    const { kind, hostId, generation } = action;
    // It is the migration that is answered, and nobody knows what becomes of that.
    if (kind === "CANCEL_MIGRATION") return;
    const guestId = "guestId" in action ? action.guestId : null;
    const answer = { action: kind, guestId, hostId, generation };
    this.#late.push({ kind: "ACTION_FAILED", ...answer, error: "The connection was refused." });
  }

  observe(observation: Observation): Decision {
    return this.input({ kind: "OBSERVATION", observation, driver: "simulated" });
  }

  /** Gives the command and lets happen what happens at once. */
  try(command: Command): Decision {
    const decision = this.input({ kind: "COMMAND", command, actor: ALICE });
    this.advance(0);
    return decision;
  }

  do(command: Command): Decision {
    const decision = this.try(command);
    if (decision.rejection) throw new Error(JSON.stringify(decision.rejection, null, 2));
    return decision;
  }

  apply(document: string, options: { dryRun?: boolean; prune?: boolean } = {}): Decision {
    const spec = parse(document);
    return this.do({ kind: "APPLY_FLEET", spec, dryRun: false, prune: false, ...options });
  }

  inject(fault: FaultKind, name: string, durationSeconds: number | null = null): Decision {
    return this.do({ kind: "INJECT_FAULT", fault, target: this.ref(name), durationSeconds });
  }

  clear(fault: FaultKind, name: string): Decision {
    return this.do({ kind: "CLEAR_FAULT", fault, target: this.ref(name) });
  }

  /** Stops at each instant at which something is due, as the runtime does. */
  advance(seconds: number): this {
    const untilMs = this.nowMs + Math.round(seconds * 1000);
    let decisions = 0;
    let lastMs = this.nowMs;
    this.#takeIn();
    for (let dueMs = this.dueAtMs(); dueMs <= untilMs; dueMs = this.dueAtMs()) {
      this.nowMs = Math.max(this.nowMs, dueMs);
      decisions = this.nowMs === lastMs ? decisions + 1 : 0;
      lastMs = this.nowMs;
      if (decisions > DECISIONS_AT_ONCE) throw new Error(`Time stands still at ${this.seconds} s`);
      this.driver.advanceTo(this.nowMs);
      this.#takeIn();
      if ((nextDueAtMs(this.state) ?? Number.POSITIVE_INFINITY) <= this.nowMs)
        this.input({ kind: "TICK" });
      this.#takeIn();
    }
    this.nowMs = untilMs;
    return this;
  }

  dueAtMs(): number {
    const driverMs = this.driver.nextDueAtMs() ?? Number.POSITIVE_INFINITY;
    return Math.min(nextDueAtMs(this.state) ?? Number.POSITIVE_INFINITY, driverMs);
  }

  #see(seen: Observation): void {
    const isAnswer = "action" in seen || seen.kind === "HOST_PROBED";
    const fate = isAnswer ? this.fate(seen) : "ARRIVES";
    if (fate === "LATE") this.#late.push(seen);
    else if (fate !== "LOST") this.#inbox.push(seen);
    if (fate === "TWICE") this.#late.push(seen);
  }

  #takeIn(): void {
    this.#noteCopies();
    for (let seen = this.#inbox.shift(); seen; seen = this.#inbox.shift()) {
      this.observe(seen);
      this.#noteCopies();
      // What is late comes after something else that was seen.
      const late = seen.kind === "HEARTBEATS" ? this.#late.shift() : undefined;
      if (late) this.observe(late);
    }
  }

  #noteCopies(): void {
    for (const [key, value] of this.driver.takeDirtyState()) {
      const match = /:(\d+)@(\d+)$/.exec(key);
      if (!match) continue;
      const [guestId, hostId] = [Number(match[1]), Number(match[2])];
      const hosts = this.copies.get(guestId) ?? new Set();
      this.copies.set(guestId, hosts);
      if (value === null) hosts.delete(hostId);
      else hosts.add(hostId);
    }
  }

  // ── Looking ─────────────────────────────────────────────────────────────────────────────────

  guest(name: string, tenant = "default"): Guest {
    const tenantId = this.state.names.tenant.find(tenant) ?? 0;
    return this.state.tables.Guest.get(this.state.names.guest.find(name, tenantId) ?? 0);
  }

  host(name: string): Host {
    return this.state.tables.Host.get(this.state.names.host.find(name) ?? 0);
  }

  /** The name of the host where a guest is. */
  whereIs(guest: string): string | null {
    const { hostId } = this.guest(guest);
    return hostId === null ? null : this.state.tables.Host.get(hostId).name;
  }

  /** Host, rack, zone, region or guest: names in tests differ. */
  ref(name: string): Ref {
    const { host, rack, zone, region } = this.state.names;
    const racks = this.state.tables.Rack.sorted().filter((row) => row.name === name);
    const found: Ref[] = [
      { type: "Host", id: host.find(name) },
      { type: "Rack", id: racks[0]?.id ?? rack.find(name) },
      { type: "Zone", id: zone.find(name) },
      { type: "Region", id: region.find(name) },
    ].filter(({ id }) => id !== undefined) as Ref[];
    return found[0] ?? { type: "Guest", id: this.guest(name).id };
  }

  statuses(): Record<string, string> {
    return Object.fromEntries(this.state.tables.Guest.sorted().map((g) => [g.name, g.status]));
  }

  of<K extends EventKind>(...kinds: K[]): FleetEvent<K>[] {
    return this.events.filter((event) => (kinds as EventKind[]).includes(event.kind)) as never;
  }

  /** An event's causes, from itself to the root, by kind. */
  causes(event: FleetEvent | undefined): EventKind[] {
    const kinds: EventKind[] = [];
    for (let at = event; at; at = at.causeSeq === null ? undefined : this.events[at.causeSeq - 1])
      kinds.push(at.kind);
    return kinds;
  }
}
