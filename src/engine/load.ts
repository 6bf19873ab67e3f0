import type { Guest, Host } from "../model/entities.ts";
import type { HostId } from "../model/ids.ts";
import type { Forecast } from "./demand.ts";
import type { State } from "./state.ts";

const NO_LOAD: Forecast = { mean: 0, variance: 0, latest: 0 };

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
  return state.hostLoads.of(hostId, () => sumOfGuests(state, hostId));
}

export function sumOfGuests(state: State, hostId: HostId): Forecast {
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

/**
 * How likely it is that guests ask for more than `limit` in an interval: the sum of many demands is nearly
 * normal, but for its upper tail, which is heavier. Measured on groups of 24 PlanetLab machines, a load of
 * 1, 1.5, 2 and 2.5 standard deviations above the mean was exceeded in 16.6, 8.5, 4.1 and 2.0 % of all
 * intervals; this gives 16.8, 8.3, 3.9 and 1.8 %, the normal distribution 15.9, 6.7, 2.3 and 0.6 %.
 */
export function overloadRisk({ mean, variance }: Forecast, limit: number): number {
  const deviation = Math.sqrt(Math.max(0, variance)) + 1;
  return 1 / (1 + Math.exp((1.6 * (limit - mean)) / deviation));
}
