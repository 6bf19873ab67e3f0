import type { Allocation } from "./allocation.ts";
import type { Quota } from "./entities.ts";
import type { LifecycleHook } from "./lifecycle-hooks.ts";
import type { AnyTargetWish, Listener, TargetGroup } from "./load-balancing.ts";
import type { PowerWatts } from "./power.ts";
import type { Resources } from "./resources.ts";
import type { GroupDemand, ScalingPolicy } from "./scaling.ts";
import { DEFAULT_GROUP, type SecurityRuleWish } from "./security.ts";
import type { Settings } from "./settings.ts";
import type {
  DesiredState,
  DriverName,
  LoadBalancerDriverName,
  MemberHealthCheck,
  Polarity,
  Priority,
  RuleKind,
  RuleScope,
  TerminationPolicy,
  Tolerance,
} from "./statuses.ts";
import type { Workload } from "./workload.ts";

/**
 * A fleet document as data: parsed, of the right shape, `count`s expanded, traces read. Whether its
 * names and rules make sense together is for the engine to say. Each item keeps its `path` in the
 * document, so that whoever finds a mistake in it can say where.
 */
export interface FleetSpec {
  readonly settings: Partial<Settings>;
  readonly regions: readonly RegionSpec[];
  readonly tenants: readonly TenantSpec[];
  readonly flavors: readonly FlavorSpec[];
  readonly images: readonly ImageSpec[];
  readonly guests: readonly GuestSpec[];
  readonly affinityRules: readonly AffinityRuleSpec[];
  readonly securityGroups: readonly SecurityGroupSpec[];
  readonly loadBalancers: readonly LoadBalancerSpec[];
  readonly scalingGroups: readonly ScalingGroupSpec[];
}

/** Keys and indices from the document's root. */
export type Path = readonly string[];

interface Item {
  readonly path: Path;
  readonly name: string;
}

export interface RegionSpec extends Item {
  readonly latitude: number | null;
  readonly longitude: number | null;
  readonly zones: readonly ZoneSpec[];
}
export interface ZoneSpec extends Item {
  /** Null: as the fleet's settings say. */
  readonly tolerate: Tolerance | null;
  readonly dataCenters: readonly DataCenterSpec[];
}
export interface DataCenterSpec extends Item {
  readonly hosts: readonly HostSpec[];
}
export interface HostSpec extends Item {
  readonly rack: string | null;
  readonly capacity: Resources;
  /** Null: it has no power model. */
  readonly powerWatts: PowerWatts | null;
  /** False: off as after HOST_POWER, until that fault is cleared. */
  readonly powered: boolean;
  readonly driver: DriverName;
  readonly driverUri: string | null;
}
export interface TenantSpec extends Item {
  readonly quota: Quota;
}
export interface FlavorSpec extends Item {
  readonly resources: Resources;
  readonly allocation: Allocation | null;
}
export interface ImageSpec extends Item {
  readonly bootSeconds: number | null;
}
export interface GuestSpec extends Item {
  readonly tenant: string;
  readonly flavor: string | null;
  /** Set when `flavor` is null. */
  readonly resources: Resources | null;
  readonly image: string;
  readonly desired: DesiredState;
  readonly host: string | null;
  readonly priority: Priority;
  readonly dependsOn: readonly string[];
  readonly maxRestarts: number;
  readonly maxRelocations: number;
  readonly failback: boolean;
  readonly readyAfterSeconds: number;
  readonly preemptible: boolean;
  readonly workload: Workload | null;
  /** Names of groups of its tenant. */
  readonly securityGroups: readonly string[];
  /** Null: as its flavor says. */
  readonly allocation: Allocation | null;
}
export interface SecurityGroupSpec extends Item {
  readonly tenant: string;
  /** Their remote groups by name. */
  readonly rules: readonly SecurityRuleWish[];
}
export interface LoadBalancerSpec extends Item {
  readonly tenant: string;
  readonly driver: LoadBalancerDriverName;
  readonly socketPath: string | null;
  readonly listeners: readonly Listener[];
  /** Their targets by the names of guests and scaling groups of its tenant, those of counted guests written out. */
  readonly targetGroups: readonly (TargetGroup & {
    readonly targets: readonly AnyTargetWish<string, string>[];
  })[];
}
export interface ScalingGroupSpec extends Item {
  readonly tenant: string;
  readonly template: TemplateSpec;
  readonly min: number;
  readonly max: number;
  /** Null: its min to begin with, and then as it is. */
  readonly desired: number | null;
  /** Names; [] is everywhere. */
  readonly zones: readonly string[];
  readonly policies: readonly ScalingPolicy[];
  readonly terminationPolicy: TerminationPolicy;
  readonly cooldownSeconds: number;
  readonly warmUpSeconds: number;
  readonly scaleInAfterSeconds: number;
  readonly unhealthyAfterSeconds: number;
  readonly healthCheck: MemberHealthCheck;
  readonly lifecycleHooks: readonly LifecycleHook[];
  readonly demand: GroupDemand | null;
}
export interface TemplateSpec {
  /** Names, the preferred one first. */
  readonly flavors: readonly string[];
  readonly image: string;
  readonly priority: Priority;
  readonly maxRestarts: number;
  readonly maxRelocations: number;
  readonly readyAfterSeconds: number;
  readonly preemptible: boolean;
  /** Names of groups of its tenant. */
  readonly securityGroups: readonly string[];
  readonly allocation: Allocation | null;
}
export interface AffinityRuleSpec extends Item {
  readonly kind: RuleKind;
  readonly strict: boolean;
  /** Guest names; `tenant/name` for a guest of another tenant than "default". */
  readonly guests: readonly string[];
  readonly hosts: readonly { readonly name: string; readonly priority: number }[];
  readonly polarity: Polarity | null;
  readonly scope: RuleScope | null;
  readonly disabled: boolean;
}

/** Defaults of a guest's recovery policy: one restart in place, one relocation (Proxmox VE's). */
export const GUEST_DEFAULTS = {
  tenant: "default",
  desired: "RUNNING",
  priority: "MEDIUM",
  maxRestarts: 1,
  maxRelocations: 1,
  failback: true,
  readyAfterSeconds: 0,
  preemptible: false,
  securityGroups: [DEFAULT_GROUP],
  allocation: null,
} as const;

/** One step of a plan: what `applyFleet` would do, or has done. */
export interface PlannedChange {
  readonly action: "CREATE" | "UPDATE" | "DELETE";
  readonly type: string;
  readonly name: string;
  /** For UPDATE, the fields that change, as `memoryMiB: 512 → 1024`. */
  readonly details: readonly string[];
}
