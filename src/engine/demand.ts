import type { GuestUsage } from "../model/actions.ts";
import type { Guest } from "../model/entities.ts";
import type { GuestId } from "../model/ids.ts";

/** What a guest is expected to ask for in an interval to come. In millicores, the variance in their square. */
export interface Forecast {
  readonly mean: number;
  readonly variance: number;
  /** What it asked for in the interval that has just ended. */
  readonly latest: number;
}

/**
 * How much each interval counts less than the one after it: with five minutes each, half as much after
 * two hours. Demand of single virtual machines is mostly noise about a level that drifts over hours
 * (PlanetLab's machines: the correlation of one 5-minute sample with the next is 0.06 to 0.17), so that a
 * shorter memory would run after noise, and a longer one behind the hours of the day.
 */
const MEMORY = 0.97;
/** How many intervals' worth of its own a guest needs to be judged half by itself and half by the others. */
const OTHERS_COUNT = 1;
/** Until so many intervals are known, guests are taken to vary as they differ from one another. */
const FEW_INTERVALS = 4;

/** Sums over a guest's intervals, each counted by its age. */
interface Series {
  weight: number;
  sum: number;
  squares: number;
  latest: number;
  mean: number;
  variance: number;
}

/** What is typical of all guests, as shares of their sizes. */
interface Typical {
  readonly share: number;
  readonly variance: number;
}

/**
 * What guests ask for, interval by interval, and are expected to ask for. Of a guest that was never
 * seen, what is typical of all is expected of it, by its size. Soft, like the leases: it begins anew with
 * the process, and what is not known is not acted upon.
 */
export class Demand {
  readonly #open = new Map<GuestId, { sum: number; samples: number }>();
  readonly #series = new Map<GuestId, Series>();
  #intervals = 0;
  #closed = -1;
  #typical: Typical | null = null;

  note(guests: readonly GuestUsage[]): void {
    for (const { guestId, cpuDemandMillicores } of guests) {
      const open = this.#open.get(guestId);
      if (!open) this.#open.set(guestId, { sum: cpuDemandMillicores, samples: 1 });
      else {
        open.sum += cpuDemandMillicores;
        open.samples++;
      }
    }
  }

  /** The interval is over: what was asked for in it counts from now on. Closed once, it stays closed. */
  closeInterval(interval: number, sizeOf: (guestId: GuestId) => number | undefined): void {
    if (interval === this.#closed || this.#open.size === 0) return;
    this.#closed = interval;
    this.#intervals++;
    for (const [guestId, { sum, samples }] of this.#open) this.#add(guestId, sum / samples);
    this.#open.clear();
    this.#typical = typicalOf(this.#series, sizeOf, this.#intervals < FEW_INTERVALS);
    for (const [guestId, series] of this.#series) foresee(series, this.#typical, sizeOf(guestId));
  }

  #add(guestId: GuestId, demand: number): void {
    const { weight, sum, squares } = this.#series.get(guestId) ?? NO_SERIES;
    this.#series.set(guestId, {
      weight: weight * MEMORY + 1,
      sum: sum * MEMORY + demand,
      squares: squares * MEMORY + demand * demand,
      latest: demand,
      mean: demand,
      variance: 0,
    });
  }

  forget(guestId: GuestId): void {
    this.#open.delete(guestId);
    this.#series.delete(guestId);
  }

  /** Nothing is known of anybody. */
  get isUnknown(): boolean {
    return this.#typical === null;
  }

  forecast({ id, resources }: Guest): Forecast {
    const known = this.#series.get(id);
    if (known) return known;
    const size = resources.cpuMillicores;
    if (this.#typical === null) return { mean: size, variance: 0, latest: size };
    const mean = this.#typical.share * size;
    return { mean, variance: this.#typical.variance * size * size, latest: mean };
  }

  copyTo(other: Demand): void {
    for (const [guestId, open] of this.#open) other.#open.set(guestId, { ...open });
    for (const [guestId, series] of this.#series) other.#series.set(guestId, { ...series });
    other.#intervals = this.#intervals;
    other.#closed = this.#closed;
    other.#typical = this.#typical;
  }
}

const NO_SERIES = { weight: 0, sum: 0, squares: 0 };

function varianceOf({ weight, sum, squares }: Series): number {
  return Math.max(0, squares / weight - (sum / weight) ** 2);
}

function typicalOf(
  all: ReadonlyMap<GuestId, Series>,
  sizeOf: (guestId: GuestId) => number | undefined,
  isEarly: boolean,
): Typical {
  let [guests, shares, squares, variances] = [0, 0, 0, 0];
  for (const [guestId, series] of all) {
    const size = sizeOf(guestId);
    if (!size) continue;
    const share = series.latest / size;
    guests++;
    shares += share;
    squares += share * share;
    variances += varianceOf(series) / (size * size);
  }
  const share = shares / Math.max(1, guests);
  const within = variances / Math.max(1, guests);
  const among = squares / Math.max(1, guests) - share * share;
  return { share, variance: isEarly ? Math.max(within, among / 2) : within };
}

/** The guest's own intervals, and as many of a typical guest of its size as count beside them. */
function foresee(series: Series, typical: Typical, size = 0): void {
  const { weight, sum } = series;
  const own = varianceOf(series);
  series.mean = (sum + OTHERS_COUNT * typical.share * size) / (weight + OTHERS_COUNT);
  series.variance =
    (own * weight + OTHERS_COUNT * typical.variance * size * size) / (weight + OTHERS_COUNT);
}
