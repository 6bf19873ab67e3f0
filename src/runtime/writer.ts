import type { Driver, Passage } from "../drivers/driver.ts";
import { actionsFor, outstandingActions } from "../engine/actions.ts";
import type { State } from "../engine/state.ts";
import type { Observation } from "../model/actions.ts";
import type { FleetEvent } from "../model/events.ts";
import type { GuestId } from "../model/ids.ts";
import type { Flow } from "../model/security.ts";
import type { AnyDriverName } from "../model/statuses.ts";
import type { Telemetry } from "../store/batch.ts";
import type { Store } from "../store/writer.ts";
import { FULL } from "./batch.ts";
import type { ClockAnchor } from "./clock.ts";
import { CommandDesk } from "./command-desk.ts";
import { Committer, type FailedCommit, isOurMistake, refusalOf } from "./committer.ts";
import { Decisions } from "./decisions.ts";
import { DriverPool, type Sighting } from "./driver-pool.ts";
import { RetentionRounds, TelemetryRounds } from "./housekeeping.ts";
import { Idempotency, refused, type Submission } from "./idempotency.ts";
import { Metering } from "./metering/metering.ts";
import type { Retention } from "./options.ts";
import type { Outlet } from "./outlet.ts";
import { Pace } from "./pace.ts";
import type { ClockMode, Health } from "./ports.ts";
import { Queue } from "./queue.ts";
import { type Samples, TelemetryBuffer } from "./telemetry.ts";
import { Ticks } from "./ticks.ts";
import { Troubles } from "./troubles.ts";
import { WriterFigures } from "./writer-figures.ts";

/** Real time between two looks at the event loop: a message never waits much longer than this. */
const SLICE_MS = 10;

/** Inputs of each sort that are taken at once. */
const MAX_INPUTS = 512;

/** Real time between attempts when the disk refuses a batch. */
const RETRY_MS = 1_000;

export interface WriterParts {
  readonly mode: ClockMode;
  readonly startMs: number;
  readonly store: Store;
  readonly state: State;
  readonly retention: Retention;
  readonly outlet: Outlet;
  /** Facts whose orders the drivers' worlds may not have heard of. */
  readonly unordered: readonly FleetEvent[];
  drivers(sink: (driver: AnyDriverName, observation: Observation) => void): readonly Driver[];
}

/**
 * The only one that changes anything. Time, observations and commands go in; what is decided reaches
 * the disk in batches; only then is anyone answered, told or ordered to act.
 *
 * One loop serves all clocks. It goes from instant to instant: the next one at which the engine or a
 * driver has something due, or at which something was seen or asked. At each, the drivers' worlds
 * move first, then comes what they saw, then commands, then the engine's own due work. A batch may
 * span instants as long as nobody waits for it, so that a clock that leaps does not sync the disk at
 * every instant of the way. Where batches end leaves no trace in the log.
 */
export class Writer {
  readonly #store: Store;
  readonly #state: State;
  readonly #outlet: Outlet;
  readonly #troubles: Troubles;
  readonly #decisions: Decisions;
  readonly #drivers: DriverPool;
  readonly #ticks: Ticks;
  readonly #desk: CommandDesk;
  readonly #committer: Committer;
  readonly #pace: Pace;
  readonly #retention: RetentionRounds;
  readonly #telemetryRounds: TelemetryRounds;
  readonly #figures: WriterFigures;

  readonly #unordered: readonly FleetEvent[];
  readonly #sightings = new Queue<Sighting>();
  readonly #telemetry = new TelemetryBuffer();
  readonly #metering: Metering;

  /** The instant that is being worked on: fleet time as far as it has been dealt with. */
  #nowMs: number;
  /** Real time before which the disk is not tried again. */
  #retryAtMs = 0;
  /** Inputs left to take one at a time, after a batch of many was refused for what was in it. */
  #oneByOne = 0;

  #waitedForEcho = false;
  #isWorking = false;
  #immediate: NodeJS.Immediate | null = null;
  #timer: NodeJS.Timeout | null = null;
  #isClosed = false;

  constructor(parts: WriterParts) {
    const { mode, startMs, store, state, retention, outlet, drivers } = parts;
    this.#unordered = parts.unordered;
    this.#store = store;
    this.#state = state;
    this.#outlet = outlet;
    this.#nowMs = startMs;
    this.#pace = new Pace(mode, startMs, (anchor) => outlet.clock(anchor));
    const troubles = new Troubles(
      (health) => outlet.health(health),
      (text) => outlet.log(text),
    );
    this.#troubles = troubles;
    const figures = new WriterFigures(() => ({
      commands: this.#desk.waiting,
      sightings: this.#sightings.size,
    }));
    this.#figures = figures;
    this.#decisions = new Decisions(state, troubles, figures);
    this.#ticks = new Ticks(this.#decisions);
    this.#desk = new CommandDesk(mode, this.#decisions, new Idempotency(store), figures);
    const sink = (driver: AnyDriverName, observation: Observation) =>
      this.#observe(driver, observation);
    this.#drivers = new DriverPool(drivers(sink), troubles, sink);
    this.#committer = new Committer({
      store,
      state,
      drivers: this.#drivers,
      sightings: this.#sightings,
      outlet,
      troubles,
      figures,
    });
    this.#retention = new RetentionRounds(store, retention, startMs);
    this.#metering = new Metering(state);
    this.#telemetryRounds = new TelemetryRounds(this.#telemetry, (samples) =>
      this.#writeTelemetry(samples),
    );
  }

  get anchor(): ClockAnchor {
    return this.#pace.anchor;
  }

  get driverNames(): readonly AnyDriverName[] {
    return this.#drivers.names;
  }

  health(): Health {
    return this.#troubles.health();
  }

  figures(): Promise<string> {
    return this.#figures.read();
  }

  /** Asked of the driver of both guests' hosts; a guest that is nowhere is nobody else's either. */
  tryFlow(from: GuestId, to: GuestId, flow: Flow): Passage | null {
    const { Guest, Host } = this.#state.tables;
    const drivers = [from, to]
      .map((id) => Host.find(Guest.find(id)?.hostId ?? 0)?.driver)
      .filter((driver) => driver !== undefined);
    const [driver = "simulated", other = driver] = drivers;
    return driver === other ? this.#drivers.tryFlow(driver, from, to, flow) : null;
  }

  /** Repeats the orders that were never answered or may have been lost, and begins to work. */
  start(): void {
    this.#isWorking = true;
    this.#committer.moveWorld(this.#nowMs);
    for (const action of outstandingActions(this.#state)) this.#committer.perform(action);
    for (const action of actionsFor(this.#state, this.#unordered)) this.#committer.perform(action);
    this.#isWorking = false;
    this.#soon();
  }

  submit(submission: Submission): void {
    if (this.#isClosed) {
      submission.reply(refused("INTERNAL", "The server is shutting down."));
      return;
    }
    this.#desk.push(submission);
    // Whoever asks shall not wait for the next attempt to find out that the disk is still full.
    this.#retryAtMs = 0;
    this.#soon();
  }

  /** Answers what was asked, as far as it need not wait for time to pass, and lets go of the store. */
  close(): void {
    if (!this.#isClosed) this.#finish();
    this.#stop("The server is shutting down.");
    this.#drivers.close();
    this.#store.close();
  }

  // ── The loop ────────────────────────────────────────────────────────────────────────────────

  #soon(): void {
    if (this.#isClosed || this.#isWorking || this.#immediate) return;
    this.#immediate = setImmediate(this.#turn);
  }

  readonly #turn = (): void => {
    this.#cancelTurns();
    this.#isWorking = true;
    try {
      const more = this.#work();
      this.#isWorking = false;
      if (more) this.#soon();
      else this.#sleep();
    } catch (error) {
      this.#isWorking = false;
      this.#die(error);
    }
  };

  #cancelTurns(): void {
    if (this.#immediate) clearImmediate(this.#immediate);
    if (this.#timer) clearTimeout(this.#timer);
    this.#immediate = null;
    this.#timer = null;
  }

  /** A slice of work; true when there is more to do at once. */
  #work(): boolean {
    this.#pace.followWallClock();
    const endMs = performance.now() + SLICE_MS;
    let more = true;
    while (more && performance.now() < endMs) more = this.#step();
    if (!this.#commit()) return true;
    if (more) this.#pace.waitForWork(this.#nowMs, this.#dueMs());
    return this.#keepHouse() || more;
  }

  /** Does what there is to do at the next instant; false when nothing is due yet. */
  #step(): boolean {
    if (performance.now() < this.#retryAtMs) return false;
    const atMs = this.#nextInstant();
    if (atMs === null) return this.#endAdvance();
    this.#moveTo(atMs);
    if (this.#oneByOne > 0) {
      this.#oneByOne--;
      this.#takeOne();
      this.#commit();
    } else {
      this.#takeAll();
      if (!this.#committer.batch.canWait) this.#commit();
    }
    return true;
  }

  #takeAll(): void {
    this.#takeSightings(MAX_INPUTS);
    this.#desk.take(MAX_INPUTS, this.#committer.batch, this.#nowMs);
    // A host that was just heard of must not be suspected while its heartbeat still waits here.
    if (this.#sightings.size === 0 && !this.#awaitsEcho())
      this.#ticks.run(this.#committer.batch, this.#nowMs);
  }

  /**
   * Orders that are about to be given may be answered within the same instant, as new hosts are heard
   * of: due work waits for that, once, so that a stream of orders cannot hold it up.
   */
  #awaitsEcho(): boolean {
    this.#waitedForEcho = !this.#waitedForEcho && this.#committer.batch.actions.length > 0;
    return this.#waitedForEcho;
  }

  #takeOne(): void {
    const { batch } = this.#committer;
    const taken = this.#takeSightings(1) || this.#desk.take(1, batch, this.#nowMs);
    if (taken === 0) this.#ticks.run(batch, this.#nowMs);
  }

  #nextInstant(): number | null {
    const clockMs = this.#pace.clockMs(this.#nowMs);
    let atMs = this.#sightings.peek()?.atMs ?? Number.POSITIVE_INFINITY;
    if (this.#desk.waiting > 0) atMs = Math.min(atMs, clockMs);
    const dueMs = this.#dueMs();
    const horizonMs = this.#desk.clockTargetMs(this.#nowMs) ?? clockMs;
    if (dueMs !== null && dueMs <= horizonMs) atMs = Math.min(atMs, dueMs);
    return Number.isFinite(atMs) ? Math.max(atMs, this.#nowMs) : null;
  }

  #dueMs(): number | null {
    const driverMs = this.#drivers.nextDueAtMs();
    const engineMs = this.#ticks.dueAtMs();
    if (engineMs === null || driverMs === null) return engineMs ?? driverMs;
    return Math.min(engineMs, driverMs);
  }

  #moveTo(atMs: number): void {
    if (atMs > this.#nowMs) this.#metering.leave(this.#nowMs);
    this.#nowMs = atMs;
    this.#committer.moveWorld(atMs);
  }

  /** All that is due until the target is done: the clock stands there, and whoever moved it hears so. */
  #endAdvance(): boolean {
    const targetMs = this.#desk.clockTargetMs(this.#nowMs);
    if (targetMs === null) return false;
    this.#moveTo(targetMs);
    if (this.#sightings.size > 0 || !this.#commit() || this.#retention.run(targetMs)) return true;
    this.#desk.endAdvance(this.#committer.batch, targetMs);
    this.#telemetryRounds.flush();
    return true;
  }

  #sleep(): void {
    const realMs = performance.now();
    const waitMs =
      realMs < this.#retryAtMs
        ? this.#retryAtMs - realMs
        : Math.min(
            this.#pace.waitMs(this.#nowMs, this.#dueMs()),
            this.#committer.driverStateWaitMs(realMs),
            this.#pace.mode.kind === "MANUAL"
              ? Number.POSITIVE_INFINITY
              : this.#telemetryRounds.waitMs(realMs),
          );
    if (Number.isFinite(waitMs)) this.#timer = setTimeout(this.#turn, Math.ceil(waitMs));
  }

  // ── Inputs ──────────────────────────────────────────────────────────────────────────────────

  #observe(driver: AnyDriverName, observation: Observation): void {
    // A simulated world shows things while it is moved or acted upon; a real one whenever they happen.
    const atMs = this.#isWorking ? this.#nowMs : this.#pace.clockMs(this.#nowMs);
    this.#sightings.push({ driver, observation, atMs });
    if (performance.now() >= this.#retryAtMs) this.#soon();
  }

  /** What it takes at once depends on the inputs alone, never on the machine: runs must not differ. */
  #takeSightings(limit: number): number {
    const { batch } = this.#committer;
    const fullAt = batch.events.length + FULL;
    let taken = 0;
    while (taken < limit && batch.events.length < fullAt) {
      const sighting = this.#sightings.shift();
      if (!sighting) break;
      const { driver, observation, atMs } = sighting;
      batch.sightings.push(sighting);
      this.#telemetry.note(observation, atMs);
      this.#metering.note(observation);
      batch.add(this.#decisions.run({ kind: "OBSERVATION", observation, driver }, this.#nowMs));
      taken++;
    }
    return taken;
  }

  // ── Outcomes ────────────────────────────────────────────────────────────────────────────────

  /** False when the disk refuses it. */
  #commit(telemetry: Telemetry | null = null): boolean {
    const { events } = this.#committer.batch;
    const failed = this.#committer.commit(this.#nowMs, telemetry);
    if (failed) this.#recover(failed);
    else this.#metering.count(events);
    return failed === null;
  }

  #writeTelemetry(samples: Samples): boolean {
    const readings = this.#metering.take(this.#nowMs);
    const isWritten = this.#commit({ ...samples, readings });
    if (!isWritten) this.#metering.putBack(readings);
    return isWritten;
  }

  #recover({ batch, error }: FailedCommit): void {
    if (!isOurMistake(error)) {
      this.#desk.breakOffAdvance(refusalOf(error));
      this.#retryAtMs = performance.now() + RETRY_MS;
      this.#sightings.putBack(batch.sightings);
      return;
    }
    const { sightings, answers } = batch;
    if (sightings.length + answers.length > 1) {
      // One of them is to blame. The commands were refused; of what was seen, all but it must count.
      this.#sightings.putBack(sightings);
      this.#oneByOne = sightings.length;
      return;
    }
    if (sightings.length + answers.length === 0) this.#ticks.pause(this.#nowMs);
    const what = sightings[0]?.observation.kind ?? (answers.length > 0 ? "a command" : "due work");
    this.#committer.batch.add(this.#decisions.failed(what, error, this.#nowMs));
  }

  /** What can wait for a quiet moment; true when there is more of it. */
  #keepHouse(): boolean {
    const realMs = performance.now();
    // Also when the disk refuses batches: what is removed may be the space that they need.
    const isRetentionAtIt = this.#retention.run(this.#nowMs);
    if (realMs < this.#retryAtMs || this.#desk.waiting > 0) return isRetentionAtIt;
    if (this.#pace.mode.kind !== "MANUAL" && this.#telemetryRounds.run(realMs)) return true;
    // While the disk refuses, this is also how it is found out that it no longer does.
    const isTime = this.#committer.driverStateWaitMs(realMs) <= 0 || this.#troubles.isWriteFailing;
    if (isTime && this.#sightings.size === 0) {
      if (!this.#committer.saveDriverState(this.#nowMs)) this.#retryAtMs = realMs + RETRY_MS;
    }
    return isRetentionAtIt;
  }

  // ── The end ─────────────────────────────────────────────────────────────────────────────────

  #stop(why: string): void {
    this.#isClosed = true;
    this.#cancelTurns();
    this.#desk.refuseAll(why);
  }

  /** Deals with what was asked and seen, so that the drivers' worlds can be stored as they are. */
  #finish(): void {
    this.#isClosed = true;
    this.#cancelTurns();
    const isAtWork = () => this.#sightings.size > 0 || this.#desk.waiting > 0;
    for (let steps = 0; isAtWork() && steps < 1_000; steps++) if (!this.#step()) break;
    this.#telemetryRounds.flush();
  }

  /** A bug that nothing contains: what is on disk is right, what is in memory may not be. */
  #die(cause: unknown): void {
    const error = cause instanceof Error ? cause : new Error(String(cause));
    const message = `The server has failed: ${error.message}`;
    for (const { claim } of this.#committer.batch.answers)
      claim.reply(refused("INTERNAL", message));
    this.#stop(message);
    this.#outlet.fatal(error);
  }
}
