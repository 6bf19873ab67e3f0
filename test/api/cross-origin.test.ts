import { once } from "node:events";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import WebSocket from "ws";
import { type Answer, startTestServer, type TestServer } from "./harness.ts";

const CONSOLE = "https://console.example";
const QUERY = "{ head }";
const MUTATION = "mutation { advanceClock(input: { seconds: 1 }) { __typename } }";

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer({ limits: { allowedOrigins: [CONSOLE] } }, true);
});
afterAll(() => server.close());

const accessHeaders = ({ headers }: Response) =>
  [...headers.keys()].filter((name) => name.startsWith("access-control-"));

describe("what any page can have a browser send", () => {
  const form = (query: string) => new URLSearchParams({ query });
  const multipart = (query: string) => {
    const data = new FormData();
    data.set("operations", JSON.stringify({ query }));
    data.set("map", "{}");
    return data;
  };
  const plain = (query: string) => JSON.stringify({ query });
  const bodies = { form, multipart, plain };

  test.each([
    ...(Object.keys(bodies) as (keyof typeof bodies)[]).map((kind) => [kind, QUERY] as const),
    ...(Object.keys(bodies) as (keyof typeof bodies)[]).map((kind) => [kind, MUTATION] as const),
  ])("by POST of a %s is not executed: %s", async (kind, query) => {
    const before = await server.head();
    const response = await fetch(server.url, { method: "POST", body: bodies[kind](query) });
    expect(response.status).toBe(415);
    const { data, errors } = (await response.json()) as Answer;
    expect(data).toBeUndefined();
    expect(errors?.[0]?.extensions).toEqual({ code: "CSRF_PREVENTED" });
    expect(await server.head()).toBe(before);
  });

  test.each([
    {},
    { Accept: "text/event-stream" },
    { Accept: "application/graphql-response+json" },
    { "Sec-Fetch-Site": "cross-site" },
    { "Sec-Fetch-Site": "same-site" },
    { "Sec-Fetch-Site": "none" },
    { "Content-Type": "text/plain" },
  ])("by GET with %j is not executed", async (headers) => {
    const response = await fetch(`${server.url}?query=${encodeURIComponent(QUERY)}`, { headers });
    expect(response.status).toBe(403);
    const { errors } = (await response.json()) as Answer;
    expect(errors?.[0]?.extensions).toEqual({ code: "CSRF_PREVENTED" });
  });

  test.each([
    { "GraphQL-Require-Preflight": "" },
    { "Content-Type": "application/json" },
    { "Sec-Fetch-Site": "same-origin" },
  ])("is not a GET with %j: that is answered, but for mutations", async (headers) => {
    const ask = (query: string) =>
      fetch(`${server.url}?query=${encodeURIComponent(query)}`, { headers });
    expect((await ask(QUERY)).status).toBe(200);
    const before = await server.head();
    expect((await ask(MUTATION)).status).toBe(405);
    expect(
      (await ask(`query A ${QUERY} ${MUTATION.replace("mutation", "mutation B")}`)).status,
    ).toBe(400);
    expect(await server.head()).toBe(before);
  });

  test("is not a list of operations: there are none at once", async () => {
    const response = await server.post([{ query: QUERY }, { query: QUERY }]);
    expect(response.status).toBe(400);
  });
});

describe("a page of an allowed origin", () => {
  test("asks first, and is let in", async () => {
    const response = await fetch(server.url, {
      method: "OPTIONS",
      headers: {
        Origin: CONSOLE,
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "content-type",
      },
    });
    expect(response.status).toBe(204);
    expect(response.headers.get("access-control-allow-origin")).toBe(CONSOLE);
    expect(response.headers.get("access-control-allow-headers")?.split(", ")).toEqual([
      "Authorization",
      "Content-Type",
      "GraphQL-Require-Preflight",
      "X-Request-Id",
      "traceparent",
      "tracestate",
    ]);
    expect(response.headers.get("vary")).toBe("Origin");
    expect(response.headers.has("access-control-allow-credentials")).toBe(false);
  });

  test("reads the answer, also that it has to wait", async () => {
    const response = await server.post({ query: QUERY }, { Origin: CONSOLE });
    expect(response.status).toBe(200);
    expect(response.headers.get("access-control-allow-origin")).toBe(CONSOLE);
    expect(response.headers.get("access-control-expose-headers")).toBe("Retry-After, X-Request-Id");
  });

  test("has a WebSocket", async () => {
    const socket = new WebSocket(server.wsUrl, "graphql-transport-ws", { origin: CONSOLE });
    await once(socket, "open");
    socket.terminate();
  });
});

describe("a page of any other", () => {
  test.each([
    "http://console.example",
    "https://console.example:8443",
    "https://console.example.evil.example",
    "https://evil.example",
    "null",
    "file://",
    "nonsense",
  ])("gets nothing: %s", async (origin) => {
    const asked = await fetch(server.url, {
      method: "OPTIONS",
      headers: { Origin: origin, "Access-Control-Request-Method": "POST" },
    });
    expect(asked.status).toBe(403);
    expect(accessHeaders(asked)).toEqual([]);
    const posted = await server.post({ query: QUERY }, { Origin: origin });
    expect(posted.status).toBe(403);
    expect(accessHeaders(posted)).toEqual([]);
    const socket = new WebSocket(server.wsUrl, "graphql-transport-ws", { origin });
    const [error] = await once(socket, "error");
    expect(String(error)).toContain("403");
  });
});
