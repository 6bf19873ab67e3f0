import { type ExecutionArgs, type ExecutionResult, GraphQLError } from "graphql";
import { type Context, makeServer, type Server, type SubscribePayload } from "graphql-ws";
import { type ApiContext, audienceOf } from "../../schema/context.ts";
import { eventsOperation } from "../../schema/events-operation.ts";
import type { FanOut } from "./fan-out/fan-out.ts";
import type { Graphql } from "./graphql.ts";
import { maskError } from "./masking.ts";
import { type OperationReport, reportOf } from "./metrics/operation-report.ts";
import type { Outbox } from "./outbox.ts";

export interface SubscriptionOptions {
  readonly graphql: Graphql;
  readonly fanOut: FanOut;
  readonly onOperation: (report: OperationReport) => void;
  /** What an operation of this connection sees. */
  readonly newContext: () => ApiContext;
  readonly onError: (error: unknown) => void;
}

/** What belongs to one connection. */
export interface Connection {
  readonly outbox: Outbox;
}

/** Yoga's own functions for one operation, carried in the place that graphql-ws hands through. */
interface Engine {
  readonly id: string;
  readonly outbox: Outbox;
  readonly contextFactory: () => unknown;
  readonly execute: (args: ExecutionArgs) => ReturnType<NonNullable<ServerFunctions["execute"]>>;
  readonly subscribe: (
    args: ExecutionArgs,
  ) => ReturnType<NonNullable<ServerFunctions["subscribe"]>>;
}
type ServerFunctions = Parameters<typeof makeServer>[0];

/** The graphql-transport-ws protocol, with yoga doing the GraphQL. */
export function createSubscriptionServer(options: SubscriptionOptions): Server<Connection> {
  return makeServer<undefined, Connection>({
    execute: async (args) => {
      const { execute, contextFactory } = args.rootValue as Engine;
      return execute({ ...args, contextValue: await contextFactory() });
    },
    subscribe: (args) => subscribe(args, options),
    onSubscribe: (context, id, payload) => operationOf(options.graphql, context, id, payload),
    onError: (_context, _id, _payload, errors) =>
      errors.flatMap((error) => toldErrors(error, options.onError)),
  });
}

async function subscribe(
  args: ExecutionArgs,
  { fanOut, onOperation, newContext, onError }: SubscriptionOptions,
) {
  const begunMs = performance.now();
  const { id, outbox, contextFactory, subscribe } = args.rootValue as Engine;
  const maskOne = (error: unknown) => maskError(error, onError);
  try {
    const operation = eventsOperation(args, { newContext, maskError: maskOne });
    if (operation) {
      // It may listen for months, and needs none of this any more.
      args.rootValue = null;
      const audience = audienceOf(newContext().principal);
      const member = fanOut.subscribe(operation, { id, outbox, audience });
      onOperation(reportOf({ ...args, contextValue: newContext() }, "ok", begunMs));
      return member;
    }
  } catch (error) {
    if (!(error instanceof GraphQLError)) throw error;
    onOperation(reportOf({ ...args, contextValue: newContext() }, "error", begunMs));
    return refused([maskOne(error)]);
  }
  const result = await subscribe({ ...args, contextValue: await contextFactory() });
  return isRefusal(result) ? refused(result.errors) : result;
}

function operationOf(
  graphql: Graphql,
  context: Context<undefined, Connection>,
  id: string,
  payload: SubscribePayload,
): ExecutionArgs | readonly GraphQLError[] {
  const { outbox } = context.extra;
  const engine = graphql.getEnveloped({ connection: context.extra, params: payload });
  try {
    const document = engine.parse(payload.query);
    const errors = engine.validate(engine.schema, document);
    if (errors.length > 0) return errors as readonly GraphQLError[];
    const { execute, subscribe, contextFactory } = engine;
    return {
      schema: engine.schema,
      document,
      operationName: payload.operationName,
      variableValues: payload.variables,
      // Made when it is known what for: most who listen need none of their own.
      contextValue: null,
      rootValue: { id, outbox, contextFactory, execute, subscribe } satisfies Engine,
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
