import type { HostDescription, WorldSettings } from "../../model/actions.ts";
import type { HostId } from "../../model/ids.ts";
import { NO_RESOURCES } from "../../model/resources.ts";
import { RANKS } from "./agenda.ts";
import { isHanging, isPowered } from "./conditions.ts";
import { reportInventory, reportUtilities, updateContact, updateSilence } from "./contact.ts";
import { updateHeat } from "./cooling.ts";
import { killGuests, updateBattery, updatePower } from "./power.ts";
import { updateProgress } from "./progress.ts";
import { noteHost } from "./timers.ts";
import { byId, KEYS, type SimulatedHost, type World, zoneOf } from "./world.ts";

/** Bring a host in line with the faults in force, after any of them or any of its own state changed. */
export function reassess(world: World, host: SimulatedHost): void {
  updatePower(world, host);
  updateSilence(world, host);
  updateHeat(world, host);
  updateProgress(world, host);
  updateContact(world, host);
  noteHost(world, host);
}

/** The host of this id, or the hosts of the rack, zone or region of this id, in order. */
export function reassessUnder(world: World, id: number): void {
  const hostIds = [...(world.hostsUnder.get(id) ?? [id as HostId])].sort(byId);
  for (const hostId of hostIds) {
    const host = world.hosts.get(hostId);
    if (host) reassess(world, host);
  }
}

export function connectHost(world: World, description: HostDescription): void {
  const known = world.hosts.get(description.id);
  if (known) reconnectHost(world, known, description);
  else meetHost(world, description);
}

/** What ran there is out of the world too. */
export function disconnectHost(world: World, id: HostId): void {
  const host = world.hosts.get(id);
  if (!host) return;
  killGuests(world, host);
  leaveIndex(world, host.description);
  world.hosts.delete(id);
  if (host.inContact) {
    world.roster.hostsInContact--;
    world.roster.heartbeats = null;
  }
  for (const kind of world.faults.kindsOn(id)) {
    world.faults.delete(kind, { type: "Host", id });
    world.changedKeys.add(KEYS.fault(kind, "Host", id));
  }
  world.agenda.set(RANKS.host, id, 0, null);
  world.changedKeys.add(KEYS.host(id));
}

export function configure(world: World, settings: WorldSettings): void {
  if (sameSettings(settings, world.settings)) return;
  // What has been drained so far was drained by the old capacity.
  for (const zone of world.zones.values()) updateBattery(world, zone);
  world.settings = settings;
  world.changedKeys.add(KEYS.settings);
  for (const zone of world.zones.values()) updateBattery(world, zone);
  for (const id of [...world.hosts.keys()].sort(byId)) reassessUnder(world, id);
}

export function newHost(world: World, description: HostDescription): SimulatedHost {
  return {
    description,
    power: "OFF",
    bootedAtMs: null,
    silentSinceMs: null,
    watchdogFired: false,
    heat: { level: 0, atMs: world.nowMs, spanMs: 0 },
    tripped: false,
    fence: null,
    probe: null,
    watchdogArmed: world.settings.watchdogArmed,
    watchdogSeconds: world.settings.watchdogSeconds,
    fencedGeneration: 0,
    shutDown: false,
    switching: null,
    switchedGeneration: 0,
    inContact: false,
    copies: new Map(),
    incoming: new Set(),
    used: NO_RESOURCES,
  };
}

export function enterIndex(world: World, { id, rackId, zoneId, regionId }: HostDescription): void {
  for (const under of [rackId, zoneId, regionId]) {
    if (under === null) continue;
    const hostIds = world.hostsUnder.get(under) ?? new Set();
    world.hostsUnder.set(under, hostIds.add(id));
  }
}

function leaveIndex(world: World, { id, rackId, zoneId, regionId }: HostDescription): void {
  for (const under of [rackId, zoneId, regionId]) {
    if (under === null) continue;
    const hostIds = world.hostsUnder.get(under);
    hostIds?.delete(id);
    if (hostIds?.size === 0) world.hostsUnder.delete(under);
  }
}

/** A host that one hears of for the first time has been there before: it is on if it can be. */
function meetHost(world: World, description: HostDescription): void {
  standInZone(world, description);
  const host = newHost(world, description);
  world.hosts.set(description.id, host);
  enterIndex(world, description);
  if (isPowered(world, host) && !isHanging(world, host)) host.power = "ON";
  reassess(world, host);
}

/** Asked for again, after a restart of the server as a rule: it tells what runs there if it can. */
function reconnectHost(world: World, host: SimulatedHost, description: HostDescription): void {
  const wasInContact = host.inContact;
  if (JSON.stringify(description) !== JSON.stringify(host.description)) {
    leaveIndex(world, host.description);
    host.description = description;
    enterIndex(world, description);
    standInZone(world, description);
    reassess(world, host);
  }
  if (wasInContact && host.inContact) reportInventory(world, host);
}

/** The world learns from its hosts which zones stand in which region. */
function standInZone(world: World, { zoneId, regionId }: HostDescription): void {
  const zone = zoneOf(world, zoneId);
  if (zone.regionId === regionId) return;
  zone.regionId = regionId;
  updateBattery(world, zone);
  reportUtilities(world, zone);
}

function sameSettings(a: WorldSettings, b: WorldSettings): boolean {
  return (
    a.heartbeatSeconds === b.heartbeatSeconds &&
    a.watchdogSeconds === b.watchdogSeconds &&
    a.watchdogArmed === b.watchdogArmed &&
    a.batterySeconds === b.batterySeconds &&
    a.overheatSeconds === b.overheatSeconds &&
    a.usageSampleSeconds === b.usageSampleSeconds &&
    a.cpuAllocationRatio === b.cpuAllocationRatio &&
    a.memoryAllocationRatio === b.memoryAllocationRatio
  );
}
