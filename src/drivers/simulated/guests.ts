import type { Action } from "../../model/actions.ts";
import { answerDone, answerFailed } from "./answers.ts";
import { between, chance } from "./chance.ts";
import { canBeHeard } from "./conditions.ts";
import {
  addCopy,
  guestOf,
  missingRoom,
  noteGuest,
  removeCopy,
  resizeCopy,
  setState,
} from "./copies.ts";
import { describe } from "./descriptions.ts";
import { beginMigration, callOffMigration, downtimeMs, wasMigrated } from "./migration.ts";
import { begin } from "./progress.ts";
import type { Copy, SimulatedGuest, SimulatedHost, World } from "./world.ts";

const BOOT_MS = 4_000;
/** What the firmware and the kernel take for each GiB of memory that they have to set up. */
const BOOT_MS_PER_GIB = 100;
/** One boot takes up to this share more or less than the next. */
const BOOT_JITTER = 0.2;
/** How long a guest that can't start takes to find out. */
const START_FAILS_MS = 1_000;
const STOP_MS = { least: 1_000, most: 3_000 };
const SUSPEND_MS = 500;
const RESUME_MS = 500;

type GuestAction = Extract<Action, { guestId: unknown; generation: unknown }>;
type Of<Kind extends GuestAction["kind"]> = Extract<GuestAction, { kind: Kind }>;

/** A host out of contact hears nothing and answers nothing. */
export function performOnGuest(world: World, action: GuestAction): void {
  const guest = guestOf(world, action.guestId);
  if (action.generation < guest.generation) return;
  if (action.generation > guest.generation) {
    guest.generation = action.generation;
    noteGuest(world, guest);
  }
  const host = world.hosts.get(action.hostId);
  const asked = answeredAs(action);
  if (!host) answerFailed(world, asked, "The host is not known.");
  else if (!canBeHeard(world, host)) return;
  else if (guest.failure?.generation === action.generation)
    answerFailed(world, asked, guest.failure.error);
  else if (action.kind === "CANCEL_MIGRATION") callOffMigration(world, host, action);
  else carryOut(world, host, guest, action);
}

function answeredAs(action: GuestAction) {
  return action.kind === "CANCEL_MIGRATION" ? { ...action, kind: "MIGRATE" as const } : action;
}

function carryOut(
  world: World,
  host: SimulatedHost,
  guest: SimulatedGuest,
  action: Exclude<GuestAction, { kind: "CANCEL_MIGRATION" }>,
): void {
  const copy = host.copies.get(action.guestId);
  const begun = copy?.progress;
  // The answer to the one in progress will be the answer to its repetition.
  if (begun?.kind === action.kind && begun.generation === action.generation) return;
  if (action.kind === "START") start(world, host, guest, copy, action);
  else if (action.kind === "STOP") stop(world, copy, action);
  else if (copy) change(world, host, copy, action);
  else if (action.kind === "MIGRATE" && wasMigrated(world, action))
    answerDone(world, action, downtimeMs(world, action));
  else answerFailed(world, action, `The guest is not on host ${host.description.name}.`);
}

/** A copy of an older generation gives way to the new one. */
function start(
  world: World,
  host: SimulatedHost,
  guest: SimulatedGuest,
  copy: Copy | undefined,
  action: Of<"START">,
): void {
  if (copy && copy.generation === action.generation && copy.progress === null) {
    answerDone(world, action);
    return;
  }
  if (copy) removeCopy(world, copy);
  describe(world, guest, action.guest);
  const { resources } = action.guest;
  const missing = missingRoom(world, host, resources);
  if (missing !== null) {
    const { name } = host.description;
    answerFailed(world, action, `Host ${name} has not enough free ${missing}.`);
    return;
  }
  const { guestId, hostId, generation } = action;
  const started: Copy = {
    guestId,
    hostId,
    generation,
    state: "BOOTING",
    resources,
    progress: null,
  };
  addCopy(world, host, guest, started);
  boot(world, started, action);
}

/** START and REBOOT: the guest is not there for anyone until it is up. */
function boot(world: World, copy: Copy, action: Of<"START" | "REBOOT">): void {
  setState(world, copy, "BOOTING");
  const fails = [copy.guestId, copy.hostId].some((id) => world.faults.on("GUEST_START_FAILS", id));
  if (fails)
    begin(world, copy, { ...named(action), error: "The guest did not start." }, START_FAILS_MS);
  else begin(world, copy, named(action), bootMs(world, copy, action.generation));
}

function stop(world: World, copy: Copy | undefined, action: Of<"STOP">): void {
  if (!copy) {
    answerDone(world, action);
    return;
  }
  const share = chance(world.seed, copy.guestId, action.generation, "stop");
  const durationMs = action.force ? 0 : between(STOP_MS.least, STOP_MS.most, share);
  begin(world, copy, named(action), durationMs);
}

function change(
  world: World,
  host: SimulatedHost,
  copy: Copy,
  action: Of<"SUSPEND" | "RESUME" | "REBOOT" | "RESIZE" | "MIGRATE">,
): void {
  if (copy.progress && action.kind !== "REBOOT") {
    const error = `The guest is busy with its ${copy.progress.kind}.`;
    answerFailed(world, action, error);
    return;
  }
  if (action.kind === "SUSPEND") pauseOrGoOn(world, copy, action, "SUSPENDED", SUSPEND_MS);
  else if (action.kind === "RESUME") pauseOrGoOn(world, copy, action, "RUNNING", RESUME_MS);
  else if (action.kind === "RESIZE") resize(world, host, copy, action);
  else if (action.kind === "REBOOT") reboot(world, copy, action);
  else if (copy.state === "RUNNING") beginMigration(world, copy, action);
  else answerFailed(world, action, "The guest is suspended.");
}

function reboot(world: World, copy: Copy, action: Of<"REBOOT">): void {
  if (copy.generation === action.generation) answerDone(world, action);
  else boot(world, copy, action);
}

function pauseOrGoOn(
  world: World,
  copy: Copy,
  action: Of<"SUSPEND" | "RESUME">,
  wanted: Copy["state"],
  durationMs: number,
): void {
  if (copy.state === wanted) answerDone(world, action);
  else begin(world, copy, named(action), durationMs);
}

function resize(world: World, host: SimulatedHost, copy: Copy, action: Of<"RESIZE">): void {
  const missing = missingRoom(world, host, action.resources, copy.resources);
  if (missing !== null) {
    const { name } = host.description;
    answerFailed(world, action, `Host ${name} has not enough free ${missing}.`);
    return;
  }
  copy.generation = action.generation;
  resizeCopy(world, copy, action.resources);
  answerDone(world, action);
}

function bootMs(world: World, copy: Copy, generation: number): number {
  const asked = world.guests.get(copy.guestId)?.description?.bootSeconds ?? null;
  const usual = BOOT_MS + (BOOT_MS_PER_GIB * copy.resources.memoryMiB) / 1024;
  const share = chance(world.seed, copy.guestId, generation, "boot");
  return (asked === null ? usual : asked * 1000) * between(1 - BOOT_JITTER, 1 + BOOT_JITTER, share);
}

/** The part of an action that its progress keeps. */
function named<Kind extends GuestAction["kind"]>(action: Of<Kind>) {
  const { kind, generation } = action;
  return { kind, generation };
}
