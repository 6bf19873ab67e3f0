import {
  type ExecutionArgs,
  type ExecutionResult,
  execute,
  type FieldNode,
  type GraphQLError,
  getArgumentValues,
  getOperationAST,
  getVariableValues,
  Kind,
  locatedError,
} from "graphql";
import type { FleetEvent } from "../src/model/events.ts";
import type { ApiContext } from "./context.ts";
import { type EventStreamArguments, followEvents } from "./event-stream.ts";
import { EventWriters } from "./event-writer.ts";

/** Writes one `next` message's data; nothing to wait for when the client keeps up. */
type Send = (data: string) => Promise<void> | undefined;

/** A subscription that its own loop serves; the iterator ends when it does and yields nothing. */
export type Pump = AsyncGenerator<never, void, void>;

export interface PumpOptions {
  readonly send: Send;
  readonly maskError: (error: unknown) => GraphQLError;
}

/**
 * Serves `subscription { events { … } }` without executing GraphQL for events that can be written
 * straight from the log. Null when the operation is another one: then it takes the usual way, which
 * gives the same results. Throws the GraphQLError of arguments that make no sense.
 */
export function pumpEvents(args: ExecutionArgs, options: PumpOptions): Pump | null {
  const events = eventsField(args);
  if (!events) return null;
  const { field, values } = events;
  const name = (field.alias ?? field.name).value;
  const context = args.contextValue as ApiContext;
  const { epoch } = context.runtime.feed;
  if (!field.selectionSet) return null;
  const writers = new EventWriters(field.selectionSet, args.document, epoch);
  const before = `{"data":{${JSON.stringify(name)}:`;
  const executeOne = async (event: FleetEvent) => {
    const result = await execute({ ...args, rootValue: event });
    return JSON.stringify(masked(result, options.maskError));
  };
  let batches: AsyncGenerator<readonly FleetEvent[], void, void>;
  try {
    batches = followEvents(values, context);
  } catch (error) {
    throw locatedError(error, [field], [name]);
  }
  return pump(batches, async (batch, ended) => {
    for (const event of batch) {
      if (ended()) return;
      const write = writers.of(event.kind);
      const data = write ? `${before}${write(event)}}}` : await executeOne(event);
      const wait = options.send(data);
      if (wait !== undefined) await wait;
    }
  });
}

function masked(result: ExecutionResult, maskError: PumpOptions["maskError"]): object {
  const { errors, ...rest } = result;
  return errors ? { ...rest, errors: errors.map((error) => maskError(error).toJSON()) } : rest;
}

/** The one field of the operation, when it is `events`, and its arguments. */
function eventsField(
  args: ExecutionArgs,
): { field: FieldNode; values: EventStreamArguments } | null {
  const { schema, document, operationName, variableValues } = args;
  const operation = getOperationAST(document, operationName);
  const [field, ...others] = operation?.selectionSet.selections ?? [];
  if (operation?.operation !== "subscription" || field?.kind !== Kind.FIELD || others.length > 0)
    return null;
  if (field.name.value !== "events" || field.directives?.length) return null;
  const definition = schema.getSubscriptionType()?.getFields()["events"];
  const { coerced } = getVariableValues(
    schema,
    operation.variableDefinitions ?? [],
    variableValues ?? {},
  );
  if (!definition || !coerced) return null;
  try {
    return { field, values: getArgumentValues(definition, field, coerced) };
  } catch {
    // The usual way says what is wrong with them.
    return null;
  }
}

function pump<T>(
  batches: AsyncGenerator<T, void, void>,
  serve: (batch: T, ended: () => boolean) => Promise<void>,
): Pump {
  let over = false;
  const ended = () => over;
  const end = async () => {
    over = true;
    await batches.return();
  };
  const done = { done: true, value: undefined } as const;
  return {
    async next() {
      for await (const batch of batches) {
        await serve(batch, ended);
        if (over) break;
      }
      return done;
    },
    async return() {
      await end();
      return done;
    },
    async throw(error: unknown) {
      await end();
      throw error;
    },
    [Symbol.asyncIterator]() {
      return this;
    },
    [Symbol.asyncDispose]: end,
  };
}
