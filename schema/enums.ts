import { ROLES } from "../src/model/principals.ts";
import {
  ACTOR_KINDS,
  AUTOMATION_MODES,
  BALANCING_ALGORITHMS,
  DESIRED_STATES,
  DIRECTIONS,
  ERROR_CODES,
  EVENT_CATEGORIES,
  FAILURE_DOMAINS,
  FAULT_KINDS,
  FENCE_METHODS,
  GUEST_STATUSES,
  HOST_POWER_VERBS,
  HOST_STATUSES,
  LIFECYCLE_RESULTS,
  LIFECYCLE_TRANSITIONS,
  LISTENER_PROTOCOLS,
  MEMBER_HEALTH_CHECKS,
  MOVE_REASONS,
  OPERATION_KINDS,
  OPERATION_STATUSES,
  OPINION_SOURCES,
  OPINIONS,
  POLARITIES,
  PREDICTIVE_MODES,
  PRIORITIES,
  PROTOCOLS,
  REASON_CODES,
  RECOMMENDATION_KINDS,
  REFRESH_STATUSES,
  RULE_KINDS,
  RULE_SCOPES,
  SCALING_POLICY_KINDS,
  SEVERITIES,
  SHARES_LEVELS,
  SHUTDOWN_POLICIES,
  TARGET_STATES,
  TERMINATION_POLICIES,
  TOLERANCES,
  UTILITIES,
  UTILITY_STATUSES,
  WORKLOAD_KINDS,
  ZONE_STATUSES,
} from "../src/model/statuses.ts";
import { builder } from "./builder.ts";

/** The model's closed vocabularies as GraphQL enums. */

export const HostStatus = builder.enumType("HostStatus", {
  description:
    "What the engine believes of a host. SUSPECT has missed heartbeats; FENCING is being cut off for certain before its guests restart; DOWN is proven dead, or was never heard of.",
  values: HOST_STATUSES,
});
export const GuestStatus = builder.enumType("GuestStatus", {
  description:
    "What the engine believes of a guest. PENDING waits for its first place; LOST went down with its host and waits for a new one; RECOVERING boots on that new one; FROZEN was stopped because its host was rebooted or shut down by request, and comes back with it.",
  values: GUEST_STATUSES,
});
export const DesiredState = builder.enumType("DesiredState", {
  description: "What a guest should be.",
  values: DESIRED_STATES,
});
export const ZoneStatus = builder.enumType("ZoneStatus", { values: ZONE_STATUSES });
export const Utility = builder.enumType("Utility", {
  description: "What a zone has for itself.",
  values: UTILITIES,
});
export const UtilityStatus = builder.enumType("UtilityStatus", { values: UTILITY_STATUSES });
export const Priority = builder.enumType("Priority", {
  description: "Who restarts first when room is short.",
  values: PRIORITIES,
});
export const RuleKind = builder.enumType("AffinityRuleKind", {
  description: "HOST: on which hosts guests should run. GUEST: whether they run beside each other.",
  values: RULE_KINDS,
});
export const Polarity = builder.enumType("Polarity", { values: POLARITIES });
export const RuleScope = builder.enumType("RuleScope", { values: RULE_SCOPES });
export const Direction = builder.enumType("Direction", {
  description: "INGRESS: to the members of a group. EGRESS: from them.",
  values: DIRECTIONS,
});
export const Protocol = builder.enumType("Protocol", { values: PROTOCOLS });
export const SharesLevel = builder.enumType("SharesLevel", {
  description: "How much a guest weighs for each of its cores where CPU is short: 1 to 2 to 4.",
  values: SHARES_LEVELS,
});
export const FailureDomain = builder.enumType("FailureDomain", {
  description: "What can be lost at once, smallest first.",
  values: FAILURE_DOMAINS,
});
export const FenceMethod = builder.enumType("FenceMethod", {
  description:
    "How it was made certain that a host's guests are dead: POWER by its management controller, WATCHDOG by the time after which its own watchdog has killed them, CONFIRMATION by an administrator (confirmHostDead), who is the event's `actor`.",
  values: FENCE_METHODS,
});
export const FaultKind = builder.enumType("FaultKind", {
  description:
    "How the simulated world can be disturbed. The prefix names what the target must be.",
  values: FAULT_KINDS,
});
export const HostPowerVerb = builder.enumType("HostPowerVerb", {
  description: "What is done with a host's power by request.",
  values: HOST_POWER_VERBS,
});
export const ShutdownPolicy = builder.enumType("ShutdownPolicy", {
  description:
    "What becomes of a host's guests when it is shut down or rebooted by request. FREEZE: they stop and come back with it. FAILOVER: they restart elsewhere at once. MIGRATE: they move away first and come back afterwards. CONDITIONAL: a reboot freezes, a shutdown fails over.",
  values: SHUTDOWN_POLICIES,
});
export const AutomationMode = builder.enumType("AutomationMode", {
  description:
    "OFF: nothing. ADVISE: recommendations, done when somebody applies them. AUTO: by itself.",
  values: AUTOMATION_MODES,
});
export const RecommendationKind = builder.enumType("RecommendationKind", {
  description:
    "MOVE: guests to another host. STANDBY: a host to stand by. WAKE: one that stands by.",
  values: RECOMMENDATION_KINDS,
});
export const MoveReason = builder.enumType("MoveReason", {
  description:
    "Why a guest is moved. POWER and COOLING: its zone runs on battery or gets hot. RULE: a strict rule wants it elsewhere. FAILBACK: back to where it belongs.",
  values: MOVE_REASONS,
});
export const Opinion = builder.enumType("Opinion", {
  description: "What somebody else says of a silent host.",
  values: OPINIONS,
});
export const OpinionSource = builder.enumType("OpinionSource", { values: OPINION_SOURCES });
export const Tolerance = builder.enumType("Tolerance", {
  description: "The loss of one such thing that room is kept free for.",
  values: TOLERANCES,
});
export const EventCategory = builder.enumType("EventCategory", { values: EVENT_CATEGORIES });
export const Severity = builder.enumType("Severity", {
  description: "Least severe first.",
  values: SEVERITIES,
});
export const Role = builder.enumType("Role", {
  description:
    "What a principal may do. VIEWER reads. OPERATOR also runs guests and, of the whole fleet, hosts. ADMIN also manages tokens and, of the whole fleet, tenants, documents and faults.",
  values: ROLES,
});
export const ActorKind = builder.enumType("ActorKind", { values: ACTOR_KINDS });
export const OperationKind = builder.enumType("OperationKind", { values: OPERATION_KINDS });
export const OperationStatus = builder.enumType("OperationStatus", {
  description: "SUPERSEDED gave way to a later wish for the same guest.",
  values: OPERATION_STATUSES,
});
export const WorkloadKind = builder.enumType("WorkloadKind", { values: WORKLOAD_KINDS });
export const ErrorCode = builder.enumType("ErrorCode", { values: ERROR_CODES });
export const ReasonCode = builder.enumType("ReasonCode", {
  description: "Why something is not as it was asked for.",
  values: REASON_CODES,
});
export const OrderDirection = builder.enumType("OrderDirection", { values: ["ASC", "DESC"] });

export const BalancingAlgorithm = builder.enumType("BalancingAlgorithm", {
  description:
    "Who gets the next request. WEIGHTED: in proportion to the targets' weights. LEAST_OUTSTANDING: who has fewest unfinished. SOURCE_HASH: always the same target for the same client, and as few clients as possible move when targets come and go. POWER_OF_TWO_CHOICES: the less busy of two drawn by lot.",
  values: BALANCING_ALGORITHMS,
});
export const ListenerProtocol = builder.enumType("ListenerProtocol", {
  values: LISTENER_PROTOCOLS,
});
export const TargetState = builder.enumType("TargetState", {
  description:
    "UNUSED gets no requests because its guest does not run, or no listener uses its group. INITIAL has not passed a check yet. DRAINING gets no more requests and finishes what it has begun; DRAINED has, or its time is over.",
  values: TARGET_STATES,
});
export const ScalingPolicyKind = builder.enumType("ScalingPolicyKind", {
  description:
    "TARGET_TRACKING keeps a metric at a target; STEP adds or takes members by how far a metric is off; SCHEDULED sets sizes at times; PREDICTIVE learns the shape of days and weeks, and has members up before the load comes.",
  values: SCALING_POLICY_KINDS,
});
export const MemberHealthCheck = builder.enumType("MemberHealthCheck", {
  description:
    "Who says whether members of a scaling group are well, besides setMemberHealth. GUEST: that they run is enough. LOAD_BALANCER: also the checks of the load balancers that the group is in; where these say so of all, nobody is replaced.",
  values: MEMBER_HEALTH_CHECKS,
});
export const RefreshStatus = builder.enumType("RefreshStatus", {
  description:
    "AT_CHECKPOINT: it waits before it goes on. ROLLING_BACK: its new members make way for others of the template before. COMPLETED, CANCELLED, FAILED and ROLLED_BACK are ends.",
  values: REFRESH_STATUSES,
});
export const LifecycleTransition = builder.enumType("LifecycleTransition", {
  description:
    "LAUNCHING: a member waits for the hook when it has come up, before it serves. TERMINATING: before it goes, if it runs.",
  values: LIFECYCLE_TRANSITIONS,
});
export const LifecycleResult = builder.enumType("LifecycleResult", {
  description:
    "CONTINUE: the member goes on. ABANDON: one that launches is replaced; one that terminates goes without waiting for its other hooks.",
  values: LIFECYCLE_RESULTS,
});
export const PredictiveMode = builder.enumType("PredictiveMode", {
  description: "Whether a predictive policy moves its group, or only tells what it expects.",
  values: PREDICTIVE_MODES,
});
export const TerminationPolicy = builder.enumType("TerminationPolicy", {
  description:
    "Who goes first when a scaling group gets smaller, of those in its fullest zones; members that do not run go before all others. CHEAPEST_TO_LOSE: who has the least to do; FULLEST_ZONE: anybody there, the newest first.",
  values: TERMINATION_POLICIES,
});
