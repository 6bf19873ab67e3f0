import type { ClockedDriver, Driver, Passage, StoredDriver } from "../drivers/driver.ts";
import type { DriverAction } from "../engine/actions.ts";
import type { Action, Observation } from "../model/actions.ts";
import type { GuestId, Seq } from "../model/ids.ts";
import type { Flow } from "../model/security.ts";
import type { AnyDriverName } from "../model/statuses.ts";
import type { Troubles } from "./troubles.ts";
import { noteOrdered } from "./world-state.ts";

/** What a driver saw, and when on the fleet's clock. */
export interface Sighting {
  readonly driver: AnyDriverName;
  readonly observation: Observation;
  readonly atMs: number;
}

export type DriverState = Map<AnyDriverName, Map<string, string | null>>;

/** After an exception, a driver's world stands still for this long. */
const PAUSE_MS = 1_000;

/**
 * The drivers as one: time and actions go in, and an exception in one of them is that driver's
 * trouble alone.
 */
export class DriverPool {
  readonly #drivers: ReadonlyMap<AnyDriverName, Driver>;
  readonly #clocked: readonly ClockedDriver[];
  readonly #stored: readonly StoredDriver[];
  readonly #troubles: Troubles;
  readonly #answer: (driver: AnyDriverName, observation: Observation) => void;
  readonly #pausedUntilMs = new Map<ClockedDriver, number>();

  constructor(
    drivers: readonly Driver[],
    troubles: Troubles,
    answer: (driver: AnyDriverName, observation: Observation) => void,
  ) {
    this.#drivers = new Map(drivers.map((driver) => [driver.name, driver]));
    this.#clocked = drivers.filter(isClocked);
    this.#stored = drivers.filter(isStored);
    this.#troubles = troubles;
    this.#answer = answer;
  }

  get names(): readonly AnyDriverName[] {
    return [...this.#drivers.keys()];
  }

  nextDueAtMs(): number | null {
    let next: number | null = null;
    for (const driver of this.#clocked) {
      const due = driver.nextDueAtMs();
      if (due === null) continue;
      const atMs = Math.max(due, this.#pausedUntilMs.get(driver) ?? due);
      if (next === null || atMs < next) next = atMs;
    }
    return next;
  }

  advanceTo(nowMs: number): void {
    for (const driver of this.#clocked) {
      if (nowMs < (this.#pausedUntilMs.get(driver) ?? nowMs)) continue;
      try {
        driver.advanceTo(nowMs);
      } catch (error) {
        this.#pausedUntilMs.set(driver, nowMs + PAUSE_MS);
        this.#troubles.driverFailed(`the world of ${driver.name}`, error);
      }
    }
  }

  /** Null where that driver can't say. */
  tryFlow(name: AnyDriverName, from: GuestId, to: GuestId, flow: Flow): Passage | null {
    return this.#drivers.get(name)?.tryFlow?.(from, to, flow) ?? null;
  }

  perform({ driver: name, action }: DriverAction): void {
    const driver = this.#drivers.get(name);
    if (!driver) {
      this.#fail(name, action, `This server has no ${name} driver.`);
      return;
    }
    try {
      driver.perform(action);
    } catch (error) {
      this.#troubles.driverFailed(`${action.kind} by ${name}`, error);
      this.#fail(name, action, error instanceof Error ? error.message : String(error));
    }
  }

  /**
   * Adds what has changed since the last call to `state`, and of worlds that this is how things were when the
   * orders of all events up to `orderedSeq` had been given.
   */
  takeDirtyState(state: DriverState, orderedSeq: Seq): void {
    for (const driver of this.#stored) {
      const known = state.get(driver.name) ?? new Map<string, string | null>();
      for (const [key, value] of driver.takeDirtyState()) known.set(key, value);
      if (isClocked(driver)) noteOrdered(known, orderedSeq);
      if (known.size > 0) state.set(driver.name, known);
    }
  }

  close(): void {
    for (const driver of this.#drivers.values()) driver.close();
  }

  /** Whoever waits for an answer gets one. */
  #fail(driver: AnyDriverName, action: Action, error: string): void {
    switch (action.kind) {
      case "CONNECT_HOST":
      case "DISCONNECT_HOST":
      case "REMOVE":
      case "SET_SECURITY_GROUPS":
      case "SET_GROUP_DEMANDS":
      case "ISOLATE":
      case "SET_LOAD_BALANCER":
      case "KEEP_LOAD_BALANCERS":
      case "REMOVE_LOAD_BALANCER":
      case "PROBE_HOST":
      case "INJECT_FAULT":
      case "CLEAR_FAULT":
      case "CONFIGURE_WORLD":
      // It is the migration that is answered, and nobody knows what becomes of that.
      case "CANCEL_MIGRATION":
        return;
      default: {
        const guestId = "guestId" in action ? action.guestId : null;
        const { kind, hostId, generation } = action;
        this.#answer(driver, {
          kind: "ACTION_FAILED",
          action: kind,
          guestId,
          hostId,
          generation,
          error,
        });
      }
    }
  }
}

function isClocked(driver: Driver): driver is ClockedDriver {
  return "advanceTo" in driver;
}

function isStored(driver: Driver): driver is StoredDriver {
  return "takeDirtyState" in driver;
}
