import { createClient } from "graphql-sse";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { startSettledServer, startTestServer } from "./harness.ts";
import { StreamListener } from "./listeners.ts";

const EVENTS = `subscription ($after: Cursor) { events(after: $after) { cursor } }`;

describe("server-sent events", () => {
  test("carry a subscription, replayed and live, each event once", async () => {
    const server = await startSettledServer();
    const client = createClient({ url: server.url, retryAttempts: 0 });
    const head = await server.head();
    const events = client.iterate<{ events: { cursor: string } }>({
      query: EVENTS,
      variables: { after: head.replace(/\d+$/, "0") },
    });
    const seqs: number[] = [];
    const read = async (upTo: string) => {
      const last = Number(upTo.split(":")[1]);
      while (seqs.length < last) {
        const { value } = await events.next();
        seqs.push(Number(value.data.events.cursor.split(":")[1]));
      }
    };
    await read(head);
    await server.advance(5);
    await read(await server.head());
    await events.return?.();
    client.dispose();
    expect(seqs).toEqual(seqs.map((_, index) => index + 1));
  });

  test("tell why a subscription can't begin", async () => {
    const server = await startTestServer();
    const response = await server.post(
      { query: EVENTS, variables: { after: "otherlog:1" } },
      { Accept: "text/event-stream" },
    );
    expect(await response.text()).toContain("CURSOR_UNKNOWN_EPOCH");
  });

  test("are kept alive when nothing happens", async () => {
    const server = await startTestServer();
    vi.useFakeTimers({ toFake: ["setInterval"] });
    onTestFinished(() => void vi.useRealTimers());
    const stream = await StreamListener.subscribe(server, EVENTS);
    for (let count = 1; count <= 3; count++) {
      await vi.waitFor(() => expect(stream.others).toEqual(Array(count).fill(":")));
      vi.advanceTimersByTime(12_000);
    }
  });
});
