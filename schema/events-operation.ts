import {
  type DocumentNode,
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
  visit,
} from "graphql";
import type { EventKind, FleetEvent } from "../src/model/events.ts";
import type { Seq } from "../src/model/ids.ts";
import type { ApiContext } from "./context.ts";
import { cursorToResume } from "./cursor.ts";
import { type LogFilter, toLogFilter } from "./event-filter.ts";
import type { EventStreamArguments } from "./event-stream.ts";
import { EventWriters } from "./event-writer.ts";

/** What the operation is executed with when it has to be. */
export interface EventsOperationOptions {
  /** A context for each execution: none shows what another one has read. */
  readonly newContext: () => ApiContext;
  readonly maskError: (error: unknown) => GraphQLError;
}

/** One `subscription { events { … } }`. */
export interface EventsOperation {
  /** The same for all operations that have the same results, whoever may see them and from wherever on. */
  readonly likeness: string;
  /** What comes after this is wanted. */
  readonly after: Seq;
  readonly filter: LogFilter;
  /** To be shown every event after `after`, in order; tells those that its principal sees and wants. */
  passes(): (event: FleetEvent) => boolean;
  /** Makes its results; one that is kept serves all that are alike. */
  results(): EventResults;
}

export interface EventResults {
  /** Written straight from the log: `resultOf` such an event is nothing to wait for. */
  isWritten(kind: EventKind): boolean;
  /** The result for an event that passes, as JSON. */
  resultOf(event: FleetEvent): string | Promise<string>;
}

/**
 * Null when the operation is another one: then it takes the usual way, which gives the same results.
 * Throws the GraphQLError of arguments that make no sense.
 */
export function eventsOperation(
  args: ExecutionArgs,
  { newContext, maskError }: EventsOperationOptions,
): EventsOperation | null {
  const events = eventsField(args);
  const selectionSet = events?.field.selectionSet;
  if (!events || !selectionSet) return null;
  const { field, values } = events;
  const name = (field.alias ?? field.name).value;
  const context = newContext();
  const { feed, sight, queries } = context.runtime;
  const before = `{"data":{${JSON.stringify(name)}:`;
  const executed = async (event: FleetEvent) => {
    const result = await execute({ ...args, rootValue: event, contextValue: newContext() });
    return JSON.stringify(masked(result, maskError));
  };
  try {
    const after = values.after == null ? feed.head() : cursorToResume(values.after, feed);
    const filter = toLogFilter(values.filter, context);
    return {
      likeness: likenessOf(args, field, values),
      after,
      filter,
      passes: () => {
        const { sees, tenantId } = sight;
        if (Object.keys(filter).length === 0) return sees;
        const wants = queries.reader.predicate(filter, after);
        return tenantId === null ? wants : (event) => sees(event) && wants(event);
      },
      results: () => {
        const writers = new EventWriters(selectionSet, args.document, feed.epoch);
        return {
          isWritten: (kind) => writers.of(kind) !== null,
          resultOf: (event) => {
            const write = writers.of(event.kind);
            const told = sight.told(event);
            return write ? `${before}${write(told)}}}` : executed(told);
          },
        };
      },
    };
  } catch (error) {
    throw locatedError(error, [field], [name]);
  }
}

function masked(result: ExecutionResult, maskError: EventsOperationOptions["maskError"]): object {
  const { errors, ...rest } = result;
  return errors ? { ...rest, errors: errors.map((error) => maskError(error).toJSON()) } : rest;
}

const DOCUMENTS = new WeakMap<DocumentNode, number>();
let documents = 0;

/** Documents are parsed once, so that the same text is the same object. */
function numberOf(document: DocumentNode): number {
  const known = DOCUMENTS.get(document);
  if (known !== undefined) return known;
  DOCUMENTS.set(document, ++documents);
  return documents;
}

function likenessOf(args: ExecutionArgs, field: FieldNode, { filter }: EventStreamArguments) {
  const { document, operationName, variableValues } = args;
  const inside = usesVariables(document, field) ? variableValues : null;
  return JSON.stringify([numberOf(document), operationName ?? null, filter ?? null, inside]);
}

/** In what is selected, as opposed to the arguments of `events` itself. */
function usesVariables(document: DocumentNode, events: FieldNode): boolean {
  let uses = false;
  visit(document, {
    VariableDefinition: () => false,
    Argument: (_node, _key, parent) => (parent === events.arguments ? false : undefined),
    Variable: () => {
      uses = true;
    },
  });
  return uses;
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
