import { brandWithType, type ObjectRef } from "@pothos/core";
import type { Command, Outcome } from "../src/model/commands.ts";
import type { EntityType, IdTypes, Seq } from "../src/model/ids.ts";
import { LIMITS } from "../src/model/limits.ts";
import { formatCursor } from "../src/model/log.ts";
import type { Rejection } from "../src/model/rejections.ts";
import { auditRefusal } from "./audit.ts";
import { builder, type SchemaTypes } from "./builder.ts";
import type { ApiContext } from "./context.ts";
import { costs } from "./cost.ts";
import { entityKey, parseGlobalId } from "./ids.ts";
import { asError, ERROR_TYPES } from "./mutation-errors.ts";

/** Thrown while an input becomes a command: answered as the typed error that it carries. */
export class Refused extends Error {
  readonly rejection: Rejection;
  constructor(rejection: Rejection) {
    super(rejection.message);
    this.rejection = rejection;
  }
}

export function refuse(code: Rejection["code"], message: string, ...path: string[]): Refused {
  return new Refused({ code, message, path });
}

/** The number behind an id of the input. Whether there still is such a thing is the engine's to say. */
export function inputId<T extends EntityType>(
  type: T,
  text: string,
  ...path: string[]
): IdTypes[T] {
  const id = parseGlobalId(text);
  if (!id) throw refuse("INVALID_INPUT", `'${text.slice(0, 80)}' is not an id.`, ...path);
  const key = entityKey(id.key);
  if (id.type !== type || key === null)
    throw refuse("NOT_FOUND", `'${text}' is not the id of a ${type}.`, ...path);
  return key as IdTypes[T];
}

export interface Done<K extends Outcome["kind"]> {
  readonly outcome: Extract<Outcome, { kind: K }>;
  readonly seq: Seq;
}

/** The log position that holds all that the mutation did. */
export function cursorOf({ seq }: { readonly seq: Seq }, { runtime }: ApiContext): string {
  return formatCursor(runtime.feed.epoch, seq);
}

export const idempotencyKey = {
  description: "The same key and input again answers the first result and does nothing twice.",
} as const;

interface Keyed {
  readonly idempotencyKey?: string | null | undefined;
}

interface MutationOf<Input extends Keyed, K extends Outcome["kind"]> {
  readonly name: string;
  readonly description: string;
  readonly input: PothosSchemaTypes.InputObjectRef<SchemaTypes, Input>;
  readonly payload: ObjectRef<SchemaTypes, Done<K>>;
  readonly outcome: K;
  /** Throws `Refused`. */
  toCommand(input: Input, context: ApiContext): Command;
  /** Says more about a rejection than the engine could. */
  explain?(rejection: Rejection, input: Input, context: ApiContext): Rejection;
}

/** A mutation that is one command: input object in, union of payload and typed errors out. */
export function commandMutation<Input extends Keyed, K extends Outcome["kind"]>(
  mutation: MutationOf<Input, K>,
): void {
  const { name, description, input, payload } = mutation;
  const result = builder.unionType(`${name[0]?.toUpperCase()}${name.slice(1)}Result`, {
    types: [payload, ...ERROR_TYPES] as ObjectRef<SchemaTypes, Done<K> | Rejection>[],
  });
  builder.mutationField(name, (t) =>
    t.field({
      type: result,
      description,
      args: { input: t.arg({ type: input, required: true }) },
      // A transaction, and the writer's time.
      extensions: costs({ own: 10 }),
      resolve: async (_root, args, context) => {
        const answer = await run(mutation, (args as unknown as { input: Input }).input, context);
        if ("outcome" in answer) brandWithType(answer, payload.name as never);
        return answer;
      },
    }),
  );
}

async function run<Input extends Keyed, K extends Outcome["kind"]>(
  mutation: MutationOf<Input, K>,
  input: Input,
  context: ApiContext,
): Promise<Done<K> | Rejection> {
  try {
    checkKey(input.idempotencyKey);
    const result = await context.runtime.commands.submit({
      command: mutation.toCommand(input, context),
      actor: context.actor,
      idempotencyKey: input.idempotencyKey ?? null,
    });
    if (result.ok) return { outcome: result.outcome, seq: result.seq } as Done<K>;
    const rejection = mutation.explain?.(result.rejection, input, context) ?? result.rejection;
    return asError(belowInput(rejection));
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    await auditRefusal(mutation.name, error.rejection, context);
    return asError(belowInput(error.rejection));
  }
}

function belowInput(rejection: Rejection): Rejection {
  return rejection.path.length === 0
    ? rejection
    : { ...rejection, path: ["input", ...rejection.path] };
}

function checkKey(key: string | null | undefined): void {
  if (key == null || (key.length > 0 && key.length <= LIMITS.idempotencyKeyLength)) return;
  throw refuse(
    "INVALID_INPUT",
    `An idempotency key has 1 to ${LIMITS.idempotencyKeyLength} characters.`,
    "idempotencyKey",
  );
}
