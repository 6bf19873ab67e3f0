import type { LoadBalancerOrder, TargetCheck } from "../../../model/actions.ts";
import type { GuestId, LoadBalancerId, LoadBalancerTargetId, Seq } from "../../../model/ids.ts";

/** The data plane of all simulated load balancers. */
export interface SimulatedLoadBalancing {
  /** As last told, and told anew at each start of the server. */
  readonly balancers: Map<LoadBalancerId, SimulatedBalancer>;
  /** Of the newest order to remove one: orders that were given before it and are heard again set up nothing. */
  removedRevision: Seq;
  /** The newest checks of targets. */
  readonly streaks: Map<LoadBalancerTargetId, Streak>;
  /** What requests ask of guests, in millicores, as of the newest sample. */
  readonly demand: Map<GuestId, number>;
}

export interface SimulatedBalancer {
  order: LoadBalancerOrder;
}

export type Streak = Pick<TargetCheck, "passes"> & {
  readonly inARow: number;
  /** A target that begins anew is checked anew. */
  readonly stateSinceMs: number;
};

export function newLoadBalancing(): SimulatedLoadBalancing {
  return { balancers: new Map(), removedRevision: 0 as Seq, streaks: new Map(), demand: new Map() };
}

/** Another order was given since. */
export function isOlder(
  { removedRevision }: SimulatedLoadBalancing,
  known: SimulatedBalancer | undefined,
  revision: Seq,
): boolean {
  return revision < (known?.order.revision ?? removedRevision);
}
