import type { Entities, Guest, GuestTask } from "../model/entities.ts";
import type { EventKind, FleetEvent } from "../model/events.ts";
import type { TaskKind } from "../model/statuses.ts";
import type { State } from "./state.ts";

/**
 * What each fact does to the fleet. Folds take an event at its word: no decision is made here, and
 * nothing is read but the state and the event, so that folding the log always gives the tables.
 */

type Fold<K extends EventKind> = (state: State, event: FleetEvent<K>) => void;

function create<T extends keyof Entities>(type: T) {
  return (state: State, event: { payload: { definition: Entities[T] } }): void => {
    state.tables[type].set(event.payload.definition as never);
  };
}

function remove<T extends keyof Entities>(type: T) {
  return (state: State, event: FleetEvent): void =>
    state.tables[type].delete(event.subject?.id ?? 0);
}

/** Facts that are told and change nothing by themselves. */
const nothing = (): void => {};

/** Migrations move memory: slower than 100 MiB/s is no answer either. */
const MIGRATION_MS_PER_MIB = 10;
function timeoutMs(state: State, guestId: number, kind: TaskKind): number {
  const patienceMs = state.meta.settings.actionTimeoutSeconds * 1000;
  if (kind !== "MIGRATE") return patienceMs;
  const { memoryMiB } = state.tables.Guest.get(guestId).resources;
  return patienceMs + memoryMiB * MIGRATION_MS_PER_MIB;
}

/** An order to the driver: the guest is busy until it is answered. */
function begin(
  state: State,
  event: FleetEvent & { payload: { guest: number; generation: number } },
  kind: TaskKind,
  change: Partial<Guest>,
  resize: GuestTask["resize"] = null,
): void {
  state.tables.Guest.patch(event.payload.guest, {
    ...change,
    generation: event.payload.generation,
    retryAtMs: null,
    statusSinceMs: event.atMs,
    causeSeq: event.seq,
    task: {
      kind,
      generation: event.payload.generation,
      seq: event.seq,
      startedAtMs: event.atMs,
      deadlineMs: event.atMs + timeoutMs(state, event.payload.guest, kind),
      resize,
    },
  });
}

/** The guest came to rest: its task is over. */
function settle(state: State, event: FleetEvent, guestId: number, change: Partial<Guest>): void {
  state.tables.Guest.patch(guestId, {
    task: null,
    statusSinceMs: event.atMs,
    causeSeq: event.seq,
    ...change,
  });
}

const RUNS = { status: "RUNNING", blockedBy: [], retryAtMs: null } as const;
/** Nowhere: takes no room on any host. */
const NOWHERE = { hostId: null, targetHostId: null, task: null } as const;

/** A failed start or crash: again on the same host, or somewhere else. */
function retry(
  state: State,
  event: FleetEvent<"GuestStartFailed"> | FleetEvent<"GuestCrashed">,
): void {
  const { guest: guestId, host, restarts, retryAt, giveUpHost, error } = event.payload;
  const guest = state.tables.Guest.get(guestId);
  settle(state, event, guestId, {
    ...NOWHERE,
    status: guest.loss ? "LOST" : "PENDING",
    restarts,
    triedHostIds: giveUpHost ? [...guest.triedHostIds, host] : guest.triedHostIds,
    retryAtMs: retryAt,
    blockedBy: [
      { code: "BACKING_OFF", message: `waits before it is tried again: ${error}`, hostId: host },
    ],
  });
}

/** Finished operations and failovers are kept for those who ask late, not for ever. */
const FINISHED_KEPT = 1_000;
function forgetOldest(
  table: { size: number; sorted(): { id: number }[]; delete(id: number): void },
  isFinished: (row: never) => boolean,
): void {
  if (table.size < FINISHED_KEPT * 2) return;
  const finished = table.sorted().filter((row) => isFinished(row as never));
  for (const row of finished.slice(0, Math.max(0, finished.length - FINISHED_KEPT)))
    table.delete(row.id);
}

function finishOperation(status: "SUCCEEDED" | "FAILED" | "SUPERSEDED") {
  return (
    state: State,
    event: FleetEvent<"OperationSucceeded" | "OperationFailed" | "OperationSuperseded">,
  ): void => {
    const error = "error" in event.payload ? event.payload.error : null;
    state.tables.Operation.patch(event.payload.operation, {
      status,
      finishedAtMs: event.atMs,
      error,
    });
  };
}

const inventoryFolds = {
  FleetApplied: nothing,
  SettingsChanged: (state, { payload }) => state.setMeta({ settings: payload.definition }),
  RegionCreated: create("Region"),
  RegionChanged: create("Region"),
  RegionRemoved: remove("Region"),
  ZoneCreated: create("Zone"),
  ZoneRemoved: remove("Zone"),
  DataCenterCreated: create("DataCenter"),
  DataCenterRemoved: remove("DataCenter"),
  RackCreated: create("Rack"),
  RackRemoved: remove("Rack"),
  HostAdded: create("Host"),
  HostChanged: (state, { payload }) =>
    state.tables.Host.patch(payload.host, { capacity: payload.capacity }),
  HostRemoved: remove("Host"),
  TenantCreated: create("Tenant"),
  TenantQuotaChanged: (state, { payload }) =>
    state.tables.Tenant.patch(payload.tenant, { quota: payload.quota }),
  TenantRemoved: remove("Tenant"),
  FlavorCreated: create("Flavor"),
  FlavorChanged: (state, { payload }) =>
    state.tables.Flavor.patch(payload.flavor, { resources: payload.resources }),
  FlavorRemoved: remove("Flavor"),
  ImageCreated: create("Image"),
  ImageChanged: create("Image"),
  ImageRemoved: remove("Image"),
  AffinityRuleCreated: create("AffinityRule"),
  AffinityRuleChanged: create("AffinityRule"),
  AffinityRuleRemoved: remove("AffinityRule"),
} satisfies { [K in EventKind]?: Fold<K> };

const requestFolds = {
  GuestCreated: create("Guest"),
  GuestChanged: (state, { payload }) => state.tables.Guest.patch(payload.guest, payload.definition),
  GuestStartRequested: (state, event) => {
    const guest = state.tables.Guest.get(event.payload.guest);
    const rests = guest.status === "STOPPED" || guest.status === "ERROR";
    state.tables.Guest.patch(guest.id, {
      desired: "RUNNING",
      restarts: 0,
      triedHostIds: [],
      retryAtMs: null,
      ...(rests && {
        status: "PENDING",
        blockedBy: [],
        statusSinceMs: event.atMs,
        causeSeq: event.seq,
      }),
    });
  },
  GuestStopRequested: (state, { payload }) =>
    state.tables.Guest.patch(payload.guest, { desired: "STOPPED" }),
  GuestSuspendRequested: (state, { payload }) =>
    state.tables.Guest.patch(payload.guest, { desired: "SUSPENDED" }),
  GuestResumeRequested: (state, { payload }) =>
    state.tables.Guest.patch(payload.guest, { desired: "RUNNING" }),
  GuestDeleteRequested: (state, { payload }) =>
    state.tables.Guest.patch(payload.guest, { desired: "STOPPED", deleting: true }),
  OperationStarted: (state, event) => {
    state.tables.Operation.set({
      id: event.payload.operation,
      kind: event.payload.verb,
      status: "RUNNING",
      guestId: event.payload.guest,
      startedAtMs: event.atMs,
      finishedAtMs: null,
      error: null,
      seq: event.seq,
    });
    forgetOldest(state.tables.Operation, (row: Entities["Operation"]) => row.status !== "RUNNING");
  },
  OperationSucceeded: finishOperation("SUCCEEDED"),
  OperationFailed: finishOperation("FAILED"),
  OperationSuperseded: finishOperation("SUPERSEDED"),
} satisfies { [K in EventKind]?: Fold<K> };

const guestFolds = {
  GuestPlaced: (state, event) => {
    const { host: hostId, placement } = event.payload;
    begin(state, event, "START", { status: "STARTING", hostId, placement, blockedBy: [] });
  },
  GuestRecovering: (state, event) => {
    const { toHost: hostId, placement } = event.payload;
    begin(state, event, "START", { status: "RECOVERING", hostId, placement, blockedBy: [] });
  },
  GuestBlocked: (state, { payload }) =>
    state.tables.Guest.patch(payload.guest, { blockedBy: payload.reasons, retryAtMs: null }),
  GuestRecoveryBlocked: (state, { payload }) =>
    state.tables.Guest.patch(payload.guest, { blockedBy: payload.reasons, retryAtMs: null }),
  GuestStarted: (state, event) =>
    settle(state, event, event.payload.guest, { ...RUNS, loss: null }),
  GuestFailedOver: (state, event) => {
    settle(state, event, event.payload.guest, {
      ...RUNS,
      loss: null,
      restarts: 0,
      triedHostIds: [],
    });
    const failoverId = event.payload.failover;
    const failover = failoverId === null ? undefined : state.tables.Failover.find(failoverId);
    if (failover)
      state.tables.Failover.patch(failover.id, { guestsRecovered: failover.guestsRecovered + 1 });
  },
  GuestStartFailed: retry,
  GuestCrashed: retry,
  GuestFailed: (state, event) =>
    settle(state, event, event.payload.guest, {
      ...NOWHERE,
      status: "ERROR",
      blockedBy: event.payload.reasons,
      retryAtMs: null,
      loss: null,
    }),
  GuestStopping: (state, event) => begin(state, event, "STOP", { status: "STOPPING" }),
  GuestStopped: (state, event) =>
    settle(state, event, event.payload.guest, {
      ...NOWHERE,
      status: "STOPPED",
      blockedBy: [],
      retryAtMs: null,
      restarts: 0,
      triedHostIds: [],
      loss: null,
      placement: null,
    }),
  GuestSuspending: (state, event) => begin(state, event, "SUSPEND", { status: "SUSPENDING" }),
  GuestSuspended: (state, event) =>
    settle(state, event, event.payload.guest, { status: "SUSPENDED", blockedBy: [] }),
  GuestResuming: (state, event) => begin(state, event, "RESUME", { status: "RESUMING" }),
  GuestResumed: (state, event) => settle(state, event, event.payload.guest, RUNS),
  GuestRebooting: (state, event) => begin(state, event, "REBOOT", { status: "REBOOTING" }),
  GuestRebooted: (state, event) => settle(state, event, event.payload.guest, RUNS),
  GuestResizing: (state, event) => {
    const { resources, flavor: flavorId } = event.payload;
    begin(state, event, "RESIZE", {}, { resources, flavorId });
  },
  GuestResized: (state, { payload }) =>
    state.tables.Guest.patch(payload.guest, {
      resources: payload.resources,
      flavorId: payload.flavor,
      task: null,
    }),
  GuestMigrationStarted: (state, event) => {
    const { toHost: targetHostId, placement } = event.payload;
    begin(state, event, "MIGRATE", { status: "MIGRATING", targetHostId, placement });
  },
  GuestMigrated: (state, event) =>
    settle(state, event, event.payload.guest, {
      ...RUNS,
      hostId: event.payload.toHost,
      targetHostId: null,
    }),
  GuestMigrationFailed: (state, event) =>
    settle(state, event, event.payload.guest, { ...RUNS, targetHostId: null }),
  GuestActionFailed: (state, event) => {
    const guest = state.tables.Guest.get(event.payload.guest);
    const suspended = guest.status === "RESUMING" || guest.task?.kind === "RESUME";
    settle(state, event, guest.id, {
      status: suspended ? "SUSPENDED" : "RUNNING",
      blockedBy: [
        { code: "DRIVER_ERROR", message: event.payload.error, hostId: event.payload.host },
      ],
      retryAtMs: event.payload.retryAt,
    });
  },
  GuestActionRepeated: (state, event) => {
    const { guest: guestId, host: hostId, generation, action } = event.payload;
    const { task } = state.tables.Guest.get(guestId);
    if (!task) return;
    state.tables.Guest.patch(guestId, {
      generation,
      task: {
        ...task,
        generation,
        deadlineMs: event.atMs + timeoutMs(state, guestId, task.kind),
      },
      blockedBy: [
        { code: "DRIVER_ERROR", message: `${action} got no answer and was repeated`, hostId },
      ],
    });
  },
  GuestLost: (state, event) => {
    const { guest, host: fromHostId, lastSeenAt: sinceMs, failover: failoverId } = event.payload;
    const earlier = state.tables.Guest.get(guest).loss;
    settle(state, event, guest, {
      ...NOWHERE,
      status: "LOST",
      blockedBy: [],
      restarts: 0,
      retryAtMs: null,
      // Lost again before it was back: its downtime began with the first loss.
      loss: { fromHostId, sinceMs: earlier?.sinceMs ?? sinceMs, failoverId, seq: event.seq },
    });
  },
  GuestDeleted: remove("Guest"),
  StaleGuestRemoved: nothing,
} satisfies { [K in EventKind]?: Fold<K> };

const hostFolds = {
  HostUp: (state, event) => {
    state.tables.Host.patch(event.payload.host, {
      status: "UP",
      everUp: true,
      statusSinceMs: event.atMs,
      causeSeq: event.seq,
      fenceFailedAtMs: null,
      lastSeenAtMs: null,
    });
  },
  HostSuspected: (state, event) =>
    state.tables.Host.patch(event.payload.host, {
      status: "SUSPECT",
      statusSinceMs: event.atMs,
      causeSeq: event.seq,
      lastSeenAtMs: event.payload.lastSeenAt,
    }),
  HostContactRestored: (state, event) =>
    state.tables.Host.patch(event.payload.host, {
      status: "UP",
      statusSinceMs: event.atMs,
      causeSeq: event.seq,
      lastSeenAtMs: null,
    }),
  HostFencing: (state, event) =>
    state.tables.Host.patch(event.payload.host, {
      status: "FENCING",
      generation: event.payload.generation,
      statusSinceMs: event.atMs,
      causeSeq: event.seq,
      fenceFailedAtMs: null,
    }),
  HostFenceFailed: (state, event) =>
    state.tables.Host.patch(event.payload.host, { fenceFailedAtMs: event.atMs }),
  HostFenced: nothing,
  HostDown: (state, event) =>
    state.tables.Host.patch(event.payload.host, {
      status: "DOWN",
      statusSinceMs: event.atMs,
      causeSeq: event.seq,
      fenceFailedAtMs: null,
    }),
  ZoneUtilityLost: (state, event) => setUtility(state, event, "DOWN"),
  ZoneUtilityRestored: (state, event) => setUtility(state, event, "UP"),
  ZoneDegraded: (state, event) => {
    const zone = state.tables.Zone.get(event.payload.zone);
    state.tables.Zone.patch(zone.id, { status: "DEGRADED", causeSeq: zone.causeSeq ?? event.seq });
  },
  ZoneDown: (state, event) => {
    const zone = state.tables.Zone.get(event.payload.zone);
    state.tables.Zone.patch(zone.id, { status: "DOWN", causeSeq: zone.causeSeq ?? event.seq });
  },
  ZoneRestored: (state, event) =>
    state.tables.Zone.patch(event.payload.zone, { status: "HEALTHY", causeSeq: null }),
  DecisionFailed: nothing,
  FailoverStarted: (state, event) => {
    const { failover: id, domain: scope, scope: scopeRef, guestsAffected } = event.payload;
    state.tables.Failover.set({
      id,
      scope,
      scopeRef,
      startedAtMs: event.atMs,
      completedAtMs: null,
      guestsAffected,
      guestsRecovered: 0,
      guestsUnrecovered: 0,
      seq: event.seq,
    });
    forgetOldest(state.tables.Failover, (row: Entities["Failover"]) => row.completedAtMs !== null);
  },
  FailoverCompleted: (state, event) =>
    state.tables.Failover.patch(event.payload.failover, {
      completedAtMs: event.atMs,
      guestsUnrecovered: event.payload.guestsUnrecovered,
    }),
  FaultInjected: (state, { payload, seq }) =>
    state.tables.Fault.set({ ...payload.definition, seq }),
  FaultCleared: (state, { payload }) => state.tables.Fault.delete(payload.faultId),
  ClockAdvanced: nothing,
} satisfies { [K in EventKind]?: Fold<K> };

function setUtility(
  state: State,
  event: FleetEvent<"ZoneUtilityLost" | "ZoneUtilityRestored">,
  status: "UP" | "DOWN",
): void {
  const zone = state.tables.Zone.get(event.payload.zone);
  const causeSeq = zone.causeSeq ?? (status === "DOWN" ? event.seq : null);
  state.tables.Zone.patch(zone.id, {
    [event.payload.utility.toLowerCase()]: status,
    causeSeq,
  });
}

const FOLDS: { [K in EventKind]: Fold<K> } = {
  ...inventoryFolds,
  ...requestFolds,
  ...guestFolds,
  ...hostFolds,
};

/** The highest id that an event gave out: ids are drawn from one sequence and never given twice. */
function newestId(event: FleetEvent): number {
  const { payload } = event;
  if ("definition" in payload && payload.definition && "id" in payload.definition)
    return payload.definition.id;
  if (event.kind === "OperationStarted") return event.payload.operation;
  if (event.kind === "FailoverStarted") return event.payload.failover;
  return 0;
}

/** Facts after which a guest that had no place may find one. */
const FREES_ROOM: ReadonlySet<EventKind> = new Set<EventKind>([
  "AffinityRuleChanged",
  "AffinityRuleRemoved",
  "FleetApplied",
  "GuestChanged",
  "GuestCrashed",
  "GuestDeleted",
  "GuestFailed",
  "GuestMigrated",
  "GuestMigrationFailed",
  "GuestResized",
  "GuestStartFailed",
  "GuestStopped",
  "HostChanged",
  "HostContactRestored",
  "HostUp",
  "SettingsChanged",
]);

/** Folds one fact in. */
export function evolveOne(state: State, event: FleetEvent): void {
  const fold = FOLDS[event.kind] as (state: State, event: FleetEvent) => void;
  fold(state, event);
  const nextId = Math.max(state.meta.nextId, newestId(event) + 1);
  state.setMeta({ seq: event.seq, nextId });
  if (FREES_ROOM.has(event.kind)) state.placementDue = true;
}

/** Folds facts in, in order. Every change is journaled until the next checkpoint. */
export function evolve(state: State, events: readonly FleetEvent[]): void {
  for (const event of events) evolveOne(state, event);
}
