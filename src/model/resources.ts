/**
 * Amounts of what a host has and a guest takes. Integers throughout, so that sums never depend on
 * the order in which they were made: CPU in thousandths of a core (millicores).
 */
export interface Resources {
  readonly cpuMillicores: number;
  readonly memoryMiB: number;
  readonly storageGiB: number;
}

export const NO_RESOURCES: Resources = { cpuMillicores: 0, memoryMiB: 0, storageGiB: 0 };

export function addResources(a: Resources, b: Resources): Resources {
  return {
    cpuMillicores: a.cpuMillicores + b.cpuMillicores,
    memoryMiB: a.memoryMiB + b.memoryMiB,
    storageGiB: a.storageGiB + b.storageGiB,
  };
}

export function subtractResources(a: Resources, b: Resources): Resources {
  return {
    cpuMillicores: a.cpuMillicores - b.cpuMillicores,
    memoryMiB: a.memoryMiB - b.memoryMiB,
    storageGiB: a.storageGiB - b.storageGiB,
  };
}

/** The larger of each. */
export function maxResources(a: Resources, b: Resources): Resources {
  return {
    cpuMillicores: Math.max(a.cpuMillicores, b.cpuMillicores),
    memoryMiB: Math.max(a.memoryMiB, b.memoryMiB),
    storageGiB: Math.max(a.storageGiB, b.storageGiB),
  };
}

export function sameResources(a: Resources, b: Resources): boolean {
  return (
    a.cpuMillicores === b.cpuMillicores &&
    a.memoryMiB === b.memoryMiB &&
    a.storageGiB === b.storageGiB
  );
}
