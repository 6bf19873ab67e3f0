import type { Guest } from "../../model/entities.ts";
import type { GuestId, HostId } from "../../model/ids.ts";
import type { Reason } from "../../model/reasons.ts";
import { addResources, type Resources, subtractResources } from "../../model/resources.ts";
import { PRIORITIES } from "../../model/statuses.ts";
import type { Context } from "../context.ts";
import type { HostRoom } from "../placement/capacity-index.ts";
import { objection } from "../placement/filters.ts";
import type { Subject } from "../placement/subject.ts";
import type { State } from "../state.ts";
import { supportersOf } from "./dependencies.ts";

/**
 * Preemption: a guest that was lost and finds no room has guests of lower priority stopped for it, if
 * their policy allows. The victims are of the lowest priority that helps, then as few, then as small
 * as can be, all on one host; the room is kept for it while they stop.
 */

/** Guests on one host whose end would make room there. */
interface Sacrifice {
  readonly room: HostRoom;
  readonly victims: readonly Guest[];
  /** Highest priority, number, memory: less is better, in this order. */
  readonly cost: readonly number[];
}

/** What the guest waits for now, if room is made for it; null when nobody can be stopped for it. */
export function makeRoom(ctx: Context, guest: Guest, subject: Subject): readonly Reason[] | null {
  if (guest.loss === null) return null;
  if (isRoomBeingMade(ctx.state, guest)) return guest.blockedBy;
  const found = sacrifices(ctx.state, guest).find((each) => suffices(ctx.state, subject, each));
  if (!found) return null;
  const host = found.room.hostId;
  const { name } = ctx.state.tables.Host.get(host);
  return found.victims.map((victim) => {
    const generation = victim.generation + 1;
    const payload = { guest: victim.id, host, preemptor: guest.id, generation };
    ctx.emit("GuestPreempted", payload, guest.loss?.seq ?? guest.causeSeq);
    const message = `waits for ${victim.name} to stop on ${name} and make room`;
    return { code: "PREEMPTING", message, guestId: victim.id, hostId: host };
  });
}

function isRoomBeingMade({ tables }: State, guest: Guest): boolean {
  return guest.blockedBy.some(({ code, guestId, hostId }) => {
    if (code !== "PREEMPTING" || guestId === undefined) return false;
    const victim = tables.Guest.find(guestId);
    return victim?.status === "STOPPING" && victim.hostId === hostId;
  });
}

/** On each host the best that could be done there, the best of all first. */
function sacrifices(state: State, guest: Guest): Sacrifice[] {
  const found: Sacrifice[] = [];
  const spared = supportersOf(state, guest);
  for (const hostId of state.indexes.preemptible.keys()) {
    const room = state.indexes.capacity.room(hostId as HostId);
    const sacrifice = room?.placeable ? onHost(state, guest, room, spared) : null;
    if (sacrifice) found.push(sacrifice);
  }
  return found.sort((a, b) => compare(a.cost, b.cost) || a.room.hostId - b.room.hostId);
}

function compare(a: readonly number[], b: readonly number[]): number {
  for (const [index, value] of a.entries())
    if (value !== b[index]) return value - (b[index] as number);
  return 0;
}

/** Those that it builds on are spared: without them it could not start. */
function onHost(
  state: State,
  guest: Guest,
  room: HostRoom,
  spared: ReadonlySet<GuestId>,
): Sacrifice | null {
  const rank = (each: Guest) => PRIORITIES.indexOf(each.recovery.priority);
  const lesser = state.indexes.preemptible
    .of(room.hostId)
    .map((id) => state.tables.Guest.get(id))
    .filter((each) => rank(each) < rank(guest) && !spared.has(each.id));
  const missing = subtractResources(guest.resources, room.free);
  for (const highest of [...new Set(lesser.map(rank))].sort((a, b) => a - b)) {
    const victims = fewest(
      lesser.filter((each) => rank(each) <= highest),
      missing,
    );
    if (!victims) continue;
    const memoryMiB = victims.reduce((sum, each) => sum + each.resources.memoryMiB, 0);
    return { room, victims, cost: [highest, victims.length, memoryMiB] };
  }
  return null;
}

/** One guest that is enough, the smallest; else the largest ones, without those that are not needed. */
function fewest(guests: readonly Guest[], missing: Resources): readonly Guest[] | null {
  const bySize = [...guests].sort(
    (a, b) => b.resources.memoryMiB - a.resources.memoryMiB || a.id - b.id,
  );
  const one = bySize.findLast(({ resources }) => covers(resources, missing));
  if (one) return [one];
  let taken: Guest[] = [];
  for (const guest of bySize) {
    if (covers(sumOf(taken), missing)) break;
    taken.push(guest);
  }
  if (!covers(sumOf(taken), missing)) return null;
  for (const guest of [...taken].reverse()) {
    const rest = taken.filter((each) => each !== guest);
    if (covers(sumOf(rest), missing)) taken = rest;
  }
  return taken.sort((a, b) => a.id - b.id);
}

function sumOf(guests: readonly Guest[]): Resources {
  const none = { cpuMillicores: 0, memoryMiB: 0, storageGiB: 0 };
  return guests.reduce((sum, { resources }) => addResources(sum, resources), none);
}

function covers(has: Resources, needs: Resources): boolean {
  return (
    has.cpuMillicores >= needs.cpuMillicores &&
    has.memoryMiB >= needs.memoryMiB &&
    has.storageGiB >= needs.storageGiB
  );
}

/** Without the victims nothing is left to say against the host, rules included. */
function suffices(state: State, subject: Subject, { room, victims }: Sacrifice): boolean {
  if (state.indexes.makingRoom.count(room.hostId) > 0) return false;
  const mark = state.mark();
  try {
    for (const { id } of victims) state.tables.Guest.patch(id, { hostId: null, status: "PENDING" });
    return objection(state, { ...subject, isHasty: true }, room) === null;
  } finally {
    state.rollback(mark);
  }
}
