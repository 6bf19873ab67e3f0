import { builder } from "./builder.ts";
import { DataCenter } from "./data-center.ts";
import { Flavor } from "./flavor.ts";
import { Guest } from "./guest.ts";
import { Host } from "./host.ts";
import { Image } from "./image.ts";
import { Rack } from "./rack.ts";
import { Region } from "./region.ts";
import { Tenant } from "./tenant.ts";
import { Zone } from "./zone.ts";

/**
 * From each noun to the ones that it belongs to. Here, because the other way round the nouns' modules
 * import each other already. By the loaders rather than as plugin-drizzle's relations, which for rows
 * that it has not selected itself wait a timer's turn: too long for each of many events.
 */

builder.drizzleObjectField(Zone, "region", (t) =>
  t.field({
    type: Region,
    resolve: (zone, _args, { loaders }) => loaders.owner("Region", zone.regionId),
  }),
);

builder.drizzleObjectField(DataCenter, "zone", (t) =>
  t.field({
    type: Zone,
    resolve: (dataCenter, _args, { loaders }) => loaders.owner("Zone", dataCenter.zoneId),
  }),
);

builder.drizzleObjectField(Rack, "dataCenter", (t) =>
  t.field({
    type: DataCenter,
    resolve: (rack, _args, { loaders }) => loaders.owner("DataCenter", rack.dataCenterId),
  }),
);

builder.drizzleObjectFields(Host, (t) => ({
  zone: t.field({
    type: Zone,
    resolve: (host, _args, { loaders }) => loaders.owner("Zone", host.zoneId),
  }),
  dataCenter: t.field({
    type: DataCenter,
    resolve: (host, _args, { loaders }) => loaders.owner("DataCenter", host.dataCenterId),
  }),
  rack: t.field({
    type: Rack,
    nullable: true,
    resolve: (host, _args, { loaders }) => loaders.entity("Rack", host.rackId),
  }),
}));

builder.drizzleObjectFields(Guest, (t) => ({
  tenant: t.field({
    type: Tenant,
    resolve: (guest, _args, { loaders }) => loaders.owner("Tenant", guest.tenantId),
  }),
  flavor: t.field({
    type: Flavor,
    description: "Resources that were given one by one are a flavor of their own.",
    resolve: (guest, _args, { loaders }) => loaders.owner("Flavor", guest.flavorId),
  }),
  image: t.field({
    type: Image,
    resolve: (guest, _args, { loaders }) => loaders.owner("Image", guest.imageId),
  }),
  host: t.field({
    type: Host,
    nullable: true,
    description: "Null while it runs nowhere.",
    resolve: (guest, _args, { loaders }) => loaders.entity("Host", guest.hostId),
  }),
  targetHost: t.field({
    type: Host,
    nullable: true,
    description: "Where it migrates to; null when it doesn't.",
    resolve: (guest, _args, { loaders }) => loaders.entity("Host", guest.targetHostId),
  }),
  homeHost: t.field({
    type: Host,
    nullable: true,
    description: "Where the fleet document says it is at home: preferred while that host is up.",
    resolve: (guest, _args, { loaders }) => loaders.entity("Host", guest.homeHostId),
  }),
  frozenOnHost: t.field({
    type: Host,
    nullable: true,
    description: "FROZEN: the host that it comes back with.",
    resolve: (guest, _args, { loaders }) => loaders.entity("Host", guest.frozenOnHostId),
  }),
  displacedFrom: t.field({
    type: Host,
    nullable: true,
    description: "Where it was before it was moved for the fleet's sake, and goes back to.",
    resolve: (guest, _args, { loaders }) => loaders.entity("Host", guest.displacedFromHostId),
  }),
  preemptedBy: t.field({
    type: Guest,
    nullable: true,
    description: "The guest that it had to make room for; null once it runs again.",
    resolve: (guest, _args, { loaders }) => loaders.entity("Guest", guest.preemptedBy),
  }),
  zone: t.field({
    type: Zone,
    nullable: true,
    description: "Null while it runs nowhere.",
    resolve: (guest, _args, { loaders }) => loaders.entity("Zone", guest.zoneId),
  }),
}));
