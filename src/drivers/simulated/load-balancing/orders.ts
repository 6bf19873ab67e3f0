import type { Action } from "../../../model/actions.ts";
import type { LoadBalancerTargetId, Seq } from "../../../model/ids.ts";
import { KEYS, type World } from "../world.ts";
import { isOlder } from "./world.ts";

type Of<Kind extends Action["kind"]> = Extract<Action, { kind: Kind }>;

export function setLoadBalancer(world: World, { loadBalancer }: Of<"SET_LOAD_BALANCER">): void {
  const { balancers } = world.loadBalancing;
  const known = balancers.get(loadBalancer.id);
  if (isOlder(world.loadBalancing, known, loadBalancer.revision)) return;
  const stays = new Set(idsOf(loadBalancer));
  for (const id of known ? idsOf(known.order) : []) if (!stays.has(id)) forget(world, id);
  if (known) known.order = loadBalancer;
  else balancers.set(loadBalancer.id, { order: loadBalancer });
}

export function removeLoadBalancer(
  world: World,
  { loadBalancerId, revision }: Of<"REMOVE_LOAD_BALANCER">,
): void {
  const { loadBalancing } = world;
  const known = loadBalancing.balancers.get(loadBalancerId);
  if (isOlder(loadBalancing, known, revision)) return;
  loadBalancing.removedRevision = Math.max(loadBalancing.removedRevision, revision) as Seq;
  if (!known) return;
  for (const id of idsOf(known.order)) forget(world, id);
  loadBalancing.balancers.delete(loadBalancerId);
}

export function keepLoadBalancers(
  world: World,
  { loadBalancerIds, revision }: Of<"KEEP_LOAD_BALANCERS">,
): void {
  const kept = new Set(loadBalancerIds);
  for (const loadBalancerId of [...world.loadBalancing.balancers.keys()])
    if (!kept.has(loadBalancerId))
      removeLoadBalancer(world, { kind: "REMOVE_LOAD_BALANCER", loadBalancerId, revision });
}

function idsOf({ targetGroups }: Of<"SET_LOAD_BALANCER">["loadBalancer"]): LoadBalancerTargetId[] {
  return targetGroups.flatMap(({ targets }) => targets.map(({ id }) => id));
}

function forget(world: World, id: LoadBalancerTargetId): void {
  if (world.loadBalancing.streaks.delete(id)) world.changedKeys.add(KEYS.streak(id));
}
