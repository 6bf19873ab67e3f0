import { isHanging, isStalled } from "./conditions.ts";
import { setProgress } from "./copies.ts";
import type { Copy, Progress, SimulatedHost, World } from "./world.ts";

/** What reads or writes a disk for most of its time, and waits when the storage does. */
const STORAGE_BOUND: readonly Progress["kind"][] = ["START", "REBOOT", "MIGRATE"];

/** Begin to do something to a copy, in place of what was being done to it. */
export function begin(
  world: World,
  copy: Copy,
  progress: Pick<Progress, "kind" | "generation"> &
    Partial<Pick<Progress, "targetHostId" | "error">>,
  durationMs: number,
): void {
  copy.generation = progress.generation;
  const remainingMs = Math.round(durationMs);
  const whole = { targetHostId: null, error: null, ...progress, remainingMs };
  const dueAtMs = standsStill(world, copy, whole) ? null : world.nowMs + remainingMs;
  setProgress(world, copy, { ...whole, dueAtMs });
}

/** Halt what can't go on under the conditions of now, and go on with what can. */
export function updateProgress(world: World, host: SimulatedHost): void {
  for (const copy of host.copies.values()) updateCopy(world, copy);
  for (const copy of host.incoming) updateCopy(world, copy);
}

function updateCopy(world: World, copy: Copy): void {
  const { progress } = copy;
  if (!progress) return;
  const still = standsStill(world, copy, progress);
  if (still && progress.dueAtMs !== null) {
    const remainingMs = progress.dueAtMs - world.nowMs;
    setProgress(world, copy, { ...progress, dueAtMs: null, remainingMs });
  } else if (!still && progress.dueAtMs === null) {
    const dueAtMs = world.nowMs + progress.remainingMs;
    setProgress(world, copy, { ...progress, dueAtMs });
  }
}

/** On a host that hangs nothing moves; where the storage stalls, only what needs no storage does. */
function standsStill(
  world: World,
  copy: Copy,
  progress: Pick<Progress, "kind" | "targetHostId">,
): boolean {
  const host = world.hosts.get(copy.hostId);
  if (!host) return false;
  if (isHanging(world, host)) return true;
  if (!STORAGE_BOUND.includes(progress.kind)) return false;
  const target = progress.targetHostId === null ? null : world.hosts.get(progress.targetHostId);
  return isStalled(world, host) || (!!target && isStalled(world, target));
}
