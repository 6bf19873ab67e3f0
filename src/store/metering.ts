import type { Database, Statement } from "better-sqlite3";
import { getTableColumns } from "drizzle-orm";
import { METERED_KEPT_MS, METERS, type Reading } from "../model/metering.ts";
import { metering } from "./tables-log.ts";

/** Adds what was metered to the table. Part of the writer's transaction. */
export class MeteringTable {
  readonly #add: Statement<number[]>;
  readonly #deleteBefore: Statement<[number]>;

  constructor(sqlite: Database) {
    const columns = getTableColumns(metering);
    const amounts = METERS.map((meter) => columns[meter].name);
    const all = ["stretch_ms", "zone_id", "from_ms", "until_ms", ...amounts];
    this.#add = sqlite.prepare(
      `INSERT INTO metering (${all.join(", ")}) VALUES (${all.map(() => "?").join(", ")})
       ON CONFLICT (stretch_ms, zone_id) DO UPDATE SET
         from_ms = min(from_ms, excluded.from_ms), until_ms = max(until_ms, excluded.until_ms),
         ${amounts.map((name) => `${name} = ${name} + excluded.${name}`).join(", ")}`,
    );
    this.#deleteBefore = sqlite.prepare("DELETE FROM metering WHERE stretch_ms < ?");
  }

  /** Those of one stretch and zone add up. What is too old by `nowMs` goes. */
  add(readings: readonly Reading[], nowMs: number): void {
    if (readings.length === 0) return;
    for (const reading of readings) {
      const { stretchMs, zoneId, fromMs, untilMs } = reading;
      this.#add.run(stretchMs, zoneId, fromMs, untilMs, ...METERS.map((meter) => reading[meter]));
    }
    this.#deleteBefore.run(nowMs - METERED_KEPT_MS);
  }
}
