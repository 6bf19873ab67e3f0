import type { Membership } from "../../model/scaling.ts";
import type { State } from "../state.ts";

export function changeMembership(state: State, guestId: number, change: Partial<Membership>): void {
  const { membership } = state.tables.Guest.get(guestId);
  if (membership) state.tables.Guest.patch(guestId, { membership: { ...membership, ...change } });
}
