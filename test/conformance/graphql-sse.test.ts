/** GraphQL over Server-Sent Events, "distinct connections" mode: PROTOCOL.md of the graphql-sse package. */

import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { startSettledServer, type TestServer } from "../api/harness.ts";

let server: TestServer;
let start: string;
beforeAll(async () => {
  server = await startSettledServer({}, true);
  start = (await server.head()).replace(/\d+$/, "0");
});
afterAll(() => server.close());

interface StreamEvent {
  readonly event: string;
  readonly data: string;
}

/** The events of a stream as they come, by the rules of the HTML standard. */
async function* eventsOf(response: Response): AsyncGenerator<StreamEvent> {
  let text = "";
  for await (const bytes of response.body ?? []) {
    text += new TextDecoder().decode(bytes);
    const blocks = text.split("\n\n");
    text = blocks.pop() ?? "";
    for (const block of blocks) {
      const fields = block.split("\n").filter((line) => line !== "" && !line.startsWith(":"));
      if (fields.length === 0) continue;
      const fieldOf = (name: string) =>
        fields
          .find((line) => line.startsWith(name))
          ?.slice(name.length)
          .replace(/^:? ?/, "") ?? "";
      yield { event: fieldOf("event"), data: fieldOf("data") };
    }
  }
}

const ask = (query: string, variables: object = {}) =>
  server.post({ query, variables }, { Accept: "text/event-stream" });

async function all(response: Response): Promise<StreamEvent[]> {
  const events = [];
  for await (const event of eventsOf(response)) events.push(event);
  return events;
}

describe("a stream of an operation of its own", () => {
  test("is accepted with 200 and its content type, and not kept by anybody", async () => {
    const response = await ask("{ head }");
    onTestFinished(() => response.body?.cancel());
    expect(response.status).toBe(200);
    expect(response.headers.get("content-type")).toMatch(/^text\/event-stream(;|$)/);
    expect(response.headers.get("cache-control")).toContain("no-cache");
  });

  test.each([
    ["a query", "{ head }"],
    ["a mutation", "mutation { advanceClock(input: { seconds: 0 }) { __typename } }"],
  ])("tells the one result of %s, and its end", async (_what, query) => {
    const events = await all(await ask(query));
    expect(events.map(({ event }) => event)).toEqual(["next", "complete"]);
    expect(JSON.parse(events[0]?.data ?? "")).toHaveProperty("data");
    expect(events[1]?.data).toBe("");
  });

  test.each([
    ["is not valid", "subscription { nonsense }"],
    ["lacks a variable", "subscription ($id: ID!) { host(id: $id) { name } }"],
    ["may not begin", 'subscription { events(after: "other:1") { cursor } }'],
  ])("tells what is wrong with one that %s, and its end", async (_what, query) => {
    const response = await ask(query);
    expect(response.status).toBe(200);
    const events = await all(response);
    expect(events.map(({ event }) => event)).toEqual(["next", "complete"]);
    const { errors } = JSON.parse(events[0]?.data ?? "") as { errors: object[] };
    expect(errors).toHaveLength(1);
  });

  test("tells the results of a subscription in order, for as long as it is read", async () => {
    const query = "subscription ($after: Cursor) { events(after: $after) { cursor } }";
    const response = await ask(query, { after: start });
    const last = Number((await server.head()).split(":")[1]);
    const seqs: number[] = [];
    for await (const { event, data } of eventsOf(response)) {
      expect(event).toBe("next");
      seqs.push(Number(JSON.parse(data).data.events.cursor.split(":")[1]));
      if (seqs.length === last) break;
    }
    expect(seqs).toEqual(seqs.map((_, index) => index + 1));
  });

  test("is had by GET as well", async () => {
    const response = await fetch(`${server.url}?query=${encodeURIComponent("{ head }")}`, {
      headers: { Accept: "text/event-stream", "Sec-Fetch-Site": "same-origin" },
    });
    expect((await all(response)).map(({ event }) => event)).toEqual(["next", "complete"]);
  });
});
