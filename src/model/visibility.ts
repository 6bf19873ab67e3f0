/**
 * What a principal of one tenant is told of the log: its own things, and what befalls the hosts and
 * zones that all share, without what others have there.
 */

import type { Actor } from "./actors.ts";
import type { FieldSpec } from "./events/field-types.ts";
import { EVENT_KINDS, EVENTS, type EventKind, type FleetEvent } from "./events.ts";
import type { EntityType, Ref, TenantId } from "./ids.ts";
import { render } from "./message.ts";
import type { Reason } from "./reasons.ts";
import type { ReasonCode } from "./statuses.ts";

/**
 * TENANT: the tenant that the event is about, and nobody else. FLEET: nobody but principals of the whole
 * fleet. EVERYONE: all. OWN_COUNTS: all, but where guests are counted, a tenant's own.
 */
export type Visibility = "TENANT" | "FLEET" | "EVERYONE" | "OWN_COUNTS";

/** Every kind has its entry, or this does not compile. */
export const VISIBILITY = {
  FleetApplied: "FLEET",
  SettingsChanged: "EVERYONE",
  RegionCreated: "EVERYONE",
  RegionChanged: "EVERYONE",
  RegionRemoved: "EVERYONE",
  ZoneCreated: "EVERYONE",
  ZoneChanged: "EVERYONE",
  ZoneRemoved: "EVERYONE",
  DataCenterCreated: "EVERYONE",
  DataCenterRemoved: "EVERYONE",
  RackCreated: "EVERYONE",
  RackRemoved: "EVERYONE",
  HostAdded: "EVERYONE",
  HostChanged: "EVERYONE",
  HostRemoved: "EVERYONE",
  TenantCreated: "TENANT",
  TenantQuotaChanged: "TENANT",
  TenantRemoved: "TENANT",
  SecurityGroupCreated: "TENANT",
  SecurityGroupChanged: "TENANT",
  SecurityGroupRemoved: "TENANT",
  // A guest's own resources are a flavor.
  FlavorCreated: "FLEET",
  FlavorChanged: "FLEET",
  FlavorRemoved: "FLEET",
  ImageCreated: "FLEET",
  ImageChanged: "FLEET",
  ImageRemoved: "FLEET",
  // Rules may be about guests of several tenants.
  AffinityRuleCreated: "FLEET",
  AffinityRuleChanged: "FLEET",
  AffinityRuleRemoved: "FLEET",
  AffinityRuleDisabled: "FLEET",
  AffinityRuleEnabled: "FLEET",
  GuestCreated: "TENANT",
  GuestChanged: "TENANT",
  GuestSecurityGroupsChanged: "TENANT",
  GuestAllocationChanged: "TENANT",
  GuestStartRequested: "TENANT",
  GuestStopRequested: "TENANT",
  GuestSuspendRequested: "TENANT",
  GuestResumeRequested: "TENANT",
  GuestDeleteRequested: "TENANT",
  GuestPlaced: "TENANT",
  GuestBlocked: "TENANT",
  GuestStarted: "TENANT",
  GuestStartFailed: "TENANT",
  GuestFailed: "TENANT",
  GuestStopping: "TENANT",
  GuestStopped: "TENANT",
  GuestSuspending: "TENANT",
  GuestSuspended: "TENANT",
  GuestResuming: "TENANT",
  GuestResumed: "TENANT",
  GuestRebooting: "TENANT",
  GuestRebooted: "TENANT",
  GuestResizing: "TENANT",
  GuestResized: "TENANT",
  GuestMigrationStarted: "TENANT",
  GuestMigrated: "TENANT",
  GuestMigrationFailed: "TENANT",
  GuestMigrationAbandoned: "TENANT",
  GuestMoveBlocked: "TENANT",
  GuestMayStay: "TENANT",
  GuestRelocating: "TENANT",
  GuestReady: "TENANT",
  GuestFreezing: "TENANT",
  GuestFrozen: "TENANT",
  GuestThawed: "TENANT",
  GuestPreempted: "TENANT",
  GuestActionFailed: "TENANT",
  GuestActionRepeated: "TENANT",
  GuestStartAbandoned: "TENANT",
  GuestCrashed: "TENANT",
  GuestDeleted: "TENANT",
  // Those about hosts are of no tenant.
  OperationStarted: "TENANT",
  OperationSucceeded: "TENANT",
  OperationFailed: "TENANT",
  OperationSuperseded: "TENANT",
  HostUp: "EVERYONE",
  HostSuspected: "EVERYONE",
  HostContactRestored: "EVERYONE",
  HostFenceRequested: "EVERYONE",
  HostFencing: "EVERYONE",
  HostFenceFailed: "EVERYONE",
  HostFenced: "EVERYONE",
  HostDown: "OWN_COUNTS",
  HostProbed: "EVERYONE",
  HostHeldOff: "EVERYONE",
  HostNotAnswering: "EVERYONE",
  HostAnswered: "EVERYONE",
  HostReleased: "EVERYONE",
  ContactLost: "EVERYONE",
  ContactRestored: "EVERYONE",
  HighAvailabilityDisarmed: "EVERYONE",
  HighAvailabilityArmed: "EVERYONE",
  StockTaken: "EVERYONE",
  HostStockTaken: "FLEET",
  IncidentOpened: "EVERYONE",
  IncidentChanged: "EVERYONE",
  IncidentResolved: "OWN_COUNTS",
  HostMaintenanceRequested: "EVERYONE",
  HostMaintenanceStarted: "EVERYONE",
  HostMaintenanceEnded: "EVERYONE",
  HostPowerRequested: "EVERYONE",
  HostEnteringStandby: "FLEET",
  HostLeavingStandby: "FLEET",
  HostOverloaded: "FLEET",
  BalancingHeld: "FLEET",
  HostRelieved: "FLEET",
  RecommendationMade: "FLEET",
  RecommendationApplied: "FLEET",
  RecommendationWithdrawn: "FLEET",
  HostPowerSwitching: "EVERYONE",
  HostBooting: "EVERYONE",
  HostPoweredOff: "EVERYONE",
  HostPoweredOn: "EVERYONE",
  HostPowerFailed: "EVERYONE",
  HostPowerCancelled: "EVERYONE",
  ZoneUtilityLost: "EVERYONE",
  ZoneUtilityRestored: "EVERYONE",
  ZoneDegraded: "EVERYONE",
  ZoneDown: "EVERYONE",
  ZoneRestored: "EVERYONE",
  DecisionFailed: "FLEET",
  FailoverStarted: "OWN_COUNTS",
  GuestLost: "TENANT",
  GuestRecovering: "TENANT",
  GuestFailedOver: "TENANT",
  GuestRecoveryBlocked: "TENANT",
  FailoverCompleted: "OWN_COUNTS",
  StaleGuestRemoved: "FLEET",
  LoadBalancerCreated: "TENANT",
  LoadBalancerChanged: "TENANT",
  LoadBalancerRemoved: "TENANT",
  LoadBalancerUnreachable: "TENANT",
  LoadBalancerReachable: "TENANT",
  FailOpenBegan: "TENANT",
  FailOpenEnded: "TENANT",
  TargetRegistered: "TENANT",
  TargetChanged: "TENANT",
  TargetUnused: "TENANT",
  TargetInitial: "TENANT",
  TargetHealthy: "TENANT",
  TargetUnhealthy: "TENANT",
  TargetDraining: "TENANT",
  TargetDrained: "TENANT",
  TargetDeregistered: "TENANT",
  ApiTokenCreated: "TENANT",
  ApiTokenRevoked: "TENANT",
  CommandAudited: "TENANT",
  GroupCreated: "TENANT",
  GroupChanged: "TENANT",
  GroupDeleteRequested: "TENANT",
  GroupRemoved: "TENANT",
  GroupScheduleDue: "TENANT",
  GroupLoadLearned: "TENANT",
  GroupScaledOut: "TENANT",
  GroupScaledIn: "TENANT",
  ScalingHeld: "TENANT",
  ScalingHoldEnded: "TENANT",
  ScaleInProtectionChanged: "TENANT",
  MemberUnhealthy: "TENANT",
  MemberHealthy: "TENANT",
  MemberHealthDoubted: "TENANT",
  MemberFailed: "TENANT",
  MemberReplaced: "TENANT",
  MemberInService: "TENANT",
  MemberRefreshed: "TENANT",
  GroupRefreshStarted: "TENANT",
  GroupRefreshProgressed: "TENANT",
  GroupRefreshCheckpointReached: "TENANT",
  GroupRefreshResumed: "TENANT",
  GroupRefreshCompleted: "TENANT",
  GroupRefreshFailed: "TENANT",
  GroupRefreshRollingBack: "TENANT",
  GroupRefreshRolledBack: "TENANT",
  GroupRefreshCancelled: "TENANT",
  LifecycleActionPending: "TENANT",
  LifecycleActionCompleted: "TENANT",
  LifecycleActionTimedOut: "TENANT",
  LifecycleHeartbeatRecorded: "TENANT",
  FaultInjected: "FLEET",
  FaultCleared: "FLEET",
  ClockAdvanced: "EVERYONE",
} as const satisfies Record<EventKind, Visibility>;

/** Kinds of events that are told with a tenant's own counts. */
export type CountingKind = {
  [K in EventKind]: (typeof VISIBILITY)[K] extends "OWN_COUNTS" ? K : never;
}[EventKind];

/** The kinds of events that a tenant sees when they are its own, and when they are nobody's. */
export function kindsSeen(of: "OWN" | "NOBODY"): EventKind[] {
  return EVENT_KINDS.filter((kind) => {
    const seen: Visibility = VISIBILITY[kind];
    return seen !== "FLEET" && (of === "OWN" || seen !== "TENANT");
  });
}

export function isSeenBy(tenantId: TenantId, event: FleetEvent): boolean {
  const seen: Visibility = VISIBILITY[event.kind];
  if (seen === "FLEET") return false;
  return event.tenantId === tenantId || (seen !== "TENANT" && event.tenantId === null);
}

/**
 * Whether a reason's message may be told to a tenant: AS_IT_IS when it is about hosts, zones or the guest
 * itself; `unlessSeen` is told instead
 * where the guest or rule that the reason refers to is not the tenant's own, a text in any case.
 */
const REASONS_TOLD: Readonly<
  Record<ReasonCode, "AS_IT_IS" | { readonly unlessSeen: string } | string>
> = {
  NO_HOSTS: "AS_IT_IS",
  HOST_NOT_UP: "AS_IT_IS",
  HOST_IN_MAINTENANCE: "AS_IT_IS",
  INSUFFICIENT_CPU: "too little CPU is free",
  INSUFFICIENT_MEMORY: "too little memory is free",
  INSUFFICIENT_STORAGE: "too little storage is free",
  RESERVED_BY_OTHERS: "too little is left of what can be reserved",
  AFFINITY_RULE: { unlessSeen: "an affinity rule of the fleet forbids it" },
  DEPENDENCY_NOT_RUNNING: { unlessSeen: "waits for a guest that it depends on to run" },
  DEPENDENCY_CYCLE: "guests wait for each other in a circle of dependencies",
  WAITING_FOR_FENCE: "AS_IT_IS",
  IN_PROGRESS: "AS_IT_IS",
  BACKING_OFF: "AS_IT_IS",
  RESTARTS_EXHAUSTED: "AS_IT_IS",
  DRIVER_ERROR: "AS_IT_IS",
  DRIVER_UNSUPPORTED: "AS_IT_IS",
  ALREADY_HERE: "AS_IT_IS",
  HOST_HELD_OFF: "AS_IT_IS",
  ZONE_FAILING: "AS_IT_IS",
  STARTS_LIMITED: "waits for its turn: hosts boot as many guests as they may",
  MIGRATIONS_LIMITED: "waits for its turn: hosts do as many migrations as they may",
  ADMISSION_CONTROL: "room is kept free for a loss",
  PREEMPTED: "made room for a guest of higher priority and returns when there is room again",
  PREEMPTING: "waits while room is made by guests of lower priority",
  DEPENDENCY_NOT_READY: { unlessSeen: "waits for a guest that it depends on to be ready" },
  FROZEN_WITH_HOST: "AS_IT_IS",
  DISARMED: "AS_IT_IS",
  OUT_OF_CONTACT: "AS_IT_IS",
  TAKING_STOCK: "AS_IT_IS",
  SUSPENDED: "AS_IT_IS",
  RULE_CONTRADICTION: "affinity rules of the fleet contradict each other",
  HOST_WAKING: "AS_IT_IS",
  HOST_CROWDED: "its host would be asked for too much",
  NO_RELIEF: "its host is asked for too much",
  CHECK_FAILED: "AS_IT_IS",
  CHECK_PENDING: "AS_IT_IS",
  TARGET_FLAPPING: "AS_IT_IS",
  GUEST_NOT_RUNNING: "AS_IT_IS",
  TARGET_GROUP_UNUSED: "AS_IT_IS",
  TARGET_LEAVING: "AS_IT_IS",
  GROUP_ZONES: "AS_IT_IS",
  COOLDOWN: "AS_IT_IS",
  AT_MIN: "AS_IT_IS",
  AT_MAX: "AS_IT_IS",
  OVER_QUOTA: "AS_IT_IS",
  NO_CAPACITY: "AS_IT_IS",
  METRICS_MISSING: "AS_IT_IS",
  FORECAST_LEARNING: "AS_IT_IS",
  SCALE_IN_PROTECTED: "AS_IT_IS",
  ZONE_DOWN: "AS_IT_IS",
  LIFECYCLE_HOOK: "AS_IT_IS",
  TOO_FEW_HEALTHY: "AS_IT_IS",
};

/** What a tenant sees of the fleet's things: a name, null for what is not there or not to be seen. */
export type Glance = (type: EntityType, id: number) => string | null;

/** The reason as it is told to a tenant. */
export function reasonFor(glance: Glance, reason: Reason): Reason {
  const told = REASONS_TOLD[reason.code];
  if (told === "AS_IT_IS") return reason;
  if (typeof told === "string") return { ...reason, message: told };
  return refersToSeen(glance, reason) ? reason : { ...reason, message: told.unlessSeen };
}

function refersToSeen(glance: Glance, { guestId, ruleId }: Reason): boolean {
  if (guestId === undefined && ruleId === undefined) return false;
  return (
    (guestId === undefined || glance("Guest", guestId) !== null) &&
    (ruleId === undefined || glance("AffinityRule", ruleId) !== null)
  );
}

/** An event that the tenant sees, as it is told to it; `counts` are its own, by the fields that hold them. */
export function eventFor(
  tenantId: TenantId,
  glance: Glance,
  event: FleetEvent,
  counts: Readonly<Record<string, number>> | null,
): FleetEvent {
  const { kind, actor } = event;
  const told = { ...event, actor: actorFor(tenantId, actor) } as FleetEvent;
  const payload = counts
    ? { ...event.payload, ...counts }
    : withReasonsFor(glance, unhinted(event));
  if (payload === event.payload && !namesOthers(glance, event)) return told;
  const nameOf = (type: EntityType, id: number) =>
    glance(type, id) ?? (type === "Guest" ? nameOfUnseen(event, id) : `#${id}`);
  return { ...told, payload, message: render(nameOf, kind, payload) } as FleetEvent;
}

/** Whose name a principal of another tenant, or of the fleet, has is nobody else's business. */
function actorFor(tenantId: TenantId, actor: Actor): Actor {
  if (actor.kind !== "PRINCIPAL" || actor.tenantId === tenantId) return actor;
  return { kind: "PRINCIPAL", name: null };
}

/** Why a guest is moved off a busy host tells how busy others are. */
function unhinted(event: FleetEvent): FleetEvent {
  if (event.kind !== "GuestMigrationStarted" || !event.payload.because) return event;
  return { ...event, payload: { ...event.payload, because: null } };
}

/** The very same payload where there is nothing to be told otherwise. */
function withReasonsFor(glance: Glance, { kind, payload }: FleetEvent): object {
  let told: object = payload;
  for (const [name, spec] of Object.entries<FieldSpec>(EVENTS[kind].fields)) {
    if (spec !== "reasons") continue;
    const reasons = (payload as unknown as Record<string, readonly Reason[]>)[name] ?? [];
    const retold = reasons.map((reason) => reasonFor(glance, reason));
    if (retold.some((reason, index) => reason !== reasons[index]))
      told = { ...told, [name]: retold };
  }
  return told;
}

/** What an event of a tenant is about belongs to that tenant, also when it is gone. */
const ITS_OWN: ReadonlySet<string> = new Set(["guest", "target"]);

function namesOthers(glance: Glance, { kind, payload }: FleetEvent): boolean {
  return Object.entries<FieldSpec>(EVENTS[kind].fields).some(([name, spec]) => {
    const value = (payload as unknown as Record<string, unknown>)[name];
    if (ITS_OWN.has(name) || value === null || value === undefined) return false;
    const isGuest =
      spec.startsWith("Guest") || (spec === "node" && (value as Ref).type === "Guest");
    return isGuest && glance("Guest", spec === "node" ? (value as Ref).id : Number(value)) === null;
  });
}

function nameOfUnseen({ subject }: FleetEvent, id: number): string {
  return subject?.id === id ? "the guest" : "another guest";
}
