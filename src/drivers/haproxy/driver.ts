import type { Action } from "../../model/actions.ts";
import type { LoadBalancerId } from "../../model/ids.ts";
import type { Capabilities, Driver, ObservationSink } from "../driver.ts";
import { Plane } from "./plane.ts";

const CAPABILITIES: Capabilities = {
  liveMigration: false,
  suspend: false,
  resize: false,
  powerControl: false,
  secondOpinion: false,
  securityGroups: false,
  loadBalancers: true,
  faults: false,
};

/**
 * Load balancers that are HAProxy's, driven through its runtime socket: the targets of a group are servers of a
 * backend, which the configuration names and leaves empty. Tested with HAProxy 2.6 (Debian 12). How requests
 * come in, by what algorithm they are dealt and what health checks ask for, is for the configuration to say.
 */
export function createHaproxyDriver(sink: ObservationSink): Driver {
  return new HaproxyDriver(sink);
}

class HaproxyDriver implements Driver {
  readonly name = "haproxy";
  readonly capabilities = CAPABILITIES;
  readonly #sink: ObservationSink;
  readonly #planes = new Map<LoadBalancerId, Plane>();

  constructor(sink: ObservationSink) {
    this.#sink = sink;
  }

  perform(action: Action): void {
    if (action.kind === "SET_LOAD_BALANCER") this.#set(action.loadBalancer);
    else if (action.kind === "REMOVE_LOAD_BALANCER") this.#remove(action.loadBalancerId);
  }

  close(): void {
    for (const plane of this.#planes.values()) plane.close();
    this.#planes.clear();
  }

  #set(order: Extract<Action, { kind: "SET_LOAD_BALANCER" }>["loadBalancer"]): void {
    const { id, socketPath } = order;
    if (socketPath === null) return;
    const known = this.#planes.get(id);
    if (known?.socketPath === socketPath) {
      known.set(order);
      return;
    }
    known?.close();
    this.#planes.set(id, new Plane(socketPath, order, this.#sink));
  }

  /** What it serves it goes on serving: whoever wants that to end takes the targets out first. */
  #remove(id: LoadBalancerId): void {
    this.#planes.get(id)?.close();
    this.#planes.delete(id);
  }
}
