import type { Allocation } from "./allocation.ts";
import type {
  GuestId,
  HostId,
  LoadBalancerId,
  LoadBalancerTargetId,
  Ref,
  ScalingGroupId,
  SecurityGroupId,
  Seq,
  ZoneId,
} from "./ids.ts";
import type { Listener, TargetGroup } from "./load-balancing.ts";
import type { Resources } from "./resources.ts";
import type { GroupDemand } from "./scaling.ts";
import type { RuleSet } from "./security.ts";
import type {
  DriverName,
  FaultKind,
  Opinion,
  OpinionSource,
  TargetState,
  Utility,
  UtilityStatus,
} from "./statuses.ts";
import type { BalancerTraffic } from "./traffic.ts";
import type { Workload } from "./workload.ts";

/**
 * What the engine tells a driver: complete, so that nothing is left to decide, and safe to repeat.
 * Guest actions carry the guest's generation, fences the host's; the answer brings it back.
 */
export type Action =
  /** Begin to watch a host; answered by HOST_CONNECTED once it is heard of. */
  | { readonly kind: "CONNECT_HOST"; readonly host: HostDescription }
  /** Forget a host. Not answered. */
  | { readonly kind: "DISCONNECT_HOST"; readonly hostId: HostId }
  /** Boot a guest; one that runs there already under this generation is answered as done. */
  | GuestAction<"START", { readonly guest: GuestDescription }>
  | GuestAction<"STOP", { readonly force: boolean }>
  | GuestAction<"SUSPEND">
  | GuestAction<"RESUME">
  | GuestAction<"REBOOT">
  | GuestAction<"RESIZE", { readonly resources: Resources }>
  /** Move a running guest from `hostId` to `targetHostId` without stopping it. */
  | GuestAction<"MIGRATE", { readonly targetHostId: HostId }>
  /**
   * Call off the MIGRATE of the same generation; the answer is that one's: failed if the guest stays and
   * will not arrive any more, done if it has arrived.
   */
  | GuestAction<"CANCEL_MIGRATION", { readonly targetHostId: HostId }>
  /** Kill a copy that should not be there. Not answered. */
  | { readonly kind: "REMOVE"; readonly guestId: GuestId; readonly hostId: HostId }
  /**
   * All security groups of the fleet with all their rules, so that what is not in it is no more. One of
   * an older revision is ignored. Not answered.
   */
  | {
      readonly kind: "SET_SECURITY_GROUPS";
      readonly revision: Seq;
      readonly groups: readonly RuleSet[];
    }
  /** What keeps a guest and its neighbours apart from now on, all of it. Not answered. */
  | {
      readonly kind: "ISOLATE";
      readonly guestId: GuestId;
      readonly hostId: HostId;
      readonly isolation: Isolation;
    }
  /**
   * A load balancer with all its targets and what becomes of each, so that what is not in it is no more. One
   * of an older revision is ignored. Not answered.
   */
  | { readonly kind: "SET_LOAD_BALANCER"; readonly loadBalancer: LoadBalancerOrder }
  /** At the start: these are all there are, and any other was removed meanwhile. Not answered. */
  | {
      readonly kind: "KEEP_LOAD_BALANCERS";
      readonly loadBalancerIds: readonly LoadBalancerId[];
      readonly revision: Seq;
    }
  /** No request is taken any more. Not answered. */
  | {
      readonly kind: "REMOVE_LOAD_BALANCER";
      readonly loadBalancerId: LoadBalancerId;
      readonly revision: Seq;
    }
  /** Make certain that nothing runs on the host. */
  | { readonly kind: "FENCE"; readonly hostId: HostId; readonly generation: number }
  /** Ask others about a silent host; answered by HOST_PROBED, by drivers that have whom to ask. */
  | {
      readonly kind: "PROBE_HOST";
      readonly hostId: HostId;
      /** The event that began the silence; the answer brings it back. */
      readonly suspicion: Seq;
    }
  /** Gracefully, once no guest is left on it. REBOOT and POWER_ON are done when it boots, not when it is heard of. */
  | {
      readonly kind: "REBOOT_HOST" | "SHUTDOWN_HOST" | "POWER_ON_HOST";
      readonly hostId: HostId;
      readonly generation: number;
    }
  /** Simulated driver only: disturb the world, and undo it. Not answered. */
  | {
      readonly kind: "INJECT_FAULT" | "CLEAR_FAULT";
      readonly fault: FaultKind;
      readonly target: Ref;
    }
  /** Simulated driver only: the work of all scaling groups that have any of their own. Not answered. */
  | { readonly kind: "SET_GROUP_DEMANDS"; readonly demands: readonly SharedDemand[] }
  /** Simulated driver only: times of the physical world that the fleet document sets. Not answered. */
  | { readonly kind: "CONFIGURE_WORLD"; readonly world: WorldSettings };

type GuestAction<Kind extends string, More = unknown> = {
  readonly kind: Kind;
  readonly guestId: GuestId;
  readonly hostId: HostId;
  readonly generation: number;
} & More;

/** Where a host stands and what it holds, as far as a driver must know. */
export interface HostDescription {
  readonly id: HostId;
  readonly name: string;
  readonly driver: DriverName;
  readonly driverUri: string | null;
  /** Its rack, data center, zone and region, for a world in which they can fail. */
  readonly rackId: number | null;
  readonly dataCenterId: number;
  readonly zoneId: ZoneId;
  readonly regionId: number;
  readonly capacity: Resources;
}

export interface GuestDescription {
  readonly name: string;
  readonly resources: Resources;
  readonly image: string;
  readonly bootSeconds: number | null;
  readonly workload: Workload | null;
  readonly isolation: Isolation;
  /** The scaling group whose work it shares. */
  readonly groupId: ScalingGroupId | null;
}

/** What the members of a group that run have to do, all together. */
export interface SharedDemand extends GroupDemand {
  readonly groupId: ScalingGroupId;
}

/** Of several for one guest the one of the highest revision counts, in whatever order they come. */
export interface Isolation {
  readonly revision: Seq;
  readonly securityGroupIds: readonly SecurityGroupId[];
  readonly allocation: Allocation | null;
}

export interface LoadBalancerOrder {
  readonly id: LoadBalancerId;
  /** The log position that it is true for. */
  readonly revision: Seq;
  readonly name: string;
  /** Of HAProxy; null for another driver. */
  readonly socketPath: string | null;
  readonly listeners: readonly Listener[];
  readonly targetGroups: readonly TargetGroupOrder[];
}

export interface TargetGroupOrder extends TargetGroup {
  /** None is healthy: those that are not get requests too. */
  readonly isOpen: boolean;
  readonly targets: readonly TargetOrder[];
}

export interface TargetOrder {
  readonly id: LoadBalancerTargetId;
  readonly guestId: GuestId;
  /** An IPv4 address; null for a guest that has none. */
  readonly address: string | null;
  readonly port: number;
  readonly weight: number;
  readonly state: TargetState;
  readonly stateSinceMs: number;
}

export interface WorldSettings {
  readonly heartbeatSeconds: number;
  readonly watchdogSeconds: number;
  /** Hosts that lose contact kill their guests. A host hears of a change when it is in contact. */
  readonly watchdogArmed: boolean;
  readonly batterySeconds: number;
  readonly overheatSeconds: number;
  readonly usageSampleSeconds: number;
  /** How far a host gives more than it has. */
  readonly cpuAllocationRatio: number;
  readonly memoryAllocationRatio: number;
}

/** The actions whose answer is ACTION_DONE or ACTION_FAILED. */
export type AnsweredActionKind =
  | "START"
  | "STOP"
  | "SUSPEND"
  | "RESUME"
  | "REBOOT"
  | "RESIZE"
  | "MIGRATE"
  | "FENCE"
  | "REBOOT_HOST"
  | "SHUTDOWN_HOST"
  | "POWER_ON_HOST";

/** What a driver saw. */
export type Observation =
  /** Signs of life. Soft: they renew leases and leave no event. */
  | { readonly kind: "HEARTBEATS"; readonly hostIds: readonly HostId[] }
  /** Contact was made, for the first time or anew; this is all that runs there. */
  | {
      readonly kind: "HOST_CONNECTED";
      readonly hostId: HostId;
      readonly guests: readonly ObservedGuest[];
    }
  /** A guest changed by itself. */
  | {
      readonly kind: "GUEST_STOPPED" | "GUEST_CRASHED";
      readonly guestId: GuestId;
      readonly hostId: HostId;
      readonly detail: string;
    }
  | {
      readonly kind: "ACTION_DONE";
      readonly action: AnsweredActionKind;
      readonly guestId: GuestId | null;
      readonly hostId: HostId;
      readonly generation: number;
      /** MIGRATE: how long the guest stood still. */
      readonly downtimeMs?: number;
    }
  | {
      readonly kind: "ACTION_FAILED";
      readonly action: AnsweredActionKind;
      readonly guestId: GuestId | null;
      readonly hostId: HostId;
      readonly generation: number;
      readonly error: string;
      /** It can't be done to this guest, however often it is asked. */
      readonly unsupported?: boolean;
    }
  | {
      readonly kind: "ZONE_UTILITY_CHANGED";
      readonly zoneId: ZoneId;
      readonly utility: Utility;
      readonly status: UtilityStatus;
    }
  /** A second opinion on a silent host. */
  | {
      readonly kind: "HOST_PROBED";
      readonly hostId: HostId;
      readonly suspicion: Seq;
      readonly opinion: Opinion;
      readonly by: OpinionSource;
    }
  /** Soft: how near to tripping hosts without cooling are, 0 cool to 1 tripped. */
  | {
      readonly kind: "HOST_HEAT";
      readonly hosts: readonly { readonly hostId: HostId; readonly level: number }[];
    }
  /** Soft: what the health checks of a load balancer say, each time that they are made. */
  | {
      readonly kind: "TARGET_CHECKS";
      readonly loadBalancerId: LoadBalancerId;
      readonly checks: readonly TargetCheck[];
    }
  /** Targets that are draining and have no requests left, by an order of this revision or a later one. */
  | {
      readonly kind: "TARGETS_IDLE";
      readonly loadBalancerId: LoadBalancerId;
      readonly revision: Seq;
      readonly targetIds: readonly LoadBalancerTargetId[];
    }
  /** What moves the requests of a load balancer can't be spoken to, or can be again. */
  | {
      readonly kind: "LOAD_BALANCER_UNREACHABLE";
      readonly loadBalancerId: LoadBalancerId;
      readonly error: string;
    }
  | { readonly kind: "LOAD_BALANCER_REACHABLE"; readonly loadBalancerId: LoadBalancerId }
  /** Soft: how requests fare. */
  | { readonly kind: "TRAFFIC"; readonly loadBalancers: readonly BalancerTraffic[] }
  /** Soft, like heartbeats: kept as the newest sample, not as an event. */
  | { readonly kind: "USAGE"; readonly guests: readonly GuestUsage[] };

/** The newest check of a target. */
export interface TargetCheck {
  readonly targetId: LoadBalancerTargetId;
  readonly passes: boolean;
  /**
   * How many in a row, this one included, came out alike; counted up to 10, which is all that anybody asks for. Null
   * from who counts to the group's thresholds itself and says no number: as many as it asks for.
   */
  readonly inARow: number | null;
  /** What came of it, in words that go on after "the check …". */
  readonly detail: string;
}

export interface ObservedGuest {
  readonly guestId: GuestId;
  readonly state: "RUNNING" | "SUSPENDED";
}

export interface GuestUsage {
  readonly guestId: GuestId;
  readonly hostId: HostId;
  /** What it was given of the CPU that it asked for. */
  readonly cpuMillicores: number;
  readonly memoryMiB: number;
  readonly cpuDemandMillicores: number;
  /** What it asked for within its limit, and others were given instead. */
  readonly cpuStolenMillicores: number;
}
