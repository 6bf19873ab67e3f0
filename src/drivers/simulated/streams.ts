import type { HostId } from "../../model/ids.ts";
import { heatNow, isWarm } from "./cooling.ts";
import { usageOf } from "./usage.ts";
import { byGuestId, byId, type Copy, type World } from "./world.ts";

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
  world.emit({ kind: "USAGE", guests: usageOf(world, world.roster.running) });
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
