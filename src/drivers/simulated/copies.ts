import type { GuestId, HostId } from "../../model/ids.ts";
import {
  addResources,
  NO_RESOURCES,
  type Resources,
  subtractResources,
} from "../../model/resources.ts";
import { offeredBy } from "../../model/settings.ts";
import { RANKS } from "./agenda.ts";
import { updateHeat } from "./cooling.ts";
import { describe } from "./descriptions.ts";
import { noteHost } from "./timers.ts";
import {
  type Copy,
  KEYS,
  type Progress,
  type SimulatedGuest,
  type SimulatedHost,
  type World,
} from "./world.ts";

/**
 * A guest that runs nowhere is forgotten after an hour. Until then its generation tells actions that
 * come late from new ones; no action stays on its way for as long.
 */
const FORGET_AFTER_MS = 3_600_000;

export function guestOf(world: World, id: GuestId): SimulatedGuest {
  const known = world.guests.get(id);
  if (known) return known;
  const guest: SimulatedGuest = {
    id,
    generation: 0,
    failure: null,
    description: null,
    trace: null,
    forgetAtMs: null,
    copies: new Map(),
  };
  world.guests.set(id, guest);
  noteGuest(world, guest);
  return guest;
}

/** The one that answers; undefined when none runs. */
export function runningCopy(world: World, guestId: GuestId): Copy | undefined {
  for (const copy of world.guests.get(guestId)?.copies.values() ?? [])
    if (copy.state === "RUNNING") return copy;
  return undefined;
}

/** Store the guest's own state, and see to it that it is forgotten in time. */
export function noteGuest(world: World, guest: SimulatedGuest): void {
  if (guest.copies.size > 0) guest.forgetAtMs = null;
  else guest.forgetAtMs ??= world.nowMs + FORGET_AFTER_MS;
  world.agenda.set(RANKS.guest, guest.id, 0, guest.forgetAtMs);
  world.changedKeys.add(KEYS.guest(guest.id));
}

export function forgetGuest(world: World, guest: SimulatedGuest): void {
  describe(world, guest, null);
  world.guests.delete(guest.id);
  world.agenda.set(RANKS.guest, guest.id, 0, null);
  world.changedKeys.add(KEYS.guest(guest.id));
}

export function addCopy(world: World, host: SimulatedHost, guest: SimulatedGuest, copy: Copy) {
  host.copies.set(copy.guestId, copy);
  guest.copies.set(copy.hostId, copy);
  world.roster.copies++;
  changeLoad(world, host, copy.resources, NO_RESOURCES);
  noteGuest(world, guest);
  noteCopy(world, copy);
}

/** The copy is no more, and neither is what was being done to it. */
export function removeCopy(world: World, copy: Copy): void {
  setProgress(world, copy, null);
  const host = world.hosts.get(copy.hostId);
  const guest = world.guests.get(copy.guestId);
  if (host?.copies.delete(copy.guestId)) {
    world.roster.copies--;
    changeLoad(world, host, NO_RESOURCES, copy.resources);
  }
  if (guest?.copies.delete(copy.hostId) && guest.copies.size === 0) noteGuest(world, guest);
  noteCopy(world, copy);
}

export function setState(world: World, copy: Copy, state: Copy["state"]): void {
  copy.state = state;
  noteCopy(world, copy);
}

export function resizeCopy(world: World, copy: Copy, resources: Resources): void {
  const host = world.hosts.get(copy.hostId);
  if (host) changeLoad(world, host, resources, copy.resources);
  copy.resources = resources;
  noteCopy(world, copy);
}

/** A migration takes its room on the target for as long as it is in progress. */
export function setProgress(world: World, copy: Copy, progress: Progress | null): void {
  const before = copy.progress?.targetHostId ?? null;
  const after = progress?.targetHostId ?? null;
  copy.progress = progress;
  if (before !== after) {
    reserve(world, copy, before, false);
    reserve(world, copy, after, true);
  }
  world.agenda.set(RANKS.copy, copy.guestId, copy.hostId, progress?.dueAtMs ?? null);
  world.changedKeys.add(KEYS.copy(copy));
}

/** What of `wanted` the host has no room for, beside what is there now less `instead`; null if it fits. */
export function missingRoom(
  world: World,
  host: SimulatedHost,
  wanted: Resources,
  instead: Resources = NO_RESOURCES,
): string | null {
  const has = offeredBy(host.description.capacity, world.settings);
  const needs = addResources(subtractResources(host.used, instead), wanted);
  const over = [
    needs.cpuMillicores > has.cpuMillicores && "CPU",
    needs.memoryMiB > has.memoryMiB && "memory",
    needs.storageGiB > has.storageGiB && "storage",
  ].filter((name) => name !== false);
  return over.length > 0 ? over.join(" and ") : null;
}

function reserve(world: World, copy: Copy, targetId: HostId | null, taken: boolean): void {
  const target = targetId === null ? undefined : world.hosts.get(targetId);
  if (!target) return;
  if (taken) target.incoming.add(copy);
  else target.incoming.delete(copy);
  changeLoad(
    world,
    target,
    taken ? copy.resources : NO_RESOURCES,
    taken ? NO_RESOURCES : copy.resources,
  );
}

function changeLoad(world: World, host: SimulatedHost, more: Resources, less: Resources): void {
  host.used = subtractResources(addResources(host.used, more), less);
  const before = host.heat;
  updateHeat(world, host);
  if (host.heat !== before) noteHost(world, host);
}

function noteCopy(world: World, copy: Copy): void {
  world.roster.running = null;
  world.changedKeys.add(KEYS.copy(copy));
}
