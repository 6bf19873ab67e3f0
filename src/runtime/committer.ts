import type { DriverAction } from "../engine/actions.ts";
import type { State } from "../engine/state.ts";
import type { CommandResult } from "../model/commands.ts";
import type { Seq } from "../model/ids.ts";
import type { Telemetry } from "../store/batch.ts";
import { StoreWriteFailed } from "../store/errors.ts";
import type { Store } from "../store/writer.ts";
import { Batch } from "./batch.ts";
import { preciseNowMs } from "./command-timing.ts";
import type { DriverPool, DriverState, Sighting } from "./driver-pool.ts";
import { refused } from "./idempotency.ts";
import type { Outlet } from "./outlet.ts";
import type { Queue } from "./queue.ts";
import type { Troubles } from "./troubles.ts";
import type { WriterFigures } from "./writer-figures.ts";

/** Real time that a driver's world may be ahead of what is stored of it. */
const DRIVER_STATE_EVERY_MS = 1_000;

export interface CommitterParts {
  readonly store: Store;
  readonly state: State;
  readonly drivers: DriverPool;
  readonly sightings: Queue<Sighting>;
  readonly outlet: Outlet;
  readonly troubles: Troubles;
  readonly figures: WriterFigures;
}

/** A batch that did not reach the disk: it never happened, and its commands know. */
export interface FailedCommit {
  readonly batch: Batch;
  readonly error: StoreWriteFailed;
}

/** Puts batches on disk, and then, and only then, lets them take effect. */
export class Committer {
  readonly #parts: CommitterParts;
  #batch = new Batch();
  /** Taken from the drivers and not yet on disk. */
  readonly #driverState: DriverState = new Map();
  #worldMayHaveChanged = false;
  #driverStateWrittenMs = Number.NEGATIVE_INFINITY;

  constructor(parts: CommitterParts) {
    this.#parts = parts;
  }

  /** What is decided goes in here. */
  get batch(): Batch {
    return this.#batch;
  }

  /** Null when the batch is on disk, or there was nothing to write. */
  commit(nowMs: number, telemetry: Telemetry | null = null): FailedCommit | null {
    const { state, outlet } = this.#parts;
    const batch = this.#batch;
    const { events, records, answers, actions } = batch;
    this.#batch = new Batch();
    const startMs = preciseNowMs();
    if (events.length > 0 || records.length > 0 || telemetry !== null) {
      const error = this.#append(batch, nowMs, telemetry);
      if (error) return this.#undo(batch, error);
      state.checkpoint();
    }
    if (events.length > 0) outlet.committed(state.meta.seq, nowMs);
    const commit = { startMs, endMs: preciseNowMs() };
    for (const { claim, result, decision } of answers)
      claim.reply(result, decision ? { decision, commit } : undefined);
    for (const action of actions) this.perform(action);
    return null;
  }

  perform(action: DriverAction): void {
    this.#worldMayHaveChanged = true;
    this.#parts.drivers.perform(action);
  }

  moveWorld(nowMs: number): void {
    this.#worldMayHaveChanged = true;
    this.#parts.drivers.advanceTo(nowMs);
  }

  /** Real time until the drivers' worlds should be stored although nothing else was. */
  driverStateWaitMs(realMs: number): number {
    if (!this.#worldMayHaveChanged) return Number.POSITIVE_INFINITY;
    return Math.max(0, this.#driverStateWrittenMs + DRIVER_STATE_EVERY_MS - realMs);
  }

  /** False when the disk refuses it. */
  saveDriverState(nowMs: number): boolean {
    return this.#append(new Batch(), nowMs, null) === null;
  }

  /** Null when it is on disk. */
  #append(batch: Batch, nowMs: number, telemetry: Telemetry | null): StoreWriteFailed | null {
    const { store, state, troubles, figures } = this.#parts;
    const begunMs = performance.now();
    const { events, records } = batch;
    const driverState = this.#collectDriverState((events[0]?.seq ?? state.meta.seq + 1) - 1);
    try {
      store.append({
        events,
        changes: events.length > 0 ? state.changes() : null,
        clockMs: nowMs,
        driverState,
        idempotency: records,
        telemetry,
      });
    } catch (error) {
      if (!(error instanceof StoreWriteFailed)) throw error;
      figures.commitFailed();
      if (!isOurMistake(error)) troubles.writeFailed(error.message);
      return error;
    }
    figures.committed(events, performance.now() - begunMs);
    driverState.clear();
    troubles.writeWorks();
    return null;
  }

  /**
   * A driver's state is stored as of when all that it saw has been dealt with. Were it stored any
   * earlier, a crash would lose what was seen, and the world would not show it a second time.
   */
  #collectDriverState(orderedSeq: Seq): DriverState {
    this.#driverStateWrittenMs = performance.now();
    if (this.#parts.sightings.size > 0) return new Map();
    this.#parts.drivers.takeDirtyState(this.#driverState, orderedSeq);
    this.#worldMayHaveChanged = false;
    return this.#driverState;
  }

  #undo(batch: Batch, error: StoreWriteFailed): FailedCommit {
    this.#parts.state.rollback();
    const refusal = refusalOf(error);
    for (const { claim } of batch.answers) claim.reply(refusal);
    return { batch, error };
  }
}

/** What the callers are told. Where the database lies, and the rest, is for the operator. */
export function refusalOf(error: StoreWriteFailed): CommandResult {
  const { code } = error;
  return isOurMistake(error)
    ? refused("INTERNAL", `The change does not fit what is stored (${code}); nothing has happened.`)
    : refused(
        "UNAVAILABLE",
        `The change could not be written to disk (${code}); nothing has happened. ` +
          "/health/ready tells when writing works again.",
      );
}

/** The disk is not to blame: it would refuse this batch for ever. */
export function isOurMistake({ code }: StoreWriteFailed): boolean {
  return code === "CONSTRAINT" || code === "OUT_OF_SEQUENCE";
}
