import type { AffinityRule } from "../../../model/entities.ts";
import { RULE_SCOPES, type RuleScope } from "../../../model/statuses.ts";

/**
 * Guests that strict TOGETHER rules bind to one host, rack or zone, chains included. Who shares a
 * host shares its rack and zone too. A group is known by one of its guests.
 */
export class Groups {
  readonly guests: readonly number[];
  readonly #parents = new Map<RuleScope, Map<number, number>>(
    RULE_SCOPES.map((scope) => [scope, new Map()]),
  );

  constructor(rules: readonly AffinityRule[]) {
    this.guests = [...new Set<number>(rules.flatMap(({ guestIds }) => guestIds))].sort(
      (a, b) => a - b,
    );
    for (const { kind, polarity, scope, guestIds } of rules) {
      if (kind !== "GUEST" || polarity !== "TOGETHER") continue;
      const wider = RULE_SCOPES.slice(RULE_SCOPES.indexOf(scope ?? "HOST"));
      for (const each of wider)
        for (const guest of guestIds) this.#join(each, guestIds[0] as number, guest);
    }
  }

  /** The group that the guest shares its host, rack or zone with. */
  of(scope: RuleScope, guest: number): number {
    const parents = this.#parents.get(scope) as Map<number, number>;
    let root = guest;
    for (let next = parents.get(root); next !== undefined; next = parents.get(root)) root = next;
    return root;
  }

  #join(scope: RuleScope, a: number, b: number): void {
    const [one, other] = [this.of(scope, a), this.of(scope, b)];
    if (one === other) return;
    // The lowest id speaks for all.
    const [low, high] = one < other ? [one, other] : [other, one];
    (this.#parents.get(scope) as Map<number, number>).set(high, low);
  }
}
