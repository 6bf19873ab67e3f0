import { createYoga, type Plugin } from "graphql-yoga";
import { MAX_DOCUMENT_BYTES } from "../../schema/apply-fleet.ts";
import { type ApiContext, createContext, type FleetDocuments } from "../../schema/context.ts";
import { schema } from "../../schema/index.ts";
import type { Runtime } from "../runtime/ports.ts";
import { useDocumentLimits } from "./limits.ts";
import { maskError } from "./masking.ts";
import type { OperationReport } from "./metrics/operation-report.ts";
import { useOperationReports } from "./metrics/operation-report.ts";
import type { ServerFigures } from "./metrics/server-figures.ts";

/** The largest fleet document, and what JSON's escapes and the rest of the request add to it. */
const MAX_BODY_BYTES = MAX_DOCUMENT_BYTES + 1024 * 1024;

/** There is no authentication yet: whoever can connect sits at this machine. */
export const LOCAL_ADMIN = { name: "local", role: "ADMIN" } as const;

export interface GraphqlOptions {
  readonly runtime: Runtime;
  readonly documents: FleetDocuments;
  readonly figures: ServerFigures;
  readonly plugins: readonly Plugin<ApiContext>[];
  readonly onOperation: (report: OperationReport) => void;
  readonly onError: (error: unknown) => void;
}

/** GraphQL as HTTP and WebSockets share it: the schema, its context, its limits, its masking. */
export function createGraphql({
  runtime,
  documents,
  figures,
  plugins,
  onOperation,
  onError,
}: GraphqlOptions) {
  return createYoga<object, ApiContext>({
    schema,
    // Over a WebSocket there is no request.
    context: ({ request }: { request?: Request }) =>
      createContext(
        runtime,
        documents,
        LOCAL_ADMIN,
        request?.signal,
        request ? "sse" : "websocket",
      ),
    graphqlEndpoint: "/graphql",
    graphiql: false,
    landingPage: false,
    cors: false,
    multipart: false,
    logging: false,
    maxRequestBodySize: MAX_BODY_BYTES,
    maskedErrors: { maskError: (error) => maskError(error, onError) },
    plugins: [useOperationReports(figures, onOperation), ...plugins, useDocumentLimits()],
  });
}

export type Graphql = ReturnType<typeof createGraphql>;
