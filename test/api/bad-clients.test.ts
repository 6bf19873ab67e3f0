import { once } from "node:events";
import { connect as connectTcp, type Socket } from "node:net";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import WebSocket from "ws";
import { Wire } from "../conformance/wire.ts";
import { MAX_GROWTH_BYTES, usedBytes } from "../fuzz/fuzzer.ts";
import { countHandedOut, startSettledServer, startTestServer, type TestServer } from "./harness.ts";

const EVENTS = "subscription { events { cursor } }";

function tcp(server: TestServer): Socket {
  const { hostname, port } = new URL(server.url);
  const socket = connectTcp({ host: hostname, port: Number(port), allowHalfOpen: true });
  socket.on("error", () => undefined);
  return socket;
}

const UPGRADE = [
  "GET /graphql HTTP/1.1",
  "Host: localhost",
  "Upgrade: websocket",
  "Connection: Upgrade",
  "Sec-WebSocket-Version: 13",
  "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
  "Sec-WebSocket-Protocol: graphql-transport-ws",
  "",
  "",
].join("\r\n");

function post(body: string, accept: string): string {
  return [
    "POST /graphql HTTP/1.1",
    "Host: localhost",
    "Content-Type: application/json",
    `Accept: ${accept}`,
    `Content-Length: ${Buffer.byteLength(body)}`,
    "",
    body,
  ].join("\r\n");
}

describe("a client that asks and does not read", () => {
  test("is not asked for more than it takes, and holds up nobody", async () => {
    const server = await startTestServer();
    const wire = await Wire.accepted(server.wsUrl);
    wire.socket.pause();
    const payload = { text: "x".repeat(500_000) };
    for (let count = 0; count < 150; count++) wire.send({ type: "ping", payload });
    let before = -1;
    await vi.waitFor(
      async () => {
        const now = wire.socket.bufferedAmount;
        const stands = now === before;
        before = now;
        for (let count = 0; count < 10; count++) expect(await server.head()).toBeTruthy();
        expect(stands).toBe(true);
      },
      { timeout: 20_000, interval: 100 },
    );
    expect(before).toBeGreaterThan(30_000_000);

    wire.socket.resume();
    const pongs = () => wire.received.filter(({ type }) => type === "pong").length;
    await vi.waitFor(() => expect(pongs()).toBe(150), { timeout: 20_000, interval: 100 });
  });

  test("stops its stream of events, and misses nothing when it goes on", async () => {
    const limits = { maxAliases: 1_000 };
    const server = await startSettledServer({ limits });
    const guestId = await server.id("guest", "web-1");
    for (let round = 0; round < 80; round++) {
      await server.mutate("stopGuest", "GuestActionInput", { guestId });
      await server.advance(30);
      await server.mutate("startGuest", "GuestActionInput", { guestId });
      await server.advance(30);
    }
    const head = await server.head();
    const total = Number(head.split(":")[1]);
    const handedOut = countHandedOut(server);
    const aliases = Array.from({ length: 1_000 }, (_, index) => `m${index}: message`).join(" ");
    const socket = tcp(server);
    onTestFinished(() => void socket.destroy());
    socket.pause();
    const body = JSON.stringify({
      query: `subscription ($after: Cursor) { events(after: $after) { cursor ${aliases} } }`,
      variables: { after: head.replace(/\d+$/, "0") },
    });
    socket.write(post(body, "text/event-stream"));
    let before = -1;
    await vi.waitFor(
      async () => {
        const now = handedOut();
        const stands = now > 0 && now === before;
        before = now;
        for (let count = 0; count < 10; count++) expect(await server.head()).toBe(head);
        expect(stands).toBe(true);
      },
      { timeout: 20_000, interval: 100 },
    );
    expect(handedOut()).toBeLessThan(total);

    const seqs: number[] = [];
    let text = "";
    socket.on("data", (data) => {
      text += data;
      const found = [...text.matchAll(/"cursor":"[^:"]+:(\d+)"/g)];
      const last = found.at(-1);
      seqs.push(...found.map(([, seq]) => Number(seq)));
      if (last) text = text.slice(last.index + last[0].length);
    });
    socket.resume();
    await vi.waitFor(() => expect(seqs.length).toBe(total), { timeout: 20_000, interval: 100 });
    expect(seqs).toEqual(seqs.map((_, index) => index + 1));
  });
});

describe("a connection of which one half is closed", () => {
  test.each([
    ["before it asks", ""],
    ["in the middle of a head", "POST /graphql HTTP/1.1\r\nHost: loc"],
    ["in the middle of a body", post('{"query":"{ head }"}', "*/*").slice(0, -5)],
    ["after its answer", post('{"query":"{ head }"}', "*/*")],
    ["as a WebSocket", UPGRADE],
    ["in the middle of a frame", `${UPGRADE}\u0001\u00fe`],
  ])("is closed by the server: %s", async (_when, bytes) => {
    const server = await startTestServer();
    const socket = tcp(server);
    socket.resume();
    const ended = once(socket, "end");
    if (bytes !== "") socket.write(bytes, "latin1");
    if (bytes === UPGRADE) await once(socket, "data");
    socket.end();
    await ended;
    expect(await server.head()).toBeTruthy();
  });
});

describe("connections that come and go", () => {
  const CONNECTIONS = 5_000;
  const AT_ONCE = 50;

  /** What each has done when it is dropped. */
  const dropped: readonly ((server: TestServer) => Promise<void>)[] = [
    async (server) => {
      const socket = tcp(server);
      await once(socket, "connect");
      socket.resetAndDestroy();
    },
    async (server) => {
      const socket = tcp(server);
      socket.write(UPGRADE);
      await once(socket, "data");
      socket.destroy();
    },
    async (server) => {
      const socket = new WebSocket(server.wsUrl, "graphql-transport-ws");
      await once(socket, "open");
      socket.send(JSON.stringify({ type: "connection_init" }));
      await once(socket, "message");
      const payload = { query: EVENTS };
      socket.send(JSON.stringify({ id: "1", type: "subscribe", payload }));
      socket.ping();
      await once(socket, "pong");
      socket.terminate();
    },
    async (server) => {
      const socket = tcp(server);
      socket.write(post(JSON.stringify({ query: EVENTS }), "text/event-stream"));
      const [head] = await once(socket, "data");
      expect(String(head)).toContain("200 OK");
      socket.resetAndDestroy();
    },
    async (server) => {
      const socket = tcp(server);
      socket.write(post(JSON.stringify({ query: "{ head }" }), "*/*"));
      socket.destroy();
    },
  ];

  test("leave nothing behind", async () => {
    // One that were counted on after its end would leave no room for those that follow.
    const server = await startSettledServer({ limits: { maxConnections: 3 * AT_ONCE } });
    let next = 0;
    const come = async (count: number) => {
      const end = next + count;
      const one = async () => {
        while (next < end) await dropped[next++ % dropped.length]?.(server);
      };
      await Promise.all(Array.from({ length: AT_ONCE }, one));
    };
    await come(CONNECTIONS / 5);
    const before = usedBytes();
    await come((CONNECTIONS * 4) / 5);
    expect(usedBytes() - before).toBeLessThan(MAX_GROWTH_BYTES);
    // Nobody reads the log any more.
    const handedOut = countHandedOut(server);
    await server.advance(1);
    await server.head();
    expect(handedOut()).toBe(0);
    expect(server.log.filter((line) => line.startsWith("error"))).toEqual([]);
  }, 120_000);
});
