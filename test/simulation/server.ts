import { State } from "../../src/engine/state.ts";
import type { Observation } from "../../src/model/actions.ts";
import type { Actor } from "../../src/model/actors.ts";
import type { Command, CommandResult } from "../../src/model/commands.ts";
import type { FleetEvent } from "../../src/model/events.ts";
import { startOfClock } from "../../src/runtime/clock.ts";
import type { Outlet } from "../../src/runtime/outlet.ts";
import type { ClockMode } from "../../src/runtime/ports.ts";
import { loadWorldState } from "../../src/runtime/world-state.ts";
import { Writer } from "../../src/runtime/writer.ts";
import type { Batch } from "../../src/store/batch.ts";
import { openReader } from "../../src/store/reader.ts";
import { openStore, type Store } from "../../src/store/writer.ts";
import { ChaosDriver, type Weather } from "./chaos.ts";
import { RealWorld } from "./real-world.ts";
import type { End } from "./script.ts";

const SIMULATION: Actor = { kind: "PRINCIPAL", name: "simulation" };
const CLOCK: ClockMode = { kind: "MANUAL" };

/** The process is killed: not an error of anything that is under test. */
class Killed extends Error {}

/** When the server dies, counted in writes or orders from now. */
export interface Doom {
  readonly end: End;
  nth: number;
}

export interface ServerParts {
  readonly dataDir: string;
  readonly seed: number;
  readonly weather: Weather;
  /** A world that has outlived the server before; null: it wakes from the store. */
  readonly world: RealWorld | null;
  /** Told after each commit; says what is wrong with the fleet as it is now. */
  readonly look: (state: State, news: readonly FleetEvent[]) => readonly string[];
}

/**
 * The production writer on the production store and the simulated world, in a process that can be
 * killed at any point: whatever was to happen after it does not.
 */
export class Server {
  readonly state: State;
  readonly world: RealWorld;
  readonly store: Store;
  /** What went wrong, first things first. */
  readonly problems: string[] = [];
  doom: Doom | null = null;
  /** As of the newest commit. */
  nowMs: number;
  readonly #look: ServerParts["look"];
  readonly #writer: Writer;
  readonly #chaos: ChaosDriver;
  /** What was written last. */
  #news: readonly FleetEvent[] = [];
  readonly #died = Promise.withResolvers<null>();
  #isDead = false;

  constructor({ dataDir, seed, weather, world, look }: ServerParts) {
    this.#look = look;
    this.store = openStore({ dataDir, epoch: "simulation" });
    const { clockMs, ...snapshot } = this.store.load();
    const stored = loadWorldState(this.store, "simulated");
    const wakesMs = startOfClock(CLOCK, clockMs);
    this.world = world ?? new RealWorld(seed, wakesMs, stored.state);
    // A clock that other things than the server live by does not wait for it.
    const startMs = Math.max(wakesMs, this.world.nowMs);
    this.nowMs = startMs;
    this.state = State.from(snapshot, startMs);
    this.#writer = new Writer({
      mode: CLOCK,
      startMs,
      store: this.#mortal(this.store),
      state: this.state,
      retention: { maxAgeMs: Number.MAX_SAFE_INTEGER, maxEvents: 1_000_000 },
      outlet: this.#outlet(),
      // Only the faults of a world that went on are played by us; the rest it was told or asks for.
      unordered: world
        ? stored.unordered.filter(({ category }) => category === "SIMULATION")
        : stored.unordered,
      drivers: (sink) => [this.#connect(weather, (seen) => sink("simulated", seen))],
    });
    this.#chaos = this.#connected as ChaosDriver;
    if (world) for (const seen of world.readUtilities()) this.#tell?.(seen);
    this.#writer.start();
  }

  #connected: ChaosDriver | null = null;
  #tell: ((seen: Observation) => void) | null = null;

  #connect(weather: Weather, tell: (seen: Observation) => void): ChaosDriver {
    this.#tell = tell;
    const mayAct = () => !this.#strikes("MIDWAY");
    this.#connected = new ChaosDriver({ world: this.world, weather, tell, mayAct });
    return this.#connected;
  }

  get isDead(): boolean {
    return this.#isDead;
  }

  /** Null when it died over it. */
  async submit(command: Command): Promise<CommandResult | null> {
    const answered = new Promise<CommandResult>((reply) =>
      this.#writer.submit({
        envelope: { command, actor: SIMULATION, idempotencyKey: null },
        reply,
      }),
    );
    const result = await Promise.race([answered, this.#died.promise]);
    this.#note(this.#chaos.problem ?? this.world.problem);
    if (this.#isDead) return null;
    if (result?.ok === false && result.rejection.code === "INTERNAL")
      this.#note(`${command.kind} was answered: ${result.rejection.message}`);
    return result;
  }

  /** Nothing befalls orders and answers any more. */
  calm(): void {
    this.doom = null;
    this.#chaos.calm();
  }

  /** As an operator ends it. */
  stop(): void {
    this.#writer.close();
    this.#isDead = true;
  }

  /** As the operating system does: what is on disk stays. */
  kill(): void {
    this.#die();
    try {
      // Only to stop its timers: nothing that it does any more comes to anything.
      this.#writer.close();
    } catch (error) {
      if (!(error instanceof Killed)) throw error;
    }
    this.store.close();
  }

  #die(): void {
    this.#isDead = true;
    this.#chaos.close();
    this.#died.resolve(null);
  }

  #strikes(end: End): boolean {
    if (this.#isDead) return true;
    if (this.doom?.end !== end || --this.doom.nth > 0) return false;
    this.#die();
    return true;
  }

  /** A store whose process can die around each write. */
  #mortal(store: Store): Store {
    const append = (batch: Batch) => {
      if (batch.events.length === 0) {
        if (this.#isDead) throw new Killed();
        store.append(batch);
        return;
      }
      if (this.#strikes("BEFORE_COMMIT")) throw new Killed();
      store.append(batch);
      this.#news = batch.events;
      if (this.#strikes("AFTER_COMMIT")) throw new Killed();
    };
    return {
      epoch: store.epoch,
      dataDir: store.dataDir,
      head: () => store.head(),
      earliest: () => store.earliest(),
      load: () => store.load(),
      loadDriverState: (driver) => store.loadDriverState(driver),
      append,
      findIdempotent: (actor, key) => store.findIdempotent(actor, key),
      applyRetention: (bounds) => store.applyRetention(bounds),
      close: () => store.close(),
    };
  }

  #outlet(): Outlet {
    return {
      committed: (_head, nowMs) => {
        this.nowMs = nowMs;
        for (const problem of this.#look(this.state, this.#news)) this.#note(problem);
      },
      clock: () => undefined,
      health: ({ problems }) => {
        for (const problem of problems) this.#note(problem);
      },
      log: (text) => this.#note(text),
      fatal: (error) => {
        if (!(error instanceof Killed)) this.#note(`the writer died: ${error.stack}`);
        this.#die();
      },
    };
  }

  #note(problem: string | null): void {
    if (problem === null) return;
    if (this.problems.length === 0)
      this.problems.push(`at event ${this.state.meta.seq}: ${problem}`);
    else if (this.problems.length < 10) this.problems.push(problem);
  }

  /** What is on disk, read by a connection of its own. */
  stored() {
    const reader = openReader(this.store.dataDir);
    try {
      const { meta, entities } = reader.load();
      return { tables: { meta, entities }, events: reader.readEvents(0, 1_000_000) };
    } finally {
      reader.close();
    }
  }
}
