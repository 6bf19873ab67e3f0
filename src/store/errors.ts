/** What can go wrong with the data directory, in words that say what to do. */

/** Another process, or another part of this one, is using the directory. */
export class DataDirectoryLocked extends Error {
  override readonly name = "DataDirectoryLocked";
  readonly dataDir: string;
  /** Null in the moment between locking the directory and noting the pid. */
  readonly pid: number | null;
  constructor(dataDir: string, pid: number | null) {
    const holder =
      pid === null ? "another process" : pid === process.pid ? "this process" : `process ${pid}`;
    super(
      `The data directory ${dataDir} is in use by ${holder}${pid === process.pid ? ` (${pid})` : ""}. ` +
        "Stop that one first, or choose another directory.",
    );
    this.dataDir = dataDir;
    this.pid = pid;
  }
}

/** The directory cannot be used at all: it is a file, not writable, on a broken disk. */
export class StoreUnavailable extends Error {
  override readonly name = "StoreUnavailable";
}

/** The file is damaged, or no database of this program. */
export class StoreCorrupt extends Error {
  override readonly name = "StoreCorrupt";
  readonly path: string;
  constructor(path: string, detail: string, options?: ErrorOptions) {
    super(
      `The database ${path} cannot be used: ${detail}. ` +
        "Nothing was changed. Restore the data directory from a backup, or move it away to start anew.",
      options,
    );
    this.path = path;
  }
}

/** The file was written by a newer version of this program. */
export class StoreTooNew extends Error {
  override readonly name = "StoreTooNew";
  readonly path: string;
  constructor(path: string, migration: string) {
    super(
      `The database ${path} was written by a newer version (it has the migration ${migration}, ` +
        "which this version does not know). Run that version, or use another data directory.",
    );
    this.path = path;
  }
}

export type StoreWriteFailure =
  | "DISK_FULL"
  | "IO"
  | "CORRUPT"
  | "BUSY"
  | "READ_ONLY"
  /** A batch that contradicts the tables' constraints: a mistake of the program, not of the disk. */
  | "CONSTRAINT"
  /** A batch whose events do not continue the log: a mistake of the program. */
  | "OUT_OF_SEQUENCE"
  | "INTERNAL";

const WHAT_TO_DO: Readonly<Record<StoreWriteFailure, string>> = {
  DISK_FULL: "the disk is full, or the database has reached its size limit; free some space",
  IO: "the disk reports an error",
  CORRUPT: "the database is damaged; restore the data directory from a backup",
  BUSY: "another process holds the database; it should not be opened by others for writing",
  READ_ONLY: "the database is read-only; check the owner and permissions of its directory",
  CONSTRAINT: "the batch contradicts the tables",
  OUT_OF_SEQUENCE: "the batch does not continue the log",
  INTERNAL: "an unexpected error",
};

/** Nothing of the batch was written. The next one is tried as if this one had not been. */
export class StoreWriteFailed extends Error {
  override readonly name = "StoreWriteFailed";
  readonly code: StoreWriteFailure;
  constructor(code: StoreWriteFailure, path: string, detail: string, options?: ErrorOptions) {
    super(`Could not write to ${path}: ${WHAT_TO_DO[code]} (${detail})`, options);
    this.code = code;
  }
}

/** SQLite's extended result codes begin with the primary one they refine. */
const FAILURES: readonly (readonly [prefix: string, code: StoreWriteFailure])[] = [
  ["SQLITE_FULL", "DISK_FULL"],
  ["SQLITE_IOERR", "IO"],
  ["SQLITE_CANTOPEN", "IO"],
  ["SQLITE_CORRUPT", "CORRUPT"],
  ["SQLITE_NOTADB", "CORRUPT"],
  ["SQLITE_BUSY", "BUSY"],
  ["SQLITE_LOCKED", "BUSY"],
  ["SQLITE_READONLY", "READ_ONLY"],
  ["SQLITE_CONSTRAINT", "CONSTRAINT"],
];

/** SQLite's own code of an error that came from it, also when another one wraps it; else null. */
export function sqliteCode(error: unknown): string | null {
  if (!(error instanceof Error)) return null;
  const code = "code" in error ? error.code : null;
  if (typeof code === "string" && code.startsWith("SQLITE_")) return code;
  return sqliteCode(error.cause);
}

export function failureOf(error: unknown): StoreWriteFailure {
  const code = sqliteCode(error) ?? "";
  return FAILURES.find(([prefix]) => code.startsWith(prefix))?.[1] ?? "INTERNAL";
}

/** The file does not hold what was written to it. */
export function isCorruption(error: unknown): boolean {
  return error instanceof StoreCorrupt || failureOf(error) === "CORRUPT";
}

export function messageOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  const code = sqliteCode(error);
  return code === null ? message : `${code}: ${message}`;
}
