import type { Utility, UtilityStatus } from "../../model/statuses.ts";
import { canBeHeard, isCutOff, isHanging } from "./conditions.ts";
import { lastOnGrid } from "./grid.ts";
import { breakOffMigrations } from "./migration.ts";
import { killGuests, switchOff } from "./power.ts";
import { byGuestId, KEYS, type SimulatedHost, type SimulatedZone, type World } from "./world.ts";

/**
 * A host that is on but hangs or is cut off has had its last contact with its last heartbeat. Its
 * watchdog counts from there, not from the cut: whoever waits for the watchdog only knows of that
 * heartbeat, and must never find a guest alive after its time.
 */
export function updateSilence(world: World, host: SimulatedHost): void {
  const silent = host.power === "ON" && (isHanging(world, host) || isCutOff(world, host));
  if (!silent) {
    host.silentSinceMs = null;
    host.watchdogFired = false;
  } else if (host.silentSinceMs === null) {
    host.silentSinceMs = lastOnGrid(world.settings.heartbeatSeconds, world.nowMs);
  }
}

/**
 * Cut off, the host's own watchdog kills its guests. Hung, its hardware's watchdog resets it: the
 * guests are gone too, and it boots as soon as whatever makes it hang is cleared.
 */
export function fireWatchdog(world: World, host: SimulatedHost): void {
  host.watchdogFired = true;
  if (isHanging(world, host)) switchOff(world, host);
  else killGuests(world, host);
}

/** Notice that a host is lost from sight or back in it; back, it tells what runs there. */
export function updateContact(world: World, host: SimulatedHost): void {
  const inContact = canBeHeard(world, host);
  // Whoever can be heard hears: one that is cut off keeps its watchdog as it was.
  if (inContact) {
    host.watchdogArmed = world.settings.watchdogArmed;
    host.watchdogSeconds = world.settings.watchdogSeconds;
  }
  if (inContact === host.inContact) return;
  host.inContact = inContact;
  world.roster.hostsInContact += inContact ? 1 : -1;
  world.roster.heartbeats = null;
  world.roster.running = null;
  if (inContact) reportInventory(world, host);
  else breakOffMigrations(world, host);
}

/**
 * A guest that still boots is told as running: its machine is there, and whoever hears of it must
 * not take it for dead and start another.
 */
export function reportInventory(world: World, host: SimulatedHost): void {
  const guests = [...host.copies.values()].sort(byGuestId).map(({ guestId, state }) => ({
    guestId,
    state: state === "SUSPENDED" ? ("SUSPENDED" as const) : ("RUNNING" as const),
  }));
  world.emit({ kind: "HOST_CONNECTED", hostId: host.description.id, guests });
}

/** A zone's building management tells at once what becomes of its utilities. */
export function reportUtilities(world: World, zone: SimulatedZone): void {
  const { faults } = world;
  const lost = faults.on("REGION_LOSS", zone.regionId);
  const down: Record<Utility, boolean> = {
    POWER: lost || faults.on("ZONE_POWER", zone.id),
    COOLING: faults.on("ZONE_COOLING", zone.id),
    NETWORK: lost || faults.on("ZONE_NETWORK", zone.id),
  };
  for (const utility of ["POWER", "COOLING", "NETWORK"] as const) {
    const status: UtilityStatus = down[utility] ? "DOWN" : "UP";
    if (zone.reported[utility] === status) continue;
    zone.reported = { ...zone.reported, [utility]: status };
    world.changedKeys.add(KEYS.zone(zone.id));
    world.emit({ kind: "ZONE_UTILITY_CHANGED", zoneId: zone.id, utility, status });
  }
}
