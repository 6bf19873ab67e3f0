import { sql } from "drizzle-orm";
import { formatCursor } from "../src/model/log.ts";
import type {
  GuestStatus as GuestStatusName,
  ZoneStatus as ZoneStatusName,
} from "../src/model/statuses.ts";
import { builder } from "./builder.ts";
import {
  addCapacity,
  type CapacityTotals,
  capacityByZone,
  NO_CAPACITY,
} from "./capacity-queries.ts";
import type { ApiContext } from "./context.ts";
import { GuestStatus, HostStatus, ZoneStatus } from "./enums.ts";
import { type FleetFacts, fleetFacts } from "./fleet-meta.ts";
import { Capacity } from "./resources.ts";
import { VOLATILE } from "./volatile.ts";

interface StatusCount<Status> {
  readonly status: Status;
  readonly count: number;
}

export interface FleetTotals {
  readonly capacity: CapacityTotals;
  readonly zones: readonly StatusCount<ZoneStatusName>[];
  readonly hosts: readonly StatusCount<(typeof HostStatus)["$inferType"]>[];
  readonly guests: readonly StatusCount<GuestStatusName>[];
  readonly failoversRunning: number;
  readonly highAvailability: Pick<FleetFacts, "armed" | "contactLostAtMs">;
}

/** The totals of the whole fleet, as of the newest commit. */
export function fleetTotals({ db }: Pick<ApiContext, "db">): FleetTotals {
  const counts = <Status>(table: string) =>
    db.all<StatusCount<Status>>(
      sql`SELECT status, count(*) AS count FROM ${sql.identifier(table)} GROUP BY status ORDER BY status`,
    );
  const [failovers] = db.all<{ count: number }>(
    sql`SELECT count(*) AS count FROM failovers WHERE completed_at_ms IS NULL`,
  );
  const { armed, contactLostAtMs } = fleetFacts(db);
  return {
    capacity: [...capacityByZone(db, "all").values()].reduce(addCapacity, NO_CAPACITY),
    zones: counts("zones"),
    hosts: counts("hosts"),
    guests: counts("guests"),
    failoversRunning: failovers?.count ?? 0,
    highAvailability: { armed, contactLostAtMs },
  };
}

const sum = (counts: readonly { readonly count: number }[]) =>
  counts.reduce((total, { count }) => total + count, 0);

const HostCount = builder.objectRef<FleetTotals["hosts"][number]>("HostStatusCount").implement({
  fields: (t) => ({
    status: t.expose("status", { type: HostStatus }),
    count: t.exposeInt("count"),
  }),
});
const GuestCount = builder.objectRef<FleetTotals["guests"][number]>("GuestStatusCount").implement({
  fields: (t) => ({
    status: t.expose("status", { type: GuestStatus }),
    count: t.exposeInt("count"),
  }),
});
const ZoneCount = builder.objectRef<FleetTotals["zones"][number]>("ZoneStatusCount").implement({
  fields: (t) => ({
    status: t.expose("status", { type: ZoneStatus }),
    count: t.exposeInt("count"),
  }),
});

export const FleetSummary = builder.objectRef<FleetTotals>("FleetSummary").implement({
  description: "Totals for a dashboard.",
  fields: (t) => ({
    at: t.field({
      type: "DateTime",
      description: "On the fleet's clock.",
      extensions: VOLATILE,
      resolve: (_totals, _args, { runtime }) => runtime.nowMs(),
    }),
    head: t.field({
      type: "Cursor",
      description: "The log position that the totals are at least as new as.",
      resolve: (_totals, _args, { runtime }) =>
        formatCursor(runtime.feed.epoch, runtime.feed.head()),
    }),
    capacity: t.expose("capacity", { type: Capacity }),
    hostsUp: t.int({ resolve: ({ capacity }) => capacity.hostsUp }),
    hostsTotal: t.int({ resolve: ({ capacity }) => capacity.hostsTotal }),
    guestsRunning: t.int({ resolve: ({ capacity }) => capacity.guestsRunning }),
    guestsTotal: t.int({ resolve: ({ guests }) => sum(guests) }),
    zonesTotal: t.int({ resolve: ({ zones }) => sum(zones) }),
    zonesHealthy: t.int({
      resolve: ({ zones }) => sum(zones.filter(({ status }) => status === "HEALTHY")),
    }),
    zones: t.expose("zones", { type: [ZoneCount], description: "By status, none left out but 0." }),
    hosts: t.expose("hosts", { type: [HostCount], description: "By status, none left out but 0." }),
    guests: t.expose("guests", {
      type: [GuestCount],
      description: "By status, none left out but 0.",
    }),
    failoversRunning: t.exposeInt("failoversRunning"),
  }),
});

builder.queryField("fleet", (t) =>
  t.field({
    type: FleetSummary,
    description: "Totals of the whole fleet, now.",
    resolve: (_root, _args, context) => fleetTotals(context),
  }),
);
