import type { AffinityRule, Guest } from "../../model/entities.ts";
import type { GuestId } from "../../model/ids.ts";
import type { State } from "../state.ts";

/** Binds its guests to one host, wherever that is. */
function binds({ kind, strict, polarity, scope }: AffinityRule): boolean {
  return kind === "GUEST" && strict && polarity === "TOGETHER" && scope === "HOST";
}

/**
 * The guests that strict rules bind to one host, directly or through others, the guest itself among
 * them; in order of id. They are placed and moved as one.
 */
export function companyOf(state: State, guestId: GuestId): Guest[] {
  const { rules } = state.indexes;
  const found = new Set([guestId]);
  // A set that grows while it is gone through is gone through to its end.
  for (const id of found)
    for (const rule of rules.rulesOf(id))
      if (binds(rule)) for (const other of rule.guestIds) found.add(other);
  return [...found]
    .sort((a, b) => a - b)
    .map((id) => state.tables.Guest.find(id))
    .filter((guest) => guest !== undefined);
}
