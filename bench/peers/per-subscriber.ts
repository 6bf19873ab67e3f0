/**
 * The usual way to serve subscriptions: each listener has a stream of its own, and GraphQL is executed
 * and its result made JSON for each. `graphql` is graphql-ws with graphql-js, `yoga` has GraphQL Yoga on
 * top, both as their guides show it. The events are in memory, and nothing is compressed.
 */

import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { buildSchema, type ExecutionArgs, execute, GraphQLObjectType, subscribe } from "graphql";
import { type Extra, useServer } from "graphql-ws/use/ws";
import { createYoga } from "graphql-yoga";
import { WebSocketServer } from "ws";
import { parseGlobalId } from "../../schema/ids.ts";
import type { FleetEvent } from "../../src/model/events.ts";
import { perform, type Stage } from "../stage.ts";
import { eventsFrom } from "./fan-out-events.ts";

const [dataDir = "", first = "", kind = ""] = process.argv.slice(2);
const { events, resolvers } = eventsFrom(dataDir, Number(first));

const schema = buildSchema(`
  type Query { head: String }
  input EventFilter { kinds: [String!] zoneIds: [ID!] subjectIds: [ID!] }
  type Event {
    id: ID!
    cursor: String!
    occurredAt: String!
    kind: String!
    category: String!
    severity: String!
    message: String!
  }
  type Subscription { events(filter: EventFilter): Event! }
`);

interface Filter {
  readonly kinds?: readonly string[];
  readonly zoneIds?: readonly string[];
  readonly subjectIds?: readonly string[];
}

/** Sets of numbers, made once for each listener. */
function passing({ kinds, zoneIds, subjectIds }: Filter): (event: FleetEvent) => boolean {
  const keys = (ids: readonly string[] | undefined) =>
    ids && new Set(ids.map((id) => Number(parseGlobalId(id)?.key)));
  const [zones, subjects] = [keys(zoneIds), keys(subjectIds)];
  const names = kinds && new Set<unknown>(kinds);
  return (event) =>
    (!subjects || (event.subject !== null && subjects.has(event.subject.id))) &&
    (!zones || (event.zoneId !== null && zones.has(event.zoneId))) &&
    (!names || names.has(resolvers["kind"]?.(event)));
}

type Told = { readonly events: FleetEvent };

/** What one listener has not been told yet. */
class Stream implements AsyncIterableIterator<Told> {
  readonly #passes: (event: FleetEvent) => boolean;
  readonly #untold: FleetEvent[] = [];
  #wake: ((result: IteratorResult<Told>) => void) | null = null;

  constructor(filter: Filter) {
    this.#passes = passing(filter);
    STREAMS.add(this);
  }

  publish(event: FleetEvent): void {
    if (!this.#passes(event)) return;
    const wake = this.#wake;
    this.#wake = null;
    if (wake) wake({ done: false, value: { events: event } });
    else this.#untold.push(event);
  }

  next(): Promise<IteratorResult<Told>> {
    const event = this.#untold.shift();
    if (event) return Promise.resolve({ done: false, value: { events: event } });
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }

  async return(): Promise<IteratorResult<Told>> {
    STREAMS.delete(this);
    this.#wake?.({ done: true, value: undefined });
    return { done: true, value: undefined };
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}

const STREAMS = new Set<Stream>();

const told = schema.getType("Event");
const field = schema.getSubscriptionType()?.getFields()["events"];
if (!(told instanceof GraphQLObjectType) || !field) throw new Error("No events");
for (const [name, resolve] of Object.entries(resolvers)) {
  const field = told.getFields()[name];
  if (field) field.resolve = resolve;
}
field.subscribe = (_root, { filter }: { filter?: Filter }) => new Stream(filter ?? {});

type Options = Parameters<typeof useServer<undefined, Partial<Extra>>>[0];
type Engine = { readonly execute: typeof execute; readonly subscribe: typeof subscribe };

const WAYS: Readonly<Record<string, () => Options>> = {
  graphql: () => ({ schema, execute, subscribe }),
  yoga: () => {
    const yoga = createYoga({ schema, logging: false });
    return {
      execute: (args) => (args.rootValue as Engine).execute(args),
      subscribe: (args) => (args.rootValue as Engine).subscribe(args),
      onSubscribe: async (context, _id, params) => {
        const { request, socket } = context.extra;
        const { schema, execute, subscribe, contextFactory, parse, validate } = yoga.getEnveloped({
          ...context,
          req: request,
          socket,
          params,
        });
        const args: ExecutionArgs = {
          schema,
          operationName: params.operationName,
          document: parse(params.query),
          variableValues: params.variables,
          contextValue: await contextFactory(),
          rootValue: { execute, subscribe },
        };
        const errors = validate(args.schema, args.document);
        return errors.length > 0 ? errors : args;
      },
    };
  },
};

perform(async (): Promise<Stage> => {
  const http = createServer();
  const sockets = new WebSocketServer({ server: http, path: "/graphql", perMessageDeflate: false });
  const options = WAYS[kind]?.();
  if (!options) throw new Error(`There is no way '${kind}'`);
  const serving = useServer(options, sockets);
  http.listen(0, "127.0.0.1");
  await once(http, "listening");
  let at = 0;
  return {
    port: (http.address() as AddressInfo).port,
    reveal: (count) => {
      for (const event of events.slice(at, at + count))
        for (const stream of STREAMS) stream.publish(event);
      at += count;
    },
    close: async () => {
      for (const socket of sockets.clients) socket.terminate();
      await serving.dispose();
      http.close();
      await once(http, "close");
    },
  };
});
