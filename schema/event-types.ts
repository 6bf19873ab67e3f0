import type { FieldSpec, FieldType } from "../src/model/events/field-types.ts";
import { EVENT_KINDS, EVENTS, type EventKind, type FleetEvent } from "../src/model/events.ts";
import type { EntityType, Ref } from "../src/model/ids.ts";
import { AffinityRule } from "./affinity-rule.ts";
import { ApiToken } from "./api-token.ts";
import { builder, type SchemaTypes } from "./builder.ts";
import { DataCenter } from "./data-center.ts";
import {
  DesiredState,
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
  Role,
  ShutdownPolicy,
  Utility,
} from "./enums.ts";
import { Event } from "./event.ts";
import { Failover } from "./failover.ts";
import { Fault } from "./fault.ts";
import { Flavor } from "./flavor.ts";
import { Guest } from "./guest.ts";
import { Host } from "./host.ts";
import { Image } from "./image.ts";
import { Incident } from "./incident.ts";
import { LoadBalancer, LoadBalancerTarget } from "./load-balancer.ts";
import { loadRef, Node } from "./node.ts";
import { Operation } from "./operation.ts";
import { Placement } from "./placement.ts";
import { Rack } from "./rack.ts";
import { Reason } from "./reason.ts";
import { Recommendation } from "./recommendation.ts";
import { Region } from "./region.ts";
import { Resources } from "./resources.ts";
import { ScalingGroup } from "./scaling-group.ts";
import { SecurityGroup } from "./security-group.ts";
import { Tenant } from "./tenant.ts";
import { Zone } from "./zone.ts";

/** One GraphQL type for each kind of event, made from the model's table of kinds. */

const ENTITIES = {
  Region,
  Zone,
  DataCenter,
  Rack,
  Host,
  Tenant,
  Flavor,
  Image,
  Guest,
  AffinityRule,
  SecurityGroup,
  Fault,
  Failover,
  Operation,
  Incident,
  ApiToken,
  Recommendation,
  LoadBalancer,
  LoadBalancerTarget,
  ScalingGroup,
} as const satisfies Record<EntityType, unknown>;

const VALUES = {
  int: "Int",
  float: "Float",
  string: "String",
  boolean: "Boolean",
  strings: ["String"],
  reasons: [Reason],
  resources: Resources,
  placement: Placement,
  time: "DateTime",
  desiredState: DesiredState,
  failureDomain: FailureDomain,
  faultKind: FaultKind,
  fenceMethod: FenceMethod,
  hostPowerVerb: HostPowerVerb,
  lifecycleResult: LifecycleResult,
  lifecycleTransition: LifecycleTransition,
  moveReason: MoveReason,
  operationKind: OperationKind,
  opinion: Opinion,
  opinionSource: OpinionSource,
  recommendationKind: RecommendationKind,
  role: Role,
  shutdownPolicy: ShutdownPolicy,
  utility: Utility,
} as const;

type FieldBuilder = PothosSchemaTypes.ObjectFieldBuilder<SchemaTypes, FleetEvent>;

/** What the field is called in the payload, its type there, and whether it may be null. */
interface Field {
  readonly name: string;
  readonly type: FieldType;
  readonly nullable: boolean;
}

/** The fields of a kind that are shown; definitions are what folding needs and stay inside. */
export function shownFields(kind: EventKind): readonly Field[] {
  return Object.entries<FieldSpec>(EVENTS[kind].fields)
    .map(([name, spec]) => ({
      name,
      type: spec.replace("?", "") as FieldType,
      nullable: spec.endsWith("?"),
    }))
    .filter(({ type }) => type in ENTITIES || type in VALUES || type === "node");
}

export function payloadValue(event: FleetEvent, name: string): unknown {
  return (event.payload as unknown as Record<string, unknown>)[name];
}

function entityField(t: FieldBuilder, name: string, type: EntityType) {
  return t.field({
    // One of many refs: each row fits its own, which no single type can say.
    type: ENTITIES[type] as typeof Guest,
    nullable: true,
    resolve: (event, _args, { loaders }) =>
      loaders.entity(type as "Guest", payloadValue(event, name) as number | null),
  });
}

function nodeField(t: FieldBuilder, name: string) {
  return t.field({
    type: Node,
    nullable: true,
    resolve: (event, _args, context) => {
      const ref = payloadValue(event, name) as Ref | null;
      return ref && loadRef(ref, context);
    },
  });
}

function valueField(t: FieldBuilder, { name, type, nullable }: Field) {
  // A duration of a month in milliseconds is beyond GraphQL's Int. Whole numbers all the same.
  const shown = name.endsWith("Ms") ? "Float" : VALUES[type as keyof typeof VALUES];
  return t.field({
    type: shown as "String",
    nullable,
    resolve: (event) => payloadValue(event, name) as string,
  });
}

function fieldOf(t: FieldBuilder, field: Field) {
  if (field.type === "node") return nodeField(t, field.name);
  if (field.type in ENTITIES) return entityField(t, field.name, field.type as EntityType);
  return valueField(t, field);
}

for (const kind of EVENT_KINDS)
  builder.objectRef<FleetEvent>(kind).implement({
    description: EVENTS[kind].message.replace(/\{(\w+)\|(\w+)\}/g, "{$1} $2s"),
    // Event last: of two definitions of `id` the last one counts.
    interfaces: [Node, Event],
    fields: (t) =>
      Object.fromEntries(
        shownFields(kind).map((field) => [field.name, fieldOf(t as FieldBuilder, field)]),
      ),
  });
