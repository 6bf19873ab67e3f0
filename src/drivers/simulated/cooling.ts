import { isUncooled } from "./conditions.ts";
import type { Heat, SimulatedHost, World } from "./world.ts";

/** An idle host without cooling lasts this many times as long as a fully loaded one. */
const IDLE_FACTOR = 4;
/** Cooling that works takes heat away this many times as fast as full load makes it. */
const COOLING_FACTOR = 4;

/**
 * Without cooling a host that is on goes from cool to tripped in
 *
 *     overheatSeconds × (4 − 3 × load),   load = CPU allocated to guests there / CPU it has
 *
 * and its load counts as it changes. With cooling it goes the other way in overheatSeconds / 4. A
 * host that is off without cooling stays as hot as it is.
 */
export function updateHeat(world: World, host: SimulatedHost): void {
  const level = levelAt(host.heat, world.nowMs);
  const spanMs = wantedSpan(world, host, level);
  if (spanMs === host.heat.spanMs) return;
  host.heat = { level, atMs: world.nowMs, spanMs };
}

/** It has been without cooling, or is: what is measured of it is of interest. */
export function isWarm({ heat }: SimulatedHost): boolean {
  return heat.level > 0 || heat.spanMs > 0;
}

/** As a sensor shows it. */
export function heatNow(world: World, host: SimulatedHost): number {
  return Math.round(levelAt(host.heat, world.nowMs) * 1000) / 1000;
}

/** When the host trips, or is cool; null when it is neither warming nor cooling. */
export function heatDueAt(host: SimulatedHost): number | null {
  const { level, atMs, spanMs } = host.heat;
  if (spanMs === 0) return null;
  return atMs + Math.round(spanMs > 0 ? (1 - level) * spanMs : level * -spanMs);
}

/** The end of warming or cooling has come. */
export function completeHeat(world: World, host: SimulatedHost): void {
  host.tripped = host.heat.spanMs > 0;
  host.heat = { level: host.tripped ? 1 : 0, atMs: world.nowMs, spanMs: 0 };
}

function wantedSpan(world: World, host: SimulatedHost, level: number): number {
  const overheatMs = Math.max(1, world.settings.overheatSeconds * 1000);
  if (!isUncooled(world, host)) return level > 0 ? -overheatMs / COOLING_FACTOR : 0;
  if (host.power === "OFF") return 0;
  return overheatMs * (IDLE_FACTOR - (IDLE_FACTOR - 1) * loadOf(host));
}

function loadOf(host: SimulatedHost): number {
  const has = host.description.capacity.cpuMillicores;
  return has > 0 ? Math.min(1, host.used.cpuMillicores / has) : 0;
}

function levelAt(heat: Heat, nowMs: number): number {
  if (heat.spanMs === 0) return heat.level;
  return Math.min(1, Math.max(0, heat.level + (nowMs - heat.atMs) / heat.spanMs));
}
