import type { Guest } from "../../model/entities.ts";
import {
  awaitsAdmission,
  awaitsTurn,
  footprintOf,
  hostsMadeFree,
  isBooting,
  isHolding,
  isPendingRecovery,
  isPreemptible,
  isRuledOut,
  isWaiting,
} from "../guest-conditions.ts";
import { isAttended, isLost, isUnheard, isWatched } from "../host-conditions.ts";
import { timerOf } from "../indexes.ts";
import { sumOfGuests } from "../load.ts";
import { MoveIndex } from "../move-index.ts";
import type { HostRoom } from "../placement/capacity-index.ts";
import { Reserve } from "../placement/reserve.ts";
import { domainOf, isInForce, RuleIndex } from "../placement/rule-index.ts";
import type { State } from "../state.ts";
import { scalingExpectations } from "./scaling.ts";

/** Where an index says something else than the tables do. */
export function indexDrift(state: State): string[] {
  const hostLoads: [unknown, unknown] = [
    [...state.hostLoads.known()],
    [...state.hostLoads.known().keys()].map((id) => [id, sumOfGuests(state, id)]),
  ];
  const expected = { ...expectations(state), ...scalingExpectations(state), hostLoads };
  return Object.entries(expected)
    .filter(([, [known, found]]) => JSON.stringify(known) !== JSON.stringify(found))
    .map(
      ([name, [known, found]]) =>
        `index ${name} holds ${JSON.stringify(known)} instead of ${JSON.stringify(found)}`,
    );
}

const ids = (rows: readonly { id: number }[]) => rows.map(({ id }) => id);
const inOrder = (set: Iterable<number>) => [...set].sort((a, b) => a - b);

/** By name of the index: what it holds, and what the tables say. */
function expectations(state: State): Record<string, [unknown, unknown]> {
  const { tables, indexes, names } = state;
  const hosts = tables.Host.sorted();
  const guests = tables.Guest.sorted();
  const failovers = tables.Failover.sorted();
  return {
    guestsOnHost: [
      hosts.map(({ id }) => indexes.guestsOnHost.of(id)),
      hosts.map(({ id }) => ids(guests.filter((g) => g.hostId === id || g.targetHostId === id))),
    ],
    guestsOfTenant: [
      tables.Tenant.sorted().map(({ id }) => indexes.guestsOfTenant.of(id)),
      tables.Tenant.sorted().map(({ id }) => ids(guests.filter((g) => g.tenantId === id))),
    ],
    dependents: [
      guests.map(({ id }) => indexes.dependents.of(id)),
      guests.map(({ id }) => ids(guests.filter((g) => g.recovery.dependsOn.includes(id)))),
    ],
    guestsOfFailover: [
      failovers.map(({ id }) => indexes.guestsOfFailover.of(id)),
      failovers.map(({ id }) => ids(guests.filter((g) => g.loss?.failoverId === id))),
    ],
    pendingOfFailover: [
      failovers.map(({ id }) => indexes.pendingOfFailover.of(id)),
      failovers.map(
        ({ id }) => guests.filter((g) => g.loss?.failoverId === id && isPendingRecovery(g)).length,
      ),
    ],
    openFailovers: [
      inOrder(indexes.openFailovers),
      ids(failovers.filter(({ completedAtMs }) => completedAtMs === null)),
    ],
    preemptible: [
      hosts.map(({ id }) => indexes.preemptible.of(id)),
      hosts.map(({ id }) => ids(guests.filter((g) => g.hostId === id && isPreemptible(g)))),
    ],
    makingRoom: [
      hosts.map(({ id }) => indexes.makingRoom.of(id)),
      hosts.map(({ id }) =>
        ids(guests.filter((g) => isWaiting(g) && hostsMadeFree(g).includes(id))),
      ),
    ],
    awaitingTurn: [
      inOrder(indexes.awaitingTurn),
      ids(guests.filter((g) => isWaiting(g) && awaitsTurn(g))),
    ],
    awaitingAdmission: [
      inOrder(indexes.awaitingAdmission),
      ids(guests.filter((g) => isWaiting(g) && awaitsAdmission(g))),
    ],
    starts: [
      hosts.map(({ id }) => indexes.capacity.room(id)?.starts),
      hosts.map(({ id }) => guests.filter((g) => g.hostId === id && isBooting(g)).length),
    ],
    waiting: [inOrder(indexes.waiting), ids(guests.filter(isWaiting))],
    unrecovered: [
      indexes.unrecovered,
      guests.filter((guest) => isWaiting(guest) && guest.loss !== null).length,
    ],
    holding: [inOrder(indexes.holding), ids(guests.filter(isHolding))],
    ruledOut: [
      inOrder(indexes.ruledOut),
      ids(guests.filter((guest) => isWaiting(guest) && isRuledOut(guest))),
    ],
    timed: [
      ids(guests.filter(({ id }) => indexes.timed.has(id))),
      ids(guests.filter((g) => timerOf(g) !== null)),
    ],
    faults: [
      [...state.faults.keys()].sort(),
      tables.Fault.sorted()
        .map(({ kind, target }) => `${kind}:${target.id}`)
        .sort(),
    ],
    guestNames: [guests.map((g) => names.guest.find(g.name, g.tenantId)), ids(guests)],
    hostNames: [hosts.map((host) => names.host.find(host.name)), ids(hosts)],
    largest: [sizeOf(indexes.sizes.largest), largestOf(state)],
    reserve: [reserved(indexes.reserve, state), reserved(new Reserve(), state)],
    occupancy: occupancy(state),
    ...expectationsOfHosts(state),
    moves: [wishes(state, indexes.moves, indexes.rules), wishesAnew(state)],
  };
}

/** Who moves and who should, as indexes know it. */
function wishes({ tables, indexes }: State, moves: MoveIndex, rules: RuleIndex): unknown {
  const hosts = tables.Host.sorted();
  const { migratingOn, displacedFrom, awayFrom, blocked, askedEmpty } = moves;
  return [
    ...[migratingOn, displacedFrom, awayFrom].map((groups) => hosts.map(({ id }) => groups.of(id))),
    ...[blocked, askedEmpty, rules.misplaced, rules.outranked].map(inOrder),
    inOrder(rules.broken(indexes.capacity)),
  ];
}

function wishesAnew(state: State): unknown {
  const [moves, rules] = [new MoveIndex(), new RuleIndex((id) => state.tables.Guest.find(id))];
  for (const host of state.tables.Host.values()) moves.hostChanged(undefined, host);
  for (const rule of state.tables.AffinityRule.values()) rules.ruleChanged(undefined, rule);
  for (const guest of state.tables.Guest.values()) {
    moves.guestChanged(undefined, guest);
    rules.guestChanged(undefined, guest, state.indexes.capacity);
  }
  return wishes(state, moves, rules);
}

/** Hosts and what is done with them. */
function expectationsOfHosts({ tables, indexes }: State): Record<string, [unknown, unknown]> {
  const hosts = tables.Host.sorted();
  const guests = tables.Guest.sorted();
  const zones = tables.Zone.sorted();
  const running = tables.Operation.sorted().filter(({ status }) => status === "RUNNING");
  return {
    attended: [inOrder(indexes.attended), ids(hosts.filter(isAttended))],
    hostsWithOperation: [
      inOrder(indexes.hostsWithOperation),
      inOrder(running.flatMap(({ hostId }) => hostId ?? [])),
    ],
    frozenOnHost: [
      hosts.map(({ id }) => indexes.frozenOnHost.of(id)),
      hosts.map(({ id }) => ids(guests.filter((g) => g.frozenOnHostId === id && isFrozen(g)))),
    ],
    watched: [inOrder(indexes.watched), ids(hosts.filter(isWatched))],
    suspects: [inOrder(indexes.suspects), ids(hosts.filter(isUnheard))],
    held: [
      ids(hosts.filter(({ id }) => indexes.held.has(id))),
      ids(hosts.filter((host) => host.heldUntilMs !== null && isWatched(host))),
    ],
    shunned: [
      inOrder(indexes.shunned),
      ids(hosts.filter((host) => host.movesShunUntilMs !== null)),
    ],
    hostsInZone: [
      zones.map(({ id }) => indexes.hostsInZone.of(id)),
      zones.map(({ id }) => ids(hosts.filter((host) => host.zoneId === id))),
    ],
    zoneCount: [
      zones.map(({ id }) => indexes.zoneCount(id)),
      zones.map(({ id }) => {
        const known = hosts.filter((host) => host.zoneId === id && host.everUp);
        return { known: known.length, lost: known.filter(isLost).length };
      }),
    ],
    runningOperation: [
      [...indexes.runningOperation].sort(([a], [b]) => a - b),
      running
        .map(({ guestId, hostId, id }) => [guestId ?? hostId ?? 0, id])
        .sort(([a = 0], [b = 0]) => a - b),
    ],
  };
}

function isFrozen({ status }: Guest): boolean {
  return status === "FROZEN";
}

function reserved(reserve: Reserve, state: State) {
  return reserve.all(state).map(({ domain, slots }) => [domain.id, domain.need, slots]);
}

function sizeOf({ cpuMillicores, memoryMiB }: { cpuMillicores: number; memoryMiB: number }) {
  return [memoryMiB, cpuMillicores];
}

function largestOf(state: State): number[] {
  let largest = [0, 0];
  for (const guest of state.tables.Guest.values()) {
    const [memory = 0, cpu = 0] = sizeOf(footprintOf(guest));
    const [mostMemory = 0, mostCpu = 0] = largest;
    if (memory > mostMemory || (memory === mostMemory && cpu > mostCpu)) largest = [memory, cpu];
  }
  return largest;
}

/** Guests of each rule per domain. */
function occupancy(state: State): [unknown, unknown] {
  const { tables, indexes } = state;
  indexes.rules.recount(indexes.capacity);
  const rules = tables.AffinityRule.sorted().filter(
    (rule) => rule.kind === "GUEST" && isInForce(rule),
  );
  const known = rules.map(({ id }) => [...indexes.rules.occupancy(id)].sort(([a], [b]) => a - b));
  const found = rules.map(({ guestIds, scope }) => {
    const counts = new Map<number, number>();
    for (const guestId of guestIds) {
      const guest = tables.Guest.find(guestId);
      for (const hostId of [guest?.hostId, guest?.targetHostId]) {
        if (hostId == null || scope === null) continue;
        const at = domainOf(scope, indexes.capacity.room(hostId) as HostRoom);
        counts.set(at, (counts.get(at) ?? 0) + 1);
      }
    }
    return [...counts].sort(([a], [b]) => a - b);
  });
  return [known, found];
}
