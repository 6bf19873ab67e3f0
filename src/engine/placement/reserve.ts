import type { Guest, Host } from "../../model/entities.ts";
import type { ZoneId } from "../../model/ids.ts";
import { maxResources, NO_RESOURCES, type Resources } from "../../model/resources.ts";
import type { Tolerance } from "../../model/statuses.ts";
import { footprintOf } from "../guest-conditions.ts";
import type { State } from "../state.ts";

/** Where those that were lost may find room: in the zone that answers for itself, or anywhere. */
type Scope = ZoneId | null;
const FLEET = null;

/** What can be lost at once: a host, a rack or a zone, with the guests on it. */
export interface Domain {
  readonly id: number;
  readonly tolerance: Exclude<Tolerance, "NOTHING">;
  readonly scope: Scope;
  readonly hostIds: Set<number>;
  guests: number;
  /** At least as large as each of its guests in every respect. */
  largest: Resources;
  /** Some of its guests have strict rules or zones of their own, which forbid them places that others could take. */
  isRuled: boolean;
  /** Slots of that size which must be free in its scope, its own included: it can't use those. */
  need: number;
}

/** What the index last knew of a host. */
interface Known {
  readonly domain: Domain | null;
  readonly scopes: readonly Scope[];
  free: Resources;
  placeable: boolean;
  guests: number;
  largest: Resources;
  isRuled: boolean;
}

/** Hosts of a scope, cut into slots of one size, and the domains whose largest guest has it. */
class Slots {
  readonly size: Resources;
  total = 0;
  readonly #needs = new Map<Domain, number>();
  #most: number | null = 0;

  constructor(size: Resources) {
    this.size = size;
  }

  get isUnused(): boolean {
    return this.#needs.size === 0;
  }

  set(domain: Domain, need: number): void {
    const before = this.#needs.get(domain);
    this.#needs.set(domain, need);
    if (this.#most === null) return;
    if (need >= this.#most) this.#most = need;
    else if (before === this.#most) this.#most = null;
  }

  delete(domain: Domain): void {
    if (this.#needs.get(domain) === this.#most) this.#most = null;
    this.#needs.delete(domain);
  }

  /** Domains that the free slots may not do for. */
  short(): Domain[] {
    if (this.#most === null) {
      this.#most = 0;
      for (const need of this.#needs.values()) this.#most = Math.max(this.#most, need);
    }
    if (this.#most <= this.total) return [];
    return [...this.#needs].filter(([, need]) => need > this.total).map(([domain]) => domain);
  }
}

/** Guests of domains with strict rules, so many at most, that are looked at closely each time. */
const RULED_MOST = 100;

/**
 * Which losses certainly leave room for their guests, at a glance. Each domain's guests are counted
 * as if all were as large as the largest of them; where as many slots of that size are free
 * elsewhere, they find room in whatever order they come and wherever each is put, because none takes
 * more than one slot away. Domains for which that can't be said are named, to be looked at closely.
 *
 * Kept by changes of hosts, but worked off only when it is asked; not at all while nothing is
 * tolerated.
 */
export class Reserve {
  readonly #touched = new Set<number>();
  readonly #known = new Map<number, Known>();
  readonly #domains = new Map<number, Domain>();
  readonly #ruled = new Set<Domain>();
  /** Scope → size → slots. */
  readonly #slots = new Map<Scope, Map<string, Slots>>();
  #isStale = true;
  #isKept = false;

  /** The hosts' room or guests have changed. */
  touch(hostId: number): void {
    if (this.#isKept) this.#touched.add(hostId);
  }

  /** What is tolerated may have changed. */
  forget(): void {
    this.#isStale = true;
  }

  /** Something is tolerated anywhere. */
  isKept(state: State): boolean {
    this.#refresh(state);
    return this.#isKept;
  }

  /** Domains that may lack room after a loss, if something on this host changed; the neediest first. */
  doubtful(state: State, hostId: number): Domain[] {
    this.#refresh(state);
    const { zoneId } = state.tables.Host.get(hostId);
    const short = [FLEET, zoneId]
      .flatMap((scope) => [...(this.#slots.get(scope)?.values() ?? [])])
      .flatMap((slots) => slots.short());
    const ruled = this.#fewRuled().filter(({ scope }) => scope === FLEET || scope === zoneId);
    return [...new Set([...short, ...ruled])].sort((a, b) => b.need - a.need || a.id - b.id);
  }

  /** Where strict rules concern many guests, slots alone count: too much would have to be looked at. */
  #fewRuled(): Domain[] {
    let guests = 0;
    for (const domain of this.#ruled) {
      guests += domain.guests;
      if (guests > RULED_MOST) return [];
    }
    return [...this.#ruled];
  }

  /** Domains that have guests, in order of id, with the free slots of the size that each needs. */
  all(state: State): { domain: Domain; slots: number }[] {
    this.#refresh(state);
    return [...this.#domains.values()]
      .filter(({ guests }) => guests > 0)
      .sort((a, b) => a.id - b.id)
      .map((domain) => {
        const slots = this.#slots.get(domain.scope)?.get(keyOf(domain.largest));
        return { domain, slots: slots?.total ?? 0 };
      });
  }

  #refresh(state: State): void {
    if (this.#isStale) this.#begin(state);
    if (this.#touched.size === 0) return;
    const domains = new Set<Domain>();
    for (const hostId of this.#touched) {
      const domain = this.#look(state, hostId);
      if (domain) domains.add(domain);
    }
    this.#touched.clear();
    for (const domain of domains) this.#count(state, domain);
  }

  #begin(state: State): void {
    this.#isStale = false;
    this.#touched.clear();
    this.#known.clear();
    this.#domains.clear();
    this.#slots.clear();
    this.#ruled.clear();
    const { settings } = state.meta;
    const zones = [...state.tables.Zone.values()];
    this.#isKept = zones.some(({ tolerate }) => (tolerate ?? settings.tolerate) !== "NOTHING");
    if (!this.#isKept) return;
    for (const { id } of state.tables.Host.values()) this.#touched.add(id);
  }

  /** Takes note of a host as it is now, and gives the domain that has to be counted again. */
  #look(state: State, hostId: number): Domain | null {
    const host = state.tables.Host.find(hostId);
    const known = this.#known.get(hostId) ?? (host ? this.#meet(state, host) : undefined);
    if (!known) return null;
    this.#offer(known, -1);
    const room = state.indexes.capacity.room(hostId);
    known.placeable = room?.placeable === true;
    known.free = room?.free ?? NO_RESOURCES;
    this.#offer(known, 1);
    known.guests = 0;
    known.largest = NO_RESOURCES;
    known.isRuled = false;
    for (const guestId of state.indexes.guestsOnHost.each(hostId)) {
      known.guests++;
      const guest = state.tables.Guest.get(guestId);
      known.largest = maxResources(known.largest, footprintOf(guest));
      known.isRuled ||=
        isNarrowed(state, guest) ||
        isZoned(state, guest) ||
        state.indexes.rules.rulesOf(guestId).some(({ strict }) => strict);
    }
    if (!host) this.#known.delete(hostId);
    return known.domain;
  }

  /** Counts the host's slots in or out. */
  #offer({ scopes, free, placeable }: Known, by: 1 | -1): void {
    if (!placeable) return;
    for (const scope of scopes)
      for (const slots of this.#slots.get(scope)?.values() ?? [])
        slots.total += by * slotsIn(free, slots.size);
  }

  #meet(state: State, host: Host): Known {
    const zone = state.tables.Zone.get(host.zoneId);
    const tolerance = zone.tolerate ?? state.meta.settings.tolerate;
    const isOwn = zone.tolerate === "HOST" || zone.tolerate === "RACK";
    const scope = isOwn ? host.zoneId : FLEET;
    const domain = tolerance === "NOTHING" ? null : this.#domainOf(host, tolerance, scope);
    domain?.hostIds.add(host.id);
    const scopes = isOwn ? [FLEET, host.zoneId] : [FLEET];
    const [free, largest] = [NO_RESOURCES, NO_RESOURCES];
    const known = { domain, scopes, free, placeable: false, guests: 0, largest, isRuled: false };
    this.#known.set(host.id, known);
    return known;
  }

  #domainOf(host: Host, tolerance: Domain["tolerance"], scope: Scope): Domain {
    const ids = { HOST: host.id, RACK: host.rackId ?? host.id, ZONE: host.zoneId };
    const id = ids[tolerance];
    const met = this.#domains.get(id);
    if (met) return met;
    const [largest, hostIds] = [NO_RESOURCES, new Set<number>()];
    const domain = { id, tolerance, scope, hostIds, guests: 0, largest, isRuled: false, need: 0 };
    this.#domains.set(id, domain);
    return domain;
  }

  #count(state: State, domain: Domain): void {
    const before = this.#slots.get(domain.scope)?.get(keyOf(domain.largest));
    let largest = NO_RESOURCES;
    domain.guests = 0;
    domain.isRuled = false;
    for (const hostId of domain.hostIds) {
      const known = this.#known.get(hostId);
      if (!known) {
        domain.hostIds.delete(hostId);
        continue;
      }
      domain.guests += known.guests;
      domain.isRuled ||= known.isRuled;
      largest = maxResources(largest, known.largest);
    }
    domain.largest = largest;
    if (domain.isRuled) this.#ruled.add(domain);
    else this.#ruled.delete(domain);
    if (domain.guests === 0) {
      before?.delete(domain);
      return;
    }
    const slots = this.#slotsOf(state, domain);
    domain.need = domain.guests;
    for (const hostId of domain.hostIds) {
      const known = this.#known.get(hostId);
      if (known?.placeable) domain.need += slotsIn(known.free, slots.size);
    }
    if (before && before !== slots) before.delete(domain);
    slots.set(domain, domain.need);
  }

  #slotsOf(state: State, { scope, largest }: Domain): Slots {
    const sizes = this.#slots.get(scope) ?? new Map<string, Slots>();
    this.#slots.set(scope, sizes);
    const met = sizes.get(keyOf(largest));
    if (met) return met;
    for (const [key, old] of sizes) if (old.isUnused) sizes.delete(key);
    const slots = new Slots(largest);
    sizes.set(keyOf(largest), slots);
    for (const [hostId, known] of this.#known)
      if (known.placeable && known.scopes.includes(scope) && state.tables.Host.find(hostId))
        slots.total += slotsIn(known.free, largest);
    return slots;
  }
}

/** Where hosts give away more than they have, what it reserves forbids it places as rules do. */
function isNarrowed({ meta: { settings } }: State, { allocation }: Guest): boolean {
  if (allocation === null) return false;
  return settings.cpuAllocationRatio > 1 || settings.memoryAllocationRatio > 1;
}

/** Its scaling group runs in some zones only, which forbids it places as rules do. */
function isZoned({ tables }: State, { membership }: Guest): boolean {
  if (membership === null) return false;
  return (tables.ScalingGroup.find(membership.groupId)?.zoneIds.length ?? 0) > 0;
}

function keyOf({ cpuMillicores, memoryMiB, storageGiB }: Resources): string {
  return `${cpuMillicores}/${memoryMiB}/${storageGiB}`;
}

/** How many guests of a size a host takes; those that take nothing of something don't mind how much there is. */
export function slotsIn(free: Resources, size: Resources): number {
  let slots = Number.MAX_SAFE_INTEGER;
  for (const key of ["cpuMillicores", "memoryMiB", "storageGiB"] as const)
    if (size[key] > 0) slots = Math.min(slots, Math.floor(free[key] / size[key]));
  return Math.max(0, slots);
}
