import type { Host, Incident, Zone } from "../../model/entities.ts";
import type { Seq } from "../../model/ids.ts";
import type { FaultKind } from "../../model/statuses.ts";
import { lacksUtility } from "../host-conditions.ts";
import type { State } from "../state.ts";

const HOST_FAULTS: readonly FaultKind[] = ["HOST_POWER", "HOST_NETWORK", "HOST_HANG"];

/**
 * The event that a host's silence is put down to: what is known to ail its zone, else a disturbance
 * that somebody ordered and the log knows of. It tells people where a chain of events began; nothing
 * is decided by it.
 */
export function disturbanceOf(state: State, host: Host): Seq | null {
  return disturbanceOfItsOwn(state, host) ?? ailingAround(state, host);
}

/** A disturbance of the host itself, its rack or its region, as opposed to its zone's utilities. */
export function disturbanceOfItsOwn(state: State, host: Host): Seq | null {
  const { regionId } = state.tables.Zone.get(host.zoneId);
  for (const kind of HOST_FAULTS) {
    const seq = faultSeq(state, kind, host.id);
    if (seq !== null) return seq;
  }
  const rack = host.rackId === null ? null : faultSeq(state, "RACK_POWER", host.rackId);
  return rack ?? faultSeq(state, "REGION_LOSS", regionId);
}

/** A zone is ailing by its utilities, not merely because other hosts of it are lost. */
function ailingAround(state: State, host: Host): Seq | null {
  const zone = state.tables.Zone.get(host.zoneId);
  if (lacksUtility(zone)) return zone.causeSeq;
  if (zone.incidentId === null || !isUnheardSince(state, host, zone)) return null;
  return state.tables.Incident.get(zone.incidentId).rootSeq;
}

/**
 * Not heard of since its zone had back what it lacked, or since the zone as a whole was hit: it may
 * have died of that.
 */
export function isUnheardSince({ tables, leases }: State, host: Host, zone: Zone): boolean {
  const incident = tables.Incident.find(zone.incidentId ?? 0);
  const hitMs = incident && isOfZones(incident) ? incident.openedAtMs : 0;
  const lastMs = host.lastSeenAtMs ?? leases.lastMs(host.id);
  return lastMs <= Math.max(hitMs, zone.utilityRestoredAtMs ?? 0);
}

export function isOfZones({ domain }: Incident): boolean {
  return domain === "ZONE" || domain === "REGION";
}

export function faultSeq(state: State, kind: FaultKind, targetId: number): Seq | null {
  if (state.faults.size === 0) return null;
  const id = state.faults.get(`${kind}:${targetId}`);
  return id === undefined ? null : state.tables.Fault.get(id).seq;
}
