import type { FleetDocuments } from "../schema/context.ts";
import { type ParseOptions, parseFleetDocument } from "./fleet/parse.ts";
import { printFleetSchema } from "./fleet/schema.ts";
import { readTraceWithin } from "./fleet/traces.ts";
import type { Runtime } from "./runtime/ports.ts";
import type { Configuration } from "./server/configuration.ts";
import { type RunningServer, startServer } from "./server/server.ts";
import { readTrustedDocuments } from "./server/trusted-documents.ts";

export interface ApiOptions {
  readonly runtime: Runtime;
  readonly configuration: Configuration;
  /** Other threads listen on the same port. */
  readonly sharesPort: boolean;
  readonly log: (line: string) => void;
}

/** The API as it is configured, in the caller's thread. Throws `BadConfiguration`. */
export function serveApi(options: ApiOptions): Promise<RunningServer> {
  const { runtime, configuration, sharesPort, log } = options;
  const { host, port, tracesDir } = configuration;
  return startServer({
    host,
    port,
    sharesPort,
    runtime,
    documents: documentsOverNetwork(tracesDir),
    fleetSchema: printFleetSchema(),
    authentication: configuration.authentication,
    limits: configuration.limits,
    trustedDocuments: readTrustedDocuments(configuration.trustedDocuments),
    onError: (error) => log(`error ${error instanceof Error ? error.stack : String(error)}`),
  });
}

function documentsOverNetwork(tracesDir: string | null): FleetDocuments {
  // A reader of its own for each document: it keeps what it has read.
  const options = (): ParseOptions =>
    tracesDir === null ? {} : { readTrace: readTraceWithin(tracesDir) };
  return { parse: (text) => parseFleetDocument(text, options()) };
}
