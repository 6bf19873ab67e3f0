import type { Host } from "../../../model/entities.ts";
import type {
  DataCenterSpec,
  FleetSpec,
  HostSpec,
  RegionSpec,
  ZoneSpec,
} from "../../../model/fleet.ts";
import type { DataCenterId, HostId, RackId, RegionId, ZoneId } from "../../../model/ids.ts";
import { type PowerWatts, powerModelName } from "../../../model/power.ts";
import type { Resources } from "../../../model/resources.ts";
import { type AllocationRatios, offeredBy } from "../../../model/settings.ts";
import { beginFault } from "../faults.ts";
import { differences, type Plan } from "./plan.ts";

/** Regions, zones, data centers, racks and hosts: created where they are new, never moved. */
export function planTopology(plan: Plan, spec: FleetSpec): void {
  for (const region of spec.regions) {
    planRegion(plan, region);
    for (const zone of region.zones) {
      planZone(plan, region, zone);
      for (const dataCenter of zone.dataCenters) {
        planDataCenter(plan, zone, dataCenter);
        planRacks(plan, zone, dataCenter);
        for (const host of dataCenter.hosts) planHost(plan, zone, dataCenter, host);
      }
    }
  }
}

function planRegion(plan: Plan, { name, latitude, longitude }: RegionSpec): void {
  const { ctx } = plan;
  const id = ctx.state.names.region.find(name);
  if (id === undefined) {
    plan.create("Region", name, (cause) => {
      const region = ctx.newId<RegionId>();
      const definition = { id: region, name, latitude, longitude };
      ctx.emitAsActor("RegionCreated", { region, definition }, cause);
    });
    return;
  }
  const old = ctx.state.tables.Region.get(id);
  const changes = differences(old, { latitude, longitude });
  plan.update("Region", name, changes, (cause) => {
    const definition = { ...old, latitude, longitude };
    ctx.emitAsActor("RegionChanged", { region: old.id, changes, definition }, cause);
  });
}

function planZone(plan: Plan, region: RegionSpec, { name, path, tolerate }: ZoneSpec): void {
  const { ctx } = plan;
  const { names, tables } = ctx.state;
  const id = names.zone.find(name);
  if (id !== undefined) {
    const old = tables.Zone.get(id);
    const { regionId } = old;
    const owner = tables.Region.get(regionId).name;
    if (owner !== region.name)
      plan.problem(path, `Zone ${name} belongs to region ${owner}; zones do not move.`);
    const changes = differences({ tolerate: old.tolerate }, { tolerate });
    plan.update("Zone", name, changes, (cause) => {
      const definition = { tolerate };
      ctx.emitAsActor("ZoneChanged", { zone: old.id, changes, definition }, cause);
    });
    return;
  }
  plan.create("Zone", name, (cause) => {
    const zone = ctx.newId<ZoneId>();
    const definition = {
      id: zone,
      name,
      regionId: names.region.find(region.name) as RegionId,
      status: "HEALTHY",
      power: "UP",
      cooling: "UP",
      utilityRestoredAtMs: null,
      network: "UP",
      causeSeq: null,
      tolerate,
      incidentId: null,
    } as const;
    ctx.emitAsActor("ZoneCreated", { zone, definition }, cause);
  });
}

function planDataCenter(plan: Plan, zone: ZoneSpec, { name }: DataCenterSpec): void {
  const { ctx } = plan;
  const { names } = ctx.state;
  const zoneId = names.zone.find(zone.name);
  if (zoneId !== undefined && names.dataCenter.find(name, zoneId) !== undefined) {
    plan.unchanged++;
    return;
  }
  plan.create("DataCenter", name, (cause) => {
    const dataCenter = ctx.newId<DataCenterId>();
    const definition = { id: dataCenter, name, zoneId: names.zone.find(zone.name) as ZoneId };
    ctx.emitAsActor("DataCenterCreated", { dataCenter, definition }, cause);
  });
}

function findDataCenter(plan: Plan, zone: ZoneSpec, dataCenter: DataCenterSpec) {
  const { names } = plan.ctx.state;
  const zoneId = names.zone.find(zone.name);
  const id = zoneId === undefined ? undefined : names.dataCenter.find(dataCenter.name, zoneId);
  return id as DataCenterId | undefined;
}

/** Racks are named by the hosts in them. */
function planRacks(plan: Plan, zone: ZoneSpec, dataCenter: DataCenterSpec): void {
  const { ctx } = plan;
  const racks = new Set(dataCenter.hosts.map((host) => host.rack).filter((rack) => rack !== null));
  const known = findDataCenter(plan, zone, dataCenter);
  for (const name of racks) {
    if (known !== undefined && ctx.state.names.rack.find(name, known) !== undefined) {
      plan.unchanged++;
      continue;
    }
    plan.create("Rack", name, (cause) => {
      const rack = ctx.newId<RackId>();
      const dataCenterId = findDataCenter(plan, zone, dataCenter) as DataCenterId;
      ctx.emitAsActor("RackCreated", { rack, definition: { id: rack, name, dataCenterId } }, cause);
    });
  }
}

function planHost(plan: Plan, zone: ZoneSpec, dataCenter: DataCenterSpec, spec: HostSpec): void {
  if (spec.driver !== "simulated")
    plan.problem([...spec.path, "driver"], `Driver ${spec.driver} is not available here.`);
  const id = plan.ctx.state.names.host.find(spec.name);
  if (id === undefined) createHost(plan, zone, dataCenter, spec);
  else updateHost(plan, id, zone, dataCenter, spec);
}

function createHost(plan: Plan, zone: ZoneSpec, dataCenter: DataCenterSpec, spec: HostSpec): void {
  const { ctx } = plan;
  const { names } = ctx.state;
  const { name, driver, driverUri, capacity, powerWatts } = spec;
  plan.create("Host", name, (cause) => {
    const dataCenterId = findDataCenter(plan, zone, dataCenter) as DataCenterId;
    const rack = spec.rack === null ? null : (names.rack.find(spec.rack, dataCenterId) as RackId);
    const id = ctx.newId<HostId>();
    const definition = {
      id,
      name,
      zoneId: names.zone.find(zone.name) as ZoneId,
      dataCenterId,
      rackId: rack,
      driver,
      driverUri,
      capacity,
      powerWatts,
      status: "DOWN",
      overload: null,
      statusSinceMs: ctx.nowMs,
      causeSeq: ctx.state.meta.seq + 1,
      everUp: false,
      generation: 0,
      fenceFailedAtMs: null,
      lastSeenAtMs: null,
      opinion: null,
      maintenance: false,
      power: null,
      flaps: 0,
      returnedAtMs: null,
      heldUntilMs: null,
      unansweredSinceMs: null,
      bootMs: null,
      movesShunUntilMs: null,
      watchdogMs: null,
      incidentId: null,
    } as const;
    const seq = ctx.emitAsActor("HostAdded", { host: id, definition }, cause);
    if (!spec.powered) beginFault(ctx, "HOST_POWER", { type: "Host", id }, null, seq);
  });
}

function checkPlace(
  plan: Plan,
  host: Host,
  zone: ZoneSpec,
  dataCenter: DataCenterSpec,
  spec: HostSpec,
): void {
  const { tables } = plan.ctx.state;
  const there = {
    zone: tables.Zone.get(host.zoneId).name,
    dataCenter: tables.DataCenter.get(host.dataCenterId).name,
    rack: host.rackId === null ? null : tables.Rack.get(host.rackId).name,
  };
  const same =
    there.zone === zone.name && there.dataCenter === dataCenter.name && there.rack === spec.rack;
  if (same) return;
  const where = [there.zone, there.dataCenter, there.rack ?? "no rack"].join(", ");
  plan.problem(spec.path, `Host ${spec.name} stands elsewhere (${where}); hosts do not move.`);
}

function updateHost(
  plan: Plan,
  id: number,
  zone: ZoneSpec,
  dataCenter: DataCenterSpec,
  spec: HostSpec,
): void {
  const { ctx } = plan;
  const { tables } = ctx.state;
  const host = tables.Host.get(id);
  checkPlace(plan, host, zone, dataCenter, spec);
  if (host.driver !== spec.driver)
    plan.problem(spec.path, `Host ${spec.name} is driven by ${host.driver}; that cannot change.`);
  const { capacity, powerWatts } = spec;
  const changes = [
    ...differences(host.capacity, capacity),
    ...differences(
      { powerModel: toldModel(host.powerWatts) },
      { powerModel: toldModel(powerWatts) },
    ),
  ];
  plan.update("Host", spec.name, changes, (cause) => {
    const payload = { host: host.id, changes, capacity, definition: { powerWatts } };
    ctx.emitAsActor("HostChanged", payload, cause);
  });
}

/** As documents give it: by its name where it has one. */
function toldModel(watts: PowerWatts | null): string | PowerWatts | null {
  return powerModelName(watts) ?? watts;
}

/** No host may offer less than its guests have: neither by its own size nor by the fleet's ratios. */
export function checkOffers(plan: Plan, spec: FleetSpec): void {
  const wanted = new Map<string, HostSpec>();
  for (const region of spec.regions)
    for (const zone of region.zones)
      for (const { hosts } of zone.dataCenters)
        for (const host of hosts) wanted.set(host.name, host);
  const { meta, tables } = plan.ctx.state;
  if (offersLess(meta.settings, plan.settings)) {
    for (const { name, capacity } of tables.Host.sorted())
      checkOffer(plan, name, wanted.get(name)?.capacity ?? capacity, ["settings"]);
    return;
  }
  for (const { name, capacity, path } of wanted.values()) checkOffer(plan, name, capacity, path);
}

function offersLess(before: AllocationRatios, after: AllocationRatios): boolean {
  return (
    after.cpuAllocationRatio < before.cpuAllocationRatio ||
    after.memoryAllocationRatio < before.memoryAllocationRatio
  );
}

function checkOffer(plan: Plan, name: string, capacity: Resources, path: HostSpec["path"]): void {
  const { names, indexes } = plan.ctx.state;
  const allocated = indexes.capacity.room(names.host.find(name) ?? 0)?.allocated;
  if (!allocated) return;
  const offered = offeredBy(capacity, plan.settings);
  for (const key of ["cpuMillicores", "memoryMiB", "storageGiB"] as const)
    if (offered[key] < allocated[key])
      plan.problem(
        path,
        `Host ${name} has guests that take ${allocated[key]} ${key}, more than the ${offered[key]} it would be left with.`,
      );
  const reserved = indexes.reserved.get((names.host.find(name) ?? 0) as HostId);
  for (const key of ["cpuMillicores", "memoryMiB"] as const)
    if (reserved && capacity[key] < reserved[key])
      plan.problem(
        path,
        `Host ${name} has guests that reserve ${reserved[key]} ${key}, more than the ${capacity[key]} it would have.`,
      );
}
