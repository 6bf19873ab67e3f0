import type { Failover, Host, Zone } from "../../model/entities.ts";
import type { FleetEvent } from "../../model/events.ts";
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
  const explained = status === "UP" || utilityIsDown(zone);
  state.tables.Zone.patch(zone.id, {
    [event.payload.utility.toLowerCase()]: status,
    causeSeq: explained ? zone.causeSeq : event.seq,
    // Without a network nothing is moved from there, and so nothing goes back.
    ...(status === "UP" &&
      event.payload.utility !== "NETWORK" && { utilityRestoredAtMs: event.atMs }),
  });
}

function utilityIsDown({ power, cooling, network }: Zone): boolean {
  return power === "DOWN" || cooling === "DOWN" || network === "DOWN";
}

/**
 * Heard of: in service, or where maintenance or a shutdown by request had brought it. Contact that is
 * lost again soon after it came back is counted as flapping.
 */
function inContact(state: State, event: FleetEvent, host: Host): Partial<Host> {
  const windowMs = state.meta.settings.flapWindowSeconds * 1000;
  const isSoon = host.returnedAtMs !== null && event.atMs - host.returnedAtMs < windowMs;
  // A host that comes up for the first time, or as it was told to, has not flapped.
  const wasAsked = !host.everUp || host.power !== null;
  return {
    status: restingStatus(state, host),
    statusSinceMs: event.atMs,
    causeSeq: event.seq,
    fenceFailedAtMs: null,
    lastSeenAtMs: null,
    opinion: null,
    ...(!wasAsked && { returnedAtMs: event.atMs, flaps: isSoon ? host.flaps + 1 : 1 }),
  };
}

/** Hosts, zones, failovers and faults. */
export const hostFolds = {
  HostUp: (state, event) => {
    const host = state.tables.Host.get(event.payload.host);
    state.tables.Host.patch(host.id, {
      ...inContact(state, event, host),
      everUp: true,
      watchdogOn: state.meta.armed,
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
  HostReleased: (state, event) =>
    state.tables.Host.patch(event.payload.host, { heldUntilMs: null }),
  ContactLost: (state, event) => state.setMeta({ contactLostAtMs: event.atMs }),
  ContactRestored: (state) => state.setMeta({ contactLostAtMs: null }),
  HighAvailabilityDisarmed: (state) => {
    state.setMeta({ armed: false });
    for (const host of state.tables.Host.sorted())
      if (host.watchdogOn) state.tables.Host.patch(host.id, { watchdogOn: false });
  },
  HighAvailabilityArmed: (state) => state.setMeta({ armed: true }),
  HostStockTaken: (state, event) =>
    state.tables.Host.patch(event.payload.host, { watchdogOn: state.meta.armed }),
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
      guestsUnrecovered: 0,
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
