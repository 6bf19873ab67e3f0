import type { DocumentNode } from "graphql";
import { createYoga, type Plugin } from "graphql-yoga";
import { type ApiContext, createContext, type FleetDocuments } from "../../schema/context.ts";
import { schema } from "../../schema/index.ts";
import type { Principal } from "../model/principals.ts";
import type { Runtime } from "../runtime/ports.ts";
import { useAddressParameters } from "./address-parameters.ts";
import type { Session } from "./authentication/session.ts";
import { DocumentCache } from "./limits/document-cache.ts";
import type { Gate } from "./limits/gate.ts";
import { useLimits } from "./limits/plugin.ts";
import { maskError } from "./masking.ts";
import type { OperationReport } from "./metrics/operation-report.ts";
import { useOperationReports } from "./metrics/operation-report.ts";
import type { ServerFigures } from "./metrics/server-figures.ts";
import { useReplies } from "./replies/plugin.ts";
import type { Question, Replies } from "./replies/replies.ts";

/** Of all documents that are kept parsed: some hundred of the usual kind, and some 30 MB of the worst. */
const MAX_CACHED_CHARS = 256 * 1024;
const NOTHING_CACHED = { get: () => undefined, set: () => undefined };

/** What yoga is handed with an operation: by HTTP, or by the WebSocket that it came by. */
interface ServerContext {
  readonly session?: Session;
  readonly question?: Question | null;
  readonly connection?: { readonly session: Session | null };
}

function principalOf({ session, connection }: ServerContext): Principal {
  const known = session ?? connection?.session;
  if (!known) throw new Error("Nobody may get here unknown");
  return known.principal;
}

export interface GraphqlOptions {
  readonly runtime: Runtime;
  readonly documents: FleetDocuments;
  readonly gate: Gate;
  readonly figures: ServerFigures;
  readonly replies: Replies;
  readonly plugins: readonly Plugin<ApiContext>[];
  readonly onOperation: (report: OperationReport) => void;
  readonly onError: (error: unknown) => void;
}

/** GraphQL as HTTP and WebSockets share it: the schema, its context, its limits, its masking. */
export function createGraphql({
  runtime,
  documents,
  gate,
  figures,
  replies,
  plugins,
  onOperation,
  onError,
}: GraphqlOptions) {
  return createYoga<ServerContext, ApiContext>({
    schema,
    // Over a WebSocket there is no request.
    context: (given: ServerContext & { request?: Request }) =>
      createContext(runtime, documents, principalOf(given), given.request?.signal),
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
    plugins: [
      useOperationReports(figures, onOperation),
      useReplies(replies),
      ...plugins,
      useAddressParameters(),
      useLimits({ gate, principalOf }),
    ],
  });
}

export type Graphql = ReturnType<typeof createGraphql>;
