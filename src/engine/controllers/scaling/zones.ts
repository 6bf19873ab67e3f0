import type { Guest, ScalingGroup } from "../../../model/entities.ts";
import type { ZoneId } from "../../../model/ids.ts";
import type { Context } from "../../context.ts";
import { findPlace, type Objection } from "../../placement/place.ts";
import type { Subject } from "../../placement/subject.ts";
import type { State } from "../../state.ts";

/** Zones where the group's members may run. */
export function zonesOf({ tables }: State, { zoneIds }: ScalingGroup): readonly ZoneId[] {
  return zoneIds.length > 0 ? zoneIds : tables.Zone.sorted().map(({ id }) => id);
}

/** Those of them that take guests just now, the emptiest of the group first. */
export function openZones(state: State, group: ScalingGroup): ZoneId[] {
  const { capacity, hostsInZone, scaling } = state.indexes;
  const isOpen = (id: ZoneId) => {
    for (const hostId of hostsInZone.each(id)) if (capacity.room(hostId)?.placeable) return true;
    return false;
  };
  const count = (id: ZoneId) => scaling.standing(group.id, id);
  return zonesOf(state, group)
    .filter(isOpen)
    .sort((a, b) => count(a) - count(b) || a - b);
}

/** The emptiest of its group's zones that has room for the guest, turns apart: what a lost zone had is made up elsewhere. */
export function zoneToJoin(
  { state, nowMs }: Pick<Context, "state" | "nowMs">,
  guest: Guest,
  subject: Subject,
  objects: Objection | null,
): Pick<Subject, "withinZoneId"> | Record<string, never> {
  const group = state.tables.ScalingGroup.find(guest.membership?.groupId ?? 0);
  if (!group || subject.retryHostId !== null) return {};
  for (const withinZoneId of openZones(state, group)) {
    const asked = { ...subject, withinZoneId, isHasty: true };
    if (findPlace(state, asked, nowMs, objects)) return { withinZoneId };
  }
  return {};
}
