import { and, inArray, type SQL } from "drizzle-orm";
import { NO_RESOURCES } from "../src/model/resources.ts";
import { hosts } from "../src/store/tables.ts";
import { builder } from "./builder.ts";
import { connectionOf } from "./connection.ts";
import { HostStatus } from "./enums.ts";
import { GuestConnection, guestArgs, guestPage } from "./guest.ts";
import { filterIds } from "./ids.ts";
import { inList } from "./in-list.ts";
import { nameContains, orderBy, orderInput, pageQuery } from "./list.ts";
import type { PageArguments } from "./page.ts";
import { Resources, Usage } from "./resources.ts";
import { VOLATILE } from "./volatile.ts";
import { inZonesOf } from "./zones-of.ts";

export const Host = builder.drizzleNode("hosts", {
  name: "Host",
  description: "A physical machine.",
  id: { column: (host) => host.id },
  fields: (t) => ({
    name: t.exposeString("name"),
    status: t.expose("status", { type: HostStatus }),
    statusSince: t.field({ type: "DateTime", resolve: (host) => host.statusSinceMs }),
    driver: t.exposeString("driver", { description: "`simulated` or `libvirt`." }),
    capacity: t.field({ type: Resources, resolve: (host) => host }),
    allocated: t.field({
      type: Resources,
      description: "What the guests here, and those on their way here, take.",
      resolve: async (host, _args, { loaders }) =>
        (await loaders.hostAllocation.load(host.id)) ?? NO_RESOURCES,
    }),
    reserved: t.field({
      type: Resources,
      description:
        "What of it is promised to guests by their reservations; never more than it has.",
      resolve: async (host, _args, { loaders }) =>
        (await loaders.hostReserved.load(host.id)) ?? NO_RESOURCES,
    }),
    usage: t.field({
      type: Usage,
      nullable: true,
      description: "The sum of its guests' newest samples; null while there is none.",
      extensions: VOLATILE,
      resolve: async (host, _args, { loaders }) => (await loaders.hostUsage.load(host.id)) ?? null,
    }),
    guests: t.relatedConnection(
      "guests",
      { args: guestArgs, query: (args) => guestPage(args), totalCount: true },
      GuestConnection,
    ),
    lastHeartbeatAt: t.field({
      type: "DateTime",
      nullable: true,
      extensions: VOLATILE,
      select: { with: { telemetry: true } },
      resolve: (host) => host.telemetry?.lastHeartbeatAtMs ?? null,
    }),
  }),
});

export const HostConnection = connectionOf(Host, "Host");

export const HostFilter = builder.inputType("HostFilter", {
  fields: (t) => ({
    statuses: t.field({ type: [HostStatus] }),
    zoneIds: t.idList(),
    regionIds: t.idList(),
    nameContains: t.string(),
  }),
});

const HOST_ORDER = {
  NAME: "name",
  STATUS: "status",
  STATUS_SINCE: "statusSinceMs",
  CPU_CORES: "cpuMillicores",
  MEMORY: "memoryMiB",
} as const;
export const HostOrder = orderInput("Host", HOST_ORDER);

interface HostListArguments extends PageArguments {
  readonly filter?: typeof HostFilter.$inferInput | null | undefined;
  readonly orderBy?: typeof HostOrder.$inferInput | null | undefined;
}

function hostCondition(filter: HostListArguments["filter"]) {
  return (table: typeof hosts): SQL | undefined => {
    if (!filter) return undefined;
    const { statuses, zoneIds, regionIds } = filter;
    const regions = regionIds && filterIds("Region", regionIds, "filter.regionIds");
    return and(
      statuses ? inArray(table.status, statuses) : undefined,
      zoneIds ? inList(table.zoneId, filterIds("Zone", zoneIds, "filter.zoneIds")) : undefined,
      regions ? inZonesOf(table.zoneId, regions) : undefined,
      nameContains(table.name, filter.nameContains),
    );
  };
}

/** One page of hosts, in whatever list they stand. */
export function hostPage(args: HostListArguments) {
  return pageQuery(args, hostCondition(args.filter), orderBy(HOST_ORDER, args.orderBy));
}

export const hostArgs = builder.args((t) => ({
  filter: t.field({ type: HostFilter }),
  orderBy: t.field({ type: HostOrder }),
}));

builder.queryFields((t) => ({
  host: t.drizzleField({
    type: Host,
    nullable: true,
    args: { name: t.arg.string({ required: true }) },
    resolve: (query, _root, { name }, { db }) =>
      db.query.hosts.findFirst(query({ where: { name } })),
  }),
  hosts: t.drizzleConnection(
    {
      type: Host,
      args: hostArgs,
      totalCount: (_root, args, { db }) => db.$count(hosts, hostCondition(args.filter)(hosts)),
      resolve: (query, _root, args, { db }) => db.query.hosts.findMany(query(hostPage(args))),
    },
    HostConnection,
  ),
}));
