import type { FleetEvent } from "../model/events.ts";
import type { Seq } from "../model/ids.ts";
import type { DriverName } from "../model/statuses.ts";
import { databasePath, guard } from "../store/database.ts";
import { openReader } from "../store/reader.ts";
import type { Store } from "../store/writer.ts";

/**
 * Beside what a driver stores of its world stands up to which event it had been given its orders when
 * it was in that state. A crash in between loses orders that nobody answers, like the clearing of a
 * fault, and they could not be told from the tables.
 */
const ORDERED_KEY = "runtime:ordered";

export interface WorldState {
  /** The driver's own keys. */
  readonly state: ReadonlyMap<string, string>;
  /** Facts whose orders that state does not know of. */
  readonly unordered: readonly FleetEvent[];
}

export function loadWorldState(store: Store, driver: DriverName): WorldState {
  const state = store.loadDriverState(driver);
  const orderedSeq = state.get(ORDERED_KEY);
  state.delete(ORDERED_KEY);
  if (orderedSeq === undefined || Number(orderedSeq) >= store.head())
    return { state, unordered: [] };
  const reader = openReader(store.dataDir);
  try {
    const read = () => reader.readEvents(Number(orderedSeq), store.head());
    return { state, unordered: guard(databasePath(store.dataDir), read) };
  } finally {
    reader.close();
  }
}

export function noteOrdered(state: Map<string, string | null>, seq: Seq): void {
  state.set(ORDERED_KEY, `${seq}`);
}
