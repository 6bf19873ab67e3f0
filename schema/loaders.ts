import { brandWithType } from "@pothos/core";
import { inArray, sql } from "drizzle-orm";
import type { FleetEvent } from "../src/model/events.ts";
import type { EntityType, Seq } from "../src/model/ids.ts";
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
  regions,
  tenants,
  zones,
} from "../src/store/tables.ts";
import type { Window } from "./availability.ts";
import { type AvailabilityReport, availabilityOfGuests } from "./availability-query.ts";
import { Batch } from "./batch.ts";
import {
  type AllocationTotals,
  allocatedByHost,
  type CapacityTotals,
  capacityByRegion,
  capacityByZone,
  type UsageSample,
  usageByHost,
} from "./capacity-queries.ts";
import type { ReadDatabase } from "./context.ts";
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
  Fault: faults,
  Failover: failovers,
  Operation: operations,
  Incident: incidents,
  ApiToken: apiTokens,
} as const satisfies Record<EntityType, unknown>;

export const ENTITY_TYPES: ReadonlySet<string> = new Set(Object.keys(TABLES));

export type Row<T extends EntityType> = (typeof TABLES)[T]["$inferSelect"];

/** Loads by id, batched: what events, reasons and global ids point at, and sums over many rows. */
export class Loaders {
  readonly #db: ReadDatabase;
  readonly #nowMs: () => number;
  readonly #availability: Batch<string, AvailabilityReport>;
  readonly #entities = new Map<EntityType, Batch<number, Row<EntityType>>>();
  readonly event: Batch<Seq, FleetEvent>;
  readonly hostAllocation: Batch<number, AllocationTotals>;
  readonly hostUsage: Batch<number, UsageSample>;
  readonly zoneCapacity: Batch<number, CapacityTotals>;
  readonly regionCapacity: Batch<number, CapacityTotals>;

  constructor({ queries: { reader }, nowMs }: Pick<Runtime, "queries" | "nowMs">) {
    const { db } = reader;
    this.#db = db;
    this.#nowMs = nowMs;
    // By row id, so that one statement with many ids would do the same work.
    this.event = new Batch((seqs) => {
      const events = seqs.map((seq) => reader.eventBySeq(seq)).filter((event) => event !== null);
      return new Map(events.map((event) => [event.seq, event]));
    });
    this.#availability = new Batch((keys) => this.#measured(keys));
    this.hostAllocation = new Batch((ids) => allocatedByHost(db, ids));
    this.hostUsage = new Batch((ids) => usageByHost(db, ids));
    this.zoneCapacity = new Batch((ids) => capacityByZone(db, ids));
    this.regionCapacity = new Batch((ids) => capacityByRegion(db, ids));
  }

  /** Of a guest that exists. Throws for a window that makes no sense. */
  async availability(guestId: number, window: WindowArgument): Promise<AvailabilityReport> {
    windowOf(window, this.#nowMs());
    const report = await this.#availability.load(JSON.stringify([guestId, window]));
    if (!report) throw new Error(`Guest ${guestId} is gone`);
    return report;
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

  /** One reading of the clock for all, so that siblings show the same window. */
  #measured(keys: readonly string[]): Map<string, AvailabilityReport> {
    const nowMs = this.#nowMs();
    const wanted = keys.map((key) => {
      const [id, window] = JSON.parse(key) as [number, WindowArgument];
      return { key, id, window: windowOf(window, nowMs) };
    });
    const reports = new Map<string, AvailabilityReport>();
    for (const group of Map.groupBy(wanted, ({ window }) => JSON.stringify(window)).values()) {
      const ids = group.map(({ id }) => id);
      const byGuest = availabilityOfGuests(this.#db, ids, group[0]?.window as Window);
      for (const { key, id } of group) {
        const report = byGuest.get(id);
        if (report) reports.set(key, report);
      }
    }
    return reports;
  }

  #rows(type: EntityType, ids: readonly number[]): Map<number, Row<EntityType>> {
    const rows = rowsQuery(this.#db, type).all({ ids: JSON.stringify(ids) }) as Row<EntityType>[];
    // The brand tells GraphQL which type of an interface or union the row is.
    for (const row of rows) brandWithType(row, type as never);
    return new Map(rows.map((row) => [row.id, row]));
  }
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
