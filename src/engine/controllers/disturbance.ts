import type { Host, Zone } from "../../model/entities.ts";
import type { Seq } from "../../model/ids.ts";
import type { FaultKind } from "../../model/statuses.ts";
import type { State } from "../state.ts";

const HOST_FAULTS: readonly FaultKind[] = ["HOST_POWER", "HOST_NETWORK", "HOST_HANG"];

/**
 * The event that a host's silence is put down to: what is known to ail its zone, else a disturbance
 * that somebody ordered and the log knows of. It tells people where a chain of events began; nothing
 * is decided by it.
 */
export function disturbanceOf(state: State, host: Host): Seq | null {
  return disturbanceOfItsOwn(state, host) ?? ailing(state.tables.Zone.get(host.zoneId));
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
function ailing(zone: Zone): Seq | null {
  const utilityDown = [zone.power, zone.cooling, zone.network].includes("DOWN");
  return utilityDown ? zone.causeSeq : null;
}

export function faultSeq(state: State, kind: FaultKind, targetId: number): Seq | null {
  const id = state.faults.get(`${kind}:${targetId}`);
  return id === undefined ? null : state.tables.Fault.get(id).seq;
}
