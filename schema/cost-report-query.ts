import { type Column, getTableColumns, type SQL, sql } from "drizzle-orm";
import type { ZoneId } from "../src/model/ids.ts";
import {
  type Amounts,
  addAmounts,
  METER_STRETCH_MS,
  METERS,
  noAmounts,
} from "../src/model/metering.ts";
import { metering } from "../src/store/tables-log.ts";
import type { Window } from "./availability.ts";
import type { ReadDatabase } from "./context.ts";

export interface ZoneAmounts extends Amounts {
  readonly zoneId: ZoneId;
}

export interface Metered extends Amounts {
  /** From the first to the last that was metered in the window wanted; empty, at its end, when nothing was. */
  readonly window: Window;
  /** Time in which something was metered. */
  readonly meteredMs: number;
  readonly zones: readonly ZoneAmounts[];
}

const { fromMs, untilMs, stretchMs, zoneId, ...columns } = getTableColumns(metering);

/** How much of each stretch lies in the window; one without length holds counts alone. */
function shareIn(window: Window): SQL {
  return sql`iif(${untilMs} = ${fromMs}, 1.0, ${overlap(window)} * 1.0 / (${untilMs} - ${fromMs}))`;
}

function overlap({ fromMs: from, toMs: to }: Window): SQL {
  return sql`(min(${untilMs}, ${to}) - max(${fromMs}, ${from}))`;
}

function within(window: Window): SQL {
  return sql`${stretchMs} > ${window.fromMs - METER_STRETCH_MS} AND ${stretchMs} < ${window.toMs}
    AND ${overlap(window)} >= 0`;
}

/**
 * What was metered in a window. Of a stretch that begins or ends outside of it, as much counts as lies
 * inside: within five minutes, use is taken to be even.
 */
export function meteredIn(db: ReadDatabase, window: Window): Metered {
  const sums = METERS.map((meter) => {
    const column: Column = columns[meter];
    return sql`sum(${column} * ${shareIn(window)}) AS ${sql.identifier(meter)}`;
  });
  const zones = db.all<ZoneAmounts>(sql`
    SELECT ${zoneId} AS "zoneId", ${sql.join(sums, sql`, `)}
    FROM ${metering} WHERE ${within(window)} GROUP BY ${zoneId} ORDER BY ${zoneId}`);
  const [time] = db.all<{
    fromMs: number | null;
    toMs: number | null;
    meteredMs: number | null;
  }>(sql`
    SELECT min(start) AS "fromMs", max("end") AS "toMs", sum(longest) AS "meteredMs" FROM (
      SELECT min(max(${fromMs}, ${window.fromMs})) AS start,
        max(min(${untilMs}, ${window.toMs})) AS "end", max(${overlap(window)}) AS longest
      FROM ${metering} WHERE ${within(window)} GROUP BY ${stretchMs})`);
  const total = noAmounts();
  for (const zone of zones) addAmounts(total, zone, 1);
  return {
    ...total,
    window: { fromMs: time?.fromMs ?? window.toMs, toMs: time?.toMs ?? window.toMs },
    meteredMs: time?.meteredMs ?? 0,
    zones,
  };
}
