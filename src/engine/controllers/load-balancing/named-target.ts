import type { LoadBalancerTarget } from "../../../model/entities.ts";

/** What each fact about a target says of it. */
export function namesOf({ id, guestId, loadBalancerId, targetGroup }: LoadBalancerTarget) {
  return { target: id, guest: guestId, loadBalancer: loadBalancerId, group: targetGroup };
}
