import type { DriverAction } from "../engine/actions.ts";
import type { CommandResult } from "../model/commands.ts";
import type { FleetEvent } from "../model/events.ts";
import type { IdempotencyRecord } from "../store/batch.ts";
import type { Interval } from "./command-timing.ts";
import type { Ruling } from "./decisions.ts";
import type { Sighting } from "./driver-pool.ts";
import type { Claim } from "./idempotency.ts";

/** Events after which a batch is closed: some tens of milliseconds of writing. */
export const FULL = 2_000;

/** What was decided since the last commit, and all that must wait for the next one. */
export class Batch {
  readonly events: FleetEvent[] = [];
  /** Performed once the events that order them are on disk. */
  readonly actions: DriverAction[] = [];
  readonly records: IdempotencyRecord[] = [];
  readonly answers: {
    readonly claim: Claim;
    readonly result: CommandResult;
    readonly decision: Interval | null;
  }[] = [];
  /** To be looked at again, should the batch not reach the disk. */
  readonly sightings: Sighting[] = [];

  /** Nothing waits for it, so that it can go on growing as time does. */
  get canWait(): boolean {
    return this.actions.length === 0 && this.answers.length === 0 && this.events.length < FULL;
  }

  add({ events, actions }: Ruling): void {
    for (const event of events) this.events.push(event);
    for (const action of actions) this.actions.push(action);
  }

  answer(
    claim: Claim,
    result: CommandResult,
    atMs: number,
    decision: Interval | null = null,
  ): void {
    const record = claim.keep(result, atMs);
    if (record) this.records.push(record);
    this.answers.push({ claim, result, decision });
  }
}
