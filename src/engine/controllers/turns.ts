import type { Guest } from "../../model/entities.ts";
import type { GuestId } from "../../model/ids.ts";
import type { Resources } from "../../model/resources.ts";
import { whyIdle } from "../fleet-conditions.ts";
import { companyOf } from "../placement/company.ts";
import type { State } from "../state.ts";

/** Turns: most that wait in a crowd go on waiting, which is seen without a look at every host. */

/** Those that the end of a start may help, and those that are bound to start with them. */
export function* nextInTurn(state: State): Generator<GuestId> {
  const { awaitingTurn, awaitingAdmission, rules } = state.indexes;
  for (const id of [...awaitingTurn, ...awaitingAdmission]) {
    yield id;
    if (rules.rulesOf(id).length > 0) for (const other of companyOf(state, id)) yield other.id;
  }
}

/**
 * Tells of guests whether they wait for their turn as before. Room only shrinks within one decision, so
 * that those of a size have to wait is found out once.
 */
export class Crowd {
  readonly #state: State;
  readonly #heldUp = new Set<string>();

  constructor(state: State) {
    this.#state = state;
  }

  /**
   * It was told that only its turn is missing, and so it still is: whoever may boot another guest has
   * no room for it, and some host has that boots others. In doubt it does not stay.
   */
  stays(guest: Guest): boolean {
    const { blockedBy, retryAtMs } = guest;
    if (blockedBy.length !== 1 || blockedBy[0]?.code !== "STARTS_LIMITED" || retryAtMs !== null)
      return false;
    return this.#isPlain(guest) && this.#isHeldUp(guest.resources);
  }

  /** Any host will do for it, and nothing but room and turns keeps it from one. */
  #isPlain(guest: Guest): boolean {
    const { id, restarts, triedHostIds, recovery, membership } = guest;
    const group = this.#state.tables.ScalingGroup.find(membership?.groupId ?? 0);
    if (group && group.zoneIds.length > 0) return false;
    if (restarts > 0 || triedHostIds.length > 0 || recovery.dependsOn.length > 0) return false;
    if (this.#state.indexes.rules.rulesOf(id).length > 0) return false;
    return this.#state.meta.armed && whyIdle(this.#state, guest) === null;
  }

  #isHeldUp(need: Resources): boolean {
    const key = `${need.cpuMillicores}/${need.memoryMiB}/${need.storageGiB}`;
    if (this.#heldUp.has(key)) return true;
    const isHeldUp =
      !this.#state.indexes.capacity.isIdleWithRoom(need) && this.#lacksOnlyItsTurn(need);
    if (isHeldUp) this.#heldUp.add(key);
    return isHeldUp;
  }

  /** Room that is made on a host is promised to another. */
  #lacksOnlyItsTurn(need: Resources): boolean {
    const { capacity, makingRoom } = this.#state.indexes;
    for (const { hostId } of capacity.busyWithRoom(need))
      if (makingRoom.count(hostId) === 0) return true;
    return false;
  }
}
