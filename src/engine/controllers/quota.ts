import type { Tenant } from "../../model/entities.ts";
import type { Resources } from "../../model/resources.ts";
import type { Context } from "../context.ts";
import { Refusal } from "../refusal.ts";
import type { State } from "../state.ts";

/** Refuses what would take a tenant over its quota, with the numbers. `more` may hold negative amounts. */
export function checkQuota(ctx: Context, tenant: Tenant, more: Resources, guests: number): void {
  const objection = quotaObjection(ctx.state, tenant, more, guests);
  if (objection) throw new Refusal("QUOTA_EXCEEDED", objection, []);
}

/** What the tenant's quota has against so much more; null when nothing. */
export function quotaObjection(
  { indexes }: State,
  tenant: Tenant,
  more: Resources,
  guests: number,
): string | null {
  const used = indexes.used(tenant.id);
  const count = indexes.guestsOfTenant.count(tenant.id);
  const lines: [string, number | null, number, number, number][] = [
    ["cores", tenant.quota.cpuMillicores, used.cpuMillicores, more.cpuMillicores, 1000],
    ["MiB of memory", tenant.quota.memoryMiB, used.memoryMiB, more.memoryMiB, 1],
    ["GiB of storage", tenant.quota.storageGiB, used.storageGiB, more.storageGiB, 1],
    ["guests", tenant.quota.guests, count, guests, 1],
  ];
  for (const [what, limit, taken, wanted, unit] of lines) {
    if (limit === null || wanted <= 0 || taken + wanted <= limit) continue;
    return `Tenant ${tenant.name} may have ${limit / unit} ${what}; it has ${taken / unit} and asks for ${wanted / unit} more.`;
  }
  return null;
}
