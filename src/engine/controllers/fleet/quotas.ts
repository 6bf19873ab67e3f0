import type { Quota } from "../../../model/entities.ts";
import type { FleetSpec } from "../../../model/fleet.ts";
import { addResources, NO_RESOURCES, type Resources } from "../../../model/resources.ts";
import { footprintOf } from "../../guest-conditions.ts";
import { guestKey } from "./guest-names.ts";
import type { Plan } from "./plan.ts";

/** What guests take together. */
interface Sum {
  readonly resources: Resources;
  readonly guests: number;
}
/** What the guests of the document take, by tenant. */
export type Demand = Map<string, Sum>;

export function addDemand(demand: Demand, tenant: string, resources: Resources): void {
  const sum = demand.get(tenant) ?? { resources: NO_RESOURCES, guests: 0 };
  demand.set(tenant, {
    resources: addResources(sum.resources, resources),
    guests: sum.guests + 1,
  });
}

/** Every tenant that the document changes, against its quota as the document leaves it. */
export function checkQuotas(plan: Plan, spec: FleetSpec, demand: Demand, prune: boolean): void {
  const { names, tables } = plan.ctx.state;
  addUnnamed(plan, spec, demand, prune);
  const listed = new Map(spec.tenants.map((tenant) => [tenant.name, tenant]));
  for (const name of new Set([...listed.keys(), ...spec.guests.map(({ tenant }) => tenant)])) {
    const id = names.tenant.find(name);
    const quota =
      listed.get(name)?.quota ?? (id === undefined ? null : tables.Tenant.get(id).quota);
    const sum = demand.get(name);
    if (!quota || !sum) continue;
    for (const line of overruns(quota, { ...sum.resources, guests: sum.guests }))
      plan.problem(
        listed.get(name)?.path ?? ["guests"],
        `Tenant ${name} ${line} with this document.`,
      );
  }
}

/** Guests that the document does not name and does not prune stay, and count as they are. */
function addUnnamed(plan: Plan, spec: FleetSpec, demand: Demand, prune: boolean): void {
  const { tables } = plan.ctx.state;
  const named = new Set(spec.guests.map(({ tenant, name }) => guestKey(tenant, name)));
  for (const guest of tables.Guest.values()) {
    const tenant = tables.Tenant.get(guest.tenantId).name;
    const stays = !prune || guest.membership !== null;
    if (stays && !guest.deleting && !named.has(guestKey(tenant, guest.name)))
      addDemand(demand, tenant, footprintOf(guest));
  }
}

function overruns(quota: Quota, total: Resources & { guests: number }): string[] {
  return (Object.keys(quota) as (keyof Quota)[]).flatMap((key) => {
    const limit = quota[key];
    if (limit === null || total[key] <= limit) return [];
    return [`may have ${limit} ${key} and would have ${total[key]}`];
  });
}
