import type { WorldSettings } from "../../model/actions.ts";
import type { GuestId, HostId, LoadBalancerTargetId, Ref, ZoneId } from "../../model/ids.ts";
import { addResources } from "../../model/resources.ts";
import type { FaultKind } from "../../model/statuses.ts";
import { RANKS } from "./agenda.ts";
import { canBeHeard } from "./conditions.ts";
import { guestOf } from "./copies.ts";
import {
  loadDescription,
  loadTrace,
  type StoredDescription,
  storedDescription,
} from "./descriptions.ts";
import { enterIndex, newHost } from "./hosts.ts";
import type { Streak } from "./load-balancing/world.ts";
import { batteryDueAt } from "./power.ts";
import { noteHost } from "./timers.ts";
import {
  type Copy,
  type SimulatedGuest,
  type SimulatedHost,
  type SimulatedZone,
  type World,
  zoneOf,
} from "./world.ts";

/**
 * The world as JSON values by key, one for each thing that changes by itself. What follows from the
 * rest (the agenda, who is in contact, how full a host is) is not stored but worked out at start.
 */
type StoredHost = Omit<SimulatedHost, "inContact" | "copies" | "incoming" | "used">;
type StoredZone = Omit<SimulatedZone, "id">;
type StoredGuest = Pick<SimulatedGuest, "generation" | "failure" | "forgetAtMs">;
type StoredCopy = Omit<Copy, "guestId" | "hostId">;

interface Codec {
  /** What is to be stored under the key now; null when it is gone. */
  store(world: World, key: string): unknown;
  load(world: World, key: string, value: unknown): void;
}

/** In the order of loading: what is referred to comes first. */
const CODECS = {
  settings: {
    store: (world) => world.settings,
    load: (world, _key, value) => {
      world.settings = value as WorldSettings;
    },
  },
  fault: {
    store: (world, key) => {
      const { fault, target } = parseFaultKey(key);
      return world.faults.on(fault, target.id) ? {} : null;
    },
    load: (world, key) => {
      const { fault, target } = parseFaultKey(key);
      world.faults.add(fault, target);
    },
  },
  zone: {
    store: (world, key) => storedZone(world.zones.get(idOf<ZoneId>(key))),
    load: (world, key, value) => {
      Object.assign(zoneOf(world, idOf<ZoneId>(key)), value as StoredZone);
    },
  },
  host: {
    store: (world, key) => storedHost(world.hosts.get(idOf<HostId>(key))),
    load: (world, _key, value) => loadHost(world, value as StoredHost),
  },
  guest: {
    store: (world, key) => storedGuest(world.guests.get(idOf<GuestId>(key))),
    load: (world, key, value) => {
      Object.assign(guestOf(world, idOf<GuestId>(key)), value as StoredGuest);
    },
  },
  streak: {
    store: (world, key) => world.loadBalancing.streaks.get(idOf(key)) ?? null,
    load: (world, key, value) => {
      world.loadBalancing.streaks.set(idOf<LoadBalancerTargetId>(key), value as Streak);
    },
  },
  trace: {
    store: (world, key) => world.traces.get(key)?.shares ?? null,
    load: (world, key, value) => loadTrace(world, key, value as readonly number[]),
  },
  description: {
    store: (world, key) => storedDescription(world.guests.get(idOf<GuestId>(key))),
    load: (world, key, value) =>
      loadDescription(world, guestOf(world, idOf<GuestId>(key)), value as StoredDescription),
  },
  copy: {
    store: (world, key) => storedCopy(copyAt(world, key)),
    load: (world, key, value) => loadCopy(world, key, value as StoredCopy),
  },
} as const satisfies Record<string, Codec>;

/** What has changed since the last call; null for what is gone. */
export function takeChanges(world: World): ReadonlyMap<string, string | null> {
  const changes = new Map<string, string | null>();
  for (const key of world.changedKeys) {
    const value = CODECS[kindOf(key)].store(world, key);
    changes.set(key, value === null ? null : JSON.stringify(value));
  }
  world.changedKeys.clear();
  return changes;
}

/** Fill an empty world with what was stored of an earlier one. */
export function restore(world: World, state: ReadonlyMap<string, string>): void {
  const keys = Map.groupBy(state.keys(), kindOf);
  for (const kind of Object.keys(CODECS) as (keyof typeof CODECS)[]) {
    for (const key of keys.get(kind) ?? [])
      CODECS[kind].load(world, key, JSON.parse(state.get(key) ?? "null"));
  }
  reserveTargets(world);
  putOnAgenda(world);
  world.changedKeys.clear();
}

function storedZone(zone: SimulatedZone | undefined): StoredZone | null {
  if (!zone) return null;
  const { id: _, ...stored } = zone;
  return stored;
}

function storedHost(host: SimulatedHost | undefined): StoredHost | null {
  if (!host) return null;
  const { inContact: _, copies: _copies, incoming: _incoming, used: _used, ...stored } = host;
  return stored;
}

function storedGuest(guest: SimulatedGuest | undefined): StoredGuest | null {
  if (!guest) return null;
  const { generation, failure, forgetAtMs } = guest;
  return { generation, failure, forgetAtMs };
}

function storedCopy(copy: Copy | undefined): StoredCopy | null {
  if (!copy) return null;
  const { guestId: _, hostId: _hostId, ...stored } = copy;
  return stored;
}

function loadHost(world: World, stored: StoredHost): void {
  const { description } = stored;
  world.hosts.set(description.id, Object.assign(newHost(world, description), stored));
  enterIndex(world, description);
}

function loadCopy(world: World, key: string, stored: StoredCopy): void {
  const { guestId, hostId } = parseCopyKey(key);
  const host = world.hosts.get(hostId);
  if (!host) return;
  const copy: Copy = { guestId, hostId, ...stored };
  host.copies.set(guestId, copy);
  host.used = addResources(host.used, copy.resources);
  guestOf(world, guestId).copies.set(hostId, copy);
  world.roster.copies++;
}

function reserveTargets(world: World): void {
  for (const { copies } of world.hosts.values()) {
    for (const copy of copies.values()) {
      const targetId = copy.progress?.targetHostId ?? null;
      const target = targetId === null ? undefined : world.hosts.get(targetId);
      if (!target) continue;
      target.incoming.add(copy);
      target.used = addResources(target.used, copy.resources);
    }
  }
}

function putOnAgenda(world: World): void {
  const { agenda } = world;
  for (const zone of world.zones.values())
    agenda.set(RANKS.zone, zone.id, 0, batteryDueAt(world, zone));
  for (const host of world.hosts.values()) {
    noteHost(world, host);
    host.inContact = canBeHeard(world, host);
    if (host.inContact) world.roster.hostsInContact++;
  }
  for (const guest of world.guests.values()) {
    agenda.set(RANKS.guest, guest.id, 0, guest.forgetAtMs);
    for (const { guestId, hostId, progress } of guest.copies.values())
      agenda.set(RANKS.copy, guestId, hostId, progress?.dueAtMs ?? null);
  }
}

/** `guest:34@12` is the copy of a guest on a host, `guest:34` the guest itself. */
function kindOf(key: string): keyof typeof CODECS {
  if (key.includes("@")) return "copy";
  return key.split(":", 1)[0] as keyof typeof CODECS;
}

function idOf<Id extends number>(key: string): Id {
  return Number(key.slice(key.indexOf(":") + 1)) as Id;
}

function parseFaultKey(key: string): { fault: FaultKind; target: Ref } {
  const [, fault, type, id] = key.split(":");
  return { fault: fault as FaultKind, target: { type, id: Number(id) } as Ref };
}

function parseCopyKey(key: string): { guestId: GuestId; hostId: HostId } {
  const [guestId, hostId] = key.slice(key.indexOf(":") + 1).split("@");
  return { guestId: Number(guestId) as GuestId, hostId: Number(hostId) as HostId };
}

function copyAt(world: World, key: string): Copy | undefined {
  const { guestId, hostId } = parseCopyKey(key);
  return world.hosts.get(hostId)?.copies.get(guestId);
}
