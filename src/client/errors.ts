/** Why listening failed. `fatal` ones end it; the others are retried and only shown as a status. */
export class ListenError extends Error {
  /**
   * The server's `extensions.code` (CURSOR_EXPIRED, INVALID_CURSOR, …), or a word for what ended the
   * connection: UNAUTHORIZED, FORBIDDEN, BAD_REQUEST, BAD_RESPONSE, CONNECTION_LOST, …
   */
  readonly code: string;
  readonly fatal: boolean;
  /** With CURSOR_EXPIRED: the earliest position that can still be listened from. */
  readonly earliest: string | null;
  /** The WebSocket's close code, when it was a close that told. */
  readonly closeCode: number | null;
  /** What a server that goes away asks for: not to be tried again before. Null when it asks for nothing. */
  readonly retryAfterMs: number | null;

  constructor(
    code: string,
    message: string,
    details: {
      fatal: boolean;
      earliest?: string | null;
      closeCode?: number;
      retryAfterMs?: number | null;
    },
  ) {
    super(message);
    this.name = "ListenError";
    this.code = code;
    this.fatal = details.fatal;
    this.earliest = details.earliest ?? null;
    this.closeCode = details.closeCode ?? null;
    this.retryAfterMs = details.retryAfterMs ?? null;
  }
}

/** A GraphQL error as it comes over the wire. */
export interface WireError {
  readonly message: string;
  readonly path?: readonly (string | number)[];
  readonly extensions?: Readonly<Record<string, unknown>>;
}

/** Codes that say «not now» rather than «not this». Any other code would come again each time. */
const PASSING_CODES = new Set([
  "INTERNAL",
  "INTERNAL_SERVER_ERROR",
  "UNAVAILABLE",
  "SERVICE_UNAVAILABLE",
  "SHUTTING_DOWN",
  "RATE_LIMITED",
  "TIMEOUT",
]);

/**
 * A GraphQL error without a code is a request that the server would refuse again (a name that the
 * schema does not have, a variable of the wrong type), unless it has a path: then the request was
 * good and a resolver failed, which may pass.
 */
export function fromGraphQLErrors(errors: readonly WireError[]): ListenError {
  const first = errors[0] ?? { message: "The server answered with an empty list of errors" };
  const code = first.extensions?.["code"];
  const message = errors.map((error) => error.message).join("; ") || first.message;
  if (typeof code !== "string") {
    return new ListenError(first.path ? "INTERNAL" : "INVALID_REQUEST", message, {
      fatal: first.path === undefined,
    });
  }
  const earliest = first.extensions?.["earliest"];
  return new ListenError(code, message, {
    fatal: !PASSING_CODES.has(code),
    earliest: typeof earliest === "string" ? earliest : null,
  });
}

/** Closes after which the same request would be closed again. */
const FATAL_CLOSES: Readonly<Record<number, readonly [code: string, meaning: string]>> = {
  1008: ["FORBIDDEN", "The server closed the connection as against its policy"],
  1009: ["TOO_BIG", "A message was too big"],
  4004: ["BAD_RESPONSE", "The server does not speak graphql-transport-ws"],
  4400: ["BAD_REQUEST", "The server could not read the request"],
  4401: ["UNAUTHORIZED", "The server does not know who is asking"],
  4403: ["FORBIDDEN", "The server refuses the connection"],
  4406: ["BAD_RESPONSE", "The server does not speak graphql-transport-ws"],
};

const PASSING_CLOSES: Readonly<Record<number, string>> = {
  1000: "the server closed the connection",
  1001: "the server is going away",
  1006: "the connection was cut",
  1012: "the server restarts",
  1013: "the server is overloaded",
  4408: "the server waited too long for the connection to begin",
  4418: "the server did not accept the connection in time",
  4429: "the server has too many connections",
};

export function fromClose(closeCode: number, reason: string): ListenError {
  const fatal = FATAL_CLOSES[closeCode];
  if (fatal) {
    const [code, meaning] = fatal;
    return new ListenError(code, reason ? `${meaning}: ${reason}` : meaning, {
      fatal: true,
      closeCode,
    });
  }
  const meaning = PASSING_CLOSES[closeCode] ?? `the connection was closed (${closeCode})`;
  return new ListenError("CONNECTION_LOST", reason ? `${meaning}: ${reason}` : meaning, {
    fatal: false,
    closeCode,
    retryAfterMs: retryAfterMs(reason),
  });
}

/** No server is waited for longer than this because it said so. */
const MAX_RETRY_AFTER_MS = 300_000;

function retryAfterMs(reason: string): number | null {
  const text = /\bretry after (\d{1,9}) ms\b/.exec(reason)?.[1];
  return text === undefined ? null : Math.min(Number(text), MAX_RETRY_AFTER_MS);
}

/**
 * The upgrade was answered with a plain HTTP status. Who is unknown or unwelcome stays so; the rest
 * of 4xx is a wrong address as long as it never worked, and a proxy in mid-deployment when it did.
 */
export function fromHttpStatus(status: number, url: string, workedBefore: boolean): ListenError {
  if (status === 401 || status === 403) {
    const code = status === 401 ? "UNAUTHORIZED" : "FORBIDDEN";
    return new ListenError(code, `${url} answered ${status}`, { fatal: true });
  }
  const isClientError = status >= 400 && status < 500 && status !== 408 && status !== 429;
  return isClientError && !workedBefore
    ? new ListenError("NOT_A_GRAPHQL_ENDPOINT", `${url} answered ${status}, no WebSocket`, {
        fatal: true,
      })
    : new ListenError("CONNECTION_LOST", `${url} answered ${status}`, { fatal: false });
}

/** Connection refused, host not found, reset: all of them can pass. */
export function fromSocketError(message: string): ListenError {
  return new ListenError("CONNECTION_LOST", message, { fatal: false });
}
