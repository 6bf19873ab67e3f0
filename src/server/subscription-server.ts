import { type ExecutionArgs, type ExecutionResult, GraphQLError } from "graphql";
import { type Context, makeServer, type Server, type SubscribePayload } from "graphql-ws";
import { pumpEvents } from "../../schema/event-pump.ts";
import type { Graphql } from "./graphql.ts";
import { maskError } from "./masking.ts";
import type { Outbox } from "./outbox.ts";

export interface SubscriptionOptions {
  readonly graphql: Graphql;
  readonly onError: (error: unknown) => void;
}

/** What belongs to one connection. */
export interface Connection {
  readonly outbox: Outbox;
}

/** Yoga's own functions for one operation, carried in the place that graphql-ws hands through. */
interface Engine {
  /** Sends a `next` message of this operation. */
  readonly send: (payload: string) => Promise<void> | undefined;
  readonly execute: (args: ExecutionArgs) => ReturnType<NonNullable<ServerFunctions["execute"]>>;
  readonly subscribe: (
    args: ExecutionArgs,
  ) => ReturnType<NonNullable<ServerFunctions["subscribe"]>>;
}
type ServerFunctions = Parameters<typeof makeServer>[0];

/** The graphql-transport-ws protocol, with yoga doing the GraphQL. */
export function createSubscriptionServer(options: SubscriptionOptions): Server<Connection> {
  return makeServer<undefined, Connection>({
    execute: (args) => (args.rootValue as Engine).execute(args),
    subscribe: (args) => subscribe(args, options),
    onSubscribe: (context, id, payload) => operationOf(options.graphql, context, id, payload),
    onError: (_context, _id, _payload, errors) =>
      errors.flatMap((error) => toldErrors(error, options.onError)),
  });
}

async function subscribe(args: ExecutionArgs, { onError }: SubscriptionOptions) {
  const engine = args.rootValue as Engine;
  try {
    const { send } = engine;
    const pump = pumpEvents(args, { send, maskError: (error) => maskError(error, onError) });
    if (pump) return pump;
  } catch (error) {
    if (!(error instanceof GraphQLError)) throw error;
    return refused([maskError(error, onError)]);
  }
  const result = await engine.subscribe(args);
  return isRefusal(result) ? refused(result.errors) : result;
}

async function operationOf(
  graphql: Graphql,
  context: Context<undefined, Connection>,
  id: string,
  payload: SubscribePayload,
): Promise<ExecutionArgs | readonly GraphQLError[]> {
  const { outbox } = context.extra;
  const before = `{"id":${JSON.stringify(id)},"type":"next","payload":`;
  const send = (result: string) => outbox.send(`${before}${result}}`);
  const engine = graphql.getEnveloped({ connection: context.extra, params: payload });
  try {
    const document = engine.parse(payload.query);
    const errors = engine.validate(engine.schema, document);
    if (errors.length > 0) return errors as readonly GraphQLError[];
    return {
      schema: engine.schema,
      document,
      operationName: payload.operationName,
      variableValues: payload.variables,
      contextValue: await engine.contextFactory(),
      rootValue: { send, execute: engine.execute, subscribe: engine.subscribe },
    };
  } catch (error) {
    if (error instanceof GraphQLError) return [error];
    throw error;
  }
}

/** A subscription that could not begin, such as one from a cursor that has expired. */
class SubscriptionRefused extends Error {
  readonly errors: readonly GraphQLError[];
  constructor(errors: readonly GraphQLError[]) {
    super(errors[0]?.message);
    this.errors = errors;
  }
}

function isRefusal(result: unknown): result is { errors: readonly GraphQLError[] } {
  return typeof result === "object" && result !== null && "errors" in result;
}

/**
 * As a stream that fails at once: graphql-ws would tell a result without data as one more `next`
 * message, where the protocol has `error` for operations that never began.
 */
function refused(errors: readonly GraphQLError[]): AsyncIterable<ExecutionResult> {
  return {
    [Symbol.asyncIterator]: () => ({
      next: () => Promise.reject(new SubscriptionRefused(errors)),
    }),
  };
}

function toldErrors(error: GraphQLError, report: (error: unknown) => void) {
  const { originalError } = error;
  if (originalError instanceof SubscriptionRefused)
    return originalError.errors.map((refusal) => refusal.toJSON());
  return [maskError(error, report).toJSON()];
}
