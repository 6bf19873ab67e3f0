import type { IncomingMessage } from "node:http";
import { isLoopback } from "./configuration.ts";

/**
 * Why a request is refused before it is read; null when it is welcome. A web page anywhere can send
 * requests to this machine from a visitor's browser, and nobody is asked for a password here, so:
 *
 * - The Host header must name this machine, or a page could get in by having its own name resolve
 *   to 127.0.0.1 (DNS rebinding).
 * - An Origin header, which browsers send along and pages can't forge, must be this server's own.
 */
export function refusal(request: IncomingMessage): string | null {
  const host = request.headers.host ?? "";
  if (!isLoopback(hostName(host))) return `This server does not answer for host '${host}'.`;
  const { origin } = request.headers;
  if (origin === undefined) return null;
  return URL.canParse(origin) && new URL(origin).host === host
    ? null
    : `Requests from pages of ${origin} are not accepted.`;
}

function hostName(host: string): string {
  const bracketed = /^\[([^\]]+)\](?::\d+)?$/.exec(host);
  return (bracketed?.[1] ?? host.replace(/:\d+$/, "")).toLowerCase();
}
