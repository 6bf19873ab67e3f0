/**
 * Every closed vocabulary of the product, once. A tuple here feeds the TypeScript type, the table's
 * CHECK constraint and the GraphQL enum.
 */

/**
 * What the engine believes of a host. A host that was never heard of is DOWN: nothing runs on it.
 * SUSPECT has missed heartbeats; FENCING is being cut off for certain, before its guests restart.
 */
export const HOST_STATUSES = [
  "UP",
  "SUSPECT",
  "FENCING",
  "DOWN",
  "DRAINING",
  "MAINTENANCE",
  "STANDBY",
] as const;
export type HostStatus = (typeof HOST_STATUSES)[number];

/**
 * What the engine believes of a guest. PENDING waits for its first place; LOST went down with its
 * host and waits for a new one; RECOVERING boots on that new one; FROZEN was stopped because its host
 * was rebooted or shut down by request, and comes back with it.
 */
export const GUEST_STATUSES = [
  "PENDING",
  "STARTING",
  "RUNNING",
  "MIGRATING",
  "REBOOTING",
  "SUSPENDING",
  "SUSPENDED",
  "RESUMING",
  "STOPPING",
  "STOPPED",
  "LOST",
  "RECOVERING",
  "FROZEN",
  "ERROR",
] as const;
export type GuestStatus = (typeof GUEST_STATUSES)[number];

export const DESIRED_STATES = ["RUNNING", "STOPPED", "SUSPENDED"] as const;
export type DesiredState = (typeof DESIRED_STATES)[number];

export const ZONE_STATUSES = ["HEALTHY", "DEGRADED", "DOWN"] as const;
export type ZoneStatus = (typeof ZONE_STATUSES)[number];

export const UTILITIES = ["POWER", "COOLING", "NETWORK"] as const;
export type Utility = (typeof UTILITIES)[number];

export const UTILITY_STATUSES = ["UP", "DOWN"] as const;
export type UtilityStatus = (typeof UTILITY_STATUSES)[number];

/** Restart priority, lowest first. */
export const PRIORITIES = ["LOW", "MEDIUM", "HIGH", "CRITICAL"] as const;
export type Priority = (typeof PRIORITIES)[number];

export const SHUTDOWN_POLICIES = ["CONDITIONAL", "FREEZE", "FAILOVER", "MIGRATE"] as const;
export type ShutdownPolicy = (typeof SHUTDOWN_POLICIES)[number];

/** What is done with a host's power: by request, but for STANDBY, which saves hosts that nobody needs. */
export const HOST_POWER_VERBS = ["REBOOT", "SHUTDOWN", "POWER_ON", "STANDBY"] as const;
export type HostPowerVerb = (typeof HOST_POWER_VERBS)[number];

/**
 * How far that is. EMPTYING: guests stop or move away. SWITCHING: the driver was told, under the
 * host's generation. BOOTING: it is on its way up. OFF: until somebody switches it on.
 */
export const HOST_POWER_PHASES = ["EMPTYING", "SWITCHING", "BOOTING", "OFF"] as const;
export type HostPowerPhase = (typeof HOST_POWER_PHASES)[number];

/** What somebody else says of a silent host: storage that sees its heartbeats, or a neighbour. */
export const OPINIONS = ["ALIVE", "DEAD", "UNKNOWN"] as const;
export type Opinion = (typeof OPINIONS)[number];
export const OPINION_SOURCES = ["STORAGE", "NEIGHBOUR"] as const;
export type OpinionSource = (typeof OPINION_SOURCES)[number];

/** ADVISE tells what AUTO would do, and does it when somebody says so. */
export const AUTOMATION_MODES = ["OFF", "ADVISE", "AUTO"] as const;
export type AutomationMode = (typeof AUTOMATION_MODES)[number];

/** What is advised: to move guests, to put a host in standby, to wake one. */
export const RECOMMENDATION_KINDS = ["MOVE", "STANDBY", "WAKE"] as const;
export type RecommendationKind = (typeof RECOMMENDATION_KINDS)[number];

/** The loss that admission control keeps room for. */
export const TOLERANCES = ["NOTHING", "HOST", "RACK", "ZONE"] as const;
export type Tolerance = (typeof TOLERANCES)[number];

/**
 * Why a guest is moved. REQUEST: somebody asked. POWER and COOLING: its zone runs on battery or gets
 * hot. RULE: a strict rule wants it elsewhere. FAILBACK: back to where it belongs. BALANCING: its host
 * is asked for too much. CONSOLIDATION: its host is to be put in STANDBY.
 * hot. RULE: a strict rule wants it elsewhere. FAILBACK: back to where it belongs. SPREAD: its scaling
 * group is to be even over its zones.
 */
export const MOVE_REASONS = [
  "REQUEST",
  "POWER",
  "COOLING",
  "SHUTDOWN",
  "MAINTENANCE",
  "RULE",
  "FAILBACK",
  "BALANCING",
  "CONSOLIDATION",
  "SPREAD",
] as const;
export type MoveReason = (typeof MOVE_REASONS)[number];

export const DRIVERS = ["simulated", "libvirt"] as const;
export type DriverName = (typeof DRIVERS)[number];

/** HOST rules say where guests should run; GUEST rules whether they run beside each other. */
export const RULE_KINDS = ["HOST", "GUEST"] as const;
export type RuleKind = (typeof RULE_KINDS)[number];

export const POLARITIES = ["TOGETHER", "APART"] as const;
export type Polarity = (typeof POLARITIES)[number];

export const RULE_SCOPES = ["HOST", "RACK", "ZONE"] as const;
export type RuleScope = (typeof RULE_SCOPES)[number];

/** What can be lost at once, smallest first. */
export const FAILURE_DOMAINS = ["HOST", "RACK", "DATA_CENTER", "ZONE", "REGION"] as const;
export type FailureDomain = (typeof FAILURE_DOMAINS)[number];

/** How it was made certain that a host's guests are dead. CONFIRMATION: by the word of an administrator. */
export const FENCE_METHODS = ["POWER", "WATCHDOG", "CONFIRMATION"] as const;
export type FenceMethod = (typeof FENCE_METHODS)[number];

export const FAULT_KINDS = [
  "HOST_POWER",
  "HOST_NETWORK",
  "HOST_HANG",
  "RACK_POWER",
  "ZONE_POWER",
  "ZONE_COOLING",
  "ZONE_NETWORK",
  "REGION_LOSS",
  "GUEST_CRASH",
  "GUEST_START_FAILS",
  "MIGRATION_FAILS",
  "STORAGE_STALL",
  "GUEST_HANG",
] as const;
export type FaultKind = (typeof FAULT_KINDS)[number];

export const EVENT_CATEGORIES = [
  "INVENTORY",
  "LIFECYCLE",
  "PLACEMENT",
  "HIGH_AVAILABILITY",
  "FAILOVER",
  "FAULT_TOLERANCE",
  "DISASTER_RECOVERY",
  "SCALING",
  "LOAD_BALANCING",
  "BALANCING",
  "POWER",
  "CAPACITY",
  "SECURITY",
  "SIMULATION",
] as const;
export type EventCategory = (typeof EVENT_CATEGORIES)[number];

/** Least severe first; `minSeverity` filters by this order. */
export const SEVERITIES = ["DEBUG", "INFO", "NOTICE", "WARNING", "ERROR", "CRITICAL"] as const;
export type Severity = (typeof SEVERITIES)[number];

export const ACTOR_KINDS = ["ENGINE", "DRIVER", "PRINCIPAL"] as const;
export type ActorKind = (typeof ACTOR_KINDS)[number];

/** What a person asked for, as an operation that can be followed. */
export const OPERATION_KINDS = [
  "START_GUEST",
  "STOP_GUEST",
  "SUSPEND_GUEST",
  "RESUME_GUEST",
  "REBOOT_GUEST",
  "RESIZE_GUEST",
  "MIGRATE_GUEST",
  "DELETE_GUEST",
  "MAINTAIN_HOST",
  "REBOOT_HOST",
  "SHUTDOWN_HOST",
  "POWER_ON_HOST",
] as const;
export type OperationKind = (typeof OPERATION_KINDS)[number];

export const OPERATION_STATUSES = ["RUNNING", "SUCCEEDED", "FAILED", "SUPERSEDED"] as const;
export type OperationStatus = (typeof OPERATION_STATUSES)[number];

/** What a driver is doing with a guest. One at a time, each with a generation of its own. */
export const TASK_KINDS = [
  "START",
  "STOP",
  "SUSPEND",
  "RESUME",
  "REBOOT",
  "RESIZE",
  "MIGRATE",
] as const;
export type TaskKind = (typeof TASK_KINDS)[number];

export const WORKLOAD_KINDS = ["CONSTANT", "DIURNAL", "SPIKE", "TRACE"] as const;
export type WorkloadKind = (typeof WORKLOAD_KINDS)[number];

/** What moves the size of a scaling group. */
export const SCALING_POLICY_KINDS = ["TARGET_TRACKING", "STEP", "SCHEDULED", "PREDICTIVE"] as const;
export type ScalingPolicyKind = (typeof SCALING_POLICY_KINDS)[number];
/** Whether a predictive policy moves its group, or only tells what it expects. */
export const PREDICTIVE_MODES = ["FORECAST_AND_SCALE", "FORECAST_ONLY"] as const;
export type PredictiveMode = (typeof PREDICTIVE_MODES)[number];

/**
 * Who goes first when a scaling group gets smaller, of those in its fullest zones. CHEAPEST_TO_LOSE:
 * who has the least to do; FULLEST_ZONE: anybody there, the newest first.
 */
export const TERMINATION_POLICIES = [
  "FULLEST_ZONE",
  "OLDEST",
  "NEWEST",
  "CHEAPEST_TO_LOSE",
] as const;
export type TerminationPolicy = (typeof TERMINATION_POLICIES)[number];

/** Whether members are well: GUEST, whether they run; LOAD_BALANCER, also what its checks of them say. */
export const MEMBER_HEALTH_CHECKS = ["GUEST", "LOAD_BALANCER"] as const;
export type MemberHealthCheck = (typeof MEMBER_HEALTH_CHECKS)[number];
/**
 * Of a group's refresh. AT_CHECKPOINT: it waits before it goes on. ROLLING_BACK: its new members make way
 * for others of the template before. All after that are ends.
 */
export const REFRESH_STATUSES = [
  "IN_PROGRESS",
  "AT_CHECKPOINT",
  "ROLLING_BACK",
  "COMPLETED",
  "CANCELLED",
  "FAILED",
  "ROLLED_BACK",
] as const;
export type RefreshStatus = (typeof REFRESH_STATUSES)[number];

/** What a member of a group waits in for a hook: before it serves, or before it goes. */
export const LIFECYCLE_TRANSITIONS = ["LAUNCHING", "TERMINATING"] as const;
export type LifecycleTransition = (typeof LIFECYCLE_TRANSITIONS)[number];

/**
 * How a hook ends. CONTINUE: the member goes on. ABANDON: one that launches is replaced; one that
 * terminates goes without waiting for its other hooks.
 */
export const LIFECYCLE_RESULTS = ["CONTINUE", "ABANDON"] as const;
export type LifecycleResult = (typeof LIFECYCLE_RESULTS)[number];

export const DIRECTIONS = ["INGRESS", "EGRESS"] as const;
export type Direction = (typeof DIRECTIONS)[number];

export const PROTOCOLS = ["TCP", "UDP", "ICMP", "ANY"] as const;
export type Protocol = (typeof PROTOCOLS)[number];

/** How much a guest weighs for each of its cores where CPU is short, 1:2:4. */
export const SHARES_LEVELS = ["LOW", "NORMAL", "HIGH"] as const;
export type SharesLevel = (typeof SHARES_LEVELS)[number];

/** What a listener understands of what it takes. */
export const LISTENER_PROTOCOLS = ["HTTP", "TCP"] as const;
export type ListenerProtocol = (typeof LISTENER_PROTOCOLS)[number];

/**
 * Who gets the next request. SOURCE_HASH: always the same target for the same client, and as few clients as
 * possible move when targets come and go. POWER_OF_TWO_CHOICES: the less busy of two drawn by lot.
 */
export const BALANCING_ALGORITHMS = [
  "ROUND_ROBIN",
  "LEAST_OUTSTANDING",
  "WEIGHTED",
  "SOURCE_HASH",
  "POWER_OF_TWO_CHOICES",
] as const;
export type BalancingAlgorithm = (typeof BALANCING_ALGORITHMS)[number];

/**
 * UNUSED gets no requests because its guest does not run, or no listener uses its group. INITIAL has not
 * passed a check yet. DRAINING finishes what it has begun; DRAINED has, or its time is over.
 */
export const TARGET_STATES = [
  "UNUSED",
  "INITIAL",
  "HEALTHY",
  "UNHEALTHY",
  "DRAINING",
  "DRAINED",
] as const;
export type TargetState = (typeof TARGET_STATES)[number];

/** What moves the requests. */
export const LOAD_BALANCER_DRIVERS = ["simulated", "haproxy"] as const;
export type LoadBalancerDriverName = (typeof LOAD_BALANCER_DRIVERS)[number];
/** Who hosts or load balancers are given to. */
export const ALL_DRIVERS = [...DRIVERS, "haproxy"] as const;
export type AnyDriverName = (typeof ALL_DRIVERS)[number];

export const ERROR_CODES = [
  "INVALID_INPUT",
  "NOT_FOUND",
  "CONFLICT",
  "QUOTA_EXCEEDED",
  "NO_CAPACITY",
  "FORBIDDEN",
  "UNSUPPORTED",
  "UNAVAILABLE",
  "INTERNAL",
] as const;
export type ErrorCode = (typeof ERROR_CODES)[number];

/** Why a guest is not in its desired state, a host was passed over for it, or a target gets no requests. */
export const REASON_CODES = [
  "NO_HOSTS",
  "HOST_NOT_UP",
  "HOST_IN_MAINTENANCE",
  "INSUFFICIENT_CPU",
  "INSUFFICIENT_MEMORY",
  "INSUFFICIENT_STORAGE",
  "RESERVED_BY_OTHERS",
  "AFFINITY_RULE",
  "DEPENDENCY_NOT_RUNNING",
  "DEPENDENCY_CYCLE",
  "WAITING_FOR_FENCE",
  "IN_PROGRESS",
  "BACKING_OFF",
  "RESTARTS_EXHAUSTED",
  "DRIVER_ERROR",
  "DRIVER_UNSUPPORTED",
  "ALREADY_HERE",
  "HOST_HELD_OFF",
  "ZONE_FAILING",
  "STARTS_LIMITED",
  "MIGRATIONS_LIMITED",
  "ADMISSION_CONTROL",
  "PREEMPTED",
  "PREEMPTING",
  "DEPENDENCY_NOT_READY",
  "FROZEN_WITH_HOST",
  "DISARMED",
  "OUT_OF_CONTACT",
  "TAKING_STOCK",
  "SUSPENDED",
  "RULE_CONTRADICTION",
  "NO_RELIEF",
  "HOST_CROWDED",
  "HOST_WAKING",
  "CHECK_FAILED",
  "CHECK_PENDING",
  "TARGET_FLAPPING",
  "GUEST_NOT_RUNNING",
  "TARGET_GROUP_UNUSED",
  "TARGET_LEAVING",
  "GROUP_ZONES",
  "COOLDOWN",
  "AT_MIN",
  "AT_MAX",
  "OVER_QUOTA",
  "NO_CAPACITY",
  "METRICS_MISSING",
  "FORECAST_LEARNING",
  "SCALE_IN_PROTECTED",
  "ZONE_DOWN",
  "LIFECYCLE_HOOK",
  "TOO_FEW_HEALTHY",
] as const;
export type ReasonCode = (typeof REASON_CODES)[number];
