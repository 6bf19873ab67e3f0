import { GraphQLError } from "graphql";
import type { GraphQLParams, Plugin } from "graphql-yoga";

const TEXTS = new Set(["query", "operationName", "documentId"]);
const OBJECTS = new Set(["variables", "extensions"]);

/**
 * Reads what a GET asks for from its address. Yoga's own reader takes JSON that is none for a fault of the
 * server, and knows nothing of documents that are named.
 */
export function useAddressParameters(): Plugin {
  return {
    onRequestParse({ request, setRequestParser }) {
      if (request.method === "GET") setRequestParser(({ url }) => parametersOf(url));
    },
  };
}

function parametersOf(url: string): GraphQLParams {
  const parameters: Record<string, unknown> = {};
  for (const [name, text] of new URLSearchParams(url.split("?", 2)[1])) {
    if (text === "") continue;
    if (TEXTS.has(name)) parameters[name] = text;
    if (OBJECTS.has(name)) parameters[name] = fromJson(name, text);
  }
  return parameters;
}

function fromJson(name: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new GraphQLError(`The parameter ${name} is no JSON.`, {
      extensions: { code: "BAD_REQUEST", http: { status: 400 } },
    });
  }
}
