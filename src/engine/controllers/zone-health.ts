import type { Observation } from "../../model/actions.ts";
import type { Zone } from "../../model/entities.ts";
import type { ZoneId } from "../../model/ids.ts";
import type { Utility, ZoneStatus } from "../../model/statuses.ts";
import type { Context } from "../context.ts";
import { faultSeq } from "./disturbance.ts";

const UTILITY_FAULTS = {
  POWER: "ZONE_POWER",
  COOLING: "ZONE_COOLING",
  NETWORK: "ZONE_NETWORK",
} as const;

/** A zone's power, cooling or network went or came back. */
export function zoneUtilityChanged(
  ctx: Context,
  seen: Extract<Observation, { kind: "ZONE_UTILITY_CHANGED" }>,
): void {
  const { utility, status } = seen;
  const zone = ctx.state.tables.Zone.find(seen.zoneId);
  if (!zone || zone[fieldOf(utility)] === status) return;
  const payload = { zone: zone.id, utility };
  if (status === "DOWN") {
    const cause =
      faultSeq(ctx.state, UTILITY_FAULTS[utility], zone.id) ??
      faultSeq(ctx.state, "REGION_LOSS", zone.regionId) ??
      zone.causeSeq;
    ctx.emitAsActor("ZoneUtilityLost", payload, cause);
  } else {
    ctx.emitAsActor("ZoneUtilityRestored", payload, zone.causeSeq);
  }
  ctx.touchedZones.add(zone.id);
}

function fieldOf(utility: Utility): "power" | "cooling" | "network" {
  return utility.toLowerCase() as "power" | "cooling" | "network";
}

/** Says so when a zone's health is another than it was. */
export function assessZone(ctx: Context, zoneId: ZoneId): void {
  const zone = ctx.state.tables.Zone.find(zoneId);
  if (!zone) return;
  const { status, why } = healthOf(ctx, zone);
  if (status === zone.status) return;
  if (status === "HEALTHY") ctx.emit("ZoneRestored", { zone: zone.id }, zone.causeSeq);
  else {
    const kind = status === "DOWN" ? "ZoneDown" : "ZoneDegraded";
    ctx.emit(kind, { zone: zone.id, why }, zone.causeSeq ?? newestOf(ctx, zoneId));
  }
}

/** The fact of this decision that the zone's condition follows from. */
function newestOf(ctx: Context, zoneId: ZoneId): number | null {
  const down = ctx.events.findLast((event) => event.kind === "HostDown" && event.zoneId === zoneId);
  const any = down ?? ctx.events.findLast((event) => event.zoneId === zoneId);
  return any?.seq ?? null;
}

/** DOWN: none of the hosts that ever were up is left. DEGRADED: a utility or some of them are lost. */
function healthOf(ctx: Context, zone: Zone): { status: ZoneStatus; why: string[] } {
  const why: string[] = [];
  for (const utility of ["power", "cooling", "network"] as const)
    if (zone[utility] === "DOWN") why.push(`${utility} is down`);
  const { known, lost } = ctx.state.indexes.zoneCount(zone.id);
  if (lost > 0) why.push(`${lost} of ${known} hosts are lost`);
  if (known > 0 && lost === known) return { status: "DOWN", why };
  return { status: why.length > 0 ? "DEGRADED" : "HEALTHY", why };
}
