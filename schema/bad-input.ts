import { GraphQLError } from "graphql";

/** An argument that makes no sense, in a query or subscription: mutations answer typed errors instead. */
export function badInput(argument: string, problem: string): GraphQLError {
  return new GraphQLError(`${argument} ${problem}`, {
    extensions: { code: "BAD_USER_INPUT", argument },
  });
}
