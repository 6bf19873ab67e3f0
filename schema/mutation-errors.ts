import { brandWithType, type ObjectRef } from "@pothos/core";
import type { Problem as ProblemValue, Rejection } from "../src/model/rejections.ts";
import { builder, type SchemaTypes } from "./builder.ts";
import { ErrorCode } from "./enums.ts";

export const Problem = builder.objectRef<ProblemValue>("Problem").implement({
  description: "One mistake in a document. Lines and columns count from 1.",
  fields: (t) => ({
    message: t.exposeString("message"),
    path: t.field({
      type: ["String"],
      description: "Keys and indices from the document's root.",
      resolve: (problem) => [...problem.path],
    }),
    line: t.int({ nullable: true, resolve: (problem) => problem.line ?? null }),
    column: t.int({ nullable: true, resolve: (problem) => problem.column ?? null }),
  }),
});

const ErrorInterface = builder.interfaceRef<Rejection>("Error").implement({
  description: "Why a mutation was refused. Nothing has changed.",
  fields: (t) => ({
    message: t.exposeString("message"),
    code: t.expose("code", { type: ErrorCode }),
    path: t.field({
      type: ["String"],
      description: 'The field to blame, from "input" on; empty when it is none in particular.',
      resolve: (rejection) => [...rejection.path],
    }),
  }),
});

type ErrorRef = ObjectRef<SchemaTypes, Rejection>;

function plainError(name: string, description: string): ErrorRef {
  return builder
    .objectRef<Rejection>(name)
    .implement({ description, interfaces: [ErrorInterface] });
}

const InvalidInputError = builder.objectRef<Rejection>("InvalidInputError").implement({
  description: "The input makes no sense.",
  interfaces: [ErrorInterface],
  fields: (t) => ({
    problems: t.field({
      type: [Problem],
      description: "All mistakes found, where the input can hold many.",
      resolve: (rejection) => rejection.problems ?? [],
    }),
  }),
});

const BY_CODE = {
  INVALID_INPUT: InvalidInputError,
  NOT_FOUND: plainError("NotFoundError", "What the input names is not there."),
  CONFLICT: plainError("ConflictError", "Not in the state that things are in now."),
  QUOTA_EXCEEDED: plainError("QuotaExceededError", "The tenant may not have that much."),
  NO_CAPACITY: plainError("NoCapacityError", "No host has room for it."),
  FORBIDDEN: plainError("ForbiddenError", "You may not."),
  UNSUPPORTED: plainError(
    "UnsupportedError",
    "The driver, or this way of running, cannot do that.",
  ),
  UNAVAILABLE: plainError(
    "UnavailableError",
    "The server cannot write now. Nothing has changed: try again when it is ready.",
  ),
  INTERNAL: plainError("InternalError", "A bug on this side. Nothing has changed."),
} as const satisfies Record<Rejection["code"], ErrorRef>;

export const ERROR_TYPES = Object.values(BY_CODE);

/** The rejection, ready to be told apart in a result union. */
export function asError(rejection: Rejection): Rejection {
  const error = { ...rejection };
  brandWithType(error, BY_CODE[rejection.code].name as never);
  return error;
}
