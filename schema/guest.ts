import { and, inArray, type SQL } from "drizzle-orm";
import { GUEST_DEFAULTS } from "../src/model/fleet.ts";
import type { GuestId } from "../src/model/ids.ts";
import { guests } from "../src/store/tables.ts";
import { builder } from "./builder.ts";
import { connectionOf } from "./connection.ts";
import { DesiredState, GuestStatus } from "./enums.ts";
import { filterIds } from "./ids.ts";
import { inList } from "./in-list.ts";
import { nameContains, orderBy, orderInput, pageQuery } from "./list.ts";
import { ownNamed } from "./named-inputs.ts";
import type { PageArguments } from "./page.ts";
import { Resources, Usage } from "./resources.ts";
import { VOLATILE } from "./volatile.ts";
import { inZonesOf } from "./zones-of.ts";

export const Guest = builder.drizzleNode("guests", {
  name: "Guest",
  description: "A virtual machine.",
  id: { column: (guest) => guest.id },
  fields: (t) => ({
    name: t.exposeString("name"),
    resources: t.field({ type: Resources, resolve: (guest) => guest }),
    status: t.expose("status", { type: GuestStatus }),
    statusSince: t.field({ type: "DateTime", resolve: (guest) => guest.statusSinceMs }),
    desired: t.expose("desired", { type: DesiredState }),
    deleting: t.exposeBoolean("deleting", {
      description: "Goes away as soon as it is stopped.",
    }),
    retryAt: t.field({
      type: "DateTime",
      nullable: true,
      description: "It is not tried again before this; null when nothing waits.",
      resolve: (guest) => guest.retryAtMs,
    }),
    readyAt: t.field({
      type: "DateTime",
      nullable: true,
      description:
        "It runs, but those that depend on it wait until then; null when it is ready, or does not run.",
      resolve: (guest) => guest.readyAtMs,
    }),
    createdAt: t.field({ type: "DateTime", resolve: (guest) => guest.createdAtMs }),
    usage: t.field({
      type: Usage,
      nullable: true,
      description: "The newest sample; null while it runs nowhere.",
      extensions: VOLATILE,
      select: { columns: { hostId: true }, with: { telemetry: true } },
      resolve: (guest) => (guest.hostId === null ? null : guest.telemetry),
    }),
  }),
});

export const GuestConnection = connectionOf(Guest, "Guest");

export const GuestFilter = builder.inputType("GuestFilter", {
  fields: (t) => ({
    statuses: t.field({ type: [GuestStatus] }),
    hostIds: t.idList(),
    zoneIds: t.idList(),
    regionIds: t.idList(),
    tenantIds: t.idList(),
    scalingGroupIds: t.idList(),
    nameContains: t.string(),
  }),
});

const GUEST_ORDER = {
  NAME: "name",
  STATUS: "status",
  STATUS_SINCE: "statusSinceMs",
  CREATED_AT: "createdAtMs",
  CPU_CORES: "cpuMillicores",
  MEMORY: "memoryMiB",
} as const;
export const GuestOrder = orderInput("Guest", GUEST_ORDER);

interface GuestListArguments extends PageArguments {
  readonly filter?: typeof GuestFilter.$inferInput | null | undefined;
  readonly orderBy?: typeof GuestOrder.$inferInput | null | undefined;
}

/** `among`: only these guests. */
export function guestCondition(
  filter: GuestListArguments["filter"],
  among: readonly GuestId[] | null = null,
) {
  return (table: typeof guests): SQL | undefined =>
    and(among ? inList(table.id, among) : undefined, filterCondition(table, filter));
}

function filterCondition(
  table: typeof guests,
  filter: GuestListArguments["filter"],
): SQL | undefined {
  if (!filter) return undefined;
  const { statuses, hostIds, zoneIds, regionIds, tenantIds, scalingGroupIds } = filter;
  const hosts = hostIds && filterIds("Host", hostIds, "filter.hostIds");
  const zones = zoneIds && filterIds("Zone", zoneIds, "filter.zoneIds");
  const regions = regionIds && filterIds("Region", regionIds, "filter.regionIds");
  const tenants = tenantIds && filterIds("Tenant", tenantIds, "filter.tenantIds");
  const groups =
    scalingGroupIds && filterIds("ScalingGroup", scalingGroupIds, "filter.scalingGroupIds");
  return and(
    groups ? inList(table.groupId, groups) : undefined,
    statuses ? inArray(table.status, statuses) : undefined,
    hosts ? inList(table.hostId, hosts) : undefined,
    zones ? inList(table.zoneId, zones) : undefined,
    regions ? inZonesOf(table.zoneId, regions) : undefined,
    tenants ? inList(table.tenantId, tenants) : undefined,
    nameContains(table.name, filter.nameContains),
  );
}

/** One page of guests, in whatever list they stand; `among` says which ones those are. */
export function guestPage(
  args: GuestListArguments,
  among: readonly GuestId[] | ((table: typeof guests) => SQL | undefined) | null = null,
) {
  const order = orderBy(GUEST_ORDER, args.orderBy);
  if (typeof among !== "function")
    return pageQuery(args, guestCondition(args.filter, among), order);
  const both = (table: typeof guests) => and(among(table), guestCondition(args.filter)(table));
  return pageQuery(args, both, order);
}

export const guestArgs = builder.args((t) => ({
  filter: t.field({ type: GuestFilter }),
  orderBy: t.field({ type: GuestOrder }),
}));

builder.queryFields((t) => ({
  guest: t.drizzleField({
    type: Guest,
    nullable: true,
    args: {
      name: t.arg.string({ required: true }),
      tenant: t.arg.string({ defaultValue: GUEST_DEFAULTS.tenant }),
    },
    description: "A principal of a tenant that names none means its own.",
    resolve: (query, _root, { name, tenant }, context) =>
      context.db.query.guests.findFirst(query({ where: ownNamed(name, tenant, context) })),
  }),
  guests: t.drizzleConnection(
    {
      type: Guest,
      args: guestArgs,
      totalCount: (_root, args, { db }) => db.$count(guests, guestCondition(args.filter)(guests)),
      resolve: (query, _root, args, { db }) => db.query.guests.findMany(query(guestPage(args))),
    },
    GuestConnection,
  ),
}));
