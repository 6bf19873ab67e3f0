import type { DocumentNode } from "graphql";
import { createYoga } from "graphql-yoga";
import {
  type ApiContext,
  createContext,
  type FleetDocuments,
  type Principal,
} from "../../schema/context.ts";
import { schema } from "../../schema/index.ts";
import type { Runtime } from "../runtime/ports.ts";
import { useAddressParameters } from "./address-parameters.ts";
import { DocumentCache } from "./limits/document-cache.ts";
import type { Gate } from "./limits/gate.ts";
import { useLimits } from "./limits/plugin.ts";
import { maskError } from "./masking.ts";

/** Of all documents that are kept parsed: some hundred of the usual kind, and some 30 MB of the worst. */
const MAX_CACHED_CHARS = 256 * 1024;
const NOTHING_CACHED = { get: () => undefined, set: () => undefined };

/** There is no authentication yet: whoever can connect sits at this machine. */
export const LOCAL_ADMIN: Principal = { name: "local", role: "ADMIN" };

export interface GraphqlOptions {
  readonly runtime: Runtime;
  readonly documents: FleetDocuments;
  readonly gate: Gate;
  readonly onError: (error: unknown) => void;
}

/** GraphQL as HTTP and WebSockets share it: the schema, its context, its limits, its masking. */
export function createGraphql({ runtime, documents, gate, onError }: GraphqlOptions) {
  return createYoga<object, ApiContext>({
    schema,
    // Over a WebSocket there is no request.
    context: ({ request }: { request?: Request }) =>
      createContext(runtime, documents, LOCAL_ADMIN, request?.signal),
    graphqlEndpoint: "/graphql",
    graphiql: false,
    landingPage: false,
    cors: false,
    multipart: false,
    logging: false,
    batching: false,
    maxRequestBodySize: gate.limits.maxBodyBytes,
    extraParamNames: ["documentId"],
    // What can't be parsed is known soon enough; kept, it would be memory for whoever sends much of it.
    parserAndValidationCache: {
      documentCache: new DocumentCache<DocumentNode>(MAX_CACHED_CHARS),
      errorCache: NOTHING_CACHED,
    },
    maskedErrors: { maskError: (error) => maskError(error, onError) },
    plugins: [useAddressParameters(), useLimits({ gate, principalOf: () => LOCAL_ADMIN })],
  });
}

export type Graphql = ReturnType<typeof createGraphql>;
