import type { Guest } from "../../model/entities.ts";
import {
  addResources,
  maxResources,
  NO_RESOURCES,
  type Resources,
  subtractResources,
} from "../../model/resources.ts";
import type { State } from "../state.ts";
import type { Subject } from "./subject.ts";

/** Promised room: what is made on a host by stopping guests there is for those that they are stopped for. */

/** The others for whom room is made on the host, in order of id. */
export function promisedTo(
  { tables, indexes }: State,
  { guestIds }: Subject,
  hostId: number,
): Guest[] {
  const others = indexes.makingRoom.of(hostId).filter((id) => !guestIds.includes(id));
  return others.map((id) => tables.Guest.get(id));
}

/** Those that still stop on the host to make room for any of these, in order of id. */
export function stoppingFor(
  { tables }: State,
  guests: readonly Guest[],
  hostId: number,
): readonly Guest[] {
  const reasons = guests.flatMap(({ blockedBy }) => blockedBy);
  const named = reasons.filter(
    (reason) => reason.code === "PREEMPTING" && reason.hostId === hostId,
  );
  const ids = new Set(named.map(({ guestId }) => guestId).filter((id) => id !== undefined));
  return [...ids]
    .sort((a, b) => a - b)
    .map((id) => tables.Guest.find(id))
    .filter((guest) => guest !== undefined)
    .filter((guest) => guest.status === "STOPPING" && guest.hostId === hostId);
}

/** What they lack there once all have stopped that do so for them; below nothing where some will be left over. */
export function lackOf(state: State, guests: readonly Guest[], hostId: number): Resources {
  return subtractResources(sumOf(guests), sumOf(stoppingFor(state, guests, hostId)));
}

/**
 * What of the free room is theirs: what each lacks when those that it waits for have stopped, and what
 * all do, where several wait for the same.
 */
export function claimOf(state: State, guests: readonly Guest[], hostId: number): Resources {
  const each = guests
    .map((guest) => maxResources(NO_RESOURCES, lackOf(state, [guest], hostId)))
    .reduce(addResources, NO_RESOURCES);
  return maxResources(each, lackOf(state, guests, hostId));
}

export function sumOf(guests: readonly Guest[]): Resources {
  return guests.map(({ resources }) => resources).reduce(addResources, NO_RESOURCES);
}
