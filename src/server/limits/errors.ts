import { GraphQLError } from "graphql";

/** What a limit refuses; `extensions` has the numbers. */
export type LimitCode =
  | "TOO_MANY_TOKENS"
  | "OPERATION_TOO_DEEP"
  | "TOO_MANY_ALIASES"
  | "TOO_MANY_DIRECTIVES"
  | "OPERATION_TOO_EXPENSIVE"
  | "TOO_MANY_SUBSCRIPTIONS"
  | "TOO_MANY_CONNECTIONS";

/** What was asked for, where it is known, and what is allowed. */
interface Numbers {
  readonly requested?: number;
  readonly max: number;
}

export function tooMuch(code: LimitCode, message: string, numbers: Numbers): GraphQLError {
  return new GraphQLError(`${message}; ${numbers.max} are allowed.`, {
    extensions: { code, ...numbers },
  });
}

export function rateLimited(retryAfterMs: number): GraphQLError {
  return new GraphQLError(`Too many operations. Try again in ${retryAfterMs} ms.`, {
    extensions: { code: "RATE_LIMITED", retryAfterMs },
  });
}

/** A copy that tells something else: errors may be kept and shared, so none is changed in place. */
export function retold(
  error: GraphQLError,
  change: { readonly message?: string; readonly extensions?: Record<string, unknown> },
): GraphQLError {
  const { nodes, source, positions, path, extensions, originalError } = error;
  return new GraphQLError(change.message ?? error.message, {
    nodes: nodes ?? null,
    source: source ?? null,
    positions: positions ?? null,
    path: path ?? null,
    extensions: change.extensions ?? extensions,
    originalError: originalError ?? null,
  });
}

/** Without what is meant for the status of an HTTP response. */
export function withoutStatus(error: GraphQLError): GraphQLError {
  const { http, ...extensions } = error.extensions;
  return http === undefined ? error : retold(error, { extensions });
}
