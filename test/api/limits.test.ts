import { once } from "node:events";
import { getIntrospectionQuery } from "graphql";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import WebSocket from "ws";
import type { Limits } from "../../src/server/limits/limits.ts";
import { type Answer, type Json, startTestServer, type TestServer } from "./harness.ts";

/** What each way in says to one operation. */
const WAYS = {
  async http(server: TestServer, query: string, variables: Json): Promise<Answer> {
    return server.ask(query, variables);
  },
  async sse(server: TestServer, query: string, variables: Json): Promise<Answer> {
    const response = await server.post({ query, variables }, { Accept: "text/event-stream" });
    const [, data = ""] = /^data: (.+)$/m.exec(await response.text()) ?? [];
    return JSON.parse(data);
  },
  async webSocket(server: TestServer, query: string, variables: Json): Promise<Answer> {
    const socket = await connected(server);
    socket.send(JSON.stringify({ id: "1", type: "subscribe", payload: { query, variables } }));
    const [message] = await once(socket, "message");
    const { type, payload } = JSON.parse(String(message));
    return type === "error" ? { errors: payload } : payload;
  },
};
const WAY_NAMES = Object.keys(WAYS) as (keyof typeof WAYS)[];

async function connected(server: TestServer): Promise<WebSocket> {
  const socket = new WebSocket(server.wsUrl, "graphql-transport-ws");
  onTestFinished(() => socket.terminate());
  await once(socket, "open");
  socket.send(JSON.stringify({ type: "connection_init" }));
  await once(socket, "message");
  return socket;
}

const limited = (limits: Partial<Limits>) => startTestServer({ limits });

interface Refusal {
  readonly limits: Partial<Limits>;
  readonly query: string;
  readonly extensions: Json;
}

const EVENTS = "subscription { events { cursor } }";

const REFUSALS: Readonly<Record<string, Refusal>> = {
  tokens: {
    limits: { maxTokens: 6 },
    query: "subscription { events { cursor } }",
    extensions: { code: "TOO_MANY_TOKENS", max: 6 },
  },
  depth: {
    limits: { maxDepth: 2 },
    query: "subscription { events { cause { id } } }",
    extensions: { code: "OPERATION_TOO_DEEP", requested: 3, max: 2 },
  },
  "depth of fragments": {
    limits: { maxDepth: 2 },
    query:
      "subscription { ...A } fragment A on Subscription { events { ...B } } fragment B on Event { ... { cause { id } } }",
    extensions: { code: "OPERATION_TOO_DEEP", requested: 3, max: 2 },
  },
  "brackets within brackets": {
    limits: { maxTokens: 100_000 },
    query: `{ guests(filter: ${"[".repeat(50_000)}`,
    extensions: { code: "OPERATION_TOO_DEEP", max: 200 },
  },
  aliases: {
    limits: { maxAliases: 2 },
    query: "subscription { events { a: id b: id c: id } }",
    extensions: { code: "TOO_MANY_ALIASES", requested: 3, max: 2 },
  },
  "the same again": {
    limits: { maxAliases: 2 },
    query:
      "subscription { events { id id ... { id } ... on GuestStarted { guest { id } } ... on GuestStopped { guest { id } } ... on GuestStarted { guest { name } } } }",
    extensions: { code: "TOO_MANY_ALIASES", requested: 3, max: 2 },
  },
  directives: {
    limits: { maxDirectives: 2 },
    query:
      "subscription { events @include(if: true) { id @skip(if: false) ... @include(if: true) { id } } }",
    extensions: { code: "TOO_MANY_DIRECTIVES", requested: 3, max: 2 },
  },
  cost: {
    limits: { maxCost: 26 },
    query: "subscription { events { effects { nodes { id } } } }",
    extensions: { code: "OPERATION_TOO_EXPENSIVE", cost: { requested: 28, max: 26 } },
  },
  introspection: {
    limits: { introspection: [] },
    query: "query Sly { ...A } fragment A on Query { secret: __schema { types { name } } }",
    extensions: { code: "INTROSPECTION_FORBIDDEN" },
  },
};

describe.each(Object.entries(REFUSALS))("too much of %s", (_what, refusal) => {
  test.each(WAY_NAMES)("is refused by %s before anything begins", async (way) => {
    const { limits, query, extensions } = refusal;
    const server = await limited(limits);
    const { data, errors } = await WAYS[way](server, query, {});
    expect(data).toBeUndefined();
    expect(errors).toHaveLength(1);
    expect(errors?.[0]?.extensions).toEqual(extensions);
  });
});

describe("what an operation costs", () => {
  test.each<[number, string, Json?]>([
    [1, "{ head }"],
    [3, "{ viewer { name role } }"],
    [1 + 1 + 25 * 2, "{ guests { nodes { id name } } }"],
    [1 + 1 + 7 * 2, "{ guests(first: 7) { nodes { id name } } }"],
    [1 + 1 + 7 * 2, "{ guests(last: 7) { edges { node { id } } } }"],
    [1 + 1 + 100 * 1, "query ($n: Int) { guests(first: $n) { nodes { id } } }", { n: 100 }],
    [1 + 1 + 25 * 1, "query ($n: Int) { guests(first: $n) { nodes { id } } }", {}],
    [1 + 1 + 9 * 1, "query ($n: Int = 9) { guests(first: $n) { nodes { id } } }", {}],
    [1 + 10 + 1 + 1, "{ guests { totalCount pageInfo { hasNextPage } } }"],
    [
      1 + 1 + 5 * (1 + 1 + 4 * 1),
      "{ zones(first: 5) { nodes { hosts(first: 4) { nodes { id } } } } }",
    ],
    [1 + 1 + 5 * 1, "{ guests(first: 5) { ...P } } fragment P on GuestConnection { nodes { id } }"],
    [1 + 3 * 1, "query ($ids: [ID!]!) { nodes(ids: $ids) { id } }", { ids: ["a", "b", "c"] }],
    [1 + 1 + 25 * (1 + 10 * 1), "{ guests { nodes { blockedBy { code } } } }"],
    [
      1 + 2,
      '{ node(id: "x") { ... on Zone { name } ... on Host { id name } ... on Rack { id } } }',
    ],
    [1 + 1 + 2, '{ node(id: "x") { __typename ... on Zone { name } ... on Host { id name } } }'],
    [1_000 + 1, '{ explainPlacement(input: { flavor: "f" }) { feasibleHosts } }'],
    [10 + 1, "mutation { advanceClock(input: { seconds: 1 }) { __typename } }"],
  ])("is %i for %s", async (cost, query, variables = {}) => {
    const server = await startTestServer();
    for (const way of WAY_NAMES) {
      const answer = (await WAYS[way](server, query, variables)) as { extensions?: Json };
      expect(answer.extensions, way).toEqual({ cost: { requested: cost, max: 100_000 } });
    }
  });

  test("differs with what the variables of one document say", async () => {
    const server = await startTestServer();
    const query = `query ($n: Int, $zone: Boolean = true) {
      guests(first: $n) { nodes { id zone @include(if: $zone) { id } } }
    }`;
    for (const [n, cost] of [
      [3, 2 + 3 * 3],
      [50, 2 + 50 * 3],
      [3, 2 + 3 * 3],
    ] as const)
      for (const way of WAY_NAMES) {
        const answer = (await WAYS[way](server, query, { n })) as { extensions?: Json };
        expect(answer.extensions, way).toEqual({ cost: { requested: cost, max: 100_000 } });
      }
  });

  test("does not take long to find, however often fragments are spread", async () => {
    const server = await startTestServer();
    const fragments = Array.from(
      { length: 35 },
      (_, level) =>
        `fragment F${level} on Event { cause { ...F${level + 1} } again: cause { ...F${level + 1} } }`,
    );
    const query = `{ events { nodes { ...F0 } } } ${fragments.join(" ")} fragment F35 on Event { id }`;
    const { errors } = await server.ask(query);
    expect(errors?.[0]?.extensions?.["code"]).toBe("OPERATION_TOO_EXPENSIVE");
  });

  test("leaves room for what tools and people ask", async () => {
    const server = await startTestServer();
    expect((await server.ask(getIntrospectionQuery())).errors).toBeUndefined();
  });
});

describe("operations a second", () => {
  const limits = { operationsPerSecond: 0.001, operationsBurst: 3 };

  test("are limited over HTTP, with the time after which to come back", async () => {
    const server = await limited(limits);
    for (let count = 0; count < 3; count++) expect(await server.head()).toBeTruthy();
    const response = await server.post({ query: "{ head }" });
    expect(response.status).toBe(429);
    const { errors } = (await response.json()) as Answer;
    const { code, retryAfterMs } = errors?.[0]?.extensions ?? {};
    expect(code).toBe("RATE_LIMITED");
    expect(retryAfterMs).toBeGreaterThan(900_000);
    expect(retryAfterMs).toBeLessThanOrEqual(1_000_000);
    const retryAfter = Number(response.headers.get("retry-after"));
    expect(retryAfter).toBe(Math.ceil(Number(retryAfterMs) / 1_000));
  });

  test("are the same ones over WebSockets, for what is nonsense too", async () => {
    const server = await limited(limits);
    await WAYS.webSocket(server, "{ nonsense }", {});
    await WAYS.http(server, "{ head", {});
    await WAYS.webSocket(
      server,
      EVENTS.replace("events", "fleet").replace("cursor", "hostsUp"),
      {},
    );
    for (const way of WAY_NAMES.filter((name) => name !== "sse")) {
      const { errors } = await WAYS[way](server, "{ head }", {});
      expect(errors?.[0]?.extensions?.["code"], way).toBe("RATE_LIMITED");
    }
  });
});

test.each([
  ["text/event-stream", 200],
  ["application/graphql-response+json", 400],
  ["application/graphql-response+json, application/json, text/event-stream", 400],
])("what is refused to a client that takes %s has status %i", async (accept, status) => {
  const server = await limited({});
  const response = await server.post({ query: "{ nonsense }" }, { Accept: accept });
  expect(response.status).toBe(status);
  expect(await response.text()).toContain("nonsense");
});

describe("connections of a principal", () => {
  test("are so many, of both kinds together, and one that ends makes room", async () => {
    const server = await limited({ maxConnections: 2 });
    const first = await connected(server);
    const stream = await server.post({ query: EVENTS }, { Accept: "text/event-stream" });
    expect(stream.status).toBe(200);

    const third = new WebSocket(server.wsUrl, "graphql-transport-ws");
    await once(third, "open");
    third.send(JSON.stringify({ type: "connection_init" }));
    const [code] = await once(third, "close");
    expect(code).toBe(1013);
    for (const accept of ["text/event-stream", "multipart/mixed", "*/*"]) {
      const refused = await server.post({ query: EVENTS }, { Accept: accept });
      expect(refused.status).toBe(429);
      expect(((await refused.json()) as Answer).errors?.[0]?.extensions).toEqual({
        code: "TOO_MANY_CONNECTIONS",
        max: 2,
      });
    }

    first.close();
    await stream.body?.cancel();
    // Both places are free again.
    await vi.waitFor(async () => {
      const next = await Promise.all(
        [1, 2].map(() => server.post({ query: EVENTS }, { Accept: "text/event-stream" })),
      );
      const statuses = next.map(({ status }) => status);
      await Promise.all(next.map(({ body }) => body?.cancel()));
      expect(statuses).toEqual([200, 200]);
    });
  });

  test("have so many operations under way", async () => {
    const server = await limited({ maxSubscriptions: 2 });
    const socket = await connected(server);
    const messages: { id: string; type: string; payload?: Json[] }[] = [];
    socket.on("message", (data) => messages.push(JSON.parse(String(data))));
    const send = (message: object) => socket.send(JSON.stringify(message));
    const begin = (id: string) => send({ id, type: "subscribe", payload: { query: EVENTS } });
    for (const id of ["1", "2", "3"]) begin(id);
    await vi.waitFor(() => expect(messages).toHaveLength(1));
    expect(messages[0]).toMatchObject({
      id: "3",
      type: "error",
      payload: [{ extensions: { code: "TOO_MANY_SUBSCRIPTIONS", max: 2 } }],
    });
    send({ id: "1", type: "complete" });
    begin("4");
    send({ id: "5", type: "subscribe", payload: { query: "{ head }" } });
    await vi.waitFor(() => expect(messages).toHaveLength(2));
    expect(messages[1]).toMatchObject({ id: "5", type: "error" });
  });

  test("say who they are in time", async () => {
    const server = await limited({ connectionInitMs: 50 });
    const [code] = await once(new WebSocket(server.wsUrl, "graphql-transport-ws"), "close");
    expect(code).toBe(4408);
  });
});

describe("how much is sent", () => {
  test("is limited for a body", async () => {
    const server = await limited({ maxBodyBytes: 100 });
    expect((await server.post({ query: `{ head } # ${"x".repeat(100)}` })).status).toBe(413);
    // In pieces, with no length told before.
    const body = new Blob([JSON.stringify({ query: `{ head } # ${"x".repeat(100)}` })]).stream();
    const response = await fetch(server.url, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body,
      ...{ duplex: "half" },
    });
    expect(response.status).toBe(413);
    expect(await server.head()).toBeTruthy();
  });

  test("is limited for a WebSocket's message, in one frame or several", async () => {
    const server = await limited({ maxFrameBytes: 100 });
    const whole = await connected(server);
    whole.send("x".repeat(101));
    expect((await once(whole, "close"))[0]).toBe(1009);
    const pieces = await connected(server);
    for (let count = 0; count < 3; count++) pieces.send("x".repeat(50), { fin: false });
    expect((await once(pieces, "close"))[0]).toBe(1009);
  });

  test("is a page of 1 to 100", async () => {
    const server = await startTestServer();
    for (const size of [0, 101, -1]) {
      const { errors } = await server.ask(`{ guests(first: ${size}) { nodes { id } } }`);
      expect(errors?.[0]?.extensions).toEqual({ code: "BAD_USER_INPUT", argument: "first" });
    }
  });
});

describe("who has no business with the schema", () => {
  test("is not told what might have been meant", async () => {
    const server = await limited({ introspection: [] });
    const mistakes = [
      "{ guest(name: 1) { id } guets { nodes { id } } }",
      "{ guests(filter: { statuses: [RUNING] }) { totalCount } }",
      "{ guests(fist: 1) { totalCount } }",
      "{ ... on Guets { id } }",
      '{ guests(filter: { nameContain: "x" }) { totalCount } }',
    ];
    for (const query of mistakes) {
      for (const way of WAY_NAMES) {
        const { errors } = await WAYS[way](server, query, {});
        expect(errors?.length, query).toBeGreaterThan(0);
        expect(JSON.stringify(errors), `${way}: ${query}`).not.toContain("Did you mean");
      }
    }
    const query = "query ($f: GuestFilter) { guests(filter: $f) { totalCount } }";
    for (const way of WAY_NAMES) {
      const { errors } = await WAYS[way](server, query, { f: { statuses: ["RUNING"] } });
      expect(errors?.length).toBeGreaterThan(0);
      expect(JSON.stringify(errors), way).not.toContain("Did you mean");
    }
  });

  test("can be everybody else", async () => {
    const { errors } = await (await startTestServer()).ask("{ guets { totalCount } }");
    expect(errors?.[0]?.message).toContain('Did you mean "guest"');
  });

  test("may still ask what type a thing has", async () => {
    const server = await limited({ introspection: [] });
    expect((await server.data("{ viewer { __typename } }")).viewer.__typename).toBe("Viewer");
  });
});
