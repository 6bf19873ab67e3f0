import type { Command } from "../src/model/commands.ts";
import type { IdTypes } from "../src/model/ids.ts";
import {
  type AnyTargetWish,
  CHECK_DEFAULTS,
  DEFAULT_WEIGHT,
  GROUP_DEFAULTS,
  type Listener,
  type TargetGroup,
} from "../src/model/load-balancing.ts";
import { builder, type SchemaTypes } from "./builder.ts";
import {
  commandMutation,
  cursorOf,
  type Done,
  idempotencyKey,
  inputId,
  refuse,
} from "./command.ts";
import { BalancingAlgorithm, ListenerProtocol } from "./enums.ts";
import { globalId } from "./ids.ts";
import { LoadBalancer } from "./load-balancer.ts";
import { OWNER, ownerId } from "./named-inputs.ts";

function payload(name: string) {
  return builder.objectRef<Done<"LOAD_BALANCER">>(name).implement({
    fields: (t) => ({
      loadBalancerId: t.id({
        resolve: ({ outcome }) => globalId("LoadBalancer", outcome.loadBalancerId),
      }),
      loadBalancer: t.field({
        type: LoadBalancer,
        nullable: true,
        description: "Null when it is gone.",
        resolve: ({ outcome }, _args, { loaders }) =>
          loaders.entity("LoadBalancer", outcome.loadBalancerId),
      }),
      cursor: t.field({
        type: "Cursor",
        description: "The log position that holds all that this did: events go on after it.",
        resolve: (done, _args, context) => cursorOf(done, context),
      }),
    }),
  });
}

const ListenerInput = builder.inputType("ListenerInput", {
  fields: (t) => ({
    port: t.int({ required: true, description: "Where requests come in, 1 to 65535." }),
    protocol: t.field({ type: ListenerProtocol, defaultValue: "HTTP" }),
    targetGroup: t.string({ required: true, description: "The name of the group that gets them." }),
  }),
});

const HealthCheckInput = builder.inputType("HealthCheckInput", {
  fields: (t) => ({
    path: t.string({
      description:
        "What is asked for by HTTP. Without it, that the target takes connections is enough.",
    }),
    intervalSeconds: t.float({ defaultValue: CHECK_DEFAULTS.intervalSeconds }),
    timeoutSeconds: t.float({ defaultValue: CHECK_DEFAULTS.timeoutSeconds }),
    healthyThreshold: t.int({ defaultValue: CHECK_DEFAULTS.healthyThreshold }),
    unhealthyThreshold: t.int({ defaultValue: CHECK_DEFAULTS.unhealthyThreshold }),
  }),
});

const TargetInput = builder.inputType("TargetInput", {
  description: "A guest, or a scaling group whose members are targets once they run.",
  fields: (t) => ({
    guestId: t.id({ description: "Either this or scalingGroupId." }),
    scalingGroupId: t.id(),
    port: t.int({ description: "The group's without." }),
    weight: t.int({
      defaultValue: DEFAULT_WEIGHT,
      description: "Its part of the requests where the algorithm is WEIGHTED, 0 to 256.",
    }),
  }),
});

type InputFields = PothosSchemaTypes.InputFieldBuilder<SchemaTypes, "InputObject">;

function groupFields(t: InputFields) {
  return {
    name: t.string({ required: true }),
    port: t.int({ required: true, description: "Where its targets take requests." }),
    algorithm: t.field({ type: BalancingAlgorithm, defaultValue: GROUP_DEFAULTS.algorithm }),
    healthCheck: t.field({ type: HealthCheckInput }),
    slowStartSeconds: t.float({ defaultValue: GROUP_DEFAULTS.slowStartSeconds }),
    drainSeconds: t.float({ defaultValue: GROUP_DEFAULTS.drainSeconds }),
    stickinessSeconds: t.float({
      description: "For how long a client stays with its target. Not at all without.",
    }),
    crossZone: t.boolean({ defaultValue: GROUP_DEFAULTS.crossZone }),
    failOpen: t.boolean({ defaultValue: GROUP_DEFAULTS.failOpen }),
  };
}

const TargetGroupInput = builder.inputType("TargetGroupInput", { fields: groupFields });
const NewTargetGroup = builder.inputType("NewTargetGroupInput", {
  fields: (t) => ({ ...groupFields(t), targets: t.field({ type: [TargetInput] }) }),
});

function toListener(input: typeof ListenerInput.$inferInput): Listener {
  const { port, protocol, targetGroup } = input;
  return { port, protocol: protocol ?? "HTTP", targetGroup, traffic: null };
}

/** The fields that are given; an explicit null is none. */
function given<T extends object>(input: T): { [K in keyof T]: NonNullable<T[K]> } {
  return Object.fromEntries(Object.entries(input).filter(([, value]) => value != null)) as never;
}

function toGroup(input: typeof TargetGroupInput.$inferInput): TargetGroup {
  const { healthCheck, ...rest } = input;
  const check = { ...CHECK_DEFAULTS, ...given(healthCheck ?? {}) };
  return { ...GROUP_DEFAULTS, ...given(rest), healthCheck: check } as TargetGroup;
}

/** Throws `Refused`. */
function toTargets(
  inputs: readonly (typeof TargetInput.$inferInput)[],
  ...path: string[]
): AnyTargetWish[] {
  return inputs.map(({ guestId, scalingGroupId, port, weight }, index) => {
    const at = [...path, String(index)];
    const shared = { port: port ?? null, weight: weight ?? DEFAULT_WEIGHT };
    if (guestId != null && scalingGroupId == null)
      return { guest: inputId("Guest", guestId, ...at, "guestId"), ...shared, address: null };
    if (scalingGroupId != null && guestId == null)
      return {
        scalingGroup: inputId("ScalingGroup", scalingGroupId, ...at, "scalingGroupId"),
        ...shared,
      };
    throw refuse("INVALID_INPUT", "Give guestId or scalingGroupId, and not both.", ...at);
  });
}

function toNewGroup({ targets, ...group }: typeof NewTargetGroup.$inferInput, index: number) {
  const path = ["targetGroups", String(index), "targets"];
  return { ...toGroup(group), targets: toTargets(targets ?? [], ...path) };
}

function idsOf<T extends "Guest" | "ScalingGroup">(
  type: T,
  ids: readonly string[] | null | undefined,
  field: string,
): IdTypes[T][] {
  return (ids ?? []).map((id, index) => inputId(type, id, field, String(index)));
}

commandMutation({
  name: "createLoadBalancer",
  description: "Creates a load balancer with its listeners, target groups and targets.",
  input: builder.inputType("CreateLoadBalancerInput", {
    fields: (t) => ({
      name: t.string({ required: true }),
      tenantId: t.id(),
      tenant: t.string({ description: OWNER }),
      listeners: t.field({ type: [ListenerInput], required: true }),
      targetGroups: t.field({ type: [NewTargetGroup], required: true }),
      idempotencyKey: t.string(idempotencyKey),
    }),
  }),
  payload: payload("CreateLoadBalancerPayload"),
  outcome: "LOAD_BALANCER",
  toCommand: (input, context) => ({
    kind: "CREATE_LOAD_BALANCER",
    name: input.name,
    tenantId: ownerId(input, context),
    listeners: input.listeners.map(toListener),
    targetGroups: input.targetGroups.map(toNewGroup),
  }),
});

commandMutation({
  name: "updateLoadBalancer",
  description:
    "Gives a load balancer other listeners or target groups. Targets of groups that stay stay; those of groups that go are no targets any more, at once.",
  input: builder.inputType("UpdateLoadBalancerInput", {
    fields: (t) => ({
      loadBalancerId: t.id({ required: true }),
      listeners: t.field({
        type: [ListenerInput],
        description: "All that it is to have. Those that it has stay without.",
      }),
      targetGroups: t.field({
        type: [TargetGroupInput],
        description: "All that it is to have. Those that it has stay without.",
      }),
      idempotencyKey: t.string(idempotencyKey),
    }),
  }),
  payload: payload("UpdateLoadBalancerPayload"),
  outcome: "LOAD_BALANCER",
  toCommand: ({ loadBalancerId, listeners, targetGroups }): Command => ({
    kind: "UPDATE_LOAD_BALANCER",
    loadBalancerId: inputId("LoadBalancer", loadBalancerId, "loadBalancerId"),
    listeners: listeners?.map(toListener) ?? null,
    targetGroups: targetGroups?.map(toGroup) ?? null,
  }),
});

commandMutation({
  name: "deleteLoadBalancer",
  description: "Deletes a load balancer. It takes no requests any more, at once.",
  input: builder.inputType("DeleteLoadBalancerInput", {
    fields: (t) => ({
      loadBalancerId: t.id({ required: true }),
      idempotencyKey: t.string(idempotencyKey),
    }),
  }),
  payload: payload("DeleteLoadBalancerPayload"),
  outcome: "LOAD_BALANCER",
  toCommand: ({ loadBalancerId }) => ({
    kind: "DELETE_LOAD_BALANCER",
    loadBalancerId: inputId("LoadBalancer", loadBalancerId, "loadBalancerId"),
  }),
});

commandMutation({
  name: "registerTargets",
  description:
    "Makes guests, or the members of scaling groups as they come and go, targets of a group; they get requests once a health check has passed. Those that are targets already are given this port and weight.",
  input: builder.inputType("RegisterTargetsInput", {
    fields: (t) => ({
      loadBalancerId: t.id({ required: true }),
      targetGroup: t.string({ required: true }),
      targets: t.field({ type: [TargetInput], required: true }),
      idempotencyKey: t.string(idempotencyKey),
    }),
  }),
  payload: payload("RegisterTargetsPayload"),
  outcome: "LOAD_BALANCER",
  toCommand: ({ loadBalancerId, targetGroup, targets }) => ({
    kind: "REGISTER_TARGETS",
    loadBalancerId: inputId("LoadBalancer", loadBalancerId, "loadBalancerId"),
    targetGroup,
    targets: toTargets(targets, "targets"),
  }),
});

commandMutation({
  name: "deregisterTargets",
  description:
    "Takes guests or scaling groups out of a group. Their guests get no more requests, and leave once those that they have are finished, or after drainSeconds.",
  input: builder.inputType("DeregisterTargetsInput", {
    fields: (t) => ({
      loadBalancerId: t.id({ required: true }),
      targetGroup: t.string({ required: true }),
      guestIds: t.idList({ description: "These, scalingGroupIds, or both." }),
      scalingGroupIds: t.idList({
        description: "Scaling groups whose members are to be no targets any more.",
      }),
      idempotencyKey: t.string(idempotencyKey),
    }),
  }),
  payload: payload("DeregisterTargetsPayload"),
  outcome: "LOAD_BALANCER",
  toCommand: ({ loadBalancerId, targetGroup, guestIds, scalingGroupIds }) => ({
    kind: "DEREGISTER_TARGETS",
    loadBalancerId: inputId("LoadBalancer", loadBalancerId, "loadBalancerId"),
    targetGroup,
    guestIds: idsOf("Guest", guestIds, "guestIds"),
    scalingGroupIds: idsOf("ScalingGroup", scalingGroupIds, "scalingGroupIds"),
  }),
});

commandMutation({
  name: "setTargetWeight",
  description: "Changes a target's part of the requests where the algorithm is WEIGHTED.",
  input: builder.inputType("SetTargetWeightInput", {
    fields: (t) => ({
      loadBalancerId: t.id({ required: true }),
      targetGroup: t.string({ required: true }),
      guestId: t.id({ required: true }),
      weight: t.int({ required: true, description: "0 to 256. With 0 it gets no requests." }),
      idempotencyKey: t.string(idempotencyKey),
    }),
  }),
  payload: payload("SetTargetWeightPayload"),
  outcome: "LOAD_BALANCER",
  toCommand: ({ loadBalancerId, targetGroup, guestId, weight }) => ({
    kind: "SET_TARGET_WEIGHT",
    loadBalancerId: inputId("LoadBalancer", loadBalancerId, "loadBalancerId"),
    targetGroup,
    guestId: inputId("Guest", guestId, "guestId"),
    weight,
  }),
});
