import type { Guest, GuestTask } from "../../model/entities.ts";
import type { FleetEvent } from "../../model/events.ts";
import type { GuestId, HostId } from "../../model/ids.ts";
import type { Reason } from "../../model/reasons.ts";
import type { Membership } from "../../model/scaling.ts";
import type { MoveReason, TaskKind } from "../../model/statuses.ts";
import { answerTimeoutMs } from "../answer-timeout.ts";
import { isAsDesired, wasStable } from "../guest-conditions.ts";
import type { State } from "../state.ts";
import { create, type Folds, nothing, remove } from "./fold.ts";
import { countLost } from "./incidents.ts";
import { noteLaunch } from "./launches.ts";

/** All that a guest can be busy with, as it is told to those who wait for something else. */
const UNDER_WAY: Record<TaskKind, string> = {
  START: "it is starting on",
  STOP: "it is stopping on",
  SUSPEND: "it is being suspended on",
  RESUME: "it is being resumed on",
  REBOOT: "it is rebooting on",
  RESIZE: "it is being resized on",
  MIGRATE: "it is migrating from",
};

function underWay(state: State, task: GuestTask, hostId: Guest["hostId"]): Reason[] {
  if (hostId === null) return [];
  const host = state.tables.Host.get(hostId).name;
  return [{ code: "IN_PROGRESS", message: `${UNDER_WAY[task.kind]} ${host}`, hostId }];
}

/** For how long a host is the last choice of those that move, after a migration to it had no answer. */
const MOVES_SHUN_MS = 300_000;

type Changing = { -readonly [Field in keyof Guest]: Guest[Field] };

/**
 * Changes a guest and sees to it that `blockedBy` is true of it: empty for one that is as desired,
 * and for one that is busy at least that.
 */
function change(state: State, guestId: number, fields: Partial<Guest>): void {
  put(state, { ...state.tables.Guest.get(guestId), ...fields });
}

function put(state: State, next: Changing): void {
  if (isAsDesired(next)) next.blockedBy = [];
  else if (next.task && next.blockedBy.length === 0)
    next.blockedBy = underWay(state, next.task, next.hostId);
  const before = next.membership;
  if (before) next.membership = followRun(state, before, next);
  state.tables.Guest.set(next);
  const isUp = before?.launchedAtMs === null && next.membership?.launchedAtMs != null;
  if (isUp) noteLaunch(state, next.id, next.statusSinceMs);
}

/** A migration is no interruption. One that comes up waits for the hooks of its launch, if there are any. */
function followRun(
  { tables }: State,
  membership: Membership,
  { status, statusSinceMs }: Changing,
): Membership {
  const runs = status === "RUNNING" || status === "MIGRATING";
  const runsSinceMs = runs ? (membership.runsSinceMs ?? statusSinceMs) : null;
  if (runsSinceMs === membership.runsSinceMs) return membership;
  const { lifecycleHooks = [] } = tables.ScalingGroup.find(membership.groupId) ?? {};
  const waits =
    membership.lifecycle !== null ||
    lifecycleHooks.some(({ transition }) => transition === "LAUNCHING");
  const launchedAtMs = membership.launchedAtMs ?? (waits ? null : runsSinceMs);
  return { ...membership, runsSinceMs, launchedAtMs };
}

/** An order to the driver: the guest is busy until it is answered. */
function begin(
  state: State,
  event: FleetEvent & { payload: { guest: GuestId; generation: number } },
  kind: TaskKind,
  fields: Partial<Guest>,
  more: Partial<Pick<GuestTask, "resize" | "placement" | "wasSuspended" | "endsStart">> = {},
): void {
  const { guest, generation } = event.payload;
  put(state, {
    ...state.tables.Guest.get(guest),
    blockedBy: [],
    ...fields,
    generation,
    retryAtMs: null,
    statusSinceMs: event.atMs,
    causeSeq: event.seq,
    task: {
      kind,
      generation,
      seq: event.seq,
      startedAtMs: event.atMs,
      deadlineMs: event.atMs + answerTimeoutMs(state, guest, kind),
      resize: null,
      ...more,
    },
  });
}

/** A start here counts its failures from the last one only if that was here too. */
function beginStart(
  state: State,
  event: FleetEvent<"GuestPlaced" | "GuestRecovering">,
  status: "STARTING" | "RECOVERING",
): void {
  const { guest: guestId, placement } = event.payload;
  const { placement: last, restarts, triedHostIds } = state.tables.Guest.get(guestId);
  const { hostId } = placement;
  if (!last || last.hostId === hostId) {
    begin(state, event, "START", { status, hostId, placement });
    return;
  }
  // Where it failed before and is not tried again, it was given up.
  const givenUp = restarts > 0 && !triedHostIds.includes(last.hostId);
  const tried = givenUp ? [...triedHostIds, last.hostId] : triedHostIds;
  begin(state, event, "START", { status, hostId, placement, restarts: 0, triedHostIds: tried });
}

/** The guest came to rest: its task is over. */
function settle(state: State, event: FleetEvent, guestId: number, fields: Partial<Guest>): void {
  put(state, {
    ...state.tables.Guest.get(guestId),
    task: null,
    blockedBy: [],
    statusSinceMs: event.atMs,
    causeSeq: event.seq,
    ...fields,
  });
}

const RUNS = { status: "RUNNING", retryAtMs: null } as const;
/** Nowhere: takes no room on any host. */
const NOWHERE = {
  hostId: null,
  targetHostId: null,
  readyAtMs: null,
  moveBlockedBy: [],
  moveFailures: 0,
  frozenOnHostId: null,
} as const;

/** It has come up: from now on it serves, at once or when it has had time to get ready. */
function up(state: State, event: FleetEvent & { payload: { guest: number } }): Partial<Guest> {
  const { recovery, hostId, displacedFromHostId } = state.tables.Guest.get(event.payload.guest);
  const { readyAfterSeconds } = recovery;
  const readyAtMs = readyAfterSeconds > 0 ? event.atMs + readyAfterSeconds * 1000 : null;
  const isBack = hostId === displacedFromHostId && { displacedFromHostId: null };
  return { ...RUNS, loss: null, requestedAtMs: null, preemptedBy: null, readyAtMs, ...isBack };
}

/** A failed start or crash: again on the same host, or somewhere else. */
function retry(
  state: State,
  event: FleetEvent<"GuestStartFailed"> | FleetEvent<"GuestCrashed">,
): void {
  const { guest: guestId, host, restarts, retryAt, giveUpHost, error } = event.payload;
  const guest = state.tables.Guest.get(guestId);
  const forgiven = event.kind === "GuestCrashed" && wasStable(guest, event.atMs);
  const tried = forgiven ? [] : guest.triedHostIds;
  settle(state, event, guestId, {
    ...NOWHERE,
    status: guest.loss ? "LOST" : "PENDING",
    restarts,
    triedHostIds: giveUpHost ? [...tried, host] : tried,
    retryAtMs: retryAt,
    blockedBy: [
      { code: "BACKING_OFF", message: `waits before it is tried again: ${error}`, hostId: host },
    ],
  });
}

/** Nobody wants it any more: a failover that goes on has one guest less to recover. */
function withdraw(state: State, guestId: number): void {
  const { loss } = state.tables.Guest.get(guestId);
  const failover = state.tables.Failover.find(loss?.failoverId ?? 0);
  if (failover?.completedAtMs !== null) return;
  const guestsUnrecovered = failover.guestsUnrecovered - 1;
  state.tables.Failover.patch(failover.id, { guestsUnrecovered });
}

/** It shall run: one that rests where nothing brings it up by itself waits for a place from now on. */
function wake(
  state: State,
  event: FleetEvent<"GuestStartRequested" | "GuestSuspendRequested" | "GuestResumeRequested">,
  desired: "RUNNING" | "SUSPENDED",
): void {
  const { id, status, hostId, requestedAtMs } = state.tables.Guest.get(event.payload.guest);
  const isStart = event.kind === "GuestStartRequested";
  const rests = status === "STOPPED" || status === "ERROR" || status === "FROZEN";
  change(state, id, {
    desired,
    requestedAtMs: isStart ? (requestedAtMs ?? event.atMs) : null,
    // Whoever wants it to run now does not want it to wait for its host.
    frozenOnHostId: null,
    restarts: 0,
    triedHostIds: [],
    retryAtMs: null,
    ...(status === "ERROR" && { placement: null }),
    ...(hostId === null && { blockedBy: [] }),
    ...(rests && { status: "PENDING", statusSinceMs: event.atMs, causeSeq: event.seq }),
  });
}

export const requestFolds = {
  GuestCreated: create("Guest"),
  GuestChanged: (state, { payload }) => change(state, payload.guest, payload.definition),
  GuestStartRequested: (state, event) => wake(state, event, "RUNNING"),
  GuestStopRequested: (state, { payload }) =>
    change(state, payload.guest, { desired: "STOPPED", requestedAtMs: null, retryAtMs: null }),
  GuestSuspendRequested: (state, event) => wake(state, event, "SUSPENDED"),
  GuestResumeRequested: (state, event) => wake(state, event, "RUNNING"),
  GuestDeleteRequested: (state, { payload }) =>
    change(state, payload.guest, { desired: "STOPPED", retryAtMs: null, deleting: true }),
} satisfies Folds;

/** For the fleet's sake, and not because the guest is better off there. */
const DISPLACES: ReadonlySet<MoveReason> = new Set<MoveReason>([
  "POWER",
  "COOLING",
  "SHUTDOWN",
  "MAINTENANCE",
]);

/** Where the guest is to go back to after it has moved. */
function displacedFrom(
  why: MoveReason | undefined,
  before: Guest["displacedFromHostId"],
  { fromHost, toHost }: { fromHost: HostId; toHost: HostId },
): Guest["displacedFromHostId"] {
  if (why === undefined || !DISPLACES.has(why)) return null;
  return before === toHost ? null : (before ?? fromHost);
}

/** It stops on its host; what becomes of it, its fields tell when it has stopped. */
function beginStop(
  state: State,
  event: FleetEvent<"GuestStopping" | "GuestRelocating" | "GuestFreezing" | "GuestPreempted">,
  fields: Partial<Guest>,
): void {
  const isSuspended = state.tables.Guest.get(event.payload.guest).status === "SUSPENDED";
  const more = isSuspended ? { wasSuspended: true } : {};
  begin(state, event, "STOP", { status: "STOPPING", readyAtMs: null, ...fields }, more);
}

/** Starting, stopping, crashing: between a host and nowhere. */
const runFolds = {
  GuestPlaced: (state, event) => beginStart(state, event, "STARTING"),
  GuestRecovering: (state, event) => beginStart(state, event, "RECOVERING"),
  GuestMoveBlocked: (state, { payload }) =>
    change(state, payload.guest, { moveBlockedBy: payload.reasons }),
  GuestMayStay: (state, { payload }) => {
    const guest = state.tables.Guest.get(payload.guest);
    // What it needs for its own sake is still to be tried again.
    const retryAtMs = isAsDesired(guest) ? null : guest.retryAtMs;
    change(state, guest.id, { moveBlockedBy: [], moveFailures: 0, retryAtMs });
  },
  GuestBlocked: (state, { payload }) =>
    change(state, payload.guest, { blockedBy: payload.reasons, retryAtMs: null }),
  GuestRecoveryBlocked: (state, { payload }) =>
    change(state, payload.guest, { blockedBy: payload.reasons, retryAtMs: null }),
  GuestStarted: (state, event) => settle(state, event, event.payload.guest, up(state, event)),
  GuestFailedOver: (state, event) => {
    const { guest, failover: failoverId } = event.payload;
    settle(state, event, guest, { ...up(state, event), restarts: 0, triedHostIds: [] });
    const failover = failoverId === null ? undefined : state.tables.Failover.find(failoverId);
    if (!failover) return;
    const { guestsRecovered, guestsUnrecovered } = failover;
    state.tables.Failover.patch(failover.id, {
      guestsRecovered: guestsRecovered + 1,
      guestsUnrecovered: guestsUnrecovered - 1,
    });
  },
  GuestStartFailed: retry,
  GuestStartAbandoned: (state, event) => {
    const hostId = event.payload.host;
    const { name } = state.tables.Host.get(hostId);
    const message = `host ${name} does not answer its start; it is stopped there`;
    const blockedBy = [{ code: "DRIVER_ERROR", message, hostId }] as const;
    begin(state, event, "STOP", { blockedBy }, { endsStart: true });
  },
  GuestCrashed: retry,
  GuestFailed: (state, event) =>
    settle(state, event, event.payload.guest, {
      ...NOWHERE,
      status: "ERROR",
      blockedBy: event.payload.reasons,
      retryAtMs: null,
      loss: null,
    }),
  GuestStopping: (state, event) => beginStop(state, event, {}),
  GuestRelocating: (state, event) =>
    beginStop(state, event, { displacedFromHostId: event.payload.host }),
  GuestFreezing: (state, event) => beginStop(state, event, { frozenOnHostId: event.payload.host }),
  GuestPreempted: (state, event) =>
    beginStop(state, event, { preemptedBy: event.payload.preemptor }),
  GuestFrozen: (state, event) => {
    const { guest, host: hostId } = event.payload;
    const { name } = state.tables.Host.get(hostId);
    settle(state, event, guest, {
      ...NOWHERE,
      status: "FROZEN",
      frozenOnHostId: hostId,
      retryAtMs: null,
      blockedBy: [
        {
          code: "FROZEN_WITH_HOST",
          message: `was stopped with host ${name} and comes back with it; power that on, or start the guest to have it run elsewhere`,
          hostId,
        },
      ],
    });
  },
  // It starts on that host if it can, and goes back there later if it can't now.
  GuestThawed: (state, event) =>
    settle(state, event, event.payload.guest, {
      status: "PENDING",
      frozenOnHostId: null,
      displacedFromHostId: event.payload.host,
    }),
  GuestStopped: (state, event) => {
    const { guest } = event.payload;
    withdraw(state, guest);
    // Asked to start again while it stopped: it waits for its next place.
    const { desired } = state.tables.Guest.get(guest);
    settle(state, event, guest, {
      ...NOWHERE,
      status: desired === "STOPPED" ? "STOPPED" : "PENDING",
      retryAtMs: null,
      restarts: 0,
      triedHostIds: [],
      loss: null,
      placement: null,
      ...(desired === "STOPPED" && { preemptedBy: null, displacedFromHostId: null }),
    });
  },
  GuestLost: (state, event) => {
    const { guest, host: fromHostId, lastSeenAt: sinceMs, failover: failoverId } = event.payload;
    const { loss: earlier, incidentId } = state.tables.Guest.get(guest);
    if (earlier === null || event.incidentId !== incidentId) countLost(state, event);
    settle(state, event, guest, {
      ...NOWHERE,
      incidentId: event.incidentId ?? incidentId,
      status: "LOST",
      // The loss was not the guest's fault: it may be tried everywhere.
      restarts: 0,
      triedHostIds: [],
      retryAtMs: null,
      // Lost again before it was back: its downtime began with the first loss.
      loss: { fromHostId, sinceMs: earlier?.sinceMs ?? sinceMs, failoverId, seq: event.seq },
    });
  },
  GuestDeleted: (state, event) => {
    withdraw(state, event.payload.guest);
    remove("Guest")(state, event);
  },
  StaleGuestRemoved: nothing,
} satisfies Folds;

/** What is done to a guest that stays up. */
const changeFolds = {
  GuestSuspending: (state, event) =>
    begin(state, event, "SUSPEND", { status: "SUSPENDING", readyAtMs: null }),
  GuestSuspended: (state, event) =>
    settle(state, event, event.payload.guest, { status: "SUSPENDED" }),
  GuestResuming: (state, event) => begin(state, event, "RESUME", { status: "RESUMING" }),
  GuestResumed: (state, event) => settle(state, event, event.payload.guest, RUNS),
  GuestRebooting: (state, event) =>
    begin(state, event, "REBOOT", { status: "REBOOTING", readyAtMs: null }),
  GuestRebooted: (state, event) => settle(state, event, event.payload.guest, up(state, event)),
  GuestReady: (state, { payload }) => change(state, payload.guest, { readyAtMs: null }),
  GuestResizing: (state, event) => {
    const { resources, flavor: flavorId } = event.payload;
    begin(state, event, "RESIZE", {}, { resize: { resources, flavorId } });
  },
  GuestResized: (state, { payload }) =>
    change(state, payload.guest, {
      resources: payload.resources,
      flavorId: payload.flavor,
      task: null,
    }),
  GuestMigrationStarted: (state, event) => {
    const { toHost: targetHostId, placement, why } = event.payload;
    const more = { placement, ...(why !== null && { why }) };
    const fields = { status: "MIGRATING", targetHostId, moveBlockedBy: [] } as const;
    begin(state, event, "MIGRATE", fields, more);
  },
  GuestMigrationAbandoned: (state, event) => {
    const { guest: guestId, toHost: hostId, unanswered } = event.payload;
    const { task, moveBlockedBy } = state.tables.Guest.get(guestId);
    if (!task) return;
    const { name } = state.tables.Host.get(hostId);
    const message = `its migration to ${name} ${unanswered ? "has no answer and " : ""}is called off`;
    const reasons = [{ code: "DRIVER_ERROR", message, hostId }] as const;
    change(state, guestId, {
      task: {
        ...task,
        calledOff: task.calledOff ?? (unanswered ? "UNANSWERED" : "UNWANTED"),
        deadlineMs: event.atMs + answerTimeoutMs(state, guestId, "CANCEL_MIGRATION"),
      },
      blockedBy: reasons,
      moveBlockedBy: unanswered && task.why !== "REQUEST" ? reasons : moveBlockedBy,
    });
  },
  GuestMigrated: (state, event) => {
    const { guest: guestId, toHost: hostId } = event.payload;
    if (state.tables.Host.get(hostId).movesShunUntilMs !== null)
      state.tables.Host.patch(hostId, { movesShunUntilMs: null });
    const { task, placement, displacedFromHostId } = state.tables.Guest.get(guestId);
    settle(state, event, guestId, {
      ...RUNS,
      displacedFromHostId: displacedFrom(task?.why, displacedFromHostId, event.payload),
      // Whoever asks for a move decides where the guest belongs from now on.
      ...(task?.why === "REQUEST" && { homeHostId: hostId }),
      hostId,
      targetHostId: null,
      placement: task?.placement ?? placement,
      moveBlockedBy: [],
      // Failures were counted where it was.
      restarts: 0,
      moveFailures: 0,
    });
  },
  GuestMigrationFailed: (state, event) => {
    const { guest, toHost, error, unsupported } = event.payload;
    const { task, moveFailures } = state.tables.Guest.get(guest);
    const host = toHost === null ? null : state.tables.Host.find(toHost);
    if (host && !unsupported && task?.calledOff !== "UNWANTED") {
      const forMs = task?.calledOff ? MOVES_SHUN_MS : 0;
      state.tables.Host.patch(host.id, { movesShunUntilMs: event.atMs + forMs });
    }
    const message = `its migration${host ? ` to ${host.name}` : ""} failed: ${error}`;
    const code = unsupported ? "DRIVER_UNSUPPORTED" : "DRIVER_ERROR";
    settle(state, event, guest, {
      ...RUNS,
      targetHostId: null,
      // What somebody asked for is for them to ask again.
      ...(task?.why !== "REQUEST" && {
        moveFailures: moveFailures + 1,
        moveBlockedBy: [{ code, message, ...(toHost !== null && { hostId: toHost }) }],
      }),
    });
  },
  GuestActionFailed: (state, event) => {
    const { guest: guestId, host: hostId, error, retryAt } = event.payload;
    const { status, task, displacedFromHostId } = state.tables.Guest.get(guestId);
    if (task?.endsStart && retryAt !== null) {
      const blockedBy = [{ code: "DRIVER_ERROR", message: error, hostId }] as const;
      change(state, guestId, { blockedBy, task: { ...task, deadlineMs: retryAt } });
      return;
    }
    const wasSuspended = task?.kind === "RESUME" || task?.wasSuspended === true;
    const suspended = status === "RESUMING" || wasSuspended;
    settle(state, event, guestId, {
      status: suspended ? "SUSPENDED" : "RUNNING",
      frozenOnHostId: null,
      preemptedBy: null,
      // It did not get away.
      ...(displacedFromHostId === hostId && { displacedFromHostId: null }),
      blockedBy: [{ code: "DRIVER_ERROR", message: error, hostId }],
      retryAtMs: retryAt,
    });
  },
  GuestActionRepeated: (state, event) => {
    const { guest: guestId, host: hostId, generation, action, next } = event.payload;
    const { task } = state.tables.Guest.get(guestId);
    if (!task) return;
    change(state, guestId, {
      generation,
      task: {
        ...task,
        generation,
        // Not when it is given again because contact was made anew.
        isRepeated: task.isRepeated || event.atMs >= task.deadlineMs,
        deadlineMs: event.atMs + answerTimeoutMs(state, guestId, task.kind),
      },
      blockedBy: [
        {
          code: "DRIVER_ERROR",
          message: `${action} has no answer yet and was repeated${next ? `; ${next}` : ""}`,
          hostId,
        },
      ],
    });
  },
} satisfies Folds;

export const guestFolds = { ...runFolds, ...changeFolds } satisfies Folds;
