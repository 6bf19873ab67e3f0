import { GraphQLError } from "graphql";

/** An argument that makes no sense, in a query or subscription: mutations answer typed errors instead. */
export function badInput(argument: string, problem: string): GraphQLError {
  return refusal(argument, `${argument} ${problem}`);
}

/** The same, for a problem that is a sentence of its own. */
export function badInputSentence(argument: string, sentence: string): GraphQLError {
  return refusal(argument, `${argument}: ${sentence}`);
}

function refusal(argument: string, message: string): GraphQLError {
  return new GraphQLError(message, { extensions: { code: "BAD_USER_INPUT", argument } });
}
