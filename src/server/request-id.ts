import { AsyncLocalStorage } from "node:async_hooks";
import { randomUUID } from "node:crypto";
import type { IncomingMessage } from "node:http";

export const REQUEST_ID_HEADER = "X-Request-Id";

/** What may stand in a header and in a log, and is not longer than anybody needs. */
const SANE = /^[\w.:/+=-]{1,128}$/;

/** Where an error is masked or logged, nobody knows of requests any more. */
const current = new AsyncLocalStorage<string | null>();

/** As its sender calls it, if that makes sense; else a new one. */
export function requestIdOf({ headers }: IncomingMessage): string {
  const given = headers["x-request-id"];
  return typeof given === "string" && SANE.test(given) ? given : randomUUID();
}

/** Null: not on behalf of any request, such as what is done for many at once. */
export function onBehalfOf<T>(requestId: string | null, run: () => T): T {
  return current.run(requestId, run);
}

/** The one whose work this is; a WebSocket's operations have that of its upgrade. */
export function currentRequestId(): string | null {
  return current.getStore() ?? null;
}
