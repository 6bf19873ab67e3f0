import type { Guest } from "../model/entities.ts";
import type { HostId } from "../model/ids.ts";
import type { Forecast } from "./demand.ts";

/** What hosts will have to carry, as far as somebody has asked since their guests or what these ask for has changed. */
export class HostLoads {
  readonly #loads = new Map<HostId, Forecast>();

  known(): ReadonlyMap<HostId, Forecast> {
    return this.#loads;
  }

  of(hostId: HostId, sum: () => Forecast): Forecast {
    let load = this.#loads.get(hostId);
    if (!load) {
      load = sum();
      this.#loads.set(hostId, load);
    }
    return load;
  }

  guestChanged(before: Guest | undefined, after: Guest | undefined): void {
    for (const guest of [before, after]) {
      if (guest?.hostId) this.#loads.delete(guest.hostId);
      if (guest?.targetHostId) this.#loads.delete(guest.targetHostId);
    }
  }

  /** All ask for something else. */
  forget(): void {
    this.#loads.clear();
  }
}
