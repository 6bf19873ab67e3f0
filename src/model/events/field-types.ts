import type { Allocation } from "../allocation.ts";
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
} from "../entities.ts";
import type { LoadHistory } from "../forecast.ts";
import type { GroupRefresh } from "../group-refresh.ts";
import type { HostId, IdTypes, Ref, ZoneId } from "../ids.ts";
import type { PowerWatts } from "../power.ts";
import type { Role } from "../principals.ts";
import type { Placement, Reason } from "../reasons.ts";
import type { Resources } from "../resources.ts";
import type { GroupTemplate, Illness, Schedule } from "../scaling.ts";
import type { Settings } from "../settings.ts";
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
} from "../statuses.ts";

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

export interface EventSpec {
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

export function event<const F extends Readonly<Record<string, FieldSpec>>>(
  category: EventCategory,
  severity: Severity,
  message: string,
  fields: F,
) {
  return { category, severity, message, fields };
}
