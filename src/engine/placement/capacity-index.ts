import type { Host } from "../../model/entities.ts";
import type { HostId } from "../../model/ids.ts";
import { addResources, type Resources, subtractResources } from "../../model/resources.ts";
import { type AllocationRatios, DEFAULT_SETTINGS, offeredBy } from "../../model/settings.ts";
import { keep } from "../groups.ts";
import { isOpen } from "../host-conditions.ts";

/** Hosts whose free memory differs by less than this are one bucket: no finer order is needed. */
const BUCKET_MIB = 2_048;
const BUCKETS = 1_024;
/** Of a word of the bit set of occupied buckets. */
const BITS = 32;

/** What the index knows of a host. `cell` is the smallest place that holds several hosts: its rack, else its data center. */
export interface HostRoom {
  readonly hostId: HostId;
  readonly zoneId: number;
  readonly rackId: number | null;
  readonly cell: number;
  /** What it has. */
  readonly capacity: Resources;
  /** What of that it gives to guests, by the fleet's allocation ratios. */
  offered: Resources;
  allocated: Resources;
  free: Resources;
  placeable: boolean;
  /** It did not answer the last start that it was given: worse than any other host, better than none. */
  isDoubtful: boolean;
  /** Guests that boot on it now. */
  starts: number;
  bucket: number;
}

export interface Cell {
  readonly id: number;
  readonly zoneId: number;
  readonly rackId: number | null;
  /** Members that take guests, in order of id. */
  readonly hostIds: number[];
}

export function fits(free: Resources, need: Resources): boolean {
  return (
    free.cpuMillicores >= need.cpuMillicores &&
    free.memoryMiB >= need.memoryMiB &&
    free.storageGiB >= need.storageGiB
  );
}

function insertSorted(list: number[], id: number): void {
  let low = 0;
  let high = list.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((list[middle] as number) < id) low = middle + 1;
    else high = middle;
  }
  list.splice(low, 0, id);
}

function removeSorted(list: number[], id: number): void {
  let low = 0;
  let high = list.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((list[middle] as number) < id) low = middle + 1;
    else high = middle;
  }
  if (list[low] === id) list.splice(low, 1);
}

/** Ids of hosts by bucket, in order within each. */
class Buckets {
  readonly #hosts: number[][] = Array.from({ length: BUCKETS }, () => []);
  /** One bit a bucket that holds a host: most are empty, and none of those is worth a look. */
  readonly #occupied = new Uint32Array(BUCKETS / BITS);

  in(bucket: number): readonly number[] {
    return this.#hosts[bucket] as number[];
  }

  enter(bucket: number, hostId: number): void {
    insertSorted(this.#hosts[bucket] as number[], hostId);
    this.#occupied[bucket >>> 5] = this.#word(bucket >>> 5) | (1 << (bucket & (BITS - 1)));
  }

  leave(bucket: number, hostId: number): void {
    const hosts = this.#hosts[bucket] as number[];
    removeSorted(hosts, hostId);
    if (hosts.length > 0) return;
    this.#occupied[bucket >>> 5] = this.#word(bucket >>> 5) & ~(1 << (bucket & (BITS - 1)));
  }

  /** The highest bucket with a host that is not above this one; -1 when there is none. */
  occupiedFrom(bucket: number): number {
    if (bucket < 0) return -1;
    let index = bucket >>> 5;
    // Shifted left and back, the bits above the bucket's are gone.
    const above = BITS - 1 - (bucket & (BITS - 1));
    let word = ((this.#word(index) << above) >>> 0) >>> above;
    while (word === 0) {
      if (index-- === 0) return -1;
      word = this.#word(index);
    }
    return index * BITS + BITS - 1 - Math.clz32(word);
  }

  #word(index: number): number {
    return this.#occupied[index] as number;
  }
}

/** What is looked for on the way down: from the highest bucket to the lowest. */
interface Search {
  readonly from: number;
  readonly to: number;
  readonly need: Resources;
}

/** Hosts one after the other. No iterator, because every placement of a large loss takes some. */
export interface Rooms {
  /** Null: there are no more. */
  next(): HostRoom | null;
}

/** Hosts with room, the most first. */
class Descent implements Rooms {
  readonly #buckets: Buckets;
  readonly #rooms: ReadonlyMap<number, HostRoom>;
  readonly #search: Search;
  #bucket: number;
  #index = 0;

  constructor(buckets: Buckets, rooms: ReadonlyMap<number, HostRoom>, search: Search) {
    this.#buckets = buckets;
    this.#rooms = rooms;
    this.#search = search;
    this.#bucket = buckets.occupiedFrom(search.from);
  }

  next(): HostRoom | null {
    const { to, need } = this.#search;
    while (this.#bucket >= to) {
      const ids = this.#buckets.in(this.#bucket);
      while (this.#index < ids.length) {
        const room = this.#rooms.get(ids[this.#index++] as number) as HostRoom;
        if (fits(room.free, need)) return room;
      }
      this.#bucket = this.#buckets.occupiedFrom(this.#bucket - 1);
      this.#index = 0;
    }
    return null;
  }
}

/** One host of each in turn, and when the one list ends, the rest of the other. */
class Alternation implements Rooms {
  readonly #one: Rooms;
  readonly #other: Rooms;
  #isOthersTurn = false;

  constructor(one: Rooms, other: Rooms) {
    this.#one = one;
    this.#other = other;
  }

  next(): HostRoom | null {
    const [first, second] = this.#isOthersTurn
      ? [this.#other, this.#one]
      : [this.#one, this.#other];
    this.#isOthersTurn = !this.#isOthersTurn;
    return first.next() ?? second.next();
  }
}

/** The hosts of the one list, then those of the other. */
class Sequence implements Rooms {
  readonly #one: Rooms;
  readonly #other: Rooms;

  constructor(one: Rooms, other: Rooms) {
    this.#one = one;
    this.#other = other;
  }

  next(): HostRoom | null {
    return this.#one.next() ?? this.#other.next();
  }
}

/**
 * Hosts by free memory, the dimension that runs out first on hosts of today, so that placement looks
 * at a few good hosts instead of all. Only hosts that take guests are in the buckets. Within a bucket the
 * order is by id: the same after a restart, whatever happened before.
 */
export class CapacityIndex {
  readonly #rooms = new Map<number, HostRoom>();
  readonly #cells = new Map<number, Cell>();
  readonly #closedZones = new Set<number>();
  /** Hosts that may boot another guest, and those that boot as many as they may. */
  readonly #idle = new Buckets();
  readonly #busy = new Buckets();
  #startsPerHost = DEFAULT_SETTINGS.startsPerHost;
  /** Ids of all hosts in order; null when there are others since. */
  #order: number[] | null = null;
  #placeable = 0;
  readonly #doubtful = new Set<number>();
  #ratios: AllocationRatios = DEFAULT_SETTINGS;

  /** Zones whose hosts take no guests whatever their own status. */
  get hasClosedZones(): boolean {
    return this.#closedZones.size > 0;
  }

  /** Some host has not answered the last start that it was given. */
  get hasDoubtful(): boolean {
    return this.#doubtful.size > 0;
  }

  get placeableHosts(): number {
    return this.#placeable;
  }

  room(hostId: number): HostRoom | undefined {
    return this.#rooms.get(hostId);
  }

  /** In order of id. */
  *inOrder(): Generator<HostRoom> {
    this.#order ??= [...this.#rooms.keys()].sort((a, b) => a - b);
    for (const id of this.#order) yield this.#rooms.get(id) as HostRoom;
  }

  /** In no particular order. */
  rooms(): IterableIterator<HostRoom> {
    return this.#rooms.values();
  }

  /** Cells that have a host which takes guests; in no particular order. */
  cells(): IterableIterator<Cell> {
    return this.#cells.values();
  }

  /**
   * Hosts with room for `need`, those with the most free memory first; alternately one that could
   * hold the fleet's largest guest and one that could not, for the scorers to choose between. Those
   * that boot as many guests as they may come last, or not at all if the guest is to boot.
   */
  roomiest(need: Resources, largest: Resources, boots: boolean): Rooms {
    const idle = this.#roomiestOf(this.#idle, need, largest);
    return boots ? idle : new Sequence(idle, this.#roomiestOf(this.#busy, need, largest));
  }

  #roomiestOf(buckets: Buckets, need: Resources, largest: Resources): Rooms {
    const lowest = bucketOf(need.memoryMiB);
    const large = Math.max(lowest, bucketOf(largest.memoryMiB));
    return new Alternation(
      this.#descent(buckets, BUCKETS - 1, large, need),
      this.#descent(buckets, large - 1, lowest, need),
    );
  }

  /** Some host has room for `need` and may boot another guest. */
  isIdleWithRoom(need: Resources): boolean {
    return this.#descent(this.#idle, BUCKETS - 1, bucketOf(need.memoryMiB), need).next() !== null;
  }

  /** Hosts with room for `need` that boot as many guests as they may. */
  *busyWithRoom(need: Resources): Generator<HostRoom> {
    const busy = this.#descent(this.#busy, BUCKETS - 1, bucketOf(need.memoryMiB), need);
    for (let room = busy.next(); room; room = busy.next()) yield room;
  }

  #descent(buckets: Buckets, from: number, to: number, need: Resources): Descent {
    return new Descent(buckets, this.#rooms, { from, to, need });
  }

  #bucketsOf(room: HostRoom): Buckets {
    return room.starts < this.#startsPerHost ? this.#idle : this.#busy;
  }

  hostChanged(before: Host | undefined, after: Host | undefined): void {
    const id = (after ?? before)?.id;
    if (id === undefined) return;
    const old = this.#rooms.get(id);
    if (old?.placeable) this.#withdraw(old);
    if (!old || !after) this.#order = null;
    keep(this.#doubtful, id, after !== undefined && after.unansweredSinceMs !== null);
    if (!after) {
      this.#rooms.delete(id);
      return;
    }
    const allocated = old?.allocated ?? { cpuMillicores: 0, memoryMiB: 0, storageGiB: 0 };
    const offered = offeredBy(after.capacity, this.#ratios);
    const room: HostRoom = {
      hostId: after.id,
      zoneId: after.zoneId,
      rackId: after.rackId,
      cell: after.rackId ?? after.dataCenterId,
      capacity: after.capacity,
      offered,
      allocated,
      free: subtractResources(offered, allocated),
      placeable: isOpen(after) && !this.#closedZones.has(after.zoneId),
      isDoubtful: after.unansweredSinceMs !== null,
      starts: old?.starts ?? 0,
      bucket: 0,
    };
    this.#rooms.set(id, room);
    if (room.placeable) this.#offer(room);
  }

  /** Hosts of a zone without power, cooling or network take no guests. */
  zoneChanged(zoneId: number, isClosed: boolean, hosts: readonly Host[]): void {
    if (this.#closedZones.has(zoneId) === isClosed) return;
    if (isClosed) this.#closedZones.add(zoneId);
    else this.#closedZones.delete(zoneId);
    for (const host of hosts) this.hostChanged(host, host);
  }

  /** Other ratios: what every host offers is derived anew. */
  setRatios(ratios: AllocationRatios): void {
    const { cpuAllocationRatio, memoryAllocationRatio } = this.#ratios;
    if (
      ratios.cpuAllocationRatio === cpuAllocationRatio &&
      ratios.memoryAllocationRatio === memoryAllocationRatio
    )
      return;
    this.#ratios = ratios;
    for (const room of this.#rooms.values()) {
      room.offered = offeredBy(room.capacity, ratios);
      this.#setAllocated(room, room.allocated);
    }
  }

  /** Another limit: which hosts are busy is told anew. */
  setStartsPerHost(startsPerHost: number): void {
    if (startsPerHost === this.#startsPerHost) return;
    const offered = [...this.#rooms.values()].filter(({ placeable }) => placeable);
    for (const room of offered) this.#bucketsOf(room).leave(room.bucket, room.hostId);
    this.#startsPerHost = startsPerHost;
    for (const room of offered) this.#bucketsOf(room).enter(room.bucket, room.hostId);
  }

  countStart(hostId: number, by: 1 | -1): void {
    const room = this.#rooms.get(hostId);
    if (!room) return;
    const before = this.#bucketsOf(room);
    room.starts += by;
    const after = this.#bucketsOf(room);
    if (before === after || !room.placeable) return;
    before.leave(room.bucket, hostId);
    after.enter(room.bucket, hostId);
  }

  take(hostId: number, amount: Resources): void {
    const room = this.#rooms.get(hostId);
    if (room) this.#setAllocated(room, addResources(room.allocated, amount));
  }

  release(hostId: number, amount: Resources): void {
    const room = this.#rooms.get(hostId);
    if (room) this.#setAllocated(room, subtractResources(room.allocated, amount));
  }

  #setAllocated(room: HostRoom, allocated: Resources): void {
    room.allocated = allocated;
    room.free = subtractResources(room.offered, allocated);
    if (!room.placeable) return;
    const bucket = bucketOf(room.free.memoryMiB);
    if (bucket === room.bucket) return;
    const buckets = this.#bucketsOf(room);
    buckets.leave(room.bucket, room.hostId);
    buckets.enter(bucket, room.hostId);
    room.bucket = bucket;
  }

  #offer(room: HostRoom): void {
    room.bucket = bucketOf(room.free.memoryMiB);
    this.#bucketsOf(room).enter(room.bucket, room.hostId);
    let cell = this.#cells.get(room.cell);
    if (!cell) {
      cell = { id: room.cell, zoneId: room.zoneId, rackId: room.rackId, hostIds: [] };
      this.#cells.set(room.cell, cell);
    }
    insertSorted(cell.hostIds, room.hostId);
    this.#placeable++;
  }

  #withdraw(room: HostRoom): void {
    this.#bucketsOf(room).leave(room.bucket, room.hostId);
    const cell = this.#cells.get(room.cell);
    if (cell) {
      removeSorted(cell.hostIds, room.hostId);
      if (cell.hostIds.length === 0) this.#cells.delete(room.cell);
    }
    this.#placeable--;
  }
}

function bucketOf(freeMiB: number): number {
  return Math.min(BUCKETS - 1, Math.max(0, Math.floor(freeMiB / BUCKET_MIB)));
}
