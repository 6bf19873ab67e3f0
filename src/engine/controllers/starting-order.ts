import type { Guest } from "../../model/entities.ts";
import {
  addResources,
  NO_RESOURCES,
  type Resources,
  subtractResources,
} from "../../model/resources.ts";
import { hasRun, inRecoveryOrder } from "../guest-conditions.ts";
import type { State } from "../state.ts";

/** Of the free room, as much as can be filled: what is left on each host is too little for anybody. */
const FILLABLE = 0.99;

/**
 * The most important guests first. Among equals, the largest go first while there is room for it:
 * they find none later, and small ones fit in between. Where not all of them fit, the smallest go
 * first, so that as few as possible are left behind.
 */
export function inStartingOrder(state: State, waiting: readonly Guest[]): Guest[] {
  const sorted = waiting.toSorted(inRecoveryOrder);
  if (sorted.length < 2) return sorted;
  let free = freeRoom(state);
  return equals(sorted).flatMap((guests) => {
    const need = guests.map(({ resources }) => resources).reduce(addResources, NO_RESOURCES);
    const allFit = fits(need, free);
    free = subtractResources(free, need);
    return allFit ? guests : guests.toSorted(smallestFirst);
  });
}

function smallestFirst(a: Guest, b: Guest): number {
  return (
    a.resources.memoryMiB - b.resources.memoryMiB ||
    a.resources.cpuMillicores - b.resources.cpuMillicores ||
    a.id - b.id
  );
}

/** Runs of guests that nothing but their size sets apart. */
function equals(sorted: readonly Guest[]): Guest[][] {
  const runs: Guest[][] = [];
  for (const guest of sorted) {
    const run = runs.at(-1);
    if (run?.[0] && isEqual(run[0], guest)) run.push(guest);
    else runs.push([guest]);
  }
  return runs;
}

function isEqual(a: Guest, b: Guest): boolean {
  return a.recovery.priority === b.recovery.priority && hasRun(a) === hasRun(b);
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
