import { brandWithType } from "@pothos/core";
import { and, eq, inArray, sql } from "drizzle-orm";
import type { FleetEvent } from "../src/model/events.ts";
import type { EntityType, LoadBalancerId, RegionId, Seq } from "../src/model/ids.ts";
import { DEFAULT_GROUP } from "../src/model/security.ts";
import type { Runtime } from "../src/runtime/ports.ts";
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
} from "../src/store/tables.ts";
import {
  loadBalancers,
  loadBalancerTargets,
  loadBalancerTelemetry,
} from "../src/store/tables-load-balancers.ts";
import type { Window } from "./availability.ts";
import {
  type AvailabilityReport,
  availabilityOfGuests,
  availabilityOfZones,
} from "./availability-query.ts";
import { Batch } from "./batch.ts";
import {
  type AllocationTotals,
  allocatedByHost,
  type CapacityTotals,
  capacityByRegion,
  capacityByZone,
  reservedByHost,
  type UsageSample,
  usageByHost,
} from "./capacity-queries.ts";
import type { ReadDatabase } from "./context.ts";
import { type FleetFacts, fleetFacts } from "./fleet-meta.ts";
import { type WindowArgument, windowOf } from "./window.ts";

const TABLES = {
  Region: regions,
  Zone: zones,
  DataCenter: dataCenters,
  Rack: racks,
  Host: hosts,
  Tenant: tenants,
  Flavor: flavors,
  Image: images,
  Guest: guests,
  AffinityRule: affinityRules,
  SecurityGroup: securityGroups,
  Fault: faults,
  Failover: failovers,
  Operation: operations,
  Incident: incidents,
  ApiToken: apiTokens,
  Recommendation: recommendations,
  LoadBalancer: loadBalancers,
  LoadBalancerTarget: loadBalancerTargets,
  ScalingGroup: scalingGroups,
} as const satisfies Record<EntityType, unknown>;

export const ENTITY_TYPES: ReadonlySet<string> = new Set(Object.keys(TABLES));

export type Row<T extends EntityType> = (typeof TABLES)[T]["$inferSelect"];

/** Loads by id, batched: what events, reasons and global ids point at, and sums over many rows. */
export class Loaders {
  readonly #db: ReadDatabase;
  readonly #nowMs: () => number;
  readonly #availability: Batch<string, AvailabilityReport>;
  readonly #zonesAvailability: Batch<string, AvailabilityReport>;
  readonly #entities = new Map<EntityType, Batch<number, Row<EntityType>>>();
  readonly event: Batch<Seq, FleetEvent>;
  readonly hostAllocation: Batch<number, AllocationTotals>;
  readonly hostUsage: Batch<number, UsageSample>;
  readonly hostReserved: Batch<number, AllocationTotals>;
  /** By tenant. */
  readonly defaultGroup: Batch<number, Row<"SecurityGroup">>;
  /** By load balancer, in order of id. */
  readonly targets: Batch<number, readonly Row<"LoadBalancerTarget">[]>;
  /** Those that a scaling group is in, by that, in order of id. */
  readonly balancersOfGroup: Batch<number, readonly Row<"LoadBalancer">[]>;
  /** By load balancer. */
  readonly traffic: Batch<number, typeof loadBalancerTelemetry.$inferSelect>;
  readonly zoneCapacity: Batch<number, CapacityTotals>;
  readonly regionCapacity: Batch<number, CapacityTotals>;
  readonly zonesOfRegion: Batch<number, readonly number[]>;
  readonly fleet: Batch<"fleet", FleetFacts>;

  constructor({ queries: { reader }, nowMs }: Pick<Runtime, "queries" | "nowMs">) {
    const { db } = reader;
    this.#db = db;
    this.#nowMs = nowMs;
    this.event = new Batch(
      (seqs) => new Map(reader.eventsBySeq(seqs).map((event) => [event.seq, event])),
    );
    this.#availability = new Batch((keys) => this.#measured(keys));
    this.#zonesAvailability = new Batch((keys) => this.#measuredInZones(keys));
    this.hostAllocation = new Batch((ids) => allocatedByHost(db, ids));
    this.hostUsage = new Batch((ids) => usageByHost(db, ids));
    this.hostReserved = new Batch((ids) => reservedByHost(db, ids));
    this.defaultGroup = new Batch((ids) => this.#defaultGroups(ids));
    this.traffic = new Batch((ids) => trafficOf(db, ids));
    this.targets = new Batch((ids) => this.#targets(ids));
    this.balancersOfGroup = new Batch((ids) => this.#balancersOfGroups(ids));
    this.zoneCapacity = new Batch((ids) => capacityByZone(db, ids));
    this.regionCapacity = new Batch((ids) => capacityByRegion(db, ids));
    this.zonesOfRegion = new Batch((ids) => zonesByRegion(db, ids));
    this.fleet = new Batch(() => new Map([["fleet", fleetFacts(db)]]));
  }

  /** Of a guest that exists. Throws for a window that makes no sense. */
  async availability(guestId: number, window: WindowArgument): Promise<AvailabilityReport> {
    windowOf(window, this.#nowMs());
    const report = await this.#availability.load(JSON.stringify([guestId, window]));
    if (!report) throw new Error(`Guest ${guestId} is gone`);
    return report;
  }

  /** Of all these zones together. Throws for a window that makes no sense. */
  async zonesAvailability(
    zoneIds: readonly number[],
    window: WindowArgument,
  ): Promise<AvailabilityReport> {
    windowOf(window, this.#nowMs());
    const key = JSON.stringify([zoneIds, window]);
    return (await this.#zonesAvailability.load(key)) as AvailabilityReport;
  }

  /** What is true of the fleet as a whole. */
  async fleetFacts(): Promise<FleetFacts> {
    return (await this.fleet.load("fleet")) as FleetFacts;
  }

  /** Null when there is none, or none any more. */
  async entity<T extends EntityType>(type: T, id: number | null): Promise<Row<T> | null> {
    if (id === null) return null;
    let batch = this.#entities.get(type);
    if (!batch) {
      batch = new Batch((ids) => this.#rows(type, ids));
      this.#entities.set(type, batch);
    }
    return ((await batch.load(id)) as Row<T> | undefined) ?? null;
  }

  /** What a row belongs to, which a foreign key says is there. */
  async owner<T extends EntityType>(type: T, id: number): Promise<Row<T>> {
    const row = await this.entity(type, id);
    if (!row) throw new Error(`${type} ${id} is gone, but not what belongs to it`);
    return row;
  }

  /** Those that there are, in the order of the ids. */
  async entities<T extends EntityType>(type: T, ids: readonly number[]): Promise<Row<T>[]> {
    const rows = await Promise.all(ids.map((id) => this.entity(type, id)));
    return rows.filter((row) => row !== null);
  }

  #measured(keys: readonly string[]): Map<string, AvailabilityReport> {
    const reports = new Map<string, AvailabilityReport>();
    for (const group of this.#byWindow<number>(keys)) {
      const ids = group.map(({ of }) => of);
      const byGuest = availabilityOfGuests(this.#db, ids, group[0].window);
      for (const { key, of } of group) {
        const report = byGuest.get(of);
        if (report) reports.set(key, report);
      }
    }
    return reports;
  }

  #defaultGroups(tenantIds: readonly number[]): Map<number, Row<"SecurityGroup">> {
    const { name, tenantId } = securityGroups;
    const owned = sql`${tenantId} IN (SELECT value FROM json_each(${JSON.stringify(tenantIds)}))`;
    const isDefault = and(eq(name, DEFAULT_GROUP), owned);
    const rows = this.#db.select().from(securityGroups).where(isDefault).all();
    for (const row of rows) brandWithType(row, "SecurityGroup" as never);
    return new Map(rows.map((row) => [row.tenantId, row]));
  }

  #targets(balancerIds: readonly number[]): Map<number, Row<"LoadBalancerTarget">[]> {
    const { loadBalancerId, id } = loadBalancerTargets;
    const owned = sql`${loadBalancerId} IN (SELECT value FROM json_each(${JSON.stringify(balancerIds)}))`;
    const rows = this.#db.select().from(loadBalancerTargets).where(owned).orderBy(id).all();
    for (const row of rows) brandWithType(row, "LoadBalancerTarget" as never);
    return Map.groupBy(rows, (row) => row.loadBalancerId as number);
  }

  #balancersOfGroups(groupIds: readonly number[]): Map<number, Row<"LoadBalancer">[]> {
    const { scalingTargets, id } = loadBalancers;
    const groupId = sql`json_extract(value, '$.scalingGroupId')`;
    const wanted = sql`EXISTS (SELECT 1 FROM json_each(${scalingTargets}) WHERE ${groupId} IN
      (SELECT value FROM json_each(${JSON.stringify(groupIds)})))`;
    const rows = this.#db.select().from(loadBalancers).where(wanted).orderBy(id).all();
    for (const row of rows) brandWithType(row, "LoadBalancer" as never);
    const isIn = (row: Row<"LoadBalancer">, groupId: number) =>
      row.scalingTargets.some(({ scalingGroupId }) => scalingGroupId === groupId);
    return new Map(groupIds.map((each) => [each, rows.filter((row) => isIn(row, each))]));
  }

  #measuredInZones(keys: readonly string[]): Map<string, AvailabilityReport> {
    const reports = new Map<string, AvailabilityReport>();
    for (const group of this.#byWindow<readonly number[]>(keys)) {
      const zones = group.map(({ of }) => of);
      const measured = availabilityOfZones(this.#db, zones, group[0].window);
      for (const [index, report] of measured.entries())
        reports.set((group[index] as Wanted<readonly number[]>).key, report);
    }
    return reports;
  }

  /** One reading of the clock for all, so that siblings show the same window. */
  #byWindow<Of>(keys: readonly string[]): Iterable<[Wanted<Of>, ...Wanted<Of>[]]> {
    const nowMs = this.#nowMs();
    const wanted = keys.map((key) => {
      const [of, window] = JSON.parse(key) as [Of, WindowArgument];
      return { key, of, window: windowOf(window, nowMs) };
    });
    const groups = Map.groupBy(wanted, ({ window }) => JSON.stringify(window));
    return groups.values() as Iterable<[Wanted<Of>, ...Wanted<Of>[]]>;
  }

  #rows(type: EntityType, ids: readonly number[]): Map<number, Row<EntityType>> {
    const rows = rowsQuery(this.#db, type).all({ ids: JSON.stringify(ids) }) as Row<EntityType>[];
    // The brand tells GraphQL which type of an interface or union the row is.
    for (const row of rows) brandWithType(row, type as never);
    return new Map(rows.map((row) => [row.id, row]));
  }
}

/** What is to be measured, and when. */
interface Wanted<Of> {
  readonly key: string;
  readonly of: Of;
  readonly window: Window;
}

function trafficOf(db: ReadDatabase, ids: readonly number[]) {
  const { loadBalancerId } = loadBalancerTelemetry;
  const wanted = inArray(loadBalancerId, [...ids] as LoadBalancerId[]);
  const rows = db.select().from(loadBalancerTelemetry).where(wanted).all();
  return new Map(rows.map((row) => [row.loadBalancerId as number, row]));
}

function zonesByRegion(db: ReadDatabase, ids: readonly number[]): Map<number, number[]> {
  const rows = db
    .select({ id: zones.id, regionId: zones.regionId })
    .from(zones)
    .where(inArray(zones.regionId, [...ids] as RegionId[]))
    .orderBy(zones.id)
    .all();
  const byRegion = Map.groupBy(rows, ({ regionId }) => regionId as number);
  return new Map(ids.map((id) => [id, (byRegion.get(id) ?? []).map((zone) => zone.id)]));
}

type RowsQuery = ReturnType<typeof prepareRows>;
const prepared = new WeakMap<ReadDatabase, Map<EntityType, RowsQuery>>();

/** Prepared once for each database: events name entities by the hundred thousand. */
function rowsQuery(db: ReadDatabase, type: EntityType): RowsQuery {
  const queries = prepared.get(db) ?? new Map<EntityType, RowsQuery>();
  prepared.set(db, queries);
  const query = queries.get(type) ?? prepareRows(db, type);
  queries.set(type, query);
  return query;
}

function prepareRows(db: ReadDatabase, type: EntityType) {
  // One of many tables: drizzle types the select of each alone.
  const table = TABLES[type] as typeof guests;
  const ids = sql`(SELECT value FROM json_each(${sql.placeholder("ids")}))`;
  return db.select().from(table).where(inArray(table.id, ids)).prepare();
}
