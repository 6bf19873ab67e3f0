// What a server that stops still does for those who are there.

import { once } from "node:events";
import { request } from "node:http";
import { text } from "node:stream/consumers";
import { expect, test, vi } from "vitest";
import { startTestServer, type TestServer } from "./harness.ts";

const EVENTS = "subscription { events { cursor } }";
const URQL =
  "application/graphql-response+json, application/graphql+json, application/json, text/event-stream, multipart/mixed";

/** Asks with all but the body, which is sent when the server takes no more connections. */
async function askAcrossStop(server: TestServer, query: string, accept: string) {
  const body = JSON.stringify({ query });
  const headers = {
    "Content-Type": "application/json",
    "Content-Length": body.length,
    Accept: accept,
    Expect: "100-continue",
  };
  const asked = request(server.url, { method: "POST", headers, agent: false });
  const answered = once(asked, "response");
  asked.flushHeaders();
  await once(asked, "continue");
  const closed = server.close();
  await vi.waitFor(() => expect(fetch(server.url)).rejects.toThrow());
  asked.end(body);
  const [response] = await answered;
  const { statusCode: status, headers: told } = response;
  const answer = { status, headers: told, text: await text(response) };
  await closed;
  return answer;
}

test.each([URQL, "*/*", "application/json"])(
  "a request under way is answered, whose client takes %s",
  async (accept) => {
    const server = await startTestServer({}, true);
    const answer = await askAcrossStop(server, "{ zones { totalCount } }", accept);
    expect(answer.status).toBe(200);
    expect(JSON.parse(answer.text).data).toEqual({ zones: { totalCount: 3 } });
  },
);

test("a subscription that begins too late is told when to come back", async () => {
  const server = await startTestServer({}, true);
  const answer = await askAcrossStop(server, EVENTS, "text/event-stream");
  expect(answer).toMatchObject({ status: 503, text: "" });
  expect(Number(answer.headers["retry-after"])).toBeGreaterThan(0);
});

test.each(["text/event-stream", "Text/Event-Stream", "*/*", URQL])(
  "a stream is ended, and told when to come back, whose client takes %s",
  async (accept) => {
    const server = await startTestServer({}, true);
    const response = await server.post({ query: EVENTS }, { Accept: accept });
    expect(response.headers.get("content-type")).toBe("text/event-stream");
    const told = response.text();
    await server.close();
    expect(await told).toMatch(/retry: \d+\n\n$/);
  },
);
