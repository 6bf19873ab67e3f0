import type { Guest, Host } from "../model/entities.ts";
import type { GuestId, HostId } from "../model/ids.ts";
import { Groups } from "./groups.ts";
import { isAskedEmpty } from "./host-conditions.ts";

/** Who moves, who should, and who would go back where. */
export class MoveIndex {
  /** Guests that migrate to or from the host that is the key. */
  readonly migratingOn = new Groups<GuestId>();
  /** Guests that were moved away, for the fleet's sake, from the host that is the key, and go back. */
  readonly displacedFrom = new Groups<GuestId>();
  /** Other guests that run elsewhere and would go back to the host that is the key, their home. */
  readonly awayFrom = new Groups<GuestId>();
  /** Guests that should move and can't. */
  readonly blocked = new Set<GuestId>();
  /** Hosts that people want free of guests. */
  readonly askedEmpty = new Set<HostId>();

  hostChanged(before: Host | undefined, after: Host | undefined): void {
    if (before) this.askedEmpty.delete(before.id);
    if (after && isAskedEmpty(after)) this.askedEmpty.add(after.id);
  }

  guestChanged(before: Guest | undefined, after: Guest | undefined): void {
    if (before && after && isAlike(before, after)) return;
    if (before) {
      for (const hostId of migratesOn(before)) this.migratingOn.remove(hostId, before.id);
      this.#wishOf(before)?.remove(belongsTo(before), before.id);
      this.blocked.delete(before.id);
    }
    if (!after) return;
    for (const hostId of migratesOn(after)) this.migratingOn.add(hostId, after.id);
    this.#wishOf(after)?.add(belongsTo(after), after.id);
    if (after.moveBlockedBy.length > 0) this.blocked.add(after.id);
  }

  /** Among whom it is, if it would go back somewhere. */
  #wishOf(guest: Guest): Groups<GuestId> | null {
    const { hostId, displacedFromHostId, recovery } = guest;
    if (hostId === null || !recovery.failback) return null;
    if (belongsTo(guest) === hostId || belongsTo(guest) === 0) return null;
    return displacedFromHostId === null ? this.awayFrom : this.displacedFrom;
  }
}

/** Most changes of a guest are none of this index's. */
function isAlike(a: Guest, b: Guest): boolean {
  return (
    a.hostId === b.hostId &&
    a.targetHostId === b.targetHostId &&
    a.displacedFromHostId === b.displacedFromHostId &&
    a.homeHostId === b.homeHostId &&
    a.recovery === b.recovery &&
    a.moveBlockedBy === b.moveBlockedBy
  );
}

const NO_HOSTS: readonly HostId[] = [];
function migratesOn({ hostId, targetHostId }: Guest): readonly HostId[] {
  return hostId === null || targetHostId === null ? NO_HOSTS : [hostId, targetHostId];
}

/** The host that it would go back to, rules apart; 0: none. */
function belongsTo({ displacedFromHostId, homeHostId }: Guest): number {
  return displacedFromHostId ?? homeHostId ?? 0;
}
