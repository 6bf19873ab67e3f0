/**
 * How fast facts become durable: events a second through the store, tables updated with them, next
 * to raw better-sqlite3.
 *
 * The work is what the engine really does: starting a fleet of 4,998 guests is recorded batch by
 * batch, and each batch is committed again to a new database on disk. The store gets events and
 * changed entities; it makes rows of them, as JSON where the tables have JSON. The peers get rows that
 * are made already and run one statement for each: an INSERT for an event, an upsert for a table's
 * row. `raw` has the same tables, constraints and indexes, `bare` the same without indexes. `tuned` is
 * `raw` with statements that know the future: what hand-written code could reach at best. Pragmas
 * (WAL, `synchronous = FULL`, foreign keys, checkpoint and cache sizes) and transactions are the same
 * for all. Rounds alternate; the first one warms the code and doesn't count.
 */

import { createHash } from "node:crypto";
import type { Database } from "better-sqlite3";
import { getTableName } from "drizzle-orm";
import type { Batch } from "../src/store/batch.ts";
import { databasePath, openDatabase } from "../src/store/database.ts";
import { openReader } from "../src/store/reader.ts";
import { ENTITY_TABLES } from "../src/store/rows.ts";
import {
  driverState,
  guestTelemetry,
  hostTelemetry,
  log as logTable,
  meta,
} from "../src/store/tables-log.ts";
import { openStore } from "../src/store/writer.ts";
import { readFleet, writeFleet } from "./fleet.ts";
import {
  type Benchmark,
  collectGarbage,
  type Measured,
  median,
  type Options,
  secondsOf,
} from "./harness.ts";
import type { Lab } from "./lab.ts";
import { dropIndexes, type RawBatch, rawBatches, writeRaw } from "./peers/raw-sqlite.ts";
import { tunedBatches } from "./peers/tuned-sqlite.ts";
import { recordFleetStart } from "./recording.ts";

const RAW_LIMIT = 0.4;

const TABLES = [
  ...Object.values(ENTITY_TABLES),
  logTable,
  meta,
  guestTelemetry,
  hostTelemetry,
  driverState,
].map((table) => getTableName(table));

type Contestant = "store" | "raw" | "bare" | "tuned";

export const log: Benchmark = {
  about: "committed events a second with tables updated, next to raw better-sqlite3",
  run: measure,
};

async function measure(lab: Lab, { fleetFile, rounds }: Options): Promise<Measured> {
  lab.progress("recording the start of a fleet");
  const spec = readFleet(fleetFile ?? writeFleet(lab.folder()));
  const batches = await recordFleetStart(lab.folder(), spec);
  const raw = rawBatches(batches);
  const tuned = tunedBatches(raw);
  const contestants: Readonly<Record<Contestant, (dataDir: string) => number>> = {
    store: (dataDir) => throughStore(dataDir, batches),
    raw: (dataDir) => throughRaw(dataDir, raw, () => undefined),
    bare: (dataDir) => throughRaw(dataDir, raw, dropIndexes),
    tuned: (dataDir) => throughRaw(dataDir, tuned, () => undefined),
  };
  const seconds: Record<Contestant, number[]> = { store: [], raw: [], bare: [], tuned: [] };
  const contents = new Set<string>();
  for (let round = 0; round <= rounds; round++) {
    lab.progress(round === 0 ? "warming up" : `round ${round} of ${rounds}`);
    for (const name of Object.keys(contestants) as Contestant[]) {
      const dataDir = lab.folder();
      seconds[name].push(contestants[name](dataDir));
      if (round === 0) contents.add(contentOf(dataDir));
      // Lets an interruption in.
      await new Promise(setImmediate);
    }
    if (contents.size !== 1) throw new Error("Not everyone has written the same rows");
  }
  const events = batches.reduce((sum, batch) => sum + batch.events.length, 0);
  const perSecond = (name: Contestant) => events / median(seconds[name].slice(1));
  const eventsPerSecond = perSecond("store");
  const rawPerSecond = perSecond("raw");
  const barePerSecond = perSecond("bare");
  const tunedPerSecond = perSecond("tuned");
  return {
    figures: {
      events,
      batches: batches.length,
      rows: raw.flat().reduce((sum, { rows }) => sum + rows.length, 0),
      eventsPerSecond,
    },
    peers: {
      raw: { eventsPerSecond: rawPerSecond },
      bare: { eventsPerSecond: barePerSecond },
      tuned: { eventsPerSecond: tunedPerSecond },
    },
    ratios: {
      toRaw: eventsPerSecond / rawPerSecond,
      toBare: eventsPerSecond / barePerSecond,
      toTuned: eventsPerSecond / tunedPerSecond,
    },
    limits: { toRaw: { atLeast: RAW_LIMIT } },
  };
}

/** What the tables hold, so that nobody is measured who has not done the work. */
function contentOf(dataDir: string): string {
  const reader = openReader(dataDir);
  try {
    const hash = createHash("sha256");
    for (const table of TABLES) {
      const rows = reader.sqlite.prepare<[], unknown[]>(`SELECT * FROM ${table} ORDER BY 1, 2`);
      for (const row of rows.raw().iterate()) hash.update(JSON.stringify(row));
    }
    return hash.digest("hex");
  } finally {
    reader.close();
  }
}

function throughStore(dataDir: string, recorded: readonly Batch[]): number {
  // New objects with the same sharing among them: the store remembers the JSON of what it has written.
  const batches = structuredClone(recorded);
  const store = openStore({ dataDir, epoch: "bench" });
  collectGarbage();
  const seconds = secondsOf(() => {
    for (const batch of batches) store.append(batch);
  });
  store.close();
  return seconds;
}

function throughRaw(
  dataDir: string,
  batches: readonly RawBatch[],
  prepare: (sqlite: Database) => void,
): number {
  openStore({ dataDir, epoch: "bench" }).close();
  const sqlite = openDatabase(databasePath(dataDir), null);
  prepare(sqlite);
  collectGarbage();
  const seconds = secondsOf(() => writeRaw(sqlite, batches));
  sqlite.close();
  return seconds;
}
