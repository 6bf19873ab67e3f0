import { createServer, type Server } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { buildSchema, execute, GraphQLError, subscribe } from "graphql";
import { useServer } from "graphql-ws/use/ws";
import { WebSocketServer } from "ws";

/**
 * A server of the API's event subset over a log that outlives it, so that a test can restart it,
 * cut its sockets and expire its log at will.
 */
const schema = buildSchema(`
  scalar Cursor
  input EventFilter { kinds: [String!] }
  type Event { id: ID! cursor: Cursor! occurredAt: String! kind: String! category: String! severity: String! message: String! }
  type Edge { cursor: Cursor! }
  type EventConnection { edges: [Edge!]! }
  type Query { head: Cursor! events(first: Int, after: Cursor, filter: EventFilter): EventConnection! }
  type Subscription { events(after: Cursor, filter: EventFilter): Event! }
`);

export interface TestEvent {
  readonly id: string;
  readonly cursor: string;
  readonly occurredAt: string;
  readonly kind: string;
  readonly category: string;
  readonly severity: string;
  readonly message: string;
}
interface EventArguments {
  readonly first?: number;
  readonly after?: string | null;
  readonly filter?: { readonly kinds?: readonly string[] } | null;
}

export class LogServer {
  readonly epoch = "test";
  readonly events: TestEvent[] = [];
  /** The first seq still kept. */
  earliest = 1;
  /** Events sent, over all connections. */
  sent = 0;
  connections = 0;
  /** The headers of each upgrade, and the payload of each `connection_init`. */
  readonly upgrades: Record<string, string | string[] | undefined>[] = [];
  readonly inits: unknown[] = [];
  /** Refuse `connection_init`, which closes with 4403. */
  forbid = false;
  /** Fails the next subscription with this. */
  failWith: GraphQLError | null = null;
  port = 0;
  readonly #sockets = new Set<Socket>();
  #grown = Promise.withResolvers<void>();
  #server: Server | null = null;

  get url(): string {
    return `http://127.0.0.1:${this.port}/graphql`;
  }

  /** Sockets open now. */
  get open(): number {
    return this.#sockets.size;
  }

  get head(): string {
    return `${this.epoch}:${this.events.length}`;
  }

  append(count: number, kind = "GUEST_STARTED", padding = ""): void {
    for (let i = 0; i < count; i++) {
      const seq = this.events.length + 1;
      this.events.push({
        id: `event-${seq}`,
        cursor: `${this.epoch}:${seq}`,
        occurredAt: new Date(seq * 1000).toISOString(),
        kind,
        category: "LIFECYCLE",
        severity: "INFO",
        message: `event ${seq}${padding}`,
      });
    }
    this.#grown.resolve();
    this.#grown = Promise.withResolvers<void>();
  }

  async start(): Promise<void> {
    const server = createServer((_request, response) => response.writeHead(404).end());
    server.on("connection", (socket) => {
      this.#sockets.add(socket);
      socket.on("close", () => this.#sockets.delete(socket));
    });
    const sockets = new WebSocketServer({ server, path: "/graphql" });
    sockets.on("connection", (_socket, request) => {
      this.connections += 1;
      this.upgrades.push({ ...request.headers });
    });
    useServer(
      {
        schema,
        execute,
        subscribe,
        roots: { query: this.#queryRoot(), subscription: this.#subscriptionRoot() },
        onConnect: (context) => {
          this.inits.push(context.connectionParams);
          return !this.forbid;
        },
      },
      sockets,
    );
    await new Promise<void>((resolve) => server.listen(this.port, "127.0.0.1", resolve));
    this.port = (server.address() as AddressInfo).port;
    this.#server = server;
  }

  /** As a crash does it: every socket is cut, in the middle of whatever it sends. */
  async stop(): Promise<void> {
    const server = this.#server;
    if (!server) return;
    this.#server = null;
    const closed = new Promise((resolve) => server.close(resolve));
    this.cut();
    await closed;
  }

  cut(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  /** The network goes silent: sockets stay open, nothing comes through any more. */
  freeze(): void {
    for (const socket of this.#sockets) {
      socket.pause();
      socket.write = () => true;
    }
  }

  #seqAfter(after: string | null | undefined): number {
    if (!after) return this.events.length;
    const match = /^(\w+):(\d+)$/.exec(after);
    if (!match) throw failure(`${after} is not a cursor`, { code: "INVALID_CURSOR" });
    if (match[1] !== this.epoch)
      throw failure("Not of this log", { code: "CURSOR_FROM_ANOTHER_LOG" });
    const seq = Number(match[2]);
    if (seq + 1 < this.earliest) {
      const earliest = `${this.epoch}:${this.earliest - 1}`;
      throw failure("No longer kept", { code: "CURSOR_EXPIRED", earliest });
    }
    return seq;
  }

  #matches(event: TestEvent, { filter }: EventArguments): boolean {
    return !filter?.kinds || filter.kinds.includes(event.kind);
  }

  #queryRoot() {
    return {
      head: () => this.head,
      events: (args: EventArguments) => {
        const from = args.after ? this.#seqAfter(args.after) : this.earliest - 1;
        const edges = this.events
          .slice(from)
          .filter((event) => this.#matches(event, args))
          .slice(0, args.first);
        return { edges };
      },
    };
  }

  #subscriptionRoot() {
    return {
      events: (args: EventArguments) => {
        const error = this.failWith;
        this.failWith = null;
        if (error) throw error;
        return this.#follow(this.#seqAfter(args.after), args);
      },
    };
  }

  async *#follow(afterSeq: number, args: EventArguments) {
    for (let seq = afterSeq; ; ) {
      while (seq < this.events.length) {
        const event = this.events[seq] as TestEvent;
        seq += 1;
        if (!this.#matches(event, args)) continue;
        this.sent += 1;
        yield { events: event };
      }
      await this.#grown.promise;
    }
  }
}

export function failure(message: string, extensions: Record<string, unknown> = {}): GraphQLError {
  return new GraphQLError(message, { extensions });
}
