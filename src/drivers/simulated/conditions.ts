import type { SimulatedHost, World } from "./world.ts";

/** What the faults in force mean for a host. Nothing here is remembered: it is worked out each time. */

/** Electricity reaches it: its rack, its zone (or the zone's battery) and its region have some. */
export function isSupplied(world: World, host: SimulatedHost): boolean {
  const { rackId, zoneId, regionId } = host.description;
  return (
    !world.faults.on("RACK_POWER", rackId) &&
    !world.faults.on("REGION_LOSS", regionId) &&
    !(world.zones.get(zoneId)?.battery.empty ?? false)
  );
}

/** It can be on: it is supplied, not switched off and not too hot. */
export function isPowered(world: World, host: SimulatedHost): boolean {
  return (
    isSupplied(world, host) &&
    !host.shutDown &&
    !host.tripped &&
    !world.faults.on("HOST_POWER", host.description.id)
  );
}

/** Neither its own network nor that of its management controller leads anywhere. */
export function isCutOff(world: World, host: SimulatedHost): boolean {
  const { id, zoneId, regionId } = host.description;
  return (
    world.faults.on("HOST_NETWORK", id) ||
    world.faults.on("ZONE_NETWORK", zoneId) ||
    world.faults.on("REGION_LOSS", regionId)
  );
}

export function isHanging(world: World, host: SimulatedHost): boolean {
  return world.faults.on("HOST_HANG", host.description.id);
}

export function isStalled(world: World, host: SimulatedHost): boolean {
  return world.faults.on("STORAGE_STALL", host.description.id);
}

export function isUncooled(world: World, host: SimulatedHost): boolean {
  return world.faults.on("ZONE_COOLING", host.description.zoneId);
}

/**
 * Its management controller can be spoken to. That lives on stand-by power, so a host that hangs,
 * tripped or is switched off can be fenced; one without supply or network can't.
 */
export function canBeFenced(world: World, host: SimulatedHost): boolean {
  return isSupplied(world, host) && !isCutOff(world, host);
}

/** Heartbeats and answers arrive. */
export function canBeHeard(world: World, host: SimulatedHost): boolean {
  return (
    host.power === "ON" &&
    isPowered(world, host) &&
    !isHanging(world, host) &&
    !isCutOff(world, host)
  );
}
