import { sql } from "drizzle-orm";
import { addResources, NO_RESOURCES, type Resources } from "../src/model/resources.ts";
import type { ReadDatabase } from "./context.ts";

export type AllocationTotals = Resources;

export interface UsageSample {
  readonly cpuMillicores: number;
  readonly memoryMiB: number;
  readonly cpuDemandMillicores: number;
  readonly cpuStolenMillicores: number;
  readonly sampledAtMs: number;
}

export interface CapacityTotals {
  readonly total: Resources;
  readonly allocated: Resources;
  readonly free: Resources;
  readonly hostsUp: number;
  readonly hostsTotal: number;
  readonly guestsRunning: number;
}

/** A guest takes its resources where it is and, while it migrates, where it goes. */
const TAKEN = sql`
  SELECT host_id, cpu_millicores, memory_mib, storage_gib FROM guests WHERE host_id IS NOT NULL
  UNION ALL
  SELECT target_host_id, cpu_millicores, memory_mib, storage_gib FROM guests
  WHERE target_host_id IS NOT NULL`;

const list = (ids: readonly number[]) => sql`(SELECT value FROM json_each(${JSON.stringify(ids)}))`;

export function allocatedByHost(
  db: ReadDatabase,
  ids: readonly number[],
): Map<number, AllocationTotals> {
  const half = (column: "host_id" | "target_host_id") => sql`
    SELECT ${sql.identifier(column)} AS id, cpu_millicores, memory_mib, storage_gib
    FROM guests WHERE ${sql.identifier(column)} IN ${list(ids)}`;
  const rows = db.all<Resources & { id: number }>(sql`
    SELECT id, sum(cpu_millicores) AS "cpuMillicores", sum(memory_mib) AS "memoryMiB",
      sum(storage_gib) AS "storageGiB"
    FROM (${half("host_id")} UNION ALL ${half("target_host_id")}) GROUP BY id`);
  return new Map(rows.map(({ id, ...taken }) => [id, taken]));
}

/** What guests are promised where they are and where they go; nobody is promised more than their size. */
export function reservedByHost(
  db: ReadDatabase,
  ids: readonly number[],
): Map<number, AllocationTotals> {
  const half = (column: "host_id" | "target_host_id") => sql`
    SELECT ${sql.identifier(column)} AS id,
      min(cpu_millicores, allocation ->> 'cpuReservationMillicores') AS cpu,
      min(memory_mib, allocation ->> 'memoryReservationMiB') AS memory
    FROM guests WHERE allocation IS NOT NULL AND ${sql.identifier(column)} IN ${list(ids)}`;
  const rows = db.all<Resources & { id: number }>(sql`
    SELECT id, sum(cpu) AS "cpuMillicores", sum(memory) AS "memoryMiB", 0 AS "storageGiB"
    FROM (${half("host_id")} UNION ALL ${half("target_host_id")}) GROUP BY id`);
  return new Map(rows.map(({ id, ...reserved }) => [id, reserved]));
}

export function usageByHost(db: ReadDatabase, ids: readonly number[]): Map<number, UsageSample> {
  const rows = db.all<UsageSample & { id: number }>(sql`
    SELECT g.host_id AS id, sum(t.cpu_millicores) AS "cpuMillicores",
      sum(t.memory_mib) AS "memoryMiB", sum(t.cpu_demand_millicores) AS "cpuDemandMillicores",
      sum(t.cpu_stolen_millicores) AS "cpuStolenMillicores", max(t.sampled_at_ms) AS "sampledAtMs"
    FROM guests g JOIN guest_telemetry t ON t.guest_id = g.id
    WHERE g.host_id IN ${list(ids)} GROUP BY g.host_id`);
  return new Map(rows.map(({ id, ...sample }) => [id, sample]));
}

interface CapacityRow {
  readonly id: number;
  readonly hostsUp: number;
  readonly hostsTotal: number;
  readonly guestsRunning: number;
  readonly totalCpu: number;
  readonly totalMemory: number;
  readonly totalStorage: number;
  readonly takenCpu: number;
  readonly takenMemory: number;
  readonly takenStorage: number;
  readonly freeCpu: number;
  readonly freeMemory: number;
  readonly freeStorage: number;
}

/** Sums over the hosts of each zone; `free` counts only hosts that can take guests now. */
export function capacityByZone(
  db: ReadDatabase,
  ids: readonly number[] | "all",
): Map<number, CapacityTotals> {
  const where = ids === "all" ? sql`` : sql`WHERE h.zone_id IN ${list(ids)}`;
  const rows = db.all<CapacityRow>(sql`
    WITH taken AS (
      SELECT host_id, sum(cpu_millicores) AS cpu, sum(memory_mib) AS memory,
        sum(storage_gib) AS storage
      FROM (${TAKEN}) GROUP BY host_id
    ), running AS (
      SELECT host_id, count(*) AS guests FROM guests
      WHERE status IN ('RUNNING', 'MIGRATING') AND host_id IS NOT NULL GROUP BY host_id
    )
    SELECT h.zone_id AS id, count(*) AS "hostsTotal", sum(h.status = 'UP') AS "hostsUp",
      sum(ifnull(r.guests, 0)) AS "guestsRunning",
      sum(h.cpu_millicores) AS "totalCpu", sum(h.memory_mib) AS "totalMemory",
      sum(h.storage_gib) AS "totalStorage",
      sum(ifnull(t.cpu, 0)) AS "takenCpu", sum(ifnull(t.memory, 0)) AS "takenMemory",
      sum(ifnull(t.storage, 0)) AS "takenStorage",
      sum(iif(h.status = 'UP', h.cpu_millicores - ifnull(t.cpu, 0), 0)) AS "freeCpu",
      sum(iif(h.status = 'UP', h.memory_mib - ifnull(t.memory, 0), 0)) AS "freeMemory",
      sum(iif(h.status = 'UP', h.storage_gib - ifnull(t.storage, 0), 0)) AS "freeStorage"
    FROM hosts h LEFT JOIN taken t ON t.host_id = h.id LEFT JOIN running r ON r.host_id = h.id
    ${where} GROUP BY h.zone_id`);
  return new Map(rows.map((row) => [row.id, totalsOf(row)]));
}

const amounts = (cpuMillicores: number, memoryMiB: number, storageGiB: number): Resources => ({
  cpuMillicores,
  memoryMiB,
  storageGiB,
});

function totalsOf(row: CapacityRow): CapacityTotals {
  return {
    total: amounts(row.totalCpu, row.totalMemory, row.totalStorage),
    allocated: amounts(row.takenCpu, row.takenMemory, row.takenStorage),
    free: amounts(row.freeCpu, row.freeMemory, row.freeStorage),
    hostsUp: row.hostsUp,
    hostsTotal: row.hostsTotal,
    guestsRunning: row.guestsRunning,
  };
}

export const NO_CAPACITY: CapacityTotals = {
  total: NO_RESOURCES,
  allocated: NO_RESOURCES,
  free: NO_RESOURCES,
  hostsUp: 0,
  hostsTotal: 0,
  guestsRunning: 0,
};

export function addCapacity(a: CapacityTotals, b: CapacityTotals): CapacityTotals {
  return {
    total: addResources(a.total, b.total),
    allocated: addResources(a.allocated, b.allocated),
    free: addResources(a.free, b.free),
    hostsUp: a.hostsUp + b.hostsUp,
    hostsTotal: a.hostsTotal + b.hostsTotal,
    guestsRunning: a.guestsRunning + b.guestsRunning,
  };
}

export function capacityByRegion(
  db: ReadDatabase,
  ids: readonly number[],
): Map<number, CapacityTotals> {
  const zones = db.all<{ id: number; regionId: number }>(
    sql`SELECT id, region_id AS "regionId" FROM zones WHERE region_id IN ${list(ids)}`,
  );
  const byZone = capacityByZone(
    db,
    zones.map((zone) => zone.id),
  );
  const byRegion = new Map<number, CapacityTotals>();
  for (const zone of zones) {
    const sum = byRegion.get(zone.regionId) ?? NO_CAPACITY;
    byRegion.set(zone.regionId, addCapacity(sum, byZone.get(zone.id) ?? NO_CAPACITY));
  }
  return byRegion;
}
