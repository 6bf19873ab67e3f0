/**
 * What is weighed against what, all in one unit: watt-hours. A move must pay for itself within the
 * horizon, and so must a host that is put in STANDBY.
 */

/** For how long what is decided now is expected to hold. */
const HORIZON_HOURS = 4;
/** What a migration costs before its guest has lost any CPU: the network, both hosts' work, and the risk. */
const MIGRATION_WH = 10;
/** What a second of a core costs that a guest does not get. */
const LOST_CORE_SECOND_WH = 6;
/** What an hour costs in which a host is asked for more than it should give. */
const OVERLOAD_HOUR_WH = 84;

/** Of a guest's CPU, while it migrates (Voorsluys et al., 2009: 10 % for web servers). */
const MIGRATION_CPU_LOSS = 0.1;
/** Half of a gigabit a second, as in Beloglazov & Buyya, 2012. */
const MIGRATION_MIB_PER_SECOND = 59.6;

/** In watt-hours: what so much more risk of overload costs within the horizon. */
export function riskCostWh(risk: number): number {
  return risk * OVERLOAD_HOUR_WH * HORIZON_HOURS;
}

/** In watt-hours: migrating a guest that asks for so many millicores just now. */
export function migrationCostWh(millicores: number, memoryMiB: number): number {
  return MIGRATION_WH + LOST_CORE_SECOND_WH * lostCoreSeconds(millicores, memoryMiB);
}

/** Core-seconds that a guest does not get while it migrates. */
function lostCoreSeconds(millicores: number, memoryMiB: number): number {
  const seconds = memoryMiB / MIGRATION_MIB_PER_SECOND;
  return (MIGRATION_CPU_LOSS * millicores * seconds) / 1000;
}

/** In watt-hours: what a host that draws so much when idle saves within the horizon when it is off. */
export function standbySavingWh(idleWatts: number): number {
  return idleWatts * HORIZON_HOURS;
}
