import { type Allocation, DEFAULT_ALLOCATION } from "../model/allocation.ts";
import type { Quota } from "../model/entities.ts";
import type { Path } from "../model/fleet.ts";
import type { Resources } from "../model/resources.ts";
import type { AllocationItem, ResourceKeys, TenantItem } from "./document.ts";
import type { ProblemList } from "./problems.ts";

export function resourcesOf(item: ResourceKeys, path: Path, problems: ProblemList): Resources {
  return {
    cpuMillicores: millicoresOf(item.cpuCores, path, problems),
    memoryMiB: item.memoryMiB,
    storageGiB: item.storageGiB,
  };
}

export function quotaOf(quota: TenantItem["quota"], path: Path, problems: ProblemList): Quota {
  const { cpuCores, memoryMiB = null, storageGiB = null, guests = null } = quota ?? {};
  const cpuMillicores = cpuCores === undefined ? null : millicoresOf(cpuCores, path, problems);
  return { cpuMillicores, memoryMiB, storageGiB, guests };
}

export function allocationOf(
  item: AllocationItem | undefined,
  path: Path,
  problems: ProblemList,
): Allocation | null {
  if (item === undefined) return null;
  const { cpuReservationCores = 0, cpuLimitCores, memoryReservationMiB = 0 } = item;
  const cores = (amount: number, key: string) => millicoresOf(amount, path, problems, key);
  return {
    cpuReservationMillicores: cores(cpuReservationCores, "cpuReservationCores"),
    cpuLimitMillicores: cpuLimitCores === undefined ? null : cores(cpuLimitCores, "cpuLimitCores"),
    cpuShares: item.cpuShares ?? DEFAULT_ALLOCATION.cpuShares,
    memoryReservationMiB,
  };
}

export function millicoresOf(
  cpuCores: number,
  path: Path,
  problems: ProblemList,
  key = "cpuCores",
): number {
  const millicores = Math.round(cpuCores * 1000);
  // Compared as the nearest number to a decimal: 1.001 * 1000 is not 1001 in binary.
  if (millicores / 1000 !== cpuCores) {
    problems.add([...path, key], `may have three decimals, not ${cpuCores}`);
  }
  return millicores;
}
