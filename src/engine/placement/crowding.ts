import type { HostId } from "../../model/ids.ts";
import type { Reason } from "../../model/reasons.ts";
import { isNewStart } from "../guest-conditions.ts";
import { addLoad, hostLoad, limitOf, loadOf, overloadRisk } from "../load.ts";
import type { State } from "../state.ts";
import type { Subject } from "./subject.ts";

/** The risk of overload up to which hosts are filled with new guests, while there are others to be woken. */
export const FILLED_TO_RISK = 0.08;

/**
 * New guests rather wait for a host that is woken than crowd those that are up. Whoever has run before does
 * not wait, nor is there a reason to when no host stands by.
 */
export function crowding(
  state: State,
  { guestIds, fromHostId }: Subject,
  hostId: HostId,
): Reason | null {
  const { standby, waking } = state.indexes;
  if (state.meta.settings.powerManagement !== "AUTO" || standby.size + waking.size === 0)
    return null;
  if (fromHostId !== null || state.demand.isUnknown) return null;
  const guests = guestIds.map((id) => state.tables.Guest.find(id)).filter((each) => !!each);
  if (guests.length === 0 || !guests.every(isNewStart)) return null;
  const load = hostLoad(state, hostId);
  // What is too much for an empty host will not find a better one.
  if (load.mean === 0) return null;
  const after = addLoad(load, loadOf(state, guests));
  const risk = overloadRisk(after, limitOf(state, state.tables.Host.get(hostId)));
  if (risk <= FILLED_TO_RISK) return null;
  const message = `its guests would be likely to ask for too much (${Math.round(risk * 100)} %), and others can be woken`;
  return { code: "HOST_CROWDED", message, hostId };
}
