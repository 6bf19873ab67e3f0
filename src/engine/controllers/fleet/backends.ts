import type { FleetSpec } from "../../../model/fleet.ts";
import type { State } from "../../state.ts";
import { guestKey } from "./guest-names.ts";
import type { Plan } from "./plan.ts";

interface Backed {
  readonly socketPath: string | null;
  readonly targetGroups: readonly { readonly name: string; readonly backend: string | null }[];
}

/**
 * Each target group has a backend of HAProxy for itself: two of them would take each other's servers away, again and
 * again. Load balancers that the document does not name count too, unless it prunes.
 */
export function checkBackends(plan: Plan, spec: FleetSpec, prune: boolean): void {
  const owners = prune ? new Map<string, string>() : ownersBeside(plan.ctx.state, spec);
  for (const { path, tenant, name, ...loadBalancer } of spec.loadBalancers)
    for (const [index, { key, group, backend }] of placesOf(loadBalancer).entries()) {
      const owner = owners.get(key);
      if (owner !== undefined)
        plan.problem(
          [...path, "targetGroups", String(index)],
          `Load balancer ${name}: backend ${backend} of this HAProxy is that of target group ${owner} already.`,
        );
      else owners.set(key, `${group} of load balancer ${guestKey(tenant, name)}`);
    }
}

/** Whose backends are whose, of those that the document does not name. */
function ownersBeside({ tables }: State, { loadBalancers }: FleetSpec): Map<string, string> {
  const named = new Set(loadBalancers.map(({ tenant, name }) => guestKey(tenant, name)));
  const owners = new Map<string, string>();
  for (const { tenantId, name, ...loadBalancer } of tables.LoadBalancer.sorted()) {
    const balancer = guestKey(tables.Tenant.get(tenantId).name, name);
    if (named.has(balancer)) continue;
    for (const { key, group } of placesOf(loadBalancer))
      owners.set(key, `${group} of load balancer ${balancer}`);
  }
  return owners;
}

function placesOf({ socketPath, targetGroups }: Backed) {
  if (socketPath === null) return [];
  return targetGroups.map(({ name, backend }) => {
    const own = backend ?? name;
    return { key: `${socketPath} ${own}`, group: name, backend: own };
  });
}
