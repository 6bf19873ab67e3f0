/**
 * One process per data directory. The lock is SQLite's own on a file beside the database: the
 * operating system lets go of it when the process dies, however it dies, and SQLite keeps two
 * connections of one process apart too, which the system's locks alone would not.
 */

import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import Sqlite from "better-sqlite3";
import { DataDirectoryLocked, failureOf, messageOf, StoreUnavailable } from "./errors.ts";

const LOCK_FILE = "evenkeel.lock";
/** Only tells people who holds the lock. Never in the lock file: closing it would give the lock up. */
const PID_FILE = "evenkeel.pid";

export interface DirectoryLock {
  release(): void;
}

/** Throws `DataDirectoryLocked` at once when it is taken. */
export function lockDirectory(dataDir: string): DirectoryLock {
  const pidPath = join(dataDir, PID_FILE);
  let lock: Sqlite.Database | null = null;
  try {
    lock = new Sqlite(join(dataDir, LOCK_FILE), { timeout: 0 });
    // Nothing is ever written, so the file stays empty and needs no journal.
    lock.exec("BEGIN EXCLUSIVE");
    writeFileSync(pidPath, `${process.pid}\n`);
  } catch (error) {
    lock?.close();
    if (failureOf(error) === "BUSY") throw new DataDirectoryLocked(dataDir, readPid(pidPath));
    throw new StoreUnavailable(`Cannot lock the data directory ${dataDir}: ${messageOf(error)}`, {
      cause: error,
    });
  }
  const held = lock;
  return {
    release() {
      if (!held.open) return;
      rmSync(pidPath, { force: true });
      held.close();
    },
  };
}

function readPid(path: string): number | null {
  try {
    const pid = Number.parseInt(readFileSync(path, "utf8"), 10);
    return Number.isSafeInteger(pid) ? pid : null;
  } catch {
    return null;
  }
}
