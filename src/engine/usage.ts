import type { GuestUsage } from "../model/actions.ts";
import type { GuestId } from "../model/ids.ts";

export interface UsageSample extends GuestUsage {
  readonly sampledAtMs: number;
}

/** What guests were last seen to use. Soft, like the leases: gone with the process, not in the log. */
export class Usage {
  readonly #samples = new Map<GuestId, UsageSample>();

  note(guests: readonly GuestUsage[], sampledAtMs: number): void {
    for (const guest of guests) this.#samples.set(guest.guestId, { ...guest, sampledAtMs });
  }

  /** The newest sample, however old; undefined when there was none since the process started. */
  of(guestId: GuestId): UsageSample | undefined {
    return this.#samples.get(guestId);
  }

  forget(guestId: GuestId): void {
    this.#samples.delete(guestId);
  }

  copyTo(other: Usage): void {
    for (const [guestId, sample] of this.#samples) other.#samples.set(guestId, sample);
  }
}
