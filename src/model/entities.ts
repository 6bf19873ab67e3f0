import type { Allocation } from "./allocation.ts";
import type { LoadHistory } from "./forecast.ts";
import type { GroupRefresh, TemplateRevision } from "./group-refresh.ts";
import type {
  AffinityRuleId,
  ApiTokenId,
  DataCenterId,
  FailoverId,
  FaultId,
  FlavorId,
  GuestId,
  HostId,
  ImageId,
  IncidentId,
  LoadBalancerId,
  LoadBalancerTargetId,
  OperationId,
  RackId,
  RecommendationId,
  Ref,
  RegionId,
  ScalingGroupId,
  SecurityGroupId,
  Seq,
  TenantId,
  ZoneId,
} from "./ids.ts";
import type { LifecycleHook } from "./lifecycle-hooks.ts";
import type { Listener, ScalingTarget, TargetGroup } from "./load-balancing.ts";
import type { PowerWatts } from "./power.ts";
import type { Role } from "./principals.ts";
import type { Placement, Reason } from "./reasons.ts";
import type { Resources } from "./resources.ts";
import type {
  GroupDemand,
  GroupTemplate,
  Hold,
  Membership,
  ScalingPolicy,
  Schedule,
} from "./scaling.ts";
import type { SecurityRule } from "./security.ts";
import type { Settings } from "./settings.ts";
import type {
  DesiredState,
  DriverName,
  FailureDomain,
  FaultKind,
  GuestStatus,
  HostPowerPhase,
  HostPowerVerb,
  HostStatus,
  LoadBalancerDriverName,
  MemberHealthCheck,
  MoveReason,
  OperationKind,
  OperationStatus,
  Opinion,
  Polarity,
  Priority,
  RecommendationKind,
  RuleKind,
  RuleScope,
  ShutdownPolicy,
  TargetState,
  TaskKind,
  TerminationPolicy,
  Tolerance,
  UtilityStatus,
  ZoneStatus,
} from "./statuses.ts";
import type { Workload } from "./workload.ts";

/**
 * The fleet as facts. Plain records, replaced as a whole when they change; each is one row of one
 * table. Times are milliseconds since the Unix epoch on the fleet's clock.
 */

export interface Region {
  readonly id: RegionId;
  readonly name: string;
  readonly latitude: number | null;
  readonly longitude: number | null;
}

export interface Zone {
  readonly id: ZoneId;
  readonly name: string;
  readonly regionId: RegionId;
  readonly status: ZoneStatus;
  readonly power: UtilityStatus;
  readonly cooling: UtilityStatus;
  readonly network: UtilityStatus;
  /** The event that began what ails the zone now; null while it is healthy. */
  readonly causeSeq: Seq | null;
  /** When its power or cooling last came back; null when it never went. */
  readonly utilityRestoredAtMs: number | null;
  /** The loss within the zone that room is kept for; null: as the fleet's settings say. */
  readonly tolerate: Tolerance | null;
  /** The open incident that it is part of. */
  readonly incidentId: IncidentId | null;
}

export interface DataCenter {
  readonly id: DataCenterId;
  readonly name: string;
  readonly zoneId: ZoneId;
}

export interface Rack {
  readonly id: RackId;
  readonly name: string;
  readonly dataCenterId: DataCenterId;
}

export interface Host {
  readonly id: HostId;
  readonly name: string;
  readonly zoneId: ZoneId;
  readonly dataCenterId: DataCenterId;
  readonly rackId: RackId | null;
  readonly driver: DriverName;
  /** The libvirt connection; null for simulated hosts. */
  readonly driverUri: string | null;
  readonly capacity: Resources;
  /** Its power model; null when none is given for it. */
  readonly powerWatts: PowerWatts | null;
  readonly status: HostStatus;
  readonly statusSinceMs: number;
  /** The event that led to the status. */
  readonly causeSeq: Seq | null;
  /** False until its first contact: such a host is no loss to its zone. */
  readonly everUp: boolean;
  /** Counts fences; a reply to an older one is ignored. */
  readonly generation: number;
  /** When the driver gave up on fencing and the watchdog's time became the proof; null otherwise. */
  readonly fenceFailedAtMs: number | null;
  /** The last sign of life as it stood when the host came under suspicion; null while it is UP. */
  readonly lastSeenAtMs: number | null;
  /** What a second opinion said during the present silence; null when there is none. */
  readonly opinion: Opinion | null;
  /** Asked to be free of guests; stays so through reboots until it is asked back. */
  readonly maintenance: boolean;
  /** Since when its guests ask for more than it should give, and why that goes on; null when they do not, and while nobody balances. */
  readonly overload: HostOverload | null;
  /** What is being done with its power; null when nothing is. */
  readonly power: HostPower | null;
  /** How long it booted until it was heard of, the last time that it was switched on; null: it never was. */
  readonly bootMs: number | null;
  /** Losses of contact in a row, none of them long after the one before. */
  readonly flaps: number;
  /** When it was last heard of after a silence; null before. */
  readonly returnedAtMs: number | null;
  /** It flapped, or answers no start: no guests are given to it before this. */
  readonly heldUntilMs: number | null;
  /** When it was given the start that it has not answered; null when it is not held off for that. */
  readonly unansweredSinceMs: number | null;
  /**
   * A migration to it failed, or had no answer: until it is heard of after this, guests that move go
   * elsewhere while they can. Null when none did since a guest last arrived.
   */
  readonly movesShunUntilMs: number | null;
  /**
   * The silence, counted from the last heartbeat heard, after which its watchdog has killed its
   * guests for certain: by the longest of the times that it may believe in. Null when its watchdog
   * is not known to be on: it was not in contact since high availability was last armed.
   */
  readonly watchdogMs: number | null;
  /** The open incident that it is part of. */
  readonly incidentId: IncidentId | null;
}

export interface HostOverload {
  readonly sinceMs: number;
  /** The event that told of it. */
  readonly seq: Seq;
  /** Why nothing was done about it when it was last looked at; [] when something was. */
  readonly reasons: readonly Reason[];
}

/** A reboot, shutdown or start of a host by request, or its standby. */
export interface HostPower {
  readonly verb: HostPowerVerb;
  /** CONDITIONAL is resolved by now: what becomes of the guests. */
  readonly policy: Exclude<ShutdownPolicy, "CONDITIONAL">;
  readonly phase: HostPowerPhase;
  readonly sinceMs: number;
  /** SWITCHING: when the driver was last told. */
  readonly orderedAtMs: number | null;
  /** POWER_ON: it was off by request, and so no loss. */
  readonly wasOff: boolean;
  /** The event that asked for it. */
  readonly seq: Seq;
}

export interface Tenant {
  readonly id: TenantId;
  readonly name: string;
  /** Upper bounds for the sum over the tenant's guests; null is unbounded. */
  readonly quota: Quota;
}
export interface Quota {
  readonly cpuMillicores: number | null;
  readonly memoryMiB: number | null;
  readonly storageGiB: number | null;
  readonly guests: number | null;
}

export interface Flavor {
  readonly id: FlavorId;
  readonly name: string;
  readonly resources: Resources;
  /** What a guest of this flavor is given when it brings nothing of its own; null for nothing in particular. */
  readonly allocation: Allocation | null;
}

export interface Image {
  readonly id: ImageId;
  readonly name: string;
  /** How long a guest of this image takes to boot in the simulated world; null for its default. */
  readonly bootSeconds: number | null;
}

export interface RecoveryPolicy {
  readonly priority: Priority;
  /** Guests that must run before this one starts. */
  readonly dependsOn: readonly GuestId[];
  /** Starts tried again on the same host before it is tried elsewhere. */
  readonly maxRestarts: number;
  /** Other hosts tried after that, before the guest is left in ERROR. */
  readonly maxRelocations: number;
  /** Goes back to its preferred host when that one returns. */
  readonly failback: boolean;
  /** How long it must have run before those that depend on it may start. */
  readonly readyAfterSeconds: number;
  /** May be stopped to make room for the recovery of a guest of higher priority. */
  readonly preemptible: boolean;
}

/** What the driver was last told to do with the guest and has not answered yet. */
export interface GuestTask {
  readonly kind: TaskKind;
  readonly generation: number;
  /** The event that ordered it. */
  readonly seq: Seq;
  readonly startedAtMs: number;
  readonly deadlineMs: number;
  /** It was given again for want of an answer. */
  readonly isRepeated?: boolean;
  /** STOP: of a start that has no answer, so that it can be tried elsewhere. */
  readonly endsStart?: boolean;
  /** RESIZE: what it will have. */
  readonly resize: { readonly resources: Resources; readonly flavorId: FlavorId } | null;
  /** MIGRATE: why it goes where it goes; becomes the guest's own once it is there. */
  readonly placement?: Placement;
  /** MIGRATE: why it goes. */
  readonly why?: MoveReason;
  /** MIGRATE: it is being called off, for want of an answer or because the guest is to stop. */
  readonly calledOff?: "UNANSWERED" | "UNWANTED";
  /** STOP: it was suspended, and is so again if it does not stop. */
  readonly wasSuspended?: boolean;
}

/** What the guest has to recover from, until it runs again. */
export interface GuestLoss {
  readonly fromHostId: HostId;
  /** When it was last known to run: the start of its downtime. */
  readonly sinceMs: number;
  /** The failover it belongs to; null when it went down alone. */
  readonly failoverId: FailoverId | null;
  /** The event that told of the loss. */
  readonly seq: Seq;
}

export interface Guest {
  readonly id: GuestId;
  readonly name: string;
  readonly tenantId: TenantId;
  /** Resources given one by one are a flavor of their own. */
  readonly flavorId: FlavorId;
  readonly imageId: ImageId;
  readonly resources: Resources;
  readonly desired: DesiredState;
  readonly status: GuestStatus;
  readonly statusSinceMs: number;
  /** The event that led to the status. */
  readonly causeSeq: Seq;
  /** Where it is (or boots); takes its resources there. Null while it is nowhere. */
  readonly hostId: HostId | null;
  /** Where it migrates to; takes its resources there too. */
  readonly targetHostId: HostId | null;
  /** Where the fleet document says it is at home: preferred while that host is up. */
  readonly homeHostId: HostId | null;
  /** Counts actions; a driver's reply to an older one is ignored. */
  readonly generation: number;
  readonly task: GuestTask | null;
  readonly recovery: RecoveryPolicy;
  readonly workload: Workload | null;
  /** Groups of its tenant; null is the tenant's default group alone, as for most, and [] is none at all. */
  readonly securityGroupIds: readonly SecurityGroupId[] | null;
  /** Its part of its host where others want it too; null for nothing in particular, as for most. */
  readonly allocation: Allocation | null;
  readonly placement: Placement | null;
  readonly blockedBy: readonly Reason[];
  readonly loss: GuestLoss | null;
  /** Failed starts and crashes in a row on the present host. */
  readonly restarts: number;
  /** Hosts given up in a row, newest last. */
  readonly triedHostIds: readonly HostId[];
  /** Not tried again before this; null when nothing waits. */
  readonly retryAtMs: number | null;
  /** Being deleted: goes away as soon as it is stopped. */
  readonly deleting: boolean;
  /** FROZEN: the host that it comes back with. */
  readonly frozenOnHostId: HostId | null;
  /** Where it was before it was moved for the fleet's sake; it goes back if its policy says so. */
  readonly displacedFromHostId: HostId | null;
  /** It runs, but those that depend on it wait until then; null when it is ready, or does not run. */
  readonly readyAtMs: number | null;
  /** Since when somebody wants it to run that has not run yet; null once it runs. */
  readonly requestedAtMs: number | null;
  /** The guest that it had to make room for; null once it runs again. */
  readonly preemptedBy: GuestId | null;
  /** It should move and can't; [] when nothing wants it to, or it can. */
  readonly moveBlockedBy: readonly Reason[];
  /** Moves in a row that failed: each makes the wait before the next one longer. */
  readonly moveFailures: number;
  /** The open incident that it is part of. */
  readonly incidentId: IncidentId | null;
  /** Its scaling group, and what it is there; null for one that somebody created by itself. */
  readonly membership: Membership | null;
  readonly createdAtMs: number;
}

export interface RuleHost {
  readonly hostId: HostId;
  /** Higher is preferred. */
  readonly priority: number;
}

/** HOST: where guests should run. GUEST: whether they share a host, rack or zone. */
export interface AffinityRule {
  readonly id: AffinityRuleId;
  readonly name: string;
  readonly kind: RuleKind;
  readonly strict: boolean;
  readonly guestIds: readonly GuestId[];
  /** HOST rules only. */
  readonly hosts: readonly RuleHost[];
  /** GUEST rules only. */
  readonly polarity: Polarity | null;
  readonly scope: RuleScope | null;
  /** Written down, but not to be obeyed. */
  readonly disabled: boolean;
  /** Other strict rules that can't all be obeyed together with it, for which reason none of them is. */
  readonly contradicts: readonly AffinityRuleId[];
}

/** Rules about who may talk to its members, and they to whom. */
export interface SecurityGroup {
  readonly id: SecurityGroupId;
  /** The only one of its kind in its tenant. */
  readonly name: string;
  readonly tenantId: TenantId;
  readonly rules: readonly SecurityRule[];
}

/** Guests made from one template, as many as there is work for. */
export interface ScalingGroup {
  readonly id: ScalingGroupId;
  /** The only one of its kind in its tenant. Its members are `name-1`, `name-2`, … */
  readonly name: string;
  readonly tenantId: TenantId;
  readonly template: GroupTemplate;
  readonly templateRevision: number;
  /** The highest one that any template of it had. */
  readonly newestRevision: number;
  /** The one before that members were made of, so that a refresh can go back to it. */
  readonly previousTemplate: TemplateRevision | null;
  /** The one that goes on, or the last one. */
  readonly refresh: GroupRefresh | null;
  readonly min: number;
  readonly max: number;
  /** How many members it is to have. */
  readonly desired: number;
  /** Where its members may run, evenly; [] is everywhere. */
  readonly zoneIds: readonly ZoneId[];
  readonly policies: readonly ScalingPolicy[];
  readonly terminationPolicy: TerminationPolicy;
  /** After a step no policy takes another one for so long. */
  readonly cooldownSeconds: number;
  /** A member that has run for less does not count into what is measured. */
  readonly warmUpSeconds: number;
  /** It gets smaller only when for so long nothing wanted it larger. */
  readonly scaleInAfterSeconds: number;
  /** A member is replaced when its health check has been bad for so long. */
  readonly unhealthyAfterSeconds: number;
  /** Who says whether members are well, besides `setMemberHealth`. */
  readonly healthCheck: MemberHealthCheck;
  /** What members wait for before they serve, and before they go. */
  readonly lifecycleHooks: readonly LifecycleHook[];
  readonly demand: GroupDemand | null;
  /** The number of the next member: none is ever given twice. */
  readonly nextNumber: number;
  readonly lastStepAtMs: number | null;
  readonly schedules: readonly Schedule[];
  /** What policies want and may not have, or can't know; one each. */
  readonly held: readonly Hold[];
  /** Why it has not the members that it is to have. */
  readonly blockedBy: readonly Reason[];
  /** Members in a row that never came up. */
  readonly launchFailures: number;
  /** None that failed is replaced before this. */
  readonly retryAtMs: number | null;
  /** Of its newest members, how long it took from their creation until they ran. */
  readonly launchesMs: readonly number[];
  /** Goes away as soon as its members are gone. */
  readonly deleting: boolean;
  readonly createdAtMs: number;
}

/** A disturbance of the simulated world that is in force. */
export interface Fault {
  readonly id: FaultId;
  readonly kind: FaultKind;
  readonly target: Ref;
  readonly injectedAtMs: number;
  /** Clears itself then; null stays until cleared. */
  readonly untilMs: number | null;
  readonly seq: Seq;
}

/** One loss of a failure domain and the recovery of its guests. */
export interface Failover {
  readonly id: FailoverId;
  readonly scope: FailureDomain;
  readonly scopeRef: Ref;
  readonly startedAtMs: number;
  readonly completedAtMs: number | null;
  readonly guestsAffected: number;
  readonly guestsRecovered: number;
  /** Not recovered as yet, or at its end; guests that nobody wants any more are left out. */
  readonly guestsUnrecovered: number;
  readonly seq: Seq;
  readonly incidentId: IncidentId | null;
}

/** One root failure and all that follows from it. */
export interface Incident {
  readonly id: IncidentId;
  /** The largest failure domain that is known to be hit. */
  readonly domain: FailureDomain;
  readonly scopeRef: Ref;
  readonly openedAtMs: number;
  /** When all that it hit was well again; null while it is open. */
  readonly resolvedAtMs: number | null;
  readonly hostsLost: number;
  readonly guestsLost: number;
  /** The event that it began with. */
  readonly rootSeq: Seq;
}

export interface Operation {
  readonly id: OperationId;
  readonly kind: OperationKind;
  readonly status: OperationStatus;
  /** The guest that it is about; null when it is about a host. */
  readonly guestId: GuestId | null;
  /** The host that it is about; null when it is about a guest. */
  readonly hostId: HostId | null;
  readonly startedAtMs: number;
  readonly finishedAtMs: number | null;
  /** Why it failed or was superseded; null otherwise. */
  readonly error: string | null;
  readonly seq: Seq;
}

/** Lets a program in. The secret itself is nowhere: only whoever it was shown to has it. */
export interface ApiToken {
  readonly id: ApiTokenId;
  readonly name: string;
  readonly role: Role;
  /** Null: the whole fleet. */
  readonly tenantId: TenantId | null;
  /** SHA-256 of the secret, in hexadecimal. */
  readonly secretHash: string;
  readonly createdAtMs: number;
  /** By the clock of the world, like those of other credentials, and not of the fleet. Null: never. */
  readonly expiresAtMs: number | null;
}

/** What AUTO would do, as long as it would. */
export interface Recommendation {
  readonly id: RecommendationId;
  readonly kind: RecommendationKind;
  /** The host that guests leave, or that is to stand by or be woken. */
  readonly hostId: HostId;
  /** MOVE: the guests that move as one; else []. */
  readonly guestIds: readonly GuestId[];
  /** MOVE: where they go; else null. */
  readonly toHostId: HostId | null;
  /** With the numbers that led to it, and those that are expected of it. */
  readonly because: string;
  /** STANDBY: what the host draws when idle; else null. */
  readonly savedWatts: number | null;
  readonly madeAtMs: number;
  readonly seq: Seq;
}

/** Takes requests at one place and deals them out to guests. */
export interface LoadBalancer {
  readonly id: LoadBalancerId;
  /** The only one of its kind in its tenant. */
  readonly name: string;
  readonly tenantId: TenantId;
  readonly driver: LoadBalancerDriverName;
  /** Of HAProxy's runtime API; null for another driver. */
  readonly socketPath: string | null;
  readonly listeners: readonly Listener[];
  readonly targetGroups: readonly TargetGroup[];
  /** Scaling groups whose members are targets: one of a kind in each target group. */
  readonly scalingTargets: readonly ScalingTarget[];
  /** The groups of which no target is healthy, so that all of them get requests. */
  readonly openGroups: readonly string[];
  /** Since when what moves the requests can't be spoken to; null while it can. */
  readonly unreachableSinceMs: number | null;
}

/** A guest that a load balancer's group hands requests to. */
export interface LoadBalancerTarget {
  readonly id: LoadBalancerTargetId;
  readonly loadBalancerId: LoadBalancerId;
  /** By its name. */
  readonly targetGroup: string;
  readonly guestId: GuestId;
  /** Null: the group's. */
  readonly port: number | null;
  readonly weight: number;
  /** Null: its guest's own. */
  readonly address: string | null;
  readonly state: TargetState;
  readonly stateSinceMs: number;
  /** The event that led to the state. */
  readonly causeSeq: Seq;
  /** Why it gets no requests; [] for one that does. */
  readonly reasons: readonly Reason[];
  /** DRAINING: when that is over at the latest. */
  readonly drainUntilMs: number | null;
  /** Leaves the group as soon as it is drained. */
  readonly deregistering: boolean;
  /** Times that it became unhealthy, none of them long after the one before. */
  readonly flaps: number;
  /** It flapped, and gets no requests before this; null when it did not. */
  readonly heldUntilMs: number | null;
}

/** One row each. The settings are the table `settings` with a single row of JSON. */
export interface Entities {
  Region: Region;
  Zone: Zone;
  DataCenter: DataCenter;
  Rack: Rack;
  Host: Host;
  Tenant: Tenant;
  Flavor: Flavor;
  Image: Image;
  Guest: Guest;
  AffinityRule: AffinityRule;
  SecurityGroup: SecurityGroup;
  Fault: Fault;
  Failover: Failover;
  Operation: Operation;
  Incident: Incident;
  ApiToken: ApiToken;
  Recommendation: Recommendation;
  LoadBalancer: LoadBalancer;
  LoadBalancerTarget: LoadBalancerTarget;
  ScalingGroup: ScalingGroup;
  LoadHistory: LoadHistory;
}

/** What is true of the fleet as a whole, beside its entities. */
export interface FleetMeta {
  /** The newest event folded in. */
  readonly seq: Seq;
  /** The next id to be given. */
  readonly nextId: number;
  readonly settings: Settings;
  /** High availability acts by itself; disarmed, it fences and moves nothing. */
  readonly armed: boolean;
  /** Since when every host is out of contact, so that the fault may be on this side; null when it isn't so. */
  readonly contactLostAtMs: number | null;
  /**
   * When contact returned after the loss of all, or high availability was armed: silences of before
   * count from here when it comes to fencing. Null when neither has happened.
   */
  readonly silencesCountFromMs: number | null;
  /** After that, until when hosts have time to tell what runs on them, before anything is recovered; null when it is over. */
  readonly stockDueAtMs: number | null;
}

/** All there is: what the store loads at start and what folding the whole log gives. */
export interface Snapshot {
  readonly meta: FleetMeta;
  readonly entities: { readonly [T in keyof Entities]: readonly Entities[T][] };
}

/**
 * What a batch of events did to the tables: rows to write (`undefined` is a row to delete), and the
 * meta row. The store writes it in the transaction that appends the events.
 */
export interface Changes {
  readonly meta: FleetMeta;
  readonly rows: { readonly [T in keyof Entities]: ReadonlyMap<number, Entities[T] | undefined> };
}
