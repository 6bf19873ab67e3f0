import { type SQL, sql } from "drizzle-orm";
import type { GuestStatus } from "../src/model/statuses.ts";
import {
  type KnownGuest,
  type Measured,
  measure,
  SERVICE_KINDS,
  type ServiceFact,
  type ServiceState,
  type Window,
} from "./availability.ts";
import type { ReadDatabase } from "./context.ts";

/** What was really measured, which is less than was asked for when the log does not reach back. */
export interface AvailabilityReport extends Measured {
  readonly window: Window;
}

const list = (values: readonly (number | string)[]): SQL =>
  sql`(SELECT value FROM json_each(${JSON.stringify(values)}))`;

const STATE_OF: Partial<Record<GuestStatus, ServiceState>> = {
  RUNNING: "UP",
  MIGRATING: "UP",
  LOST: "DOWN",
  RECOVERING: "DOWN",
  REBOOTING: "DOWN",
  ERROR: "DOWN",
};

/** Where the log begins: when its oldest event happened, and whether that is the first one ever. */
function beginning(db: ReadDatabase): { atMs: number; whole: boolean } | null {
  const [oldest] = db.all<{ seq: number; atMs: number }>(
    sql`SELECT (SELECT earliest_seq FROM meta) AS seq, at_ms AS "atMs" FROM log ORDER BY log.seq LIMIT 1`,
  );
  return oldest ? { atMs: oldest.atMs, whole: oldest.seq === 1 } : null;
}

function factsOf(db: ReadDatabase, toMs: number, guests: SQL): ServiceFact[] {
  return db.all<ServiceFact>(sql`
    SELECT log.subject_id AS "guestId", log.kind AS kind, log.at_ms AS "atMs",
      log.payload ->> 'lastSeenAt' AS "lastSeenAtMs", hosts.zone_id AS "zoneId"
    FROM log LEFT JOIN hosts
      ON hosts.id = ifnull(log.payload ->> 'toHost', log.payload ->> 'host')
    WHERE log.kind IN ${list(SERVICE_KINDS)} AND log.at_ms < ${toMs} ${guests}
    ORDER BY log.seq`);
}

interface GuestRow {
  readonly guestId: number;
  readonly zoneId: number | null;
  readonly status: GuestStatus;
  readonly createdAtMs: number;
}

function clamp(window: Window, oldestMs: number | null): Window {
  return {
    fromMs: Math.min(Math.max(window.fromMs, oldestMs ?? window.toMs), window.toMs),
    toMs: window.toMs,
  };
}

/** Each guest by itself. */
export function availabilityOfGuests(
  db: ReadDatabase,
  ids: readonly number[],
  wanted: Window,
): Map<number, AvailabilityReport> {
  const start = beginning(db);
  const window = clamp(wanted, start?.atMs ?? null);
  const facts = factsOf(db, window.toMs, sql`AND +log.subject_id IN ${list(ids)}`);
  const byGuest = Map.groupBy(facts, (fact) => fact.guestId);
  const rows = db.all<GuestRow>(sql`
    SELECT id AS "guestId", zone_id AS "zoneId", status, created_at_ms AS "createdAtMs"
    FROM guests WHERE id IN ${list(ids)}`);
  return new Map(
    rows.map((row) => {
      const known = knownGuest(row, start);
      const measured = measure(byGuest.get(row.guestId) ?? [], [known], window, null);
      return [row.guestId, { ...measured, window }];
    }),
  );
}

function knownGuest(row: GuestRow, start: ReturnType<typeof beginning>): KnownGuest {
  return {
    guestId: row.guestId,
    zoneId: row.zoneId,
    state: STATE_OF[row.status] ?? "OUT",
    complete: start !== null && (start.whole || row.createdAtMs >= start.atMs),
  };
}

/** The guest-time spent in each group of zones: also of guests that have left them or are gone. */
export function availabilityOfZones(
  db: ReadDatabase,
  groups: readonly (readonly number[])[],
  wanted: Window,
): AvailabilityReport[] {
  const start = beginning(db);
  const window = clamp(wanted, start?.atMs ?? null);
  const facts = factsOf(db, window.toMs, sql``);
  const rows = db.all<GuestRow>(sql`
    SELECT id AS "guestId", zone_id AS "zoneId", status, created_at_ms AS "createdAtMs"
    FROM guests`);
  const known = new Map(rows.map((row) => [row.guestId, knownGuest(row, start)]));
  for (const { guestId } of facts)
    if (!known.has(guestId))
      known.set(guestId, { guestId, zoneId: null, state: "OUT", complete: start?.whole ?? false });
  const guests = [...known.values()];
  return groups.map((zoneIds) => ({
    ...measure(facts, guests, window, new Set(zoneIds)),
    window,
  }));
}
