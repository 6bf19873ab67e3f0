import type { GuestId, HostId } from "../../model/ids.ts";
import { answerDone, answerFailed, askedBy } from "./answers.ts";
import { canBeHeard, isHanging } from "./conditions.ts";
import { removeCopy, setProgress, setState } from "./copies.ts";
import { completeMigration } from "./migration.ts";
import { byId, type Copy, KEYS, type Progress, type World } from "./world.ts";

/**
 * What was being done to a copy is at its end. It happens whether or not anyone can see it; the
 * answer is lost while the host is out of contact.
 */
export function completeProgress(world: World, copy: Copy): void {
  const { progress } = copy;
  const host = world.hosts.get(copy.hostId);
  if (!progress || !host) return;
  if (progress.kind === "MIGRATE") {
    completeMigration(world, copy, progress);
    return;
  }
  const heard = canBeHeard(world, host);
  const asked = askedBy(copy, progress);
  if (progress.error !== null) {
    removeCopy(world, copy);
    if (heard) answerFailed(world, asked, progress.error);
    // A guest that went down to reboot and did not come back is no longer there.
    if (heard && progress.kind === "REBOOT") reportCrash(world, copy, progress.error);
    return;
  }
  setProgress(world, copy, null);
  if (progress.kind === "STOP") removeCopy(world, copy);
  else setState(world, copy, progress.kind === "SUSPEND" ? "SUSPENDED" : "RUNNING");
  if (heard) answerDone(world, asked);
}

/** Every copy of the guest that is not frozen crashes, once. */
export function crashGuest(world: World, guestId: GuestId): void {
  const copies = world.guests.get(guestId)?.copies;
  if (!copies) return;
  for (const hostId of [...copies.keys()].sort(byId)) {
    const copy = copies.get(hostId);
    const host = world.hosts.get(hostId);
    if (!copy || !host || isHanging(world, host)) continue;
    const { progress } = copy;
    removeCopy(world, copy);
    endStart(world, copy);
    if (canBeHeard(world, host)) tellCrash(world, copy, progress);
  }
}

/** The start that it came from was carried out: one that arrives a second time is not. */
function endStart(world: World, { guestId, generation }: Copy): void {
  const guest = world.guests.get(guestId);
  if (guest?.generation !== generation) return;
  guest.failure = { generation, error: "The guest has crashed since." };
  world.changedKeys.add(KEYS.guest(guestId));
}

/** Out of order for whoever needs to be rid of it at once: nothing is answered. */
export function removeGuest(world: World, guestId: GuestId, hostId: HostId): void {
  const host = world.hosts.get(hostId);
  const copy = host?.copies.get(guestId);
  if (host && copy && canBeHeard(world, host)) removeCopy(world, copy);
}

/** What was asked of the guest comes to its answer first: a guest that was to stop has stopped. */
function tellCrash(world: World, copy: Copy, progress: Progress | null): void {
  const detail = "The guest crashed.";
  if (progress?.kind === "STOP") {
    answerDone(world, askedBy(copy, progress));
    return;
  }
  if (progress) answerFailed(world, askedBy(copy, progress), detail);
  if (progress?.kind !== "START") reportCrash(world, copy, detail);
}

function reportCrash(world: World, { guestId, hostId }: Copy, detail: string): void {
  world.emit({ kind: "GUEST_CRASHED", guestId, hostId, detail });
}
