/** The only hand that writes the database: whole batches, each durable before anyone hears of it. */

import { randomInt } from "node:crypto";
import { existsSync, mkdirSync, statSync } from "node:fs";
import { dirname, resolve } from "node:path";
import type { Database, Statement } from "better-sqlite3";
import type { Changes, Entities, FleetMeta } from "../model/entities.ts";
import type { FleetEvent } from "../model/events.ts";
import type { Seq } from "../model/ids.ts";
import type { AnyDriverName } from "../model/statuses.ts";
import type { Batch, IdempotencyRecord, Telemetry } from "./batch.ts";
import { databasePath, guard, openDatabase } from "./database.ts";
import {
  failureOf,
  messageOf,
  StoreCorrupt,
  StoreUnavailable,
  StoreWriteFailed,
} from "./errors.ts";
import { IdempotencyTable } from "./idempotency.ts";
import { lockDirectory } from "./lock.ts";
import { eventToRow, INSERT_EVENT } from "./log-rows.ts";
import { MeteringTable } from "./metering.ts";
import { LogRetention, type RetentionBounds, type RetentionProgress } from "./retention.ts";
import { ENTITY_TABLES, ENTITY_TYPES, MAPPINGS, type Row } from "./rows.ts";
import { FIRST_META, readMeta, readSnapshot, type StoredSnapshot } from "./snapshot.ts";
import { type SqlValue, stringify, TableWriter, type WriteOptions } from "./statements.ts";

export interface StoreOptions {
  /** Made if it does not exist. */
  readonly dataDir: string;
  /** The log's name in a new directory, `[0-9a-z]{1,32}`; drawn at random if absent. An old one keeps its own. */
  readonly epoch?: string;
  /** The database refuses to grow beyond this, as if the disk were full. */
  readonly maxSizeBytes?: number;
}

export interface Store {
  readonly epoch: string;
  readonly dataDir: string;
  /** The newest event; 0 before the first one. */
  head(): Seq;
  /** The oldest event still kept; head + 1 when none is. */
  earliest(): Seq;
  load(): StoredSnapshot;
  loadDriverState(driver: AnyDriverName): Map<string, string>;
  /** All of it or nothing, durable on return. Throws `StoreWriteFailed`. */
  append(batch: Batch): void;
  /** Null when the key was never used, or more than 24 h of fleet time ago. */
  findIdempotent(actor: string, key: string): IdempotencyRecord | null;
  /** Deletes a slice of what is beyond either bound; call again while it is not `done`. Throws `StoreWriteFailed`. */
  applyRetention(bounds: RetentionBounds): RetentionProgress;
  close(): void;
}

const EPOCH_PATTERN = /^[0-9a-z]{1,32}$/;
const EPOCH_LENGTH = 8;

/**
 * Throws `DataDirectoryLocked`, `StoreCorrupt`, `StoreTooNew` or `StoreUnavailable`, each of which
 * says what to do; the directory is then as it was.
 */
export function openStore(options: StoreOptions): Store {
  const dataDir = resolve(options.dataDir);
  const epoch = options.epoch ?? drawEpoch();
  if (!EPOCH_PATTERN.test(epoch))
    throw new RangeError(`An epoch is 1 to 32 of 0-9 and a-z, not '${epoch}'.`);
  makeDirectory(dataDir);
  const lock = lockDirectory(dataDir);
  let sqlite: Database | null = null;
  try {
    sqlite = openDatabase(databasePath(dataDir), options.maxSizeBytes ?? null);
    const opened = sqlite;
    return guard(databasePath(dataDir), () => {
      ensureMeta(opened, epoch);
      return new SqliteStore(opened, dataDir, () => lock.release());
    });
  } catch (error) {
    sqlite?.close();
    lock.release();
    throw error;
  }
}

function makeDirectory(dataDir: string): void {
  try {
    // Not `recursive`: Node never returns from that where the system refuses with ENOENT, as in /proc.
    for (const folder of missingFolders(dataDir)) makeFolder(folder);
    if (!statSync(dataDir).isDirectory()) throw new Error("it is not a directory");
  } catch (error) {
    throw new StoreUnavailable(`Cannot use the data directory ${dataDir}: ${messageOf(error)}`, {
      cause: error,
    });
  }
}

/** The outermost first. */
function missingFolders(path: string): string[] {
  return existsSync(path) ? [] : [...missingFolders(dirname(path)), path];
}

function makeFolder(path: string): void {
  try {
    mkdirSync(path);
  } catch (error) {
    // Another process may have just made it.
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  }
}

function drawEpoch(): string {
  return Array.from({ length: EPOCH_LENGTH }, () => randomInt(36).toString(36)).join("");
}

function ensureMeta(sqlite: Database, epoch: string): void {
  const { seq, nextId, settings } = FIRST_META;
  sqlite
    .prepare(
      `INSERT INTO meta (id, epoch, seq, earliest_seq, next_id, settings, armed) VALUES (1, ?, ?, ?, ?, ?, 1)
       ON CONFLICT DO NOTHING`,
    )
    .run(epoch, seq, seq + 1, nextId, JSON.stringify(settings));
}

class SqliteStore implements Store {
  readonly epoch: string;
  readonly dataDir: string;
  readonly #sqlite: Database;
  readonly #release: () => void;
  readonly #tables: TableWriters;
  readonly #insertEvent: Statement<[SqlValue[]]>;
  readonly #updateMeta: Statement<SqlValue[]>;
  readonly #sampleGuest: Statement<SqlValue[]>;
  readonly #sampleHost: Statement<SqlValue[]>;
  readonly #sampleTraffic: Statement<SqlValue[]>;
  readonly #setDriverState: Statement<[string, string, string]>;
  readonly #deleteDriverState: Statement<[string, string]>;
  readonly #idempotency: IdempotencyTable;
  readonly #metering: MeteringTable;
  readonly #retention: LogRetention;
  #meta: FleetMeta;
  #clockMs: number | null;

  constructor(sqlite: Database, dataDir: string, release: () => void) {
    const { meta, epoch, earliestSeq, clockMs } = readMeta(sqlite);
    this.epoch = epoch;
    this.dataDir = dataDir;
    this.#sqlite = sqlite;
    this.#release = release;
    this.#meta = meta;
    this.#clockMs = clockMs;
    this.#refuseTornLog();
    this.#tables = tableWriters(sqlite);
    this.#insertEvent = sqlite.prepare<[SqlValue[]]>(INSERT_EVENT);
    this.#updateMeta = sqlite.prepare(
      `UPDATE meta SET seq = ?, next_id = ?, settings = ?, clock_ms = ?, armed = ?,
         contact_lost_at_ms = ?, silences_count_from_ms = ?, stock_due_at_ms = ?`,
    );
    this.#sampleGuest = sqlite.prepare(
      `INSERT INTO guest_telemetry (cpu_millicores, memory_mib, cpu_demand_millicores,
         cpu_stolen_millicores, sampled_at_ms, guest_id)
       SELECT ?, ?, ?, ?, ?, id FROM guests WHERE id = ?
       ON CONFLICT (guest_id) DO UPDATE SET cpu_millicores = excluded.cpu_millicores,
         memory_mib = excluded.memory_mib, cpu_demand_millicores = excluded.cpu_demand_millicores,
         cpu_stolen_millicores = excluded.cpu_stolen_millicores,
         sampled_at_ms = excluded.sampled_at_ms`,
    );
    this.#sampleHost = sqlite.prepare(
      `INSERT INTO host_telemetry (last_heartbeat_at_ms, host_id)
       SELECT ?, id FROM hosts WHERE id = ?
       ON CONFLICT (host_id) DO UPDATE SET last_heartbeat_at_ms = excluded.last_heartbeat_at_ms`,
    );
    this.#sampleTraffic = sqlite.prepare(
      `INSERT INTO load_balancer_telemetry (traffic, sampled_at_ms, load_balancer_id)
       SELECT ?, ?, id FROM load_balancers WHERE id = ?
       ON CONFLICT (load_balancer_id) DO UPDATE SET traffic = excluded.traffic,
         sampled_at_ms = excluded.sampled_at_ms`,
    );
    this.#setDriverState = sqlite.prepare(
      `INSERT INTO driver_state (driver, key, value) VALUES (?, ?, ?)
       ON CONFLICT (driver, key) DO UPDATE SET value = excluded.value`,
    );
    this.#deleteDriverState = sqlite.prepare(
      "DELETE FROM driver_state WHERE driver = ? AND key = ?",
    );
    this.#idempotency = new IdempotencyTable(sqlite);
    this.#metering = new MeteringTable(sqlite);
    this.#retention = new LogRetention(sqlite, earliestSeq);
  }

  head(): Seq {
    return this.#meta.seq;
  }

  earliest(): Seq {
    return this.#retention.earliest;
  }

  load(): StoredSnapshot {
    return guard(databasePath(this.dataDir), () => readSnapshot(this.#sqlite));
  }

  loadDriverState(driver: AnyDriverName): Map<string, string> {
    return guard(databasePath(this.dataDir), () => {
      const rows = this.#sqlite
        .prepare<[string], [string, string]>("SELECT key, value FROM driver_state WHERE driver = ?")
        .raw()
        .all(driver);
      return new Map(rows);
    });
  }

  append(batch: Batch): void {
    const meta = this.#metaAfter(batch);
    this.#write(() => {
      for (const event of batch.events) this.#insertEvent.run(eventToRow(event, this.epoch));
      if (batch.changes) this.#writeChanges(batch.changes);
      if (batch.telemetry) this.#writeTelemetry(batch.telemetry, batch.clockMs);
      for (const [driver, state] of batch.driverState) this.#writeDriverState(driver, state);
      this.#idempotency.write(batch.idempotency, batch.clockMs);
      this.#updateMeta.run(
        meta.seq,
        meta.nextId,
        stringify(meta.settings),
        batch.clockMs,
        meta.armed ? 1 : 0,
        meta.contactLostAtMs,
        meta.silencesCountFromMs,
        meta.stockDueAtMs,
      );
    });
    this.#meta = meta;
    this.#clockMs = batch.clockMs;
  }

  findIdempotent(actor: string, key: string): IdempotencyRecord | null {
    return guard(databasePath(this.dataDir), () =>
      this.#idempotency.find(actor, key, this.#clockMs),
    );
  }

  applyRetention(bounds: RetentionBounds): RetentionProgress {
    const slice = this.#nextSlice(bounds);
    if (slice.deleted > 0) {
      this.#write(() => this.#retention.deleteBefore(slice.earliest));
      this.#retention.earliest = slice.earliest;
    }
    return slice;
  }

  close(): void {
    if (!this.#sqlite.open) return;
    try {
      this.#sqlite.pragma("wal_checkpoint(TRUNCATE)");
    } catch {
      // On a full or broken disk. All is in the WAL already, and the next open goes on from there.
    } finally {
      this.#sqlite.close();
      this.#release();
    }
  }

  #nextSlice(bounds: RetentionBounds): RetentionProgress {
    try {
      return this.#retention.nextSlice(bounds, this.head());
    } catch (error) {
      throw this.#failure(error);
    }
  }

  /** One transaction. The lock on writing is taken at its start, so that it can't fail half-way for want of it. */
  #write(action: () => void): void {
    try {
      this.#sqlite.exec("BEGIN IMMEDIATE");
      // A batch says what is true in the end: its rows may name each other in any order.
      this.#sqlite.pragma("defer_foreign_keys = ON");
      action();
      this.#sqlite.exec("COMMIT");
    } catch (error) {
      this.#rollBack();
      throw this.#failure(error);
    }
  }

  #rollBack(): void {
    // After some errors, a full disk for one, SQLite has rolled back by itself.
    if (!this.#sqlite.inTransaction) return;
    try {
      this.#sqlite.exec("ROLLBACK");
    } catch {
      // The first error is the one to tell; an unfinished transaction is rolled back by the next open.
    }
  }

  #failure(error: unknown): StoreWriteFailed {
    if (error instanceof StoreWriteFailed) return error;
    return new StoreWriteFailed(failureOf(error), databasePath(this.dataDir), messageOf(error), {
      cause: error,
    });
  }

  #metaAfter({ events, changes }: Batch): FleetMeta {
    const seq = this.#seqAfter(events);
    if (!changes) return { ...this.#meta, seq };
    if (changes.meta.seq !== seq)
      throw this.#outOfSequence(`the tables are of ${changes.meta.seq}, the events end at ${seq}`);
    return changes.meta;
  }

  #seqAfter(events: readonly FleetEvent[]): Seq {
    let seq = this.head();
    for (const event of events) {
      if (event.seq !== seq + 1)
        throw this.#outOfSequence(`event ${event.seq} cannot follow event ${seq}`);
      seq = event.seq;
    }
    return seq;
  }

  #outOfSequence(detail: string): StoreWriteFailed {
    return new StoreWriteFailed("OUT_OF_SEQUENCE", databasePath(this.dataDir), detail);
  }

  #writeChanges({ rows }: Changes): void {
    // Deletions first: what is new may bear the name of what goes.
    for (const type of ENTITY_TYPES.toReversed()) this.#deleteRows(type, rows[type]);
    for (const type of ENTITY_TYPES) this.#writeRows(type, rows[type]);
  }

  #deleteRows(type: keyof Entities, rows: ReadonlyMap<number, unknown>): void {
    const table = this.#tables[type];
    for (const [id, entity] of rows) if (entity === undefined) table.delete(id);
  }

  #writeRows<T extends keyof Entities>(
    type: T,
    rows: ReadonlyMap<number, Entities[T] | undefined>,
  ): void {
    const table: TableWriter<Row<T>> = this.#tables[type];
    const { toRow } = MAPPINGS[type];
    for (const entity of rows.values()) if (entity !== undefined) table.write(toRow(entity));
  }

  #writeTelemetry(
    { guests, hosts, readings, loadBalancers = new Map() }: Telemetry,
    nowMs: number,
  ): void {
    this.#metering.add(readings, nowMs);
    for (const [id, sample] of guests)
      this.#sampleGuest.run(
        sample.cpuMillicores,
        sample.memoryMiB,
        sample.cpuDemandMillicores,
        sample.cpuStolenMillicores,
        sample.sampledAtMs,
        id,
      );
    for (const [id, lastHeartbeatAtMs] of hosts) this.#sampleHost.run(lastHeartbeatAtMs, id);
    for (const [id, { traffic, sampledAtMs }] of loadBalancers)
      this.#sampleTraffic.run(stringify(traffic), sampledAtMs, id);
  }

  #writeDriverState(driver: AnyDriverName, state: ReadonlyMap<string, string | null>): void {
    for (const [key, value] of state) {
      if (value === null) this.#deleteDriverState.run(driver, key);
      else this.#setDriverState.run(driver, key, value);
    }
  }

  /** The tables and the log are written together, so a difference means that the file is not what it was. */
  #refuseTornLog(): void {
    const last = this.#sqlite.prepare<[], Seq | null>("SELECT max(seq) FROM log").pluck().get();
    if (last === null || last === undefined || last === this.#meta.seq) return;
    throw new StoreCorrupt(
      databasePath(this.dataDir),
      `its log ends at ${last}, its tables are of ${this.#meta.seq}`,
    );
  }
}

const WRITE_OPTIONS: { readonly [T in keyof Entities]?: WriteOptions } = {
  Host: { settled: ["name", "zoneId", "dataCenterId", "rackId", "driver"] },
  Guest: {
    settled: ["name", "tenantId", "flavorId", "imageId", "groupId"],
    derived: { zoneId: { from: "hostId", sql: "(SELECT zone_id FROM hosts WHERE id = ?)" } },
  },
  ScalingGroup: { settled: ["name", "tenantId"] },
};

type TableWriters = { readonly [T in keyof Entities]: TableWriter<Row<T>> };

function tableWriters(sqlite: Database): TableWriters {
  const writerOf = (type: keyof Entities) =>
    new TableWriter(sqlite, ENTITY_TABLES[type], WRITE_OPTIONS[type]);
  return Object.fromEntries(
    ENTITY_TYPES.map((type) => [type, writerOf(type)]),
  ) as unknown as TableWriters;
}
