import type { LoadBalancer, LoadBalancerTarget } from "../model/entities.ts";
import type { GuestId, LoadBalancerId, LoadBalancerTargetId } from "../model/ids.ts";
import { Groups } from "./groups.ts";
import { Timers } from "./timers.ts";

/** Targets of load balancers, found by what they belong to. */
export class TargetIndex {
  readonly ofGuest = new Groups<LoadBalancerTargetId>();
  readonly ofLoadBalancer = new Groups<LoadBalancerTargetId>();
  /** Load balancers that a scaling group is in. */
  readonly ofScalingGroup = new Groups<LoadBalancerId>();
  /** Those that are draining, by when that is over. */
  readonly draining = new Timers<LoadBalancerTargetId>();

  readonly balancerChanged = (
    before: LoadBalancer | undefined,
    after: LoadBalancer | undefined,
  ): void => {
    for (const { scalingGroupId } of before?.scalingTargets ?? [])
      this.ofScalingGroup.remove(scalingGroupId, (before as LoadBalancer).id);
    for (const { scalingGroupId } of after?.scalingTargets ?? [])
      this.ofScalingGroup.add(scalingGroupId, (after as LoadBalancer).id);
  };

  readonly targetChanged = (
    before: LoadBalancerTarget | undefined,
    after: LoadBalancerTarget | undefined,
  ): void => {
    const target = after ?? before;
    if (!target) return;
    const { id, guestId, loadBalancerId } = target;
    if (!before) this.#enter(id, guestId, loadBalancerId);
    if (!after) this.#leave(id, guestId, loadBalancerId);
    this.draining.set(id, after?.drainUntilMs ?? null);
  };

  #enter(id: LoadBalancerTargetId, guestId: GuestId, loadBalancerId: LoadBalancerId): void {
    this.ofGuest.add(guestId, id);
    this.ofLoadBalancer.add(loadBalancerId, id);
  }

  #leave(id: LoadBalancerTargetId, guestId: GuestId, loadBalancerId: LoadBalancerId): void {
    this.ofGuest.remove(guestId, id);
    this.ofLoadBalancer.remove(loadBalancerId, id);
  }
}
