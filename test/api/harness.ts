/** A real server on a free port, and real clients of it. Time moves only when a test moves it. */

import { type Client, createClient, type SubscribePayload } from "graphql-ws";
import { onTestFinished, vi } from "vitest";
import WebSocket from "ws";
import { startEvenkeel } from "../../src/main.ts";
import type { Configuration } from "../../src/server/configuration.ts";
import { DEFAULT_LOG, type LogSettings } from "../../src/server/log.ts";
import { DEFAULT_OPERATING } from "../../src/server/operating-settings.ts";
import { DEFAULT_REPLY_CACHE_BYTES } from "../../src/server/replies/reply-cache.ts";

export const SMALL_FLEET = "fleets/small.yaml";

export type Json = Record<string, unknown>;
// biome-ignore lint/suspicious/noExplicitAny: what a test reads from a response it also checks.
export type Data = any;

export interface Answer {
  readonly data?: Data;
  readonly errors?: readonly {
    readonly message: string;
    readonly path?: readonly (string | number)[];
    readonly extensions?: Json;
  }[];
}

export class TestServer {
  readonly url: string;
  readonly wsUrl: string;
  readonly log: string[];
  readonly #evenkeel: Awaited<ReturnType<typeof startEvenkeel>>;
  readonly #token: string | null;

  constructor(
    evenkeel: Awaited<ReturnType<typeof startEvenkeel>>,
    log: string[],
    token: string | null = null,
  ) {
    this.#evenkeel = evenkeel;
    this.#token = token;
    this.url = evenkeel.server.url;
    this.wsUrl = evenkeel.server.url.replace("http", "ws");
    this.log = log;
  }

  get runtime() {
    return this.#evenkeel.runtime;
  }

  /** The same server, asked with these credentials. */
  as(token: string): TestServer {
    return new TestServer(this.#evenkeel, this.log, token);
  }

  get authorization(): Record<string, string> {
    return this.#token === null ? {} : { Authorization: `Bearer ${this.#token}` };
  }

  post(body: unknown, headers: Record<string, string> = {}): Promise<Response> {
    return fetch(this.url, {
      method: "POST",
      headers: { "Content-Type": "application/json", ...this.authorization, ...headers },
      body: typeof body === "string" ? body : JSON.stringify(body),
    });
  }

  async ask(query: string, variables: Json = {}): Promise<Answer> {
    const response = await this.post({ query, variables });
    return (await response.json()) as Answer;
  }

  /** The data of an operation that must succeed. */
  async data(query: string, variables: Json = {}): Promise<Data> {
    const answer = await this.ask(query, variables);
    if (answer.errors) throw new Error(JSON.stringify(answer.errors));
    return answer.data;
  }

  /** A mutation's result, whichever member of the union it is. */
  async mutate(name: string, inputType: string, input: Json, fields = ""): Promise<Data> {
    const result = await this.data(
      `mutation ($input: ${inputType}!) { ${name}(input: $input) {
        __typename
        ... on Error { message code path }
        ... on InvalidInputError { problems { message path line column } }
        ${fields}
      } }`,
      { input },
    );
    return result[name];
  }

  async advance(seconds: number): Promise<void> {
    const result = await this.mutate("advanceClock", "AdvanceClockInput", { seconds });
    if (result.__typename !== "AdvanceClockPayload") throw new Error(JSON.stringify(result));
  }

  /** The id of something that has a name. */
  async id(field: "zone" | "host" | "region" | "tenant" | "guest", name: string): Promise<string> {
    const data = await this.data(`query ($name: String!) { ${field}(name: $name) { id } }`, {
      name,
    });
    return data[field].id;
  }

  async head(): Promise<string> {
    return (await this.data("{ head }")).head;
  }

  client() {
    return createClient({
      url: this.wsUrl,
      webSocketImpl: WebSocket,
      retryAttempts: 0,
      connectionParams: this.authorization,
    });
  }

  subscribe(query: string, variables: Json = {}): Subscription {
    return new Subscription(this.client(), { query, variables });
  }

  close(): Promise<void> {
    return this.#evenkeel.close();
  }
}

/** One subscription on a connection of its own, read step by step. */
export class Subscription {
  readonly #client: Client;
  readonly #results: ReturnType<Client["iterate"]>;

  constructor(client: Client, payload: SubscribePayload) {
    this.#client = client;
    this.#results = this.#client.iterate(payload);
  }

  /** The next result's data. */
  async next(): Promise<Data> {
    const { done, value } = await this.#results.next();
    if (done) throw new Error("The subscription has ended");
    if (value.errors) throw new Error(JSON.stringify(value.errors));
    return value.data as Data;
  }

  async take(count: number): Promise<Data[]> {
    const taken = [];
    while (taken.length < count) taken.push(await this.next());
    return taken;
  }

  /** All that comes until the subscription ends by itself. */
  async rest(): Promise<Data[]> {
    const data = [];
    for (;;) {
      const { done, value } = await this.#results.next();
      if (done) return data;
      data.push(value.data);
    }
  }

  /** What the subscription ends with: errors of its `error` message, or null for a plain end. */
  async failure(): Promise<readonly { message: string; extensions?: Json }[] | null> {
    try {
      const { done, value } = await this.#results.next();
      if (done) return null;
      throw new Error(`Unexpected result ${JSON.stringify(value)}`);
    } catch (error) {
      if (Array.isArray(error)) return error;
      throw error;
    }
  }

  async close(): Promise<void> {
    await this.#results.return?.();
    await this.#client.dispose();
  }
}

/** Closed by itself when the test (or the file's hook) is over: give `keep` for the latter. */
export async function startTestServer(
  overrides: Partial<Configuration> = {},
  keep = false,
  thread: "inline" | "worker" = "inline",
  logSettings: LogSettings = DEFAULT_LOG,
): Promise<TestServer> {
  const log: string[] = [];
  const evenkeel = await startEvenkeel(
    {
      host: "127.0.0.1",
      port: 0,
      dataDir: ":memory:",
      fleet: SMALL_FLEET,
      clock: { kind: "MANUAL" },
      seed: 1,
      tracesDir: null,
      retention: {},
      authentication: null,
      limits: {},
      trustedDocuments: null,
      replyCacheBytes: DEFAULT_REPLY_CACHE_BYTES,
      apiThreads: 0,
      ...overrides,
    },
    {
      thread,
      operating: { ...DEFAULT_OPERATING, log: logSettings },
      onLog: (line) => log.push(line),
    },
  );
  const server = new TestServer(evenkeel, log);
  if (!keep) onTestFinished(() => server.close());
  return server;
}

/** A server with the small fleet, all its guests running. */
export async function startSettledServer(
  overrides: Partial<Configuration> = {},
  keep = false,
): Promise<TestServer> {
  const server = await startTestServer(overrides, keep);
  await server.advance(120);
  return server;
}

/** Somebody with a token of this role, of one tenant or of the whole fleet. */
export async function withToken(
  server: TestServer,
  { role, tenant, name }: { role: string; tenant?: string; name?: string },
): Promise<TestServer> {
  const created = await server.mutate(
    "createApiToken",
    "CreateApiTokenInput",
    { name: name ?? `${tenant ?? "fleet"}-${role.toLowerCase()}`, role, tenant: tenant ?? null },
    "... on CreateApiTokenPayload { secret }",
  );
  if (!created.secret) throw new Error(JSON.stringify(created));
  return server.as(created.secret);
}

/** Counts the events that all followers of the server's feed are handed. */
export function countHandedOut({ runtime: { feed } }: TestServer): () => number {
  let count = 0;
  const follow = feed.follow.bind(feed);
  vi.spyOn(feed, "follow").mockImplementation((after, options) => {
    const follower = follow(after, options);
    const next = follower.next.bind(follower);
    follower.next = async () => {
      const result = await next();
      count += result.done ? 0 : result.value.length;
      return result;
    };
    return follower;
  });
  return () => count;
}
