import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from "node:http";
import type { Damage } from "../runtime/damage.ts";
import type { Runtime } from "../runtime/ports.ts";
import type { Authenticator } from "./authentication/authenticator.ts";
import { type Session, Unauthenticated } from "./authentication/session.ts";
import type { Sessions } from "./authentication/sessions.ts";
import { sendGraphiql } from "./graphiql.ts";
import type { Graphql } from "./graphql.ts";
import { rateLimited, tooMuch } from "./limits/errors.ts";
import type { Gate } from "./limits/gate.ts";
import { mayReadMetrics } from "./metrics/access.ts";
import type { OperationReport } from "./metrics/operation-report.ts";
import type { ServerFigures } from "./metrics/server-figures.ts";
import { isSimple, letIn, PREFLIGHT_HEADER, refusal } from "./origin.ts";
import type { Replies } from "./replies/replies.ts";
import type { Reply } from "./replies/reply-cache.ts";

export const GRAPHQL_PATH = "/graphql";

export interface HttpOptions {
  readonly runtime: Runtime;
  readonly graphql: Graphql;
  readonly figures: ServerFigures;
  readonly gate: Gate;
  readonly authenticator: Authenticator;
  readonly sessions: Sessions;
  readonly replies: Replies;
  /** A query was answered without being executed; `headers` are its request's. */
  readonly onRepeated: (report: OperationReport, headers: IncomingHttpHeaders) => void;
  /** The published JSON Schema of fleet documents, as text. */
  readonly fleetSchema: string;
  readonly damage: Damage;
  readonly isStopping: () => boolean;
  readonly onError: (error: unknown) => void;
}

type Handler = (request: IncomingMessage, response: ServerResponse) => void | Promise<void>;

/** Answers HTTP requests: the API, the playground, health, and the schema of fleet documents. */
export function httpHandler(options: HttpOptions): Handler {
  const { runtime, gate, authenticator, fleetSchema, damage, isStopping } = options;
  const { allowedOrigins } = gate.limits;
  const routes: Record<string, Handler> = {
    [GRAPHQL_PATH]: (request, response) => {
      // The names in its examples are for those who may see the fleet.
      if (wantsPage(request)) return sendGraphiql(response, authenticator.isAsked ? null : runtime);
      return answerOperation(request, response, options);
    },
    "/": get((_request, response) => {
      response.writeHead(302, { Location: GRAPHQL_PATH }).end();
    }),
    "/health/live": get((_request, response) => sendJson(response, 200, { live: true })),
    "/health/ready": get((_request, response) => {
      const health = runtime.health();
      const ready = isReady(options);
      const problems = [
        ...(isStopping() ? ["The server is shutting down."] : []),
        ...(damage.problem === null ? [] : [damage.problem]),
        ...health.problems,
      ];
      const { decisionFailures } = health;
      const details = authenticator.isAsked ? {} : { problems, decisionFailures };
      sendJson(response, ready ? 200 : 503, { ready, ...details });
    }),
    "/metrics": get((request, response) => sendMetrics(request, response, options)),
    "/fleet.schema.json": get((_request, response) => {
      response.writeHead(200, { "Content-Type": "application/schema+json" }).end(fleetSchema);
    }),
  };
  return async (request, response) => {
    try {
      const reason = refusal(request, allowedOrigins, authenticator.isAsked);
      if (reason) return sendError(response, 403, { message: reason });
      letIn(request, response, allowedOrigins);
      if (isPreflight(request)) {
        response.writeHead(204).end();
        return;
      }
      const handler = routes[pathOf(request)];
      if (!handler) return sendError(response, 404, { message: "There is nothing here." });
      await handler(request, response);
    } catch (error) {
      options.onError(error);
      if (response.headersSent) response.destroy();
      else sendError(response, 500, { message: "Internal error" });
    }
  };
}

/** Commands can be taken. */
export function isReady({
  runtime,
  damage,
  isStopping,
}: Pick<HttpOptions, "runtime" | "damage" | "isStopping">): boolean {
  return !isStopping() && runtime.health().ready && damage.problem === null;
}

async function sendMetrics(
  request: IncomingMessage,
  response: ServerResponse,
  { authenticator, figures }: HttpOptions,
): Promise<void> {
  const session = await sessionOf(request, response, authenticator);
  if (!session) return;
  if (!mayReadMetrics(session.principal))
    return sendError(response, 403, {
      message: "Metrics are for those who may see the whole fleet.",
      extensions: { code: "FORBIDDEN" },
    });
  const text = await figures.text();
  response.writeHead(200, { "Content-Type": figures.contentType }).end(text);
}

/** Whatever can be refused before the request is read. */
async function answerOperation(
  request: IncomingMessage,
  response: ServerResponse,
  { graphql, gate, authenticator, sessions, replies, onRepeated }: HttpOptions,
): Promise<void> {
  const begunMs = performance.now();
  response.setHeader("Cache-Control", "no-store");
  if (isSimple(request)) return refuseSimple(request, response);
  const session = await sessionOf(request, response, authenticator);
  if (!session) return;
  const { principal } = session;
  const waitMs = gate.mustWaitMs(principal);
  if (waitMs !== null) {
    response.setHeader("Retry-After", Math.ceil(waitMs / 1_000));
    return sendError(response, 429, rateLimited(waitMs));
  }
  if (Number(request.headers["content-length"] ?? 0) > gate.limits.maxBodyBytes)
    return refuseBody(response, gate.limits.maxBodyBytes);
  const leave = gate.enter(principal);
  if (!leave) return sendError(response, 429, tooManyConnections(gate));
  response.once("close", leave);
  // Whoever takes anything may be sent a stream without having asked for one by name.
  const release = sessions.hold(session, () => response.destroy());
  response.once("close", release);
  const question = await replies.ask(request, principal);
  if (!question?.known) {
    await graphql(request, response, { session, question });
    return;
  }
  const { known } = question;
  sendAgain(request, response, known);
  const tookMs = performance.now() - begunMs;
  const report = { kind: "query", principal: principal.name, tookMs, isRepeated: true } as const;
  onRepeated({ ...report, ...known.operation }, request.headers);
}

function sendAgain(request: IncomingMessage, response: ServerResponse, reply: Reply): void {
  // Its body was looked at and put back, and nobody else takes it.
  request.resume();
  response
    .writeHead(reply.status, {
      "Content-Type": reply.contentType,
      "Content-Length": reply.body.length,
    })
    .end(reply.body);
}

/** Null when nobody was let in, which has been answered. */
async function sessionOf(
  request: IncomingMessage,
  response: ServerResponse,
  authenticator: Authenticator,
): Promise<Session | null> {
  try {
    return await authenticator.authenticate(request.headers.authorization ?? null);
  } catch (error) {
    if (!(error instanceof Unauthenticated)) throw error;
    response.setHeader("WWW-Authenticate", "Bearer");
    sendError(response, 401, {
      message: error.message,
      extensions: { code: "UNAUTHENTICATED" },
    });
    return null;
  }
}

/** Answered before it has come, and read to its end all the same: who is still sending would hear nothing. */
function refuseBody(response: ServerResponse, maxBytes: number): void {
  const message = `The request's body is larger than ${maxBytes} bytes.`;
  sendError(response, 413, { message, extensions: { code: "BODY_TOO_LARGE", maxBytes } });
}

function refuseSimple(request: IncomingMessage, response: ServerResponse): void {
  const isPost = request.method === "POST";
  const message = isPost
    ? "GraphQL is posted as application/json."
    : `A query by GET carries the header ${PREFLIGHT_HEADER}, so that no page elsewhere can have sent it.`;
  sendError(response, isPost ? 415 : 403, { message, extensions: { code: "CSRF_PREVENTED" } });
}

function tooManyConnections({ limits: { maxConnections } }: Gate): ToldError {
  return tooMuch("TOO_MANY_CONNECTIONS", "You have connections enough", { max: maxConnections });
}

function isPreflight({ method, headers }: IncomingMessage): boolean {
  return method === "OPTIONS" && headers["access-control-request-method"] !== undefined;
}

function pathOf(request: IncomingMessage): string {
  return (request.url ?? "/").split("?", 1)[0] ?? "/";
}

function get(handler: Handler): Handler {
  return (request, response) => {
    if (request.method === "GET" || request.method === "HEAD") return handler(request, response);
    response.setHeader("Allow", "GET, HEAD");
    return sendError(response, 405, { message: "Only GET is answered here." });
  };
}

/** A browser that opens the address, not a program that sends a query by GET. */
function wantsPage(request: IncomingMessage): boolean {
  if (request.method !== "GET" || !request.headers.accept?.includes("text/html")) return false;
  return !new URLSearchParams(request.url?.split("?", 2)[1]).has("query");
}

function sendJson(response: ServerResponse, status: number, body: object): void {
  response
    .writeHead(status, { "Content-Type": "application/json", "Cache-Control": "no-store" })
    .end(`${JSON.stringify(body)}\n`);
}

interface ToldError {
  readonly message: string;
  readonly extensions?: object;
}

/** In the shape of a GraphQL response, which is what clients of this port parse. */
function sendError(response: ServerResponse, status: number, { message, extensions }: ToldError) {
  sendJson(response, status, { errors: [{ message, ...(extensions && { extensions }) }] });
}
