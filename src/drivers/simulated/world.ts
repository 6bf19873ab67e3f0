import type {
  GuestDescription,
  HostDescription,
  SharedDemand,
  WorldSettings,
} from "../../model/actions.ts";
import type {
  GuestId,
  HostId,
  ScalingGroupId,
  SecurityGroupId,
  Seq,
  ZoneId,
} from "../../model/ids.ts";
import type { Resources } from "../../model/resources.ts";
import type { RuleSet } from "../../model/security.ts";
import type { TaskKind, UtilityStatus } from "../../model/statuses.ts";
import type { ObservationSink } from "../driver.ts";
import type { Agenda } from "./agenda.ts";
import type { FaultSet } from "./faults.ts";
import type { SimulatedLoadBalancing } from "./load-balancing/world.ts";

/**
 * The physical world: what is really there and what is really happening, which the engine can't
 * see. Plain records, changed in place by the modules beside this one. Times are fleet time in ms.
 */
export interface World {
  readonly seed: number;
  readonly emit: ObservationSink;
  nowMs: number;
  settings: WorldSettings;
  readonly faults: FaultSet;
  /** As last told, and told anew at each start of the server. */
  security: SimulatedSecurity;
  readonly loadBalancing: SimulatedLoadBalancing;
  /** The work of scaling groups. As last told, too. */
  demands: ReadonlyMap<ScalingGroupId, SharedDemand>;
  readonly zones: Map<ZoneId, SimulatedZone>;
  readonly hosts: Map<HostId, SimulatedHost>;
  readonly guests: Map<GuestId, SimulatedGuest>;
  /** Recorded workloads by key. */
  readonly traces: Map<string, HeldTrace>;
  /** The hosts of each rack, zone and region; ids are unique over all types. */
  readonly hostsUnder: Map<number, Set<HostId>>;
  readonly agenda: Agenda;
  readonly roster: Roster;
  /** Keys of the stored state that have changed since it was last taken. */
  readonly changedKeys: Set<string>;
}

export interface SimulatedSecurity {
  readonly revision: Seq;
  readonly groups: ReadonlyMap<SecurityGroupId, RuleSet>;
}

/** Counts that say whether a stream has anything to tell, and its list as of the last time. */
export interface Roster {
  hostsInContact: number;
  copies: number;
  /** Ids of the hosts in contact, ascending; null when it must be made anew. */
  heartbeats: readonly HostId[] | null;
  /** Running guests on hosts in contact, by id; null when it must be made anew. */
  running: readonly Copy[] | null;
}

export interface SimulatedZone {
  readonly id: ZoneId;
  /** Null until a host says where the zone stands. */
  regionId: number | null;
  battery: Battery;
  /** What was last told of its utilities. */
  reported: {
    readonly POWER: UtilityStatus;
    readonly COOLING: UtilityStatus;
    readonly NETWORK: UtilityStatus;
  };
}

/** Drains while the zone has no power from outside, and charges as fast once it has. */
export interface Battery {
  /** How much of its time it had given at `atMs`; 0 is full. */
  readonly drainedMs: number;
  readonly atMs: number;
  readonly draining: boolean;
  readonly empty: boolean;
}

export interface SimulatedHost {
  description: HostDescription;
  power: "ON" | "BOOTING" | "OFF";
  /** BOOTING: when it will be up. */
  bootedAtMs: number | null;
  /** Its last contact, while it is on but hung or cut off. */
  silentSinceMs: number | null;
  /** The watchdog has done its work in this silence. */
  watchdogFired: boolean;
  heat: Heat;
  /** Switched itself off because of heat; stays off until it is cool. */
  tripped: boolean;
  fence: Fence | null;
  /** What its zone's storage was asked about it and has not answered yet. */
  probe: Probe | null;
  /** What it last heard about its watchdog, when it was in contact. */
  watchdogArmed: boolean;
  watchdogSeconds: number;
  /** The newest fence that was carried out. */
  fencedGeneration: number;
  /** Shut down by order: stays off, whatever becomes of its power, until it is switched on. */
  shutDown: boolean;
  switching: Switching | null;
  /** The newest order about its power, fences apart, that was carried out. */
  switchedGeneration: number;

  // Follows from all else, and is not stored.
  /** Answers and heartbeats arrive. */
  inContact: boolean;
  readonly copies: Map<GuestId, Copy>;
  /** Copies elsewhere that migrate to here; they take their room here already. */
  readonly incoming: Set<Copy>;
  used: Resources;
}

export interface Fence {
  readonly generation: number;
  readonly dueAtMs: number;
}

export interface Switching {
  readonly kind: "REBOOT_HOST" | "SHUTDOWN_HOST" | "POWER_ON_HOST";
  readonly generation: number;
  readonly dueAtMs: number;
}

export interface Probe {
  readonly suspicion: number;
  readonly dueAtMs: number;
}

/** 0 is cool, 1 trips. Moves in a straight line until the rate changes. */
export interface Heat {
  /** As it was at `atMs`. */
  readonly level: number;
  readonly atMs: number;
  /** From 0 to 1 in this time; negative from 1 to 0; 0 when it stays as it is. */
  readonly spanMs: number;
}

export interface SimulatedGuest {
  readonly id: GuestId;
  /** The newest action seen; older ones are ignored. */
  generation: number;
  /** The newest order that failed, and why. */
  failure: { readonly generation: number; readonly error: string } | null;
  /** Null until it has been started once. */
  description: GuestDescription | null;
  /** What its workload replays; the shares of its description are this one's. */
  trace: HeldTrace | null;
  /** When a guest of which no copy is left is forgotten. */
  forgetAtMs: number | null;
  readonly copies: Map<HostId, Copy>;
}

/**
 * Recorded workloads are long and shared: thousands of guests replay a thousand traces. Each is held
 * and stored once, under a key that its content decides, for as long as a guest replays it.
 */
export interface HeldTrace {
  readonly key: string;
  readonly shares: readonly number[];
  guests: number;
}

/** A guest's virtual machine on one host. There should be one, and there can be several. */
export interface Copy {
  readonly guestId: GuestId;
  readonly hostId: HostId;
  /** The newest action that it took. */
  generation: number;
  state: "BOOTING" | "RUNNING" | "SUSPENDED";
  resources: Resources;
  progress: Progress | null;
}

/** What is being done to a copy. */
export interface Progress {
  readonly kind: TaskKind;
  readonly generation: number;
  /** Null while it stands still, with `remainingMs` to go. */
  readonly dueAtMs: number | null;
  readonly remainingMs: number;
  /** MIGRATE only. */
  readonly targetHostId: HostId | null;
  /** What it will fail with; null when it is to succeed. */
  readonly error: string | null;
}

export const KEYS = {
  settings: "settings",
  zone: (id: ZoneId) => `zone:${id}`,
  host: (id: HostId) => `host:${id}`,
  guest: (id: GuestId) => `guest:${id}`,
  /** Apart from the guest, which changes with each action. */
  description: (id: GuestId) => `description:${id}`,
  streak: (id: number) => `streak:${id}`,
  trace: (hash: string) => `trace:${hash}`,
  copy: (copy: Pick<Copy, "guestId" | "hostId">) => `guest:${copy.guestId}@${copy.hostId}`,
  fault: (kind: string, type: string, id: number) => `fault:${kind}:${type}:${id}`,
} as const;

export function zoneOf(world: World, id: ZoneId): SimulatedZone {
  const known = world.zones.get(id);
  if (known) return known;
  const zone: SimulatedZone = {
    id,
    regionId: null,
    battery: { drainedMs: 0, atMs: world.nowMs, draining: false, empty: false },
    reported: { POWER: "UP", COOLING: "UP", NETWORK: "UP" },
  };
  world.zones.set(id, zone);
  world.changedKeys.add(KEYS.zone(id));
  return zone;
}

export function byId(a: number, b: number): number {
  return a - b;
}

export function byGuestId(a: Copy, b: Copy): number {
  return a.guestId - b.guestId || a.hostId - b.hostId;
}
