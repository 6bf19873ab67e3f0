import type {
  AffinityRule,
  Failover,
  Guest,
  Host,
  Operation,
  ScalingGroup,
  Zone,
} from "../model/entities.ts";
import type { FailoverId, GuestId, HostId, ZoneId } from "../model/ids.ts";
import {
  addResources,
  NO_RESOURCES,
  type Resources,
  sameResources,
  subtractResources,
} from "../model/resources.ts";

import type { Settings } from "../model/settings.ts";

import { Counts, Groups, keep } from "./groups.ts";

import {
  awaitsAdmission,
  awaitsTurn,
  footprintOf,
  hostsMadeFree,
  isBooting,
  isHolding,
  isPendingRecovery,
  isPreemptible,
  isRuledOut,
  isWaiting,
  reservedBy,
} from "./guest-conditions.ts";

import {
  isAttended,
  isCutOff,
  isFailing,
  isInStandby,
  isLost,
  isUnheard,
  isWaking,
  isWatched,
} from "./host-conditions.ts";

import { IncidentIndex } from "./incident-index.ts";
import { MoveIndex } from "./move-index.ts";
import { CapacityIndex, type HostRoom } from "./placement/capacity-index.ts";
import { Reserve } from "./placement/reserve.ts";
import { type FindGuest, RuleIndex } from "./placement/rule-index.ts";
import { Sizes } from "./placement/sizes.ts";
import { WrittenRules } from "./placement/written-rules.ts";
import { ScalingIndex } from "./scaling-index.ts";
import { TargetIndex } from "./target-index.ts";
import { Timers } from "./timers.ts";

/** How many hosts of a zone there are in each condition. */
export interface ZoneCount {
  known: number;
  lost: number;
}

/** The guest takes room on the hosts it names. */
function hostsOf(guest: Guest): HostId[] {
  const hosts: HostId[] = [];
  if (guest.hostId !== null) hosts.push(guest.hostId);
  if (guest.targetHostId !== null) hosts.push(guest.targetHostId);
  return hosts;
}

function bootsOn(guest: Guest | undefined): HostId | null {
  return guest && isBooting(guest) ? guest.hostId : null;
}

function givesWayOn(guest: Guest | undefined): HostId | null {
  return guest && isPreemptible(guest) ? guest.hostId : null;
}

function waitsAsBefore(a: Guest, b: Guest): boolean {
  return a.blockedBy === b.blockedBy && a.loss === b.loss && a.retryAtMs === b.retryAtMs;
}

function wasLost(guest: Guest | null): boolean {
  return guest !== null && guest.loss !== null;
}

function frozenOn({ frozenOnHostId }: Guest): number {
  return frozenOnHostId ?? 0;
}

function isElsewhere(a: Guest, b: Guest): boolean {
  return a.hostId !== b.hostId || a.targetHostId !== b.targetHostId;
}

/** When the guest wants to be looked at without anything happening to it. */
export function timerOf({ task, retryAtMs, readyAtMs }: Guest): number | null {
  if (task === null && readyAtMs === null) return retryAtMs;
  const never = Number.POSITIVE_INFINITY;
  return Math.min(task?.deadlineMs ?? never, retryAtMs ?? never, readyAtMs ?? never);
}

/**
 * Everything that is found by looking the other way: who is on a host, what is free, who waits.
 * Derived from the tables alone and kept by their changes; never stored, never decided by.
 */
export class Indexes {
  readonly guestsOnHost = new Groups<GuestId>();
  readonly guestsOfTenant = new Groups<GuestId>();
  readonly guestsOfFailover = new Groups<GuestId>();
  readonly pendingOfFailover = new Counts();
  /** Guests that are members of the security group by name, not because each tenant has a default one. */
  readonly guestsOfSecurityGroup = new Groups<GuestId>();
  /** Guests that wait for the guest that is the key. */
  readonly dependents = new Groups<GuestId>();
  /** Guests that wait for the host that is the key. */
  readonly frozenOnHost = new Groups<GuestId>();
  readonly hostsInZone = new Groups<HostId>();
  readonly hostsInRack = new Groups<HostId>();
  /** Zones without power or cooling. */
  readonly failingZones = new Set<ZoneId>();
  readonly waiting = new Set<GuestId>();
  /** Waiting guests that were lost: others may be stopped for them. */
  unrecovered = 0;
  /** Waiting guests that rules keep from hosts: others may have to come to where they can be. */
  readonly ruledOut = new Set<GuestId>();
  /** Waiting guests that nothing but time keeps from a place, which is kept for them. */
  readonly holding = new Set<GuestId>();
  /** Waiting guests whose turn comes when a start elsewhere ends. */
  readonly awaitingTurn = new Set<GuestId>();
  /** By host: guests that run there and may be stopped to make room. */
  readonly preemptible = new Groups<GuestId>();
  /** By host: guests that others there are stopped for. */
  readonly makingRoom = new Groups<GuestId>();
  /** Waiting guests that admission control holds back: rules may let it judge otherwise as others start. */
  readonly awaitingAdmission = new Set<GuestId>();
  /** Guests with a deadline, a retry or their readiness ahead. */
  readonly timed = new Timers<GuestId>();
  /** Hosts whose silence would be news. */
  readonly watched = new Set<HostId>();
  /** Hosts on their way down. */
  readonly suspects = new Set<HostId>();
  /** Hosts with which something is being done by request. */
  readonly attended = new Set<HostId>();
  /** Hosts that flapped, by when guests may be given to them again. */
  readonly held = new Timers<HostId>();
  /** Hosts to which a migration failed since one last succeeded. */
  readonly shunned = new Set<HostId>();
  /** Hosts in standby, and those on their way back from there. */
  readonly standby = new Set<HostId>();
  readonly waking = new Set<HostId>();
  readonly openFailovers = new Set<FailoverId>();
  /** By the id of the guest or host that it is about. */
  readonly runningOperation = new Map<number, number>();
  readonly hostsWithOperation = new Set<HostId>();
  readonly incidents = new IncidentIndex();
  readonly moves = new MoveIndex();
  readonly targets = new TargetIndex();
  readonly scaling = new ScalingIndex();
  readonly capacity = new CapacityIndex();
  readonly rules: RuleIndex;
  readonly writtenRules = new WrittenRules();
  /** By host: what the guests that take room there reserve. */
  readonly reserved = new Map<HostId, Resources>();
  readonly sizes = new Sizes();
  readonly reserve = new Reserve();
  readonly #used = new Map<number, Resources>();
  readonly #zones = new Map<number, ZoneCount>();

  constructor(findGuest: FindGuest) {
    this.rules = new RuleIndex(findGuest);
  }

  zoneCount(zoneId: number): Readonly<ZoneCount> {
    return this.#zones.get(zoneId) ?? { known: 0, lost: 0 };
  }

  /** What a tenant's guests take, running or not. */
  used(tenantId: number): Resources {
    return this.#used.get(tenantId) ?? NO_RESOURCES;
  }

  settingsChanged(settings: Settings): void {
    this.capacity.setRatios(settings);
    this.capacity.setStartsPerHost(settings.startsPerHost);
    this.reserve.forget();
  }

  readonly hostChanged = (before: Host | undefined, after: Host | undefined): void => {
    if (before) this.#countHost(before, -1);
    if (after) this.#countHost(after, 1);
    const host = after ?? before;
    if (!host) return;
    if (!before || !after) this.#siteChanged(host, after ? "add" : "remove");
    const isNow = (is: (host: Host) => boolean) => after !== undefined && is(after);
    this.moves.hostChanged(before, after);
    keep(this.suspects, host.id, isNow(isUnheard));
    keep(this.attended, host.id, isNow(isAttended));
    keep(this.standby, host.id, isNow(isInStandby));
    keep(this.waking, host.id, isNow(isWaking));
    keep(this.watched, host.id, isNow(isWatched));
    keep(
      this.shunned,
      host.id,
      isNow(({ movesShunUntilMs }) => movesShunUntilMs !== null),
    );
    this.held.set(host.id, after && isWatched(after) ? after.heldUntilMs : null);
    this.capacity.hostChanged(before, after);
    this.reserve.touch(host.id);
    this.incidents.hostChanged(before, after);
  };

  #siteChanged({ id, zoneId, rackId }: Host, change: "add" | "remove"): void {
    this.hostsInZone[change](zoneId, id);
    if (rackId !== null) this.hostsInRack[change](rackId, id);
  }

  #countHost(host: Host, by: 1 | -1): void {
    if (!host.everUp) return;
    const count = this.#zones.get(host.zoneId) ?? { known: 0, lost: 0 };
    count.known += by;
    if (isLost(host)) count.lost += by;
    this.#zones.set(host.zoneId, count);
  }

  readonly zoneChanged = (zone: Zone, isThere: boolean, hosts: readonly Host[]): void => {
    const fails = isThere && isFailing(zone);
    this.scaling.zoneChanged(zone.id, isThere);
    keep(this.failingZones, zone.id, fails);
    this.capacity.zoneChanged(zone.id, fails || (isThere && isCutOff(zone)), hosts);
    this.reserve.forget();
  };

  readonly guestChanged = (before: Guest | undefined, after: Guest | undefined): void => {
    if (before) this.#unindexGuest(before, after);
    if (after) this.#indexGuest(after, before);
    this.#followOnHost(before, after);
    this.#followWaiting(before, after);
    this.#followFailover(before, after);
    this.#followSecurity(before, after);
    this.#followReservation(before, after);
    if (before?.status === "FROZEN") this.frozenOnHost.remove(frozenOn(before), before.id);
    if (after?.status === "FROZEN") this.frozenOnHost.add(frozenOn(after), after.id);
    this.moves.guestChanged(before, after);
    this.rules.guestChanged(before, after, this.capacity);
    this.incidents.guestChanged(before, after);
    this.scaling.guestChanged(before, after, (hostId) => this.#zoneOf(hostId));
  };

  #zoneOf(hostId: HostId): ZoneId {
    return (this.capacity.room(hostId) as HostRoom).zoneId as ZoneId;
  }

  /** The sets are as large as the loss: they are touched only by those who come or go. */
  #followFailover(before: Guest | undefined, after: Guest | undefined): void {
    const [old, now] = [before?.loss?.failoverId ?? null, after?.loss?.failoverId ?? null];
    const wasPending = before !== undefined && isPendingRecovery(before) ? old : null;
    const isPending = after !== undefined && isPendingRecovery(after) ? now : null;
    if (before && old !== now && old !== null) this.guestsOfFailover.remove(old, before.id);
    if (after && old !== now && now !== null) this.guestsOfFailover.add(now, after.id);
    if (wasPending === isPending) return;
    if (wasPending !== null) this.pendingOfFailover.change(wasPending, -1);
    if (isPending !== null) this.pendingOfFailover.change(isPending, 1);
  }

  /** Few guests reserve anything, and only they cost anything here. */
  #followReservation(before: Guest | undefined, after: Guest | undefined): void {
    const [old, now] = [before && reservedBy(before), after && reservedBy(after)];
    if (before && old) for (const id of hostsOf(before)) this.#promise(id, subtractResources, old);
    if (after && now) for (const id of hostsOf(after)) this.#promise(id, addResources, now);
  }

  #promise(hostId: HostId, change: typeof addResources, amount: Resources): void {
    const sum = change(this.reserved.get(hostId) ?? NO_RESOURCES, amount);
    if (sameResources(sum, NO_RESOURCES)) this.reserved.delete(hostId);
    else this.reserved.set(hostId, sum);
    this.reserve.touch(hostId);
  }

  #followSecurity(before: Guest | undefined, after: Guest | undefined): void {
    const [old, now] = [before?.securityGroupIds ?? null, after?.securityGroupIds ?? null];
    if (old === now) return;
    if (before) for (const id of old ?? []) this.guestsOfSecurityGroup.remove(id, before.id);
    if (after) for (const id of now ?? []) this.guestsOfSecurityGroup.add(id, after.id);
  }

  #enter(hostId: HostId, guest: Guest, size: Resources): void {
    this.guestsOnHost.add(hostId, guest.id);
    this.capacity.take(hostId, size);
    this.reserve.touch(hostId);
  }

  #leave(hostId: HostId, guest: Guest, size: Resources): void {
    this.guestsOnHost.remove(hostId, guest.id);
    this.capacity.release(hostId, size);
    this.reserve.touch(hostId);
  }

  #unindexGuest(guest: Guest, next: Guest | undefined): void {
    const size = footprintOf(guest);
    const resized = !next || !sameResources(size, footprintOf(next));
    if (resized || isElsewhere(guest, next)) {
      for (const hostId of hostsOf(guest)) this.#leave(hostId, guest, size);
    }
    if (resized) {
      this.sizes.remove(size);
      this.#used.set(guest.tenantId, subtractResources(this.used(guest.tenantId), size));
    }
    if (!next) this.guestsOfTenant.remove(guest.tenantId, guest.id);
    if (next?.recovery !== guest.recovery)
      for (const id of guest.recovery.dependsOn) this.dependents.remove(id, guest.id);
    if (!next) this.timed.set(guest.id, null);
  }

  #indexGuest(guest: Guest, last: Guest | undefined): void {
    const size = footprintOf(guest);
    const resized = !last || !sameResources(size, footprintOf(last));
    if (resized || isElsewhere(guest, last)) {
      for (const hostId of hostsOf(guest)) this.#enter(hostId, guest, size);
    }
    if (resized) {
      this.sizes.add(size);
      this.#used.set(guest.tenantId, addResources(this.used(guest.tenantId), size));
    }
    if (!last) this.guestsOfTenant.add(guest.tenantId, guest.id);
    if (last?.recovery !== guest.recovery)
      for (const id of guest.recovery.dependsOn) this.dependents.add(id, guest.id);
    this.timed.set(guest.id, timerOf(guest));
  }

  #followOnHost(before: Guest | undefined, after: Guest | undefined): void {
    const [booted, boots] = [bootsOn(before), bootsOn(after)];
    if (booted !== boots) {
      if (booted !== null) this.capacity.countStart(booted, -1);
      if (boots !== null) this.capacity.countStart(boots, 1);
    }
    const [gaveWay, givesWay] = [givesWayOn(before), givesWayOn(after)];
    if (gaveWay === givesWay) return;
    if (before && gaveWay !== null) this.preemptible.remove(gaveWay, before.id);
    if (after && givesWay !== null) this.preemptible.add(givesWay, after.id);
  }

  /** The sets are as large as the loss, too: most changes are of guests that have a place. */
  #followWaiting(before: Guest | undefined, after: Guest | undefined): void {
    const was = before && isWaiting(before) ? before : null;
    const is = after && isWaiting(after) ? after : null;
    if (was === null && is === null) return;
    if (was && is && waitsAsBefore(was, is)) return;
    if (was) for (const hostId of hostsMadeFree(was)) this.makingRoom.remove(hostId, was.id);
    if (is) for (const hostId of hostsMadeFree(is)) this.makingRoom.add(hostId, is.id);
    const { id } = (is ?? was) as Guest;
    const isNow = (condition: (guest: Guest) => boolean) => is !== null && condition(is);
    keep(this.waiting, id, is !== null);
    this.unrecovered += Number(wasLost(is)) - Number(wasLost(was));
    keep(this.ruledOut, id, isNow(isRuledOut));
    keep(this.holding, id, isNow(isHolding));
    keep(this.awaitingTurn, id, isNow(awaitsTurn));
    keep(this.awaitingAdmission, id, isNow(awaitsAdmission));
  }

  readonly ruleChanged = (
    before: AffinityRule | undefined,
    after: AffinityRule | undefined,
  ): void => {
    this.rules.ruleChanged(before, after);
    this.writtenRules.ruleChanged(before, after);
    this.reserve.forget();
  };

  readonly scalingGroupChanged = (
    before: ScalingGroup | undefined,
    after: ScalingGroup | undefined,
  ): void => {
    this.scaling.groupChanged(before, after);
    if (before?.zoneIds !== after?.zoneIds) this.reserve.forget();
  };

  readonly failoverChanged = (before: Failover | undefined, after: Failover | undefined): void => {
    if (after && after.completedAtMs === null) this.openFailovers.add(after.id);
    else if (before) this.openFailovers.delete(before.id);
  };

  readonly operationChanged = (
    before: Operation | undefined,
    after: Operation | undefined,
  ): void => {
    const about = (row: Operation) => row.guestId ?? row.hostId ?? 0;
    if (before?.status === "RUNNING") this.runningOperation.delete(about(before));
    if (after?.status === "RUNNING") this.runningOperation.set(about(after), after.id);
    const hostId = (after ?? before)?.hostId ?? null;
    if (hostId !== null) keep(this.hostsWithOperation, hostId, this.runningOperation.has(hostId));
  };
}
