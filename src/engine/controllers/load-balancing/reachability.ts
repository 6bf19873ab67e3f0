import type { Observation } from "../../../model/actions.ts";
import type { Context } from "../../context.ts";

type Seen = Extract<Observation, { kind: "LOAD_BALANCER_UNREACHABLE" | "LOAD_BALANCER_REACHABLE" }>;

/** While it can't be spoken to, it goes on as it was last told, and so do its targets. */
export function reachabilityChanged(ctx: Context, seen: Seen): void {
  const loadBalancer = ctx.state.tables.LoadBalancer.find(seen.loadBalancerId);
  if (!loadBalancer) return;
  const { id, unreachableSinceMs: sinceMs } = loadBalancer;
  if (seen.kind === "LOAD_BALANCER_UNREACHABLE" && sinceMs === null) {
    const payload = { loadBalancer: id, error: seen.error };
    ctx.emitAsActor("LoadBalancerUnreachable", payload, null);
  } else if (seen.kind === "LOAD_BALANCER_REACHABLE" && sinceMs !== null) {
    const payload = { loadBalancer: id, unreachableMs: ctx.nowMs - sinceMs };
    ctx.emitAsActor("LoadBalancerReachable", payload, null);
  }
}
