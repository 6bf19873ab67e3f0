import type { Action, LoadBalancerOrder, Observation } from "../../src/model/actions.ts";
import type { GuestId } from "../../src/model/ids.ts";

/** Orders after which a guest answers no requests, for a while or for good. */
const TAKES_DOWN: ReadonlySet<Action["kind"]> = new Set<Action["kind"]>([
  "STOP",
  "SUSPEND",
  "REBOOT",
  "MIGRATE",
]);

/** Looks at what load balancers are told and what they do: no request goes to a target that is drained. */
export class LoadBalancingWatch {
  readonly #orders = new Map<number, LoadBalancerOrder>();

  /** What is wrong with an order that is about to be given; null for nothing. */
  ordered(action: Action): string | null {
    if (action.kind === "SET_LOAD_BALANCER")
      this.#orders.set(action.loadBalancer.id, action.loadBalancer);
    if (action.kind === "REMOVE_LOAD_BALANCER") this.#orders.delete(action.loadBalancerId);
    if (!TAKES_DOWN.has(action.kind) || !("guestId" in action)) return null;
    const used = this.#usesOf(action.guestId);
    return used
      ? `${action.kind} of guest #${action.guestId}, to which ${used} sends requests`
      : null;
  }

  /** What is wrong with where requests went; null for nothing. */
  seen(seen: Observation): string | null {
    if (seen.kind !== "TRAFFIC") return null;
    for (const { loadBalancerId, revision, targets } of seen.loadBalancers) {
      const order = this.#orders.get(loadBalancerId);
      if (!order || revision < order.revision)
        return `load balancer #${loadBalancerId} goes by an older order than it was given`;
      const used = new Set(inUse(order).map(({ id }) => id));
      const stray = targets.find(({ targetId }) => !used.has(targetId));
      if (stray) return `load balancer ${order.name} sends requests to target #${stray.targetId}`;
    }
    return null;
  }

  #usesOf(guestId: GuestId): string | null {
    for (const order of this.#orders.values())
      if (inUse(order).some((target) => target.guestId === guestId)) return order.name;
    return null;
  }
}

function inUse({ targetGroups }: LoadBalancerOrder) {
  return targetGroups.flatMap(({ isOpen, targets }) =>
    targets.filter(({ state }) => state === "HEALTHY" || (isOpen && state === "UNHEALTHY")),
  );
}
