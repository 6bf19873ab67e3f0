import { type SQL, sql } from "drizzle-orm";
import type { ImageId, ZoneId } from "../src/model/ids.ts";
import type { Window } from "./availability.ts";
import type { ReadDatabase } from "./context.ts";

/** Times from request to running, in ms; 0 without starts. */
export interface Starts {
  readonly starts: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

export interface StartsOfImage extends Starts {
  readonly imageId: ImageId;
  readonly zoneId: ZoneId;
}

export interface MeasuredStarts extends Starts {
  readonly window: Window;
  /** In order of image and zone. */
  readonly rows: readonly StartsOfImage[];
}

const NONE: Starts = { starts: 0, p50Ms: 0, p99Ms: 0 };

/** The starts that came to their end in the window, each from its request. */
export function startsIn(db: ReadDatabase, window: Window): MeasuredStarts {
  const [overall] = db.all<Starts>(sql`${ranked(window, sql``)} SELECT ${FIGURES} FROM ranked`);
  const rows = db.all<StartsOfImage>(sql`
    ${ranked(window, sql`PARTITION BY image, zone`)}
    SELECT image AS "imageId", zone AS "zoneId", ${FIGURES} FROM ranked
    GROUP BY image, zone ORDER BY image, zone`);
  return { ...(overall?.starts ? overall : NONE), window, rows };
}

function ranked({ fromMs, toMs }: Window, partition: SQL): SQL {
  return sql`WITH started AS (
      SELECT payload ->> 'image' AS image, zone_id AS zone,
        at_ms - (payload ->> 'requestedAt') AS ms
      FROM log WHERE kind IN ('GuestStarted', 'GuestFailedOver')
        AND at_ms >= ${fromMs} AND at_ms < ${toMs} AND payload ->> 'requestedAt' IS NOT NULL),
    ranked AS (
      SELECT image, zone, ms, row_number() OVER (${partition} ORDER BY ms) AS rank,
        count(*) OVER (${partition}) AS starts
      FROM started)`;
}

/** Percentiles by nearest rank, in whole numbers: what is bound is none to SQLite. */
const percentile = (percent: number) =>
  sql`max(ms) FILTER (WHERE rank = (starts * ${sql.raw(`${percent}`)} + 99) / 100)`;
const FIGURES = sql`count(*) AS starts, ${percentile(50)} AS "p50Ms", ${percentile(99)} AS "p99Ms"`;
