import type { AffinityRule } from "../../model/entities.ts";
import type { AffinityRuleId, GuestId } from "../../model/ids.ts";

/** It asks to be obeyed to the letter, whether or not that is possible. */
function isStrict({ strict, disabled }: AffinityRule): boolean {
  return strict && !disabled;
}

/** Rules as they are written, in force or not, by the guests that link them. */
export class WrittenRules {
  readonly #rules = new Map<number, AffinityRule>();
  readonly #rulesOfGuest = new Map<number, Set<AffinityRuleId>>();
  readonly #strict = new Set<AffinityRuleId>();
  readonly #contradicting = new Set<AffinityRuleId>();

  /** In order of id. */
  get strict(): AffinityRuleId[] {
    return [...this.#strict].sort((a, b) => a - b);
  }

  /** Those that contradict others and are out of force for it, in order of id. */
  get contradicting(): AffinityRuleId[] {
    return [...this.#contradicting].sort((a, b) => a - b);
  }

  isStrict(id: AffinityRuleId): boolean {
    return this.#strict.has(id);
  }

  /** Every rule that speaks of the guest, in order of id. */
  rulesOf(guestId: number): AffinityRule[] {
    return [...(this.#rulesOfGuest.get(guestId) ?? [])]
      .sort((a, b) => a - b)
      .map((id) => this.#rules.get(id) as AffinityRule);
  }

  ruleChanged(before: AffinityRule | undefined, after: AffinityRule | undefined): void {
    if (before) this.#forget(before);
    if (!after) return;
    this.#rules.set(after.id, after);
    if (isStrict(after)) this.#strict.add(after.id);
    if (after.contradicts.length > 0) this.#contradicting.add(after.id);
    for (const guestId of after.guestIds) this.#link(guestId, after.id);
  }

  #link(guestId: GuestId, id: AffinityRuleId): void {
    const known = this.#rulesOfGuest.get(guestId);
    if (known) known.add(id);
    else this.#rulesOfGuest.set(guestId, new Set([id]));
  }

  #forget({ id, guestIds }: AffinityRule): void {
    this.#rules.delete(id);
    this.#strict.delete(id);
    this.#contradicting.delete(id);
    for (const guestId of guestIds) {
      const ids = this.#rulesOfGuest.get(guestId);
      ids?.delete(id);
      if (ids?.size === 0) this.#rulesOfGuest.delete(guestId);
    }
  }

  /** All strict rules that are linked to this one by guests that they share, in order of id. */
  linkedTo(id: AffinityRuleId): AffinityRule[] {
    const found = new Set([this.#rules.get(id) as AffinityRule]);
    for (const { guestIds } of found)
      for (const guestId of guestIds)
        for (const next of this.#rulesOfGuest.get(guestId) ?? [])
          if (this.#strict.has(next)) found.add(this.#rules.get(next) as AffinityRule);
    return [...found].sort((a, b) => a.id - b.id);
  }
}
