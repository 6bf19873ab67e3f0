import type { AffinityRule, Guest } from "../../model/entities.ts";
import type { GuestId } from "../../model/ids.ts";
import type { RuleScope } from "../../model/statuses.ts";
import { keep } from "../groups.ts";
import type { CapacityIndex, HostRoom } from "./capacity-index.ts";

/** The place of a host that a rule's scope speaks of. A host without a rack is a rack of its own. */
export function domainOf(scope: RuleScope, room: HostRoom): number {
  if (scope === "HOST") return room.hostId;
  if (scope === "ZONE") return room.zoneId;
  return room.rackId ?? room.hostId;
}

/** Rules that are switched off, or that contradict each other, are not obeyed. */
export function isInForce({ disabled, contradicts }: AffinityRule): boolean {
  return !disabled && contradicts.length === 0;
}

function domainAt(
  { scope }: AffinityRule,
  hostId: number | null,
  capacity: CapacityIndex,
): number | null {
  if (scope === null || hostId === null) return null;
  const room = capacity.room(hostId);
  return room ? domainOf(scope, room) : null;
}

/** The guest as it is now. */
export type FindGuest = (id: GuestId) => Guest | undefined;

const NO_RULES: readonly AffinityRule[] = [];
const NOBODY: ReadonlyMap<number, number> = new Map();

/** Which rules speak of a guest, and how many guests of each rule stand in each host, rack or zone. */
export class RuleIndex {
  readonly #rules = new Map<number, AffinityRule>();
  readonly #rulesOfGuest = new Map<number, number[]>();
  readonly #findGuest: FindGuest;
  /** Rule → domain → guests of the rule there. */
  readonly #occupancy = new Map<number, Map<number, number>>();
  /** Rule → guests of the rule that are migrating from one domain to another. */
  readonly #moving = new Map<number, number>();

  /** Rule → domains in which more than one of its guests stand. */
  readonly #crowded = new Map<number, number>();
  readonly #broken = new Set<number>();
  /** Guests on a host that a strict HOST rule does not list. */
  readonly misplaced = new Set<GuestId>();
  /** Guests for which a HOST rule lists a better host than theirs. */
  readonly outranked = new Set<GuestId>();

  constructor(findGuest: FindGuest) {
    this.#findGuest = findGuest;
  }

  /** Strict GUEST rules whose guests stand as they must not, those that are moving included. */
  broken(capacity: CapacityIndex): ReadonlySet<number> {
    this.recount(capacity);
    return this.#broken;
  }

  /** Some strict rule is broken, or has yet to be looked at. */
  get mayBeBroken(): boolean {
    return this.#broken.size > 0 || this.#stale.size > 0;
  }

  /** In order of id. */
  rulesOf(guestId: number): readonly AffinityRule[] {
    const ids = this.#rulesOfGuest.get(guestId);
    return ids ? ids.map((id) => this.#rules.get(id) as AffinityRule) : NO_RULES;
  }

  /** Guests of the rule per domain, the guest itself included where it stands. */
  occupancy(ruleId: number): ReadonlyMap<number, number> {
    return this.#occupancy.get(ruleId) ?? NOBODY;
  }

  /** Some guest of the rule stands in two domains, and it is open which it will be. */
  isMoving(ruleId: number): boolean {
    return (this.#moving.get(ruleId) ?? 0) > 0;
  }

  ruleChanged(before: AffinityRule | undefined, after: AffinityRule | undefined): void {
    if (before && isInForce(before)) {
      this.#rules.delete(before.id);
      this.#forgetCounts(before.id);
      for (const guestId of before.guestIds) {
        const rest = (this.#rulesOfGuest.get(guestId) ?? []).filter((id) => id !== before.id);
        if (rest.length > 0) this.#rulesOfGuest.set(guestId, rest);
        else this.#rulesOfGuest.delete(guestId);
        this.#judgeGuest(guestId);
      }
    }
    if (!after || !isInForce(after)) return;
    this.#rules.set(after.id, after);
    for (const guestId of after.guestIds) {
      const ids = [...(this.#rulesOfGuest.get(guestId) ?? []), after.id].sort((a, b) => a - b);
      this.#rulesOfGuest.set(guestId, ids);
      this.#judgeGuest(guestId);
    }
    this.#stale.add(after.id);
  }

  #forgetCounts(ruleId: number): void {
    this.#occupancy.delete(ruleId);
    this.#moving.delete(ruleId);
    this.#crowded.delete(ruleId);
    this.#broken.delete(ruleId);
  }

  /** What HOST rules say of where it stands. */
  #judgeGuest(guestId: GuestId): void {
    const hostId = this.#findGuest(guestId)?.hostId ?? null;
    const rules = hostId === null ? [] : this.rulesOf(guestId);
    let misplaced = false;
    let outranked = false;
    for (const { kind, strict, hosts } of rules) {
      if (kind !== "HOST") continue;
      const here = hosts.find((host) => host.hostId === hostId);
      misplaced ||= strict && !here;
      outranked ||= hosts.some(({ priority }) => !here || priority > here.priority);
    }
    keep(this.misplaced, guestId, misplaced);
    keep(this.outranked, guestId, outranked);
  }

  /** Rules whose occupancy has to be counted before it is read: they came before their guests' hosts. */
  readonly #stale = new Set<number>();

  recount(capacity: CapacityIndex): void {
    for (const ruleId of this.#stale) {
      const rule = this.#rules.get(ruleId);
      this.#forgetCounts(ruleId);
      if (!rule) continue;
      for (const guestId of rule.guestIds) {
        const guest = this.#findGuest(guestId);
        if (guest) this.#count(rule, guest, 1, capacity);
      }
    }
    this.#stale.clear();
  }

  guestChanged(before: Guest | undefined, after: Guest | undefined, capacity: CapacityIndex): void {
    const guest = after ?? before;
    if (!guest) return;
    // Only where it stands matters.
    if (before && after && standsStill(before, after)) return;
    const ruleIds = this.#rulesOfGuest.get(guest.id);
    if (!ruleIds) return;
    this.#judgeGuest(guest.id);
    for (const ruleId of ruleIds) {
      if (this.#stale.has(ruleId)) continue;
      const rule = this.#rules.get(ruleId) as AffinityRule;
      if (before) this.#count(rule, before, -1, capacity);
      if (after) this.#count(rule, after, 1, capacity);
    }
  }

  /** A migrating guest counts where it is and where it goes. */
  #count(rule: AffinityRule, guest: Guest, by: 1 | -1, capacity: CapacityIndex): void {
    const here = domainAt(rule, guest.hostId, capacity);
    const there = domainAt(rule, guest.targetHostId, capacity);
    if (here !== null) this.#countIn(rule.id, here, by);
    if (there !== null) this.#countIn(rule.id, there, by);
    if (here !== null && there !== null && here !== there)
      this.#moving.set(rule.id, (this.#moving.get(rule.id) ?? 0) + by);
    if (rule.strict) keep(this.#broken, rule.id, this.#isBroken(rule));
  }

  #countIn(ruleId: number, domain: number, by: 1 | -1): void {
    const domains = this.#occupancy.get(ruleId) ?? new Map<number, number>();
    this.#occupancy.set(ruleId, domains);
    const count = (domains.get(domain) ?? 0) + by;
    if (count > 0) domains.set(domain, count);
    else domains.delete(domain);
    const crowds = by === 1 ? count === 2 : count === 1;
    if (crowds) this.#crowded.set(ruleId, (this.#crowded.get(ruleId) ?? 0) + by);
  }

  #isBroken({ id, polarity }: AffinityRule): boolean {
    if (polarity === "APART") return (this.#crowded.get(id) ?? 0) > 0;
    return this.occupancy(id).size > 1;
  }
}

function standsStill(before: Guest, after: Guest): boolean {
  return before.hostId === after.hostId && before.targetHostId === after.targetHostId;
}
