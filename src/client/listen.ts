import { Backoff, DEFAULT_RETRY, type RetryOptions, wait } from "./backoff.ts";
import {
  Connection,
  type ConnectionOptions,
  type ConnectionParams,
  type Data,
} from "./connection.ts";
import { isAtOrBefore, positionBefore } from "./cursor.ts";
import { ListenError } from "./errors.ts";
import { EventQueue } from "./queue.ts";
import { openSocket, type Socket, type SocketOptions, webSocketUrl } from "./socket.ts";

/** The API's `EventFilter`. Ids are global ids; lists are «any of», fields are «and». */
export interface EventFilter {
  readonly categories?: readonly string[];
  readonly kinds?: readonly string[];
  readonly minSeverity?: string;
  readonly subjectIds?: readonly string[];
  readonly zoneIds?: readonly string[];
  readonly tenantIds?: readonly string[];
  readonly causedBy?: string;
}

/** Whatever the selection asks for; the cursor is always there. */
export interface ListenedEvent {
  readonly cursor: string;
}

/** An event as the default selection has it. */
export interface BasicEvent extends ListenedEvent {
  readonly id: string;
  /** RFC 3339, on the fleet's clock. */
  readonly occurredAt: string;
  readonly kind: string;
  readonly category: string;
  readonly severity: string;
  readonly message: string;
}

export type ListenStatus =
  /** Subscribed; everything after `after` comes. */
  | { readonly kind: "connected"; readonly after: string }
  /** Lost, and to be made anew. What ends listening is thrown by `next()` instead. */
  | { readonly kind: "disconnected"; readonly error: ListenError }
  | {
      readonly kind: "retrying";
      readonly inMs: number;
      /** 1 for the first try after a success. */
      readonly attempt: number;
      readonly error: ListenError;
    };

export interface ListenOptions {
  /** The GraphQL endpoint: http, https, ws or wss. */
  readonly url: string;
  /** A cursor, "start" for the earliest event still kept, or "head" (default) for what comes from now on. */
  readonly after?: string | null;
  readonly filter?: EventFilter;
  /** GraphQL selection on `Event`. */
  readonly selection?: string;
  /**
   * An API token or JSON Web Token. A function is asked for each connection, so that one that has
   * expired is followed by a fresh one.
   */
  readonly token?: string | (() => string | Promise<string>);
  /** HTTP headers of the WebSocket's upgrade. Not in browsers. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Payload of `connection_init`; a function is asked for each connection. */
  readonly connectionParams?:
    | ConnectionParams
    | (() => ConnectionParams | Promise<ConnectionParams>);
  /** Ends the listening as `return()` does. */
  readonly signal?: AbortSignal;
  readonly onStatus?: (status: ListenStatus) => void;
  /**
   * The position moved without an event: where listening began, and from time to time how far the
   * log was seen to hold nothing that matches. Only called while the consumer waits for an event, so
   * a program may save it just as it saves an event's cursor.
   */
  readonly onPosition?: (cursor: string) => void;
  readonly retry?: RetryOptions;
  /** Silence after which the server counts as gone. Default 10 s. */
  readonly keepAliveMs?: number;
  /** How long nothing must have matched before `onPosition` moves the position. Default 60 s. */
  readonly quietMs?: number;
  /** Events that may wait for the consumer before the socket is no longer read. Default 256. */
  readonly bufferSize?: number;
  /** Default: the `ws` package's. A browser passes one that opens its own WebSocket. */
  readonly openSocket?: (options: SocketOptions) => Socket;
}

export interface Listening<E extends ListenedEvent> extends AsyncIterableIterator<E, undefined> {
  /**
   * Where a new `listen` would go on: after the last event that was consumed, which is one after
   * which the next was asked for. Null until the server has told where the log stands.
   */
  readonly position: string | null;
  next(): Promise<IteratorResult<E, undefined>>;
  /** Closes the connection; resolves when it is closed. */
  return(): Promise<IteratorResult<E, undefined>>;
}

const DEFAULT_SELECTION = "id occurredAt kind category severity message";
const DEFAULT_KEEP_ALIVE_MS = 10_000;
const DEFAULT_QUIET_MS = 60_000;
const DEFAULT_BUFFER_SIZE = 256;
/** The close code of a connection whose credentials are not, or no longer, good. */
const FORBIDDEN = 4403;

/**
 * Every event after a position of the log, each once, in order, for as long as the consumer wants:
 * over cut connections and restarted servers. Connects at once; a slow consumer slows the server's
 * sending, and no more than a few hundred events ever wait here.
 *
 * `next()` throws a `ListenError` when no retry could help (CURSOR_EXPIRED, INVALID_CURSOR, a
 * selection that the schema does not have, …). Throws a TypeError for a malformed `url`.
 */
export function listen<E extends ListenedEvent = BasicEvent>(options: ListenOptions): Listening<E> {
  return new Listener<E>(options);
}

class Listener<E extends ListenedEvent> implements Listening<E> {
  readonly #options: ListenOptions;
  readonly #url: string;
  readonly #backoff: Backoff;
  readonly #retry: RetryOptions;
  readonly #queue: EventQueue<E>;
  readonly #stopped = new AbortController();
  readonly #running: Promise<void>;
  #connection: Connection | null = null;
  #drained = Promise.withResolvers<void>();
  /** Where the next subscription begins: what was received is ours, consumed or not. */
  #received: string | null;
  /** The event that the consumer has and may still be at work on. */
  #handedOut: string | null = null;
  #consumed: string | null = null;
  /** Whether any connection was ever accepted, and whether any event ever came. */
  #worked = false;
  #anyEvent = false;
  #begun = false;
  /** Since the last look: an event came, so there is no silence to speak of. */
  #busy = false;

  constructor(options: ListenOptions) {
    this.#options = options;
    this.#url = webSocketUrl(options.url);
    const { after } = options;
    this.#received = !after || after === "head" || after === "start" ? null : after;
    this.#retry = options.retry ?? DEFAULT_RETRY;
    this.#backoff = new Backoff(this.#retry);
    this.#queue = new EventQueue<E>(options.bufferSize ?? DEFAULT_BUFFER_SIZE, {
      onFull: () => {
        this.#drained = Promise.withResolvers<void>();
        this.#connection?.pause();
      },
      onDrained: () => {
        this.#drained.resolve();
        this.#connection?.resume();
      },
    });
    const stop = () => this.#stop();
    options.signal?.addEventListener("abort", stop, { once: true });
    if (options.signal?.aborted) this.#stop();
    this.#running = this.#run().finally(() => options.signal?.removeEventListener("abort", stop));
  }

  get position(): string | null {
    return this.#consumed;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async next(): Promise<IteratorResult<E, undefined>> {
    this.#consumed = this.#handedOut ?? this.#consumed;
    this.#handedOut = null;
    const result = await this.#queue.take();
    if (!result.done) this.#handedOut = result.value.cursor;
    return result;
  }

  async return(): Promise<IteratorResult<E, undefined>> {
    this.#stop();
    await this.#running;
    return { done: true, value: undefined };
  }

  #stop(): void {
    this.#stopped.abort();
    this.#queue.close();
    this.#drained.resolve();
    void this.#connection?.close();
  }

  async #run(): Promise<void> {
    try {
      while (!this.#stopped.signal.aborted) {
        const error = await this.#once();
        if (!error || this.#stopped.signal.aborted) return;
        if (error.fatal && !this.#startMoved(error)) return this.#queue.fail(error);
        const inMs = Math.max(this.#backoff.nextMs(), error.retryAfterMs ?? 0);
        this.#options.onStatus?.({
          kind: "retrying",
          inMs,
          attempt: this.#backoff.failures,
          error,
        });
        await wait(inMs, this.#stopped.signal);
        if (this.#queue.isFull) await this.#drained.promise;
      }
    } catch (error) {
      this.#queue.fail(error instanceof Error ? error : new Error(String(error)));
    }
  }

  /** One connection, until it is lost (with why) or no longer wanted (null). */
  async #once(): Promise<ListenError | null> {
    const options = this.#options;
    const connection = new Connection({
      url: this.#url,
      headers: options.headers ?? {},
      connectionParams: paramsOf(options),
      keepAliveMs: options.keepAliveMs ?? DEFAULT_KEEP_ALIVE_MS,
      workedBefore: this.#worked,
      openSocket: options.openSocket ?? openSocket,
    });
    this.#connection = connection;
    let subscribedAtMs: number | null = null;
    const opened = this.#open(connection).then(() => {
      subscribedAtMs = performance.now();
      return connection.lost;
    });
    const quiet = setInterval(
      () => this.#lookAround(connection),
      options.quietMs ?? DEFAULT_QUIET_MS,
    );
    try {
      const error = this.#mayHaveFreshCredentials(
        await Promise.race([connection.lost, opened]),
        subscribedAtMs !== null,
      );
      if (error && subscribedAtMs !== null) {
        if (performance.now() - subscribedAtMs >= this.#retry.maxMs) this.#backoff.reset();
        if (!error.fatal) options.onStatus?.({ kind: "disconnected", error });
      }
      return error;
    } catch (error) {
      if (error instanceof ListenError) return error;
      throw error;
    } finally {
      clearInterval(quiet);
      this.#connection = null;
      await connection.close();
    }
  }

  /** What was let in and is not any more, for its credentials, may come back with others. */
  #mayHaveFreshCredentials(error: ListenError | null, wasLetIn: boolean): ListenError | null {
    const { token, connectionParams } = this.#options;
    const hasOthers = typeof token === "function" || typeof connectionParams === "function";
    if (!wasLetIn || !hasOthers || error?.closeCode !== FORBIDDEN) return error;
    return new ListenError(error.code, error.message, { fatal: false, closeCode: FORBIDDEN });
  }

  async #open(connection: Connection): Promise<void> {
    await connection.accepted;
    this.#worked = true;
    const after = this.#received ?? (await this.#findStart(connection));
    this.#received = after;
    if (!this.#begun) {
      this.#begun = true;
      this.#consumed = after;
      this.#options.onPosition?.(after);
    }
    connection.subscribe(
      {
        query: `subscription Listen($after: Cursor, $filter: EventFilter) {
          events(after: $after, filter: $filter) { cursor ${this.#options.selection ?? DEFAULT_SELECTION} }
        }`,
        variables: { after, filter: this.#options.filter ?? null },
      },
      (data) => this.#receive(data["events"] as E),
    );
    this.#options.onStatus?.({ kind: "connected", after });
  }

  async #findStart(connection: Connection): Promise<string> {
    if (this.#options.after !== "start") {
      return (await connection.query({ query: "{ head }" }))["head"] as string;
    }
    // When nothing is kept, the earliest event that can be heard is the next one.
    const data = await connection.query({
      query: "{ head events(first: 1) { edges { cursor } } }",
    });
    const earliest = firstEdge(data);
    return earliest === null ? (data["head"] as string) : positionBefore(earliest);
  }

  #receive(event: E): void {
    // A last guard: the server sends no event twice.
    if (this.#received !== null && isAtOrBefore(event.cursor, this.#received)) return;
    this.#received = event.cursor;
    this.#busy = true;
    this.#anyEvent = true;
    this.#backoff.reset();
    this.#queue.push(event);
  }

  /** Retention moved between finding the start and subscribing after it: find it again. */
  #startMoved(error: ListenError): boolean {
    const moved =
      error.code === "CURSOR_EXPIRED" && this.#options.after === "start" && !this.#anyEvent;
    if (moved) this.#received = null;
    return moved;
  }

  #lookAround(connection: Connection): void {
    const wasBusy = this.#busy;
    this.#busy = false;
    if (wasBusy || !this.#queue.isAwaited) return;
    this.#skipSilence(connection).catch((error: unknown) => {
      // What the server refuses here costs nothing but the skipping.
      if (error instanceof ListenError) return;
      this.#queue.fail(error instanceof Error ? error : new Error(String(error)));
      void connection.close();
    });
  }

  /**
   * A feed whose filter seldom matches would keep the cursor of its last event until retention has
   * overtaken it, and a reconnect would then fail although nothing was missed. So in silence the
   * position moves on: `head` is asked first, and when after that nothing in the log follows our
   * position, there is nothing between the two.
   */
  async #skipSilence(connection: Connection): Promise<void> {
    const from = this.#received;
    if (from === null) return;
    const head = (await connection.query({ query: "{ head }" }))["head"] as string;
    if (isAtOrBefore(head, from)) return;
    const following = await connection.query({
      query: `query Following($after: Cursor, $filter: EventFilter) {
        events(first: 1, after: $after, filter: $filter) { edges { cursor } }
      }`,
      variables: { after: from, filter: this.#options.filter ?? null },
    });
    if (firstEdge(following) !== null || this.#received !== from || !this.#queue.isAwaited) return;
    this.#received = head;
    this.#consumed = head;
    this.#options.onPosition?.(head);
  }
}

function paramsOf({
  token,
  connectionParams,
}: ListenOptions): ConnectionOptions["connectionParams"] {
  if (token === undefined) return connectionParams ?? null;
  return async () => ({
    ...(typeof connectionParams === "function" ? await connectionParams() : connectionParams),
    Authorization: `Bearer ${typeof token === "function" ? await token() : token}`,
  });
}

function firstEdge(data: Data): string | null {
  const { edges } = data["events"] as { readonly edges: readonly { readonly cursor: string }[] };
  return edges[0]?.cursor ?? null;
}
