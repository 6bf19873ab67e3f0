import type { IncomingMessage, ServerResponse } from "node:http";
import { isLoopback } from "./loopback.ts";
import { REQUEST_ID_HEADER } from "./request-id.ts";

/**
 * Why a request is refused before it is read; null when it is welcome. A web page anywhere can send
 * requests to this machine from a visitor's browser, and nobody may be asked for credentials here, so:
 *
 * - The Host header must name this machine, or a page could get in by having its own name resolve
 *   to 127.0.0.1 (DNS rebinding). Where everybody is asked for credentials, which no page has, any name
 *   will do.
 * - An Origin header, which browsers send along and pages can't forge, must be this server's own, or
 *   one of those that are allowed.
 */
export function refusal(
  request: IncomingMessage,
  allowed: readonly string[],
  isAnyHost: boolean,
): string | null {
  const host = request.headers.host ?? "";
  if (!isAnyHost && !isLoopback(hostName(host)))
    return `This server does not answer for host '${host}'.`;
  const { origin } = request.headers;
  if (origin === undefined || allowed.includes(origin)) return null;
  return URL.canParse(origin) && new URL(origin).host === host
    ? null
    : `Requests from pages of ${origin} are not accepted.`;
}

/** A query by GET carries this header, with any value, or the content type of JSON. */
export const PREFLIGHT_HEADER = "GraphQL-Require-Preflight";

/** What a page may send, and be told, beyond the little that browsers allow all of them. */
const CORS = {
  "Access-Control-Allow-Methods": "GET, POST",
  "Access-Control-Allow-Headers": `Authorization, Content-Type, ${PREFLIGHT_HEADER}, ${REQUEST_ID_HEADER}, traceparent, tracestate`,
  "Access-Control-Expose-Headers": `Retry-After, ${REQUEST_ID_HEADER}`,
  "Access-Control-Max-Age": "600",
} as const;

/**
 * Tells the browser of an allowed origin that its page may read the answer. Nothing is ever sent by
 * cookie, so credentials are not allowed.
 */
export function letIn(
  { headers: { origin } }: IncomingMessage,
  response: ServerResponse,
  allowed: readonly string[],
): void {
  if (allowed.length > 0) response.setHeader("Vary", "Origin");
  if (origin === undefined || !allowed.includes(origin)) return;
  response.setHeader("Access-Control-Allow-Origin", origin);
  for (const [name, value] of Object.entries(CORS)) response.setHeader(name, value);
}

/**
 * Whether any page could have had a browser send this request, without asking the server first: then
 * nothing is executed for it. JSON can't be sent so, nor can a header of one's own; and a browser says
 * itself where a request comes from.
 */
export function isSimple({ method, headers }: IncomingMessage): boolean {
  const [type = ""] = (headers["content-type"] ?? "").split(";", 1);
  if (type.trim().toLowerCase() === "application/json") return false;
  if (method === "POST") return true;
  if (method !== "GET" && method !== "HEAD") return false;
  return (
    headers[PREFLIGHT_HEADER.toLowerCase()] === undefined &&
    headers["sec-fetch-site"] !== "same-origin"
  );
}

function hostName(host: string): string {
  const bracketed = /^\[([^\]]+)\](?::\d+)?$/.exec(host);
  return (bracketed?.[1] ?? host.replace(/:\d+$/, "")).toLowerCase();
}
