import type { Guest } from "../../model/entities.ts";
import type { HostId } from "../../model/ids.ts";
import type { Reason } from "../../model/reasons.ts";
import type { Resources } from "../../model/resources.ts";
import { inRecoveryOrder } from "../guest-conditions.ts";
import type { State } from "../state.ts";
import { rulesAllow } from "./filters.ts";
import { findPlace } from "./place.ts";
import { type Domain, slotsIn } from "./reserve.ts";
import { subjectFor } from "./subject.ts";

/**
 * Admission control: room for the loss of any one host, rack or zone is kept free, as the fleet's or
 * a zone's `tolerate` says, and a start after which some such loss would leave guests without a place
 * is held back. What counts is room: a guest that its own strict rules keep from every other host
 * would be left behind whatever is kept free, and is held against nobody.
 *
 * Rules count as far as guests that have them are few, the whole of a small fleet, say.
 *
 * Most losses are seen at a glance to be all right (`reserve.ts`). The others are played through: the
 * domain is taken away and each of its guests placed as recovery would place it. Of a domain with more
 * guests than that can be done for, it is asked whether they can be packed, the largest first.
 */

/** Guests that are placed one by one to see whether all find room; of more, the sizes are packed. */
const PLAYED_THROUGH = 200;
/** Guests that are placed for one verdict; a fleet so full that this is not enough is taken to be full. */
const PLAYED_AT_MOST = 2_000;

interface Stranding {
  readonly domain: Domain;
  readonly guests: number;
}

/** Why the guest, with these resources, may not be added to this host; null when it may. */
export function admissionObjection(
  state: State,
  guest: Guest,
  hostId: HostId,
  resources: Resources = guest.resources,
): Reason | null {
  if (!state.indexes.reserve.isKept(state)) return null;
  const mark = state.mark();
  try {
    state.tables.Guest.set({ ...guest, hostId, targetHostId: null, task: null, resources });
    const stranding = worstLoss(state, hostId);
    return stranding && told(state, stranding, hostId);
  } finally {
    state.rollback(mark);
  }
}

/** The loss that would leave most guests without a place as things stand, as far as this host matters. */
export function worstLoss(state: State, hostId: HostId): Stranding | null {
  let played = 0;
  for (const domain of state.indexes.reserve.doubtful(state, hostId)) {
    const isPlayed = domain.guests <= PLAYED_THROUGH;
    if (isPlayed) played += domain.guests;
    if (played > PLAYED_AT_MOST) return { domain, guests: domain.guests };
    const guests = isPlayed ? strandedByPlaying(state, domain) : strandedByPacking(state, domain);
    if (guests > 0) return { domain, guests };
  }
  return null;
}

function guestsOf(state: State, domain: Domain): Guest[] {
  return [...domain.hostIds]
    .flatMap((hostId) =>
      state.indexes.guestsOnHost.of(hostId).map((id) => state.tables.Guest.get(id)),
    )
    .filter(({ hostId }) => hostId !== null && domain.hostIds.has(hostId));
}

/** How many guests of the domain find no room when it is lost. */
export function strandedByPlaying(state: State, domain: Domain): number {
  const mark = state.mark();
  try {
    const guests = guestsOf(state, domain).sort(inRecoveryOrder);
    for (const hostId of domain.hostIds) state.tables.Host.patch(hostId, { status: "DOWN" });
    for (const { id } of guests)
      state.tables.Guest.patch(id, { hostId: null, targetHostId: null, task: null });
    return guests.filter((guest) => !isPlaced(state, guest, domain.scope)).length;
  } finally {
    state.rollback(mark);
  }
}

function isPlaced(state: State, { id }: Guest, withinZoneId: Domain["scope"]): boolean {
  const guest = state.tables.Guest.get(id);
  const subject = {
    ...subjectFor(state, guest),
    retryHostId: null,
    triedHostIds: [],
    isHasty: true,
    withinZoneId,
  };
  const placement = findPlace(state, subject, 0);
  const isRuled = subject.zoneIds !== undefined || subject.rules.some(({ strict }) => strict);
  if (!placement) return isRuled && !rulesAllow(state, subject);
  state.tables.Guest.patch(id, { hostId: placement.hostId });
  return true;
}

/** How many guests of the domain find no room elsewhere, packed by size, the largest first. */
function strandedByPacking(state: State, domain: Domain): number {
  const hostIds = domain.scope === null ? null : state.indexes.hostsInZone.of(domain.scope);
  const rooms = (hostIds ?? [...state.tables.Host.values()].map(({ id }) => id))
    .filter((id) => !domain.hostIds.has(id))
    .map((id) => state.indexes.capacity.room(id))
    .filter((room) => room?.placeable === true)
    .map((room) => ({ ...(room?.free as Resources) }));
  let stranded = 0;
  for (const { size, guests } of sizesOf(state, domain)) {
    let left = guests;
    for (const free of rooms) {
      if (left === 0) break;
      const taken = Math.min(left, slotsIn(free, size));
      left -= taken;
      free.cpuMillicores -= taken * size.cpuMillicores;
      free.memoryMiB -= taken * size.memoryMiB;
      free.storageGiB -= taken * size.storageGiB;
    }
    stranded += left;
  }
  return stranded;
}

function sizesOf(state: State, domain: Domain): { size: Resources; guests: number }[] {
  const sizes = new Map<string, { size: Resources; guests: number }>();
  for (const hostId of domain.hostIds)
    for (const id of state.indexes.guestsOnHost.each(hostId)) {
      const { resources: size } = state.tables.Guest.get(id);
      const key = Object.values(size).join("/");
      const entry = sizes.get(key);
      if (entry) entry.guests++;
      else sizes.set(key, { size, guests: 1 });
    }
  return [...sizes.values()].sort(
    ({ size: a }, { size: b }) =>
      b.memoryMiB - a.memoryMiB || b.cpuMillicores - a.cpuMillicores || b.storageGiB - a.storageGiB,
  );
}

function told(state: State, { domain, guests }: Stranding, hostId: HostId): Reason {
  const { Host, Rack, Zone } = state.tables;
  const kind = domain.tolerance.toLowerCase();
  const { name } = Host.find(domain.id) ?? Rack.find(domain.id) ?? Zone.get(domain.id);
  const where = domain.scope === null ? "" : ` in zone ${Zone.get(domain.scope).name}`;
  const some = guests === 1 ? "1 guest" : `${guests} guests`;
  return {
    code: "ADMISSION_CONTROL",
    message: `room is kept for the loss of 1 ${kind}${where}: with this guest on ${Host.get(hostId).name}, losing ${kind} ${name} would leave ${some} of ${domain.guests} without room; add hosts, stop or shrink guests, or tolerate less`,
  };
}
