import type { Database } from "better-sqlite3";
import type { Entities, FleetMeta, Snapshot } from "../model/entities.ts";
import type { Seq } from "../model/ids.ts";
import { DEFAULT_SETTINGS } from "../model/settings.ts";
import { ENTITY_TABLES, ENTITY_TYPES, MAPPINGS, type Row } from "./rows.ts";
import { readAll } from "./statements.ts";

export interface StoredSnapshot extends Snapshot {
  /** The fleet's clock at the last append, in ms since the Unix epoch; null before the first one. */
  readonly clockMs: number | null;
}

/** What a directory holds before anything has happened in it. */
export const FIRST_META: FleetMeta = {
  seq: 0,
  nextId: 1,
  settings: DEFAULT_SETTINGS,
  armed: true,
  contactLostAtMs: null,
  silencesCountFromMs: null,
  stockDueAtMs: null,
};

/** All tables as they were at one log position. */
export function readSnapshot(sqlite: Database): StoredSnapshot {
  return sqlite.transaction(() => {
    const { clockMs, meta } = readMeta(sqlite);
    const entities = Object.fromEntries(
      ENTITY_TYPES.map((type) => [type, readEntities(sqlite, type)]),
    ) as unknown as Snapshot["entities"];
    return { meta, clockMs, entities };
  })();
}

function readEntities<T extends keyof Entities>(sqlite: Database, type: T): Entities[T][] {
  const { fromRow } = MAPPINGS[type];
  return readAll<Row<T>>(sqlite, ENTITY_TABLES[type]).map(fromRow);
}

export interface StoredMeta {
  readonly meta: FleetMeta;
  readonly epoch: string;
  readonly earliestSeq: Seq;
  readonly clockMs: number | null;
}

export function readMeta(sqlite: Database): StoredMeta {
  const row = sqlite.prepare<[], MetaRow>("SELECT * FROM meta").get();
  if (!row) throw new Error("The table `meta` has no row.");
  return {
    // A setting that is newer than the row has its default.
    meta: {
      seq: row.seq,
      nextId: row.next_id,
      settings: { ...DEFAULT_SETTINGS, ...JSON.parse(row.settings) },
      armed: row.armed === 1,
      contactLostAtMs: row.contact_lost_at_ms,
      silencesCountFromMs: row.silences_count_from_ms,
      stockDueAtMs: row.stock_due_at_ms,
    },
    epoch: row.epoch,
    earliestSeq: row.earliest_seq,
    clockMs: row.clock_ms,
  };
}

interface MetaRow {
  readonly epoch: string;
  readonly seq: number;
  readonly earliest_seq: number;
  readonly next_id: number;
  readonly settings: string;
  readonly armed: number;
  readonly contact_lost_at_ms: number | null;
  readonly silences_count_from_ms: number | null;
  readonly stock_due_at_ms: number | null;
  readonly clock_ms: number | null;
}
