import type { LoadBalancer, LoadBalancerTarget } from "../../../model/entities.ts";
import type { LoadBalancerId } from "../../../model/ids.ts";
import type { TargetGroup } from "../../../model/load-balancing.ts";
import type { Context } from "../../context.ts";
import type { State } from "../../state.ts";
import { isUsed, targetsOf } from "../../target-conditions.ts";

/**
 * Where every target of a group fails its checks, the check may be wrong rather than all of them: they
 * get requests all the same, if the group says so, until the first of them is healthy.
 */
export function judgeFailOpen(ctx: Context, id: LoadBalancerId): void {
  const loadBalancer = ctx.state.tables.LoadBalancer.get(id);
  const byGroup = Map.groupBy(targetsOf(ctx.state, id), ({ targetGroup }) => targetGroup);
  for (const group of loadBalancer.targetGroups)
    judgeGroup(ctx, loadBalancer, group, byGroup.get(group.name) ?? []);
}

function judgeGroup(
  ctx: Context,
  loadBalancer: LoadBalancer,
  group: TargetGroup,
  targets: readonly LoadBalancerTarget[],
): void {
  const named = { loadBalancer: loadBalancer.id, group: group.name };
  const because = whyClosed(ctx.state, loadBalancer, group, targets);
  const isOpen = loadBalancer.openGroups.includes(group.name);
  if (because === null && !isOpen)
    ctx.emit("FailOpenBegan", { ...named, targets: tried(ctx.state, targets).length }, null);
  else if (because !== null && isOpen) ctx.emit("FailOpenEnded", { ...named, because }, null);
}

/** Null: it is open. */
export function whyClosed(
  state: State,
  loadBalancer: LoadBalancer,
  { name, failOpen }: TargetGroup,
  targets: readonly LoadBalancerTarget[],
): string | null {
  const inState = (is: LoadBalancerTarget["state"]) =>
    targets.some((target) => target.state === is);
  if (!failOpen) return "its group does not fail open";
  if (!isUsed(loadBalancer, name)) return "no listener uses the group";
  if (inState("HEALTHY")) return "a target is healthy";
  if (inState("INITIAL")) return "a target is about to be checked";
  return tried(state, targets).length > 0 ? null : "no target runs";
}

function tried({ tables }: State, targets: readonly LoadBalancerTarget[]): LoadBalancerTarget[] {
  return targets.filter(
    ({ state, guestId }) => state === "UNHEALTHY" && tables.Guest.get(guestId).status === "RUNNING",
  );
}
