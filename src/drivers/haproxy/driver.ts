import type { Action, LoadBalancerOrder } from "../../model/actions.ts";
import type { LoadBalancerId } from "../../model/ids.ts";
import type { Capabilities, ObservationSink, StoredDriver } from "../driver.ts";
import { Plane, type Planes } from "./plane.ts";

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
 * `state` is all that `takeDirtyState` gave of an earlier one: where servers may have been left.
 */
export function createHaproxyDriver(
  sink: ObservationSink,
  state: ReadonlyMap<string, string>,
): StoredDriver {
  return new HaproxyDriver(sink, state);
}

/** Where a load balancer has, or had, its servers. */
interface Place {
  readonly socketPath: string;
  readonly backends: readonly string[];
}

const KEY = /^balancer:(\d+)$/;

class HaproxyDriver implements StoredDriver, Planes {
  readonly name = "haproxy";
  readonly capabilities = CAPABILITIES;
  readonly tell: ObservationSink;
  readonly #planes = new Map<LoadBalancerId, Plane>();
  #dirty = new Map<string, string | null>();
  /** Of the newest order to remove one: orders that were given before it and are heard again set up nothing. */
  #removedRevision = 0;

  constructor(sink: ObservationSink, state: ReadonlyMap<string, string>) {
    this.tell = sink;
    for (const [key, value] of state) {
      const id = Number(KEY.exec(key)?.[1]) as LoadBalancerId;
      const { socketPath, backends } = JSON.parse(value) as Place;
      if (id > 0) this.#planes.set(id, new Plane(socketPath, this, backends));
    }
  }

  perform(action: Action): void {
    if (action.kind === "SET_LOAD_BALANCER") this.#set(action.loadBalancer);
    else if (action.kind === "REMOVE_LOAD_BALANCER") {
      this.#removedRevision = Math.max(this.#removedRevision, action.revision);
      this.#planes.get(action.loadBalancerId)?.remove();
    } else if (action.kind === "KEEP_LOAD_BALANCERS") this.#keep(new Set(action.loadBalancerIds));
  }

  takeDirtyState(): ReadonlyMap<string, string | null> {
    const dirty = this.#dirty;
    this.#dirty = new Map();
    return dirty;
  }

  close(): void {
    for (const plane of this.#planes.values()) plane.close();
    this.#planes.clear();
  }

  isTaken(socketPath: string, backend: string): boolean {
    return [...this.#planes.values()].some(
      (plane) => plane.socketPath === socketPath && plane.backends.includes(backend),
    );
  }

  changed(plane: Plane): void {
    const [found] = [...this.#planes].filter(([, each]) => each === plane);
    if (!found) return;
    const [id, { socketPath, touched: backends }] = found;
    const place: Place = { socketPath, backends };
    const isGone = backends.length === 0;
    this.#dirty.set(`balancer:${id}`, isGone ? null : JSON.stringify(place));
    if (isGone && plane.isRemoved) this.#planes.delete(id);
  }

  #set(order: LoadBalancerOrder): void {
    const { id, socketPath, revision } = order;
    if (socketPath === null) return;
    const known = this.#planes.get(id);
    if (known?.isRemoved !== false && revision < this.#removedRevision) return;
    const plane = known ?? new Plane(socketPath, this, []);
    this.#planes.set(id, plane);
    plane.set(order);
  }

  #keep(ids: ReadonlySet<LoadBalancerId>): void {
    for (const [id, plane] of this.#planes) if (!ids.has(id)) plane.remove();
  }
}
