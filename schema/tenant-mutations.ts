import type { Quota } from "../src/model/entities.ts";
import { builder } from "./builder.ts";
import { commandMutation, cursorOf, type Done, idempotencyKey, inputId } from "./command.ts";
import { globalId } from "./ids.ts";
import { MILLICORES } from "./resources.ts";
import { Tenant } from "./tenant.ts";

const QuotaInput = builder.inputType("QuotaInput", {
  description: "Upper bounds for the sum over a tenant's guests. What is not given is unbounded.",
  fields: (t) => ({
    cpuCores: t.float(),
    memoryMiB: t.int(),
    storageGiB: t.int(),
    guests: t.int(),
  }),
});

function toQuota(input: typeof QuotaInput.$inferInput | null | undefined): Quota {
  const { cpuCores, memoryMiB, storageGiB, guests } = input ?? {};
  return {
    cpuMillicores: cpuCores == null ? null : Math.round(cpuCores * MILLICORES),
    memoryMiB: memoryMiB ?? null,
    storageGiB: storageGiB ?? null,
    guests: guests ?? null,
  };
}

function payload(name: string) {
  return builder.objectRef<Done<"TENANT">>(name).implement({
    fields: (t) => ({
      tenantId: t.id({ resolve: ({ outcome }) => globalId("Tenant", outcome.tenantId) }),
      tenant: t.field({
        type: Tenant,
        nullable: true,
        description: "Null when it has been deleted since.",
        resolve: ({ outcome }, _args, { loaders }) => loaders.entity("Tenant", outcome.tenantId),
      }),
      cursor: t.field({
        type: "Cursor",
        resolve: (done, _args, context) => cursorOf(done, context),
      }),
    }),
  });
}

commandMutation({
  name: "createTenant",
  description: "A tenant owns guests and sees nothing of what others have.",
  input: builder.inputType("CreateTenantInput", {
    fields: (t) => ({
      name: t.string({ required: true }),
      quota: t.field({ type: QuotaInput }),
      idempotencyKey: t.string(idempotencyKey),
    }),
  }),
  payload: payload("CreateTenantPayload"),
  outcome: "TENANT",
  toCommand: ({ name, quota }) => ({ kind: "CREATE_TENANT", name, quota: toQuota(quota) }),
});

commandMutation({
  name: "setQuota",
  description:
    "Sets all of a tenant's bounds. One that the tenant is over already takes nothing away: it refuses more, with QUOTA_EXCEEDED.",
  input: builder.inputType("SetQuotaInput", {
    fields: (t) => ({
      tenantId: t.id({ required: true }),
      quota: t.field({ type: QuotaInput, required: true }),
      idempotencyKey: t.string(idempotencyKey),
    }),
  }),
  payload: payload("SetQuotaPayload"),
  outcome: "TENANT",
  toCommand: ({ tenantId, quota }) => ({
    kind: "SET_QUOTA",
    tenantId: inputId("Tenant", tenantId, "tenantId"),
    quota: toQuota(quota),
  }),
});

commandMutation({
  name: "deleteTenant",
  description: "Removes a tenant that has no guests, and revokes its API tokens.",
  input: builder.inputType("DeleteTenantInput", {
    fields: (t) => ({
      tenantId: t.id({ required: true }),
      idempotencyKey: t.string(idempotencyKey),
    }),
  }),
  payload: payload("DeleteTenantPayload"),
  outcome: "TENANT",
  toCommand: ({ tenantId }) => ({
    kind: "DELETE_TENANT",
    tenantId: inputId("Tenant", tenantId, "tenantId"),
  }),
});
