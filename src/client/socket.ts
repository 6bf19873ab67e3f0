import { GRAPHQL_TRANSPORT_WS_PROTOCOL } from "graphql-ws/client";
import WebSocket from "ws";

/** What the library needs of a WebSocket: browsers have all but the optional parts. */
export interface Socket {
  readonly readyState: number;
  onopen: ((event: never) => void) | null;
  onmessage: ((event: { readonly data: unknown }) => void) | null;
  onerror: ((event: never) => void) | null;
  onclose: ((event: { readonly code: number; readonly reason: string }) => void) | null;
  send(data: string): void;
  close(code?: number, reason?: string): void;
  /** Stop reading, so that TCP tells the server to wait. */
  pause?(): void;
  resume?(): void;
  /** Close at once, without asking the other side. */
  terminate?(): void;
}

export interface SocketOptions {
  readonly url: string;
  /** HTTP headers of the upgrade request. Browsers send none. */
  readonly headers: Readonly<Record<string, string>>;
  readonly handshakeTimeoutMs: number;
}

/** The `ws` package's socket: the one that can be paused and carries headers. */
export function openSocket(options: SocketOptions): Socket {
  const socket: unknown = new WebSocket(options.url, GRAPHQL_TRANSPORT_WS_PROTOCOL, {
    headers: { ...options.headers },
    handshakeTimeout: options.handshakeTimeoutMs,
    // One stream of small messages on a busy link: compressing each costs more than it saves.
    perMessageDeflate: false,
  });
  return socket as Socket;
}

/** `http://host/graphql` as the address of its WebSocket. Throws on what is no http or ws address. */
export function webSocketUrl(url: string): string {
  const parsed = URL.parse(url);
  const protocol = parsed && { "http:": "ws:", "https:": "wss:", "ws:": "ws:", "wss:": "wss:" };
  const wanted = protocol?.[parsed?.protocol as keyof typeof protocol];
  if (!parsed || !wanted) throw new TypeError(`${url} is not an http, https, ws or wss address`);
  parsed.protocol = wanted;
  return parsed.href;
}
