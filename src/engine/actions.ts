import type { Action, HostDescription, WorldSettings } from "../model/actions.ts";
import type { Guest, Host } from "../model/entities.ts";
import type { EventKind, FleetEvent } from "../model/events.ts";
import type { GuestId } from "../model/ids.ts";
import { type AnyDriverName, DRIVERS, type HostPowerVerb } from "../model/statuses.ts";
import { actionOf } from "./controllers/lifecycle.ts";
import { isWatched, knowsItsWatchdog } from "./host-conditions.ts";
import {
  loadBalancerActions,
  ordersAfterDraining,
  setLoadBalancers,
} from "./load-balancer-orders.ts";
import { isolationOf } from "./security.ts";
import type { State } from "./state.ts";
import { awaitsDraining } from "./target-conditions.ts";

/** An action and the driver that is to perform it. */
export interface DriverAction {
  readonly driver: AnyDriverName;
  readonly action: Action;
}

/**
 * What committed facts ask of the drivers, in order. `state` is the fleet after all of them: an order
 * that a later fact of the same batch has overtaken is not given.
 */
export function actionsFor(state: State, events: readonly FleetEvent[]): DriverAction[] {
  const actions = events.flatMap((event) => actionsForOne(state, event));
  // All groups go in one order, however many of them have changed.
  if (events.some(({ kind }) => SETS_GROUPS.has(kind)))
    actions.unshift(...setSecurityGroups(state));
  // No request goes to a guest any more when it is told to stop.
  actions.unshift(...loadBalancerActions(state, events));
  for (const guestId of ordersAfterDraining(state, events))
    actions.push(...orderOf(state, state.tables.Guest.get(guestId)));
  if (events.some(({ kind }) => SETS_DEMANDS.has(kind))) actions.push(setGroupDemands(state));
  // A host that is added without power must not be seen with it for an instant.
  const isFault = ({ action }: DriverAction) => action.kind === "INJECT_FAULT";
  return [...actions.filter(isFault), ...actions.filter((action) => !isFault(action))];
}

const SETS_GROUPS: ReadonlySet<EventKind> = new Set<EventKind>([
  "SecurityGroupCreated",
  "SecurityGroupChanged",
  "SecurityGroupRemoved",
]);

const SETS_DEMANDS: ReadonlySet<EventKind> = new Set<EventKind>([
  "GroupCreated",
  "GroupChanged",
  "GroupRemoved",
]);

/** All in one order, too. */
function setGroupDemands({ tables }: State): DriverAction {
  const demands = tables.ScalingGroup.sorted().flatMap(({ id: groupId, demand }) =>
    demand === null ? [] : [{ groupId, ...demand }],
  );
  return { driver: "simulated", action: { kind: "SET_GROUP_DEMANDS", demands } };
}

function actionsForOne(state: State, event: FleetEvent): DriverAction[] {
  switch (event.kind) {
    case "HostAdded":
    case "HostChanged":
      return connect(state, event.payload.host);
    case "HostRemoved":
      return everywhere({ kind: "DISCONNECT_HOST", hostId: event.payload.host });
    case "SettingsChanged":
      return [configureWorld(state), ...askWhoHeard(state)];
    case "HostSuspected":
      return probe(state, event.payload.host);
    case "ContactRestored":
      return probeAll(state);
    case "HighAvailabilityDisarmed":
      return [configureWorld(state)];
    case "HighAvailabilityArmed":
      return [
        configureWorld(state),
        ...state.tables.Host.sorted().flatMap(({ id }) => connect(state, id)),
        ...probeAll(state),
      ];
    case "HostContactRestored":
      // Whether its watchdog is on is known when it has told what runs there.
      return isGuarded(state, event.payload.host) ? [] : takeStockOf(state, [event.payload.host]);
    case "HostFencing": {
      const { host: hostId, generation } = event.payload;
      return onHost(state, hostId, { kind: "FENCE", hostId, generation });
    }
    case "HostPowerSwitching":
      return switchPower(state, event.payload.host, event.payload.generation);
    case "HostBooting":
    case "HostPoweredOff":
    case "HostPowerFailed":
      // It may be on all the same, and then it has been heard of for the last time already.
      return connect(state, event.payload.host);
    case "HostFenceFailed":
      // Heard of while it was being fenced, it could not be asked what runs there.
      return takeStockOf(state, [event.payload.host]);
    case "GuestActionFailed":
      return isTriedAgain(state, event.payload.guest)
        ? []
        : takeStockOf(state, [event.payload.host]);
    case "GuestMigrationFailed": {
      const { guest, fromHost, toHost } = event.payload;
      // What is busy again where it was answers for itself.
      const isBusy = state.tables.Guest.find(guest)?.task != null;
      return takeStockOf(state, isBusy ? [toHost] : [fromHost, toHost]);
    }
    case "GuestSecurityGroupsChanged":
    case "GuestAllocationChanged":
      return isolate(state, event.payload.guest);
    case "StaleGuestRemoved": {
      const { host: hostId, guest: guestId } = event.payload;
      if (guestId === null) return [];
      return onHost(state, hostId, { kind: "REMOVE", guestId, hostId });
    }
    case "FaultInjected":
    case "FaultCleared": {
      const { target, fault } = event.payload;
      const kind = event.kind === "FaultInjected" ? "INJECT_FAULT" : "CLEAR_FAULT";
      return [{ driver: "simulated", action: { kind, fault, target } }];
    }
    default:
      return guestOrder(state, event);
  }
}

/** What is busy all the same waits until its order is due again. */
function isTriedAgain(state: State, guestId: GuestId): boolean {
  return state.tables.Guest.find(guestId)?.task?.endsStart === true;
}

function setSecurityGroups(state: State): DriverAction[] {
  const groups = state.tables.SecurityGroup.sorted().map(({ id, rules }) => ({ id, rules }));
  return everywhere({ kind: "SET_SECURITY_GROUPS", revision: state.meta.seq, groups });
}

/** One that is nowhere is told with its start. */
function isolate(state: State, guestId: GuestId): DriverAction[] {
  const guest = state.tables.Guest.find(guestId);
  const hostId = guest?.hostId ?? null;
  if (!guest || hostId === null) return [];
  const isolation = isolationOf(state, guest);
  return onHost(state, hostId, { kind: "ISOLATE", guestId, hostId, isolation });
}

/** Contact made anew tells what runs there: after a failure it may be something else than was believed. */
function takeStockOf(state: State, hostIds: readonly (number | null)[]): DriverAction[] {
  return hostIds.flatMap((id) => (isInContact(state, id) ? connect(state, id) : []));
}

function isInContact(state: State, id: number | null): id is number {
  const host = id === null ? undefined : state.tables.Host.find(id);
  return host !== undefined && isWatched(host);
}

/** An order about a host's power that still stands. */
function switchPower(state: State, id: number, generation: number): DriverAction[] {
  const host = state.tables.Host.find(id);
  if (host?.power?.phase !== "SWITCHING" || host.generation !== generation) return [];
  const kind = powerOrder(host.power.verb);
  return onHost(state, id, { kind, hostId: host.id, generation });
}

/** What the driver is told: a host in standby is off, and knows no more of it. */
export function powerOrder(verb: HostPowerVerb): "REBOOT_HOST" | "SHUTDOWN_HOST" | "POWER_ON_HOST" {
  return verb === "STANDBY" ? "SHUTDOWN_HOST" : `${verb}_HOST`;
}

/** Who answers has heard of the new times; until then its watchdog may go by the old ones. */
function askWhoHeard(state: State): DriverAction[] {
  return state.tables.Host.sorted().flatMap((host) =>
    host.watchdogMs === null || knowsItsWatchdog(state, host) ? [] : takeStockOf(state, [host.id]),
  );
}

function isGuarded(state: State, hostId: number): boolean {
  const host = state.tables.Host.find(hostId);
  return host !== undefined && knowsItsWatchdog(state, host);
}

/** A fact that carries a guest's present generation gave the order that the guest is busy with. */
function guestOrder(state: State, { payload }: FleetEvent): DriverAction[] {
  if (!("generation" in payload) || !("guest" in payload)) return [];
  const guest = state.tables.Guest.find(payload.guest ?? 0);
  return guest?.task?.generation === payload.generation ? orderOf(state, guest) : [];
}

/**
 * What the guest is busy with. A host that is being fenced is told nothing: its reset may be behind it
 * and only the word of that on its way, and what begins there now would outlive its proof of death.
 * If the host is heard of instead, the order is repeated in time. A migration to there can be called off.
 * A guest that load balancers have requests at is told once those are finished.
 */
function orderOf(state: State, guest: Guest): DriverAction[] {
  const { hostId, targetHostId, task } = guest;
  const isFenced = [hostId, task?.calledOff ? null : targetHostId].some(
    (id) => id !== null && state.tables.Host.find(id)?.status === "FENCING",
  );
  const action = isFenced || awaitsDraining(state, guest) ? null : actionOf({ state }, guest);
  return action && hostId !== null ? onHost(state, hostId, action) : [];
}

/**
 * What drivers must be told at start, as if for the first time: the world's times, every host, the
 * faults in force, each order that has not been answered, and what nobody ever answers: who is kept
 * apart from whom. All of it is safe to repeat.
 */
export function outstandingActions(state: State): DriverAction[] {
  const { tables } = state;
  const faults = tables.Fault.sorted()
    .filter(({ kind }) => kind !== "GUEST_CRASH")
    .map(
      ({ kind: fault, target }): DriverAction => ({
        driver: "simulated",
        action: { kind: "INJECT_FAULT", fault, target },
      }),
    );
  const fences = tables.Host.sorted()
    .filter((host) => host.status === "FENCING" && host.fenceFailedAtMs === null)
    .flatMap(({ id: hostId, generation }) =>
      onHost(state, hostId, { kind: "FENCE", hostId, generation }),
    );
  const switches = tables.Host.sorted().flatMap(({ id, generation }) =>
    switchPower(state, id, generation),
  );
  const probes = probeAll(state);
  const orders = tables.Guest.sorted().flatMap((guest) => orderOf(state, guest));
  const hosts = tables.Host.sorted().flatMap((host) => connect(state, host.id));
  const groups = setSecurityGroups(state);
  const isolations = tables.Guest.sorted().flatMap(({ id }) => isolate(state, id));
  return [
    configureWorld(state),
    ...groups,
    ...setLoadBalancers(state),
    ...(tables.ScalingGroup.size > 0 ? [setGroupDemands(state)] : []),
    ...faults,
    ...hosts,
    ...probes,
    ...fences,
    ...switches,
    ...orders,
    ...isolations,
  ];
}

/** Second opinions on all who are silent and not being fenced yet. */
function probeAll(state: State): DriverAction[] {
  return [...state.indexes.suspects].sort((a, b) => a - b).flatMap((id) => probe(state, id));
}

function probe(state: State, hostId: number): DriverAction[] {
  const host = state.tables.Host.find(hostId);
  if (host?.status !== "SUSPECT" || host.causeSeq === null) return [];
  return onHost(state, hostId, { kind: "PROBE_HOST", hostId: host.id, suspicion: host.causeSeq });
}

function connect(state: State, hostId: number): DriverAction[] {
  const host = state.tables.Host.find(hostId);
  return host ? onHost(state, hostId, { kind: "CONNECT_HOST", host: describe(state, host) }) : [];
}

function describe(state: State, host: Host): HostDescription {
  const { id, name, driver, driverUri, rackId, dataCenterId, zoneId, capacity } = host;
  const { regionId } = state.tables.Zone.get(zoneId);
  return { id, name, driver, driverUri, rackId, dataCenterId, zoneId, regionId, capacity };
}

function configureWorld(state: State): DriverAction {
  const { heartbeatSeconds, watchdogSeconds, batterySeconds, overheatSeconds } =
    state.meta.settings;
  const { usageSampleSeconds, cpuAllocationRatio, memoryAllocationRatio } = state.meta.settings;
  const world: WorldSettings = {
    heartbeatSeconds,
    watchdogSeconds,
    watchdogArmed: state.meta.armed,
    batterySeconds,
    overheatSeconds,
    usageSampleSeconds,
    cpuAllocationRatio,
    memoryAllocationRatio,
  };
  return { driver: "simulated", action: { kind: "CONFIGURE_WORLD", world } };
}

function onHost(state: State, hostId: number, action: Action): DriverAction[] {
  const host = state.tables.Host.find(hostId);
  return host ? [{ driver: host.driver, action }] : [];
}

/** For a host that is gone from the tables: whoever knew it forgets it. */
function everywhere(action: Action): DriverAction[] {
  return DRIVERS.map((driver) => ({ driver, action }));
}
