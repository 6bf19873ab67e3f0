import type { Guest } from "../model/entities.ts";
import type { Reason } from "../model/reasons.ts";
import { isCutOff } from "./host-conditions.ts";
import type { State } from "./state.ts";

/** What the state of the fleet as a whole means, for all who must agree about it. */

/** The engine fences by itself: it is armed, and some host is heard of. */
export function fencesByItself({ meta }: State): boolean {
  return meta.armed && meta.contactLostAtMs === null;
}

/** Some host is heard of, and hosts that could not be asked what runs on them have had the time to tell. */
export function knowsWhatRuns({ meta }: State): boolean {
  return meta.contactLostAtMs === null && meta.stockDueAtMs === null;
}

/**
 * Why the engine does not start a guest that waits; null when it may. Out of contact it starts
 * nothing; disarmed, it starts what people ask for, and again in place what failed there.
 */
export function whyIdle(state: State, guest: Guest): Reason | null {
  const { meta } = state;
  if (meta.contactLostAtMs !== null)
    return { code: "OUT_OF_CONTACT", message: `no host is in contact: ${whereItMayLie(state)}` };
  const goesElsewhere = guest.loss !== null || wasGivenUp(guest);
  if (!goesElsewhere || (meta.armed && knowsWhatRuns(state))) return null;
  if (!meta.armed)
    return {
      code: "DISARMED",
      message: "high availability is disarmed, so nothing is started elsewhere; arm it again",
    };
  return {
    code: "TAKING_STOCK",
    message:
      "hosts are being asked what runs on them, now that they can be; it goes on in a moment",
  };
}

function whereItMayLie({ tables }: State): string {
  return [...tables.Zone.values()].every(isCutOff)
    ? "the networks of all zones are down"
    : "the fault may be on this side, so nothing is started elsewhere";
}

/** Given up where it was, it would be tried elsewhere. */
function wasGivenUp({ placement, triedHostIds }: Guest): boolean {
  return placement !== null && triedHostIds.includes(placement.hostId);
}
