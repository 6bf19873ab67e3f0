import type { Outcome } from "../../model/commands.ts";
import type { Quota, Tenant } from "../../model/entities.ts";
import { GUEST_DEFAULTS } from "../../model/fleet.ts";
import type { Seq, TenantId } from "../../model/ids.ts";
import { nameProblem } from "../../model/limits.ts";
import type { Context } from "../context.ts";
import { conflict, invalid, notFound } from "../refusal.ts";
import { revokeTokensOf } from "./api-tokens.ts";
import { defaultGroupOf, removeGroupsOf } from "./default-groups.ts";
import { differences } from "./fleet/plan.ts";
import { removeLoadBalancer } from "./load-balancing/registration.ts";
import type { Of } from "./verb.ts";

export function createTenant(ctx: Context, { name, quota }: Of<"CREATE_TENANT">): Outcome {
  const bad = nameProblem(name);
  if (bad) throw invalid(`The name ${bad}.`, ["name"]);
  checkAmounts(quota);
  if (ctx.state.names.tenant.find(name) !== undefined)
    throw conflict(`There is a tenant ${name} already.`, ["name"]);
  const tenant = ctx.newId<TenantId>();
  const definition = { id: tenant, name, quota };
  const seq = ctx.emitAsActor("TenantCreated", { tenant, definition }, null);
  defaultGroupOf(ctx, tenant, seq);
  return { kind: "TENANT", tenantId: tenant };
}

/** A quota below what the tenant has takes nothing away: it refuses what comes. */
export function setQuota(ctx: Context, { tenantId, quota }: Of<"SET_QUOTA">): Outcome {
  const tenant = findTenant(ctx, tenantId);
  checkAmounts(quota);
  const changes = differences(tenant.quota, quota);
  if (changes.length > 0)
    ctx.emitAsActor("TenantQuotaChanged", { tenant: tenantId, changes, quota }, null);
  return { kind: "TENANT", tenantId };
}

export function deleteTenant(ctx: Context, { tenantId }: Of<"DELETE_TENANT">): Outcome {
  const { name } = findTenant(ctx, tenantId);
  if (name === GUEST_DEFAULTS.tenant)
    throw conflict(`Tenant ${name} is the one of guests that name none; it stays.`, ["tenantId"]);
  const guests = ctx.state.indexes.guestsOfTenant.count(tenantId);
  if (guests > 0)
    throw conflict(`Tenant ${name} has ${guests} guests; delete them first.`, ["tenantId"]);
  const groups = ctx.state.indexes.scaling.groupsOfTenant.count(tenantId);
  if (groups > 0)
    throw conflict(`Tenant ${name} has ${groups} scaling groups; delete them first.`, ["tenantId"]);
  removeTenant(ctx, tenantId, null);
  return { kind: "TENANT", tenantId };
}

/** One that has no guests. */
export function removeTenant(ctx: Context, tenantId: TenantId, causeSeq: Seq | null): void {
  revokeTokensOf(ctx, tenantId, causeSeq);
  removeGroupsOf(ctx, tenantId, causeSeq);
  for (const loadBalancer of ctx.state.tables.LoadBalancer.sorted())
    if (loadBalancer.tenantId === tenantId) removeLoadBalancer(ctx, loadBalancer, causeSeq);
  ctx.emitAsActor("TenantRemoved", { tenant: tenantId }, causeSeq);
}

function findTenant(ctx: Context, tenantId: TenantId): Tenant {
  const tenant = ctx.state.tables.Tenant.find(tenantId);
  if (!tenant) throw notFound("There is no such tenant.", ["tenantId"]);
  return tenant;
}

function checkAmounts(quota: Quota): void {
  for (const [field, amount] of Object.entries(quota))
    if (amount !== null && !(Number.isSafeInteger(amount) && amount >= 0))
      throw invalid("A quota has amounts of 0 or more, in whole units.", ["quota", field]);
}
