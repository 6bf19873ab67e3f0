import type { Resources } from "./resources.ts";
import { NO_RESOURCES } from "./resources.ts";
import { SHARES_LEVELS, type SharesLevel } from "./statuses.ts";

/**
 * A guest's part of its host when others want it too, in the words of VMware vSphere ("vSphere Resource
 * Management", chapter "Configuring Resource Allocation Settings"): what it is guaranteed, what it is
 * given at most, and its weight where there is not enough for all.
 */
export interface Allocation {
  /** Guaranteed whenever it asks for it: no host promises more than it has. */
  readonly cpuReservationMillicores: number;
  /** The most that it is given, however idle its host is; null for all that its size allows. */
  readonly cpuLimitMillicores: number | null;
  /** A level counts for each of its cores; a number is for the whole guest. */
  readonly cpuShares: SharesLevel | number;
  readonly memoryReservationMiB: number;
}

/** Of a guest that nobody gave any: it reserves nothing and is limited by its size alone. */
export const DEFAULT_ALLOCATION: Allocation = {
  cpuReservationMillicores: 0,
  cpuLimitMillicores: null,
  cpuShares: "NORMAL",
  memoryReservationMiB: 0,
};

/** Shares for each core, in vSphere's ratio of 1:2:4 and with its numbers. */
const SHARES_PER_CORE: Readonly<Record<SharesLevel, number>> = {
  LOW: 500,
  NORMAL: 1_000,
  HIGH: 2_000,
};
export const SHARES_MOST = 1_000_000;

/** What it weighs beside the others on its host, at least 1. */
export function sharesOf({ cpuShares }: Allocation, { cpuMillicores }: Resources): number {
  if (typeof cpuShares === "number") return cpuShares;
  return Math.max(1, Math.round((SHARES_PER_CORE[cpuShares] * cpuMillicores) / 1000));
}

/** A guest can't use more than its size, whatever it reserves. */
export function reservedOf(allocation: Allocation | null, size: Resources): Resources {
  if (allocation === null) return NO_RESOURCES;
  return {
    cpuMillicores: Math.min(allocation.cpuReservationMillicores, size.cpuMillicores),
    memoryMiB: Math.min(allocation.memoryReservationMiB, size.memoryMiB),
    storageGiB: 0,
  };
}

export function sameAllocation(a: Allocation | null, b: Allocation | null): boolean {
  if (a === null || b === null) return a === b;
  return (Object.keys(DEFAULT_ALLOCATION) as (keyof Allocation)[]).every(
    (key) => a[key] === b[key],
  );
}

/** As it is held: null for what says nothing. */
export function asHeld(allocation: Allocation | null): Allocation | null {
  return sameAllocation(allocation, DEFAULT_ALLOCATION) ? null : allocation;
}

export interface AllocationProblem {
  /** In the names and units that documents and the API show. */
  readonly field: "cpuReservationCores" | "cpuLimitCores" | "cpuShares" | "memoryReservationMiB";
  readonly message: string;
}

/** Why a guest of this size can't have it; null when it can. */
export function allocationProblem(
  { cpuReservationMillicores, cpuLimitMillicores, cpuShares, memoryReservationMiB }: Allocation,
  size: Resources,
): AllocationProblem | null {
  const amounts = [
    ["cpuReservationCores", cpuReservationMillicores, size.cpuMillicores, 1000],
    ["memoryReservationMiB", memoryReservationMiB, size.memoryMiB, 1],
  ] as const;
  for (const [field, amount, most, unit] of amounts)
    if (!Number.isSafeInteger(amount) || amount < 0 || amount > most) {
      const range = `from 0 to the ${most / unit} that the guest has`;
      return { field, message: `${field} must be ${range}, not ${amount / unit}` };
    }
  const limit = cpuLimitMillicores ?? size.cpuMillicores;
  if (!Number.isSafeInteger(limit) || limit < 1 || limit < cpuReservationMillicores) {
    const words = `cpuLimitCores must be more than 0 and at least the ${cpuReservationMillicores / 1000} that are reserved`;
    return { field: "cpuLimitCores", message: `${words}, not ${limit / 1000}` };
  }
  const isLevel = typeof cpuShares === "string" && SHARES_LEVELS.includes(cpuShares);
  const isCount = Number.isInteger(cpuShares) && Number(cpuShares) >= 1;
  if (isLevel || (isCount && Number(cpuShares) <= SHARES_MOST)) return null;
  const words = `a whole number from 1 to ${SHARES_MOST} or one of ${SHARES_LEVELS.join(", ")}`;
  return { field: "cpuShares", message: `cpuShares must be ${words}, not ${cpuShares}` };
}
