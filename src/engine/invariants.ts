import type { AffinityRule, Host, Operation, Zone } from "../model/entities.ts";
import {
  addResources,
  NO_RESOURCES,
  type Resources,
  sameResources,
  subtractResources,
} from "../model/resources.ts";
import { offeredBy } from "../model/settings.ts";
import type { ZoneStatus } from "../model/statuses.ts";
import { willServe } from "./controllers/dependencies.ts";
import { isAtRest } from "./controllers/moves/round.ts";
import { knowsWhatRuns } from "./fleet-conditions.ts";
import { footprintOf, isPendingRecovery } from "./guest-conditions.ts";
import { isCutOff, isFailing, isLost, isOpen, isUnheard } from "./host-conditions.ts";
import { broken } from "./invariants/claim.ts";
import { guestViolations } from "./invariants/guests.ts";
import { requestClaims } from "./invariants/host-requests.ts";
import { incidentsAreTrue } from "./invariants/incidents.ts";
import { indexDrift } from "./invariants/indexes.ts";
import { isolationHolds } from "./invariants/isolation.ts";
import { balancingIsSound } from "./invariants/load-balancing.ts";
import { contradictionsAreTold } from "./invariants/rules.ts";
import { groupsAreSound } from "./invariants/scaling.ts";
import { companyOf } from "./placement/company.ts";
import { domainOf, isInForce } from "./placement/rule-index.ts";
import type { State } from "./state.ts";

/**
 * What must be true of the fleet between any two decisions, whatever happened before. Each line
 * says what is wrong with what; none is how it should be.
 */
export function violations(state: State): string[] {
  return [
    ...guestViolations(state),
    ...state.tables.Host.sorted().flatMap((host) => hostIsSound(state, host)),
    ...state.tables.AffinityRule.sorted().flatMap((rule) => ruleHolds(state, rule)),
    ...contradictionsAreTold(state),
    ...incidentsAreTrue(state),
    ...quotasHold(state),
    ...isolationHolds(state),
    ...balancingIsSound(state),
    ...groupsAreSound(state),
    ...state.tables.Zone.sorted().flatMap((zone) => zoneIsTold(state, zone)),
    ...operationsEnd(state),
    ...failoversEnd(state),
    ...faultsStrike(state),
    ...contactIsTold(state),
    ...indexDrift(state),
  ];
}

function mayBeHeldOff({ flaps, unansweredSinceMs }: Host): boolean {
  return flaps >= 2 || unansweredSinceMs !== null;
}

function hostIsSound(state: State, host: Host): string[] {
  const { status, capacity, lastSeenAtMs, fenceFailedAtMs } = host;
  const taken = takenOn(state, host);
  const free = subtractResources(offeredBy(capacity, state.meta.settings), taken);
  const room = state.indexes.capacity.room(host.id);
  return broken(`host ${host.name} (${status})`, [
    [Object.values(free).every((amount) => amount >= 0), `lacks ${JSON.stringify(free)}`],
    [room !== undefined && sameResources(room.allocated, taken), "has taken other room"],
    [room !== undefined && sameResources(room.free, free), "has other free room"],
    [room?.placeable === takesGuests(state, host), "is offered wrongly"],
    [host.heldUntilMs === null || mayBeHeldOff(host), "is held off, and nothing says why"],
    [host.opinion === null || isUnheard(host), "is in contact, and others were asked about it"],
    [state.meta.armed || host.watchdogMs === null, "guards itself although it was told not to"],
    [!isUnheard(host) || lastSeenAtMs !== null, "is silent since when?"],
    [status !== "UP" || lastSeenAtMs === null, `is silent since ${lastSeenAtMs}`],
    [status === "FENCING" || fenceFailedAtMs === null, "has failed to be fenced, and is not to be"],
    ...requestClaims(state, host),
  ]);
}

function takesGuests(state: State, host: Host): boolean {
  const zone = state.tables.Zone.get(host.zoneId);
  return isOpen(host) && !isFailing(zone) && !isCutOff(zone);
}

function takenOn(state: State, host: Host): Resources {
  return [...state.tables.Guest.values()]
    .filter(({ hostId, targetHostId }) => hostId === host.id || targetHostId === host.id)
    .map(footprintOf)
    .reduce(addResources, NO_RESOURCES);
}

function ruleHolds(state: State, rule: AffinityRule): string[] {
  const { tables } = state;
  return broken(`rule ${rule.name}`, [
    [rule.guestIds.every((id) => tables.Guest.find(id)), "speaks of a guest that is gone"],
    [rule.hosts.every(({ hostId }) => tables.Host.find(hostId)), "speaks of a host that is gone"],
    [
      !isInForce(rule) || !rule.strict || isKept(state, rule) || isMended(state, rule),
      "is strict and broken",
    ],
  ]);
}

function isKept(state: State, rule: AffinityRule): boolean {
  /** Where each guest that stands anywhere stands: in two places while it migrates. */
  const standing = rule.guestIds
    .map((id) => state.tables.Guest.find(id))
    .map((guest) => [guest?.hostId ?? null, guest?.targetHostId ?? null])
    .map((hostIds) => hostIds.filter((id) => id !== null))
    .filter((hostIds) => hostIds.length > 0);
  if (rule.kind === "HOST")
    return standing.flat().every((id) => rule.hosts.some(({ hostId }) => hostId === id));
  const domains = standing.map((ids) => new Set(ids.map((id) => domain(state, rule, id))));
  const distinct = new Set(domains.flatMap((each) => [...each])).size;
  const total = domains.reduce((sum, each) => sum + each.size, 0);
  return rule.polarity === "APART" ? distinct === total : domains.length < 2 || distinct === 1;
}

/** Its guests are on their way, or about to be, or it is said why not. */
function isMended(state: State, rule: AffinityRule): boolean {
  const { movesDueAtMs, meta, indexes } = state;
  if (movesDueAtMs === 0 || !meta.armed || !knowsWhatRuns(state)) return true;
  // Hosts do few migrations at a time: when one is done, the next that waits for its turn goes.
  if (!indexes.moves.migratingOn.isEmpty) return true;
  return rule.guestIds
    .flatMap((id) => companyOf(state, id))
    .some(
      (guest) =>
        guest.moveBlockedBy.length > 0 || (guest.hostId !== null && !isAtRest(state, guest)),
    );
}

function domain(state: State, rule: AffinityRule, hostId: number): number {
  const room = state.indexes.capacity.room(hostId);
  return room && rule.scope ? domainOf(rule.scope, room) : hostId;
}

/** Guests on their way out do not count: nothing more is given to them. */
function quotasHold(state: State): string[] {
  return state.tables.Tenant.sorted().flatMap(({ id, name, quota }) => {
    const guests = [...state.tables.Guest.values()].filter(
      (guest) => guest.tenantId === id && !guest.deleting,
    );
    const used = guests.map(footprintOf).reduce(addResources, NO_RESOURCES);
    const sums = { ...used, guests: guests.length };
    return (Object.keys(quota) as (keyof typeof quota)[])
      .filter((key) => sums[key] > (quota[key] ?? Number.POSITIVE_INFINITY))
      .map((key) => `tenant ${name} has ${sums[key]} ${key}, more than its ${quota[key]}`);
  });
}

function zoneIsTold(state: State, zone: Zone): string[] {
  const known = state.indexes.hostsInZone
    .of(zone.id)
    .map((id) => state.tables.Host.get(id))
    .filter((host) => host.everUp);
  const lost = known.filter(isLost).length;
  const ails = lost > 0 || [zone.power, zone.cooling, zone.network].includes("DOWN");
  const isDown = lost > 0 && lost === known.length;
  const status: ZoneStatus = isDown ? "DOWN" : ails ? "DEGRADED" : "HEALTHY";
  return broken(`zone ${zone.name} (${zone.status})`, [
    [status === zone.status, `is ${status}`],
    [(zone.status === "HEALTHY") === (zone.causeSeq === null), `has cause ${zone.causeSeq}`],
  ]);
}

function isThere({ tables }: State, { guestId, hostId }: Operation): boolean {
  return Boolean(tables.Guest.find(guestId ?? 0) ?? tables.Host.find(hostId ?? 0));
}

function operationsEnd(state: State): string[] {
  return state.tables.Operation.sorted().flatMap((row) =>
    broken(`operation ${row.id} (${row.kind}, ${row.status})`, [
      [(row.guestId === null) !== (row.hostId === null), "is about one thing"],
      [row.status !== "RUNNING" || isThere(state, row), "is for nobody"],
      [(row.status === "RUNNING") === (row.finishedAtMs === null), `ended ${row.finishedAtMs}`],
    ]),
  );
}

function failoversEnd(state: State): string[] {
  return state.tables.Failover.sorted().flatMap((failover) => {
    const { id, completedAtMs, guestsAffected, guestsRecovered, guestsUnrecovered } = failover;
    const sum = guestsRecovered + guestsUnrecovered;
    const isAwaited = [...state.tables.Guest.values()].some(
      (guest) =>
        guest.loss?.failoverId === id && (isPendingRecovery(guest) || willServe(state, guest.id)),
    );
    return broken(`failover ${id}`, [
      // Guests that were deleted or stopped meanwhile are neither.
      [guestsUnrecovered >= 0 && sum <= guestsAffected, `is of ${guestsAffected}, not ${sum}`],
      [completedAtMs !== null || isAwaited, "waits for nobody"],
    ]);
  });
}

function contactIsTold({ meta, indexes }: State): string[] {
  const isHeard = indexes.watched.size > 0;
  return broken("the fleet", [
    [meta.contactLostAtMs === null || !isHeard, "is out of contact, and hosts are heard of"],
  ]);
}

function faultsStrike({ tables }: State): string[] {
  return tables.Fault.sorted().flatMap(({ kind, target }) =>
    broken(`fault ${kind}`, [[!!tables[target.type].find(target.id), "strikes nothing"]]),
  );
}
