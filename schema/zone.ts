import { zones } from "../src/store/tables.ts";
import { builder } from "./builder.ts";
import { NO_CAPACITY } from "./capacity-queries.ts";
import { connectionOf } from "./connection.ts";
import { DataCenterConnection, dataCenterList } from "./data-center.ts";
import { Tolerance, UtilityStatus, ZoneStatus } from "./enums.ts";
import { GuestConnection, guestArgs, guestPage } from "./guest.ts";
import { HostConnection, hostArgs, hostPage } from "./host.ts";
import { namedList } from "./named.ts";
import { Capacity } from "./resources.ts";

export const Zone = builder.drizzleNode("zones", {
  name: "Zone",
  description:
    "An availability zone: isolated data centers with their own power, cooling and networking.",
  id: { column: (zone) => zone.id },
  fields: (t) => ({
    name: t.exposeString("name"),
    dataCenters: t.relatedConnection(
      "dataCenters",
      { args: dataCenterList.args, query: (args) => dataCenterList.page(args), totalCount: true },
      DataCenterConnection,
    ),
    hosts: t.relatedConnection(
      "hosts",
      { args: hostArgs, query: (args) => hostPage(args), totalCount: true },
      HostConnection,
    ),
    guests: t.relatedConnection(
      "guests",
      { args: guestArgs, query: (args) => guestPage(args), totalCount: true },
      GuestConnection,
    ),
    status: t.expose("status", { type: ZoneStatus }),
    power: t.expose("power", { type: UtilityStatus }),
    cooling: t.expose("cooling", { type: UtilityStatus }),
    network: t.expose("network", { type: UtilityStatus }),
    tolerate: t.expose("tolerate", {
      type: Tolerance,
      nullable: true,
      description: "The loss within the zone that room is kept for; null: as the settings say.",
    }),
    capacity: t.field({
      type: Capacity,
      resolve: async (zone, _args, { loaders }) =>
        (await loaders.zoneCapacity.load(zone.id)) ?? NO_CAPACITY,
    }),
  }),
});

export const ZoneConnection = connectionOf(Zone, "Zone");
export const zoneList = namedList("Zone");

builder.queryFields((t) => ({
  zone: t.drizzleField({
    type: Zone,
    nullable: true,
    args: { name: t.arg.string({ required: true }) },
    resolve: (query, _root, { name }, { db }) =>
      db.query.zones.findFirst(query({ where: { name } })),
  }),
  zones: t.drizzleConnection(
    {
      type: Zone,
      args: zoneList.args,
      totalCount: (_root, args, { db }) => db.$count(zones, zoneList.condition(args.filter)(zones)),
      resolve: (query, _root, args, { db }) => db.query.zones.findMany(query(zoneList.page(args))),
    },
    ZoneConnection,
  ),
}));
