import { PothosValidationError } from "@pothos/core";
import { GraphQLError } from "graphql";
import { isDamage } from "../runtime/damage.ts";
import { retold } from "./limits/errors.ts";
import { currentRequestId } from "./request-id.ts";

/**
 * What a client is told of an error. What resolvers throw on purpose is a GraphQLError; anything else
 * is a bug, of which it learns no more than that. But a damaged database is told: asking again won't help.
 */
export function maskError(error: unknown, report: (error: unknown) => void): GraphQLError {
  const original = originalOf(error);
  const place =
    error instanceof GraphQLError ? { nodes: error.nodes ?? null, path: error.path ?? null } : {};
  // A cursor of a list that is none, or the like: the message is meant for the caller.
  if (original instanceof PothosValidationError)
    return new GraphQLError(original.message, {
      ...place,
      extensions: { code: "BAD_USER_INPUT" },
    });
  if (error instanceof GraphQLError && original instanceof GraphQLError)
    return withoutQuotation(error);
  report(original);
  if (isDamage(original))
    return new GraphQLError(
      "The server's database is damaged, and what was asked for cannot be read. Its operator must restore it from a backup.",
      { ...place, extensions: { code: "DATA_CORRUPT" } },
    );
  // By which the operator finds in the log what it was.
  const requestId = currentRequestId();
  return new GraphQLError("Internal error", {
    ...place,
    extensions: { code: "INTERNAL", ...(requestId !== null && { requestId }) },
  });
}

/** Of a body that is no JSON, the parser of JSON quotes a piece, and yoga the parser. */
function withoutQuotation(error: GraphQLError): GraphQLError {
  if (error.extensions["originalError"] === undefined) return error;
  return retold(error, { extensions: { code: "BAD_REQUEST", http: { status: 400 } } });
}

/** Nobody threw it for a client to read. */
export function isBug(error: GraphQLError): boolean {
  const original = originalOf(error);
  return !(original instanceof GraphQLError || original instanceof PothosValidationError);
}

function originalOf(error: unknown): unknown {
  return (error instanceof GraphQLError && error.originalError) || error;
}
