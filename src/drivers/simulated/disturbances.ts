import type { GuestId, HostId, Ref } from "../../model/ids.ts";
import type { FaultKind } from "../../model/statuses.ts";
import { reportUtilities } from "./contact.ts";
import { reassessUnder } from "./hosts.ts";
import { crashGuest } from "./outcomes.ts";
import { updateBattery } from "./power.ts";
import { byId, KEYS, type World, zoneOf } from "./world.ts";

/** Safe to repeat, except that each GUEST_CRASH is a crash of its own: it is no lasting condition. */
export function injectFault(world: World, kind: FaultKind, target: Ref): void {
  if (kind === "GUEST_CRASH") {
    crashGuest(world, target.id as GuestId);
    return;
  }
  if (world.faults.add(kind, target)) applyChange(world, kind, target);
}

export function clearFault(world: World, kind: FaultKind, target: Ref): void {
  if (!world.faults.delete(kind, target)) return;
  const host = kind === "HOST_POWER" ? world.hosts.get(target.id as HostId) : undefined;
  // Giving it power is switching it on.
  if (host) host.shutDown = false;
  applyChange(world, kind, target);
}

/** Zones first: what they tell explains the silence of their hosts. */
function applyChange(world: World, kind: FaultKind, target: Ref): void {
  world.changedKeys.add(KEYS.fault(kind, target.type, target.id));
  if (target.type === "Zone") zoneOf(world, target.id);
  const zoneIds = [...world.zones.values()]
    .filter((zone) => zone.id === target.id || zone.regionId === target.id)
    .map((zone) => zone.id)
    .sort(byId);
  for (const zoneId of zoneIds) {
    const zone = zoneOf(world, zoneId);
    updateBattery(world, zone);
    reportUtilities(world, zone);
  }
  reassessUnder(world, target.id);
}
