import { LIMITS } from "./limits.ts";
import type { Resources } from "./resources.ts";

/** By the names and in the units that the API shows; a guest may do without storage of its own. */
const BOUNDS = {
  cpuMillicores: { field: "cpuCores", min: 1, max: LIMITS.cpuCores * 1000, unit: 1000 },
  memoryMiB: { field: "memoryMiB", min: 1, max: LIMITS.memoryMiB, unit: 1 },
  storageGiB: { field: "storageGiB", min: 0, max: LIMITS.storageGiB, unit: 1 },
} as const satisfies Record<keyof Resources, object>;

export interface ResourcesProblem {
  readonly field: (typeof BOUNDS)[keyof Resources]["field"];
  readonly message: string;
}

/** Why no guest can have this size: the first amount that is out of bounds. Null when it can. */
export function resourcesProblem(resources: Resources): ResourcesProblem | null {
  for (const key of Object.keys(BOUNDS) as (keyof Resources)[]) {
    const { field, min, max, unit } = BOUNDS[key];
    const amount = resources[key];
    if (Number.isSafeInteger(amount) && amount >= min && amount <= max) continue;
    const least = min === 0 ? "at least 0" : "more than 0";
    return { field, message: `${field} must be ${least} and at most ${max / unit}.` };
  }
  return null;
}
