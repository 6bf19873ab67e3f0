import type { IncomingMessage, Server } from "node:http";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import { CloseCode, handleProtocols } from "graphql-ws";
import { type WebSocket, WebSocketServer } from "ws";
import { comeBackInMs, goodbye } from "./going-away.ts";
import { refusal } from "./origin.ts";
import { onBehalfOf, REQUEST_ID_HEADER, requestIdOf } from "./request-id.ts";
import { SocketOutbox } from "./socket-outbox.ts";
import { createSubscriptionServer, type SubscriptionOptions } from "./subscription-server.ts";

/** Finds out that a client's machine is gone, even while nothing is sent to it. */
const KEEP_ALIVE_MS = 60_000;

const NORMAL = 1000;
const GOING_AWAY = 1001;
const INTERNAL_ERROR = 4500;

export interface WebSocketOptions extends SubscriptionOptions {
  /** After so long, a client that takes nothing of what it is sent is told to come back when it can. */
  readonly stalledMs: number;
}

export interface WebSockets {
  /** How many are open. */
  readonly size: number;
  /** Tells all clients to come back later, and waits until they have heard. */
  close(): Promise<void>;
}

/** GraphQL over WebSockets (graphql-transport-ws) at `path` of an HTTP server. */
export function serveWebSockets(http: Server, path: string, options: WebSocketOptions): WebSockets {
  const outboxes = new Map<WebSocket, SocketOutbox>();
  let isClosing = false;
  const protocol = createSubscriptionServer(options);
  const sockets = new WebSocketServer({
    noServer: true,
    maxPayload: options.gate.limits.maxFrameBytes,
    perMessageDeflate: false,
    handleProtocols: (offered) => handleProtocols(offered),
  });

  http.on("upgrade", (request: IncomingMessage, stream: Duplex, head: Buffer) => {
    // Until ws has taken over, a broken connection would be an unhandled error.
    const ignore = () => stream.destroy();
    stream.on("error", ignore);
    const { gate, authenticator } = options;
    const reason = refusal(request, gate.limits.allowedOrigins, authenticator.isAsked);
    if (pathOf(request) !== path) return refuse(stream, 404, "Not Found");
    if (isClosing) return refuse(stream, 503, "Service Unavailable");
    if (reason) return refuse(stream, 403, "Forbidden", reason);
    stream.off("error", ignore);
    // Its answer's headers are written with the request at hand.
    request.headers["x-request-id"] = requestIdOf(request);
    sockets.handleUpgrade(request, stream, head, (socket) =>
      // That is what a server over TCP is given.
      serve(socket, stream as Socket, request),
    );
  });
  sockets.on("headers", (headers, request) =>
    headers.push(`${REQUEST_ID_HEADER}: ${requestIdOf(request)}`),
  );

  function serve(socket: WebSocket, stream: Socket, request: IncomingMessage): void {
    const authorization = request.headers.authorization ?? null;
    const requestId = requestIdOf(request);
    stream.setKeepAlive(true, KEEP_ALIVE_MS);
    const outbox = new SocketOutbox(socket, stream, options.stalledMs);
    outboxes.set(socket, outbox);
    const opened = protocol.opened(
      {
        protocol: socket.protocol,
        send: (data) => outbox.send(data),
        close: (code, reason) => outbox.close(code ?? NORMAL, reason ?? ""),
        onMessage: (handle) => {
          socket.on("message", (data) => {
            // Whoever was told goodbye is not listened to any more.
            if (!outbox.isOpen) return;
            handle(String(data)).catch((error: unknown) => {
              if (isOnlyForClients(error))
                return outbox.close(CloseCode.BadRequest, "Invalid message received");
              onBehalfOf(requestId, () => options.onError(error));
              outbox.close(INTERNAL_ERROR, "Internal error");
            });
            waitForReader(socket, outbox);
          });
        },
      },
      { outbox, requestId, authorization, session: null, leave: null },
    );
    // Frames that break the protocol: ws closes the connection with the right code by itself.
    socket.on("error", () => {});
    socket.once("close", (code, reason) => {
      outboxes.delete(socket);
      outbox.closed();
      opened(code, String(reason)).catch(options.onError);
    });
  }

  return {
    get size() {
      return outboxes.size;
    },
    close: async () => {
      isClosing = true;
      const clients = outboxes.size;
      await Promise.all([...outboxes].map((one) => sayGoodbye(one, clients)));
      sockets.close();
    },
  };
}

/** graphql-ws throws at messages that only servers send, as at bugs. */
function isOnlyForClients(error: unknown): boolean {
  return error instanceof Error && error.message.startsWith("Unexpected message of type ");
}

/** Who does not read what it is answered is not asked for more: every message may have an answer. */
function waitForReader(socket: WebSocket, outbox: SocketOutbox): void {
  const drained = outbox.drained();
  if (!drained || socket.isPaused) return;
  socket.pause();
  void drained.then(() => socket.resume());
}

function sayGoodbye(
  [socket, outbox]: readonly [WebSocket, SocketOutbox],
  clients: number,
): Promise<void> {
  return new Promise((resolve) => {
    socket.once("close", () => resolve());
    outbox.sayGoodbye(GOING_AWAY, goodbye(comeBackInMs(clients)));
  });
}

function pathOf(request: IncomingMessage): string {
  return (request.url ?? "/").split("?", 1)[0] ?? "/";
}

function refuse(stream: Duplex, status: number, phrase: string, text = phrase): void {
  stream.end(
    `HTTP/1.1 ${status} ${phrase}\r\nConnection: close\r\nContent-Type: text/plain\r\nContent-Length: ${Buffer.byteLength(text)}\r\n\r\n${text}`,
  );
}
