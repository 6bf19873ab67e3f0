import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as elapsed } from "node:timers/promises";
import type { Plugin } from "graphql-yoga";
import { type ApiContext, createContext, type FleetDocuments } from "../../schema/context.ts";
import { Damage } from "../runtime/damage.ts";
import type { Runtime } from "../runtime/ports.ts";
import { BadConfiguration } from "./configuration.ts";
import { FanOut } from "./fan-out/fan-out.ts";
import { createGraphql, LOCAL_ADMIN } from "./graphql.ts";
import { GRAPHQL_PATH, httpHandler, isReady } from "./http.ts";
import type { OperationReport } from "./metrics/operation-report.ts";
import { ServerFigures } from "./metrics/server-figures.ts";
import { onBehalfOf, REQUEST_ID_HEADER, requestIdOf } from "./request-id.ts";
import { Streams } from "./streams.ts";
import { serveWebSockets } from "./websocket.ts";

export interface ServerOptions {
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  readonly runtime: Runtime;
  readonly documents: FleetDocuments;
  readonly fleetSchema: string;
  /** What no client is told of: bugs. */
  readonly onError: (error: unknown) => void;
  /** More that takes part in operations. */
  readonly plugins?: readonly Plugin<ApiContext>[];
  readonly onOperation?: (report: OperationReport) => void;
  /** A WebSocket's client that takes nothing for so long is told to come back when it can. */
  readonly stalledMs?: number;
}

export interface RunningServer {
  readonly port: number;
  /** Where the API is, such as `http://127.0.0.1:4000/graphql`. */
  readonly url: string;
  /**
   * Is not ready any more, which whoever sends clients here has `noticeMs` to notice; then says goodbye to
   * all of them and answers what was asked. The runtime is closed by whoever started it.
   */
  close(noticeMs?: number): Promise<void>;
}

/** Requests that are still answered after the server has begun to stop. */
const DRAIN_MS = 3_000;

/** Throws `BadConfiguration` when the address can't be had. */
export async function startServer(options: ServerOptions): Promise<RunningServer> {
  const { runtime, documents, fleetSchema } = options;
  const damage = new Damage(runtime.queries.reader.sqlite.name);
  const onError = (error: unknown) => {
    damage.notice(error);
    options.onError(error);
  };
  const streams = new Streams();
  let isStopping = false;
  const fanOut = new FanOut(runtime.feed, runtime.queries);
  const figures = new ServerFigures({
    runtime,
    isReady: () => isReady({ runtime, damage, isStopping: () => isStopping }),
    listeners: () => fanOut.listeners(),
    connections: (transport) => (transport === "sse" ? streams.size : sockets.size),
  });
  const onOperation = (report: OperationReport) => {
    figures.executed(report);
    options.onOperation?.(report);
  };
  const graphql = createGraphql({
    runtime,
    documents,
    figures,
    plugins: options.plugins ?? [],
    onOperation,
    onError,
  });
  const handler = httpHandler({
    runtime,
    graphql,
    figures,
    fleetSchema,
    damage,
    onError,
    isStopping: () => isStopping,
  });
  const http = createServer((request, response) => {
    // Streams of events end when the client goes, so when the server stops it must end them itself.
    const requestId = requestIdOf(request);
    response.setHeader(REQUEST_ID_HEADER, requestId);
    const wantsStream = request.headers.accept?.includes("text/event-stream");
    if (wantsStream && !streams.add(response)) return;
    void onBehalfOf(requestId, () => handler(request, response));
  });
  const newContext = () => createContext(runtime, documents, LOCAL_ADMIN);
  const { stalledMs } = options;
  const sockets = serveWebSockets(http, GRAPHQL_PATH, {
    graphql,
    fanOut,
    onOperation,
    newContext,
    onError,
    stalledMs,
  });
  await listen(http, options.host, options.port);
  const { port } = http.address() as AddressInfo;
  const name = options.host.includes(":") ? `[${options.host}]` : options.host;
  return {
    port,
    url: `http://${name}:${port}${GRAPHQL_PATH}`,
    close: async (noticeMs = 0) => {
      isStopping = true;
      if (noticeMs > 0) await elapsed(noticeMs);
      streams.end();
      await sockets.close();
      const closed = new Promise<void>((resolve) => http.close(() => resolve()));
      http.closeIdleConnections();
      const deadline = setTimeout(() => http.closeAllConnections(), DRAIN_MS);
      await closed;
      clearTimeout(deadline);
    },
  };
}

function listen(http: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    http.once("error", (error: NodeJS.ErrnoException) => reject(listenError(error, host, port)));
    http.listen(port, host, resolve);
  });
}

function listenError(error: NodeJS.ErrnoException, host: string, port: number): Error {
  if (error.code === "EADDRINUSE")
    return new BadConfiguration(`Port ${port} of ${host} is in use. Set PORT to another one.`);
  if (error.code === "EACCES")
    return new BadConfiguration(`Port ${port} needs privileges. Set PORT to one above 1023.`);
  return new BadConfiguration(`Cannot listen on ${host} port ${port}: ${error.message}`);
}
