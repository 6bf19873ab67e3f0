/** The log and what the store keeps beside the fleet's own tables. */

import { sql } from "drizzle-orm";
import { check, index, integer, primaryKey, real, snakeCase, text } from "drizzle-orm/sqlite-core";
import type { CommandResult } from "../model/commands.ts";
import type { EventKind } from "../model/events.ts";
import type { EntityType, GuestId, HostId, IncidentId, TenantId, ZoneId } from "../model/ids.ts";
import { METERS, type Meter } from "../model/metering.ts";
import type { Settings } from "../model/settings.ts";
import { ALL_DRIVERS, EVENT_CATEGORIES, SEVERITIES } from "../model/statuses.ts";
import { guests, hosts, oneOf } from "./tables.ts";

/** A single row: what is true of the log and of the fleet as a whole. */
export const meta = snakeCase.table(
  "meta",
  {
    id: integer().primaryKey(),
    epoch: text().notNull(),
    /** The newest event; 0 before the first one. */
    seq: integer().notNull(),
    /** The oldest event that retention has left; seq + 1 when it left none. */
    earliestSeq: integer().notNull(),
    nextId: integer().notNull(),
    settings: text({ mode: "json" }).notNull().$type<Settings>(),
    /** The fleet's clock at the last append, in ms since the Unix epoch; NULL before the first one. */
    clockMs: integer(),
    armed: integer({ mode: "boolean" }).notNull().default(true),
    contactLostAtMs: integer(),
    silencesCountFromMs: integer(),
    stockDueAtMs: integer(),
  },
  (t) => [check("only_row", sql`${t.id} = 1`)],
);

/** From here up, events are few enough that finding them by severity is worth an index. */
export const RARE_SEVERITY_RANK = SEVERITIES.indexOf("NOTICE");

/**
 * One row per event. `seq` is the row id, so each index below is in log order within one value.
 *
 * `kind` has no CHECK: SQLite would have to copy the whole log whenever a kind is added.
 */
export const log = snakeCase.table(
  "log",
  {
    seq: integer().primaryKey(),
    epoch: text().notNull(),
    atMs: integer().notNull(),
    kind: text().notNull().$type<EventKind>(),
    category: text({ enum: EVENT_CATEGORIES }).notNull(),
    severity: text({ enum: SEVERITIES }).notNull(),
    /** The severity's index in SEVERITIES, so that a minimum is one comparison. */
    severityRank: integer().notNull(),
    message: text().notNull(),
    subjectType: text().$type<EntityType>(),
    subjectId: integer(),
    tenantId: integer().$type<TenantId>(),
    zoneId: integer().$type<ZoneId>(),
    causeSeq: integer(),
    incidentId: integer().$type<IncidentId>(),
    /** As `formatActor` writes it. */
    actor: text().notNull(),
    payload: text({ mode: "json" }).notNull().$type<unknown>(),
  },
  (t) => [
    index("log_subject").on(t.subjectId),
    index("log_cause").on(t.causeSeq),
    index("log_kind").on(t.kind),
    index("log_category").on(t.category),
    index("log_zone").on(t.zoneId),
    index("log_tenant").on(t.tenantId),
    // Most of a log is of no incident.
    index("log_incident").on(t.incidentId).where(sql`incident_id IS NOT NULL`),
    index("log_severity")
      .on(t.severityRank)
      .where(sql.raw(`severity_rank >= ${RARE_SEVERITY_RANK}`)),
    oneOf(t.category, EVENT_CATEGORIES),
    oneOf(t.severity, SEVERITIES),
  ],
);

/** The newest usage sample of each guest. Soft: overwritten, never in the log. */
export const guestTelemetry = snakeCase.table("guest_telemetry", {
  guestId: integer()
    .primaryKey()
    .$type<GuestId>()
    .references(() => guests.id, { onDelete: "cascade" }),
  cpuMillicores: integer().notNull(),
  memoryMiB: integer("memory_mib").notNull(),
  cpuDemandMillicores: integer().notNull().default(0),
  cpuStolenMillicores: integer().notNull().default(0),
  sampledAtMs: integer().notNull(),
});

/** When each host was last heard of. Soft, like usage. */
export const hostTelemetry = snakeCase.table("host_telemetry", {
  hostId: integer()
    .primaryKey()
    .$type<HostId>()
    .references(() => hosts.id, { onDelete: "cascade" }),
  lastHeartbeatAtMs: integer().notNull(),
});

/**
 * What was metered, a row a zone and stretch of time. No foreign key: what a zone has used outlives it.
 * Amounts are sums that can outgrow what whole numbers hold.
 */
export const metering = snakeCase.table(
  "metering",
  {
    stretchMs: integer().notNull(),
    zoneId: integer().notNull().$type<ZoneId>(),
    fromMs: integer().notNull(),
    untilMs: integer().notNull(),
    ...meters(),
  },
  (t) => [primaryKey({ columns: [t.stretchMs, t.zoneId] })],
);

function meters() {
  const amount = () => real().notNull();
  return Object.fromEntries(METERS.map((meter) => [meter, amount()])) as {
    [M in Meter]: ReturnType<typeof amount>;
  };
}

/** What a driver must know again after a restart, in its own words. */
export const driverState = snakeCase.table(
  "driver_state",
  {
    /** No CHECK: SQLite would have to copy the table whenever a driver is added. */
    driver: text({ enum: ALL_DRIVERS }).notNull(),
    key: text().notNull(),
    value: text().notNull(),
  },
  (t) => [primaryKey({ columns: [t.driver, t.key] })],
);

/** Results of commands that carried an idempotency key. */
export const idempotency = snakeCase.table(
  "idempotency",
  {
    actor: text().notNull(),
    key: text().notNull(),
    /** Of the command: the same key with another one is a mistake of the caller. */
    fingerprint: text().notNull(),
    result: text({ mode: "json" }).notNull().$type<CommandResult>(),
    atMs: integer().notNull(),
  },
  (t) => [primaryKey({ columns: [t.actor, t.key] }), index("idempotency_at").on(t.atMs)],
);
