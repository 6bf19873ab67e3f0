import {
  closeSync,
  existsSync,
  openSync,
  readFileSync,
  statSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import Sqlite from "better-sqlite3";
import { describe, expect, test } from "vitest";
import { StoreCorrupt, StoreTooNew, StoreUnavailable } from "../../src/store/errors.ts";
import { openReader } from "../../src/store/reader.ts";
import { openStore } from "../../src/store/writer.ts";
import { batchOf, changesTo, ticks } from "./fixtures.ts";
import { temporaryDirectory } from "./open.ts";

const PAGE_BYTES = 4_096;

/** A directory with a fleet and some log in it, closed. */
function usedDirectory() {
  const dataDir = temporaryDirectory();
  const store = openStore({ dataDir });
  store.append(batchOf(ticks(1, 500), { changes: changesTo(500) }));
  store.close();
  return { dataDir, path: join(dataDir, "evenkeel.db") };
}

function overwrite(path: string, from: number, bytes: number): void {
  const file = openSync(path, "r+");
  writeSync(file, Buffer.alloc(bytes, 0xa5), 0, bytes, from);
  closeSync(file);
}

function openingError(action: () => { close(): void }): unknown {
  try {
    action().close();
  } catch (error) {
    return error;
  }
  throw new Error("It was opened.");
}

describe("a damaged file", () => {
  test.each<[string, (path: string) => void]>([
    [
      "of no database",
      (path) => writeFileSync(path, "This is a text, and a rather long one. ".repeat(400)),
    ],
    ["with a broken header", (path) => overwrite(path, 0, 100)],
    ["cut short", (path) => truncateSync(path, 3 * PAGE_BYTES)],
    ["with five pages overwritten", (path) => overwrite(path, 8 * PAGE_BYTES, 5 * PAGE_BYTES)],
    [
      "overwritten but for its first page",
      (path) => overwrite(path, PAGE_BYTES, statSync(path).size - PAGE_BYTES),
    ],
  ])("%s is refused with its path and what to do", (_, damage) => {
    const { dataDir, path } = usedDirectory();
    damage(path);
    const before = readFileSync(path);
    const error = openingError(() => {
      const store = openStore({ dataDir });
      try {
        store.load();
        store.loadDriverState("simulated");
      } catch (loading) {
        store.close();
        throw loading;
      }
      return store;
    });
    expect(error).toBeInstanceOf(StoreCorrupt);
    expect(String(error)).toContain(path);
    expect(String(error)).toMatch(/backup|move it away/);
    expect(readFileSync(path).equals(before)).toBe(true);
  });

  test("does not keep the directory locked", () => {
    const { dataDir, path } = usedDirectory();
    const good = readFileSync(path);
    overwrite(path, 0, 100);
    expect(openingError(() => openStore({ dataDir }))).toBeInstanceOf(StoreCorrupt);
    writeFileSync(path, good);
    const store = openStore({ dataDir });
    expect(store.head()).toBe(500);
    store.close();
  });

  test("is found in a table after a crash, before anything is read from it", () => {
    const { dataDir, path } = usedDirectory();
    const sqlite = new Sqlite(path);
    const page = sqlite
      .prepare("SELECT rootpage FROM sqlite_schema WHERE name = 'guests'")
      .pluck()
      .get() as number;
    sqlite.close();
    overwrite(path, (page - 1) * PAGE_BYTES, PAGE_BYTES);
    // What a crash leaves behind; SQLite finds nothing to recover in it.
    writeFileSync(`${path}-wal`, Buffer.alloc(100));
    expect(openingError(() => openStore({ dataDir }))).toBeInstanceOf(StoreCorrupt);
  });

  test("is found in a row that is no longer JSON", () => {
    const { dataDir, path } = usedDirectory();
    const sqlite = new Sqlite(path);
    sqlite.exec("UPDATE affinity_rules SET guest_ids = '[1, 2'");
    sqlite.close();
    const store = openStore({ dataDir });
    const reader = openReader(dataDir);
    expect(() => store.load()).toThrow(StoreCorrupt);
    expect(() => reader.load()).toThrow(StoreCorrupt);
    reader.close();
    store.close();
  });

  test("in what the drivers stored is told when it is asked for", () => {
    const dataDir = temporaryDirectory();
    const path = join(dataDir, "evenkeel.db");
    const state = new Map([["world", "x".repeat(50 * PAGE_BYTES)]]);
    const first = openStore({ dataDir });
    first.append({ ...batchOf(ticks(1, 1)), driverState: new Map([["simulated", state]]) });
    first.close();
    const at = readFileSync(path).indexOf("x".repeat(PAGE_BYTES / 2)) + PAGE_BYTES;
    // The chain of pages that hold the value then leads nowhere.
    overwrite(path, at - (at % PAGE_BYTES), 5 * PAGE_BYTES);
    const store = openStore({ dataDir });
    expect(() => store.loadDriverState("simulated")).toThrow(StoreCorrupt);
    store.close();
  });

  test("whose log and tables differ is refused", () => {
    const { dataDir, path } = usedDirectory();
    const sqlite = new Sqlite(path);
    sqlite.exec("DELETE FROM log WHERE seq > 490");
    sqlite.close();
    expect(String(openingError(() => openStore({ dataDir })))).toMatch(/log ends at 490.*of 500/);
  });
});

test("another program's database is left alone", () => {
  const dataDir = temporaryDirectory();
  const path = join(dataDir, "evenkeel.db");
  const foreign = new Sqlite(path);
  foreign.exec("CREATE TABLE recipes (name TEXT)");
  foreign.close();
  const before = readFileSync(path);
  for (const open of [() => openStore({ dataDir }), () => openReader(dataDir)]) {
    const error = openingError(open);
    expect(error).toBeInstanceOf(StoreCorrupt);
    expect(String(error)).toContain("not a database of Evenkeel");
  }
  expect(readFileSync(path).equals(before)).toBe(true);
});

test("a newer version's database is refused by the name of what is new", () => {
  const { dataDir, path } = usedDirectory();
  const sqlite = new Sqlite(path);
  sqlite.exec(
    "INSERT INTO __drizzle_migrations (hash, name) VALUES ('x', '29990101000000_marvels')",
  );
  sqlite.close();
  const error = openingError(() => openStore({ dataDir }));
  expect(error).toBeInstanceOf(StoreTooNew);
  expect(String(error)).toContain("29990101000000_marvels");
});

test("a file where the directory should be is told", () => {
  const dataDir = join(temporaryDirectory(), "data");
  writeFileSync(dataDir, "");
  const error = openingError(() => openStore({ dataDir }));
  expect(error).toBeInstanceOf(StoreUnavailable);
  expect(String(error)).toContain(dataDir);
});

test("a reader of nothing is told, and makes nothing", () => {
  const dataDir = temporaryDirectory();
  expect(openingError(() => openReader(dataDir))).toBeInstanceOf(StoreUnavailable);
  expect(existsSync(join(dataDir, "evenkeel.db"))).toBe(false);
});

test.each(["", "UPPER", "with:colon", "x".repeat(33)])("'%s' is no epoch", (epoch) => {
  expect(() => openStore({ dataDir: temporaryDirectory(), epoch })).toThrow(RangeError);
});

test("a directory that cannot be made is told at once", () => {
  const dataDir = process.platform === "linux" ? "/proc/none/data" : "/dev/null/data";
  const error = openingError(() => openStore({ dataDir }));
  expect(error).toBeInstanceOf(StoreUnavailable);
  expect(String(error)).toContain(dataDir);
});
