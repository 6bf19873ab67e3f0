import type { LoadBalancerId } from "../model/ids.ts";
import type { BalancerTraffic } from "../model/traffic.ts";

/** What came in at a load balancer at one instant. */
interface Rates {
  readonly atMs: number;
  /** Requests a second, by target group. */
  readonly groups: ReadonlyMap<string, number>;
}

/**
 * What comes in at load balancers, as last measured. Soft, like the signals: gone with the process, not in the
 * log.
 */
export class RequestRates {
  readonly #newest = new Map<LoadBalancerId, Rates>();

  note({ loadBalancerId, groups }: BalancerTraffic, atMs: number): void {
    const rates = groups.map(({ group, requestsPerSecond }) => [group, requestsPerSecond] as const);
    this.#newest.set(loadBalancerId, { atMs, groups: new Map(rates) });
  }

  /** Undefined where none was ever measured. */
  of(loadBalancerId: LoadBalancerId): Rates | undefined {
    return this.#newest.get(loadBalancerId);
  }

  forget(loadBalancerId: LoadBalancerId): void {
    this.#newest.delete(loadBalancerId);
  }

  copyTo(other: RequestRates): void {
    for (const [id, rates] of this.#newest) other.#newest.set(id, rates);
  }
}
