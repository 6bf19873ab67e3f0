/** Reading beside the writer: a connection of its own, which sees what is committed and nothing else. */

import { resolve } from "node:path";
import type { Database, Statement } from "better-sqlite3";
import { getTableColumns, getTableName } from "drizzle-orm";
import { type BetterSQLite3Database, drizzle } from "drizzle-orm/better-sqlite3";
import type { SQLiteColumn } from "drizzle-orm/sqlite-core";
import type { FleetEvent } from "../model/events.ts";
import type { EntityType, Seq, TenantId } from "../model/ids.ts";
import { eventFor } from "../model/visibility.ts";
import { databasePath, guard, openForReading } from "./database.ts";
import { type EventPredicate, type LogFilter, predicateOf } from "./filter.ts";
import { LogQuery } from "./log-query.ts";
import { EVENT_COLUMNS, type EventRow, eventFromRow } from "./log-rows.ts";
import { OwnCounts } from "./own-counts.ts";
import { ENTITY_TABLES } from "./rows.ts";
import { readMeta, readSnapshot, type StoredSnapshot } from "./snapshot.ts";
import { relations } from "./tables-relations.ts";

export type ReaderDatabase = BetterSQLite3Database<typeof relations>;

export interface Reader {
  readonly epoch: string;
  /** For drizzle's queries, with the tables' relations. */
  readonly db: ReaderDatabase;
  /** For prepared statements of one's own. */
  readonly sqlite: Database;
  /** Position of the newest committed event; 0 before the first one. */
  head(): Seq;
  /** The oldest event still kept; head + 1 when none is. */
  earliest(): Seq;
  /** Oldest first. */
  readEvents(afterSeq: Seq, limit: number, filter?: LogFilter): FleetEvent[];
  /** Newest first. */
  readEventsBackward(beforeSeq: Seq, limit: number, filter?: LogFilter): FleetEvent[];
  countEvents(filter?: LogFilter): number;
  /** Oldest first, without those that there never were or that retention has taken. */
  eventsBySeq(seqs: readonly Seq[]): FleetEvent[];
  /** The events that name this one as their cause, oldest first. */
  eventsCausedBy(seq: Seq): FleetEvent[];
  /** What led to the events of an incident and happened before it was one, oldest first. */
  eventsBeforeIncident(id: number): FleetEvent[];
  /** The filter for the live edge, to be shown every event after `afterSeq` in order. */
  predicate(filter: LogFilter, afterSeq: Seq): EventPredicate;
  /**
   * The name of a thing, its kind or its id where it has none; null for what is not there, or not for
   * this reader.
   */
  glance(type: EntityType, id: number): string | null;
  /** An event that this reader may see, as it is told there. */
  told(event: FleetEvent): FleetEvent;
  /** All tables at one log position. */
  load(): StoredSnapshot;
  close(): void;
}

/**
 * The directory must have been opened by `openStore` before. For a tenant, it reads what that one may
 * see. Throws `StoreCorrupt` or `StoreUnavailable`.
 */
export function openReader(dataDir: string, tenantId: TenantId | null = null): Reader {
  const path = databasePath(resolve(dataDir));
  const sqlite = openForReading(path, tenantId);
  try {
    return guard(path, () => new SqliteReader(sqlite, tenantId));
  } catch (error) {
    sqlite.close();
    throw error;
  }
}

class SqliteReader implements Reader {
  readonly epoch: string;
  readonly db: ReaderDatabase;
  readonly sqlite: Database;
  readonly #tenantId: TenantId | null;
  readonly #ownCounts: OwnCounts | null;
  readonly #query: LogQuery;
  readonly #glances = new Map<EntityType, Statement<[number], { name: string }>>();
  readonly #head: Statement<[], Seq>;
  readonly #earliest: Statement<[], Seq>;
  readonly #count: Statement<[], number>;
  readonly #bySeqs: Statement<[string], EventRow>;
  readonly #byCause: Statement<[Seq], EventRow>;

  constructor(sqlite: Database, tenantId: TenantId | null) {
    this.sqlite = sqlite;
    this.#tenantId = tenantId;
    this.#ownCounts = tenantId === null ? null : new OwnCounts(sqlite, tenantId);
    this.epoch = readMeta(sqlite).epoch;
    this.db = drizzle({ client: sqlite, relations });
    this.#query = new LogQuery(sqlite);
    const columns = EVENT_COLUMNS.join(", ");
    this.#head = sqlite.prepare<[], Seq>("SELECT seq FROM meta").pluck();
    this.#earliest = sqlite.prepare<[], Seq>("SELECT earliest_seq FROM meta").pluck();
    this.#count = sqlite.prepare<[], number>("SELECT seq + 1 - earliest_seq FROM meta").pluck();
    this.#bySeqs = sqlite
      .prepare<[string], EventRow>(
        `SELECT ${columns} FROM log WHERE seq IN (SELECT value FROM json_each(?)) ORDER BY seq`,
      )
      .raw();
    this.#byCause = sqlite
      .prepare<[Seq], EventRow>(`SELECT ${columns} FROM log WHERE cause_seq = ? ORDER BY seq`)
      .raw();
  }

  head(): Seq {
    return this.#head.get() as Seq;
  }

  earliest(): Seq {
    return this.#earliest.get() as Seq;
  }

  readEvents(afterSeq: Seq, limit: number, filter: LogFilter = {}): FleetEvent[] {
    const page = {
      after: afterSeq,
      before: Number.MAX_SAFE_INTEGER,
      limit,
      direction: "ASC",
    } as const;
    return this.#query.rows(page, filter).map((row) => this.#event(row));
  }

  readEventsBackward(beforeSeq: Seq, limit: number, filter: LogFilter = {}): FleetEvent[] {
    const page = { after: 0, before: beforeSeq, limit, direction: "DESC" } as const;
    return this.#query.rows(page, filter).map((row) => this.#event(row));
  }

  countEvents(filter: LogFilter = {}): number {
    // The log has no gaps, so the whole of it need not be counted.
    if (this.#tenantId === null && Object.keys(filter).length === 0)
      return this.#count.get() as number;
    return this.#query.count(filter);
  }

  eventsBySeq(seqs: readonly Seq[]): FleetEvent[] {
    return this.#bySeqs.all(JSON.stringify(seqs)).map((row) => this.#event(row));
  }

  eventsCausedBy(seq: Seq): FleetEvent[] {
    return this.#byCause.all(seq).map((row) => this.#event(row));
  }

  eventsBeforeIncident(id: number): FleetEvent[] {
    return this.eventsBySeq(this.#query.beforeIncident(id));
  }

  predicate(filter: LogFilter, afterSeq: Seq): EventPredicate {
    const { causedBySeq } = filter;
    if (causedBySeq === undefined) return predicateOf(filter);
    return predicateOf(filter, this.#query.descendants(causedBySeq, afterSeq));
  }

  glance(type: EntityType, id: number): string | null {
    let statement = this.#glances.get(type);
    if (!statement) {
      const table = ENTITY_TABLES[type];
      const columns = getTableColumns(table) as Record<string, SQLiteColumn>;
      const name = (columns["name"] ?? columns["kind"])?.name ?? "'#' || id";
      statement = this.sqlite.prepare(
        `SELECT ${name} AS name FROM ${getTableName(table)} WHERE id = ?`,
      );
      this.#glances.set(type, statement);
    }
    return statement.get(id)?.name ?? null;
  }

  told(event: FleetEvent): FleetEvent {
    if (this.#tenantId === null) return event;
    const glance = (type: EntityType, id: number) => this.glance(type, id);
    return eventFor(this.#tenantId, glance, event, this.#ownCounts?.of(event) ?? null);
  }

  load(): StoredSnapshot {
    return guard(this.sqlite.name, () => readSnapshot(this.sqlite));
  }

  close(): void {
    this.sqlite.close();
  }

  #event(row: EventRow): FleetEvent {
    return this.told(eventFromRow(row));
  }
}
