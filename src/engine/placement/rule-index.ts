import type { AffinityRule, Guest } from "../../model/entities.ts";
import type { RuleScope } from "../../model/statuses.ts";
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

const NOBODY: ReadonlyMap<number, number> = new Map();

/** Which rules speak of a guest, and how many guests of each rule stand in each host, rack or zone. */
export class RuleIndex {
  readonly #rules = new Map<number, AffinityRule>();
  readonly #rulesOfGuest = new Map<number, number[]>();
  readonly #guests = new Map<number, Guest>();
  /** Rule → domain → guests of the rule there. */
  readonly #occupancy = new Map<number, Map<number, number>>();
  /** Rule → guests of the rule that are migrating from one domain to another. */
  readonly #moving = new Map<number, number>();

  /** In order of id. */
  rulesOf(guestId: number): readonly AffinityRule[] {
    const ids = this.#rulesOfGuest.get(guestId);
    return ids ? ids.map((id) => this.#rules.get(id) as AffinityRule) : [];
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
      this.#occupancy.delete(before.id);
      this.#moving.delete(before.id);
      for (const guestId of before.guestIds) {
        const rest = (this.#rulesOfGuest.get(guestId) ?? []).filter((id) => id !== before.id);
        if (rest.length > 0) this.#rulesOfGuest.set(guestId, rest);
        else this.#rulesOfGuest.delete(guestId);
      }
    }
    if (!after || !isInForce(after)) return;
    this.#rules.set(after.id, after);
    for (const guestId of after.guestIds) {
      const ids = [...(this.#rulesOfGuest.get(guestId) ?? []), after.id].sort((a, b) => a - b);
      this.#rulesOfGuest.set(guestId, ids);
    }
    this.#stale.add(after.id);
  }

  /** Rules whose occupancy has to be counted before it is read: they came before their guests' hosts. */
  readonly #stale = new Set<number>();

  recount(capacity: CapacityIndex): void {
    for (const ruleId of this.#stale) {
      const rule = this.#rules.get(ruleId);
      this.#occupancy.delete(ruleId);
      this.#moving.delete(ruleId);
      if (!rule) continue;
      for (const guestId of rule.guestIds) {
        const guest = this.#guests.get(guestId);
        if (guest) this.#count(rule, guest, 1, capacity);
      }
    }
    this.#stale.clear();
  }

  guestChanged(before: Guest | undefined, after: Guest | undefined, capacity: CapacityIndex): void {
    const guest = after ?? before;
    if (!guest) return;
    if (after) this.#guests.set(after.id, after);
    else this.#guests.delete(guest.id);
    if (before?.hostId === after?.hostId && before?.targetHostId === after?.targetHostId) return;
    for (const ruleId of this.#rulesOfGuest.get(guest.id) ?? []) {
      if (this.#stale.has(ruleId)) continue;
      const rule = this.#rules.get(ruleId) as AffinityRule;
      if (before) this.#count(rule, before, -1, capacity);
      if (after) this.#count(rule, after, 1, capacity);
    }
  }

  /** A migrating guest counts where it is and where it goes. */
  #count(rule: AffinityRule, guest: Guest, by: 1 | -1, capacity: CapacityIndex): void {
    if (rule.kind !== "GUEST" || rule.scope === null) return;
    const counted: number[] = [];
    for (const hostId of [guest.hostId, guest.targetHostId]) {
      if (hostId === null) continue;
      const room = capacity.room(hostId);
      if (!room) continue;
      const domains = this.#occupancy.get(rule.id) ?? new Map<number, number>();
      this.#occupancy.set(rule.id, domains);
      const domain = domainOf(rule.scope, room);
      const count = (domains.get(domain) ?? 0) + by;
      if (count > 0) domains.set(domain, count);
      else domains.delete(domain);
      counted.push(domain);
    }
    if (counted.length === 2 && counted[0] !== counted[1])
      this.#moving.set(rule.id, (this.#moving.get(rule.id) ?? 0) + by);
  }
}
