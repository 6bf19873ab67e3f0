import type { AffinityRule, Guest } from "../../model/entities.ts";
import type { GuestId, HostId, ZoneId } from "../../model/ids.ts";
import { addResources, NO_RESOURCES, type Resources } from "../../model/resources.ts";
import type { RuleScope } from "../../model/statuses.ts";
import { reservedBy } from "../guest-conditions.ts";
import type { State } from "../state.ts";
import { domainOf } from "./rule-index.ts";

/** What is to be placed, as filters and scorers see it: a guest, or several that go to one host. */
export interface Subject {
  /** Empty for one that does not exist yet. */
  readonly guestIds: readonly GuestId[];
  readonly resources: Resources;
  /** What of it the host has to promise; null for nothing. */
  readonly reserved: Resources | null;
  /** Preferred while it is up. */
  readonly homeHostId: HostId | null;
  /** Where it failed to start and is tried once more, or comes back with its host. */
  readonly retryHostId: HostId | null;
  /** Hosts given up on. */
  readonly triedHostIds: readonly HostId[];
  /** Where it stands now, when it is to move away. */
  readonly fromHostId: HostId | null;
  /** The only zone that will do; null for all. */
  readonly withinZoneId: ZoneId | null;
  /** Doesn't wait for its turn to boot: it is only asked whether there is room. */
  readonly isHasty: boolean;
  /** The rules that speak of it, in order of id. */
  readonly rules: readonly AffinityRule[];
  /** Several: per rule and domain, how many of them are counted there. One is counted where it stands. */
  readonly own?: ReadonlyMap<number, ReadonlyMap<number, number>>;
  /** How many migrations it takes, when they are to keep to the limit per host. */
  readonly migrations?: number;
  /** The zones of its scaling group, when it is not to run anywhere else. */
  readonly zoneIds?: readonly ZoneId[];
  /** The one rack or zone that will do. */
  readonly within?: { readonly scope: RuleScope; readonly domain: number };
}

export function subjectFor(state: State, guest: Guest): Subject {
  const last = guest.placement?.hostId ?? null;
  const retries = guest.restarts > 0 && last !== null && !guest.triedHostIds.includes(last);
  const home = state.meta.settings.balanceOnStart ? null : guest.homeHostId;
  return {
    guestIds: [guest.id],
    resources: guest.resources,
    reserved: reservedBy(guest),
    // Where it was stopped for the fleet's sake, it is at home until it is back.
    homeHostId: guest.displacedFromHostId ?? home,
    // Whoever would be tried once more on a host that was removed is tried anywhere.
    retryHostId: retries && state.tables.Host.find(last ?? 0) ? last : returnsTo(state, guest),
    triedHostIds: guest.triedHostIds,
    fromHostId: guest.hostId,
    withinZoneId: null,
    isHasty: false,
    rules: state.indexes.rules.rulesOf(guest.id),
    ...groupZones(state, guest),
  };
}

function groupZones({ tables }: State, { membership }: Guest): Pick<Subject, "zoneIds"> {
  const zoneIds = tables.ScalingGroup.find(membership?.groupId ?? 0)?.zoneIds ?? [];
  return zoneIds.length > 0 ? { zoneIds } : {};
}

/** The host that it was stopped for, once that is back: it waits for its turn there. */
function returnsTo(state: State, guest: Guest): HostId | null {
  const { status, displacedFromHostId: back, triedHostIds } = guest;
  if (status !== "PENDING" || back === null || triedHostIds.includes(back)) return null;
  return state.indexes.capacity.room(back)?.placeable ? back : null;
}

/** All of them on one host: what they need together, and what each one's rules say. */
export function subjectForAll(state: State, guests: readonly [Guest, ...Guest[]]): Subject {
  const [first] = guests;
  const subject = subjectFor(state, first);
  if (guests.length === 1) return subject;
  const rules = new Map(
    guests.flatMap(({ id }) => state.indexes.rules.rulesOf(id)).map((rule) => [rule.id, rule]),
  );
  return {
    ...subject,
    guestIds: guests.map(({ id }) => id),
    resources: guests.map(({ resources }) => resources).reduce(addResources, NO_RESOURCES),
    reserved: guests.map((guest) => reservedBy(guest) ?? NO_RESOURCES).reduce(addResources),
    rules: [...rules.values()].sort((a, b) => a.id - b.id),
    own: countOwn(state, guests),
  };
}

function countOwn(state: State, guests: readonly Guest[]): Map<number, Map<number, number>> {
  const own = new Map<number, Map<number, number>>();
  for (const { id, hostId } of guests) {
    const room = hostId === null ? undefined : state.indexes.capacity.room(hostId);
    if (!room) continue;
    for (const rule of state.indexes.rules.rulesOf(id)) {
      if (rule.scope === null) continue;
      const domains = own.get(rule.id) ?? new Map<number, number>();
      const domain = domainOf(rule.scope, room);
      own.set(rule.id, domains.set(domain, (domains.get(domain) ?? 0) + 1));
    }
  }
  return own;
}
