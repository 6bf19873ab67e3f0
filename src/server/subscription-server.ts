import { type ExecutionArgs, type ExecutionResult, GraphQLError } from "graphql";
import { type Context, makeServer, type Server, type SubscribePayload } from "graphql-ws";
import { type ApiContext, audienceOf } from "../../schema/context.ts";
import { eventsOperation } from "../../schema/events-operation.ts";
import type { FanOut } from "./fan-out/fan-out.ts";
import type { Graphql } from "./graphql.ts";
import type { CostReport } from "./limits/admission.ts";
import { rateLimited, retold } from "./limits/errors.ts";
import type { Gate } from "./limits/gate.ts";
import { mayIntrospect, withoutSuggestion } from "./limits/introspection.ts";
import { withCost } from "./limits/plugin.ts";
import { maskError } from "./masking.ts";
import type { Outbox } from "./outbox.ts";

export interface SubscriptionOptions {
  readonly graphql: Graphql;
  readonly gate: Gate;
  readonly fanOut: FanOut;
  /** What an operation of this connection sees. */
  readonly newContext: () => ApiContext;
  readonly onError: (error: unknown) => void;
}

/** What belongs to one connection. */
export interface Connection {
  readonly outbox: Outbox;
  /** It counts as one of its principal's until this is called. */
  leave?: () => void;
}

/** Close code for "try again later" (IANA's registry of WebSocket close codes). */
const TRY_AGAIN_LATER = 1013;

/** Yoga's own functions for one operation, carried in the place that graphql-ws hands through. */
interface Engine {
  readonly id: string;
  readonly outbox: Outbox;
  readonly cost: CostReport;
  readonly contextFactory: () => unknown;
  readonly execute: (args: ExecutionArgs) => ReturnType<NonNullable<ServerFunctions["execute"]>>;
  readonly subscribe: (
    args: ExecutionArgs,
  ) => ReturnType<NonNullable<ServerFunctions["subscribe"]>>;
}
type ServerFunctions = Parameters<typeof makeServer>[0];

/** The graphql-transport-ws protocol, with yoga doing the GraphQL. */
export function createSubscriptionServer(options: SubscriptionOptions): Server<Connection> {
  const { gate, newContext } = options;
  return makeServer<undefined, Connection>({
    connectionInitWaitTimeout: gate.limits.connectionInitMs,
    onConnect: ({ extra }) => {
      const leave = gate.enter(newContext().principal);
      if (leave) extra.leave = leave;
      else extra.outbox.close(TRY_AGAIN_LATER, "Too many connections");
    },
    onClose: ({ extra }) => extra.leave?.(),
    execute: async (args) => {
      const { execute, contextFactory, cost } = args.rootValue as Engine;
      const result = await execute({ ...args, contextValue: await contextFactory() });
      if (Symbol.asyncIterator in result) return result;
      return withCost(told(result as ExecutionResult, options), cost);
    },
    subscribe: (args) => subscribe(args, options),
    onSubscribe: (context, id, payload) => operationOf(options, context, id, payload),
    onError: (_context, _id, _payload, errors) =>
      errors.flatMap((error) => toldErrors(error, options)),
  });
}

async function subscribe(
  args: ExecutionArgs,
  { fanOut, newContext, onError }: SubscriptionOptions,
) {
  const { id, outbox, contextFactory, subscribe } = args.rootValue as Engine;
  const maskOne = (error: unknown) => maskError(error, onError);
  try {
    const operation = eventsOperation(args, { newContext, maskError: maskOne });
    if (operation) {
      // It may listen for months, and needs none of this any more.
      args.rootValue = null;
      const audience = audienceOf(newContext().principal);
      return fanOut.subscribe(operation, { id, outbox, audience });
    }
  } catch (error) {
    if (!(error instanceof GraphQLError)) throw error;
    return refused([maskOne(error)]);
  }
  const result = await subscribe({ ...args, contextValue: await contextFactory() });
  return isRefusal(result) ? refused(result.errors) : result;
}

function operationOf(
  options: SubscriptionOptions,
  context: Context<undefined, Connection>,
  id: string,
  payload: SubscribePayload,
): ExecutionArgs | readonly GraphQLError[] {
  try {
    return begun(options, context, id, payload);
  } catch (error) {
    if (error instanceof GraphQLError) return [error];
    throw error;
  }
}

/** Throws a GraphQLError of what is refused. */
function begun(
  { graphql, gate, newContext }: SubscriptionOptions,
  { extra, subscriptions }: Context<undefined, Connection>,
  id: string,
  payload: SubscribePayload,
): ExecutionArgs | readonly GraphQLError[] {
  const { principal } = newContext();
  const waitMs = gate.mustWaitMs(principal);
  if (waitMs !== null) throw rateLimited(waitMs);
  gate.checkSubscriptions(Object.keys(subscriptions).length);
  const engine = graphql.getEnveloped({ connection: extra, params: payload });
  const document = engine.parse(gate.documents.textOf(payload) ?? "");
  const errors = engine.validate(engine.schema, document);
  if (errors.length > 0) return errors as readonly GraphQLError[];
  const { schema, execute, subscribe, contextFactory } = engine;
  const { operationName, variables: variableValues } = payload;
  const cost = gate.admit({ schema, document, operationName, variableValues }, principal);
  const { outbox } = extra;
  return {
    schema,
    document,
    operationName,
    variableValues,
    // Made when it is known what for: most who listen need none of their own.
    contextValue: null,
    rootValue: { id, outbox, cost, contextFactory, execute, subscribe } satisfies Engine,
  };
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

type Telling = Pick<SubscriptionOptions, "gate" | "newContext" | "onError">;

function toldErrors(error: GraphQLError, options: Telling) {
  const { originalError } = error;
  const errors = originalError instanceof SubscriptionRefused ? originalError.errors : [error];
  return errors.map((one) => toldError(maskError(one, options.onError), options).toJSON());
}

function told(result: ExecutionResult, options: Telling): ExecutionResult {
  const { errors } = result;
  return errors ? { ...result, errors: errors.map((error) => toldError(error, options)) } : result;
}

/** No more than its client may know, and nothing that is about HTTP. */
function toldError(error: GraphQLError, { gate, newContext }: Telling): GraphQLError {
  const helps = mayIntrospect(newContext().principal, gate.limits);
  const { http, ...extensions } = error.extensions;
  const plain = http === undefined ? error : retold(error, { extensions });
  return helps ? plain : withoutSuggestion(plain);
}
