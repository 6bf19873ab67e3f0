import type { Guest } from "../../model/entities.ts";
import type { GuestId } from "../../model/ids.ts";
import type { Reason } from "../../model/reasons.ts";
import {
  addResources,
  NO_RESOURCES,
  type Resources,
  subtractResources,
} from "../../model/resources.ts";
import { PRIORITIES } from "../../model/statuses.ts";
import type { Context } from "../context.ts";
import { hostsMadeFree } from "../guest-conditions.ts";
import { fits, type HostRoom } from "../placement/capacity-index.ts";
import { objection } from "../placement/filters.ts";
import { lackOf, promisedTo, stoppingFor, sumOf } from "../placement/promised.ts";
import { type Subject, subjectForAll } from "../placement/subject.ts";
import type { State } from "../state.ts";
import { othersThatWait } from "./companies.ts";
import { supportersOf, unmetDependencies, urgencyOf } from "./dependencies.ts";

/**
 * Preemption: a guest that was lost and finds no room has guests of lower priority stopped for it, if
 * their policy allows. The victims are of the lowest priority that helps, then as few, then as small
 * as can be, all on one host; the room is kept for it while they stop. Who needs no more than what
 * others leave over of theirs waits for it with them.
 */

/** Those that room is made for as one: a guest alone, or with its company. */
interface Party {
  readonly subject: Subject;
  /** Of the least important of them: whoever is to stop for all is less important still. */
  readonly rank: number;
  /** Those that they build on: without them they could not start. */
  readonly spared: ReadonlySet<GuestId>;
}

/** Guests on one host whose end would make room there. */
interface Sacrifice {
  readonly room: HostRoom;
  readonly victims: readonly Guest[];
  /** The victims, or those that stop there already if that will do. */
  readonly awaited: readonly Guest[];
  /** Highest priority, number, memory: less is better, in this order. */
  readonly cost: readonly number[];
}

const NO_COST = [-1];

/** What the guest waits for now, if room is made for it; null when nobody can be stopped for it. */
export function makeRoom(ctx: Context, guest: Guest): readonly Reason[] | null {
  const { state } = ctx;
  const { loss } = guest;
  if (loss === null) return null;
  if (isRoomBeingMade(state, guest)) return guest.blockedBy;
  const found = chooseFor(state, guest);
  if (!found) return null;
  const { hostId: host } = found.room;
  for (const victim of found.victims) {
    const payload = { guest: victim.id, host, preemptor: guest.id };
    ctx.emit("GuestPreempted", { ...payload, generation: victim.generation + 1 }, loss.seq);
  }
  const { name } = state.tables.Host.get(host);
  return found.awaited.map((each) => {
    const message = `waits for ${each.name} to stop on ${name} and make room`;
    return { code: "PREEMPTING", message, guestId: each.id, hostId: host };
  });
}

/** Room can be made for the guest somewhere. */
export function mayMakeRoom(state: State, guest: Guest): boolean {
  return guest.loss !== null && chooseFor(state, guest) !== null;
}

function isRoomBeingMade(state: State, guest: Guest): boolean {
  return hostsMadeFree(guest).some((hostId) => stoppingFor(state, [guest], hostId).length > 0);
}

/** All of its company goes where room can be made for them, as much as those need that can start now. */
function chooseFor(state: State, guest: Guest): Sacrifice | null {
  const others = othersThatWait(state, guest).filter(({ loss }) => loss !== null);
  const served = others.find((each) => isRoomBeingMade(state, each));
  const alone = partyOf(state, [guest]);
  if (served) return bestOf(state, alone, [...new Set(hostsMadeFree(served))]);
  const { preemptible, makingRoom } = state.indexes;
  const hostIds = [...new Set([...preemptible.keys(), ...makingRoom.keys()])];
  const all = others.length > 0 && bestOf(state, partyOf(state, [guest, ...others]), hostIds);
  // Better some of them than none.
  if (!all) return bestOf(state, alone, hostIds);
  const ready = others.filter((each) => unmetDependencies(state, each).length === 0);
  if (ready.length === others.length) return all;
  return onHost(state, partyOf(state, [guest, ...ready]), all.room);
}

function partyOf(state: State, guests: readonly [Guest, ...Guest[]]): Party {
  return {
    subject: subjectForAll(state, guests),
    rank: Math.min(...guests.map((guest) => urgencyOf(state, guest))),
    spared: new Set(guests.flatMap((guest) => [...supportersOf(state, guest)])),
  };
}

function rankOf({ recovery }: Guest): number {
  return PRIORITIES.indexOf(recovery.priority);
}

/** On each host the best that could be done there, and of those the best that will do. */
function bestOf(state: State, party: Party, hostIds: readonly number[]): Sacrifice | null {
  const found = hostIds
    .map((hostId) => state.indexes.capacity.room(hostId))
    .map((room) => (room?.placeable ? onHost(state, party, room) : null))
    .filter((sacrifice) => sacrifice !== null)
    .sort((a, b) => compare(a.cost, b.cost) || a.room.hostId - b.room.hostId);
  return found.find((each) => suffices(state, party.subject, each)) ?? null;
}

function compare(a: readonly number[], b: readonly number[]): number {
  for (const [index, value] of a.entries())
    if (value !== b[index]) return value - (b[index] as number);
  return 0;
}

/** What others will leave over of the room that is made there needs no victims. */
function onHost(state: State, { subject, rank, spared }: Party, room: HostRoom): Sacrifice | null {
  const others = promisedTo(state, subject, room.hostId);
  const stopping = stoppingFor(state, others, room.hostId);
  const needed = addResources(subject.resources, lackOf(state, others, room.hostId));
  const missing = subtractResources(needed, room.free);
  if (stopping.length > 0 && fits(NO_RESOURCES, missing))
    return { room, victims: [], awaited: stopping, cost: NO_COST };
  const lesser = state.indexes.preemptible
    .of(room.hostId)
    .map((id) => state.tables.Guest.get(id))
    // As important as those that wait for it, one would come back before who it was stopped for.
    .filter((each) => urgencyOf(state, each) < rank && !spared.has(each.id));
  for (const highest of [...new Set(lesser.map(rankOf))].sort((a, b) => a - b)) {
    const victims = fewest(
      lesser.filter((each) => rankOf(each) <= highest),
      missing,
    );
    if (!victims) continue;
    const cost = [highest, victims.length, sumOf(victims).memoryMiB];
    return { room, victims, awaited: victims, cost };
  }
  return null;
}

/** One guest that is enough, the smallest; else the largest ones, without those that are not needed. */
function fewest(guests: readonly Guest[], missing: Resources): readonly Guest[] | null {
  const bySize = [...guests].sort(
    (a, b) => b.resources.memoryMiB - a.resources.memoryMiB || a.id - b.id,
  );
  const one = bySize.findLast(({ resources }) => fits(resources, missing));
  if (one) return [one];
  let taken: Guest[] = [];
  for (const guest of bySize) {
    if (fits(sumOf(taken), missing)) break;
    taken.push(guest);
  }
  if (!fits(sumOf(taken), missing)) return null;
  for (const guest of [...taken].reverse()) {
    const rest = taken.filter((each) => each !== guest);
    if (fits(sumOf(rest), missing)) taken = rest;
  }
  return taken.sort((a, b) => a.id - b.id);
}

/** With all gone that are to stop, and those there that they stop for, nothing is said against the host, rules included. */
function suffices(state: State, subject: Subject, { room, victims }: Sacrifice): boolean {
  const { hostId } = room;
  const others = promisedTo(state, subject, hostId);
  const leaving = [...stoppingFor(state, others, hostId), ...victims];
  const mark = state.mark();
  try {
    for (const { id } of leaving) state.tables.Guest.patch(id, { hostId: null, status: "PENDING" });
    for (const { id } of others) state.tables.Guest.patch(id, { hostId, status: "RECOVERING" });
    return objection(state, { ...subject, isHasty: true }, room) === null;
  } finally {
    state.rollback(mark);
  }
}
