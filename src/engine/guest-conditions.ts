import { reservedOf } from "../model/allocation.ts";
import type { Guest } from "../model/entities.ts";
import type { HostId } from "../model/ids.ts";
import type { Reason } from "../model/reasons.ts";
import { maxResources, type Resources } from "../model/resources.ts";
import { type DesiredState, type GuestStatus, PRIORITIES } from "../model/statuses.ts";

/** What the fields of a guest mean, for all who must agree about it. */

const AS_DESIRED: Record<DesiredState, ReadonlySet<GuestStatus>> = {
  RUNNING: new Set<GuestStatus>(["RUNNING", "MIGRATING"]),
  STOPPED: new Set<GuestStatus>(["STOPPED"]),
  SUSPENDED: new Set<GuestStatus>(["SUSPENDED"]),
};

/** A guest that is being moved runs all the while. */
export function isAsDesired({ status, desired, deleting }: Guest): boolean {
  return AS_DESIRED[desired].has(status) && !deleting;
}

/** It is to be up, running or suspended. */
export function isWanted({ desired, deleting }: Guest): boolean {
  return desired !== "STOPPED" && !deleting;
}

/** Other guests may build on it: it runs, and has had the time that it needs to get ready. */
export function isServing({ status, readyAtMs }: Guest): boolean {
  return AS_DESIRED.RUNNING.has(status) && readyAtMs === null;
}

/** A member of a group that never came up, or waits for the hooks of its launch: it does not serve yet. */
export function isLaunching({ membership }: Pick<Guest, "membership">): boolean {
  return membership !== null && membership.launchedAtMs === null;
}

/** A member that its group let go, and that runs until the hooks for that are completed. */
export function isTerminating({ membership }: Pick<Guest, "membership">): boolean {
  return membership?.lifecycle?.transition === "TERMINATING";
}

/** Wants to run, has no place, and nobody is at work on it. */
export function isWaiting(guest: Guest): boolean {
  return (guest.status === "PENDING" || guest.status === "LOST") && isWanted(guest);
}

/** The time a guest must have run for its crashes to be forgotten. */
const STABLE_AFTER_MS = 600_000;
export function wasStable({ statusSinceMs }: Guest, nowMs: number): boolean {
  return nowMs - statusSinceMs >= STABLE_AFTER_MS;
}

/** What it takes on its host: while it is being resized, both sizes, so that neither is given away. */
export function footprintOf({ resources, task }: Guest): Resources {
  return task?.resize ? maxResources(resources, task.resize.resources) : resources;
}

/** What no other guest on its host can be promised; null for one that reserves nothing, as most. */
export function reservedBy(guest: Guest): Resources | null {
  return guest.allocation === null ? null : reservedOf(guest.allocation, footprintOf(guest));
}

/** It comes up on its host, one of those that share the host's power to boot. */
export function isBooting({ status }: Guest): boolean {
  return status === "STARTING" || status === "RECOVERING";
}

/** It runs undisturbed and may be stopped to make room for a guest of higher priority. */
export function isPreemptible({ recovery, status, task, desired, deleting }: Guest): boolean {
  if (!recovery.preemptible || deleting || desired !== "RUNNING") return false;
  return status === "RUNNING" && task === null;
}

const NO_HOSTS: readonly HostId[] = [];
/** The hosts where others are stopped for it. */
export function hostsMadeFree({ blockedBy }: Guest): readonly HostId[] {
  if (blockedBy.length === 0) return NO_HOSTS;
  return blockedBy.flatMap(({ code, hostId, guestId }) =>
    code === "PREEMPTING" && hostId !== undefined && guestId !== undefined ? [hostId] : [],
  );
}

/** It has a place in view and waits for its turn, or for those to stop that make room for it. */
export function awaitsTurn({ blockedBy }: Guest): boolean {
  return blockedBy.some(({ code }) => code === "STARTS_LIMITED" || code === "PREEMPTING");
}

/** Affinity rules leave it fewer hosts than there are. */
export function isRuledOut({ blockedBy }: Guest): boolean {
  return blockedBy.some(({ code }) => code === "AFFINITY_RULE");
}

/** Nobody knows what runs on the hosts, until the first of them is heard of and all could tell. */
export function awaitsContact({ blockedBy }: Guest): boolean {
  return blockedBy.some(({ code }) => code === "TAKING_STOCK" || code === "OUT_OF_CONTACT");
}

export function awaitsAdmission({ blockedBy }: Guest): boolean {
  return blockedBy.some(({ code }) => code === "ADMISSION_CONTROL");
}

/** It ran, and was stopped by no fault and no wish of its own. */
export function hasRun({ loss, displacedFromHostId }: Guest): boolean {
  return loss !== null || displacedFromHostId !== null;
}

/** Highest priority first; then what has run before what is new; then the largest, while there is room for it. */
export function inRecoveryOrder(a: Guest, b: Guest): number {
  return (
    PRIORITIES.indexOf(b.recovery.priority) - PRIORITIES.indexOf(a.recovery.priority) ||
    Number(hasRun(b)) - Number(hasRun(a)) ||
    inOrderOfSize(a, b)
  );
}

/** The largest first. */
export function inOrderOfSize(a: Guest, b: Guest): number {
  return (
    b.resources.memoryMiB - a.resources.memoryMiB ||
    b.resources.cpuMillicores - a.resources.cpuMillicores ||
    a.id - b.id
  );
}

/** It has no place for now, and nothing but time keeps it from one: a pause, or others that come up first. */
export function isHolding(guest: Guest): boolean {
  if (!isWaiting(guest)) return false;
  return guest.retryAtMs !== null || awaitsOthers(guest);
}

function awaitsOthers({ blockedBy }: Guest): boolean {
  const isOther = ({ code }: Reason) =>
    code === "DEPENDENCY_NOT_RUNNING" || code === "DEPENDENCY_NOT_READY";
  return blockedBy.length > 0 && blockedBy.every(isOther);
}

/**
 * It has not run since it was last asked to: room that is kept for recoveries is not for it. What
 * comes back from a crash, a freeze or a move has run already.
 */
export function isNewStart(guest: Guest): boolean {
  const { loss, placement, preemptedBy, displacedFromHostId, restarts, triedHostIds } = guest;
  const ran = loss !== null || placement !== null || restarts > 0 || triedHostIds.length > 0;
  return !ran && preemptedBy === null && displacedFromHostId === null;
}

/** A host is woken for it. */
function awaitsWaking({ blockedBy }: Guest): boolean {
  return blockedBy.some(({ code }) => code === "HOST_WAKING");
}

/** Its failover is not over until this is settled one way or the other. */
export function isPendingRecovery(guest: Guest): boolean {
  const { status, blockedBy, retryAtMs } = guest;
  if (status === "RECOVERING") return true;
  if (status !== "LOST") return false;
  if (blockedBy.length === 0 || retryAtMs !== null) return true;
  return awaitsTurn(guest) || awaitsContact(guest) || awaitsWaking(guest);
}
