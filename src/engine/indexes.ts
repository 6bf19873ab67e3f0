import type { AffinityRule, Failover, Guest, Host, Operation } from "../model/entities.ts";
import type { FailoverId, GuestId, HostId } from "../model/ids.ts";
import {
  addResources,
  NO_RESOURCES,
  type Resources,
  subtractResources,
} from "../model/resources.ts";
import { CapacityIndex } from "./placement/capacityIndex.ts";
import { RuleIndex } from "./placement/ruleIndex.ts";
import { Sizes } from "./placement/sizes.ts";

/** Sets by key that vanish when empty. */
export class Groups<Member extends number> {
  readonly #sets = new Map<number, Set<Member>>();

  add(key: number, member: Member): void {
    const set = this.#sets.get(key);
    if (set) set.add(member);
    else this.#sets.set(key, new Set([member]));
  }

  remove(key: number, member: Member): void {
    const set = this.#sets.get(key);
    if (!set?.delete(member)) return;
    if (set.size === 0) this.#sets.delete(key);
  }

  /** In order of id, the same after a restart. */
  of(key: number): Member[] {
    const set = this.#sets.get(key);
    return set ? [...set].sort((a, b) => a - b) : [];
  }

  count(key: number): number {
    return this.#sets.get(key)?.size ?? 0;
  }
}

/** How many hosts of a zone there are in each condition. */
export interface ZoneCount {
  known: number;
  lost: number;
}

const LOST_STATUSES: ReadonlySet<string> = new Set(["FENCING", "DOWN"]);
/** The guest takes room on the hosts it names. */
function hostsOf(guest: Guest): HostId[] {
  const hosts: HostId[] = [];
  if (guest.hostId !== null) hosts.push(guest.hostId);
  if (guest.targetHostId !== null) hosts.push(guest.targetHostId);
  return hosts;
}

/** Wants to run, has no place, and nobody is at work on it. */
function isWaiting(guest: Guest): boolean {
  return (
    (guest.status === "PENDING" || guest.status === "LOST") &&
    guest.desired !== "STOPPED" &&
    !guest.deleting
  );
}

/** When the guest wants to be looked at without anything happening to it. */
function timerOf(guest: Guest): number {
  return Math.min(
    guest.task?.deadlineMs ?? Number.POSITIVE_INFINITY,
    guest.retryAtMs ?? Number.POSITIVE_INFINITY,
  );
}

/** Its failover is not over until this is settled one way or the other. */
function isPendingRecovery(guest: Guest): boolean {
  if (!guest.loss?.failoverId) return false;
  if (guest.status === "RECOVERING") return true;
  return guest.status === "LOST" && (guest.blockedBy.length === 0 || guest.retryAtMs !== null);
}

/**
 * Everything that is found by looking the other way: who is on a host, what is free, who waits.
 * Derived from the tables alone and kept by their changes; never stored, never decided by.
 */
export class Indexes {
  readonly guestsOnHost = new Groups<GuestId>();
  readonly guestsOfTenant = new Groups<GuestId>();
  readonly guestsOfFailover = new Groups<GuestId>();
  readonly pendingOfFailover = new Groups<GuestId>();
  /** Guests that wait for the guest that is the key. */
  readonly dependents = new Groups<GuestId>();
  readonly hostsInZone = new Groups<HostId>();
  readonly hostsInRack = new Groups<HostId>();
  readonly waiting = new Set<GuestId>();
  /** Guests with a deadline or a retry ahead. */
  readonly timed = new Set<GuestId>();
  /** No guest's deadline or retry is earlier: when to look. Exact after `raiseTimerFloor`. */
  timerFloorMs = Number.POSITIVE_INFINITY;
  /** Hosts on their way down. */
  readonly suspects = new Set<HostId>();
  readonly openFailovers = new Set<FailoverId>();
  readonly runningOperation = new Map<number, number>();
  readonly capacity = new CapacityIndex();
  readonly rules = new RuleIndex();
  readonly sizes = new Sizes();
  readonly #used = new Map<number, Resources>();
  readonly #zones = new Map<number, ZoneCount>();

  zoneCount(zoneId: number): Readonly<ZoneCount> {
    return this.#zones.get(zoneId) ?? { known: 0, lost: 0 };
  }

  /** What a tenant's guests take, running or not. */
  used(tenantId: number): Resources {
    return this.#used.get(tenantId) ?? NO_RESOURCES;
  }

  readonly hostChanged = (before: Host | undefined, after: Host | undefined): void => {
    if (before) this.#countHost(before, -1);
    if (after) this.#countHost(after, 1);
    const host = after ?? before;
    if (!host) return;
    if (!before || !after) {
      const change = after ? "add" : "remove";
      this.hostsInZone[change](host.zoneId, host.id);
      if (host.rackId !== null) this.hostsInRack[change](host.rackId, host.id);
    }
    const suspect = after?.status === "SUSPECT" || after?.status === "FENCING";
    if (suspect) this.suspects.add(host.id);
    else this.suspects.delete(host.id);
    this.capacity.hostChanged(before, after);
  };

  #countHost(host: Host, by: 1 | -1): void {
    if (!host.everUp) return;
    const count = this.#zones.get(host.zoneId) ?? { known: 0, lost: 0 };
    count.known += by;
    if (LOST_STATUSES.has(host.status)) count.lost += by;
    this.#zones.set(host.zoneId, count);
  }

  readonly guestChanged = (before: Guest | undefined, after: Guest | undefined): void => {
    if (before) this.#unindexGuest(before, after);
    if (after) this.#indexGuest(after, before);
    this.rules.guestChanged(before, after, this.capacity);
  };

  #unindexGuest(guest: Guest, next: Guest | undefined): void {
    const moved = !next || next.hostId !== guest.hostId || next.targetHostId !== guest.targetHostId;
    if (moved || next.resources !== guest.resources) {
      for (const hostId of hostsOf(guest)) {
        this.guestsOnHost.remove(hostId, guest.id);
        this.capacity.release(hostId, guest.resources);
      }
    }
    if (next?.resources !== guest.resources) {
      this.sizes.remove(guest.resources);
      this.#used.set(guest.tenantId, subtractResources(this.used(guest.tenantId), guest.resources));
    }
    if (!next) this.guestsOfTenant.remove(guest.tenantId, guest.id);
    if (guest.loss?.failoverId) {
      this.guestsOfFailover.remove(guest.loss.failoverId, guest.id);
      this.pendingOfFailover.remove(guest.loss.failoverId, guest.id);
    }
    if (next?.recovery !== guest.recovery)
      for (const id of guest.recovery.dependsOn) this.dependents.remove(id, guest.id);
    this.waiting.delete(guest.id);
    this.timed.delete(guest.id);
  }

  #indexGuest(guest: Guest, last: Guest | undefined): void {
    const moved = !last || last.hostId !== guest.hostId || last.targetHostId !== guest.targetHostId;
    if (moved || last.resources !== guest.resources) {
      for (const hostId of hostsOf(guest)) {
        this.guestsOnHost.add(hostId, guest.id);
        this.capacity.take(hostId, guest.resources);
      }
    }
    if (last?.resources !== guest.resources) {
      this.sizes.add(guest.resources);
      this.#used.set(guest.tenantId, addResources(this.used(guest.tenantId), guest.resources));
    }
    if (!last) this.guestsOfTenant.add(guest.tenantId, guest.id);
    if (guest.loss?.failoverId) {
      this.guestsOfFailover.add(guest.loss.failoverId, guest.id);
      if (isPendingRecovery(guest)) this.pendingOfFailover.add(guest.loss.failoverId, guest.id);
    }
    if (last?.recovery !== guest.recovery)
      for (const id of guest.recovery.dependsOn) this.dependents.add(id, guest.id);
    if (isWaiting(guest)) this.waiting.add(guest.id);
    const dueMs = timerOf(guest);
    if (dueMs === Number.POSITIVE_INFINITY) return;
    this.timed.add(guest.id);
    this.timerFloorMs = Math.min(this.timerFloorMs, dueMs);
  }

  /** After every timer up to `nowMs` has been looked at: what is past is not due again. */
  raiseTimerFloor(guests: { get(id: number): Guest }, nowMs: number): void {
    let floor = Number.POSITIVE_INFINITY;
    for (const id of this.timed) {
      const dueMs = timerOf(guests.get(id));
      if (dueMs > nowMs) floor = Math.min(floor, dueMs);
    }
    this.timerFloorMs = floor;
  }

  readonly ruleChanged = (
    before: AffinityRule | undefined,
    after: AffinityRule | undefined,
  ): void => this.rules.ruleChanged(before, after);

  readonly failoverChanged = (before: Failover | undefined, after: Failover | undefined): void => {
    if (after && after.completedAtMs === null) this.openFailovers.add(after.id);
    else if (before) this.openFailovers.delete(before.id);
  };

  readonly operationChanged = (
    before: Operation | undefined,
    after: Operation | undefined,
  ): void => {
    if (before?.status === "RUNNING") this.runningOperation.delete(before.guestId);
    if (after?.status === "RUNNING") this.runningOperation.set(after.guestId, after.id);
  };
}
