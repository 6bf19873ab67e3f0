import type { Problem, Rejection } from "../model/rejections.ts";
import type { ErrorCode } from "../model/statuses.ts";

/**
 * Thrown while a command is decided to refuse it: the decision is dropped with all its events. Not a
 * bug, and never seen outside `decide`.
 */
export class Refusal extends Error {
  rejection: Rejection;

  constructor(
    code: ErrorCode,
    message: string,
    path: readonly string[],
    problems?: readonly Problem[],
  ) {
    super(message);
    this.rejection = { code, message, path, ...(problems && { problems }) };
  }

  /** Where the message tells of what any tenant may have, its own principals are told another one. */
  withMessageForTenants(messageForTenants: string): this {
    this.rejection = { ...this.rejection, messageForTenants };
    return this;
  }
}

export function invalid(message: string, path: readonly string[]): Refusal {
  return new Refusal("INVALID_INPUT", message, path);
}
export function notFound(message: string, path: readonly string[]): Refusal {
  return new Refusal("NOT_FOUND", message, path);
}
export function conflict(message: string, path: readonly string[]): Refusal {
  return new Refusal("CONFLICT", message, path);
}
export function unsupported(message: string, path: readonly string[]): Refusal {
  return new Refusal("UNSUPPORTED", message, path);
}
