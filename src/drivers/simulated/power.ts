import { RANKS } from "./agenda.ts";
import { isHanging, isPowered } from "./conditions.ts";
import { removeCopy } from "./copies.ts";
import { breakOffMigrations } from "./migration.ts";
import { byId, KEYS, type SimulatedHost, type SimulatedZone, type World } from "./world.ts";

/** From power to the first heartbeat. Real servers take minutes; a demonstration can't. */
const HOST_BOOT_MS = 5_000;

/**
 * On, off or on its way up, by what power it gets. A host that would hang does not get through its
 * boot: it stays off until the hang is cleared.
 */
export function updatePower(world: World, host: SimulatedHost): void {
  const powered = isPowered(world, host);
  const hanging = isHanging(world, host);
  if (host.power !== "OFF" && !powered) switchOff(world, host);
  if (host.power === "BOOTING" && hanging) switchOff(world, host);
  if (host.power === "OFF" && powered && !hanging) {
    host.power = "BOOTING";
    host.bootedAtMs = world.nowMs + HOST_BOOT_MS;
  }
}

export function completeHostBoot(host: SimulatedHost): void {
  host.power = "ON";
  host.bootedAtMs = null;
}

/** All that ran there is gone. */
export function switchOff(world: World, host: SimulatedHost): void {
  host.power = "OFF";
  host.bootedAtMs = null;
  killGuests(world, host);
}

export function killGuests(world: World, host: SimulatedHost): void {
  breakOffMigrations(world, host);
  const guestIds = [...host.copies.keys()].sort(byId);
  for (const guestId of guestIds) {
    const copy = host.copies.get(guestId);
    if (copy) removeCopy(world, copy);
  }
}

/**
 * A zone's battery gives for `batterySeconds` and takes as long to charge again. Without power from
 * outside it drains; what it has given is made up for as soon as there is some.
 */
export function updateBattery(world: World, zone: SimulatedZone): void {
  const { battery } = zone;
  const capacityMs = world.settings.batterySeconds * 1000;
  const draining = isWithoutSupply(world, zone);
  const elapsedMs = world.nowMs - battery.atMs;
  const drainedMs = battery.draining
    ? Math.min(capacityMs, battery.drainedMs + elapsedMs)
    : Math.max(0, battery.drainedMs - elapsedMs);
  const empty = draining && drainedMs >= capacityMs;
  zone.battery = { drainedMs, atMs: world.nowMs, draining, empty };
  world.agenda.set(RANKS.zone, zone.id, 0, batteryDueAt(world, zone));
  world.changedKeys.add(KEYS.zone(zone.id));
}

/** When it is empty; null while it is not draining, or when it is empty already. */
export function batteryDueAt(world: World, zone: SimulatedZone): number | null {
  const { drainedMs, atMs, draining, empty } = zone.battery;
  if (!draining || empty) return null;
  return atMs + world.settings.batterySeconds * 1000 - drainedMs;
}

/** The loss of a whole region takes the supply of its zones too. */
function isWithoutSupply(world: World, zone: SimulatedZone): boolean {
  return world.faults.on("ZONE_POWER", zone.id) || world.faults.on("REGION_LOSS", zone.regionId);
}
