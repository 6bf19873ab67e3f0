import { createServer, type IncomingHttpHeaders, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as elapsed } from "node:timers/promises";
import type { Plugin } from "graphql-yoga";
import { type ApiContext, createContext, type FleetDocuments } from "../../schema/context.ts";
import type { Principal } from "../model/principals.ts";
import { Damage } from "../runtime/damage.ts";
import type { Runtime } from "../runtime/ports.ts";
import { Authenticator } from "./authentication/authenticator.ts";
import { Sessions } from "./authentication/sessions.ts";
import type { AuthenticationSettings } from "./authentication/settings.ts";
import { BadConfiguration } from "./bad-configuration.ts";
import { useEventStreams } from "./event-stream.ts";
import { FanOut } from "./fan-out/fan-out.ts";
import { createGraphql } from "./graphql.ts";
import { GRAPHQL_PATH, httpHandler, isReady } from "./http.ts";
import { Gate } from "./limits/gate.ts";
import { DEFAULT_LIMITS, type Limits } from "./limits/limits.ts";
import type { OperationReport } from "./metrics/operation-report.ts";
import { ServerFigures } from "./metrics/server-figures.ts";
import { Replies } from "./replies/replies.ts";
import { DEFAULT_REPLY_CACHE_BYTES } from "./replies/reply-cache.ts";
import { onBehalfOf, REQUEST_ID_HEADER, requestIdOf } from "./request-id.ts";
import { Streams } from "./streams.ts";
import { TrustedDocuments } from "./trusted-documents.ts";
import { serveWebSockets } from "./websocket.ts";

export interface ServerOptions {
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  /** Other threads listen on it, too: the system deals connections out among them. */
  readonly sharesPort?: boolean;
  /** Which of the threads that serve the API this is; null when it is the only one. */
  readonly thread?: number | null;
  readonly runtime: Runtime;
  readonly documents: FleetDocuments;
  readonly fleetSchema: string;
  /** What no client is told of: bugs. */
  readonly onError: (error: unknown) => void;
  /** More that takes part in operations. */
  readonly plugins?: readonly Plugin<ApiContext>[];
  readonly onOperation?: (report: OperationReport) => void;
  /** Of these, a query that was answered again without being executed; `headers` are its request's. */
  readonly onRepeated?: (report: OperationReport, headers: IncomingHttpHeaders) => void;
  /** For replies that are kept until something happens; 0 keeps none. */
  readonly replyCacheBytes?: number;
  /** A client that takes nothing of what it subscribes to for so long is not waited for any longer. */
  readonly stalledMs?: number;
  /** Null: nobody is asked who they are. */
  readonly authentication?: AuthenticationSettings | null;
  readonly limits?: Partial<Limits>;
  /** Documents by their ids, that requests may name instead of sending them. */
  readonly trustedDocuments?: ReadonlyMap<string, string>;
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

const STALLED_MS = 60_000;
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
  const limits = { ...DEFAULT_LIMITS, ...options.limits };
  const trusted = new TrustedDocuments(
    options.trustedDocuments ?? new Map(),
    limits.trustedDocumentsOnly,
  );
  const gate = new Gate(limits, trusted);
  const settings = options.authentication ?? null;
  const authenticator = new Authenticator({ runtime, settings, onError });
  const sessions = new Sessions(runtime, onError);
  const streams = new Streams();
  let isGoing = false;
  const isStopping = () => isGoing;
  const newContext = (principal: Principal) => createContext(runtime, documents, principal);
  const fanOut = new FanOut({ feed: runtime.feed, newContext, onError });
  const replies = new Replies(runtime, options.replyCacheBytes ?? DEFAULT_REPLY_CACHE_BYTES);
  const figures = new ServerFigures({
    runtime,
    thread: options.thread ?? null,
    isReady: () => isReady({ runtime, damage, isStopping }),
    fanOut,
    connections: (transport) => (transport === "sse" ? streams.size : sockets.size),
    replyBytes: () => replies.bytes,
  });
  const onOperation = (report: OperationReport) => {
    figures.executed(report);
    options.onOperation?.(report);
  };
  const stalledMs = options.stalledMs ?? STALLED_MS;
  const plugins = [...(options.plugins ?? []), useEventStreams(fanOut, streams, stalledMs)];
  const shared = { runtime, figures, replies, onError };
  const graphql = createGraphql({ ...shared, gate, documents, plugins, onOperation });
  const access = { gate, authenticator, sessions };
  const handler = httpHandler({
    ...shared,
    ...access,
    graphql,
    onRepeated: (report, headers) => {
      onOperation(report);
      options.onRepeated?.(report, headers);
    },
    fleetSchema,
    damage,
    isStopping,
  });
  const http = createServer((request, response) => {
    const requestId = requestIdOf(request);
    response.setHeader(REQUEST_ID_HEADER, requestId);
    void onBehalfOf(requestId, () => handler(request, response));
  });
  const sockets = serveWebSockets(http, GRAPHQL_PATH, {
    graphql,
    ...access,
    fanOut,
    onOperation,
    onError,
    stalledMs,
  });
  await listen(http, options);
  const { port } = http.address() as AddressInfo;
  return {
    port,
    url: urlOf(options.host, port),
    close: async (noticeMs = 0) => {
      isGoing = true;
      if (noticeMs > 0) await elapsed(noticeMs);
      // They would end when their clients go, and not before.
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

export function urlOf(host: string, port: number): string {
  const name = host.includes(":") ? `[${host}]` : host;
  return `http://${name}:${port}${GRAPHQL_PATH}`;
}

/** Sees to it that nobody else has the port, and lets go of it again. 0 finds a free one. */
export async function claimPort(host: string, port: number): Promise<number> {
  const claim = createServer();
  await listen(claim, { host, port });
  const { port: claimed } = claim.address() as AddressInfo;
  await new Promise((resolve) => claim.close(resolve));
  return claimed;
}

type Address = Pick<ServerOptions, "host" | "port" | "sharesPort">;

function listen(http: Server, { host, port, sharesPort = false }: Address): Promise<void> {
  return new Promise((resolve, reject) => {
    http.once("error", (error: NodeJS.ErrnoException) => reject(listenError(error, host, port)));
    http.listen({ port, host, reusePort: sharesPort }, resolve);
  });
}

function listenError(error: NodeJS.ErrnoException, host: string, port: number): Error {
  if (error.code === "EADDRINUSE")
    return new BadConfiguration(`Port ${port} of ${host} is in use. Set PORT to another one.`);
  if (error.code === "EACCES")
    return new BadConfiguration(`Port ${port} needs privileges. Set PORT to one above 1023.`);
  if (error.code === "ENOTSUP")
    return new BadConfiguration(
      "Threads can't share a port on this system. Set API_THREADS to 0: the main thread serves the API.",
    );
  return new BadConfiguration(`Cannot listen on ${host} port ${port}: ${error.message}`);
}
