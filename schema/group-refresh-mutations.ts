import { REFRESH_DEFAULTS } from "../src/model/group-refresh.ts";
import { builder } from "./builder.ts";
import { commandMutation, idempotencyKey, inputId } from "./command.ts";
import {
  AUTO_ROLLBACK,
  CHECKPOINT_WAIT,
  CHECKPOINTS,
  MIN_HEALTHY,
  SKIP_MATCHING,
} from "./group-refresh.ts";
import { payload, TemplateInput, toTemplate } from "./scaling-group-mutations.ts";

commandMutation({
  name: "startGroupRefresh",
  description:
    "Replaces the members of a scaling group, a few at a time, by others of its template, or of another one that it is to have from now on. Members that are protected from scale-in, or that other guests depend on, stay as they are.",
  input: builder.inputType("StartGroupRefreshInput", {
    fields: (t) => ({
      scalingGroupId: t.id({ required: true }),
      template: t.field({ type: TemplateInput, description: "All of it; else it stays." }),
      minHealthyPercent: t.int({
        defaultValue: REFRESH_DEFAULTS.minHealthyPercent,
        description: MIN_HEALTHY,
      }),
      checkpointPercents: t.intList({ description: CHECKPOINTS }),
      checkpointWaitSeconds: t.float({
        defaultValue: REFRESH_DEFAULTS.checkpointWaitSeconds,
        description: CHECKPOINT_WAIT,
      }),
      autoRollback: t.boolean({
        defaultValue: REFRESH_DEFAULTS.autoRollback,
        description: AUTO_ROLLBACK,
      }),
      skipMatching: t.boolean({
        defaultValue: REFRESH_DEFAULTS.skipMatching,
        description: SKIP_MATCHING,
      }),
      idempotencyKey: t.string(idempotencyKey),
    }),
  }),
  payload: payload("StartGroupRefreshPayload"),
  outcome: "SCALING_GROUP",
  toCommand: (input, context) => ({
    kind: "START_GROUP_REFRESH",
    scalingGroupId: inputId("ScalingGroup", input.scalingGroupId, "scalingGroupId"),
    template: input.template ? toTemplate(input.template, context) : null,
    minHealthyPercent: input.minHealthyPercent ?? REFRESH_DEFAULTS.minHealthyPercent,
    checkpointPercents: input.checkpointPercents ?? [],
    checkpointWaitSeconds: input.checkpointWaitSeconds ?? REFRESH_DEFAULTS.checkpointWaitSeconds,
    autoRollback: input.autoRollback ?? REFRESH_DEFAULTS.autoRollback,
    skipMatching: input.skipMatching ?? REFRESH_DEFAULTS.skipMatching,
  }),
});

commandMutation({
  name: "cancelGroupRefresh",
  description:
    "Ends a refresh where it is: members and the group's template stay as they are by then.",
  input: builder.inputType("CancelGroupRefreshInput", {
    fields: (t) => ({
      scalingGroupId: t.id({ required: true }),
      idempotencyKey: t.string(idempotencyKey),
    }),
  }),
  payload: payload("CancelGroupRefreshPayload"),
  outcome: "SCALING_GROUP",
  toCommand: ({ scalingGroupId }) => ({
    kind: "CANCEL_GROUP_REFRESH",
    scalingGroupId: inputId("ScalingGroup", scalingGroupId, "scalingGroupId"),
  }),
});

commandMutation({
  name: "rollBackGroupRefresh",
  description:
    "Takes a refresh back that goes on, has failed or was cancelled: the group has the template before again, and members of the other one are replaced as in a refresh.",
  input: builder.inputType("RollBackGroupRefreshInput", {
    fields: (t) => ({
      scalingGroupId: t.id({ required: true }),
      idempotencyKey: t.string(idempotencyKey),
    }),
  }),
  payload: payload("RollBackGroupRefreshPayload"),
  outcome: "SCALING_GROUP",
  toCommand: ({ scalingGroupId }) => ({
    kind: "ROLL_BACK_GROUP_REFRESH",
    scalingGroupId: inputId("ScalingGroup", scalingGroupId, "scalingGroupId"),
  }),
});
