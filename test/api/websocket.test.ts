import { once } from "node:events";
import { CloseCode } from "graphql-ws";
import { describe, expect, test, vi } from "vitest";
import WebSocket from "ws";
import { countHandedOut, startSettledServer, startTestServer, type TestServer } from "./harness.ts";

function connect(server: TestServer, options: WebSocket.ClientOptions = {}): WebSocket {
  return new WebSocket(server.wsUrl, "graphql-transport-ws", options);
}

async function connected(server: TestServer): Promise<WebSocket> {
  const socket = connect(server);
  await once(socket, "open");
  socket.send(JSON.stringify({ type: "connection_init" }));
  const [ack] = await once(socket, "message");
  expect(JSON.parse(String(ack))).toEqual({ type: "connection_ack" });
  return socket;
}

async function closeCode(socket: WebSocket): Promise<number> {
  const [code] = await once(socket, "close");
  return code as number;
}

describe("a WebSocket", () => {
  test.each<[string, string | Buffer, number]>([
    ["text that is no JSON", "garbage", CloseCode.BadRequest],
    ["JSON that is no message", '{"type":"hello"}', CloseCode.BadRequest],
    ["bytes", Buffer.from([0, 1, 2, 255]), CloseCode.BadRequest],
    [
      "an operation without an id",
      '{"type":"subscribe","payload":{"query":"{ head }"}}',
      CloseCode.BadRequest,
    ],
    ["a second greeting", '{"type":"connection_init"}', CloseCode.TooManyInitialisationRequests],
    ["a message beyond all measure", `"${"x".repeat(1024 * 1024)}"`, 1009],
  ])("is closed for %s", async (_what, message, code) => {
    const server = await startTestServer();
    const socket = await connected(server);
    socket.send(message);
    expect(await closeCode(socket)).toBe(code);
    expect((await server.data("{ head }")).head).toBeTruthy();
  });

  test("is closed for asking before greeting", async () => {
    const server = await startTestServer();
    const socket = connect(server);
    await once(socket, "open");
    socket.send(JSON.stringify({ id: "1", type: "subscribe", payload: { query: "{ head }" } }));
    expect(await closeCode(socket)).toBe(CloseCode.Unauthorized);
  });

  test("does not speak another protocol", async () => {
    const server = await startTestServer();
    const socket = new WebSocket(server.wsUrl, "graphql-ws");
    const [error] = await once(socket, "error");
    expect(String(error)).toContain("subprotocol");
  });

  test("is closed for one id twice", async () => {
    const server = await startTestServer();
    const socket = await connected(server);
    const subscribe = JSON.stringify({
      id: "1",
      type: "subscribe",
      payload: { query: "subscription { events { id } }" },
    });
    socket.send(subscribe);
    socket.send(subscribe);
    expect(await closeCode(socket)).toBe(CloseCode.SubscriberAlreadyExists);
  });

  test("breaks with a frame that is none", async () => {
    const server = await startTestServer();
    const socket = await connected(server);
    (socket as unknown as { _socket: { write(data: Buffer): void } })["_socket"].write(
      Buffer.from([0xff, 0xff, 0xff, 0xff]),
    );
    expect(await closeCode(socket)).toBe(1002);
    expect((await server.data("{ head }")).head).toBeTruthy();
  });

  test("answers queries and mutations too, and tells mistakes", async () => {
    const server = await startTestServer();
    const socket = await connected(server);
    const messages: unknown[] = [];
    socket.on("message", (data) => messages.push(JSON.parse(String(data))));
    const ask = (id: string, query: string) =>
      socket.send(JSON.stringify({ id, type: "subscribe", payload: { query } }));
    ask("1", "{ viewer { name } }");
    await vi.waitFor(() => expect(messages).toHaveLength(2));
    ask("2", "{ nonsense }");
    ask("3", "{ head");
    await vi.waitFor(() => expect(messages).toHaveLength(4));
    expect(messages).toEqual([
      {
        id: "1",
        type: "next",
        payload: {
          data: { viewer: { name: "local" } },
          extensions: { cost: { requested: 2, max: 100_000 } },
        },
      },
      { id: "1", type: "complete" },
      {
        id: "2",
        type: "error",
        payload: [expect.objectContaining({ message: expect.any(String) })],
      },
      {
        id: "3",
        type: "error",
        payload: [expect.objectContaining({ message: expect.any(String) })],
      },
    ]);
    socket.close();
  });

  test("has room for many operations, each ended by itself", async () => {
    const server = await startSettledServer();
    const client = server.client();
    const one = client.iterate({ query: "subscription { events { cursor } }" });
    const other = client.iterate({ query: "subscription { fleet { hostsUp } }" });
    expect((await other.next()).value).toEqual({ data: { fleet: { hostsUp: 3 } } });
    await other.return?.();
    const next = one.next();
    await server.advance(1);
    expect((await next).value).toHaveProperty("data.events.cursor");
    await one.return?.();
    await client.dispose();
  });

  test.each([
    ["a page elsewhere", { origin: "http://evil.example" }],
    ["a page of another port", { origin: "http://127.0.0.1:1" }],
    ["a page without a name", { origin: "null" }],
    ["a name that leads here", { headers: { host: "evil.example" } }],
  ])("is refused to %s", async (_who, options) => {
    const server = await startTestServer();
    const socket = connect(server, options);
    const [error] = await once(socket, "error");
    expect(String(error)).toContain("403");
  });

  test("is open to this server's own pages", async () => {
    const server = await startTestServer();
    const socket = connect(server, { origin: new URL(server.url).origin });
    await once(socket, "open");
    socket.close();
  });

  test("is not found elsewhere", async () => {
    const server = await startTestServer();
    const socket = new WebSocket(`${server.wsUrl}/other`, "graphql-transport-ws");
    const [error] = await once(socket, "error");
    expect(String(error)).toContain("404");
  });

  test("is told to come back when the server stops", async () => {
    const server = await startTestServer({}, true);
    const socket = await connected(server);
    const closed = closeCode(socket);
    await server.close();
    expect(await closed).toBe(1001);
  });
});

describe("a reader that stalls", () => {
  test("stops its cursor, disturbs nobody, and misses nothing when it goes on", async () => {
    const server = await startSettledServer({ limits: { maxAliases: 1_000 } });
    const guestId = await server.id("guest", "web-1");
    for (let round = 0; round < 80; round++) {
      await server.mutate("stopGuest", "GuestActionInput", { guestId });
      await server.advance(30);
      await server.mutate("startGuest", "GuestActionInput", { guestId });
      await server.advance(30);
    }
    const head = await server.head();
    const total = Number(head.split(":")[1]);
    expect(total).toBeGreaterThan(1_000);
    const handedOut = countHandedOut(server);

    // Some 50 KB for each event: all of them are far more than the connection's buffers hold.
    const aliases = Array.from({ length: 1_000 }, (_, index) => `m${index}: message`).join(" ");
    const socket = await connected(server);
    socket.pause();
    socket.send(
      JSON.stringify({
        id: "1",
        type: "subscribe",
        payload: {
          query: `subscription ($after: Cursor) { events(after: $after) { cursor ${aliases} } }`,
          variables: { after: head.replace(/\d+$/, "0") },
        },
      }),
    );
    let before = -1;
    await vi.waitFor(
      async () => {
        const now = handedOut();
        const stalled = now > 0 && now === before;
        before = now;
        // Everybody else is served meanwhile.
        for (let index = 0; index < 10; index++) expect(await server.head()).toBe(head);
        expect(stalled).toBe(true);
      },
      { timeout: 20_000, interval: 100 },
    );
    expect(handedOut()).toBeLessThan(total);

    const seqs: number[] = [];
    socket.on("message", (data) => {
      const { payload } = JSON.parse(String(data));
      seqs.push(Number(payload.data.events.cursor.split(":")[1]));
    });
    socket.resume();
    await vi.waitFor(() => expect(seqs.length).toBe(total), { timeout: 20_000 });
    expect(seqs).toEqual(seqs.map((_, index) => index + 1));
    socket.close();
  });

  test("is let go of when it leaves", async () => {
    const server = await startSettledServer();
    const socket = await connected(server);
    const handedOut = countHandedOut(server);
    const query = "subscription { events { cursor } }";
    socket.send(JSON.stringify({ id: "1", type: "subscribe", payload: { query } }));
    const message = once(socket, "message");
    await vi.waitFor(async () => {
      await server.advance(1);
      expect(handedOut()).toBeGreaterThan(0);
    });
    await message;
    socket.terminate();
    await vi.waitFor(async () => {
      const before = handedOut();
      await server.advance(1);
      await server.head();
      expect(handedOut()).toBe(before);
    });
  });
});
