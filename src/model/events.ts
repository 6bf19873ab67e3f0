import type { Actor } from "./actors.ts";
import type { Allocation } from "./allocation.ts";
import type {
  AffinityRule,
  ApiToken,
  DataCenter,
  Fault,
  Flavor,
  Guest,
  Host,
  HostPower,
  Image,
  Incident,
  LoadBalancer,
  LoadBalancerTarget,
  Quota,
  Rack,
  Recommendation,
  Region,
  ScalingGroup,
  SecurityGroup,
  Tenant,
  Zone,
} from "./entities.ts";
import type { LoadHistory } from "./forecast.ts";
import type { GroupRefresh } from "./group-refresh.ts";
import type { HostId, IdTypes, IncidentId, Ref, Seq, TenantId, ZoneId } from "./ids.ts";
import type { PowerWatts } from "./power.ts";
import type { Role } from "./principals.ts";
import type { Placement, Reason } from "./reasons.ts";
import type { Resources } from "./resources.ts";
import type { GroupTemplate, Illness, Schedule } from "./scaling.ts";
import type { Settings } from "./settings.ts";
import type {
  DesiredState,
  EventCategory,
  FailureDomain,
  FaultKind,
  FenceMethod,
  HostPowerVerb,
  LifecycleResult,
  LifecycleTransition,
  MoveReason,
  OperationKind,
  Opinion,
  OpinionSource,
  RecommendationKind,
  Severity,
  ShutdownPolicy,
  Tolerance,
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
  hostPowerVerb: HostPowerVerb;
  lifecycleResult: LifecycleResult;
  lifecycleTransition: LifecycleTransition;
  moveReason: MoveReason;
  operationKind: OperationKind;
  opinion: Opinion;
  opinionSource: OpinionSource;
  role: Role;
  shutdownPolicy: ShutdownPolicy;
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
  securityGroupDefinition: SecurityGroup;
  allocationDefinition: Allocation;
  guestAllocationDefinition: Pick<Guest, "allocation">;
  guestSecurityDefinition: Pick<Guest, "securityGroupIds">;
  faultDefinition: Fault;
  powerDefinition: { readonly powerWatts: PowerWatts | null };
  quotaDefinition: Quota;
  settingsDefinition: Settings;
  incidentDefinition: Incident;
  /** Hosts and zones that are part of it from now on. */
  incidentHitsDefinition: { readonly hosts: readonly HostId[]; readonly zones: readonly ZoneId[] };
  hostPowerDefinition: HostPower;
  apiTokenDefinition: ApiToken;
  recommendationDefinition: Recommendation;
  recommendationKind: RecommendationKind;
  loadBalancerDefinition: LoadBalancer;
  targetDefinition: LoadBalancerTarget;
  scalingGroupDefinition: ScalingGroup;
  refreshDefinition: { readonly refresh: GroupRefresh };
  /** When the next member is warm. */
  refreshLookDefinition: { readonly lookAtMs: number | null };
  templateDefinition: { readonly template: GroupTemplate };
  /** What is new in it. */
  loadHistoryDefinition: LoadHistory;
  scheduleDefinition: {
    readonly min: number;
    readonly max: number;
    readonly schedules: readonly Schedule[];
  };
  illnessDefinition: { readonly illness: Illness };
  zonePolicyDefinition: { readonly tolerate: Tolerance | null };
}
export type FieldType = keyof FieldTypes;
/** A trailing `?` marks a field that may be null. */
export type FieldSpec = FieldType | `${FieldType}?`;

interface EventSpec {
  readonly category: EventCategory;
  readonly severity: Severity;
  /**
   * `{field}` is replaced by the field's value, an id by the entity's name; `{field.name}` leaves
   * a node's type away, `{field|noun}` counts: "1 guest", "2 guests".
   */
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
  ZoneChanged: event("INVENTORY", "INFO", "Zone {zone} changed: {changes}", {
    zone: "Zone",
    changes: "strings",
    definition: "zonePolicyDefinition",
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
    definition: "powerDefinition?",
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
    allocation: "allocationDefinition?",
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

  AffinityRuleDisabled: event(
    "INVENTORY",
    "ERROR",
    "Affinity rule {rule} is not obeyed: {reasons}",
    { rule: "AffinityRule", reasons: "reasons" },
  ),
  AffinityRuleEnabled: event("INVENTORY", "NOTICE", "Affinity rule {rule} is obeyed again", {
    rule: "AffinityRule",
  }),

  // Security
  SecurityGroupCreated: event("SECURITY", "INFO", "Security group {group} created", {
    group: "SecurityGroup",
    tenant: "Tenant",
    definition: "securityGroupDefinition",
  }),
  SecurityGroupChanged: event("SECURITY", "NOTICE", "Security group {group} changed: {changes}", {
    group: "SecurityGroup",
    changes: "strings",
    definition: "securityGroupDefinition",
  }),
  SecurityGroupRemoved: event("SECURITY", "NOTICE", "Security group {group} removed", {
    group: "SecurityGroup",
  }),
  GuestSecurityGroupsChanged: event(
    "SECURITY",
    "NOTICE",
    "Security groups of {guest} changed: {changes}",
    { guest: "Guest", changes: "strings", definition: "guestSecurityDefinition" },
  ),

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
  GuestAllocationChanged: event("CAPACITY", "INFO", "Allocation of {guest} changed: {changes}", {
    guest: "Guest",
    changes: "strings",
    definition: "guestAllocationDefinition",
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
    image: "Image",
    requestedAt: "time?",
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
      why: "moveReason?",
      because: "string?",
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
    { guest: "Guest", fromHost: "Host", toHost: "Host?", error: "string", unsupported: "boolean" },
  ),
  GuestMigrationAbandoned: event(
    "LIFECYCLE",
    "WARNING",
    "The migration of {guest} from {fromHost} to {toHost} is called off: {because}",
    {
      guest: "Guest",
      fromHost: "Host",
      toHost: "Host",
      because: "string",
      unanswered: "boolean",
      generation: "int",
    },
  ),
  GuestMoveBlocked: event(
    "LIFECYCLE",
    "WARNING",
    "{guest} should leave {host} and cannot: {reasons}",
    { guest: "Guest", host: "Host", why: "moveReason", reasons: "reasons" },
  ),
  GuestMayStay: event("LIFECYCLE", "INFO", "{guest} need not leave {host} any more", {
    guest: "Guest",
    host: "Host",
  }),
  GuestRelocating: event(
    "LIFECYCLE",
    "NOTICE",
    "{guest} stops on {host}, where it can't stay, to start elsewhere",
    { guest: "Guest", host: "Host", why: "moveReason", generation: "int" },
  ),
  GuestReady: event("LIFECYCLE", "DEBUG", "{guest} is ready for those that depend on it", {
    guest: "Guest",
  }),
  GuestFreezing: event(
    "LIFECYCLE",
    "INFO",
    "{guest} stops with {host} and will come back with it",
    { guest: "Guest", host: "Host", generation: "int" },
  ),
  GuestFrozen: event("LIFECYCLE", "NOTICE", "{guest} is stopped and waits for {host}", {
    guest: "Guest",
    host: "Host",
  }),
  GuestThawed: event("LIFECYCLE", "INFO", "{guest} need not wait for {host} any more", {
    guest: "Guest",
    host: "Host",
  }),
  GuestPreempted: event(
    "FAILOVER",
    "WARNING",
    "{guest} stops on {host} to make room for the recovery of {preemptor}",
    { guest: "Guest", host: "Host", preemptor: "Guest", generation: "int" },
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
    "{action} of {guest} on {host} has no answer yet and is repeated",
    { guest: "Guest", host: "Host", action: "string", generation: "int", next: "string?" },
  ),
  GuestStartAbandoned: event(
    "LIFECYCLE",
    "WARNING",
    "{guest} is stopped on {host}, which does not answer its start",
    { guest: "Guest", host: "Host", generation: "int" },
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
  OperationStarted: event("LIFECYCLE", "DEBUG", "{verb} of {target.name} begins", {
    operation: "Operation",
    target: "node",
    guest: "Guest?",
    host: "Host?",
    verb: "operationKind",
  }),
  OperationSucceeded: event("LIFECYCLE", "DEBUG", "{verb} of {target.name} succeeded", {
    operation: "Operation",
    target: "node",
    guest: "Guest?",
    host: "Host?",
    verb: "operationKind",
  }),
  OperationFailed: event("LIFECYCLE", "WARNING", "{verb} of {target.name} failed: {error}", {
    operation: "Operation",
    target: "node",
    guest: "Guest?",
    host: "Host?",
    verb: "operationKind",
    error: "string",
  }),
  OperationSuperseded: event("LIFECYCLE", "INFO", "{verb} of {target.name} gave way: {error}", {
    operation: "Operation",
    target: "node",
    guest: "Guest?",
    host: "Host?",
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
  HostFenceRequested: event("HIGH_AVAILABILITY", "WARNING", "Fence of host {host} requested", {
    host: "Host",
    lastSeenAt: "time",
  }),
  HostFencing: event(
    "HIGH_AVAILABILITY",
    "WARNING",
    "Host {host} is being fenced after {silentMs} ms of silence",
    { host: "Host", generation: "int", silentMs: "int" },
  ),
  HostFenceFailed: event(
    "HIGH_AVAILABILITY",
    "ERROR",
    "Host {host} could not be fenced ({error}); {next}",
    { host: "Host", error: "string", next: "string", provenDeadAt: "time?" },
  ),
  HostFenced: event("HIGH_AVAILABILITY", "NOTICE", "Host {host} is proven dead by {method}", {
    host: "Host",
    method: "fenceMethod",
  }),
  HostDown: event("HIGH_AVAILABILITY", "ERROR", "Host {host} is down with {guestsLost|guest}", {
    host: "Host",
    guestsLost: "int",
  }),
  HostProbed: event("HIGH_AVAILABILITY", "NOTICE", "{by} says of silent host {host}: {opinion}", {
    host: "Host",
    opinion: "opinion",
    by: "opinionSource",
  }),
  HostHeldOff: event(
    "HIGH_AVAILABILITY",
    "WARNING",
    "Host {host} has lost contact {flaps} times and gets no guests until {until}",
    { host: "Host", flaps: "int", until: "time" },
  ),
  HostNotAnswering: event(
    "HIGH_AVAILABILITY",
    "WARNING",
    "Host {host} has not answered the start that it was given at {orderedAt} and gets no guests until {until} or an answer",
    { host: "Host", orderedAt: "time", until: "time" },
  ),
  HostAnswered: event(
    "HIGH_AVAILABILITY",
    "NOTICE",
    "Host {host} has answered the start of a guest again",
    { host: "Host" },
  ),
  HostReleased: event("HIGH_AVAILABILITY", "NOTICE", "Host {host} takes guests again", {
    host: "Host",
  }),
  ContactLost: event(
    "HIGH_AVAILABILITY",
    "CRITICAL",
    "All {hosts|host} are out of contact: nothing is fenced or restarted until one is heard of",
    { hosts: "int" },
  ),
  ContactRestored: event(
    "HIGH_AVAILABILITY",
    "NOTICE",
    "Host {host} is the first to be heard of after {silentMs} ms without contact to any",
    { host: "Host", silentMs: "int" },
  ),
  HighAvailabilityDisarmed: event(
    "HIGH_AVAILABILITY",
    "WARNING",
    "High availability is disarmed: nothing is fenced or moved until it is armed again",
    {},
  ),
  HighAvailabilityArmed: event(
    "HIGH_AVAILABILITY",
    "NOTICE",
    "High availability is armed; what runs there is asked of {hosts|host}",
    { hosts: "int" },
  ),
  StockTaken: event(
    "HIGH_AVAILABILITY",
    "NOTICE",
    "Stock is taken of {hosts|host} in contact: what was lost is recovered",
    { hosts: "int" },
  ),
  HostStockTaken: event("HIGH_AVAILABILITY", "DEBUG", "Host {host} runs {guests|guest}", {
    host: "Host",
    guests: "int",
  }),
  IncidentOpened: event("HIGH_AVAILABILITY", "ERROR", "An incident begins: {what}", {
    scope: "node",
    incident: "Incident",
    what: "string",
    hits: "incidentHitsDefinition",
    definition: "incidentDefinition",
  }),
  IncidentChanged: event("HIGH_AVAILABILITY", "INFO", "The incident grows: {what}", {
    scope: "node",
    incident: "Incident",
    what: "string",
    hits: "incidentHitsDefinition",
    definition: "incidentDefinition",
  }),
  IncidentResolved: event(
    "HIGH_AVAILABILITY",
    "NOTICE",
    "The incident of {scope} is over after {durationMs} ms: it took {hostsLost|host} and {guestsLost|guest}",
    {
      scope: "node",
      incident: "Incident",
      hostsLost: "int",
      guestsLost: "int",
      durationMs: "int",
      definition: "incidentDefinition",
    },
  ),

  // Hosts: maintenance and power by request
  HostMaintenanceRequested: event(
    "POWER",
    "NOTICE",
    "Host {host} is to be free of guests for maintenance",
    { host: "Host" },
  ),
  HostMaintenanceStarted: event("POWER", "NOTICE", "Host {host} is free of guests", {
    host: "Host",
  }),
  HostMaintenanceEnded: event("POWER", "NOTICE", "Host {host} is not in maintenance any more", {
    host: "Host",
  }),
  HostPowerRequested: event("POWER", "NOTICE", "{verb} of {host} requested; its guests: {policy}", {
    host: "Host",
    verb: "hostPowerVerb",
    policy: "shutdownPolicy?",
    definition: "hostPowerDefinition",
  }),
  HostEnteringStandby: event("POWER", "NOTICE", "{host} is to stand by: {because}", {
    host: "Host",
    guests: "int",
    savedWatts: "float",
    because: "string",
    definition: "hostPowerDefinition",
  }),
  HostLeavingStandby: event("POWER", "NOTICE", "{host} is woken: {because}", {
    host: "Host",
    because: "string",
    definition: "hostPowerDefinition",
  }),
  HostOverloaded: event(
    "BALANCING",
    "NOTICE",
    "{host} is asked for {demandCores} cores and should give no more than {limitCores}",
    { host: "Host", demandCores: "float", limitCores: "float" },
  ),
  BalancingHeld: event("BALANCING", "WARNING", "{host} stays overloaded: {reasons}", {
    host: "Host",
    reasons: "reasons",
  }),
  HostRelieved: event(
    "BALANCING",
    "INFO",
    "{host} is asked for {demandCores} of the {limitCores} cores that it should give",
    { host: "Host", demandCores: "float", limitCores: "float" },
  ),
  RecommendationMade: event("BALANCING", "NOTICE", "{advice} of {host} is recommended: {because}", {
    host: "Host",
    advice: "recommendationKind",
    toHost: "Host?",
    because: "string",
    recommendation: "Recommendation",
    definition: "recommendationDefinition",
  }),
  RecommendationApplied: event("BALANCING", "NOTICE", "{advice} of {host} is done as recommended", {
    host: "Host",
    advice: "recommendationKind",
    recommendation: "Recommendation",
  }),
  RecommendationWithdrawn: event(
    "BALANCING",
    "INFO",
    "{advice} of {host} is not recommended any more",
    {
      host: "Host",
      advice: "recommendationKind",
      recommendation: "Recommendation",
    },
  ),
  HostPowerSwitching: event("POWER", "NOTICE", "{verb} of {host} is under way", {
    host: "Host",
    verb: "hostPowerVerb",
    generation: "int",
  }),
  HostBooting: event("POWER", "INFO", "Host {host} boots", { host: "Host" }),
  HostPoweredOff: event("POWER", "NOTICE", "Host {host} is off", { host: "Host" }),
  HostPoweredOn: event("POWER", "NOTICE", "Host {host} is back after {verb}", {
    host: "Host",
    verb: "hostPowerVerb",
  }),
  HostPowerFailed: event("POWER", "ERROR", "{verb} of {host} failed: {error}", {
    host: "Host",
    verb: "hostPowerVerb",
    error: "string",
    inContact: "boolean",
    staysOff: "boolean",
  }),
  HostPowerCancelled: event("POWER", "NOTICE", "{verb} of {host} is called off", {
    host: "Host",
    verb: "hostPowerVerb",
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
    "Loss of {scope} with {guestsAffected|guest}; failover begins",
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
    {
      guest: "Guest",
      fromHost: "Host",
      toHost: "Host",
      downtimeMs: "int",
      failover: "Failover?",
      image: "Image",
      requestedAt: "time?",
    },
  ),
  GuestRecoveryBlocked: event("FAILOVER", "ERROR", "{guest} cannot recover: {reasons}", {
    guest: "Guest",
    reasons: "reasons",
    failover: "Failover?",
  }),
  FailoverCompleted: event(
    "FAILOVER",
    "NOTICE",
    "Failover of {scope} completed in {durationMs} ms: {guestsRecovered|guest} recovered, {guestsUnrecovered} not",
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

  // Security
  CommandAudited: event("SECURITY", "DEBUG", "{command} answered {result}: {detail}", {
    target: "node?",
    command: "string",
    result: "string",
    detail: "string",
    dryRun: "boolean",
  }),
  ApiTokenCreated: event("SECURITY", "NOTICE", "API token {token} created for role {role}", {
    token: "ApiToken",
    role: "role",
    tenant: "Tenant?",
    definition: "apiTokenDefinition",
  }),
  ApiTokenRevoked: event("SECURITY", "NOTICE", "API token {name} revoked", {
    token: "ApiToken",
    name: "string",
    tenant: "Tenant?",
  }),

  // Load balancing
  LoadBalancerCreated: event("LOAD_BALANCING", "INFO", "Load balancer {loadBalancer} created", {
    loadBalancer: "LoadBalancer",
    tenant: "Tenant",
    definition: "loadBalancerDefinition",
  }),
  LoadBalancerChanged: event(
    "LOAD_BALANCING",
    "NOTICE",
    "Load balancer {loadBalancer} changed: {changes}",
    { loadBalancer: "LoadBalancer", changes: "strings", definition: "loadBalancerDefinition" },
  ),
  LoadBalancerRemoved: event("LOAD_BALANCING", "NOTICE", "Load balancer {loadBalancer} removed", {
    loadBalancer: "LoadBalancer",
  }),
  LoadBalancerUnreachable: event(
    "LOAD_BALANCING",
    "ERROR",
    "Load balancer {loadBalancer} can't be reached, its targets stay as they are: {error}",
    { loadBalancer: "LoadBalancer", error: "string" },
  ),
  LoadBalancerReachable: event(
    "LOAD_BALANCING",
    "NOTICE",
    "Load balancer {loadBalancer} is back after {unreachableMs} ms",
    { loadBalancer: "LoadBalancer", unreachableMs: "int" },
  ),
  FailOpenBegan: event(
    "LOAD_BALANCING",
    "ERROR",
    "No target of {group} in {loadBalancer} is healthy: all {targets} that run get requests",
    { loadBalancer: "LoadBalancer", group: "string", targets: "int" },
  ),
  FailOpenEnded: event(
    "LOAD_BALANCING",
    "NOTICE",
    "Unhealthy targets of {group} in {loadBalancer} get no requests any more: {because}",
    { loadBalancer: "LoadBalancer", group: "string", because: "string" },
  ),
  TargetRegistered: event(
    "LOAD_BALANCING",
    "INFO",
    "{guest} is a target of {group} in {loadBalancer}",
    {
      target: "LoadBalancerTarget",
      guest: "Guest",
      loadBalancer: "LoadBalancer",
      group: "string",
      definition: "targetDefinition",
    },
  ),
  TargetChanged: event(
    "LOAD_BALANCING",
    "INFO",
    "Target {guest} of {group} in {loadBalancer} changed: {changes}",
    {
      target: "LoadBalancerTarget",
      guest: "Guest",
      loadBalancer: "LoadBalancer",
      group: "string",
      changes: "strings",
      port: "int?",
      weight: "int",
      address: "string?",
    },
  ),
  TargetUnused: event(
    "LOAD_BALANCING",
    "INFO",
    "Target {guest} of {group} in {loadBalancer} gets no requests: {reasons}",
    {
      target: "LoadBalancerTarget",
      guest: "Guest",
      loadBalancer: "LoadBalancer",
      group: "string",
      reasons: "reasons",
    },
  ),
  TargetInitial: event(
    "LOAD_BALANCING",
    "INFO",
    "Target {guest} of {group} in {loadBalancer} gets requests once a check has passed",
    {
      target: "LoadBalancerTarget",
      guest: "Guest",
      loadBalancer: "LoadBalancer",
      group: "string",
    },
  ),
  TargetHealthy: event(
    "LOAD_BALANCING",
    "NOTICE",
    "Target {guest} of {group} in {loadBalancer} is healthy: {because}",
    {
      target: "LoadBalancerTarget",
      guest: "Guest",
      loadBalancer: "LoadBalancer",
      group: "string",
      because: "string",
    },
  ),
  TargetUnhealthy: event(
    "LOAD_BALANCING",
    "WARNING",
    "Target {guest} of {group} in {loadBalancer} is unhealthy: {reasons}",
    {
      target: "LoadBalancerTarget",
      guest: "Guest",
      loadBalancer: "LoadBalancer",
      group: "string",
      reasons: "reasons",
      flaps: "int",
      heldUntil: "time?",
    },
  ),
  TargetDraining: event(
    "LOAD_BALANCING",
    "INFO",
    "Target {guest} of {group} in {loadBalancer} finishes what it has begun, until {until} at the latest: {reasons}",
    {
      target: "LoadBalancerTarget",
      guest: "Guest",
      loadBalancer: "LoadBalancer",
      group: "string",
      reasons: "reasons",
      until: "time",
      deregistering: "boolean",
    },
  ),
  TargetDrained: event(
    "LOAD_BALANCING",
    "INFO",
    "Target {guest} of {group} in {loadBalancer} is drained: {because}",
    {
      target: "LoadBalancerTarget",
      guest: "Guest",
      loadBalancer: "LoadBalancer",
      group: "string",
      because: "string",
    },
  ),
  TargetDeregistered: event(
    "LOAD_BALANCING",
    "INFO",
    "{guest} is no target of {group} in {loadBalancer} any more: {because}",
    {
      target: "LoadBalancerTarget",
      guest: "Guest",
      loadBalancer: "LoadBalancer",
      group: "string",
      because: "string",
    },
  ),
  // Scaling
  GroupCreated: event("SCALING", "INFO", "Scaling group {group} created", {
    group: "ScalingGroup",
    tenant: "Tenant",
    definition: "scalingGroupDefinition",
  }),
  GroupChanged: event("SCALING", "INFO", "Scaling group {group} changed: {changes}", {
    group: "ScalingGroup",
    changes: "strings",
    definition: "scalingGroupDefinition",
  }),
  GroupDeleteRequested: event("SCALING", "NOTICE", "Deletion of scaling group {group} requested", {
    group: "ScalingGroup",
  }),
  GroupRemoved: event("SCALING", "NOTICE", "Scaling group {group} removed", {
    group: "ScalingGroup",
  }),
  GroupScheduleDue: event("SCALING", "INFO", "Schedule {policy} of {group} is due: {changes}", {
    group: "ScalingGroup",
    policy: "string",
    changes: "strings",
    nextAt: "time?",
    definition: "scheduleDefinition",
  }),
  // Once an hour for each metric that a predictive policy is about.
  GroupLoadLearned: event(
    "SCALING",
    "DEBUG",
    "{metric} of {group} is learned up to {until}: {load} at most",
    {
      group: "ScalingGroup",
      metric: "string",
      from: "time",
      until: "time",
      load: "float",
      definition: "loadHistoryDefinition",
    },
  ),
  GroupScaledOut: event(
    "SCALING",
    "NOTICE",
    "{group} grows from {fromSize} to {toSize}: {reason}",
    {
      group: "ScalingGroup",
      fromSize: "int",
      toSize: "int",
      policy: "string?",
      reason: "string",
    },
  ),
  GroupScaledIn: event(
    "SCALING",
    "NOTICE",
    "{group} shrinks from {fromSize} to {toSize}: {reason}",
    {
      group: "ScalingGroup",
      fromSize: "int",
      toSize: "int",
      policy: "string?",
      reason: "string",
    },
  ),
  ScalingHeld: event("SCALING", "NOTICE", "{group} stays as it is: {reason}", {
    group: "ScalingGroup",
    policy: "string?",
    reason: "string",
    reasons: "reasons",
    retryAt: "time?",
  }),
  ScalingHoldEnded: event("SCALING", "DEBUG", "Nothing keeps {group} from what was held any more", {
    group: "ScalingGroup",
    policy: "string?",
  }),
  ScaleInProtectionChanged: event(
    "SCALING",
    "INFO",
    "Scale-in protection of {guest} in {group}: {protected}",
    { guest: "Guest", group: "ScalingGroup", protected: "boolean" },
  ),
  MemberUnhealthy: event(
    "SCALING",
    "WARNING",
    "{guest} is unhealthy, and is replaced if it still is at {failsAt}: {reason}",
    {
      guest: "Guest",
      group: "ScalingGroup",
      reason: "string",
      failsAt: "time",
      definition: "illnessDefinition",
    },
  ),
  MemberHealthy: event("SCALING", "INFO", "{guest} is healthy again", {
    guest: "Guest",
    group: "ScalingGroup",
  }),
  MemberHealthDoubted: event(
    "SCALING",
    "NOTICE",
    "What checks say of {guest} is not believed, and it is not replaced: {because}",
    { guest: "Guest", group: "ScalingGroup", because: "string" },
  ),
  MemberFailed: event("SCALING", "WARNING", "{guest} has failed its health check: {reason}", {
    guest: "Guest",
    group: "ScalingGroup",
    reason: "string",
  }),
  MemberReplaced: event("SCALING", "WARNING", "{guest} of {group} is replaced: {reason}", {
    guest: "Guest",
    group: "ScalingGroup",
    reason: "string",
    launchFailures: "int",
  }),
  GroupRefreshStarted: event(
    "SCALING",
    "NOTICE",
    "A refresh of {group} to template {toRevision} begins: {members|member} to replace, {least} serve at least",
    {
      group: "ScalingGroup",
      toRevision: "int",
      members: "int",
      least: "int",
      definition: "refreshDefinition",
    },
  ),
  MemberRefreshed: event(
    "SCALING",
    "INFO",
    "{guest} makes way in the refresh of {group}: {serving} serve without it, and {least} must",
    {
      guest: "Guest",
      group: "ScalingGroup",
      /** It did itself. */
      served: "boolean",
      serving: "int",
      least: "int",
    },
  ),
  GroupRefreshProgressed: event(
    "SCALING",
    "DEBUG",
    "The refresh of {group} is at {percent} %: {replaced} new ones of {members|member} serve",
    {
      group: "ScalingGroup",
      percent: "int",
      replaced: "int",
      members: "int",
      definition: "refreshLookDefinition",
    },
  ),
  GroupRefreshCheckpointReached: event(
    "SCALING",
    "NOTICE",
    "The refresh of {group} has come to its checkpoint at {checkpoint} % and waits until {waitsUntil}: {replaced} new ones of {members|member} serve",
    {
      group: "ScalingGroup",
      checkpoint: "int",
      checkpoints: "int",
      replaced: "int",
      members: "int",
      waitsUntil: "time",
    },
  ),
  GroupRefreshResumed: event("SCALING", "INFO", "The refresh of {group} goes on: {reason}", {
    group: "ScalingGroup",
    reason: "string",
  }),
  GroupRefreshCompleted: event(
    "SCALING",
    "NOTICE",
    "The refresh of {group} to template {toRevision} is completed: {members|member} of it, {left} left as they were",
    { group: "ScalingGroup", toRevision: "int", members: "int", left: "int" },
  ),
  GroupRefreshFailed: event(
    "SCALING",
    "ERROR",
    "The refresh of {group} failed at {percent} %: {reason}",
    {
      group: "ScalingGroup",
      percent: "int",
      failures: "int",
      reason: "string",
      rollsBack: "boolean",
    },
  ),
  GroupRefreshRollingBack: event(
    "SCALING",
    "WARNING",
    "{group} goes back to template {toRevision}: {reason}",
    {
      group: "ScalingGroup",
      fromRevision: "int",
      toRevision: "int",
      reason: "string",
      definition: "templateDefinition",
    },
  ),
  GroupRefreshRolledBack: event(
    "SCALING",
    "NOTICE",
    "{group} is back at template {toRevision}: {members|member} of it, {left} left as they were",
    { group: "ScalingGroup", toRevision: "int", members: "int", left: "int" },
  ),
  GroupRefreshCancelled: event(
    "SCALING",
    "NOTICE",
    "The refresh of {group} is cancelled at {percent} %: {reason}",
    { group: "ScalingGroup", percent: "int", reason: "string" },
  ),
  MemberInService: event("SCALING", "INFO", "{guest} of {group} is in service", {
    guest: "Guest",
    group: "ScalingGroup",
  }),
  LifecycleActionPending: event(
    "SCALING",
    "NOTICE",
    "{guest} waits for hook {hook} ({transition}) until {timesOutAt}: {because}",
    {
      guest: "Guest",
      group: "ScalingGroup",
      hook: "string",
      transition: "lifecycleTransition",
      timesOutAt: "time",
      /** No heartbeat puts it off for longer. */
      latestAt: "time",
      because: "string",
    },
  ),
  LifecycleActionCompleted: event(
    "SCALING",
    "INFO",
    "Hook {hook} ({transition}) of {guest} ends with {result}: {reason}",
    {
      guest: "Guest",
      group: "ScalingGroup",
      hook: "string",
      transition: "lifecycleTransition",
      result: "lifecycleResult",
      reason: "string",
    },
  ),
  LifecycleActionTimedOut: event(
    "SCALING",
    "WARNING",
    "Hook {hook} ({transition}) of {guest} ends with {result}: {reason}",
    {
      guest: "Guest",
      group: "ScalingGroup",
      hook: "string",
      transition: "lifecycleTransition",
      result: "lifecycleResult",
      reason: "string",
    },
  ),
  LifecycleHeartbeatRecorded: event(
    "SCALING",
    "DEBUG",
    "{guest} waits for hook {hook} until {timesOutAt} now",
    { guest: "Guest", group: "ScalingGroup", hook: "string", timesOutAt: "time" },
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
    /** The incident that it is part of. */
    readonly incidentId: IncidentId | null;
    readonly actor: Actor;
    readonly payload: Payload<One>;
  };
}[K];

/** `GuestFailedOver` as GraphQL's enum has it: `GUEST_FAILED_OVER`. */
export function screamingCase(kind: string): string {
  return kind.replace(/(?<=[a-z])(?=[A-Z])/g, "_").toUpperCase();
}
