/**
 * The same rows through better-sqlite3 and nothing else: every value lies ready as SQLite takes it,
 * so that all that is measured is prepared statements being run, in the same order, in the same
 * transactions, on a connection opened just as the store opens its own.
 */

import type { Database, Statement } from "better-sqlite3";
import { getColumns, getTableName } from "drizzle-orm";
import type { SQLiteTable } from "drizzle-orm/sqlite-core";
import type { Entities, Guest, Host } from "../../src/model/entities.ts";
import type { Batch, Telemetry } from "../../src/store/batch.ts";
import { eventToRow, INSERT_EVENT } from "../../src/store/log-rows.ts";
import { ENTITY_TABLES, ENTITY_TYPES, MAPPINGS } from "../../src/store/rows.ts";
import { driverState, guestTelemetry, hostTelemetry } from "../../src/store/tables-log.ts";

export type Value = string | number | null;
export type Row = readonly Value[];

/** One statement and all the rows of a batch that go through it. */
export interface Step {
  readonly sql: string;
  readonly rows: readonly Row[];
  /** What the rows are, where they are a table's by id. */
  readonly table?: { readonly name: string; readonly columns: readonly string[] };
}
export type RawBatch = readonly Step[];

const UPDATE_META = "UPDATE meta SET seq = ?, next_id = ?, settings = ?, clock_ms = ?";

/** Everything that the store would write for these batches, worked out beforehand. */
export function rawBatches(batches: readonly Batch[]): RawBatch[] {
  const zoneOfHost = new Map<number, number>();
  return batches.map((batch) => {
    for (const [id, host] of batch.changes?.rows.Host ?? [])
      if (host) zoneOfHost.set(id, (host as Host).zoneId);
    return [
      { sql: INSERT_EVENT, rows: batch.events.map((event) => eventToRow(event, "bench")) },
      ...entitySteps(batch, zoneOfHost),
      ...telemetrySteps(batch.telemetry),
      driverStateStep(batch),
      ...metaSteps(batch),
    ].filter(({ rows }) => rows.length > 0);
  });
}

/** Writes them all, a transaction a batch. */
export function writeRaw(sqlite: Database, batches: readonly RawBatch[]): void {
  const statements = new Map<string, Statement<[Row]>>();
  for (const batch of batches)
    for (const { sql } of batch)
      if (!statements.has(sql)) statements.set(sql, sqlite.prepare<[Row]>(sql));
  for (const batch of batches) {
    sqlite.exec("BEGIN IMMEDIATE");
    sqlite.pragma("defer_foreign_keys = ON");
    for (const { sql, rows } of batch) {
      const statement = statements.get(sql) as Statement<[Row]>;
      for (const row of rows) statement.run(row);
    }
    sqlite.exec("COMMIT");
  }
}

/** Tables as a log without lists and filters would have them. Keys and constraints stay. */
export function dropIndexes(sqlite: Database): void {
  const names = sqlite
    .prepare<[], string>("SELECT name FROM sqlite_schema WHERE type = 'index' AND sql IS NOT NULL")
    .pluck()
    .all();
  for (const name of names) sqlite.exec(`DROP INDEX "${name}"`);
}

function entitySteps({ changes }: Batch, zoneOfHost: ReadonlyMap<number, number>): Step[] {
  if (!changes) return [];
  return ENTITY_TYPES.map((type) => {
    const rows: Row[] = [];
    for (const [id, entity] of changes.rows[type]) {
      if (!entity) throw new Error(`The recording deletes ${type} ${id}, and this peer can't`);
      rows.push(valuesOf(type, entity as Entities[typeof type], zoneOfHost));
    }
    const table = ENTITY_TABLES[type];
    const columns = columnNames(table);
    return { sql: upsert(table, "id"), rows, table: { name: getTableName(table), columns } };
  });
}

function valuesOf<T extends keyof Entities>(
  type: T,
  entity: Entities[T],
  zoneOfHost: ReadonlyMap<number, number>,
): Row {
  const row = MAPPINGS[type].toRow(entity) as Record<string, unknown>;
  if (type === "Guest") row["zoneId"] = zoneOfHost.get((entity as Guest).hostId ?? 0) ?? null;
  return Object.entries(getColumns(ENTITY_TABLES[type] as SQLiteTable)).map(([key, column]) => {
    const value = row[key];
    return value === null || value === undefined ? null : (column.mapToDriverValue(value) as Value);
  });
}

function telemetrySteps(telemetry: Telemetry | null): Step[] {
  if (!telemetry) return [];
  const guests = [...telemetry.guests].map(
    ([id, { cpuMillicores, memoryMiB, sampledAtMs }]): Row => [
      id,
      cpuMillicores,
      memoryMiB,
      sampledAtMs,
    ],
  );
  return [
    { sql: upsert(guestTelemetry, "guest_id"), rows: guests },
    { sql: upsert(hostTelemetry, "host_id"), rows: [...telemetry.hosts] },
  ];
}

function driverStateStep({ driverState: all }: Batch): Step {
  const rows = [...all].flatMap(([driver, state]) =>
    [...state].map(([key, value]): Row => {
      if (value === null) throw new Error(`The recording deletes ${key}, and this peer can't`);
      return [driver, key, value];
    }),
  );
  return { sql: upsert(driverState, "driver", "key"), rows };
}

function metaSteps({ changes, clockMs }: Batch): Step[] {
  if (!changes) return [];
  const { seq, nextId, settings } = changes.meta;
  return [{ sql: UPDATE_META, rows: [[seq, nextId, JSON.stringify(settings), clockMs]] }];
}

function columnNames(table: SQLiteTable): string[] {
  return Object.values(getColumns(table)).map(({ name }) => name);
}

/** The key is left out of what is set: naming it makes SQLite look for rows that refer to it. */
function upsert(table: SQLiteTable, ...keys: readonly string[]): string {
  const names = columnNames(table);
  const changes = names
    .filter((name) => !keys.includes(name))
    .map((name) => `${name} = excluded.${name}`);
  return `INSERT INTO ${getTableName(table)} (${names.join(", ")})
    VALUES (${names.map(() => "?").join(", ")})
    ON CONFLICT (${keys.join(", ")}) DO UPDATE SET ${changes.join(", ")}`;
}
