import type { GuestId, HostId } from "../../src/model/ids.ts";

/** What is really there of a guest on one host. */
export interface RealCopy {
  readonly guestId: GuestId;
  readonly hostId: HostId;
  readonly state: "BOOTING" | "RUNNING" | "SUSPENDED";
}

/**
 * The world's own truth, read from what its driver stores: every copy of every guest, also those on
 * hosts that nobody can see.
 */
export class PhysicalTruth {
  readonly #copies = new Map<string, RealCopy>();

  /** As a world wakes from its stored state. */
  reset(stored: ReadonlyMap<string, string>): void {
    this.#copies.clear();
    for (const [key, value] of stored) this.#note(key, value);
  }

  note(changes: ReadonlyMap<string, string | null>): void {
    for (const [key, value] of changes) this.#note(key, value);
  }

  copies(): RealCopy[] {
    return [...this.#copies.values()].sort((a, b) => a.guestId - b.guestId || a.hostId - b.hostId);
  }

  /** Guests of which there is more than one. */
  doubles(): string[] {
    const hosts = Map.groupBy(this.copies(), ({ guestId }) => guestId);
    return [...hosts]
      .filter(([, copies]) => copies.length > 1)
      .map(([guest, copies]) => {
        const where = copies.map(({ hostId, state }) => `host #${hostId} (${state})`);
        return `guest #${guest} is in reality on ${where.join(" and ")}`;
      });
  }

  #note(key: string, value: string | null): void {
    const match = /^guest:(\d+)@(\d+)$/.exec(key);
    if (!match) return;
    if (value === null) {
      this.#copies.delete(key);
      return;
    }
    const { state } = JSON.parse(value) as Pick<RealCopy, "state">;
    const [guestId, hostId] = [Number(match[1]) as GuestId, Number(match[2]) as HostId];
    this.#copies.set(key, { guestId, hostId, state });
  }
}
