import type { Entities } from "../../model/entities.ts";
import type { EventKind, FleetEvent } from "../../model/events.ts";
import type { State } from "../state.ts";

/**
 * What a fact does to the fleet. Folds take an event at its word: no decision is made here, and
 * nothing is read but the state and the event, so that folding the log always gives the tables.
 */
export type Fold<K extends EventKind> = (state: State, event: FleetEvent<K>) => void;
export type Folds = { readonly [K in EventKind]?: Fold<K> };

export function create<T extends keyof Entities>(type: T) {
  return (state: State, event: { payload: { definition: Entities[T] } }): void => {
    state.tables[type].set(event.payload.definition as never);
  };
}

export function remove<T extends keyof Entities>(type: T) {
  return (state: State, event: FleetEvent): void =>
    state.tables[type].delete(event.subject?.id ?? 0);
}

/** Facts that are told and change nothing by themselves. */
export const nothing = (): void => {};

/** Finished operations and failovers are kept for those who ask late, not for ever. */
const FINISHED_KEPT = 1_000;
/** Where many are unfinished, looking for the others each time would be most of the work. */
const LOOKED_AT_EVERY = 250;
export function forgetOldest(
  table: { size: number; sorted(): { id: number }[]; delete(id: number): void },
  isFinished: (row: never) => boolean,
): void {
  if (table.size < FINISHED_KEPT * 2 || table.size % LOOKED_AT_EVERY !== 0) return;
  const finished = table.sorted().filter((row) => isFinished(row as never));
  for (const row of finished.slice(0, Math.max(0, finished.length - FINISHED_KEPT)))
    table.delete(row.id);
}
