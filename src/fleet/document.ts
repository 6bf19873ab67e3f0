import type { LifecycleHook } from "../model/lifecycle-hooks.ts";
import type { HealthCheck, TargetGroup } from "../model/load-balancing.ts";
import type { Settings } from "../model/settings.ts";
import type {
  BalancingAlgorithm,
  DesiredState,
  Direction,
  ListenerProtocol,
  MemberHealthCheck,
  Polarity,
  PredictiveMode,
  Priority,
  Protocol,
  RuleScope,
  SharesLevel,
  TerminationPolicy,
} from "../model/statuses.ts";
import type { TolerateWord } from "./tolerate.ts";

/** A fleet document as the schema describes it: what `checkShape` has let pass. */
export interface FleetDocument {
  readonly settings?: SettingsItem;
  readonly regions?: readonly RegionItem[];
  readonly tenants?: readonly TenantItem[];
  readonly flavors?: readonly FlavorItem[];
  readonly images?: readonly ImageItem[];
  readonly guests?: readonly GuestItem[];
  readonly traces?: readonly TraceItem[];
  readonly affinityRules?: readonly RuleItem[];
  readonly securityGroups?: readonly SecurityGroupItem[];
  readonly loadBalancers?: readonly LoadBalancerItem[];
  readonly scalingGroups?: readonly ScalingGroupItem[];
}

export type SettingsItem = Partial<Omit<Settings, "tolerate">> & {
  readonly tolerate?: TolerateWord;
};

export interface TraceItem {
  readonly file: string;
  readonly row: number;
  readonly shares: readonly number[];
}

export interface ResourceKeys {
  readonly cpuCores: number;
  readonly memoryMiB: number;
  readonly storageGiB: number;
}

export interface RegionItem {
  readonly name: string;
  readonly location?: { readonly latitude: number; readonly longitude: number };
  readonly zones?: readonly ZoneItem[];
}
export interface ZoneItem {
  readonly name: string;
  readonly tolerate?: TolerateWord;
  readonly dataCenters?: readonly DataCenterItem[];
}
export interface DataCenterItem {
  readonly name: string;
  readonly hosts?: readonly HostItem[];
}
export interface HostItem extends ResourceKeys {
  readonly name: string;
  readonly count?: number;
  readonly rack?: string;
  /** The name of one, or watts at 0, 10, … 100 % CPU. */
  readonly powerModel?: string | readonly number[];
  readonly powered?: boolean;
  readonly driver?: "simulated" | { readonly libvirt: { readonly uri: string } };
}
export interface TenantItem {
  readonly name: string;
  readonly quota?: Partial<ResourceKeys> & { readonly guests?: number };
}
export interface FlavorItem extends ResourceKeys {
  readonly name: string;
  readonly allocation?: AllocationItem;
}
export interface AllocationItem {
  readonly cpuReservationCores?: number;
  readonly cpuLimitCores?: number;
  readonly cpuShares?: SharesLevel | number;
  readonly memoryReservationMiB?: number;
}
export interface ImageItem {
  readonly name: string;
  readonly bootSeconds?: number;
}
export interface GuestItem {
  readonly name: string;
  readonly count?: number;
  readonly tenant?: string;
  readonly flavor?: string;
  readonly resources?: ResourceKeys;
  readonly image: string;
  readonly desired?: DesiredState;
  readonly host?: string;
  readonly priority?: Priority;
  readonly dependsOn?: readonly string[];
  readonly maxRestarts?: number;
  readonly maxRelocations?: number;
  readonly failback?: boolean;
  readonly readyAfterSeconds?: number;
  readonly preemptible?: boolean;
  readonly allocation?: AllocationItem;
  readonly securityGroups?: readonly string[];
  readonly workload?: WorkloadItem;
}
export interface SecurityGroupItem {
  readonly name: string;
  readonly tenant?: string;
  readonly rules?: readonly {
    readonly direction: Direction;
    readonly protocol?: Protocol;
    readonly fromPort?: number;
    readonly toPort?: number;
    readonly remoteCidr?: string;
    readonly remoteGroup?: string;
  }[];
}
export interface LoadBalancerItem {
  readonly name: string;
  readonly tenant?: string;
  readonly driver?: "simulated" | { readonly haproxy: { readonly socket: string } };
  readonly listeners?: readonly {
    readonly port: number;
    readonly protocol?: ListenerProtocol;
    readonly targetGroup: string;
    readonly traffic?: TrafficItem;
  }[];
  readonly targetGroups?: readonly TargetGroupItem[];
}
export interface TrafficItem {
  readonly peakRequestsPerSecond: number;
  readonly workload?: WorkloadItem;
  readonly cpuMillisecondsPerRequest?: number;
  readonly clients?: number;
}
export interface TargetGroupItem extends Partial<Omit<TargetGroup, "healthCheck" | "name">> {
  readonly name: string;
  readonly port: number;
  readonly algorithm?: BalancingAlgorithm;
  readonly healthCheck?: Partial<HealthCheck>;
  readonly targets?: readonly TargetItem[];
}
export type TargetItem =
  | string
  | {
      /** This or `scalingGroup`. */
      readonly guest?: string;
      readonly scalingGroup?: string;
      readonly port?: number;
      readonly weight?: number;
      readonly address?: string;
    };
export interface ScalingGroupItem {
  readonly name: string;
  readonly tenant?: string;
  readonly template: TemplateItem;
  readonly min?: number;
  readonly max: number;
  readonly desired?: number;
  readonly zones?: readonly string[];
  readonly policies?: readonly PolicyItem[];
  readonly terminationPolicy?: TerminationPolicy;
  readonly cooldownSeconds?: number;
  readonly warmUpSeconds?: number;
  readonly scaleInAfterSeconds?: number;
  readonly unhealthyAfterSeconds?: number;
  readonly healthCheck?: MemberHealthCheck;
  readonly lifecycleHooks?: readonly HookItem[];
  readonly demand?: { readonly peakCpuCores: number; readonly workload: WorkloadItem };
}
export type HookItem = Pick<LifecycleHook, "name" | "transition"> & Partial<LifecycleHook>;
export interface TemplateItem {
  readonly flavor?: string;
  readonly flavors?: readonly string[];
  readonly image: string;
  readonly priority?: Priority;
  readonly maxRestarts?: number;
  readonly maxRelocations?: number;
  readonly readyAfterSeconds?: number;
  readonly preemptible?: boolean;
  readonly allocation?: AllocationItem;
  readonly securityGroups?: readonly string[];
}
export type PolicyItem =
  | {
      readonly kind: "PREDICTIVE";
      readonly name: string;
      readonly metric: string;
      readonly target: number;
      readonly mode?: PredictiveMode;
    }
  | {
      readonly kind: "TARGET_TRACKING";
      readonly name: string;
      readonly metric: string;
      readonly target: number;
      readonly scaleOutOnly?: boolean;
    }
  | {
      readonly kind: "STEP";
      readonly name: string;
      readonly metric: string;
      readonly steps: readonly {
        readonly from?: number;
        readonly below?: number;
        readonly change: number;
      }[];
    }
  | {
      readonly kind: "SCHEDULED";
      readonly name: string;
      readonly cron: string;
      readonly timeZone?: string;
      readonly min?: number;
      readonly max?: number;
      readonly desired?: number;
    };
export type WorkloadItem =
  | { readonly kind: "CONSTANT"; readonly cpuShare: number }
  | {
      readonly kind: "DIURNAL";
      readonly minShare: number;
      readonly maxShare: number;
      readonly peakHour?: number;
    }
  | {
      readonly kind: "SPIKE";
      readonly baseShare: number;
      readonly spikeShare: number;
      readonly everySeconds: number;
      readonly durationSeconds: number;
    }
  | {
      readonly kind: "TRACE";
      readonly file: string;
      readonly row: number;
      readonly intervalSeconds?: number;
    };
export type RuleItem =
  | {
      readonly name: string;
      readonly kind: "HOST";
      readonly guests: readonly string[];
      readonly hosts: readonly (string | { readonly name: string; readonly priority?: number })[];
      readonly strict?: boolean;
      readonly disabled?: boolean;
    }
  | {
      readonly name: string;
      readonly kind: "GUEST";
      readonly guests: readonly string[];
      readonly polarity: Polarity;
      readonly scope?: RuleScope;
      readonly strict?: boolean;
      readonly disabled?: boolean;
    };
