import type { TemplateWish } from "../src/model/commands.ts";
import { GUEST_DEFAULTS } from "../src/model/fleet.ts";
import type { FlavorId } from "../src/model/ids.ts";
import { SCALING_DEFAULTS } from "../src/model/scaling.ts";
import { AllocationInput, toAllocation } from "./allocation.ts";
import { builder } from "./builder.ts";
import {
  commandMutation,
  cursorOf,
  type Done,
  idempotencyKey,
  inputId,
  refuse,
} from "./command.ts";
import type { ApiContext } from "./context.ts";
import { MemberHealthCheck, Priority, TerminationPolicy } from "./enums.ts";
import { payload as guestPayload } from "./guest-mutations.ts";
import { globalId } from "./ids.ts";
import { LifecycleHookInput, toHook } from "./lifecycle-hook.ts";
import { idByName, needed, OWNER, oneOf, ownerId, within } from "./named-inputs.ts";
import { ScalingGroup } from "./scaling-group.ts";
import { ScalingPolicyInput, toPolicy } from "./scaling-policy.ts";
import { toGroups } from "./security-groups-input.ts";

export function payload(name: string) {
  return builder.objectRef<Done<"SCALING_GROUP">>(name).implement({
    fields: (t) => ({
      scalingGroupId: t.id({
        resolve: ({ outcome }) => globalId("ScalingGroup", outcome.scalingGroupId),
      }),
      scalingGroup: t.field({
        type: ScalingGroup,
        nullable: true,
        description: "Null when it is gone.",
        resolve: ({ outcome }, _args, { loaders }) =>
          loaders.entity("ScalingGroup", outcome.scalingGroupId),
      }),
      cursor: t.field({
        type: "Cursor",
        description: "The log position that holds all that this did: events go on after it.",
        resolve: (done, _args, context) => cursorOf(done, context),
      }),
    }),
  });
}

export const TemplateInput = builder.inputType("GroupTemplateInput", {
  description: "What members are made of. What is named can be given by id or by name.",
  fields: (t) => ({
    flavorId: t.id(),
    flavor: t.string(),
    flavors: t.stringList({
      description:
        "Several flavors instead, the preferred one first: another is taken where there is no room for it.",
    }),
    imageId: t.id(),
    image: t.string(),
    priority: t.field({ type: Priority, defaultValue: GUEST_DEFAULTS.priority }),
    maxRestarts: t.int({ defaultValue: GUEST_DEFAULTS.maxRestarts }),
    maxRelocations: t.int({ defaultValue: GUEST_DEFAULTS.maxRelocations }),
    readyAfterSeconds: t.float({ defaultValue: GUEST_DEFAULTS.readyAfterSeconds }),
    preemptible: t.boolean({ defaultValue: GUEST_DEFAULTS.preemptible }),
    securityGroupIds: t.idList(),
    securityGroups: t.stringList(),
    allocation: t.field({ type: AllocationInput }),
  }),
});

export function toTemplate(
  input: typeof TemplateInput.$inferInput,
  context: ApiContext,
): TemplateWish {
  return within("template", () => ({
    flavorIds: toFlavors(input, context),
    imageId: needed(oneOf("Image", input.imageId, input.image, "image", context), "image"),
    priority: input.priority ?? GUEST_DEFAULTS.priority,
    maxRestarts: input.maxRestarts ?? GUEST_DEFAULTS.maxRestarts,
    maxRelocations: input.maxRelocations ?? GUEST_DEFAULTS.maxRelocations,
    readyAfterSeconds: input.readyAfterSeconds ?? GUEST_DEFAULTS.readyAfterSeconds,
    preemptible: input.preemptible ?? GUEST_DEFAULTS.preemptible,
    securityGroups: toGroups(input),
    allocation: input.allocation ? toAllocation(input.allocation) : null,
  }));
}

function toFlavors(
  { flavorId, flavor, flavors }: typeof TemplateInput.$inferInput,
  context: ApiContext,
): readonly FlavorId[] {
  const one = oneOf("Flavor", flavorId, flavor, "flavor", context);
  if (one !== null && flavors)
    throw refuse("INVALID_INPUT", "Give flavor or flavors, not both.", "flavors");
  if (one !== null) return [one];
  if (!flavors?.length)
    throw refuse("INVALID_INPUT", "Give flavorId, flavor or flavors.", "flavor");
  return flavors.map((name) => idByName("Flavor", name, "flavors", context));
}

interface ZonesInput {
  readonly zoneIds?: readonly string[] | null | undefined;
  readonly zones?: readonly string[] | null | undefined;
}

/** Null when none are given. */
function toZones({ zoneIds, zones }: ZonesInput, context: ApiContext) {
  if (zoneIds && zones) throw refuse("INVALID_INPUT", "Give zoneIds or zones, not both.", "zones");
  if (zoneIds) return zoneIds.map((id, index) => inputId("Zone", id, "zoneIds", String(index)));
  return zones?.map((name) => idByName("Zone", name, "zones", context)) ?? null;
}

const ZONES = "Names of the zones where its members may run, evenly; none: everywhere.";
const COOLDOWN = "After a step no policy takes another one for so long.";
const WARM_UP = "A member that has run for less does not count into what is measured.";
const SCALE_IN = "Policies make it smaller only when for so long no sample wanted more.";
const HOOKS = "What members wait for before they serve, and before they go.";
const UNHEALTHY = "A member is replaced when its health check has been bad for so long.";

commandMutation({
  name: "createScalingGroup",
  description: "Creates a scaling group, and its first members.",
  input: builder.inputType("CreateScalingGroupInput", {
    fields: (t) => ({
      name: t.string({ required: true }),
      tenantId: t.id(),
      tenant: t.string({ description: OWNER }),
      template: t.field({ type: TemplateInput, required: true }),
      min: t.int({ defaultValue: SCALING_DEFAULTS.min }),
      max: t.int({ required: true }),
      desired: t.int({ description: "The size to begin with; `min` when not given." }),
      zoneIds: t.idList(),
      zones: t.stringList({ description: ZONES }),
      policies: t.field({ type: [ScalingPolicyInput] }),
      terminationPolicy: t.field({
        type: TerminationPolicy,
        defaultValue: SCALING_DEFAULTS.terminationPolicy,
      }),
      cooldownSeconds: t.float({
        defaultValue: SCALING_DEFAULTS.cooldownSeconds,
        description: COOLDOWN,
      }),
      warmUpSeconds: t.float({
        defaultValue: SCALING_DEFAULTS.warmUpSeconds,
        description: WARM_UP,
      }),
      scaleInAfterSeconds: t.float({
        defaultValue: SCALING_DEFAULTS.scaleInAfterSeconds,
        description: SCALE_IN,
      }),
      unhealthyAfterSeconds: t.float({
        defaultValue: SCALING_DEFAULTS.unhealthyAfterSeconds,
        description: UNHEALTHY,
      }),
      healthCheck: t.field({
        type: MemberHealthCheck,
        defaultValue: SCALING_DEFAULTS.healthCheck,
      }),
      lifecycleHooks: t.field({ type: [LifecycleHookInput], description: HOOKS }),
      idempotencyKey: t.string(idempotencyKey),
    }),
  }),
  payload: payload("CreateScalingGroupPayload"),
  outcome: "SCALING_GROUP",
  toCommand: (input, context) => ({
    kind: "CREATE_SCALING_GROUP",
    name: input.name,
    tenantId: ownerId(input, context),
    template: toTemplate(input.template, context),
    min: input.min ?? SCALING_DEFAULTS.min,
    max: input.max,
    desired: input.desired ?? null,
    zoneIds: toZones(input, context) ?? [],
    policies: (input.policies ?? []).map(toPolicy),
    terminationPolicy: input.terminationPolicy ?? SCALING_DEFAULTS.terminationPolicy,
    cooldownSeconds: input.cooldownSeconds ?? SCALING_DEFAULTS.cooldownSeconds,
    warmUpSeconds: input.warmUpSeconds ?? SCALING_DEFAULTS.warmUpSeconds,
    scaleInAfterSeconds: input.scaleInAfterSeconds ?? SCALING_DEFAULTS.scaleInAfterSeconds,
    unhealthyAfterSeconds: input.unhealthyAfterSeconds ?? SCALING_DEFAULTS.unhealthyAfterSeconds,
    healthCheck: input.healthCheck ?? SCALING_DEFAULTS.healthCheck,
    lifecycleHooks: (input.lifecycleHooks ?? []).map(toHook),
  }),
});

commandMutation({
  name: "updateScalingGroup",
  description:
    "Changes a scaling group; what is left out stays. Its size stays too, as far as min and max allow, and so do members that there are: another template is for those to come.",
  input: builder.inputType("UpdateScalingGroupInput", {
    fields: (t) => ({
      scalingGroupId: t.id({ required: true }),
      template: t.field({ type: TemplateInput, description: "All of it." }),
      min: t.int(),
      max: t.int(),
      zoneIds: t.idList(),
      zones: t.stringList({ description: ZONES }),
      policies: t.field({ type: [ScalingPolicyInput], description: "All of them." }),
      terminationPolicy: t.field({ type: TerminationPolicy }),
      cooldownSeconds: t.float({ description: COOLDOWN }),
      warmUpSeconds: t.float({ description: WARM_UP }),
      scaleInAfterSeconds: t.float({ description: SCALE_IN }),
      unhealthyAfterSeconds: t.float({ description: UNHEALTHY }),
      healthCheck: t.field({ type: MemberHealthCheck }),
      lifecycleHooks: t.field({
        type: [LifecycleHookInput],
        description: `All of them. ${HOOKS} Nobody waits any more for one that is left out.`,
      }),
      idempotencyKey: t.string(idempotencyKey),
    }),
  }),
  payload: payload("UpdateScalingGroupPayload"),
  outcome: "SCALING_GROUP",
  toCommand: (input, context) => {
    const zoneIds = toZones(input, context);
    return {
      kind: "UPDATE_SCALING_GROUP",
      scalingGroupId: inputId("ScalingGroup", input.scalingGroupId, "scalingGroupId"),
      ...(input.template && { template: toTemplate(input.template, context) }),
      ...(zoneIds && { zoneIds }),
      ...(input.policies && { policies: input.policies.map(toPolicy) }),
      ...(input.healthCheck && { healthCheck: input.healthCheck }),
      ...(input.lifecycleHooks && { lifecycleHooks: input.lifecycleHooks.map(toHook) }),
      ...(input.terminationPolicy && { terminationPolicy: input.terminationPolicy }),
      ...given({
        min: input.min,
        max: input.max,
        cooldownSeconds: input.cooldownSeconds,
        warmUpSeconds: input.warmUpSeconds,
        scaleInAfterSeconds: input.scaleInAfterSeconds,
        unhealthyAfterSeconds: input.unhealthyAfterSeconds,
      }),
    };
  },
});

/** Without what was left out. */
function given<K extends string>(
  numbers: Readonly<Record<K, number | null | undefined>>,
): Partial<Record<K, number>> {
  const entries = Object.entries<number | null | undefined>(numbers);
  return Object.fromEntries(entries.filter(([, value]) => value != null)) as never;
}

commandMutation({
  name: "deleteScalingGroup",
  description:
    "Deletes a scaling group and all its members, protected or not, once the hooks for that are completed.",
  input: builder.inputType("DeleteScalingGroupInput", {
    fields: (t) => ({
      scalingGroupId: t.id({ required: true }),
      idempotencyKey: t.string(idempotencyKey),
    }),
  }),
  payload: payload("DeleteScalingGroupPayload"),
  outcome: "SCALING_GROUP",
  toCommand: ({ scalingGroupId }) => ({
    kind: "DELETE_SCALING_GROUP",
    scalingGroupId: inputId("ScalingGroup", scalingGroupId, "scalingGroupId"),
  }),
});

commandMutation({
  name: "setDesiredCapacity",
  description:
    "Sets how many members a scaling group is to have, from min to max. Its policies may move it again, once its cooldown is over.",
  input: builder.inputType("SetDesiredCapacityInput", {
    fields: (t) => ({
      scalingGroupId: t.id({ required: true }),
      desired: t.int({ required: true }),
      idempotencyKey: t.string(idempotencyKey),
    }),
  }),
  payload: payload("SetDesiredCapacityPayload"),
  outcome: "SCALING_GROUP",
  toCommand: ({ scalingGroupId, desired }) => ({
    kind: "SET_DESIRED_CAPACITY",
    scalingGroupId: inputId("ScalingGroup", scalingGroupId, "scalingGroupId"),
    desired,
  }),
});

commandMutation({
  name: "setScaleInProtection",
  description: "A protected member stays when its group gets smaller.",
  input: builder.inputType("SetScaleInProtectionInput", {
    fields: (t) => ({
      guestId: t.id({ required: true }),
      enabled: t.boolean({ required: true }),
      idempotencyKey: t.string(idempotencyKey),
    }),
  }),
  payload: guestPayload("SetScaleInProtectionPayload"),
  outcome: "GUEST",
  toCommand: ({ guestId, enabled }) => ({
    kind: "SET_SCALE_IN_PROTECTION",
    guestId: inputId("Guest", guestId, "guestId"),
    enabled,
  }),
});

commandMutation({
  name: "setMemberHealth",
  description:
    "Reports what a health check found of a member. One that stays unhealthy for unhealthyAfterSeconds of its group is replaced.",
  input: builder.inputType("SetMemberHealthInput", {
    fields: (t) => ({
      guestId: t.id({ required: true }),
      healthy: t.boolean({ required: true }),
      reason: t.string({ defaultValue: "its health check says so" }),
      idempotencyKey: t.string(idempotencyKey),
    }),
  }),
  payload: guestPayload("SetMemberHealthPayload"),
  outcome: "GUEST",
  toCommand: ({ guestId, healthy, reason }) => ({
    kind: "SET_MEMBER_HEALTH",
    guestId: inputId("Guest", guestId, "guestId"),
    healthy,
    reason: reason || "its health check says so",
  }),
});

commandMutation({
  name: "putMetric",
  description:
    "Pushes a sample of a metric of a scaling group as a whole, as of now: its policies about it follow at once. Samples are no events, and gone after a restart; policies then hold until they come again.",
  input: builder.inputType("PutMetricInput", {
    fields: (t) => ({
      scalingGroupId: t.id({ required: true }),
      metric: t.string({ required: true }),
      value: t.float({ required: true }),
      idempotencyKey: t.string(idempotencyKey),
    }),
  }),
  payload: payload("PutMetricPayload"),
  outcome: "SCALING_GROUP",
  toCommand: ({ scalingGroupId, metric, value }) => ({
    kind: "PUT_METRIC",
    scalingGroupId: inputId("ScalingGroup", scalingGroupId, "scalingGroupId"),
    metric,
    value,
  }),
});
