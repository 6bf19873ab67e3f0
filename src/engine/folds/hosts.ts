import type { Failover, Host } from "../../model/entities.ts";
import type { FleetEvent } from "../../model/events.ts";
import { lacksUtility, watchdogMs } from "../host-conditions.ts";
import type { State } from "../state.ts";
import { type Folds, forgetOldest, nothing } from "./fold.ts";
import { restingStatus } from "./host-power.ts";

function setUtility(
  state: State,
  event: FleetEvent<"ZoneUtilityLost" | "ZoneUtilityRestored">,
  status: "UP" | "DOWN",
): void {
  const zone = state.tables.Zone.get(event.payload.zone);
  // A lost utility explains what follows better than hosts that were lost before it.
  const explained = status === "UP" || lacksUtility(zone);
  state.tables.Zone.patch(zone.id, {
    [event.payload.utility.toLowerCase()]: status,
    causeSeq: explained ? zone.causeSeq : event.seq,
    // Without a network nothing is moved from there, and so nothing goes back.
    ...(status === "UP" &&
      event.payload.utility !== "NETWORK" && { utilityRestoredAtMs: event.atMs }),
  });
}

/** Heard of: in service, or where maintenance or a shutdown by request had brought it. */
function inContact(state: State, event: FleetEvent, host: Host): Partial<Host> {
  return {
    status: restingStatus(state, host),
    statusSinceMs: event.atMs,
    causeSeq: event.seq,
    fenceFailedAtMs: null,
    lastSeenAtMs: null,
    opinion: null,
    ...(isLossOfItsOwn(state, host) && { returnedAtMs: event.atMs, ...flapsOf(state, host) }),
  };
}

/** The first of its losses anew: it is not held off for earlier ones any more. */
function flapsOf(state: State, host: Host): Partial<Host> {
  if (isFlap(state, host)) return { flaps: host.flaps + 1 };
  return { flaps: 1, ...(host.unansweredSinceMs === null && { heldUntilMs: null }) };
}

/** Not when it comes up for the first time or as it was told to, nor when nobody was in contact. */
function isLossOfItsOwn({ meta }: State, { everUp, power, lastSeenAtMs }: Host): boolean {
  if (!everUp || power !== null) return false;
  return lastSeenAtMs === null || lastSeenAtMs >= (meta.silencesCountFromMs ?? 0);
}

/** It was lost again soon after it had come back. */
function isFlap({ meta }: State, { returnedAtMs, lastSeenAtMs }: Host): boolean {
  if (returnedAtMs === null) return false;
  return (lastSeenAtMs ?? returnedAtMs) - returnedAtMs < meta.settings.flapWindowSeconds * 1000;
}

/** Silences count from now on, and what others said of them was said before. */
function beginStockTaking(state: State, atMs: number): void {
  const stockDueAtMs = atMs + state.meta.settings.suspectAfterSeconds * 1000;
  state.setMeta({ silencesCountFromMs: atMs, stockDueAtMs });
  for (const id of state.indexes.suspects)
    if (state.tables.Host.get(id).status === "SUSPECT")
      state.tables.Host.patch(id, { opinion: null });
}

/** What it did not answer ended with it. */
function endOfUnanswered({ unansweredSinceMs, flaps }: Host): Partial<Host> {
  if (unansweredSinceMs === null) return {};
  return { unansweredSinceMs: null, ...(flaps < 2 && { heldUntilMs: null }) };
}

/** Hosts, zones, failovers and faults. */
export const hostFolds = {
  HostUp: (state, event) => {
    const host = state.tables.Host.get(event.payload.host);
    state.tables.Host.patch(host.id, {
      ...inContact(state, event, host),
      everUp: true,
      watchdogMs: watchdogMs(state),
    });
  },
  HostSuspected: (state, event) =>
    state.tables.Host.patch(event.payload.host, {
      status: "SUSPECT",
      statusSinceMs: event.atMs,
      causeSeq: event.seq,
      lastSeenAtMs: event.payload.lastSeenAt,
      opinion: null,
    }),
  HostProbed: (state, event) =>
    state.tables.Host.patch(event.payload.host, { opinion: event.payload.opinion }),
  HostContactRestored: (state, event) =>
    state.tables.Host.patch(
      event.payload.host,
      inContact(state, event, state.tables.Host.get(event.payload.host)),
    ),
  HostHeldOff: (state, event) =>
    state.tables.Host.patch(event.payload.host, { heldUntilMs: event.payload.until }),
  HostNotAnswering: (state, event) =>
    state.tables.Host.patch(event.payload.host, {
      heldUntilMs: event.payload.until,
      unansweredSinceMs: event.payload.orderedAt,
    }),
  // One that flaps is held off all the same.
  HostAnswered: (state, { payload }) => {
    const { flaps } = state.tables.Host.get(payload.host);
    const isReleased = flaps < 2 && { heldUntilMs: null };
    state.tables.Host.patch(payload.host, { unansweredSinceMs: null, ...isReleased });
  },
  HostReleased: (state, event) =>
    state.tables.Host.patch(event.payload.host, { heldUntilMs: null }),
  ContactLost: (state, event) => state.setMeta({ contactLostAtMs: event.atMs, stockDueAtMs: null }),
  ContactRestored: (state, event) => {
    state.setMeta({ contactLostAtMs: null });
    beginStockTaking(state, event.atMs);
  },
  HighAvailabilityDisarmed: (state) => {
    state.setMeta({ armed: false, stockDueAtMs: null });
    for (const host of state.tables.Host.sorted())
      if (host.watchdogMs !== null) state.tables.Host.patch(host.id, { watchdogMs: null });
  },
  HighAvailabilityArmed: (state, event) => {
    state.setMeta({ armed: true });
    beginStockTaking(state, event.atMs);
  },
  StockTaken: (state) => state.setMeta({ stockDueAtMs: null }),
  HostStockTaken: (state, event) =>
    state.tables.Host.patch(event.payload.host, { watchdogMs: watchdogMs(state) }),
  // It is on its way down; what is heard of it from here on is heard after that.
  HostFenceRequested: (state, event) =>
    state.tables.Host.patch(event.payload.host, {
      lastSeenAtMs: event.payload.lastSeenAt,
      causeSeq: event.seq,
      // Cut off by request, it does not flap.
      returnedAtMs: null,
    }),
  HostFencing: (state, event) =>
    state.tables.Host.patch(event.payload.host, {
      status: "FENCING",
      generation: event.payload.generation,
      statusSinceMs: event.atMs,
      causeSeq: event.seq,
      fenceFailedAtMs: null,
    }),
  HostFenceFailed: (state, event) =>
    state.tables.Host.patch(event.payload.host, { fenceFailedAtMs: event.atMs }),
  HostFenced: nothing,
  HostDown: (state, event) =>
    state.tables.Host.patch(event.payload.host, {
      status: "DOWN",
      statusSinceMs: event.atMs,
      causeSeq: event.seq,
      fenceFailedAtMs: null,
      opinion: null,
      movesShunUntilMs: null,
      ...endOfUnanswered(state.tables.Host.get(event.payload.host)),
    }),
  ZoneUtilityLost: (state, event) => setUtility(state, event, "DOWN"),
  ZoneUtilityRestored: (state, event) => setUtility(state, event, "UP"),
  ZoneDegraded: (state, event) => {
    const zone = state.tables.Zone.get(event.payload.zone);
    state.tables.Zone.patch(zone.id, { status: "DEGRADED", causeSeq: zone.causeSeq ?? event.seq });
  },
  ZoneDown: (state, event) => {
    const zone = state.tables.Zone.get(event.payload.zone);
    state.tables.Zone.patch(zone.id, { status: "DOWN", causeSeq: zone.causeSeq ?? event.seq });
  },
  ZoneRestored: (state, event) =>
    state.tables.Zone.patch(event.payload.zone, { status: "HEALTHY", causeSeq: null }),
  HostOverloaded: (state, { payload, atMs, seq }) => {
    const overload = { sinceMs: atMs, seq, reasons: [] };
    state.tables.Host.patch(payload.host, { overload });
  },
  BalancingHeld: (state, { payload }) => {
    const { overload } = state.tables.Host.get(payload.host);
    if (overload === null) return;
    state.tables.Host.patch(payload.host, { overload: { ...overload, reasons: payload.reasons } });
  },
  HostRelieved: (state, { payload }) => state.tables.Host.patch(payload.host, { overload: null }),
  RecommendationMade: (state, { payload, seq }) =>
    state.tables.Recommendation.set({ ...payload.definition, seq }),
  RecommendationApplied: (state, { payload }) =>
    state.tables.Recommendation.delete(payload.recommendation),
  RecommendationWithdrawn: (state, { payload }) =>
    state.tables.Recommendation.delete(payload.recommendation),
  DecisionFailed: nothing,
  FailoverStarted: (state, event) => {
    const { failover: id, domain: scope, scope: scopeRef, guestsAffected } = event.payload;
    state.tables.Failover.set({
      id,
      scope,
      scopeRef,
      startedAtMs: event.atMs,
      completedAtMs: null,
      guestsAffected,
      guestsRecovered: 0,
      guestsUnrecovered: guestsAffected,
      seq: event.seq,
      incidentId: event.incidentId,
    });
    forgetOldest(state.tables.Failover, (row: Failover) => row.completedAtMs !== null);
  },
  FailoverCompleted: (state, event) =>
    state.tables.Failover.patch(event.payload.failover, {
      completedAtMs: event.atMs,
      guestsUnrecovered: event.payload.guestsUnrecovered,
    }),
  FaultInjected: (state, { payload, seq }) =>
    state.tables.Fault.set({ ...payload.definition, seq }),
  FaultCleared: (state, { payload }) => state.tables.Fault.delete(payload.faultId),
  ClockAdvanced: nothing,
} satisfies Folds;
