import type { Guest, Host } from "../../../model/entities.ts";
import type { HostId } from "../../../model/ids.ts";
import type { Forecast } from "../../demand.ts";
import type { State } from "../../state.ts";

export const NO_LOAD: Forecast = { mean: 0, variance: 0, latest: 0 };

export function addLoad(a: Forecast, b: Forecast): Forecast {
  return {
    mean: a.mean + b.mean,
    variance: a.variance + b.variance,
    latest: a.latest + b.latest,
  };
}

export function subtractLoad(a: Forecast, b: Forecast): Forecast {
  return {
    mean: Math.max(0, a.mean - b.mean),
    variance: Math.max(0, a.variance - b.variance),
    latest: Math.max(0, a.latest - b.latest),
  };
}

/** What these guests ask for together. */
export function loadOf({ demand }: State, guests: readonly Guest[]): Forecast {
  return guests.map((guest) => demand.forecast(guest)).reduce(addLoad, NO_LOAD);
}

/** What a host will have to carry: those that are on their way to it, and not those that leave. */
export function hostLoad(state: State, hostId: HostId): Forecast {
  let [mean, variance, latest] = [0, 0, 0];
  for (const id of state.indexes.guestsOnHost.each(hostId)) {
    const guest = state.tables.Guest.get(id);
    if (guest.hostId === hostId && guest.targetHostId !== null) continue;
    const forecast = state.demand.forecast(guest);
    mean += forecast.mean;
    variance += forecast.variance;
    latest += forecast.latest;
  }
  return { mean, variance, latest };
}

/** Millicores that guests of a host may ask for before it is overloaded. */
export function limitOf({ meta }: State, { capacity }: Pick<Host, "capacity">): number {
  return capacity.cpuMillicores * meta.settings.balanceAtUtilization;
}
