import { inArray, type SQL, sql } from "drizzle-orm";
import type { SQLiteColumn } from "drizzle-orm/sqlite-core";
import type { RegionId } from "../src/model/ids.ts";

/** The column holds a zone of one of the regions. */
export function inZonesOf(column: SQLiteColumn, regions: readonly RegionId[]): SQL {
  const wanted = sql`(SELECT value FROM json_each(${JSON.stringify(regions)}))`;
  return inArray(column, sql`(SELECT id FROM zones WHERE region_id IN ${wanted})`);
}
