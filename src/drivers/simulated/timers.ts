import { RANKS } from "./agenda.ts";
import { heatDueAt } from "./cooling.ts";
import { KEYS, type SimulatedHost, type World } from "./world.ts";

/** When the watchdog acts on a host out of contact; null when it has, or has no reason to. */
export function watchdogDueAt(host: SimulatedHost): number | null {
  if (host.silentSinceMs === null || host.watchdogFired || !host.watchdogArmed) return null;
  return host.silentSinceMs + host.watchdogSeconds * 1000;
}

/** Put the host on the agenda for the next thing that happens to it, and in the stored state. */
export function noteHost(world: World, host: SimulatedHost): void {
  const { id } = host.description;
  let atMs = Number.POSITIVE_INFINITY;
  for (const dueAtMs of [
    host.bootedAtMs,
    watchdogDueAt(host),
    heatDueAt(host),
    host.fence?.dueAtMs ?? null,
    host.switching?.dueAtMs ?? null,
    host.probe?.dueAtMs ?? null,
  ]) {
    if (dueAtMs !== null && dueAtMs < atMs) atMs = dueAtMs;
  }
  world.agenda.set(RANKS.host, id, 0, Number.isFinite(atMs) ? atMs : null);
  world.changedKeys.add(KEYS.host(id));
}
