import type { Guest } from "../../../model/entities.ts";
import { inRecoveryOrder } from "../../guest-conditions.ts";
import { companyOf } from "../../placement/company.ts";
import type { State } from "../../state.ts";
import { isLeaving, type MoveRound, type Movers } from "./round.ts";

/**
 * A guest that is bound to one host with others, and can't be where they are: its own rules forbid
 * that host, or it has no room. They come to a host where all can be; until there is one they stay,
 * for some of them running is better than none.
 */
export function reunite(round: MoveRound): void {
  const { state } = round;
  const waiting = [...state.indexes.ruledOut].map((id) => state.tables.Guest.get(id));
  for (const guest of waiting.sort(inRecoveryOrder)) {
    const movers = companyOfWaiting(state, guest);
    if (movers === null || movers.some((mover) => round.wasTried(mover))) continue;
    const others = companyOf(state, guest.id).filter(
      ({ id }) => id !== guest.id && state.indexes.waiting.has(id),
    );
    if (others.length > 0 && round.fetch(movers, [guest, ...others], guest.causeSeq)) continue;
    round.fetch(movers, [guest], guest.causeSeq);
  }
}

/** Those that run, all on one host, where it has not been tried; null when there are none. */
function companyOfWaiting(state: State, guest: Guest): Movers | null {
  const [first, ...rest] = companyOf(state, guest.id).filter(
    (other) => other.hostId !== null && !isLeaving(other),
  );
  if (!first?.hostId || guest.triedHostIds.includes(first.hostId)) return null;
  return rest.every(({ hostId }) => hostId === first.hostId) ? [first, ...rest] : null;
}
