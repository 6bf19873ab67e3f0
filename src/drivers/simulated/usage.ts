import type { GuestUsage } from "../../model/actions.ts";
import { DEFAULT_ALLOCATION, reservedOf, sharesOf } from "../../model/allocation.ts";
import { between, chance } from "./chance.ts";
import { shareOut, sumOf } from "./contention.ts";
import { cpuShareAt } from "./workload.ts";
import type { Copy, World } from "./world.ts";

/** What a guest without a workload of its own asks for, as a share of its cores. */
const IDLE_CPU_SHARE = { least: 0.05, most: 0.3 };
/** What a guest touches of its memory. */
const MEMORY_SHARE = { least: 0.6, most: 0.9 };

/** In millicores: what a copy asks for, what its limit leaves of that, and what it is given. */
interface Wish {
  readonly copy: Copy;
  readonly demand: number;
  readonly want: number;
  granted: number;
}

/** What running guests use, in their order: what they ask for, but on hosts that have not enough for all. */
export function usageOf(world: World, copies: readonly Copy[]): GuestUsage[] {
  const shares = sharesOfGroups(world, copies);
  const wishes = copies.map((copy) => wishOf(world, copy, shares));
  const crowded = wishes.filter(({ copy }) => isCrowded(world, copy));
  for (const [hostId, here] of Map.groupBy(crowded, ({ copy }) => copy.hostId)) {
    const capacity = world.hosts.get(hostId)?.description.capacity.cpuMillicores ?? 0;
    if (sumOf(here.map(({ want }) => want)) <= capacity) continue;
    const grants = shareOut(
      capacity,
      here.map((wish) => claimOf(world, wish)),
    );
    for (const [index, wish] of here.entries()) wish.granted = grants[index] as number;
  }
  return wishes.map((wish) => sampleOf(world, wish));
}

/** Its host has given away more CPU than there is. Where it has not, there is enough for all. */
function isCrowded(world: World, { hostId }: Copy): boolean {
  const host = world.hosts.get(hostId);
  return !!host && host.used.cpuMillicores > host.description.capacity.cpuMillicores;
}

/** Generation 0, for a guest is like itself however often it has been started. */
function shareDrawn(world: World, { guestId }: Copy, purpose: "cpu" | "memory"): number {
  const { least, most } = purpose === "cpu" ? IDLE_CPU_SHARE : MEMORY_SHARE;
  return between(least, most, chance(world.seed, guestId, 0, purpose));
}

const NO_SHARES: ReadonlyMap<number, number> = new Map();

/** What each of the members that run has to do of its group's work, in millicores. */
function sharesOfGroups(world: World, copies: readonly Copy[]): ReadonlyMap<number, number> {
  const shares = new Map<number, number>();
  if (world.demands.size === 0) return shares;
  const running = new Map<number, number>();
  for (const copy of copies) {
    const groupId = groupOf(world, copy);
    if (groupId !== null) running.set(groupId, (running.get(groupId) ?? 0) + 1);
  }
  for (const { groupId, workload, peakMillicores } of world.demands.values()) {
    const members = running.get(groupId) ?? 0;
    const all = peakMillicores * cpuShareAt(workload, world.nowMs);
    if (members > 0) shares.set(groupId, all / members);
  }
  return shares;
}

function groupOf(world: World, { guestId }: Copy) {
  return world.guests.get(guestId)?.description?.groupId ?? null;
}

/**
 * Without what requests of load balancers ask for, in millicores. Work that is shared can be more than one
 * member can do: it asks for it all the same.
 */
export function baseDemand(
  world: World,
  copy: Copy,
  shares: ReadonlyMap<number, number> = NO_SHARES,
): number {
  const shared = shares.get(groupOf(world, copy) ?? 0);
  if (shared !== undefined) return shared;
  const workload = world.guests.get(copy.guestId)?.description?.workload ?? null;
  const share =
    workload === null ? shareDrawn(world, copy, "cpu") : cpuShareAt(workload, world.nowMs);
  return copy.resources.cpuMillicores * share;
}

function wishOf(world: World, copy: Copy, shares: ReadonlyMap<number, number>): Wish {
  const { cpuMillicores } = copy.resources;
  const requests = world.loadBalancing.demand.get(copy.guestId) ?? 0;
  const base = baseDemand(world, copy, shares);
  const demand = Math.round(Math.max(base, Math.min(cpuMillicores, base + requests)));
  const limit = allocationOf(world, copy).cpuLimitMillicores ?? cpuMillicores;
  const want = Math.min(demand, limit, cpuMillicores);
  return { copy, demand, want, granted: want };
}

function claimOf(world: World, { copy, want }: Wish) {
  const allocation = allocationOf(world, copy);
  const reservation = reservedOf(allocation, copy.resources).cpuMillicores;
  return { want, reservation, shares: sharesOf(allocation, copy.resources) };
}

function allocationOf(world: World, { guestId }: Copy) {
  return world.guests.get(guestId)?.description?.isolation.allocation ?? DEFAULT_ALLOCATION;
}

function sampleOf(world: World, { copy, demand, want, granted }: Wish): GuestUsage {
  return {
    guestId: copy.guestId,
    hostId: copy.hostId,
    cpuMillicores: granted,
    memoryMiB: Math.round(copy.resources.memoryMiB * shareDrawn(world, copy, "memory")),
    cpuDemandMillicores: demand,
    cpuStolenMillicores: want - granted,
  };
}
