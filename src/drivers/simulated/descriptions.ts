import type { GuestDescription, Isolation } from "../../model/actions.ts";
import { sameAllocation } from "../../model/allocation.ts";
import { sameResources } from "../../model/resources.ts";
import type { Workload } from "../../model/workload.ts";
import { type HeldTrace, KEYS, type SimulatedGuest, type World } from "./world.ts";

type Trace = Extract<Workload, { kind: "TRACE" }>;

/** A description as it is stored: with the key of its trace in place of the trace. */
export interface StoredDescription extends Omit<GuestDescription, "workload"> {
  readonly workload: Exclude<Workload, Trace> | (Omit<Trace, "shares"> & { trace: string }) | null;
}

/** Take note of what a guest is, if it is news. Null is a guest that is being forgotten. */
export function describe(world: World, guest: SimulatedGuest, told: GuestDescription | null): void {
  const before = guest.description;
  if (before === told) return;
  // What is said of its isolation comes in any order.
  const isOld = before && told && before.isolation.revision > told.isolation.revision;
  const description = isOld ? { ...told, isolation: before.isolation } : told;
  const trace = description?.workload?.kind === "TRACE" ? description.workload : null;
  const held = trace ? holdTrace(world, trace.shares) : null;
  releaseTrace(world, guest.trace);
  guest.trace = held;
  guest.description =
    description && trace && held
      ? { ...description, workload: { ...trace, shares: held.shares } }
      : description;
  if (!same(before, guest.description)) world.changedKeys.add(KEYS.description(guest.id));
}

export function storedDescription(guest: SimulatedGuest | undefined): StoredDescription | null {
  if (!guest?.description) return null;
  const { workload, ...rest } = guest.description;
  if (workload?.kind !== "TRACE" || !guest.trace) {
    return { ...rest, workload: workload?.kind === "TRACE" ? null : workload };
  }
  const { shares: _, ...named } = workload;
  return { ...rest, workload: { ...named, trace: guest.trace.key } };
}

/** Traces are loaded before what refers to them. */
export function loadDescription(
  world: World,
  guest: SimulatedGuest,
  stored: StoredDescription,
): void {
  const { workload, ...rest } = stored;
  if (workload?.kind !== "TRACE") {
    guest.description = { ...rest, workload };
    return;
  }
  const { trace: key, ...named } = workload;
  const held = world.traces.get(key);
  if (held) held.guests++;
  guest.trace = held ?? null;
  guest.description = { ...rest, workload: { ...named, shares: held?.shares ?? [] } };
}

export function loadTrace(world: World, key: string, shares: readonly number[]): void {
  world.traces.set(key, { key, shares, guests: 0 });
}

function holdTrace(world: World, shares: readonly number[]): HeldTrace {
  // Another trace of the same hash is as good as impossible, and only costs it another key.
  for (let key = KEYS.trace(hashOf(shares)); ; key += "+") {
    const held = world.traces.get(key);
    if (held && !sameShares(held.shares, shares)) continue;
    const trace = held ?? { key, shares, guests: 0 };
    if (!held) {
      world.traces.set(key, trace);
      world.changedKeys.add(key);
    }
    trace.guests++;
    return trace;
  }
}

function releaseTrace(world: World, trace: HeldTrace | null): void {
  if (!trace || --trace.guests > 0) return;
  world.traces.delete(trace.key);
  world.changedKeys.add(trace.key);
}

/** FNV-1a over the shares in millionths. */
function hashOf(shares: readonly number[]): string {
  let hash = 0x811c9dc5;
  for (const share of shares)
    hash = Math.imul(hash ^ Math.round(share * 1_000_000), 0x01000193) >>> 0;
  return `${shares.length}-${hash.toString(16)}`;
}

function sameShares(a: readonly number[], b: readonly number[]): boolean {
  return a === b || (a.length === b.length && a.every((share, index) => share === b[index]));
}

function same(a: GuestDescription | null, b: GuestDescription | null): boolean {
  if (!a || !b) return a === b;
  return (
    a.name === b.name &&
    a.image === b.image &&
    a.bootSeconds === b.bootSeconds &&
    a.groupId === b.groupId &&
    sameResources(a.resources, b.resources) &&
    sameWorkload(a.workload, b.workload) &&
    sameIsolation(a.isolation, b.isolation)
  );
}

/** In what it says: when it was said is no matter once it counts. */
function sameIsolation(a: Isolation, b: Isolation): boolean {
  const [ours, theirs] = [a.securityGroupIds, b.securityGroupIds];
  const isSame = ours.length === theirs.length && ours.every((id, index) => id === theirs[index]);
  return isSame && sameAllocation(a.allocation, b.allocation);
}

/** Of descriptions whose traces are held: the same trace is the same array. */
function sameWorkload(a: Workload | null, b: Workload | null): boolean {
  if (a?.kind === "TRACE" && b?.kind === "TRACE") {
    return a.name === b.name && a.intervalSeconds === b.intervalSeconds && a.shares === b.shares;
  }
  return a === b || (a?.kind === b?.kind && JSON.stringify(a) === JSON.stringify(b));
}
