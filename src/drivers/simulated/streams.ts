import type { GuestUsage } from "../../model/actions.ts";
import type { HostId } from "../../model/ids.ts";
import { between, chance } from "./chance.ts";
import { heatNow, isWarm } from "./cooling.ts";
import { cpuShareAt } from "./workload.ts";
import { byGuestId, byId, type Copy, type World } from "./world.ts";

/** What a guest without a workload of its own asks for, as a share of its cores. */
const IDLE_CPU_SHARE = { least: 0.05, most: 0.3 };
/** What a guest touches of its memory. */
const MEMORY_SHARE = { least: 0.6, most: 0.9 };

/** All hosts in contact, in one observation. */
export function emitHeartbeats(world: World): void {
  world.roster.heartbeats ??= hostsInContact(world);
  if (world.roster.heartbeats.length === 0) return;
  world.emit({ kind: "HEARTBEATS", hostIds: world.roster.heartbeats });
}

/** All running guests that can be seen, in one observation. */
export function emitUsage(world: World): void {
  world.roster.running ??= runningInContact(world);
  if (world.roster.running.length === 0) return;
  const guests = world.roster.running.map((copy) => usageOf(world, copy));
  world.emit({ kind: "USAGE", guests });
}

/** All hosts in contact that are warm, or getting warm, in one observation. */
export function emitHeat(world: World): void {
  const hosts = hostsInContact(world)
    .map((id) => world.hosts.get(id))
    .filter((host) => host !== undefined)
    .filter(isWarm)
    .map((host) => ({ hostId: host.description.id, level: heatNow(world, host) }));
  if (hosts.length > 0) world.emit({ kind: "HOST_HEAT", hosts });
}

function usageOf(world: World, { guestId, hostId, resources }: Copy): GuestUsage {
  const workload = world.guests.get(guestId)?.description?.workload ?? null;
  // Generation 0, for a guest is like itself however often it has been started.
  const draw = (purpose: "cpu" | "memory") => chance(world.seed, guestId, 0, purpose);
  const cpuShare =
    workload === null
      ? between(IDLE_CPU_SHARE.least, IDLE_CPU_SHARE.most, draw("cpu"))
      : cpuShareAt(workload, world.nowMs);
  const memoryShare = between(MEMORY_SHARE.least, MEMORY_SHARE.most, draw("memory"));
  return {
    guestId,
    hostId,
    cpuMillicores: Math.round(resources.cpuMillicores * cpuShare),
    memoryMiB: Math.round(resources.memoryMiB * memoryShare),
  };
}

function hostsInContact(world: World): HostId[] {
  const ids: HostId[] = [];
  for (const [id, host] of world.hosts) if (host.inContact) ids.push(id);
  return ids.sort(byId);
}

function runningInContact(world: World): Copy[] {
  const running: Copy[] = [];
  for (const host of world.hosts.values()) {
    if (!host.inContact) continue;
    for (const copy of host.copies.values()) if (copy.state === "RUNNING") running.push(copy);
  }
  return running.sort(byGuestId);
}
