import type { Guest } from "../../model/entities.ts";
import type { GuestStatus, TaskKind } from "../../model/statuses.ts";
import { isAsDesired, isWaiting } from "../guest-conditions.ts";
import { isUnheard } from "../host-conditions.ts";
import type { State } from "../state.ts";
import { broken, type Claim } from "./claim.ts";

/** What a guest of each status is busy with; RUNNING ones may also be being resized. */
const TASK_OF: Record<GuestStatus, TaskKind | null> = {
  PENDING: null,
  STARTING: "START",
  RUNNING: null,
  MIGRATING: "MIGRATE",
  REBOOTING: "REBOOT",
  SUSPENDING: "SUSPEND",
  SUSPENDED: null,
  RESUMING: "RESUME",
  STOPPING: "STOP",
  STOPPED: null,
  LOST: null,
  RECOVERING: "START",
  FROZEN: null,
  ERROR: null,
};
const NOWHERE: ReadonlySet<GuestStatus> = new Set<GuestStatus>([
  "PENDING",
  "STOPPED",
  "LOST",
  "FROZEN",
  "ERROR",
]);
const RECOVERS: ReadonlySet<GuestStatus> = new Set<GuestStatus>(["LOST", "RECOVERING"]);

export function guestViolations(state: State): string[] {
  return state.tables.Guest.sorted().flatMap((guest) =>
    broken(`guest ${guest.name} (${guest.status}, wanted ${guest.desired})`, [
      ...placeClaims(state, guest),
      ...workClaims(guest),
      ...freezeClaims(state, guest),
      ...restClaims(state, guest),
      ...reasonClaims(state, guest),
      ...referenceClaims(state, guest),
    ]),
  );
}

function placeClaims(state: State, guest: Guest): Claim[] {
  const { status, hostId, targetHostId, placement, loss } = guest;
  return [
    [NOWHERE.has(status) === (hostId === null), `is on host ${hostId}`],
    [(status === "MIGRATING") === (targetHostId !== null), `migrates to ${targetHostId}`],
    [targetHostId === null || targetHostId !== hostId, "migrates to where it is"],
    [RECOVERS.has(status) === (loss !== null), "disagrees with its loss"],
    [hostId === null || placement?.hostId === hostId, `was placed on ${placement?.hostId}`],
    [canHold(state, hostId), `is on host ${hostId}, which can hold no guest`],
    [canHold(state, targetHostId), `migrates to ${targetHostId}, which can hold no guest`],
  ];
}

function canHold(state: State, hostId: Guest["hostId"]): boolean {
  if (hostId === null) return true;
  const status = state.tables.Host.find(hostId)?.status;
  return status !== undefined && status !== "DOWN" && status !== "STANDBY";
}

function workClaims({ status, task, generation, retryAtMs }: Guest): Claim[] {
  const isResized = status === "RUNNING" && task?.kind === "RESIZE";
  const comesUp = TASK_OF[status] === "START" || TASK_OF[status] === "REBOOT";
  const isEnded = comesUp && task?.kind === "STOP" && task.endsStart === true;
  return [
    [
      isResized || isEnded || (task?.kind ?? null) === TASK_OF[status],
      `is busy with ${task?.kind}`,
    ],
    [task === null || task.generation === generation, "was ordered under another generation"],
    [task === null || retryAtMs === null, "is busy and waits for a retry"],
  ];
}

/** Stopped with its host, or about to be: it waits for one that is being brought back with it. */
function freezeClaims(state: State, { status, frozenOnHostId }: Guest): Claim[] {
  const host = state.tables.Host.find(frozenOnHostId ?? 0);
  const isFrozen = status === "FROZEN";
  return [
    [frozenOnHostId === null || host !== undefined, "waits for a host that is gone"],
    [frozenOnHostId === null || isFrozen || status === "STOPPING", "is up and frozen"],
    [!isFrozen || frozenOnHostId !== null, "is frozen on no host"],
    [!isFrozen || host?.power?.policy === "FREEZE", `waits for ${host?.name}, which waits not`],
  ];
}

/** A guest at rest is where it should be, or something keeps it from going on. */
function restClaims(state: State, guest: Guest): Claim[] {
  const { status, task, hostId, desired, deleting, retryAtMs } = guest;
  if (task) return [];
  if (hostId === null)
    return [
      [!deleting, "should be gone by now"],
      [desired !== "STOPPED" || status === "STOPPED", "should be STOPPED by now"],
      [desired === "STOPPED" || status !== "STOPPED", "should be waiting for a place"],
    ];
  const host = state.tables.Host.find(hostId);
  const waits = retryAtMs !== null || (host !== undefined && isUnheard(host));
  return [[isAsDesired(guest) || waits, `rests on host ${host?.name}`]];
}

function reasonClaims(state: State, guest: Guest): Claim[] {
  const { blockedBy, retryAtMs } = guest;
  if (isAsDesired(guest))
    return [[blockedBy.length === 0, "is as desired, but said to be blocked"]];
  // It is looked at before time goes on.
  const isNext = state.placementDue === "EVERYONE" && isWaiting(guest);
  const backsOff = blockedBy.some(({ code }) => code === "BACKING_OFF");
  return [
    [isNext || blockedBy.length > 0, "is not as desired, and nothing says why"],
    [!backsOff || retryAtMs !== null, "backs off for ever"],
  ];
}

function referenceClaims({ tables }: State, guest: Guest): Claim[] {
  const { tenantId, imageId, flavorId, homeHostId, recovery, deleting } = guest;
  const { displacedFromHostId: displaced } = guest;
  const hasNeeds = recovery.dependsOn.every((id) => tables.Guest.find(id));
  return [
    [tables.Tenant.find(tenantId) !== undefined, "has no tenant"],
    [tables.Image.find(imageId) !== undefined, "has no image"],
    [tables.Flavor.find(flavorId) !== undefined, "has no flavor"],
    [displaced === null || tables.Host.find(displaced) !== undefined, "goes back to nowhere"],
    [homeHostId === null || tables.Host.find(homeHostId) !== undefined, "has no home"],
    // Guests that are deleted together go in any order.
    [hasNeeds || deleting, "depends on one that is gone"],
  ];
}
