import type { LoadBalancerId } from "../../../model/ids.ts";
import type { Context } from "../../context.ts";

/** What moves the requests can't be spoken to. It goes on as it was last told, and so do its targets. */
export function loadBalancerUnreachable(ctx: Context, id: LoadBalancerId, error: string): void {
  const loadBalancer = ctx.state.tables.LoadBalancer.find(id);
  if (loadBalancer?.unreachableSinceMs === null)
    ctx.emitAsActor("LoadBalancerUnreachable", { loadBalancer: id, error }, null);
}

/** It is back, and told everything anew. */
export function loadBalancerReachable(ctx: Context, id: LoadBalancerId): void {
  const sinceMs = ctx.state.tables.LoadBalancer.find(id)?.unreachableSinceMs ?? null;
  if (sinceMs === null) return;
  const unreachableMs = ctx.nowMs - sinceMs;
  ctx.emitAsActor("LoadBalancerReachable", { loadBalancer: id, unreachableMs }, null);
}
