import type { EventKind, FleetEvent } from "../model/events.ts";
import { willServe } from "./controllers/dependencies.ts";
import type { Fold } from "./folds/fold.ts";
import { guestFolds, requestFolds } from "./folds/guests.ts";
import { hostPowerFolds } from "./folds/host-power.ts";
import { hostFolds } from "./folds/hosts.ts";
import { followIncident, incidentFolds } from "./folds/incidents.ts";
import { inventoryFolds } from "./folds/inventory.ts";
import { isolationFolds } from "./folds/isolation.ts";
import { loadBalancingFolds } from "./folds/load-balancing.ts";
import { operationFolds } from "./folds/operations.ts";
import { followScaling, groupOf, scalingFolds } from "./folds/scaling.ts";
import { isPreemptible } from "./guest-conditions.ts";
import type { PlacementDue, State } from "./state.ts";

const FOLDS: { [K in EventKind]: Fold<K> } = {
  ...inventoryFolds,
  ...isolationFolds,
  ...requestFolds,
  ...guestFolds,
  ...operationFolds,
  ...loadBalancingFolds,
  ...hostFolds,
  ...hostPowerFolds,
  ...incidentFolds,
  ...scalingFolds,
};

/** The highest id that an event gave out: ids are drawn from one sequence and never given twice. */
function newestId(event: FleetEvent): number {
  const { payload } = event;
  if ("definition" in payload && payload.definition && "id" in payload.definition)
    return payload.definition.id;
  if (event.kind === "OperationStarted") return event.payload.operation;
  if (event.kind === "FailoverStarted") return event.payload.failover;
  return 0;
}

/** Facts after which a guest that had no place may find one, or another reason to have none. */
const FREES_ROOM: ReadonlySet<EventKind> = new Set<EventKind>([
  "AffinityRuleChanged",
  "AffinityRuleDisabled",
  "AffinityRuleEnabled",
  "AffinityRuleRemoved",
  "ContactLost",
  "FleetApplied",
  "GuestAllocationChanged",
  "GuestChanged",
  "GuestCrashed",
  "GuestDeleted",
  "GuestFailed",
  "GuestFrozen",
  "GuestLost",
  "GuestMigrated",
  "GuestMigrationFailed",
  "GuestResized",
  "GuestStartFailed",
  "GuestStopped",
  "GuestThawed",
  "HighAvailabilityDisarmed",
  "HostHeldOff",
  "HostNotAnswering",
  "HostAnswered",
  "HostChanged",
  "HostContactRestored",
  "HostDown",
  "HostMaintenanceEnded",
  "HostPowerCancelled",
  "HostPowerFailed",
  "HostPoweredOn",
  "HostReleased",
  "HostUp",
  "SettingsChanged",
  "StockTaken",
  "ZoneChanged",
  "ZoneUtilityRestored",
]);

/** Facts after which a guest may serve again those that depend on it. */
const MAY_SERVE: ReadonlySet<EventKind> = new Set<EventKind>([
  "GuestActionFailed",
  "GuestFailedOver",
  "GuestReady",
  "GuestRebooted",
  "GuestResumed",
  "GuestStarted",
]);

/** Facts after which the host can boot another guest, and the fleet to be judged is another one. */
const ENDS_START: ReadonlySet<EventKind> = new Set<EventKind>(["GuestStarted", "GuestFailedOver"]);
/** Facts after which a guest may have to move, or may be able to: besides those that free room. */
const CONCERNS_MOVES: ReadonlySet<EventKind> = new Set<EventKind>([
  "AffinityRuleCreated",
  "ContactRestored",
  "GuestActionFailed",
  "GuestBlocked",
  "GuestFailedOver",
  "GuestRebooted",
  "GuestRecoveryBlocked",
  "GuestResumed",
  "GuestStarted",
  "GuestSuspended",
  "HighAvailabilityDisarmed",
  "HostEnteringStandby",
  "HostMaintenanceRequested",
  "HostMaintenanceStarted",
  "HostPowerRequested",
  "HostPoweredOn",
  "StockTaken",
  "ZoneUtilityLost",
]);

/** A resize that failed held room for both sizes. */
function freesRoom(event: FleetEvent): boolean {
  if (event.kind === "GuestActionFailed") return event.payload.action === "RESIZE";
  return FREES_ROOM.has(event.kind);
}

function mayUnblock(state: State, event: FleetEvent): PlacementDue {
  const { kind, payload } = event;
  if (freesRoom(event)) return "EVERYONE";
  const { awaitingTurn, awaitingAdmission, dependents } = state.indexes;
  if (MAY_SERVE.has(kind) && "guest" in payload && dependents.count(payload.guest ?? 0) > 0)
    return "EVERYONE";
  const isNews = ENDS_START.has(kind) && awaitingTurn.size + awaitingAdmission.size > 0;
  return isNews ? "NEXT_IN_TURN" : "NOBODY";
}

/** The guest that it is about can be stopped for one that was lost and waits for room. */
function mayGiveWay({ indexes, tables }: State, { payload }: FleetEvent): boolean {
  if (indexes.unrecovered === 0 || !("guest" in payload)) return false;
  const guest = tables.Guest.find(payload.guest ?? 0);
  return guest !== undefined && isPreemptible(guest);
}

/** Room is kept for the guest that it is about. */
function holds({ indexes }: State, { payload }: FleetEvent): boolean {
  if (indexes.holding.size === 0 || !("guest" in payload) || payload.guest === null) return false;
  return indexes.holding.has(payload.guest);
}

/** Room is kept for those that wait for the guest that it is about, while that one is to come up. */
function isBackedUp(state: State, { kind, payload }: FleetEvent): boolean {
  if (kind !== "GuestBlocked" && kind !== "GuestRecoveryBlocked") return false;
  const { holding, dependents } = state.indexes;
  if (holding.size === 0 || dependents.count(payload.guest) === 0) return false;
  return willServe(state, payload.guest);
}

/** Folds one fact in. */
export function evolveOne(state: State, event: FleetEvent): void {
  const fold = FOLDS[event.kind] as (state: State, event: FleetEvent) => void;
  const gaveWay = state.placementDue === "EVERYONE" || mayGiveWay(state, event);
  const held = holds(state, event);
  const wasBackedUp = isBackedUp(state, event);
  const memberOf = groupOf(state, event);
  fold(state, event);
  followScaling(state, event, memberOf);
  followIncident(state, event);
  state.follow(event.seq, newestId(event));
  if (state.placementDue !== "EVERYONE") {
    const isLetGo = (held && !holds(state, event)) || (wasBackedUp && !isBackedUp(state, event));
    const mayTakeRoom = isLetGo || (!gaveWay && mayGiveWay(state, event));
    const due = mayTakeRoom ? "EVERYONE" : mayUnblock(state, event);
    if (due !== "NOBODY") state.placementDue = due;
  }
  if (freesRoom(event) || CONCERNS_MOVES.has(event.kind)) state.movesDueAtMs = 0;
}

/** Folds facts in, in order. Every change is journaled until the next checkpoint. */
export function evolve(state: State, events: readonly FleetEvent[]): void {
  for (const event of events) evolveOne(state, event);
}
