import type { ScalingGroup } from "../../../model/entities.ts";
import type { ZoneId } from "../../../model/ids.ts";
import type { TerminationPolicy } from "../../../model/statuses.ts";
import { isLaunching } from "../../guest-conditions.ts";
import type { State } from "../../state.ts";
import { isNeeded, type Member } from "./members.ts";

type InOrder = (state: State) => (a: Member, b: Member) => number;
const newestFirst: InOrder = () => (a, b) => b.id - a.id;

/** Who goes first of a zone. */
const ORDER: Readonly<Record<TerminationPolicy, InOrder>> = {
  FULLEST_ZONE: newestFirst,
  NEWEST: newestFirst,
  OLDEST: () => (a, b) => a.id - b.id,
  CHEAPEST_TO_LOSE: (state) => (a, b) => workOf(state, a) - workOf(state, b) || b.id - a.id,
};

function workOf({ usage }: State, { id }: Member): number {
  return usage.of(id)?.cpuDemandMillicores ?? 0;
}

/** First those that do nothing yet, or any more; then from the fullest zones, so that they stay even. */
export function victimsOf(
  state: State,
  group: ScalingGroup,
  members: readonly Member[],
  count: number,
): Member[] {
  const mayGo = (guest: Member) => !guest.membership.isProtected && !isNeeded(state, guest);
  const isIdle = (guest: Member) => isLaunching(guest) || guest.membership.runsSinceMs === null;
  const idle = members.filter((guest) => mayGo(guest) && isIdle(guest)).sort(idlest);
  const victims = idle.slice(0, count);
  const zones = new Zones(
    state,
    group,
    members.filter((guest) => !victims.includes(guest)),
  );
  const busy = members.filter((guest) => mayGo(guest) && !isIdle(guest));
  const queues = Map.groupBy(busy.sort(ORDER[group.terminationPolicy](state)), (guest) =>
    zones.of(guest),
  );
  while (victims.length < count) {
    const from = zones.fullest([...queues.keys()]);
    const next = from === null ? undefined : queues.get(from)?.shift();
    if (!next || from === null) break;
    if (queues.get(from)?.length === 0) queues.delete(from);
    zones.leave(from);
    victims.push(next);
  }
  return victims;
}

/** Those without a place before those that come up, and the newest first. */
function idlest(a: Member, b: Member): number {
  return Number(a.hostId !== null) - Number(b.hostId !== null) || b.id - a.id;
}

/** How many members stand where. */
class Zones {
  readonly #state: State;
  readonly #counts = new Map<ZoneId | null, number>();
  readonly #isOwn: (zone: ZoneId | null) => boolean;

  constructor(state: State, { zoneIds }: ScalingGroup, members: readonly Member[]) {
    this.#state = state;
    this.#isOwn = (zone) => zoneIds.length === 0 || (zone !== null && zoneIds.includes(zone));
    for (const guest of members) {
      const zone = this.of(guest);
      this.#counts.set(zone, (this.#counts.get(zone) ?? 0) + 1);
    }
  }

  of({ hostId, targetHostId }: Member): ZoneId | null {
    const room = this.#state.indexes.capacity.room(targetHostId ?? hostId ?? 0);
    return (room?.zoneId as ZoneId | undefined) ?? null;
  }

  /** Where the group should not be is fuller than anywhere. */
  fullest(zones: readonly (ZoneId | null)[]): ZoneId | null {
    const weight = (zone: ZoneId | null) =>
      this.#isOwn(zone) ? (this.#counts.get(zone) ?? 0) : Number.POSITIVE_INFINITY;
    return zones.toSorted((a, b) => weight(b) - weight(a) || (b ?? 0) - (a ?? 0))[0] ?? null;
  }

  leave(zone: ZoneId | null): void {
    this.#counts.set(zone, (this.#counts.get(zone) ?? 0) - 1);
  }
}
