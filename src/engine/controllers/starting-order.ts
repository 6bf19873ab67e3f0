import type { Guest } from "../../model/entities.ts";
import type { GuestId } from "../../model/ids.ts";
import {
  addResources,
  NO_RESOURCES,
  type Resources,
  subtractResources,
} from "../../model/resources.ts";
import { hasRun, inOrderOfSize, isNewStart } from "../guest-conditions.ts";
import type { State } from "../state.ts";
import { needs, urgencyOf } from "./dependencies.ts";

/** Of the free room, as much as can be filled: what is left on each host is too little for anybody. */
const FILLABLE = 0.99;

/** A guest, and what decides about its place in the order before its size does. */
interface Ranked {
  readonly guest: Guest;
  readonly urgency: number;
  readonly claim: number;
}

/**
 * The most important guests first, a guest being as important as those that wait for it; of equals,
 * those that ran before those that are new. Then the largest go first while there is room for it: they
 * find none later, and small ones fit in between. Where not all of them fit, the smallest go first, so
 * that as few as possible are left behind. Whoever is waited for goes before those that wait for it.
 */
export function inStartingOrder(state: State, waiting: readonly Guest[]): readonly Guest[] {
  if (waiting.length < 2) return waiting;
  let free = freeRoom(state);
  const ordered = equals(state, waiting).flatMap((guests) => {
    const need = guests.map(({ resources }) => resources).reduce(addResources, NO_RESOURCES);
    const allFit = fits(need, free);
    free = subtractResources(free, need);
    return guests.sort(allFit ? inOrderOfSize : smallestFirst);
  });
  return needsFirst(state, ordered);
}

function smallestFirst(a: Guest, b: Guest): number {
  return (
    a.resources.memoryMiB - b.resources.memoryMiB ||
    a.resources.cpuMillicores - b.resources.cpuMillicores ||
    a.id - b.id
  );
}

/** Those that ran, and were stopped by no fault of their own; those that failed and are tried again; new ones. */
function claimOf(guest: Guest): number {
  if (hasRun(guest)) return 2;
  return isNewStart(guest) ? 0 : 1;
}

/** Runs of guests that nothing but their size sets apart, the first in turn first. */
function equals(state: State, waiting: readonly Guest[]): Guest[][] {
  const ranked = waiting.map(
    (guest): Ranked => ({ guest, urgency: urgencyOf(state, guest), claim: claimOf(guest) }),
  );
  ranked.sort((a, b) => b.urgency - a.urgency || b.claim - a.claim);
  const runs: Guest[][] = [];
  let last: Ranked | null = null;
  for (const each of ranked) {
    const isAlike = last?.urgency === each.urgency && last.claim === each.claim;
    if (isAlike) runs.at(-1)?.push(each.guest);
    else runs.push([each.guest]);
    last = each;
  }
  return runs;
}

/** A guest that was to come before one that it needs comes right after that. */
function needsFirst(state: State, ordered: readonly Guest[]): readonly Guest[] {
  if (ordered.every(({ recovery }) => recovery.dependsOn.length === 0)) return ordered;
  const rest = new Map<GuestId, Guest>(ordered.map((guest) => [guest.id, guest]));
  const sorted: Guest[] = [];
  const take = (guest: Guest): void => {
    if (!rest.delete(guest.id)) return;
    for (const need of needs(state, guest)) if (rest.has(need.id)) take(need);
    sorted.push(guest);
  };
  for (const guest of ordered) take(guest);
  return sorted;
}

function freeRoom({ indexes }: State): Resources {
  let free = NO_RESOURCES;
  for (const room of indexes.capacity.rooms())
    if (room.placeable) free = addResources(free, room.free);
  return free;
}

function fits(need: Resources, free: Resources): boolean {
  return (
    need.cpuMillicores <= free.cpuMillicores * FILLABLE &&
    need.memoryMiB <= free.memoryMiB * FILLABLE &&
    need.storageGiB <= free.storageGiB * FILLABLE
  );
}
