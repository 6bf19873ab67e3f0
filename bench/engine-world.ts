import type { ClockedDriver } from "../src/drivers/driver.ts";
import { createSimulatedDriver } from "../src/drivers/simulated/driver.ts";
import { actionsFor, outstandingActions } from "../src/engine/actions.ts";
import { decide, nextDueAtMs } from "../src/engine/engine.ts";
import type { Input } from "../src/engine/input.ts";
import { State } from "../src/engine/state.ts";
import type { Observation } from "../src/model/actions.ts";
import { ENGINE } from "../src/model/actors.ts";
import type { EventKind, FleetEvent } from "../src/model/events.ts";
import type { FleetSpec } from "../src/model/fleet.ts";
import { cpuSeconds } from "./harness.ts";

/** The engine and the simulated world, without disk and threads: only deciding takes time that counts. */
export class EngineWorld {
  readonly state: State;
  readonly events: FleetEvent[] = [];
  readonly startMs: number;
  /** CPU that deciding has taken. */
  decidingSeconds = 0;
  /** The most of it that one decision took. */
  longestDecisionSeconds = 0;
  #nowMs: number;
  readonly #driver: ClockedDriver;
  readonly #inbox: Observation[] = [];

  constructor(startMs: number, spec: FleetSpec) {
    this.startMs = startMs;
    this.#nowMs = startMs;
    this.state = State.from(null, startMs);
    const sink = (seen: Observation) => this.#inbox.push(seen);
    this.#driver = createSimulatedDriver({ seed: 1, nowMs: startMs, sink, state: new Map() });
    for (const { action } of outstandingActions(this.state)) this.#driver.perform(action);
    const command = { kind: "APPLY_FLEET", spec, dryRun: false, prune: false } as const;
    this.#take({ kind: "COMMAND", command, actor: ENGINE });
    this.advance(0);
  }

  advance(seconds: number): void {
    const untilMs = this.#nowMs + seconds * 1000;
    this.#takeIn();
    for (let dueMs = this.#dueMs(); dueMs <= untilMs; dueMs = this.#dueMs()) {
      this.#nowMs = Math.max(this.#nowMs, dueMs);
      this.#driver.advanceTo(this.#nowMs);
      this.#takeIn();
      if ((nextDueAtMs(this.state) ?? Number.POSITIVE_INFINITY) <= this.#nowMs)
        this.#take({ kind: "TICK" });
      this.#takeIn();
    }
    this.#nowMs = untilMs;
  }

  of<K extends EventKind>(...kinds: K[]): FleetEvent<K>[] {
    return this.events.filter(({ kind }) => (kinds as EventKind[]).includes(kind)) as never;
  }

  #dueMs(): number {
    const never = Number.POSITIVE_INFINITY;
    return Math.min(nextDueAtMs(this.state) ?? never, this.#driver.nextDueAtMs() ?? never);
  }

  #takeIn(): void {
    for (let observation = this.#inbox.shift(); observation; observation = this.#inbox.shift())
      this.#take({ kind: "OBSERVATION", observation, driver: "simulated" });
  }

  #take(input: Input): void {
    const before = cpuSeconds();
    const { events, rejection } = decide(this.state, input, this.#nowMs);
    const seconds = cpuSeconds() - before;
    this.decidingSeconds += seconds;
    this.longestDecisionSeconds = Math.max(this.longestDecisionSeconds, seconds);
    if (rejection) throw new Error(rejection.message);
    this.state.checkpoint();
    for (const event of events) this.events.push(event);
    for (const { action } of actionsFor(this.state, events)) this.#driver.perform(action);
  }
}
