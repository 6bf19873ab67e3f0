/**
 * Identities. Every entity of a fleet draws its id from one integer sequence, so an id is unique
 * across kinds, never reused, and one integer column in the log names any subject.
 */
declare const brand: unique symbol;
type Id<Kind extends string> = number & { readonly [brand]: Kind };

export type RegionId = Id<"Region">;
export type ZoneId = Id<"Zone">;
export type DataCenterId = Id<"DataCenter">;
export type RackId = Id<"Rack">;
export type HostId = Id<"Host">;
export type TenantId = Id<"Tenant">;
export type FlavorId = Id<"Flavor">;
export type ImageId = Id<"Image">;
export type GuestId = Id<"Guest">;
export type AffinityRuleId = Id<"AffinityRule">;
export type SecurityGroupId = Id<"SecurityGroup">;
export type FaultId = Id<"Fault">;
export type FailoverId = Id<"Failover">;
export type OperationId = Id<"Operation">;
export type IncidentId = Id<"Incident">;
export type ApiTokenId = Id<"ApiToken">;
export type RecommendationId = Id<"Recommendation">;
export type LoadBalancerId = Id<"LoadBalancer">;
export type LoadBalancerTargetId = Id<"LoadBalancerTarget">;
export type ScalingGroupId = Id<"ScalingGroup">;
/** No node of the API, and no subject. */
export type LoadHistoryId = Id<"LoadHistory">;

/** What an id can belong to: the type names of the API's `Node`s and of the log's subjects. */
export interface IdTypes {
  Region: RegionId;
  Zone: ZoneId;
  DataCenter: DataCenterId;
  Rack: RackId;
  Host: HostId;
  Tenant: TenantId;
  Flavor: FlavorId;
  Image: ImageId;
  Guest: GuestId;
  AffinityRule: AffinityRuleId;
  SecurityGroup: SecurityGroupId;
  Fault: FaultId;
  Failover: FailoverId;
  Operation: OperationId;
  Incident: IncidentId;
  ApiToken: ApiTokenId;
  Recommendation: RecommendationId;
  LoadBalancer: LoadBalancerId;
  LoadBalancerTarget: LoadBalancerTargetId;
  ScalingGroup: ScalingGroupId;
}
export type EntityType = keyof IdTypes;

/** The thing that an event happened to, or that a command names. */
export type Ref = { [T in EntityType]: { readonly type: T; readonly id: IdTypes[T] } }[EntityType];

/** A position in the log: 1 for the first event, 0 before it. */
export type Seq = number;
