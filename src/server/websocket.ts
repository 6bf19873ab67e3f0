import type { IncomingMessage, Server } from "node:http";
import type { Duplex } from "node:stream";
import { handleProtocols } from "graphql-ws";
import { type WebSocket, WebSocketServer } from "ws";
import { refusal } from "./origin.ts";
import { Outbox } from "./outbox.ts";
import { createSubscriptionServer, type SubscriptionOptions } from "./subscription-server.ts";

/** Operations are short; documents that are not come over HTTP. */
const MAX_MESSAGE_BYTES = 1024 * 1024;
/** Finds out that a client's machine is gone, even while nothing is sent to it. */
const KEEP_ALIVE_MS = 60_000;

const GOING_AWAY = 1001;
const INTERNAL_ERROR = 4500;

export interface WebSockets {
  /** Tells all clients to come back later, and waits until they have heard. */
  close(): Promise<void>;
}

/** GraphQL over WebSockets (graphql-transport-ws) at `path` of an HTTP server. */
export function serveWebSockets(
  http: Server,
  path: string,
  options: SubscriptionOptions,
): WebSockets {
  const protocol = createSubscriptionServer(options);
  const sockets = new WebSocketServer({
    noServer: true,
    maxPayload: MAX_MESSAGE_BYTES,
    perMessageDeflate: false,
    handleProtocols: (offered) => handleProtocols(offered),
  });

  http.on("upgrade", (request: IncomingMessage, stream: Duplex, head: Buffer) => {
    // Until ws has taken over, a broken connection would be an unhandled error.
    const ignore = () => stream.destroy();
    stream.on("error", ignore);
    const reason = refusal(request);
    if (pathOf(request) !== path) return refuse(stream, 404, "Not Found");
    if (reason) return refuse(stream, 403, "Forbidden", reason);
    stream.off("error", ignore);
    sockets.handleUpgrade(request, stream, head, (socket) => serve(socket, stream));
  });

  function serve(socket: WebSocket, stream: Duplex): void {
    if ("setKeepAlive" in stream)
      (stream as import("node:net").Socket).setKeepAlive(true, KEEP_ALIVE_MS);
    const outbox = new Outbox(socket, stream);
    const opened = protocol.opened(
      {
        protocol: socket.protocol,
        send: (data) => outbox.send(data),
        close: (code, reason) => socket.close(code, reason),
        onMessage: (handle) => {
          socket.on("message", (data) => {
            handle(String(data)).catch((error: unknown) => {
              options.onError(error);
              socket.close(INTERNAL_ERROR, "Internal error");
            });
          });
        },
      },
      { outbox },
    );
    // Frames that break the protocol: ws closes the connection with the right code by itself.
    socket.on("error", () => {});
    socket.once("close", (code, reason) => {
      opened(code, String(reason)).catch(options.onError);
    });
  }

  return { close: () => closeAll(sockets) };
}

function pathOf(request: IncomingMessage): string {
  return (request.url ?? "/").split("?", 1)[0] ?? "/";
}

function refuse(stream: Duplex, status: number, phrase: string, text = phrase): void {
  stream.end(
    `HTTP/1.1 ${status} ${phrase}\r\nConnection: close\r\nContent-Type: text/plain\r\nContent-Length: ${Buffer.byteLength(text)}\r\n\r\n${text}`,
  );
}

/** A client that does not answer the goodbye is not waited for any longer. */
const GOODBYE_MS = 2_000;

async function closeAll(sockets: WebSocketServer): Promise<void> {
  const gone = [...sockets.clients].map(
    (socket) =>
      new Promise<void>((resolve) => {
        socket.once("close", () => resolve());
        socket.close(GOING_AWAY, "The server is shutting down");
        setTimeout(() => socket.terminate(), GOODBYE_MS).unref();
      }),
  );
  await Promise.all(gone);
  sockets.close();
}
