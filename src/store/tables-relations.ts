/** How the tables hang together, for drizzle's relational queries and the schema built on them. */

import { defineRelations } from "drizzle-orm";
import {
  affinityRules,
  apiTokens,
  dataCenters,
  failovers,
  faults,
  flavors,
  guests,
  hosts,
  images,
  incidents,
  operations,
  racks,
  recommendations,
  regions,
  scalingGroups,
  securityGroups,
  tenants,
  zones,
} from "./tables.ts";
import { loadBalancers, loadBalancerTargets } from "./tables-load-balancers.ts";
import { guestTelemetry, hostTelemetry } from "./tables-log.ts";
import { loadHistories } from "./tables-scaling.ts";

const tables = {
  apiTokens,
  regions,
  zones,
  dataCenters,
  racks,
  recommendations,
  hosts,
  tenants,
  flavors,
  images,
  incidents,
  scalingGroups,
  guests,
  affinityRules,
  securityGroups,
  faults,
  failovers,
  operations,
  loadBalancers,
  loadBalancerTargets,
  loadHistories,
  guestTelemetry,
  hostTelemetry,
};

export const relations = defineRelations(tables, (r) => ({
  regions: {
    zones: r.many.zones({ from: r.regions.id, to: r.zones.regionId }),
  },
  zones: {
    region: r.one.regions({ from: r.zones.regionId, to: r.regions.id, optional: false }),
    dataCenters: r.many.dataCenters({ from: r.zones.id, to: r.dataCenters.zoneId }),
    hosts: r.many.hosts({ from: r.zones.id, to: r.hosts.zoneId }),
    guests: r.many.guests({ from: r.zones.id, to: r.guests.zoneId }),
  },
  dataCenters: {
    zone: r.one.zones({ from: r.dataCenters.zoneId, to: r.zones.id, optional: false }),
    racks: r.many.racks({ from: r.dataCenters.id, to: r.racks.dataCenterId }),
    hosts: r.many.hosts({ from: r.dataCenters.id, to: r.hosts.dataCenterId }),
  },
  racks: {
    dataCenter: r.one.dataCenters({
      from: r.racks.dataCenterId,
      to: r.dataCenters.id,
      optional: false,
    }),
    hosts: r.many.hosts({ from: r.racks.id, to: r.hosts.rackId }),
  },
  hosts: {
    zone: r.one.zones({ from: r.hosts.zoneId, to: r.zones.id, optional: false }),
    dataCenter: r.one.dataCenters({
      from: r.hosts.dataCenterId,
      to: r.dataCenters.id,
      optional: false,
    }),
    rack: r.one.racks({ from: r.hosts.rackId, to: r.racks.id }),
    guests: r.many.guests({ from: r.hosts.id, to: r.guests.hostId, alias: "host" }),
    incomingGuests: r.many.guests({
      from: r.hosts.id,
      to: r.guests.targetHostId,
      alias: "targetHost",
    }),
    telemetry: r.one.hostTelemetry({ from: r.hosts.id, to: r.hostTelemetry.hostId }),
  },
  tenants: {
    guests: r.many.guests({ from: r.tenants.id, to: r.guests.tenantId }),
    securityGroups: r.many.securityGroups({
      from: r.tenants.id,
      to: r.securityGroups.tenantId,
    }),
    loadBalancers: r.many.loadBalancers({ from: r.tenants.id, to: r.loadBalancers.tenantId }),
    scalingGroups: r.many.scalingGroups({ from: r.tenants.id, to: r.scalingGroups.tenantId }),
    apiTokens: r.many.apiTokens({ from: r.tenants.id, to: r.apiTokens.tenantId }),
  },
  securityGroups: {
    tenant: r.one.tenants({
      from: r.securityGroups.tenantId,
      to: r.tenants.id,
      optional: false,
    }),
  },
  scalingGroups: {
    tenant: r.one.tenants({
      from: r.scalingGroups.tenantId,
      to: r.tenants.id,
      optional: false,
    }),
    members: r.many.guests({ from: r.scalingGroups.id, to: r.guests.groupId }),
  },
  flavors: {
    guests: r.many.guests({ from: r.flavors.id, to: r.guests.flavorId }),
  },
  images: {
    guests: r.many.guests({ from: r.images.id, to: r.guests.imageId }),
  },
  guests: {
    tenant: r.one.tenants({ from: r.guests.tenantId, to: r.tenants.id, optional: false }),
    flavor: r.one.flavors({ from: r.guests.flavorId, to: r.flavors.id }),
    image: r.one.images({ from: r.guests.imageId, to: r.images.id, optional: false }),
    host: r.one.hosts({ from: r.guests.hostId, to: r.hosts.id, alias: "host" }),
    targetHost: r.one.hosts({ from: r.guests.targetHostId, to: r.hosts.id, alias: "targetHost" }),
    homeHost: r.one.hosts({ from: r.guests.homeHostId, to: r.hosts.id, alias: "homeHost" }),
    zone: r.one.zones({ from: r.guests.zoneId, to: r.zones.id }),
    operations: r.many.operations({ from: r.guests.id, to: r.operations.guestId }),
    telemetry: r.one.guestTelemetry({ from: r.guests.id, to: r.guestTelemetry.guestId }),
  },
  loadBalancers: {
    tenant: r.one.tenants({ from: r.loadBalancers.tenantId, to: r.tenants.id, optional: false }),
    targets: r.many.loadBalancerTargets({
      from: r.loadBalancers.id,
      to: r.loadBalancerTargets.loadBalancerId,
    }),
  },
  loadBalancerTargets: {
    loadBalancer: r.one.loadBalancers({
      from: r.loadBalancerTargets.loadBalancerId,
      to: r.loadBalancers.id,
      optional: false,
    }),
    guest: r.one.guests({
      from: r.loadBalancerTargets.guestId,
      to: r.guests.id,
      optional: false,
    }),
  },
  operations: {
    guest: r.one.guests({ from: r.operations.guestId, to: r.guests.id }),
  },
}));
