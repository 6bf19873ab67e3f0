import type { AffinityRule, Host } from "../../model/entities.ts";
import type { Reason } from "../../model/reasons.ts";
import { NO_RESOURCES, subtractResources } from "../../model/resources.ts";
import type { RuleScope } from "../../model/statuses.ts";
import { isCutOff } from "../host-conditions.ts";
import type { State } from "../state.ts";
import { fits, type HostRoom } from "./capacity-index.ts";
import { crowding } from "./crowding.ts";
import { claimOf, promisedTo } from "./promised.ts";
import { domainOf } from "./rule-index.ts";
import type { Subject } from "./subject.ts";

/** Null lets the host pass; a reason rules it out. */
type Filter = (state: State, subject: Subject, room: HostRoom) => Reason | null;

function heldOff({ id: hostId, flaps, unansweredSinceMs }: Host, untilMs: number): Reason {
  const why =
    unansweredSinceMs === null
      ? `has lost contact ${flaps} times`
      : `has not answered a start since ${new Date(unansweredSinceMs).toISOString()}`;
  const message = `the host ${why} and gets no guests until ${new Date(untilMs).toISOString()}`;
  return { code: "HOST_HELD_OFF", message, hostId };
}

const takesGuests: Filter = (state, _subject, room) => {
  if (room.placeable) return null;
  const host = state.tables.Host.get(room.hostId);
  const { status, heldUntilMs } = host;
  if (status === "UP" && heldUntilMs !== null) return heldOff(host, heldUntilMs);
  if (status === "DRAINING" || status === "MAINTENANCE") {
    const message = `the host is ${status === "DRAINING" ? "being emptied" : "in maintenance"}`;
    return { code: "HOST_IN_MAINTENANCE", message, hostId: room.hostId };
  }
  if (status !== "UP")
    return { code: "HOST_NOT_UP", message: `the host is ${status}`, hostId: room.hostId };
  const zone = state.tables.Zone.get(room.zoneId);
  const { name, power } = zone;
  const warns = power === "DOWN" ? "runs on battery" : "has no cooling";
  const ails = isCutOff(zone) ? "is cut off from the network" : warns;
  return { code: "ZONE_FAILING", message: `zone ${name} ${ails}`, hostId: room.hostId };
};

const notHere: Filter = (_state, subject, room) =>
  subject.fromHostId === room.hostId
    ? { code: "ALREADY_HERE", message: "the guest is on this host already", hostId: room.hostId }
    : null;

const notGivenUp: Filter = (_state, subject, room) =>
  subject.triedHostIds.includes(room.hostId)
    ? {
        code: "DRIVER_ERROR",
        message: "a start of the guest failed here before, or a move to here",
        hostId: room.hostId,
      }
    : null;

const enoughCpu: Filter = (_state, subject, room) =>
  room.free.cpuMillicores >= subject.resources.cpuMillicores
    ? null
    : {
        code: "INSUFFICIENT_CPU",
        message: `${room.free.cpuMillicores / 1000} of ${subject.resources.cpuMillicores / 1000} cores free`,
        hostId: room.hostId,
      };

const enoughMemory: Filter = (_state, subject, room) =>
  room.free.memoryMiB >= subject.resources.memoryMiB
    ? null
    : {
        code: "INSUFFICIENT_MEMORY",
        message: `${room.free.memoryMiB} of ${subject.resources.memoryMiB} MiB of memory free`,
        hostId: room.hostId,
      };

const enoughStorage: Filter = (_state, subject, room) =>
  room.free.storageGiB >= subject.resources.storageGiB
    ? null
    : {
        code: "INSUFFICIENT_STORAGE",
        message: `${room.free.storageGiB} of ${subject.resources.storageGiB} GiB of storage free`,
        hostId: room.hostId,
      };

/** Sums of sizes may be more than the host has, sums of promises may not. */
const enoughUnreserved: Filter = (state, { reserved }, { capacity, hostId }) => {
  if (reserved === null) return null;
  const promised = state.indexes.reserved.get(hostId) ?? NO_RESOURCES;
  const { cpuMillicores, memoryMiB } = subtractResources(capacity, promised);
  const lacks = [
    ...(cpuMillicores < reserved.cpuMillicores
      ? [`${cpuMillicores / 1000} of ${reserved.cpuMillicores / 1000} cores`]
      : []),
    ...(memoryMiB < reserved.memoryMiB ? [`${memoryMiB} of ${reserved.memoryMiB} MiB`] : []),
  ];
  if (lacks.length === 0) return null;
  const message = `${lacks.join(" and ")} can still be reserved`;
  return { code: "RESERVED_BY_OTHERS", message, hostId };
};

const withinZone: Filter = (state, subject, room) => {
  if (subject.withinZoneId === null || subject.withinZoneId === room.zoneId) return null;
  const { name } = state.tables.Zone.get(room.zoneId);
  return { code: "ADMISSION_CONTROL", message: `zone ${name} is another one`, hostId: room.hostId };
};

const inGroupZones: Filter = (state, { zoneIds }, { hostId, zoneId }) => {
  if (zoneIds === undefined || zoneIds.some((id) => id === zoneId)) return null;
  const message = `its scaling group does not run in zone ${state.tables.Zone.get(zoneId).name}`;
  return { code: "GROUP_ZONES", message, hostId };
};

const strictRules: Filter = (state, subject, room) => {
  for (const rule of subject.rules) {
    if (!rule.strict) continue;
    const message = ruleObjection(state, rule, subject, room);
    if (message) return { code: "AFFINITY_RULE", message, hostId: room.hostId, ruleId: rule.id };
  }
  return null;
};

/** What a rule, were it strict, would say against this host; null when it agrees. */
function ruleObjection(
  state: State,
  rule: AffinityRule,
  subject: Subject,
  room: HostRoom,
): string | null {
  if (rule.kind === "HOST")
    return rule.hosts.some((host) => host.hostId === room.hostId)
      ? null
      : `rule ${rule.name} keeps it on other hosts`;
  const others = othersInDomain(state, rule, subject, room);
  const scope = rule.scope?.toLowerCase();
  if (rule.polarity === "APART")
    return others > 0 ? `rule ${rule.name} wants no other of its guests on this ${scope}` : null;
  if (state.indexes.rules.isMoving(rule.id) && !isWhereTheyGo(state, rule, subject, room))
    return `rule ${rule.name} waits for a guest that is migrating to another ${scope}`;
  if (others > 0 || othersAnywhere(state, rule, subject) === 0) return null;
  return leadsTheWay(state, rule, subject)
    ? null
    : `rule ${rule.name} wants it on the same ${scope} as its other guests`;
}

/** Its company is on its way to this very rack or zone, and it follows: there is no waiting in line. */
function isWhereTheyGo(
  state: State,
  rule: AffinityRule,
  { fromHostId }: Subject,
  room: HostRoom,
): boolean {
  const { scope } = rule;
  if (fromHostId === null || scope === null || scope === "HOST") return false;
  const targets = rule.guestIds
    .map((id) => state.tables.Guest.find(id)?.targetHostId ?? null)
    .filter((id) => id !== null);
  return targets.every((id) => domainAt(state, scope, id) === domainOf(scope, room));
}

/**
 * A rack or zone that can hold none of them any more is left one by one, and somebody is the first.
 * Guests bound to one host need no leader: they leave as one.
 */
function leadsTheWay(state: State, rule: AffinityRule, subject: Subject): boolean {
  if (subject.fromHostId === null || rule.scope === "HOST") return false;
  return rule.guestIds
    .map((id) => state.tables.Guest.find(id)?.hostId ?? null)
    .every((id) => id === null || state.indexes.capacity.room(id)?.placeable === false);
}

function domainAt(state: State, scope: RuleScope, hostId: number): number | null {
  const room = state.indexes.capacity.room(hostId);
  return room ? domainOf(scope, room) : null;
}

/** Guests of the rule that stand where the host would put this one, itself not counted. */
export function othersInDomain(
  state: State,
  rule: AffinityRule,
  subject: Subject,
  room: HostRoom,
): number {
  if (rule.scope === null) return 0;
  const domain = domainOf(rule.scope, room);
  return (
    (state.indexes.rules.occupancy(rule.id).get(domain) ?? 0) - self(state, rule, subject, domain)
  );
}

export function othersAnywhere(state: State, rule: AffinityRule, subject: Subject): number {
  let others = 0;
  for (const count of state.indexes.rules.occupancy(rule.id).values()) others += count;
  if (!subject.own) return others - (subject.fromHostId === null ? 0 : 1);
  for (const count of subject.own.get(rule.id)?.values() ?? []) others -= count;
  return others;
}

/** How often those that are to be placed are counted in this domain themselves. */
export function self(state: State, rule: AffinityRule, subject: Subject, domain: number): number {
  if (subject.own) return subject.own.get(rule.id)?.get(domain) ?? 0;
  if (subject.fromHostId === null || rule.scope === null) return 0;
  return domainAt(state, rule.scope, subject.fromHostId) === domain ? 1 : 0;
}

const rightDomain: Filter = (_state, { within }, room) =>
  within === undefined || domainOf(within.scope, room) === within.domain
    ? null
    : {
        code: "AFFINITY_RULE",
        message: `the others of its rule are in another ${within.scope.toLowerCase()}`,
        hostId: room.hostId,
      };

const migrationSlot: Filter = (state, { migrations = 0 }, { hostId }) =>
  migrations === 0 || hasMigrationSlots(state, hostId, migrations)
    ? null
    : {
        code: "MIGRATIONS_LIMITED",
        message: "as many migrations as it is allowed go to or from this host already",
        hostId,
      };

/** One host does so many migrations at a time; a larger group that goes as one has it for itself. */
export function hasMigrationSlots(state: State, hostId: number, migrations: number): boolean {
  const running = state.indexes.moves.migratingOn.count(hostId);
  return running === 0 || running + migrations <= state.meta.settings.migrationsPerHost;
}

/** Room that others are stopped for is for nobody else. */
const notPromised: Filter = (state, subject, room) => {
  if (subject.isHasty || state.indexes.makingRoom.count(room.hostId) === 0) return null;
  const [first, ...more] = promisedTo(state, subject, room.hostId);
  if (!first) return null;
  const claim = claimOf(state, [first, ...more], room.hostId);
  if (fits(subtractResources(room.free, claim), subject.resources)) return null;
  return {
    code: "PREEMPTING",
    message: `room is made here for ${first.name}`,
    hostId: room.hostId,
  };
};

/** The last to be asked: what it holds back would have a place here but for the others before it. */
const hasTurn: Filter = (state, subject, room) =>
  subject.fromHostId === null &&
  !subject.isHasty &&
  room.starts >= state.meta.settings.startsPerHost
    ? {
        code: "STARTS_LIMITED",
        message: `the host boots ${room.starts} guest${room.starts === 1 ? "" : "s"} already`,
        hostId: room.hostId,
      }
    : null;

const notCrowded: Filter = (state, subject, { hostId }) => crowding(state, subject, hostId);

const FILTERS: readonly Filter[] = [
  notHere,
  takesGuests,
  notGivenUp,
  withinZone,
  inGroupZones,
  enoughCpu,
  enoughMemory,
  enoughStorage,
  enoughUnreserved,
  rightDomain,
  strictRules,
  notPromised,
  hasTurn,
  migrationSlot,
  notCrowded,
];

/** The first objection; null for a host that will do. */
export function objection(state: State, subject: Subject, room: HostRoom): Reason | null {
  for (const filter of FILTERS) {
    const reason = filter(state, subject, room);
    if (reason) return reason;
  }
  return null;
}

/** A strict rule about hosts keeps it from this one for good: what else the host lacks is no matter. */
export function barredBy({ rules }: Subject, { hostId }: HostRoom): Reason | null {
  const bars = ({ kind, strict, hosts }: AffinityRule) =>
    strict && kind === "HOST" && !hosts.some((host) => host.hostId === hostId);
  const rule = rules.find(bars);
  if (!rule) return null;
  const message = `rule ${rule.name} keeps it on other hosts`;
  return { code: "AFFINITY_RULE", message, hostId, ruleId: rule.id };
}

/** Every objection, for those who want to know. */
export function objections(state: State, subject: Subject, room: HostRoom): Reason[] {
  return FILTERS.map((filter) => filter(state, subject, room)).filter((reason) => reason !== null);
}

/** Its strict rules leave it some host that takes guests, full or not. */
export function rulesAllow(state: State, subject: Subject): boolean {
  for (const room of state.indexes.capacity.rooms())
    if (
      room.placeable &&
      !withinZone(state, subject, room) &&
      !inGroupZones(state, subject, room) &&
      !notHere(state, subject, room) &&
      !strictRules(state, subject, room)
    )
      return true;
  return false;
}
