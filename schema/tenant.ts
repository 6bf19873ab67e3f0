import { tenants } from "../src/store/tables.ts";
import { builder } from "./builder.ts";
import { connectionOf } from "./connection.ts";
import { GuestConnection, guestArgs, guestPage } from "./guest.ts";
import { namedList } from "./named.ts";
import { MILLICORES } from "./resources.ts";

const Quota = builder.objectRef<typeof tenants.$inferSelect>("Quota").implement({
  description: "Upper bounds for the sum over a tenant's guests. Null: unbounded.",
  fields: (t) => ({
    cpuCores: t.float({
      nullable: true,
      resolve: ({ quotaCpuMillicores: quota }) => (quota === null ? null : quota / MILLICORES),
    }),
    memoryMiB: t.exposeInt("quotaMemoryMiB", { nullable: true }),
    storageGiB: t.exposeInt("quotaStorageGiB", { nullable: true }),
    guests: t.exposeInt("quotaGuests", { nullable: true }),
  }),
});

export const Tenant = builder.drizzleNode("tenants", {
  name: "Tenant",
  description: "Who owns guests; the boundary of isolation, quota and visibility.",
  id: { column: (tenant) => tenant.id },
  fields: (t) => ({
    name: t.exposeString("name"),
    quota: t.field({ type: Quota, resolve: (tenant) => tenant }),
    guests: t.relatedConnection(
      "guests",
      { args: guestArgs, query: (args) => guestPage(args), totalCount: true },
      GuestConnection,
    ),
  }),
});

const TenantConnection = connectionOf(Tenant, "Tenant");
const tenantList = namedList("Tenant");

builder.queryFields((t) => ({
  tenant: t.drizzleField({
    type: Tenant,
    nullable: true,
    args: { name: t.arg.string({ required: true }) },
    resolve: (query, _root, { name }, { db }) =>
      db.query.tenants.findFirst(query({ where: { name } })),
  }),
  tenants: t.drizzleConnection(
    {
      type: Tenant,
      args: tenantList.args,
      totalCount: (_root, args, { db }) =>
        db.$count(tenants, tenantList.condition(args.filter)(tenants)),
      resolve: (query, _root, args, { db }) =>
        db.query.tenants.findMany(query(tenantList.page(args))),
    },
    TenantConnection,
  ),
}));
