import type { Action } from "../../model/actions.ts";
import { type Asked, answerDone, answerFailed, askedBy } from "./answers.ts";
import { between, chance } from "./chance.ts";
import { canBeHeard } from "./conditions.ts";
import { addCopy, guestOf, missingRoom, removeCopy, setProgress } from "./copies.ts";
import { begin } from "./progress.ts";
import { byGuestId, type Copy, type Progress, type SimulatedHost, type World } from "./world.ts";

/** What a link of 10 Gbit/s carries of a guest's memory. */
const MIB_PER_SECOND = 1000;
const SHORTEST_MS = 500;
/** How long a guest stands still while its last pages and its devices go over. */
const DOWNTIME_MS = { least: 50, most: 300 };

type Migrate = Extract<Action, { kind: "MIGRATE" }>;

/** Asked again after it is done, the guest is found at the target. */
export function wasMigrated(
  world: World,
  action: Pick<Migrate, "guestId" | "targetHostId" | "generation">,
): boolean {
  const there = world.guests.get(action.guestId)?.copies.get(action.targetHostId);
  return there?.generation === action.generation && there.progress === null;
}

export function beginMigration(world: World, copy: Copy, action: Migrate): void {
  const target = world.hosts.get(action.targetHostId);
  const problem = problemWith(world, copy, target);
  if (problem !== null) {
    answerFailed(world, action, problem);
    return;
  }
  const durationMs = (copy.resources.memoryMiB / MIB_PER_SECOND) * 1000;
  const { kind, generation, targetHostId } = action;
  begin(world, copy, { kind, generation, targetHostId }, Math.max(SHORTEST_MS, durationMs));
}

/** It runs on here, unless it is over there already. One that never began is not begun later either. */
export function callOffMigration(
  world: World,
  source: SimulatedHost,
  action: Extract<Action, { kind: "CANCEL_MIGRATION" }>,
): void {
  const asked = { ...action, kind: "MIGRATE" as const };
  if (wasMigrated(world, action)) {
    answerDone(world, asked, downtimeMs(world, asked));
    return;
  }
  const copy = source.copies.get(action.guestId);
  const { kind, generation } = copy?.progress ?? {};
  if (copy && kind === "MIGRATE" && generation === action.generation)
    setProgress(world, copy, null);
  answerFailed(world, asked, "The migration was called off.");
}

/** The last pages are over: the guest stops here and runs there, or stays where it is. */
export function completeMigration(world: World, copy: Copy, progress: Progress): void {
  const asked = askedBy(copy, progress);
  const target = progress.targetHostId === null ? null : world.hosts.get(progress.targetHostId);
  if (!target || migrationFails(world, copy, target)) {
    setProgress(world, copy, null);
    answerFailed(world, asked, "The migration was broken off before its end.");
    return;
  }
  removeCopy(world, copy);
  const { guestId, resources, generation } = copy;
  const hostId = target.description.id;
  addCopy(world, target, guestOf(world, guestId), {
    guestId,
    hostId,
    generation,
    state: "RUNNING",
    resources,
    progress: null,
  });
  answerDone(world, asked, downtimeMs(world, asked));
}

/** Follows from the action alone, so an action that is asked again is answered alike. */
export function downtimeMs(world: World, asked: Asked): number {
  const share = chance(world.seed, asked.guestId ?? 0, asked.generation, "downtime");
  return Math.round(between(DOWNTIME_MS.least, DOWNTIME_MS.most, share));
}

/** The host is not there any more for whoever migrates: its own guests stay, others don't arrive. */
export function breakOffMigrations(world: World, host: SimulatedHost): void {
  for (const copy of host.copies.values()) {
    if (copy.progress?.kind === "MIGRATE") setProgress(world, copy, null);
  }
  for (const copy of [...host.incoming].sort(byGuestId)) {
    const { progress } = copy;
    const source = world.hosts.get(copy.hostId);
    setProgress(world, copy, null);
    if (!progress || !source || !canBeHeard(world, source)) continue;
    answerFailed(world, askedBy(copy, progress), `Host ${host.description.name} went away.`);
  }
}

function problemWith(world: World, copy: Copy, target: SimulatedHost | undefined): string | null {
  if (!target) return "The target is not known.";
  const { id, name } = target.description;
  if (id === copy.hostId) return `The guest runs on host ${name} already.`;
  if (!canBeHeard(world, target)) return `Host ${name} can't be reached.`;
  if (target.copies.has(copy.guestId)) return `Another copy of the guest is on host ${name}.`;
  const missing = missingRoom(world, target, copy.resources);
  return missing === null ? null : `Host ${name} has not enough free ${missing}.`;
}

function migrationFails(world: World, copy: Copy, target: SimulatedHost): boolean {
  // Another copy may have been started there in the meantime.
  if (target.copies.has(copy.guestId)) return true;
  return [copy.guestId, copy.hostId, target.description.id].some((id) =>
    world.faults.on("MIGRATION_FAILS", id),
  );
}
