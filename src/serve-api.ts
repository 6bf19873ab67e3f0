import type { FleetDocuments } from "../schema/context.ts";
import { type ParseOptions, parseFleetDocument } from "./fleet/parse.ts";
import { printFleetSchema } from "./fleet/schema.ts";
import { readTraceWithin } from "./fleet/traces.ts";
import type { Runtime } from "./runtime/ports.ts";
import type { Configuration } from "./server/configuration.ts";
import type { Log } from "./server/log.ts";
import { type RunningServer, startServer } from "./server/server.ts";
import type { Tracing } from "./server/tracing.ts";
import { readTrustedDocuments } from "./server/trusted-documents.ts";

export interface ApiOptions {
  readonly runtime: Runtime;
  readonly configuration: Pick<
    Configuration,
    | "host"
    | "port"
    | "tracesDir"
    | "authentication"
    | "limits"
    | "trustedDocuments"
    | "replyCacheBytes"
  >;
  /** Which of the threads that listen on the same port this is; null when it is the only one. */
  readonly thread: number | null;
  readonly log: Log;
  readonly tracing: Tracing | null;
}

/** The API as it is configured, in the caller's thread. Throws `BadConfiguration`. */
export async function serveApi(options: ApiOptions): Promise<RunningServer> {
  const { runtime, configuration, thread, log, tracing } = options;
  const { host, port, tracesDir, authentication, limits, trustedDocuments } = configuration;
  const { replyCacheBytes } = configuration;
  return startServer({
    host,
    port,
    sharesPort: thread !== null,
    thread,
    runtime,
    documents: documentsOverNetwork(tracesDir),
    fleetSchema: printFleetSchema(),
    authentication,
    limits,
    trustedDocuments: readTrustedDocuments(trustedDocuments),
    replyCacheBytes,
    plugins: tracing ? [tracing.plugin] : [],
    ...(tracing && { onRepeated: tracing.onRepeated }),
    onError: (error) => log.error("A request failed for a bug", error),
    onOperation: ({ tookMs, ...report }) =>
      log.debug("operation", { ...report, tookMs: Math.round(tookMs) }),
  });
}

function documentsOverNetwork(tracesDir: string | null): FleetDocuments {
  // A reader of its own for each document: it keeps what it has read.
  const options = (): ParseOptions =>
    tracesDir === null ? {} : { readTrace: readTraceWithin(tracesDir) };
  return { parse: (text) => parseFleetDocument(text, options()) };
}
