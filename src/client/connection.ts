import {
  CloseCode,
  type Message,
  MessageType,
  parseMessage,
  type SubscribePayload,
  stringifyMessage,
} from "graphql-ws/client";
import {
  fromClose,
  fromGraphQLErrors,
  fromHttpStatus,
  fromSocketError,
  type ListenError,
  type WireError,
} from "./errors.ts";
import type { Socket, SocketOptions } from "./socket.ts";

export type ConnectionParams = Readonly<Record<string, unknown>>;

export interface ConnectionOptions {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly connectionParams:
    | ConnectionParams
    | (() => ConnectionParams | Promise<ConnectionParams>)
    | null;
  /** Silence after which the other side counts as gone; it is asked for a sign after half of it. */
  readonly keepAliveMs: number;
  /** An earlier connection to the same address worked. */
  readonly workedBefore: boolean;
  readonly openSocket: (options: SocketOptions) => Socket;
}

export type Data = Readonly<Record<string, unknown>>;

interface Operation {
  next(data: Data): void;
  /** The server refused it, or could not go on with it. */
  error(error: ListenError): void;
  complete(): void;
}

const OPEN = 1;
/** How long the other side may take to say goodbye. */
const CLOSE_GRACE_MS = 500;

/**
 * One connection that speaks graphql-transport-ws, from its opening to its end; it never reconnects.
 * The package's own client is not used because it resends an operation's first payload after a
 * reconnect, even with retries off when the server closed with 1000, and a resumed feed needs a new
 * `after` each time.
 */
export class Connection {
  /** Resolves once, with why the connection is of no more use; with null after `close()`. */
  readonly lost: Promise<ListenError | null>;
  /** Resolves when the server has accepted the connection. */
  readonly accepted: Promise<void>;

  readonly #options: ConnectionOptions;
  readonly #socket: Socket;
  readonly #operations = new Map<string, Operation>();
  readonly #lost = Promise.withResolvers<ListenError | null>();
  readonly #accepted = Promise.withResolvers<void>();
  readonly #socketClosed = Promise.withResolvers<void>();
  readonly #watch: ReturnType<typeof setInterval>;
  #state: "OPENING" | "READY" | "ENDED" = "OPENING";
  #paused = false;
  #heardAtMs = performance.now();
  #watchedAtMs = performance.now();
  #lastId = 0;

  constructor(options: ConnectionOptions) {
    this.#options = options;
    this.lost = this.#lost.promise;
    this.accepted = this.#accepted.promise;
    this.#socket = options.openSocket({
      url: options.url,
      headers: options.headers,
      handshakeTimeoutMs: options.keepAliveMs,
    });
    this.#socket.onopen = () => void this.#begin();
    this.#socket.onmessage = ({ data }) => this.#hear(data);
    this.#socket.onerror = (event: unknown) => this.#end(this.#socketError(event));
    this.#socket.onclose = ({ code, reason }) => {
      this.#socketClosed.resolve();
      this.#end(fromClose(code, reason));
    };
    this.#watch = setInterval(() => this.#checkAlive(), options.keepAliveMs / 4);
  }

  /**
   * The answer to a query. Throws a ListenError when the server refuses it; stays pending when the
   * connection is lost first, which `lost` tells.
   */
  query(payload: SubscribePayload): Promise<Data> {
    return new Promise((resolve, reject) => {
      this.#start(payload, { next: resolve, error: reject, complete: () => {} });
    });
  }

  /** `next` gets the data of each result, and must not throw. An error or the end ends the connection. */
  subscribe(payload: SubscribePayload, next: (data: Data) => void): void {
    this.#start(payload, {
      next,
      error: (error) => this.#end(error),
      complete: () => this.#end(fromClose(1000, "the subscription ended")),
    });
  }

  pause(): void {
    this.#paused = true;
    if (this.#socket.readyState === OPEN) this.#socket.pause?.();
  }

  resume(): void {
    this.#paused = false;
    this.#heardAtMs = performance.now();
    if (this.#socket.readyState === OPEN) this.#socket.resume?.();
  }

  /** Ends the connection from this side; resolves when the socket is closed. */
  async close(): Promise<void> {
    this.#stop();
    this.#lost.resolve(null);
    if (this.#socket.readyState !== OPEN) {
      this.#terminate();
    } else {
      this.#socket.resume?.(); // or the server's goodbye would never be read
      this.#socket.close(1000, "Normal Closure");
    }
    const impatience = setTimeout(() => this.#terminate(), CLOSE_GRACE_MS);
    await this.#socketClosed.promise;
    clearTimeout(impatience);
  }

  async #begin(): Promise<void> {
    this.#heardAtMs = performance.now();
    const { connectionParams } = this.#options;
    try {
      const params =
        typeof connectionParams === "function" ? await connectionParams() : connectionParams;
      this.#send({
        type: MessageType.ConnectionInit,
        ...(params ? { payload: { ...params } } : {}),
      });
    } catch (error) {
      this.#end(fromSocketError(`connectionParams failed: ${messageOf(error)}`));
    }
  }

  #start(payload: SubscribePayload, operation: Operation): void {
    this.#lastId += 1;
    const id = String(this.#lastId);
    this.#operations.set(id, operation);
    this.#send({ id, type: MessageType.Subscribe, payload });
  }

  #hear(data: unknown): void {
    if (this.#state === "ENDED") return;
    this.#heardAtMs = performance.now();
    try {
      this.#handle(parseMessage(data));
    } catch (error) {
      this.#end(fromClose(CloseCode.BadResponse, messageOf(error)));
    }
  }

  #handle(message: Message): void {
    const operation = "id" in message ? this.#operations.get(message.id) : undefined;
    switch (message.type) {
      case MessageType.ConnectionAck:
        this.#state = "READY";
        this.#accepted.resolve();
        break;
      case MessageType.Ping:
        this.#send({ type: MessageType.Pong });
        break;
      case MessageType.Pong:
        break;
      case MessageType.Next: {
        const { data, errors } = message.payload;
        // Data beside errors is an event in which some nullable field could not be had.
        if (data) operation?.next(data as Data);
        else operation?.error(fromGraphQLErrors((errors ?? []) as readonly WireError[]));
        break;
      }
      case MessageType.Error:
        operation?.error(fromGraphQLErrors(message.payload as readonly WireError[]));
        break;
      case MessageType.Complete:
        this.#operations.delete(message.id);
        operation?.complete();
        break;
      default:
        throw new Error(`unexpected message of type ${message.type}`);
    }
  }

  #send(message: Message): void {
    if (this.#socket.readyState === OPEN) this.#socket.send(stringifyMessage(message));
  }

  #checkAlive(): void {
    const nowMs = performance.now();
    const { keepAliveMs } = this.#options;
    // When this process itself stood still (a laptop's sleep, a blocked loop), what the other side
    // sent meanwhile is still unread: its silence is ours.
    if (nowMs - this.#watchedAtMs > keepAliveMs / 2) this.#heardAtMs = nowMs;
    this.#watchedAtMs = nowMs;
    if (this.#paused) return;
    const silentMs = nowMs - this.#heardAtMs;
    if (silentMs >= keepAliveMs) {
      this.#end(
        fromSocketError(`nothing was heard from the server for ${Math.round(silentMs)} ms`),
      );
    } else if (silentMs >= keepAliveMs / 2 && this.#state === "READY") {
      this.#send({ type: MessageType.Ping });
    }
  }

  #socketError(event: unknown): ListenError {
    const { message, error } = event as { message?: unknown; error?: unknown };
    const text = (typeof message === "string" && message) || messageOf(error);
    // The `ws` package tells the status of a refused upgrade in this sentence.
    const status = /^Unexpected server response: (\d{3})$/.exec(text);
    return status
      ? fromHttpStatus(Number(status[1]), this.#options.url, this.#options.workedBefore)
      : fromSocketError(text);
  }

  #end(why: ListenError): void {
    if (this.#state === "ENDED") return;
    this.#stop();
    this.#lost.resolve(why);
    this.#terminate();
  }

  #stop(): void {
    this.#state = "ENDED";
    clearInterval(this.#watch);
    this.#operations.clear();
  }

  #terminate(): void {
    if (this.#socket.terminate) this.#socket.terminate();
    else this.#socket.close();
  }
}

/** An address with several IPs fails with an AggregateError, whose own message is empty. */
function messageOf(error: unknown): string {
  if (error instanceof AggregateError) return error.errors.map(messageOf).join(", ");
  return error instanceof Error ? error.message : "the connection failed";
}
