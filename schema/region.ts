import { regions } from "../src/store/tables.ts";
import { builder } from "./builder.ts";
import { NO_CAPACITY } from "./capacity-queries.ts";
import { connectionOf } from "./connection.ts";
import { namedList } from "./named.ts";
import { Capacity } from "./resources.ts";
import { ZoneConnection, zoneList } from "./zone.ts";

const GeoPoint = builder
  .objectRef<{ latitude: number | null; longitude: number | null }>("GeoPoint")
  .implement({
    description: "Degrees. 0, 0 when the fleet document gives none.",
    fields: (t) => ({
      latitude: t.float({ resolve: (point) => point.latitude ?? 0 }),
      longitude: t.float({ resolve: (point) => point.longitude ?? 0 }),
    }),
  });

export const Region = builder.drizzleNode("regions", {
  name: "Region",
  description: "A geographic place with several data centers.",
  id: { column: (region) => region.id },
  fields: (t) => ({
    name: t.exposeString("name"),
    location: t.field({ type: GeoPoint, resolve: (region) => region }),
    zones: t.relatedConnection(
      "zones",
      { args: zoneList.args, query: (args) => zoneList.page(args), totalCount: true },
      ZoneConnection,
    ),
    capacity: t.field({
      type: Capacity,
      resolve: async (region, _args, { loaders }) =>
        (await loaders.regionCapacity.load(region.id)) ?? NO_CAPACITY,
    }),
  }),
});

const RegionConnection = connectionOf(Region, "Region");
const regionList = namedList("Region");

builder.queryFields((t) => ({
  region: t.drizzleField({
    type: Region,
    nullable: true,
    args: { name: t.arg.string({ required: true }) },
    resolve: (query, _root, { name }, { db }) =>
      db.query.regions.findFirst(query({ where: { name } })),
  }),
  regions: t.drizzleConnection(
    {
      type: Region,
      args: regionList.args,
      totalCount: (_root, args, { db }) =>
        db.$count(regions, regionList.condition(args.filter)(regions)),
      resolve: (query, _root, args, { db }) =>
        db.query.regions.findMany(query(regionList.page(args))),
    },
    RegionConnection,
  ),
}));
