/** Opening the one file: whose it is, whether it is sound, and bringing its tables up to date. */

import { existsSync, statSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import Sqlite from "better-sqlite3";
import { getTableName } from "drizzle-orm";
import { drizzle } from "drizzle-orm/better-sqlite3";
import { migrate } from "drizzle-orm/better-sqlite3/migrator";
import { readMigrationFiles } from "drizzle-orm/migrator";
import type { TenantId } from "../model/ids.ts";
import {
  failureOf,
  isCorruption,
  messageOf,
  StoreCorrupt,
  StoreTooNew,
  StoreUnavailable,
} from "./errors.ts";
import { ENTITY_TABLES } from "./rows.ts";
import { limitToTenant } from "./tenant-views.ts";

const DATABASE_FILE = "evenkeel.db";
const MIGRATIONS = {
  migrationsFolder: fileURLToPath(new URL("../../migrations", import.meta.url)),
  migrationsTable: "__drizzle_migrations",
};

/** "Evnk": marks the file as ours, for us and for file(1). */
const APPLICATION_ID = 0x45766e6b;

/** Longer than any backup tool holds the file; readers of a WAL never wait at all. */
const BUSY_TIMEOUT_MS = 5_000;

/**
 * Pages in the WAL before they are copied to the database: 16 MiB instead of SQLite's 4, since a page
 * that is written often is then copied once for many changes.
 */
const CHECKPOINT_PAGES = 4_000;
/** What the WAL shrinks back to after a storm. */
const WAL_LIMIT_BYTES = 64 * 1024 * 1024;
const CACHE_KIB = 64 * 1024;
/** There may be a connection for each tenant. */
const TENANT_CACHE_KIB = 4 * 1024;

export function databasePath(dataDir: string): string {
  return join(dataDir, DATABASE_FILE);
}

/** The connection that writes: checked, migrated, durable. Throws the errors of `errors.ts`. */
export function openDatabase(path: string, maxSizeBytes: number | null): Sqlite.Database {
  const uncleanlyClosed = hasContent(`${path}-wal`);
  return guard(path, () => {
    const sqlite = new Sqlite(path, { timeout: BUSY_TIMEOUT_MS });
    try {
      claim(sqlite, path);
      sqlite.pragma("journal_mode = WAL");
      sqlite.pragma("synchronous = FULL");
      sqlite.pragma("foreign_keys = ON");
      sqlite.pragma(`wal_autocheckpoint = ${CHECKPOINT_PAGES}`);
      sqlite.pragma(`journal_size_limit = ${WAL_LIMIT_BYTES}`);
      sqlite.pragma(`cache_size = -${CACHE_KIB}`);
      if (maxSizeBytes !== null) limitSize(sqlite, maxSizeBytes);
      refuseNewer(sqlite, path);
      migrate(drizzle({ client: sqlite }), MIGRATIONS);
      if (uncleanlyClosed) checkTables(sqlite, path);
      return sqlite;
    } catch (error) {
      sqlite.close();
      throw error;
    }
  });
}

/** A connection that only reads, beside the one that writes; for a tenant, what it may see. */
export function openForReading(path: string, tenantId: TenantId | null = null): Sqlite.Database {
  return guard(path, () => {
    const sqlite = new Sqlite(path, {
      readonly: true,
      fileMustExist: true,
      timeout: BUSY_TIMEOUT_MS,
    });
    try {
      if (tenantId !== null) limitToTenant(sqlite, tenantId);
      sqlite.pragma("query_only = ON");
      sqlite.pragma(`cache_size = -${tenantId === null ? CACHE_KIB : TENANT_CACHE_KIB}`);
      if (!isOurs(sqlite)) throw new StoreCorrupt(path, "it is not a database of Evenkeel");
      return sqlite;
    } catch (error) {
      sqlite.close();
      throw error;
    }
  });
}

/** Runs what reads the file; tells damage from other trouble. */
export function guard<T>(path: string, action: () => T): T {
  try {
    return action();
  } catch (error) {
    if (error instanceof StoreCorrupt) throw error;
    // A page may be damaged where SQLite does not look, inside a row: then its JSON is none.
    if (isCorruption(error) || error instanceof SyntaxError)
      throw new StoreCorrupt(path, messageOf(error), { cause: error });
    if (failureOf(error) === "INTERNAL") throw error;
    throw new StoreUnavailable(`Cannot use the database ${path}: ${messageOf(error)}`, {
      cause: error,
    });
  }
}

/** Marks a new file as ours; refuses one that belongs to another program. */
function claim(sqlite: Sqlite.Database, path: string): void {
  if (isOurs(sqlite)) return;
  const objects = sqlite.prepare("SELECT count(*) FROM sqlite_schema").pluck().get();
  if (objects !== 0) throw new StoreCorrupt(path, "it is not a database of Evenkeel");
  sqlite.pragma(`application_id = ${APPLICATION_ID}`);
}

function isOurs(sqlite: Sqlite.Database): boolean {
  return sqlite.pragma("application_id", { simple: true }) === APPLICATION_ID;
}

function limitSize(sqlite: Sqlite.Database, maxSizeBytes: number): void {
  const pageBytes = sqlite.pragma("page_size", { simple: true }) as number;
  sqlite.pragma(`max_page_count = ${Math.max(1, Math.floor(maxSizeBytes / pageBytes))}`);
}

function refuseNewer(sqlite: Sqlite.Database, path: string): void {
  const migrated = sqlite
    .prepare("SELECT 1 FROM sqlite_schema WHERE name = ?")
    .get(MIGRATIONS.migrationsTable);
  if (!migrated) return;
  const applied = sqlite
    .prepare<[], string>(`SELECT name FROM ${MIGRATIONS.migrationsTable} ORDER BY name`)
    .pluck()
    .all();
  const known = new Set(readMigrationFiles(MIGRATIONS).map(({ name }) => name));
  const unknown = applied.find((name) => !known.has(name));
  if (unknown !== undefined) throw new StoreTooNew(path, unknown);
}

/**
 * After a crash, the tables that the engine loads itself from are checked. Not the log: SQLite
 * recovers from a crash by itself, so this only looks for a disk that lied, and reading through
 * gigabytes of log would keep a fleet without its control plane just when it needs it. A damaged
 * page there shows when it is read.
 */
function checkTables(sqlite: Sqlite.Database, path: string): void {
  for (const table of Object.values(ENTITY_TABLES)) {
    const found = sqlite.pragma(`quick_check(${getTableName(table)})`, { simple: true });
    if (found !== "ok") throw new StoreCorrupt(path, String(found));
  }
}

function hasContent(path: string): boolean {
  return existsSync(path) && statSync(path).size > 0;
}
