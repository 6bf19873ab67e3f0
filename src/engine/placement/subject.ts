import type { AffinityRule, Guest } from "../../model/entities.ts";
import type { HostId, ZoneId } from "../../model/ids.ts";
import type { Resources } from "../../model/resources.ts";
import type { State } from "../state.ts";

/** What is to be placed, as filters and scorers see it. */
export interface Subject {
  readonly guestId: number | null;
  readonly resources: Resources;
  /** Preferred while it is up. */
  readonly homeHostId: HostId | null;
  /** Where it failed to start and is tried once more. */
  readonly retryHostId: HostId | null;
  /** Hosts given up on. */
  readonly triedHostIds: readonly HostId[];
  /** Where it stands now, when it is to move away. */
  readonly fromHostId: HostId | null;
  /** The only zone that will do; null for all. */
  readonly withinZoneId: ZoneId | null;
  /** Doesn't wait for its turn to boot: it is only asked whether there is room. */
  readonly isHasty: boolean;
  /** The rules that speak of it, in order of id. */
  readonly rules: readonly AffinityRule[];
}

export function subjectFor(state: State, guest: Guest): Subject {
  const last = guest.placement?.hostId ?? null;
  const retries = guest.restarts > 0 && last !== null && !guest.triedHostIds.includes(last);
  const home = state.meta.settings.balanceOnStart ? null : guest.homeHostId;
  return {
    guestId: guest.id,
    resources: guest.resources,
    // Where it was stopped for the fleet's sake, it is at home until it is back.
    homeHostId: guest.displacedFromHostId ?? home,
    retryHostId: retries ? last : null,
    triedHostIds: guest.triedHostIds,
    fromHostId: guest.hostId,
    withinZoneId: null,
    isHasty: false,
    rules: state.indexes.rules.rulesOf(guest.id),
  };
}
