import type { IncomingMessage, ServerResponse } from "node:http";
import type { Damage } from "../runtime/damage.ts";
import type { Runtime } from "../runtime/ports.ts";
import { sendGraphiql } from "./graphiql.ts";
import type { Graphql } from "./graphql.ts";
import { mayReadMetrics } from "./metrics/access.ts";
import type { ServerFigures } from "./metrics/server-figures.ts";
import { refusal } from "./origin.ts";

export const GRAPHQL_PATH = "/graphql";

export interface HttpOptions {
  readonly runtime: Runtime;
  readonly graphql: Graphql;
  readonly figures: ServerFigures;
  /** The published JSON Schema of fleet documents, as text. */
  readonly fleetSchema: string;
  readonly damage: Damage;
  readonly isStopping: () => boolean;
  readonly onError: (error: unknown) => void;
}

type Handler = (request: IncomingMessage, response: ServerResponse) => void | Promise<void>;

/** Answers HTTP requests: the API, the playground, health, and the schema of fleet documents. */
export function httpHandler(options: HttpOptions): Handler {
  const { runtime, graphql, figures, fleetSchema, damage, isStopping } = options;
  const routes: Record<string, Handler> = {
    [GRAPHQL_PATH]: (request, response) => {
      if (wantsPage(request)) return sendGraphiql(response, runtime);
      const unsupported = unsupportedMedia(request);
      if (unsupported) return sendError(response, 415, unsupported);
      return graphql(request, response) as Promise<void>;
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
      sendJson(response, ready ? 200 : 503, { ready, problems, decisionFailures });
    }),
    "/metrics": get(async (request, response) => {
      if (!mayReadMetrics(request))
        return sendError(response, 403, "Metrics are for this machine alone.");
      const text = await figures.text();
      response.writeHead(200, { "Content-Type": figures.contentType }).end(text);
    }),
    "/fleet.schema.json": get((_request, response) => {
      response.writeHead(200, { "Content-Type": "application/schema+json" }).end(fleetSchema);
    }),
  };
  return async (request, response) => {
    try {
      const reason = refusal(request);
      if (reason) return sendError(response, 403, reason);
      const handler = routes[pathOf(request)];
      if (!handler) return sendError(response, 404, "There is nothing here.");
      await handler(request, response);
    } catch (error) {
      options.onError(error);
      if (response.headersSent) response.destroy();
      else sendError(response, 500, "Internal error");
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

function pathOf(request: IncomingMessage): string {
  return (request.url ?? "/").split("?", 1)[0] ?? "/";
}

function get(handler: Handler): Handler {
  return (request, response) => {
    if (request.method === "GET" || request.method === "HEAD") return handler(request, response);
    response.setHeader("Allow", "GET, HEAD");
    return sendError(response, 405, "Only GET is answered here.");
  };
}

/** A browser that opens the address, not a program that sends a query by GET. */
function wantsPage(request: IncomingMessage): boolean {
  if (request.method !== "GET" || !request.headers.accept?.includes("text/html")) return false;
  return !new URLSearchParams(request.url?.split("?", 2)[1]).has("query");
}

/**
 * A page elsewhere can make a visitor's browser post forms and plain text here without asking; JSON
 * it can't, unless this server allows it, which it never does.
 */
function unsupportedMedia(request: IncomingMessage): string | null {
  if (request.method !== "POST") return null;
  const [type = ""] = (request.headers["content-type"] ?? "").split(";", 1);
  return type.trim().toLowerCase() === "application/json"
    ? null
    : "GraphQL is posted as application/json.";
}

function sendJson(response: ServerResponse, status: number, body: object): void {
  response
    .writeHead(status, { "Content-Type": "application/json", "Cache-Control": "no-store" })
    .end(`${JSON.stringify(body)}\n`);
}

/** In the shape of a GraphQL response, which is what clients of this port parse. */
function sendError(response: ServerResponse, status: number, message: string): void {
  sendJson(response, status, { errors: [{ message }] });
}
