import type { SecurityGroupId, Seq, TenantId } from "../../model/ids.ts";
import { DEFAULT_GROUP, defaultRules } from "../../model/security.ts";
import type { Context } from "../context.ts";

/** The tenant's default security group. Made when it is needed for the first time, at the latest with the tenant's own command. */
export function defaultGroupOf(
  ctx: Context,
  tenant: TenantId,
  causeSeq: Seq | null,
): SecurityGroupId {
  const known = ctx.state.names.securityGroup.find(DEFAULT_GROUP, tenant);
  if (known !== undefined) return known as SecurityGroupId;
  const group = ctx.newId<SecurityGroupId>();
  const rules = defaultRules(group);
  const definition = { id: group, name: DEFAULT_GROUP, tenantId: tenant, rules };
  ctx.emitAsActor("SecurityGroupCreated", { group, tenant, definition }, causeSeq);
  return group;
}

/** For tenants that are new. */
export function completeDefaultGroups(ctx: Context, causeSeq: Seq | null): void {
  for (const { id } of ctx.state.tables.Tenant.sorted()) defaultGroupOf(ctx, id, causeSeq);
}

/** Nobody is left in them. */
export function removeGroupsOf(ctx: Context, tenant: TenantId, causeSeq: Seq | null): void {
  for (const { id: group, tenantId } of ctx.state.tables.SecurityGroup.sorted())
    if (tenantId === tenant) ctx.emitAsActor("SecurityGroupRemoved", { group }, causeSeq);
}
