import type { SecurityRuleWish } from "../src/model/security.ts";
import { builder } from "./builder.ts";
import {
  commandMutation,
  cursorOf,
  type Done,
  idempotencyKey,
  inputId,
  refuse,
} from "./command.ts";
import { Direction, Protocol } from "./enums.ts";
import { payload as guestPayload } from "./guest-mutations.ts";
import { globalId } from "./ids.ts";
import { OWNER, ownerId } from "./named-inputs.ts";
import { SecurityGroup } from "./security-group.ts";
import { toGroups } from "./security-groups-input.ts";

function payload(name: string) {
  return builder.objectRef<Done<"SECURITY_GROUP">>(name).implement({
    fields: (t) => ({
      securityGroupId: t.id({
        resolve: ({ outcome }) => globalId("SecurityGroup", outcome.securityGroupId),
      }),
      securityGroup: t.field({
        type: SecurityGroup,
        nullable: true,
        description: "Null when it is gone.",
        resolve: ({ outcome }, _args, { loaders }) =>
          loaders.entity("SecurityGroup", outcome.securityGroupId),
      }),
      cursor: t.field({
        type: "Cursor",
        description: "The log position that holds all that this did: events go on after it.",
        resolve: (done, _args, context) => cursorOf(done, context),
      }),
    }),
  });
}

const RuleInput = builder.inputType("SecurityRuleInput", {
  description: "What is let through, and who is at the other end: anybody when nobody is named.",
  fields: (t) => ({
    direction: t.field({ type: Direction, required: true }),
    protocol: t.field({ type: Protocol, defaultValue: "ANY" }),
    fromPort: t.int({ description: "The first port; all of them without. TCP and UDP only." }),
    toPort: t.int({ description: "The last port; fromPort alone without." }),
    remoteCidr: t.string({ description: "An IPv4 network, as 10.0.0.0/8." }),
    remoteGroupId: t.id(),
    remoteGroup: t.string({
      description: "A group of the same tenant by its name; the group itself can be named too.",
    }),
  }),
});

const RULES =
  "All its rules. Without one for EGRESS, its members may talk to anybody: a rule that says so is added.";

/** Throws `Refused`. */
function toWish(input: typeof RuleInput.$inferInput, index: number): SecurityRuleWish {
  const { remoteGroupId, remoteGroup } = input;
  const path = ["rules", String(index), "remoteGroup"];
  if (remoteGroupId != null && remoteGroup != null)
    throw refuse("INVALID_INPUT", "Give remoteGroupId or remoteGroup, not both.", ...path);
  return {
    direction: input.direction,
    protocol: input.protocol ?? "ANY",
    fromPort: input.fromPort ?? null,
    toPort: input.toPort ?? null,
    remoteCidr: input.remoteCidr ?? null,
    remoteGroup:
      remoteGroupId == null
        ? (remoteGroup ?? null)
        : inputId("SecurityGroup", remoteGroupId, ...path.slice(0, 2), "remoteGroupId"),
  };
}

commandMutation({
  name: "createSecurityGroup",
  description: "Creates a security group. Nobody is in it yet.",
  input: builder.inputType("CreateSecurityGroupInput", {
    fields: (t) => ({
      name: t.string({ required: true }),
      tenantId: t.id(),
      tenant: t.string({ description: OWNER }),
      rules: t.field({ type: [RuleInput], description: RULES }),
      idempotencyKey: t.string(idempotencyKey),
    }),
  }),
  payload: payload("CreateSecurityGroupPayload"),
  outcome: "SECURITY_GROUP",
  toCommand: (input, context) => ({
    kind: "CREATE_SECURITY_GROUP",
    name: input.name,
    tenantId: ownerId(input, context),
    rules: (input.rules ?? []).map(toWish),
  }),
});

commandMutation({
  name: "updateSecurityGroup",
  description: "Gives a security group other rules. They are in force at once.",
  input: builder.inputType("UpdateSecurityGroupInput", {
    fields: (t) => ({
      securityGroupId: t.id({ required: true }),
      rules: t.field({ type: [RuleInput], required: true, description: RULES }),
      idempotencyKey: t.string(idempotencyKey),
    }),
  }),
  payload: payload("UpdateSecurityGroupPayload"),
  outcome: "SECURITY_GROUP",
  toCommand: ({ securityGroupId, rules }) => ({
    kind: "UPDATE_SECURITY_GROUP",
    securityGroupId: inputId("SecurityGroup", securityGroupId, "securityGroupId"),
    rules: rules.map(toWish),
  }),
});

commandMutation({
  name: "deleteSecurityGroup",
  description: "Deletes a security group that nobody is in and no other group's rules name.",
  input: builder.inputType("DeleteSecurityGroupInput", {
    fields: (t) => ({
      securityGroupId: t.id({ required: true }),
      idempotencyKey: t.string(idempotencyKey),
    }),
  }),
  payload: payload("DeleteSecurityGroupPayload"),
  outcome: "SECURITY_GROUP",
  toCommand: ({ securityGroupId }) => ({
    kind: "DELETE_SECURITY_GROUP",
    securityGroupId: inputId("SecurityGroup", securityGroupId, "securityGroupId"),
  }),
});

commandMutation({
  name: "setGuestSecurityGroups",
  description:
    "Puts a guest into these security groups of its tenant and out of all others, at once. With an empty list, nobody talks to it, nor it to anybody.",
  input: builder.inputType("SetGuestSecurityGroupsInput", {
    fields: (t) => ({
      guestId: t.id({ required: true }),
      securityGroupIds: t.idList(),
      securityGroups: t.stringList({ description: "Their names, instead of their ids." }),
      idempotencyKey: t.string(idempotencyKey),
    }),
  }),
  payload: guestPayload("SetGuestSecurityGroupsPayload"),
  outcome: "GUEST",
  toCommand: (input) => {
    const securityGroups = toGroups(input);
    if (!securityGroups)
      throw refuse("INVALID_INPUT", "Give securityGroupIds or securityGroups.", "securityGroups");
    const guestId = inputId("Guest", input.guestId, "guestId");
    return { kind: "SET_GUEST_SECURITY_GROUPS", guestId, securityGroups };
  },
});
