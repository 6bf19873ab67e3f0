import { type ExecutionArgs, type ExecutionResult, GraphQLError } from "graphql";
import { type Context, makeServer, type Server, type SubscribePayload } from "graphql-ws";
import type { Principal } from "../model/principals.ts";
import type { Authenticator } from "./authentication/authenticator.ts";
import { type Session, Unauthenticated } from "./authentication/session.ts";
import type { Sessions } from "./authentication/sessions.ts";
import type { FanOut } from "./fan-out/fan-out.ts";
import type { Graphql } from "./graphql.ts";
import type { CostReport } from "./limits/admission.ts";
import { rateLimited, withoutStatus } from "./limits/errors.ts";
import type { Gate } from "./limits/gate.ts";
import { mayIntrospect, withoutSuggestion } from "./limits/introspection.ts";
import { withCost } from "./limits/plugin.ts";
import { maskError } from "./masking.ts";
import { type OperationReport, outcomeOf, reportOf } from "./metrics/operation-report.ts";
import { onBehalfOf } from "./request-id.ts";
import { SocketLine, type SocketOutbox } from "./socket-outbox.ts";

export interface SubscriptionOptions {
  readonly graphql: Graphql;
  readonly gate: Gate;
  readonly fanOut: FanOut;
  readonly authenticator: Authenticator;
  readonly sessions: Sessions;
  readonly onOperation: (report: OperationReport) => void;
  readonly onError: (error: unknown) => void;
}

/** What belongs to one connection. */
export interface Connection {
  readonly outbox: SocketOutbox;
  /** That of its upgrade. */
  readonly requestId: string;
  /** As the upgrade's header had it. */
  readonly authorization: string | null;
  /** Null until it is known whose connection it is. */
  session: Session | null;
  /** It counts as one of its principal's until this is called; null before and after that. */
  leave: (() => void) | null;
}

/** Close code for "try again later" (IANA's registry of WebSocket close codes). */
const TRY_AGAIN_LATER = 1013;
/** What graphql-transport-ws closes a connection with that is not accepted. */
const FORBIDDEN = 4403;

/** Yoga's own functions for one operation, carried in the place that graphql-ws hands through. */
interface Engine {
  readonly id: string;
  readonly connection: Connection;
  readonly principal: Principal;
  readonly cost: CostReport;
  readonly contextFactory: () => unknown;
  readonly execute: (args: ExecutionArgs) => ReturnType<NonNullable<ServerFunctions["execute"]>>;
}
type ServerFunctions = Parameters<typeof makeServer>[0];

/**
 * The graphql-transport-ws protocol, with yoga doing the GraphQL. On behalf of the request is done what ends
 * soon, and not what waits for months.
 */
export function createSubscriptionServer(options: SubscriptionOptions): Server<Connection> {
  const { gate } = options;
  return makeServer<undefined, Connection>({
    connectionInitWaitTimeout: gate.limits.connectionInitMs,
    onConnect: ({ extra, connectionParams }) =>
      onBehalfOf(extra.requestId, () => letIn(extra, connectionParams, options)),
    onClose: ({ extra }) => {
      extra.leave?.();
      extra.leave = null;
    },
    execute: (args) => onBehalfOf(requestIdOf(args), () => execute(args, gate)),
    subscribe: (args) => onBehalfOf(requestIdOf(args), () => subscribe(args, options)),
    onSubscribe: (context, id, payload) =>
      onBehalfOf(context.extra.requestId, () => operationOf(options, context, id, payload)),
    onError: ({ extra }, _id, _payload, errors) =>
      onBehalfOf(extra.requestId, () =>
        errors.flatMap((error) => toldErrors(error, principalOf(extra), options)),
      ),
  });
}

/** False when it is closed for being nobody's. */
async function letIn(
  connection: Connection,
  params: Readonly<Record<string, unknown>> | undefined,
  { gate, authenticator, sessions }: SubscriptionOptions,
): Promise<boolean> {
  const { outbox } = connection;
  try {
    const session = await authenticator.authenticate(
      authorizationIn(params) ?? connection.authorization,
    );
    const leave = gate.enter(session.principal);
    if (!leave) {
      outbox.close(TRY_AGAIN_LATER, "Too many connections");
      return true;
    }
    connection.session = session;
    const release = sessions.hold(session, (why) => outbox.sayGoodbye(FORBIDDEN, why));
    connection.leave = () => {
      leave();
      release();
    };
    // It may have gone meanwhile.
    if (!outbox.isOpen) connection.leave();
    return true;
  } catch (error) {
    if (!(error instanceof Unauthenticated)) throw error;
    outbox.sayGoodbye(FORBIDDEN, error.message);
    return false;
  }
}

function authorizationIn(params: Readonly<Record<string, unknown>> | undefined): string | null {
  const given = params?.["Authorization"] ?? params?.["authorization"];
  return typeof given === "string" ? given : null;
}

function principalOf({ session }: Connection): Principal {
  if (!session) throw new Error("Nobody may get here unknown");
  return session.principal;
}

function requestIdOf({ rootValue }: ExecutionArgs): string {
  return (rootValue as Engine).connection.requestId;
}

async function execute(args: ExecutionArgs, gate: Gate) {
  const { execute, contextFactory, principal, cost } = args.rootValue as Engine;
  const result = await execute({ ...args, contextValue: await contextFactory() });
  if (Symbol.asyncIterator in result) return result;
  return withCost(told(result as ExecutionResult, principal, gate), cost);
}

async function subscribe(args: ExecutionArgs, { fanOut, onOperation }: SubscriptionOptions) {
  const begunMs = performance.now();
  const { id, connection, principal } = args.rootValue as Engine;
  // It may listen for months, and needs none of this any more.
  args.rootValue = null;
  const begun = await fanOut.subscribe(args, principal, new SocketLine(connection.outbox, id));
  onOperation(reportOf({ ...args, contextValue: { principal } }, outcomeOf(begun), begunMs));
  return "errors" in begun ? refused(begun.errors) : begun;
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
  { graphql, gate }: SubscriptionOptions,
  { extra, subscriptions }: Context<undefined, Connection>,
  id: string,
  payload: SubscribePayload,
): ExecutionArgs | readonly GraphQLError[] {
  const principal = principalOf(extra);
  const waitMs = gate.mustWaitMs(principal);
  if (waitMs !== null) throw rateLimited(waitMs);
  gate.checkSubscriptions(Object.keys(subscriptions).length);
  const engine = graphql.getEnveloped({ connection: extra, params: payload });
  const document = engine.parse(gate.documents.textOf(payload) ?? "");
  const errors = engine.validate(engine.schema, document);
  if (errors.length > 0) return errors as readonly GraphQLError[];
  const { schema, execute, contextFactory } = engine;
  const { operationName, variables: variableValues } = payload;
  const cost = gate.admit({ schema, document, operationName, variableValues }, principal);
  // Kept for as long as it listens, and not read again.
  Object.assign(payload, { query: "" });
  return {
    schema,
    document,
    operationName,
    variableValues,
    // Made when it is known what for: most who listen need none of their own.
    contextValue: null,
    rootValue: { id, connection: extra, principal, cost, contextFactory, execute } satisfies Engine,
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

type Telling = Pick<SubscriptionOptions, "gate" | "onError">;

function toldErrors(error: GraphQLError, principal: Principal, { gate, onError }: Telling) {
  const { originalError } = error;
  const errors = originalError instanceof SubscriptionRefused ? originalError.errors : [error];
  return errors.map((one) => toldError(maskError(one, onError), principal, gate).toJSON());
}

function told(result: ExecutionResult, principal: Principal, gate: Gate): ExecutionResult {
  const { errors } = result;
  if (!errors) return result;
  return { ...result, errors: errors.map((error) => toldError(error, principal, gate)) };
}

/** No more than its client may know, and nothing that is about HTTP. */
function toldError(error: GraphQLError, principal: Principal, gate: Gate): GraphQLError {
  const helps = mayIntrospect(principal, gate.limits);
  const plain = withoutStatus(error);
  return helps ? plain : withoutSuggestion(plain);
}
