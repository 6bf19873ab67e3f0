import type { Command } from "../src/model/commands.ts";
import { GUEST_DEFAULTS } from "../src/model/fleet.ts";
import { DEFAULT_GROUP } from "../src/model/security.ts";
import { AllocationInput, toAllocation } from "./allocation.ts";
import { builder } from "./builder.ts";
import { commandMutation, cursorOf, type Done, idempotencyKey, inputId } from "./command.ts";
import { DesiredState, Priority } from "./enums.ts";
import { Guest } from "./guest.ts";
import { globalId } from "./ids.ts";
import { needed, OWNER, oneOf, ownerId } from "./named-inputs.ts";
import { Operation } from "./operation.ts";
import { ResourcesInput, toAmounts } from "./resources.ts";
import { toGroups } from "./security-groups-input.ts";

export function payload(name: string) {
  return builder.objectRef<Done<"GUEST">>(name).implement({
    fields: (t) => ({
      guestId: t.id({ resolve: ({ outcome }) => globalId("Guest", outcome.guestId) }),
      guest: t.field({
        type: Guest,
        nullable: true,
        description: "Null when it is gone.",
        resolve: ({ outcome }, _args, { loaders }) => loaders.entity("Guest", outcome.guestId),
      }),
      operation: t.field({
        type: Operation,
        nullable: true,
        description: "Where the work goes on; null when there is none left to do.",
        resolve: ({ outcome }, _args, { loaders }) =>
          loaders.entity("Operation", outcome.operationId),
      }),
      cursor: t.field({
        type: "Cursor",
        description: "The log position that holds all that this did: events go on after it.",
        resolve: cursorAt,
      }),
    }),
  });
}
const cursorAt = (done: Done<"GUEST">, _args: object, context: Parameters<typeof cursorOf>[1]) =>
  cursorOf(done, context);

const GuestActionInput = builder.inputType("GuestActionInput", {
  fields: (t) => ({
    guestId: t.id({ required: true }),
    idempotencyKey: t.string(idempotencyKey),
  }),
});

type GuestVerb = Extract<Command, { guestId: unknown }>["kind"] & `${string}_GUEST`;

function guestVerb(
  name: string,
  kind: Exclude<GuestVerb, "RESIZE_GUEST" | "MIGRATE_GUEST">,
  description: string,
): void {
  commandMutation({
    name,
    description,
    input: GuestActionInput,
    payload: payload(`${name[0]?.toUpperCase()}${name.slice(1)}Payload`),
    outcome: "GUEST",
    toCommand: ({ guestId }) => ({ kind, guestId: inputId("Guest", guestId, "guestId") }),
  });
}

guestVerb("startGuest", "START_GUEST", "Places a stopped guest and boots it.");
guestVerb("stopGuest", "STOP_GUEST", "Shuts a guest down; it stays down until started.");
guestVerb("suspendGuest", "SUSPEND_GUEST", "Freezes a running guest where it is.");
guestVerb("resumeGuest", "RESUME_GUEST", "Lets a suspended guest go on.");
guestVerb("rebootGuest", "REBOOT_GUEST", "Boots a running guest anew, where it is.");
guestVerb("deleteGuest", "DELETE_GUEST", "Stops a guest and forgets it.");

commandMutation({
  name: "resizeGuest",
  description:
    "Gives a guest another size: a flavor, or resources one by one. Its allocation stays, as far as its size allows.",
  input: builder.inputType("ResizeGuestInput", {
    fields: (t) => ({
      guestId: t.id({ required: true }),
      flavorId: t.id(),
      flavor: t.string({ description: "The flavor's name, instead of its id." }),
      resources: t.field({ type: ResourcesInput, description: "Instead of a flavor." }),
      idempotencyKey: t.string(idempotencyKey),
    }),
  }),
  payload: payload("ResizeGuestPayload"),
  outcome: "GUEST",
  toCommand: (input, context) => ({
    kind: "RESIZE_GUEST",
    guestId: inputId("Guest", input.guestId, "guestId"),
    flavorId: oneOf("Flavor", input.flavorId, input.flavor, "flavor", context),
    resources: input.resources ? toAmounts(input.resources) : null,
  }),
});

commandMutation({
  name: "migrateGuest",
  description: "Moves a running guest to another host without stopping it.",
  input: builder.inputType("MigrateGuestInput", {
    fields: (t) => ({
      guestId: t.id({ required: true }),
      hostId: t.id({ description: "Where to; the best place when not given." }),
      idempotencyKey: t.string(idempotencyKey),
    }),
  }),
  payload: payload("MigrateGuestPayload"),
  outcome: "GUEST",
  toCommand: ({ guestId, hostId }) => ({
    kind: "MIGRATE_GUEST",
    guestId: inputId("Guest", guestId, "guestId"),
    hostId: hostId == null ? null : inputId("Host", hostId, "hostId"),
  }),
});

commandMutation({
  name: "createGuest",
  description: "Creates a guest. What is named can be given by id or by name.",
  input: builder.inputType("CreateGuestInput", {
    fields: (t) => ({
      name: t.string({ required: true }),
      tenantId: t.id(),
      tenant: t.string({ description: OWNER }),
      flavorId: t.id(),
      flavor: t.string(),
      resources: t.field({ type: ResourcesInput, description: "Instead of a flavor." }),
      imageId: t.id(),
      image: t.string(),
      hostId: t.id({ description: "Its home: preferred while that host is up." }),
      host: t.string(),
      desired: t.field({ type: DesiredState, defaultValue: GUEST_DEFAULTS.desired }),
      priority: t.field({ type: Priority, defaultValue: GUEST_DEFAULTS.priority }),
      dependsOn: t.idList({ description: "Guests that must run before this one starts." }),
      maxRestarts: t.int({ defaultValue: GUEST_DEFAULTS.maxRestarts }),
      maxRelocations: t.int({ defaultValue: GUEST_DEFAULTS.maxRelocations }),
      failback: t.boolean({ defaultValue: GUEST_DEFAULTS.failback }),
      readyAfterSeconds: t.float({ defaultValue: GUEST_DEFAULTS.readyAfterSeconds }),
      preemptible: t.boolean({ defaultValue: GUEST_DEFAULTS.preemptible }),
      securityGroupIds: t.idList(),
      securityGroups: t.stringList({
        description: `Names of security groups of its tenant; "${DEFAULT_GROUP}" alone by default.`,
      }),
      allocation: t.field({
        type: AllocationInput,
        description: "Its part of its host; as its flavor says when not given.",
      }),
      idempotencyKey: t.string(idempotencyKey),
    }),
  }),
  payload: payload("CreateGuestPayload"),
  outcome: "GUEST",
  toCommand: (input, context) => ({
    kind: "CREATE_GUEST",
    name: input.name,
    tenantId: ownerId(input, context),
    flavorId: oneOf("Flavor", input.flavorId, input.flavor, "flavor", context),
    resources: input.resources ? toAmounts(input.resources) : null,
    imageId: needed(oneOf("Image", input.imageId, input.image, "image", context), "image"),
    desired: input.desired ?? GUEST_DEFAULTS.desired,
    homeHostId: oneOf("Host", input.hostId, input.host, "host", context),
    priority: input.priority ?? GUEST_DEFAULTS.priority,
    dependsOn: (input.dependsOn ?? []).map((id, index) =>
      inputId("Guest", id, "dependsOn", String(index)),
    ),
    maxRestarts: input.maxRestarts ?? GUEST_DEFAULTS.maxRestarts,
    maxRelocations: input.maxRelocations ?? GUEST_DEFAULTS.maxRelocations,
    failback: input.failback ?? GUEST_DEFAULTS.failback,
    readyAfterSeconds: input.readyAfterSeconds ?? GUEST_DEFAULTS.readyAfterSeconds,
    preemptible: input.preemptible ?? GUEST_DEFAULTS.preemptible,
    workload: null,
    securityGroups: toGroups(input),
    allocation: input.allocation ? toAllocation(input.allocation) : null,
  }),
});

commandMutation({
  name: "setGuestAllocation",
  description:
    "Sets what a guest is guaranteed, given at most, and how much it weighs where CPU is short. In force at once.",
  input: builder.inputType("SetGuestAllocationInput", {
    fields: (t) => ({
      guestId: t.id({ required: true }),
      allocation: t.field({ type: AllocationInput, required: true }),
      idempotencyKey: t.string(idempotencyKey),
    }),
  }),
  payload: payload("SetGuestAllocationPayload"),
  outcome: "GUEST",
  toCommand: ({ guestId, allocation }) => ({
    kind: "SET_GUEST_ALLOCATION",
    guestId: inputId("Guest", guestId, "guestId"),
    allocation: toAllocation(allocation),
  }),
});
