import type { Actor } from "./actors.ts";
import type {
  AffinityRule,
  DataCenter,
  Fault,
  Flavor,
  Guest,
  Host,
  Image,
  Quota,
  Rack,
  Region,
  Tenant,
  Zone,
} from "./entities.ts";
import type { IdTypes, Ref, Seq, TenantId, ZoneId } from "./ids.ts";
import type { Placement, Reason } from "./reasons.ts";
import type { Resources } from "./resources.ts";
import type { Settings } from "./settings.ts";
import type {
  DesiredState,
  EventCategory,
  FailureDomain,
  FaultKind,
  FenceMethod,
  OperationKind,
  Severity,
  Utility,
} from "./statuses.ts";

/**
 * What a field of an event can hold. Names of entity types hold that entity's id and are shown as
 * the entity; the `…Definition` types carry what folding needs and are not shown.
 */
export interface FieldTypes extends IdTypes {
  int: number;
  float: number;
  string: string;
  boolean: boolean;
  strings: readonly string[];
  reasons: readonly Reason[];
  resources: Resources;
  placement: Placement;
  /** Any entity: the target of a fault, the scope of a failover. */
  node: Ref;
  /** Milliseconds since the Unix epoch; shown as a DateTime. */
  time: number;
  desiredState: DesiredState;
  failureDomain: FailureDomain;
  faultKind: FaultKind;
  fenceMethod: FenceMethod;
  operationKind: OperationKind;
  utility: Utility;

  regionDefinition: Region;
  zoneDefinition: Zone;
  dataCenterDefinition: DataCenter;
  rackDefinition: Rack;
  hostDefinition: Host;
  tenantDefinition: Tenant;
  flavorDefinition: Flavor;
  imageDefinition: Image;
  guestDefinition: Guest;
  guestPolicyDefinition: Pick<Guest, "homeHostId" | "imageId" | "recovery" | "workload">;
  ruleDefinition: AffinityRule;
  faultDefinition: Fault;
  quotaDefinition: Quota;
  settingsDefinition: Settings;
}
export type FieldType = keyof FieldTypes;
/** A trailing `?` marks a field that may be null. */
export type FieldSpec = FieldType | `${FieldType}?`;

interface EventSpec {
  readonly category: EventCategory;
  readonly severity: Severity;
  /** `{field}` is replaced by the field's value, an id by the entity's name. */
  readonly message: string;
  /** The first one that names an entity is the event's subject. */
  readonly fields: Readonly<Record<string, FieldSpec>>;
}

function event<const F extends Readonly<Record<string, FieldSpec>>>(
  category: EventCategory,
  severity: Severity,
  message: string,
  fields: F,
) {
  return { category, severity, message, fields };
}

/**
 * Every kind of fact that the log can hold: what it is about, how grave it is, how it is told and
 * what it carries. The TypeScript payloads, the GraphQL types and the enum are derived from here.
 */
export const EVENTS = {
  // Inventory
  FleetApplied: event(
    "INVENTORY",
    "INFO",
    "Fleet document applied: {created} created, {updated} updated, {deleted} deleted",
    { created: "int", updated: "int", deleted: "int" },
  ),
  SettingsChanged: event("INVENTORY", "NOTICE", "Settings changed: {changes}", {
    changes: "strings",
    definition: "settingsDefinition",
  }),
  RegionCreated: event("INVENTORY", "INFO", "Region {region} created", {
    region: "Region",
    definition: "regionDefinition",
  }),
  RegionChanged: event("INVENTORY", "INFO", "Region {region} changed: {changes}", {
    region: "Region",
    changes: "strings",
    definition: "regionDefinition",
  }),
  RegionRemoved: event("INVENTORY", "NOTICE", "Region {region} removed", { region: "Region" }),
  ZoneCreated: event("INVENTORY", "INFO", "Zone {zone} created", {
    zone: "Zone",
    definition: "zoneDefinition",
  }),
  ZoneRemoved: event("INVENTORY", "NOTICE", "Zone {zone} removed", { zone: "Zone" }),
  DataCenterCreated: event("INVENTORY", "INFO", "Data center {dataCenter} created", {
    dataCenter: "DataCenter",
    definition: "dataCenterDefinition",
  }),
  DataCenterRemoved: event("INVENTORY", "NOTICE", "Data center {dataCenter} removed", {
    dataCenter: "DataCenter",
  }),
  RackCreated: event("INVENTORY", "INFO", "Rack {rack} created", {
    rack: "Rack",
    definition: "rackDefinition",
  }),
  RackRemoved: event("INVENTORY", "NOTICE", "Rack {rack} removed", { rack: "Rack" }),
  HostAdded: event("INVENTORY", "INFO", "Host {host} added", {
    host: "Host",
    definition: "hostDefinition",
  }),
  HostChanged: event("INVENTORY", "INFO", "Host {host} changed: {changes}", {
    host: "Host",
    changes: "strings",
    capacity: "resources",
  }),
  HostRemoved: event("INVENTORY", "NOTICE", "Host {host} removed", { host: "Host" }),
  TenantCreated: event("INVENTORY", "INFO", "Tenant {tenant} created", {
    tenant: "Tenant",
    definition: "tenantDefinition",
  }),
  TenantQuotaChanged: event("INVENTORY", "NOTICE", "Quota of tenant {tenant} changed: {changes}", {
    tenant: "Tenant",
    changes: "strings",
    quota: "quotaDefinition",
  }),
  TenantRemoved: event("INVENTORY", "NOTICE", "Tenant {tenant} removed", { tenant: "Tenant" }),
  FlavorCreated: event("INVENTORY", "INFO", "Flavor {flavor} created", {
    flavor: "Flavor",
    definition: "flavorDefinition",
  }),
  FlavorChanged: event("INVENTORY", "INFO", "Flavor {flavor} changed: {changes}", {
    flavor: "Flavor",
    changes: "strings",
    resources: "resources",
  }),
  FlavorRemoved: event("INVENTORY", "NOTICE", "Flavor {flavor} removed", { flavor: "Flavor" }),
  ImageCreated: event("INVENTORY", "INFO", "Image {image} created", {
    image: "Image",
    definition: "imageDefinition",
  }),
  ImageChanged: event("INVENTORY", "INFO", "Image {image} changed: {changes}", {
    image: "Image",
    changes: "strings",
    definition: "imageDefinition",
  }),
  ImageRemoved: event("INVENTORY", "NOTICE", "Image {image} removed", { image: "Image" }),
  AffinityRuleCreated: event("INVENTORY", "INFO", "Affinity rule {rule} created", {
    rule: "AffinityRule",
    definition: "ruleDefinition",
  }),
  AffinityRuleChanged: event("INVENTORY", "INFO", "Affinity rule {rule} changed: {changes}", {
    rule: "AffinityRule",
    changes: "strings",
    definition: "ruleDefinition",
  }),
  AffinityRuleRemoved: event("INVENTORY", "NOTICE", "Affinity rule {rule} removed", {
    rule: "AffinityRule",
  }),

  // Guest lifecycle: what was asked for
  GuestCreated: event("LIFECYCLE", "INFO", "Guest {guest} created", {
    guest: "Guest",
    definition: "guestDefinition",
  }),
  GuestChanged: event("LIFECYCLE", "INFO", "Guest {guest} changed: {changes}", {
    guest: "Guest",
    changes: "strings",
    definition: "guestPolicyDefinition",
  }),
  GuestStartRequested: event("LIFECYCLE", "INFO", "Start of {guest} requested", {
    guest: "Guest",
  }),
  GuestStopRequested: event("LIFECYCLE", "INFO", "Stop of {guest} requested", {
    guest: "Guest",
  }),
  GuestSuspendRequested: event("LIFECYCLE", "INFO", "Suspension of {guest} requested", {
    guest: "Guest",
  }),
  GuestResumeRequested: event("LIFECYCLE", "INFO", "Resumption of {guest} requested", {
    guest: "Guest",
  }),
  GuestDeleteRequested: event("LIFECYCLE", "INFO", "Deletion of {guest} requested", {
    guest: "Guest",
  }),

  // Guest lifecycle: what the engine ordered and what came of it
  GuestPlaced: event("PLACEMENT", "INFO", "{guest} starts on {host}", {
    guest: "Guest",
    host: "Host",
    placement: "placement",
    generation: "int",
  }),
  GuestBlocked: event("PLACEMENT", "INFO", "{guest} cannot be as desired: {reasons}", {
    guest: "Guest",
    reasons: "reasons",
  }),
  GuestStarted: event("LIFECYCLE", "INFO", "{guest} runs on {host} after {bootMs} ms", {
    guest: "Guest",
    host: "Host",
    bootMs: "int",
  }),
  GuestStartFailed: event("LIFECYCLE", "WARNING", "{guest} did not start on {host}: {error}", {
    guest: "Guest",
    host: "Host",
    error: "string",
    restarts: "int",
    retryAt: "time?",
    giveUpHost: "boolean",
  }),
  GuestFailed: event("LIFECYCLE", "ERROR", "{guest} is left in error: {reasons}", {
    guest: "Guest",
    reasons: "reasons",
  }),
  GuestStopping: event("LIFECYCLE", "INFO", "{guest} stops on {host}", {
    guest: "Guest",
    host: "Host",
    generation: "int",
  }),
  GuestStopped: event("LIFECYCLE", "INFO", "{guest} stopped", { guest: "Guest", host: "Host?" }),
  GuestSuspending: event("LIFECYCLE", "INFO", "{guest} is being suspended on {host}", {
    guest: "Guest",
    host: "Host",
    generation: "int",
  }),
  GuestSuspended: event("LIFECYCLE", "INFO", "{guest} is suspended on {host}", {
    guest: "Guest",
    host: "Host",
  }),
  GuestResuming: event("LIFECYCLE", "INFO", "{guest} is being resumed on {host}", {
    guest: "Guest",
    host: "Host",
    generation: "int",
  }),
  GuestResumed: event("LIFECYCLE", "INFO", "{guest} runs again on {host}", {
    guest: "Guest",
    host: "Host",
  }),
  GuestRebooting: event("LIFECYCLE", "INFO", "{guest} reboots on {host}", {
    guest: "Guest",
    host: "Host",
    generation: "int",
  }),
  GuestRebooted: event("LIFECYCLE", "INFO", "{guest} is back on {host} after {downtimeMs} ms", {
    guest: "Guest",
    host: "Host",
    downtimeMs: "int",
  }),
  GuestResizing: event("LIFECYCLE", "INFO", "{guest} is being resized on {host}", {
    guest: "Guest",
    host: "Host",
    resources: "resources",
    flavor: "Flavor",
    generation: "int",
  }),
  GuestResized: event("LIFECYCLE", "INFO", "{guest} has its new size", {
    guest: "Guest",
    resources: "resources",
    flavor: "Flavor",
  }),
  GuestMigrationStarted: event(
    "LIFECYCLE",
    "INFO",
    "{guest} migrates from {fromHost} to {toHost}",
    {
      guest: "Guest",
      fromHost: "Host",
      toHost: "Host",
      placement: "placement",
      generation: "int",
    },
  ),
  GuestMigrated: event(
    "LIFECYCLE",
    "INFO",
    "{guest} migrated from {fromHost} to {toHost} in {durationMs} ms, standing still for {downtimeMs} ms",
    { guest: "Guest", fromHost: "Host", toHost: "Host", durationMs: "int", downtimeMs: "int" },
  ),
  GuestMigrationFailed: event(
    "LIFECYCLE",
    "WARNING",
    "{guest} stays on {fromHost}, its migration to {toHost} failed: {error}",
    { guest: "Guest", fromHost: "Host", toHost: "Host?", error: "string" },
  ),
  GuestActionFailed: event(
    "LIFECYCLE",
    "WARNING",
    "{action} of {guest} on {host} failed: {error}",
    { guest: "Guest", host: "Host", action: "string", error: "string", retryAt: "time?" },
  ),
  GuestActionRepeated: event(
    "LIFECYCLE",
    "WARNING",
    "{action} of {guest} on {host} got no answer and is repeated",
    { guest: "Guest", host: "Host", action: "string", generation: "int" },
  ),
  GuestCrashed: event("LIFECYCLE", "ERROR", "{guest} crashed on {host}: {error}", {
    guest: "Guest",
    host: "Host",
    error: "string",
    restarts: "int",
    retryAt: "time?",
    giveUpHost: "boolean",
  }),
  GuestDeleted: event("LIFECYCLE", "NOTICE", "{guest} deleted", { guest: "Guest" }),
  OperationStarted: event("LIFECYCLE", "DEBUG", "{verb} of {guest} begins", {
    operation: "Operation",
    guest: "Guest",
    verb: "operationKind",
  }),
  OperationSucceeded: event("LIFECYCLE", "DEBUG", "{verb} of {guest} succeeded", {
    operation: "Operation",
    guest: "Guest?",
    verb: "operationKind",
  }),
  OperationFailed: event("LIFECYCLE", "WARNING", "{verb} of {guest} failed: {error}", {
    operation: "Operation",
    guest: "Guest?",
    verb: "operationKind",
    error: "string",
  }),
  OperationSuperseded: event("LIFECYCLE", "INFO", "{verb} of {guest} gave way: {error}", {
    operation: "Operation",
    guest: "Guest?",
    verb: "operationKind",
    error: "string",
  }),

  // High availability
  HostUp: event("HIGH_AVAILABILITY", "NOTICE", "Host {host} is up", { host: "Host" }),
  HostSuspected: event(
    "HIGH_AVAILABILITY",
    "WARNING",
    "Host {host} has been silent for {silentMs} ms",
    { host: "Host", lastSeenAt: "time", silentMs: "int" },
  ),
  HostContactRestored: event(
    "HIGH_AVAILABILITY",
    "NOTICE",
    "Host {host} is heard of again after {silentMs} ms",
    { host: "Host", silentMs: "int" },
  ),
  HostFencing: event(
    "HIGH_AVAILABILITY",
    "WARNING",
    "Host {host} is being fenced after {silentMs} ms of silence",
    { host: "Host", generation: "int", silentMs: "int" },
  ),
  HostFenceFailed: event(
    "HIGH_AVAILABILITY",
    "ERROR",
    "Host {host} could not be fenced ({error}); its watchdog's time decides at {provenDeadAt}",
    { host: "Host", error: "string", provenDeadAt: "time" },
  ),
  HostFenced: event("HIGH_AVAILABILITY", "NOTICE", "Host {host} is proven dead by {method}", {
    host: "Host",
    method: "fenceMethod",
  }),
  HostDown: event("HIGH_AVAILABILITY", "ERROR", "Host {host} is down with {guestsLost} guests", {
    host: "Host",
    guestsLost: "int",
  }),
  ZoneUtilityLost: event("HIGH_AVAILABILITY", "ERROR", "Zone {zone} has lost its {utility}", {
    zone: "Zone",
    utility: "utility",
  }),
  ZoneUtilityRestored: event("HIGH_AVAILABILITY", "NOTICE", "Zone {zone} has its {utility} back", {
    zone: "Zone",
    utility: "utility",
  }),
  ZoneDegraded: event("HIGH_AVAILABILITY", "WARNING", "Zone {zone} is degraded: {why}", {
    zone: "Zone",
    why: "strings",
  }),
  ZoneDown: event("HIGH_AVAILABILITY", "CRITICAL", "Zone {zone} is down: {why}", {
    zone: "Zone",
    why: "strings",
  }),
  ZoneRestored: event("HIGH_AVAILABILITY", "NOTICE", "Zone {zone} is healthy again", {
    zone: "Zone",
  }),
  DecisionFailed: event(
    "HIGH_AVAILABILITY",
    "CRITICAL",
    "The engine failed on {input} and changed nothing: {error}",
    { input: "string", error: "string" },
  ),

  // Failover
  FailoverStarted: event(
    "FAILOVER",
    "ERROR",
    "Loss of {scope} with {guestsAffected} guests; failover begins",
    { scope: "node", domain: "failureDomain", failover: "Failover", guestsAffected: "int" },
  ),
  GuestLost: event("FAILOVER", "ERROR", "{guest} was lost with {host}", {
    guest: "Guest",
    host: "Host",
    lastSeenAt: "time",
    failover: "Failover?",
  }),
  GuestRecovering: event("FAILOVER", "NOTICE", "{guest} recovers on {toHost}", {
    guest: "Guest",
    fromHost: "Host",
    toHost: "Host",
    placement: "placement",
    generation: "int",
  }),
  GuestFailedOver: event(
    "FAILOVER",
    "NOTICE",
    "{guest} failed over from {fromHost} to {toHost}; it was down for {downtimeMs} ms",
    { guest: "Guest", fromHost: "Host", toHost: "Host", downtimeMs: "int", failover: "Failover?" },
  ),
  GuestRecoveryBlocked: event("FAILOVER", "ERROR", "{guest} cannot recover: {reasons}", {
    guest: "Guest",
    reasons: "reasons",
    failover: "Failover?",
  }),
  FailoverCompleted: event(
    "FAILOVER",
    "NOTICE",
    "Failover of {scope} completed in {durationMs} ms: {guestsRecovered} guests recovered, {guestsUnrecovered} not",
    {
      scope: "node",
      domain: "failureDomain",
      failover: "Failover",
      guestsRecovered: "int",
      guestsUnrecovered: "int",
      durationMs: "int",
    },
  ),
  StaleGuestRemoved: event(
    "FAILOVER",
    "WARNING",
    "A stale copy of guest {guestName} is removed from {host}",
    { host: "Host", guest: "Guest?", guestName: "string" },
  ),

  // Simulation
  FaultInjected: event("SIMULATION", "NOTICE", "Fault {fault} on {target}", {
    target: "node",
    fault: "faultKind",
    until: "time?",
    definition: "faultDefinition",
  }),
  FaultCleared: event("SIMULATION", "NOTICE", "Fault {fault} on {target} cleared", {
    target: "node",
    fault: "faultKind",
    faultId: "int",
  }),
  ClockAdvanced: event("SIMULATION", "DEBUG", "The clock moved {seconds} s", { seconds: "float" }),
} as const satisfies Record<string, EventSpec>;

export type EventKind = keyof typeof EVENTS;
export const EVENT_KINDS = Object.keys(EVENTS) as readonly EventKind[];

type FieldValue<S> = S extends `${infer T extends FieldType}?`
  ? FieldTypes[T] | null
  : S extends FieldType
    ? FieldTypes[S]
    : never;
export type Payload<K extends EventKind> = {
  readonly [F in keyof (typeof EVENTS)[K]["fields"]]: FieldValue<(typeof EVENTS)[K]["fields"][F]>;
};

/** One fact, as it stands in the log. `severity` can be above its kind's usual one, never below. */
export type FleetEvent<K extends EventKind = EventKind> = {
  readonly [One in K]: {
    readonly seq: Seq;
    readonly atMs: number;
    readonly kind: One;
    readonly category: EventCategory;
    readonly severity: Severity;
    readonly message: string;
    readonly subject: Ref | null;
    /** The tenant it concerns; null for what belongs to the fleet. */
    readonly tenantId: TenantId | null;
    /** The zone where it happened; null for what has no place. */
    readonly zoneId: ZoneId | null;
    readonly causeSeq: Seq | null;
    readonly actor: Actor;
    readonly payload: Payload<One>;
  };
}[K];

/** `GuestFailedOver` as GraphQL's enum has it: `GUEST_FAILED_OVER`. */
export function screamingCase(kind: string): string {
  return kind.replace(/(?<=[a-z])(?=[A-Z])/g, "_").toUpperCase();
}
