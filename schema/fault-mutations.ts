import type { Ref } from "../src/model/ids.ts";
import { builder } from "./builder.ts";
import { commandMutation, cursorOf, type Done, idempotencyKey, refuse } from "./command.ts";
import { FaultKind } from "./enums.ts";
import { Fault } from "./fault.ts";
import { entityKey, parseGlobalId } from "./ids.ts";
import { ENTITY_TYPES } from "./loaders.ts";
import { loadRef, Node } from "./node.ts";

/** A fault's target may be of any type; the engine knows which kind strikes what. */
function target(text: string): Ref {
  const id = parseGlobalId(text);
  if (!id) throw refuse("INVALID_INPUT", `'${text.slice(0, 80)}' is not an id.`, "targetId");
  const key = entityKey(id.key);
  if (key === null || !ENTITY_TYPES.has(id.type))
    throw refuse(
      "NOT_FOUND",
      `'${text}' is the id of nothing that a fault can strike.`,
      "targetId",
    );
  return { type: id.type, id: key } as Ref;
}

commandMutation({
  name: "injectFault",
  description: "Disturbs the simulated world. UNSUPPORTED without one.",
  input: builder.inputType("InjectFaultInput", {
    fields: (t) => ({
      targetId: t.id({ required: true }),
      kind: t.field({ type: FaultKind, required: true }),
      durationSeconds: t.float({ description: "Until cleared when not given." }),
      idempotencyKey: t.string(idempotencyKey),
    }),
  }),
  payload: builder.objectRef<Done<"FAULT">>("InjectFaultPayload").implement({
    fields: (t) => ({
      fault: t.field({
        type: Fault,
        nullable: true,
        description: "Null when it is over already.",
        resolve: ({ outcome }, _args, { loaders }) =>
          outcome.faultId === null ? null : loaders.entity("Fault", outcome.faultId),
      }),
      cursor: t.field({
        type: "Cursor",
        resolve: (done, _args, context) => cursorOf(done, context),
      }),
    }),
  }),
  outcome: "FAULT",
  toCommand: (input) => ({
    kind: "INJECT_FAULT",
    fault: input.kind,
    target: target(input.targetId),
    durationSeconds: input.durationSeconds ?? null,
  }),
});

commandMutation({
  name: "clearFault",
  description: "Undoes a fault. UNSUPPORTED without a simulated world.",
  input: builder.inputType("ClearFaultInput", {
    fields: (t) => ({
      targetId: t.id({ required: true }),
      kind: t.field({ type: FaultKind, required: true }),
      idempotencyKey: t.string(idempotencyKey),
    }),
  }),
  payload: builder.objectRef<Done<"FAULT">>("ClearFaultPayload").implement({
    fields: (t) => ({
      kind: t.field({ type: FaultKind, resolve: ({ outcome }) => outcome.fault }),
      target: t.field({
        type: Node,
        nullable: true,
        resolve: ({ outcome }, _args, context) => loadRef(outcome.target, context),
      }),
      cursor: t.field({
        type: "Cursor",
        resolve: (done, _args, context) => cursorOf(done, context),
      }),
    }),
  }),
  outcome: "FAULT",
  toCommand: (input) => ({
    kind: "CLEAR_FAULT",
    fault: input.kind,
    target: target(input.targetId),
  }),
});

commandMutation({
  name: "advanceClock",
  description:
    "Moves the fleet's time. CLOCK=manual only; answers when all work due until then is committed.",
  input: builder.inputType("AdvanceClockInput", {
    fields: (t) => ({
      seconds: t.float({ required: true }),
      idempotencyKey: t.string(idempotencyKey),
    }),
  }),
  payload: builder.objectRef<Done<"CLOCK">>("AdvanceClockPayload").implement({
    fields: (t) => ({
      now: t.field({ type: "DateTime", resolve: ({ outcome }) => outcome.nowMs }),
      cursor: t.field({
        type: "Cursor",
        resolve: (done, _args, context) => cursorOf(done, context),
      }),
    }),
  }),
  outcome: "CLOCK",
  toCommand: ({ seconds }) => ({ kind: "ADVANCE_CLOCK", seconds }),
});
