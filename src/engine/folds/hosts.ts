import type { Failover, Zone } from "../../model/entities.ts";
import type { FleetEvent } from "../../model/events.ts";
import type { State } from "../state.ts";
import { type Folds, forgetOldest, nothing } from "./fold.ts";

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
  });
}

function utilityIsDown({ power, cooling, network }: Zone): boolean {
  return power === "DOWN" || cooling === "DOWN" || network === "DOWN";
}

/** Hosts, zones, failovers and faults. */
export const hostFolds = {
  HostUp: (state, event) =>
    state.tables.Host.patch(event.payload.host, {
      status: "UP",
      everUp: true,
      statusSinceMs: event.atMs,
      causeSeq: event.seq,
      fenceFailedAtMs: null,
      lastSeenAtMs: null,
    }),
  HostSuspected: (state, event) =>
    state.tables.Host.patch(event.payload.host, {
      status: "SUSPECT",
      statusSinceMs: event.atMs,
      causeSeq: event.seq,
      lastSeenAtMs: event.payload.lastSeenAt,
    }),
  HostContactRestored: (state, event) =>
    state.tables.Host.patch(event.payload.host, {
      status: "UP",
      statusSinceMs: event.atMs,
      causeSeq: event.seq,
      fenceFailedAtMs: null,
      lastSeenAtMs: null,
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
