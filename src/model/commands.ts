import type { Actor } from "./actors.ts";
import type { Allocation } from "./allocation.ts";
import type { Quota } from "./entities.ts";
import type { FleetSpec, PlannedChange } from "./fleet.ts";
import type { RefreshPreferences } from "./group-refresh.ts";
import type {
  ApiTokenId,
  FaultId,
  FlavorId,
  GuestId,
  HostId,
  ImageId,
  LoadBalancerId,
  OperationId,
  RecommendationId,
  Ref,
  ScalingGroupId,
  SecurityGroupId,
  TenantId,
  ZoneId,
} from "./ids.ts";
import type { LifecycleHook } from "./lifecycle-hooks.ts";
import type { AnyTargetWish, Listener, TargetGroup } from "./load-balancing.ts";
import type { Role } from "./principals.ts";
import type { Problem, Rejection } from "./rejections.ts";
import type { Resources } from "./resources.ts";
import type { ScalingPolicy } from "./scaling.ts";
import type { SecurityRuleWish } from "./security.ts";
import type {
  DesiredState,
  FaultKind,
  LifecycleResult,
  MemberHealthCheck,
  Priority,
  TerminationPolicy,
} from "./statuses.ts";
import type { Workload } from "./workload.ts";

/** What a group's members are to be made of. */
export interface TemplateWish {
  readonly flavorIds: readonly FlavorId[];
  readonly imageId: ImageId;
  readonly priority: Priority;
  readonly maxRestarts: number;
  readonly maxRelocations: number;
  readonly readyAfterSeconds: number;
  readonly preemptible: boolean;
  /** Groups of its tenant, by id or name; null: the tenant's default group. */
  readonly securityGroups: readonly (SecurityGroupId | string)[] | null;
  readonly allocation: Allocation | null;
}

/** How a group is to behave, all of it. */
export interface GroupWish {
  readonly template: TemplateWish;
  readonly min: number;
  readonly max: number;
  readonly zoneIds: readonly ZoneId[];
  readonly policies: readonly ScalingPolicy[];
  readonly terminationPolicy: TerminationPolicy;
  readonly cooldownSeconds: number;
  readonly warmUpSeconds: number;
  readonly scaleInAfterSeconds: number;
  readonly unhealthyAfterSeconds: number;
  readonly healthCheck: MemberHealthCheck;
  readonly lifecycleHooks: readonly LifecycleHook[];
}

/** What a person or program may ask of the fleet. */
export type Command =
  | {
      readonly kind: "APPLY_FLEET";
      readonly spec: FleetSpec;
      readonly dryRun: boolean;
      /** Also remove what the document does not name. */
      readonly prune: boolean;
    }
  | {
      readonly kind: "CREATE_GUEST";
      readonly name: string;
      readonly tenantId: TenantId;
      readonly flavorId: FlavorId | null;
      /** Set when `flavorId` is null. */
      readonly resources: Resources | null;
      readonly imageId: ImageId;
      readonly desired: DesiredState;
      readonly homeHostId: HostId | null;
      readonly priority: Priority;
      readonly dependsOn: readonly GuestId[];
      readonly maxRestarts: number;
      readonly maxRelocations: number;
      readonly failback: boolean;
      readonly readyAfterSeconds: number;
      readonly preemptible: boolean;
      readonly workload: Workload | null;
      /** Groups of its tenant, by id or name; null: the tenant's default group. */
      readonly securityGroups: readonly (SecurityGroupId | string)[] | null;
      /** Null: as its flavor says. */
      readonly allocation: Allocation | null;
    }
  | { readonly kind: "START_GUEST"; readonly guestId: GuestId }
  | { readonly kind: "STOP_GUEST"; readonly guestId: GuestId }
  | { readonly kind: "SUSPEND_GUEST"; readonly guestId: GuestId }
  | { readonly kind: "RESUME_GUEST"; readonly guestId: GuestId }
  | { readonly kind: "REBOOT_GUEST"; readonly guestId: GuestId }
  | { readonly kind: "DELETE_GUEST"; readonly guestId: GuestId }
  | {
      readonly kind: "RESIZE_GUEST";
      readonly guestId: GuestId;
      readonly flavorId: FlavorId | null;
      readonly resources: Resources | null;
    }
  | {
      readonly kind: "MIGRATE_GUEST";
      readonly guestId: GuestId;
      /** Null: the best place is chosen. */
      readonly hostId: HostId | null;
    }
  | {
      readonly kind: "SET_GUEST_ALLOCATION";
      readonly guestId: GuestId;
      readonly allocation: Allocation;
    }
  | {
      readonly kind: "SET_GUEST_SECURITY_GROUPS";
      readonly guestId: GuestId;
      /** All that it is to be in, by id or name. */
      readonly securityGroups: readonly (SecurityGroupId | string)[];
    }
  | {
      readonly kind: "CREATE_SECURITY_GROUP";
      readonly name: string;
      readonly tenantId: TenantId;
      readonly rules: readonly SecurityRuleWish[];
    }
  | {
      readonly kind: "UPDATE_SECURITY_GROUP";
      readonly securityGroupId: SecurityGroupId;
      /** All that it is to have. */
      readonly rules: readonly SecurityRuleWish[];
    }
  | { readonly kind: "DELETE_SECURITY_GROUP"; readonly securityGroupId: SecurityGroupId }
  | {
      readonly kind: "CREATE_LOAD_BALANCER";
      readonly name: string;
      readonly tenantId: TenantId;
      readonly listeners: readonly Listener[];
      readonly targetGroups: readonly (TargetGroup & {
        readonly targets: readonly AnyTargetWish[];
      })[];
    }
  | {
      readonly kind: "UPDATE_LOAD_BALANCER";
      readonly loadBalancerId: LoadBalancerId;
      /** All that it is to have; null leaves them as they are. */
      readonly listeners: readonly Listener[] | null;
      readonly targetGroups: readonly TargetGroup[] | null;
    }
  | { readonly kind: "DELETE_LOAD_BALANCER"; readonly loadBalancerId: LoadBalancerId }
  | {
      readonly kind: "REGISTER_TARGETS";
      readonly loadBalancerId: LoadBalancerId;
      readonly targetGroup: string;
      readonly targets: readonly AnyTargetWish[];
    }
  | {
      readonly kind: "DEREGISTER_TARGETS";
      readonly loadBalancerId: LoadBalancerId;
      readonly targetGroup: string;
      readonly guestIds: readonly GuestId[];
      readonly scalingGroupIds: readonly ScalingGroupId[];
    }
  | {
      readonly kind: "SET_TARGET_WEIGHT";
      readonly loadBalancerId: LoadBalancerId;
      readonly targetGroup: string;
      readonly guestId: GuestId;
      readonly weight: number;
    }
  | (GroupWish & {
      readonly kind: "CREATE_SCALING_GROUP";
      readonly name: string;
      readonly tenantId: TenantId;
      /** Null: its min. */
      readonly desired: number | null;
    })
  /** What is left out stays; its size stays too, as far as min and max allow. */
  | (Partial<GroupWish> & {
      readonly kind: "UPDATE_SCALING_GROUP";
      readonly scalingGroupId: ScalingGroupId;
    })
  /** Its members go first. */
  | { readonly kind: "DELETE_SCALING_GROUP"; readonly scalingGroupId: ScalingGroupId }
  | {
      readonly kind: "SET_DESIRED_CAPACITY";
      readonly scalingGroupId: ScalingGroupId;
      readonly desired: number;
    }
  /** To its template, another one if that is given. */
  | (RefreshPreferences & {
      readonly kind: "START_GROUP_REFRESH";
      readonly scalingGroupId: ScalingGroupId;
      readonly template: TemplateWish | null;
    })
  /** Members stay as they are by then, and its template, too. */
  | { readonly kind: "CANCEL_GROUP_REFRESH"; readonly scalingGroupId: ScalingGroupId }
  | { readonly kind: "ROLL_BACK_GROUP_REFRESH"; readonly scalingGroupId: ScalingGroupId }
  | {
      readonly kind: "SET_SCALE_IN_PROTECTION";
      readonly guestId: GuestId;
      readonly enabled: boolean;
    }
  /** What a health check outside found. */
  | {
      readonly kind: "SET_MEMBER_HEALTH";
      readonly guestId: GuestId;
      readonly healthy: boolean;
      readonly reason: string;
    }
  /** What a hook is there for has been done, or can't be. */
  | {
      readonly kind: "COMPLETE_LIFECYCLE_ACTION";
      readonly guestId: GuestId;
      readonly hook: string;
      readonly result: LifecycleResult;
      readonly reason: string;
    }
  /** It takes longer: the time-out begins anew. */
  | {
      readonly kind: "RECORD_LIFECYCLE_HEARTBEAT";
      readonly guestId: GuestId;
      readonly hook: string;
    }
  /** A sample of the group as a whole. */
  | {
      readonly kind: "PUT_METRIC";
      readonly scalingGroupId: ScalingGroupId;
      readonly metric: string;
      readonly value: number;
    }
  /** Free of guests until it is asked back, or in service again. */
  | { readonly kind: "SET_MAINTENANCE"; readonly hostId: HostId; readonly enabled: boolean }
  /** Gracefully, by the fleet's shutdown policy. */
  | { readonly kind: "REBOOT_HOST"; readonly hostId: HostId }
  | { readonly kind: "SHUTDOWN_HOST"; readonly hostId: HostId }
  | { readonly kind: "POWER_ON_HOST"; readonly hostId: HostId }
  /** Somebody knows that a silent host is off, and so that nothing runs there. */
  | { readonly kind: "CONFIRM_HOST_DEAD"; readonly hostId: HostId }
  /** The host is heard of, but not well: it is to be proven dead, so that its guests can start elsewhere. */
  | { readonly kind: "FENCE_HOST"; readonly hostId: HostId }
  /** Disarmed, nothing is fenced or moved by itself; armed again, it takes stock first. */
  | { readonly kind: "SET_HIGH_AVAILABILITY"; readonly enabled: boolean }
  | { readonly kind: "CREATE_TENANT"; readonly name: string; readonly quota: Quota }
  | { readonly kind: "SET_QUOTA"; readonly tenantId: TenantId; readonly quota: Quota }
  /** Of one that has no guests; its tokens are revoked with it. */
  | { readonly kind: "DELETE_TENANT"; readonly tenantId: TenantId }
  | {
      readonly kind: "CREATE_API_TOKEN";
      readonly name: string;
      readonly role: Role;
      /** Null: for the whole fleet. */
      readonly tenantId: TenantId | null;
      readonly lifetimeSeconds: number | null;
      /** Drawn anew each time that it is asked for, like the time: an idempotency key ignores both. */
      readonly secretHash: string;
      readonly issuedAtMs: number;
    }
  | { readonly kind: "REVOKE_API_TOKEN"; readonly apiTokenId: ApiTokenId }
  | { readonly kind: "APPLY_RECOMMENDATION"; readonly recommendationId: RecommendationId }
  | {
      readonly kind: "INJECT_FAULT";
      readonly fault: FaultKind;
      readonly target: Ref;
      /** Null: until cleared. */
      readonly durationSeconds: number | null;
    }
  | { readonly kind: "CLEAR_FAULT"; readonly fault: FaultKind; readonly target: Ref }
  /** A mutation that was refused before it had become a command: nothing is to be done but to audit it. */
  | {
      readonly kind: "REFUSED_BEFORE";
      /** As a command of its own would be called. */
      readonly mutation: string;
      readonly rejection: Rejection;
    }
  /** CLOCK=manual only. Answered when all work due until then is committed. */
  | { readonly kind: "ADVANCE_CLOCK"; readonly seconds: number };

/** A command on its way in. */
export interface CommandEnvelope {
  readonly command: Command;
  readonly actor: Actor;
  /** The same key and command again answers the first result and does nothing twice. */
  readonly idempotencyKey: string | null;
  /** Nothing is to be decided: this is the answer, but for a key that has one already. */
  readonly refusal?: Rejection;
}

/** What was done. Ids, so that the reader fetches what it shows from the tables. */
export type Outcome =
  | {
      readonly kind: "FLEET";
      readonly changes: readonly PlannedChange[];
      readonly unchanged: number;
      /** What is accepted, and will not work as it is written. */
      readonly warnings: readonly Problem[];
      readonly dryRun: boolean;
    }
  | {
      readonly kind: "GUEST";
      readonly guestId: GuestId;
      /** Null when nothing goes on: it was in that state already, or was changed at once. */
      readonly operationId: OperationId | null;
    }
  | {
      readonly kind: "HOST";
      readonly hostId: HostId;
      /** Null when nothing goes on: it was so already, or was changed at once. */
      readonly operationId: OperationId | null;
    }
  | { readonly kind: "SECURITY_GROUP"; readonly securityGroupId: SecurityGroupId }
  | { readonly kind: "LOAD_BALANCER"; readonly loadBalancerId: LoadBalancerId }
  | { readonly kind: "SCALING_GROUP"; readonly scalingGroupId: ScalingGroupId }
  | { readonly kind: "HIGH_AVAILABILITY"; readonly enabled: boolean }
  | {
      readonly kind: "RECOMMENDATION";
      readonly hostId: HostId;
      readonly guestIds: readonly GuestId[];
    }
  | { readonly kind: "TENANT"; readonly tenantId: TenantId }
  | { readonly kind: "API_TOKEN"; readonly apiTokenId: ApiTokenId }
  | {
      readonly kind: "FAULT";
      /** Null when no fault was in force, and something else was done that undoes its like. */
      readonly faultId: FaultId | null;
      readonly fault: FaultKind;
      readonly target: Ref;
    }
  | { readonly kind: "CLOCK"; readonly nowMs: number };

export type CommandResult =
  | {
      readonly ok: true;
      readonly outcome: Outcome /** Log position that holds all of it. */;
      readonly seq: number;
    }
  | { readonly ok: false; readonly rejection: Rejection };
