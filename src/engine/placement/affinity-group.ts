import type { AffinityRule, Guest } from "../../model/entities.ts";
import type { GuestId, HostId } from "../../model/ids.ts";
import { inRecoveryOrder } from "../guest-conditions.ts";
import type { State } from "../state.ts";
import { companyOf } from "./company.ts";
import { findPlace } from "./place.ts";
import { domainOf } from "./rule-index.ts";
import { type Subject, subjectForAll } from "./subject.ts";

/**
 * Guests that strict rules bind to one rack or zone, wherever that is. They start and leave one by one,
 * but to where all of them can be: were any place good that takes the first, the others could not follow.
 */

type Within = NonNullable<Subject["within"]>;

interface AffinityGroup {
  readonly rule: AffinityRule;
  readonly scope: Within["scope"];
  readonly guests: readonly Guest[];
}

/** Racks or zones that are looked at, those with the most room first. */
const DOMAINS_EXAMINED = 16;

function binds({ kind, strict, polarity }: AffinityRule): boolean {
  return kind === "GUEST" && strict && polarity === "TOGETHER";
}

/** The guest among all that are bound to it, directly or through others; null when none are, or to one host. */
export function affinityGroupOf(state: State, guestId: GuestId): AffinityGroup | null {
  const { rules } = state.indexes;
  if (!rules.rulesOf(guestId).some(binds)) return null;
  const found = new Set([guestId]);
  let widest: AffinityRule | null = null;
  // A set that grows while it is gone through is gone through to its end.
  for (const id of found)
    for (const rule of rules.rulesOf(id).filter(binds)) {
      for (const other of rule.guestIds) found.add(other);
      if (rule.scope === "ZONE" || (rule.scope === "RACK" && widest?.scope !== "ZONE"))
        widest = rule;
    }
  if (!widest?.scope) return null;
  const guests = [...found]
    .map((id) => state.tables.Guest.find(id))
    .filter((guest) => guest !== undefined);
  return { rule: widest, scope: widest.scope, guests: guests.sort(inRecoveryOrder) };
}

/**
 * Where the most of these guests can be, and whether that is all of them; null where none can. Of
 * places for as many it is one of the `preferred` hosts', or the one with the most room.
 */
export function domainForAll(
  state: State,
  { scope, guests }: Pick<AffinityGroup, "scope" | "guests">,
  preferred: readonly HostId[],
  nowMs: number,
): { within: Within; isForAll: boolean } | null {
  let best: { within: Within; placed: number } | null = null;
  for (const domain of domainsFor(state, scope, preferred)) {
    const within = { scope, domain };
    const placed = roomWithin(state, guests, within, nowMs);
    if (placed > (best?.placed ?? 0)) best = { within, placed };
    if (placed === guests.length) break;
  }
  return best && { within: best.within, isForAll: best.placed === guests.length };
}

function domainsFor(
  { indexes: { capacity } }: State,
  scope: Within["scope"],
  preferred: readonly HostId[],
): number[] {
  const rooms = preferred.map((id) => capacity.room(id)).filter((room) => room !== undefined);
  const first = new Set(rooms.map((room) => domainOf(scope, room)));
  const freeMiB = new Map<number, number>();
  for (const room of capacity.inOrder()) {
    if (!room.placeable) continue;
    const domain = domainOf(scope, room);
    freeMiB.set(domain, (freeMiB.get(domain) ?? 0) + room.free.memoryMiB);
  }
  const rank = (domain: number) => Number(first.has(domain));
  return [...freeMiB]
    .sort(([a, free], [b, more]) => rank(b) - rank(a) || more - free || a - b)
    .slice(0, DOMAINS_EXAMINED)
    .map(([domain]) => domain);
}

/** How many of them find a place there; played through and taken back. */
function roomWithin(state: State, guests: readonly Guest[], within: Within, nowMs: number): number {
  const mark = state.mark();
  const wanted = new Set(guests.map(({ id }) => id));
  let placed = 0;
  try {
    for (const { id } of guests) {
      if (!wanted.has(id)) continue;
      const company = companyOf(state, id).filter((other) => wanted.has(other.id));
      for (const other of company) wanted.delete(other.id);
      const [first, ...rest] = company;
      if (!first) continue;
      const subject = { ...subjectForAll(state, [first, ...rest]), within };
      const place = findPlace(state, { ...subject, retryHostId: null, isHasty: true }, nowMs);
      if (!place) continue;
      placed += company.length;
      for (const other of company)
        state.tables.Guest.patch(other.id, { hostId: place.hostId, targetHostId: null });
    }
    return placed;
  } finally {
    state.rollback(mark);
  }
}
