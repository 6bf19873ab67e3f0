import type { Database, Statement } from "better-sqlite3";
import type { IdempotencyRecord } from "./batch.ts";

/** How long a key answers its first result, in ms of fleet time. */
const KEPT_MS = 24 * 3_600_000;

/** A bound for clients that send a key with everything they do, and do a lot. */
const MAX_KEYS = 100_000;
/** Counting the keys each time would cost more than writing them. */
const PRUNE_EVERY = 1_000;

interface IdempotencyRow {
  readonly actor: string;
  readonly key: string;
  readonly fingerprint: string;
  readonly result: string;
  readonly at_ms: number;
}

/** Results of commands by actor and key. Writing is part of the writer's transaction. */
export class IdempotencyTable {
  readonly #find: Statement<[string, string], IdempotencyRow>;
  readonly #insert: Statement<[string, string, string, string, number]>;
  readonly #deleteOld: Statement<[number]>;
  readonly #deleteExcess: Statement<[number]>;
  #writtenSincePrune = PRUNE_EVERY;

  constructor(sqlite: Database) {
    this.#find = sqlite.prepare("SELECT * FROM idempotency WHERE actor = ? AND key = ?");
    this.#insert = sqlite.prepare(
      "INSERT OR REPLACE INTO idempotency (actor, key, fingerprint, result, at_ms) VALUES (?, ?, ?, ?, ?)",
    );
    this.#deleteOld = sqlite.prepare("DELETE FROM idempotency WHERE at_ms < ?");
    this.#deleteExcess = sqlite.prepare(
      `DELETE FROM idempotency WHERE rowid IN (
         SELECT rowid FROM idempotency ORDER BY at_ms DESC, rowid DESC LIMIT -1 OFFSET ?
       )`,
    );
  }

  find(actor: string, key: string, nowMs: number | null): IdempotencyRecord | null {
    const row = this.#find.get(actor, key);
    if (!row || (nowMs !== null && row.at_ms < nowMs - KEPT_MS)) return null;
    const { fingerprint, result, at_ms: atMs } = row;
    return { actor, key, fingerprint, result: JSON.parse(result), atMs };
  }

  write(records: readonly IdempotencyRecord[], nowMs: number): void {
    if (records.length === 0) return;
    for (const { actor, key, fingerprint, result, atMs } of records)
      this.#insert.run(actor, key, fingerprint, JSON.stringify(result), atMs);
    this.#writtenSincePrune += records.length;
    if (this.#writtenSincePrune < PRUNE_EVERY) return;
    this.#writtenSincePrune = 0;
    this.#deleteOld.run(nowMs - KEPT_MS);
    this.#deleteExcess.run(MAX_KEYS);
  }
}
