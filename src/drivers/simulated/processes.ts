import type { GuestId, HostId, ZoneId } from "../../model/ids.ts";
import { type Due, RANKS } from "./agenda.ts";
import { fireWatchdog } from "./contact.ts";
import { completeHeat, heatDueAt } from "./cooling.ts";
import { forgetGuest } from "./copies.ts";
import { completeFence } from "./fencing.ts";
import { reassess, reassessUnder } from "./hosts.ts";
import { completeProgress } from "./outcomes.ts";
import { completeHostBoot, updateBattery } from "./power.ts";
import { completeProbe } from "./probing.ts";
import { completeSwitch } from "./switching.ts";
import { watchdogDueAt } from "./timers.ts";
import { type SimulatedHost, type World, zoneOf } from "./world.ts";

/** Let everything happen that is due by `untilMs`, each at its own time. */
export function runProcesses(world: World, untilMs: number): void {
  for (;;) {
    const due = world.agenda.peek();
    if (!due || due.atMs > untilMs) return;
    world.agenda.drop(due);
    // A setting that was shortened can make something due that should have happened already.
    world.nowMs = Math.max(world.nowMs, due.atMs);
    happen(world, due);
  }
}

function happen(world: World, { rank, id, on }: Due): void {
  switch (rank) {
    case RANKS.zone:
      updateBattery(world, zoneOf(world, id as ZoneId));
      reassessUnder(world, id);
      break;
    case RANKS.host: {
      const host = world.hosts.get(id as HostId);
      if (host) happenToHost(world, host);
      break;
    }
    case RANKS.copy: {
      const copy = world.hosts.get(on as HostId)?.copies.get(id as GuestId);
      if (copy) completeProgress(world, copy);
      break;
    }
    case RANKS.guest: {
      const guest = world.guests.get(id as GuestId);
      if (guest) forgetGuest(world, guest);
      break;
    }
  }
}

/** A host stands on the agenda once, for the first of what may be due to it. */
function happenToHost(world: World, host: SimulatedHost): void {
  const isDue = (atMs: number | null) => atMs !== null && atMs <= world.nowMs;
  if (isDue(heatDueAt(host))) completeHeat(world, host);
  if (isDue(host.bootedAtMs)) completeHostBoot(host);
  if (isDue(watchdogDueAt(host))) fireWatchdog(world, host);
  if (isDue(host.fence?.dueAtMs ?? null)) completeFence(world, host);
  if (isDue(host.switching?.dueAtMs ?? null)) completeSwitch(world, host);
  if (isDue(host.probe?.dueAtMs ?? null)) completeProbe(world, host);
  reassess(world, host);
}
