import { GraphQLError } from "graphql";
import type { Principal } from "../../model/principals.ts";
import { retold } from "./errors.ts";
import type { Limits } from "./limits.ts";

/** Whether the server tells about its schema: by introspection, and by guessing what was meant. */
export function mayIntrospect({ role }: Principal, limits: Limits): boolean {
  return limits.introspection.includes(role);
}

export function introspectionForbidden(): GraphQLError {
  return new GraphQLError("The schema is not told here.", {
    extensions: { code: "INTROSPECTION_FORBIDDEN" },
  });
}

const SUGGESTION = /\s*Did you mean [^?]*\?/g;

/** The same error without a guess at what was meant, which would give away names of the schema. */
export function withoutSuggestion(error: GraphQLError): GraphQLError {
  const message = error.message.replace(SUGGESTION, "");
  return message === error.message ? error : retold(error, { message });
}
