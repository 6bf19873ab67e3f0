/**
 * What the principals of one tenant see of the tables. Their connection has a temporary view in front
 * of each table, under the table's own name, so that whatever is asked there, in whichever words, is
 * asked of what the tenant may see.
 */

import type { Database } from "better-sqlite3";
import { getTableColumns, getTableName, is } from "drizzle-orm";
import { SQLiteTable } from "drizzle-orm/sqlite-core";
import type { TenantId } from "../model/ids.ts";
import { kindsSeen } from "../model/visibility.ts";
import * as fleetTables from "./tables.ts";
import * as balancingTables from "./tables-load-balancers.ts";
import * as logTables from "./tables-log.ts";
import * as scalingTables from "./tables-scaling.ts";

const TABLES = {
  ...tablesIn(fleetTables),
  ...tablesIn(balancingTables),
  ...tablesIn(logTables),
  ...tablesIn(scalingTables),
};
type TablesIn<Module> = {
  [K in keyof Module as Module[K] extends SQLiteTable ? K : never]: Module[K];
};
type TableName =
  | keyof TablesIn<typeof fleetTables>
  | keyof TablesIn<typeof balancingTables>
  | keyof TablesIn<typeof logTables>
  | keyof TablesIn<typeof scalingTables>;

/** Rows that pass `where`; columns that are shown as something else than they are. */
interface Part {
  readonly where: string;
  readonly columns?: Readonly<Record<string, string>>;
}
type Seen = "ALL" | "NONE" | ((tenantId: TenantId) => Part);

const words = (list: readonly string[]) => list.map((word) => `'${word}'`).join(", ");
const ownGuests = (id: TenantId) => `(SELECT id FROM main.guests WHERE tenant_id = ${id})`;
/** How many own guests it happened to; `among` is what leads to few events by an index. */
const ownGuestsThat = (id: TenantId, kind: string, among: string) =>
  `(SELECT count(DISTINCT subject_id) FROM main.log
    WHERE ${among} AND +tenant_id = ${id} AND +kind = '${kind}')`;
const OF_FAILOVER = `(incident_id = failovers.incident_id OR cause_seq = failovers.seq)
  AND payload ->> 'failover' = failovers.id`;
const OF_INCIDENT = "incident_id = incidents.id";

/** Every table has its entry, or this does not compile. */
const SEEN = {
  meta: "ALL",
  regions: "ALL",
  zones: "ALL",
  dataCenters: "ALL",
  racks: "ALL",
  hosts: "ALL",
  hostTelemetry: "ALL",
  images: "ALL",
  // Resources that were given one by one are a flavor that tells how large somebody's guest is.
  flavors: (id) => ({
    where: `name NOT LIKE 'own-%'
      OR id IN (SELECT flavor_id FROM main.guests WHERE tenant_id = ${id})`,
  }),
  tenants: (id) => ({ where: `id = ${id}` }),
  guests: (id) => ({ where: `tenant_id = ${id}` }),
  guestTelemetry: (id) => ({ where: `guest_id IN ${ownGuests(id)}` }),
  scalingGroups: (id) => ({ where: `tenant_id = ${id}` }),
  loadHistories: (id) => ({
    where: `group_id IN (SELECT id FROM main.scaling_groups WHERE tenant_id = ${id})`,
  }),
  securityGroups: (id) => ({ where: `tenant_id = ${id}` }),
  loadBalancers: (id) => ({ where: `tenant_id = ${id}` }),
  loadBalancerTelemetry: (id) => ({
    where: `load_balancer_id IN (SELECT id FROM main.load_balancers WHERE tenant_id = ${id})`,
  }),
  loadBalancerTargets: (id) => ({ where: `guest_id IN ${ownGuests(id)}` }),
  apiTokens: (id) => ({ where: `tenant_id = ${id}` }),
  // Of those that are about others too, not even the name.
  affinityRules: (id) => ({
    where: `guest_ids <> '[]' AND NOT EXISTS
      (SELECT 1 FROM json_each(guest_ids) WHERE value NOT IN ${ownGuests(id)})`,
  }),
  // The second for those of guests that are gone.
  operations: (id) => ({
    where: `guest_id IN ${ownGuests(id)} OR
      (guest_id IS NOT NULL AND seq IN (SELECT seq FROM main.log WHERE tenant_id = ${id}))`,
  }),
  faults: "NONE",
  recommendations: "NONE",
  failovers: (id) => {
    const lost = ownGuestsThat(id, "GuestLost", OF_FAILOVER);
    const recovered = ownGuestsThat(id, "GuestFailedOver", OF_FAILOVER);
    return {
      where: `${lost} > 0`,
      columns: {
        guests_affected: lost,
        guests_recovered: recovered,
        guests_unrecovered: `max(0, ${lost} - ${recovered})`,
      },
    };
  },
  incidents: (id) => ({
    where: "1",
    columns: { guests_lost: ownGuestsThat(id, "GuestLost", OF_INCIDENT) },
  }),
  log: (id) => ({
    where: `(tenant_id = ${id} AND kind IN (${words(kindsSeen("OWN"))}))
      OR (tenant_id IS NULL AND kind IN (${words(kindsSeen("NOBODY"))}))`,
  }),
  metering: "NONE",
  driverState: "NONE",
  idempotency: "NONE",
} as const satisfies Record<TableName, Seen>;

/** Puts the views in front of the tables of a connection, for as long as it is open. */
export function limitToTenant(sqlite: Database, tenantId: TenantId): void {
  if (!Number.isSafeInteger(tenantId)) throw new Error(`${tenantId} is not an id.`);
  for (const [name, table] of Object.entries(TABLES)) {
    const seen: Seen = SEEN[name as TableName];
    if (seen === "ALL") continue;
    const part = seen === "NONE" ? { where: "0" } : seen(tenantId);
    sqlite.exec(`CREATE TEMP VIEW ${getTableName(table)} AS ${viewOf(table, part)}`);
  }
}

function viewOf(table: SQLiteTable, { where, columns = {} }: Part): string {
  const name = getTableName(table);
  const shown = Object.values(getTableColumns(table)).map((column) => {
    const instead = columns[column.name];
    return instead === undefined ? `${name}.${column.name}` : `${instead} AS ${column.name}`;
  });
  return `SELECT ${shown.join(", ")} FROM main.${name} AS ${name} WHERE ${where}`;
}

function tablesIn(module: object): Record<string, SQLiteTable> {
  const isTable = ([, value]: [string, unknown]) => is(value, SQLiteTable);
  return Object.fromEntries(Object.entries(module).filter(isTable)) as Record<string, SQLiteTable>;
}
