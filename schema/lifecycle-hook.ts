import { sql } from "drizzle-orm";
import {
  HOOK_DEFAULTS,
  type LifecycleHook as Hook,
  type LifecycleWait,
} from "../src/model/lifecycle-hooks.ts";
import type { guests } from "../src/store/tables.ts";
import { builder } from "./builder.ts";
import { commandMutation, idempotencyKey, inputId } from "./command.ts";
import { LifecycleResult, LifecycleTransition } from "./enums.ts";
import { Guest } from "./guest.ts";
import { payload as guestPayload } from "./guest-mutations.ts";

const TIMEOUT =
  "A member waits for so long, and for so long anew after each heartbeat: 1 second to a day.";
/** What is told when no reason is given. */
const REASONS = { CONTINUE: "it was completed", ABANDON: "it was abandoned" } as const;
const ON_TIMEOUT = "What becomes of a member for which nobody completes it in time.";

export const LifecycleHook = builder.objectRef<Hook>("LifecycleHook").implement({
  description:
    "Something outside that is to be done with a member before it serves, or before it goes.",
  fields: (t) => ({
    name: t.exposeString("name"),
    transition: t.expose("transition", { type: LifecycleTransition }),
    timeoutSeconds: t.exposeFloat("timeoutSeconds", { description: TIMEOUT }),
    onTimeout: t.expose("onTimeout", { type: LifecycleResult, description: ON_TIMEOUT }),
  }),
});

export const LifecycleHookInput = builder.inputType("LifecycleHookInput", {
  fields: (t) => ({
    name: t.string({ required: true, description: "The only one of its kind in its group." }),
    transition: t.field({ type: LifecycleTransition, required: true }),
    timeoutSeconds: t.float({
      defaultValue: HOOK_DEFAULTS.timeoutSeconds,
      description: TIMEOUT,
    }),
    onTimeout: t.field({
      type: LifecycleResult,
      defaultValue: HOOK_DEFAULTS.onTimeout,
      description: ON_TIMEOUT,
    }),
  }),
});

export function toHook({
  name,
  transition,
  timeoutSeconds,
  onTimeout,
}: typeof LifecycleHookInput.$inferInput): Hook {
  return {
    name,
    transition,
    timeoutSeconds: timeoutSeconds ?? HOOK_DEFAULTS.timeoutSeconds,
    onTimeout: onTimeout ?? HOOK_DEFAULTS.onTimeout,
  };
}

/** Of a table of guests: they wait for hooks before they go, and are no members any more. */
export const isTerminating = (table: typeof guests) =>
  sql`json_extract(${table.membership}, '$.lifecycle.transition') IS 'TERMINATING'`;
export const waitsForHooks = (table: typeof guests) =>
  sql`json_array_length(${table.membership}, '$.lifecycle.hooks') > 0`;
export const inService = (table: typeof guests) =>
  sql`json_extract(${table.membership}, '$.launchedAtMs') IS NOT NULL`;

const PendingHook = builder
  .objectRef<LifecycleWait["hooks"][number]>("PendingLifecycleHook")
  .implement({
    description: "A hook that a member waits for.",
    fields: (t) => ({
      hook: t.exposeString("hook"),
      timesOutAt: t.field({ type: "DateTime", resolve: ({ timesOutAtMs }) => timesOutAtMs }),
      latestAt: t.field({
        type: "DateTime",
        description: "No heartbeat puts it off for longer: 100 time-outs, or two days.",
        resolve: ({ latestAtMs }) => latestAtMs,
      }),
    }),
  });

const GuestLifecycle = builder.objectRef<LifecycleWait>("GuestLifecycle").implement({
  description: "What a member of a scaling group waits for.",
  fields: (t) => ({
    transition: t.expose("transition", { type: LifecycleTransition }),
    hooks: t.expose("hooks", { type: [PendingHook], description: "Those not completed yet." }),
    abandoned: t.exposeString("abandoned", {
      nullable: true,
      description: "Why it is not to serve: a hook of its launch was abandoned. It is replaced.",
    }),
  }),
});

builder.drizzleObjectField(Guest, "lifecycle", (t) =>
  t.field({
    type: GuestLifecycle,
    nullable: true,
    description: "The hooks of its scaling group that it waits for; null for none.",
    resolve: ({ membership }) => membership?.lifecycle ?? null,
  }),
);

commandMutation({
  name: "completeLifecycleAction",
  description:
    "Tells that what a hook is there for has been done with a member (CONTINUE), or can't be (ABANDON: one that launches is replaced; one that terminates goes without its other hooks).",
  input: builder.inputType("CompleteLifecycleActionInput", {
    fields: (t) => ({
      guestId: t.id({ required: true }),
      hook: t.string({ required: true, description: "Its name." }),
      result: t.field({ type: LifecycleResult, required: true }),
      reason: t.string({ description: "Told in the events." }),
      idempotencyKey: t.string(idempotencyKey),
    }),
  }),
  payload: guestPayload("CompleteLifecycleActionPayload"),
  outcome: "GUEST",
  toCommand: ({ guestId, hook, result, reason }) => ({
    kind: "COMPLETE_LIFECYCLE_ACTION",
    guestId: inputId("Guest", guestId, "guestId"),
    hook,
    result,
    reason: reason || REASONS[result],
  }),
});

commandMutation({
  name: "recordLifecycleHeartbeat",
  description:
    "Tells that what a hook is there for takes longer: its time-out begins anew, up to 100 time-outs or two days in all, whichever is less.",
  input: builder.inputType("RecordLifecycleHeartbeatInput", {
    fields: (t) => ({
      guestId: t.id({ required: true }),
      hook: t.string({ required: true, description: "Its name." }),
      idempotencyKey: t.string(idempotencyKey),
    }),
  }),
  payload: guestPayload("RecordLifecycleHeartbeatPayload"),
  outcome: "GUEST",
  toCommand: ({ guestId, hook }) => ({
    kind: "RECORD_LIFECYCLE_HEARTBEAT",
    guestId: inputId("Guest", guestId, "guestId"),
    hook,
  }),
});
