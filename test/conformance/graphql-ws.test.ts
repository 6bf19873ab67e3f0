/** graphql-transport-ws, message by message: PROTOCOL.md of the graphql-ws package. */

import { afterAll, beforeAll, describe, expect, test } from "vitest";
import WebSocket from "ws";
import { startSettledServer, type TestServer } from "../api/harness.ts";
import { Wire } from "./wire.ts";

const EVENTS = "subscription { events { cursor } }";
const REPLAY = "subscription ($after: Cursor) { events(after: $after) { cursor } }";

let server: TestServer;
let start: string;
beforeAll(async () => {
  server = await startSettledServer({ limits: { connectionInitMs: 500 } }, true);
  start = (await server.head()).replace(/\d+$/, "0");
});
afterAll(() => server.close());

describe("a connection", () => {
  test("is acknowledged once it is greeted, and nothing comes before", async () => {
    const wire = await Wire.open(server.wsUrl);
    wire.send({ type: "connection_init" });
    expect(await wire.next()).toEqual({ type: "connection_ack" });
    wire.subscribe("1", "{ head }");
    expect(await wire.next()).toMatchObject({ id: "1", type: "next" });
  });

  test("may be greeted with any object", async () => {
    const wire = await Wire.open(server.wsUrl);
    wire.send({ type: "connection_init", payload: { anything: [1, null] } });
    expect(await wire.next()).toEqual({ type: "connection_ack" });
  });

  test.each<[string, number, (wire: Wire) => void]>([
    ["nobody greets", 4408, () => undefined],
    ["only pings come", 4408, (wire) => wire.send({ type: "ping" })],
    [
      "it is greeted twice at once",
      4429,
      (wire) => {
        wire.send({ type: "connection_init" });
        wire.send({ type: "connection_init" });
      },
    ],
    ["something is asked first", 4401, (wire) => wire.subscribe("1", "{ head }")],
    [
      "it is greeted with no object",
      4400,
      (wire) => wire.send('{"type":"connection_init","payload":1}'),
    ],
  ])("is closed when %s", async (_what, code, act) => {
    const wire = await Wire.open(server.wsUrl);
    act(wire);
    expect((await wire.closed).code).toBe(code);
  });

  test.each([
    "",
    "null",
    "[]",
    "1",
    '"ping"',
    "{}",
    '{"type":1}',
    '{"type":"start"}',
    '{"type":"connection_terminate"}',
    '{"type":"ping","payload":1}',
    '{"type":"subscribe"}',
    '{"type":"subscribe","id":"1"}',
    '{"type":"subscribe","id":"","payload":{"query":"{ head }"}}',
    '{"type":"subscribe","id":1,"payload":{"query":"{ head }"}}',
    '{"type":"subscribe","id":"1","payload":{}}',
    '{"type":"subscribe","id":"1","payload":{"query":1}}',
    '{"type":"subscribe","id":"1","payload":{"query":"{ head }","variables":1}}',
    '{"type":"subscribe","id":"1","payload":{"query":"{ head }","operationName":1}}',
    '{"type":"subscribe","id":"1","payload":{"query":"{ head }","extensions":1}}',
    '{"type":"connection_ack"}',
    '{"type":"next","id":"1","payload":{}}',
    '{"type":"error","id":"1","payload":[{"message":"x"}]}',
    '{"type":"complete"}',
    '{"type":"complete","id":1}',
  ])("is closed with 4400 for %s", async (message) => {
    const wire = await Wire.accepted(server.wsUrl);
    wire.send(message);
    const { code, reason } = await wire.closed;
    expect(code).toBe(4400);
    expect(Buffer.byteLength(reason)).toBeLessThanOrEqual(123);
  });

  test("of another protocol is not opened", async () => {
    for (const protocol of ["graphql-ws", "nonsense"]) {
      const socket = new WebSocket(server.wsUrl, protocol);
      const error = await new Promise((resolve) => socket.once("error", resolve));
      expect(String(error)).toContain("subprotocol");
    }
  });

  test("without a protocol is closed with 4406", async () => {
    const socket = new WebSocket(server.wsUrl);
    const code = await new Promise((resolve) => socket.once("close", resolve));
    expect(code).toBe(4406);
  });

  test("answers pings at any time with what they carry, and takes any pong", async () => {
    const wire = await Wire.open(server.wsUrl);
    wire.send({ type: "ping" });
    expect(await wire.next()).toEqual({ type: "pong" });
    wire.send({ type: "pong", payload: { never: "asked" } });
    wire.send({ type: "connection_init" });
    expect(await wire.next()).toEqual({ type: "connection_ack" });
    wire.send({ type: "ping", payload: { at: [1] } });
    expect(await wire.next()).toEqual({ type: "pong", payload: { at: [1] } });
  });
});

describe("an operation", () => {
  test("that has one result is told it and then its end", async () => {
    const wire = await Wire.accepted(server.wsUrl);
    for (const query of [
      "{ head }",
      "mutation { advanceClock(input: { seconds: 0 }) { __typename } }",
    ]) {
      wire.subscribe("q", query);
      expect(await wire.next()).toMatchObject({ id: "q", type: "next", payload: { data: {} } });
      expect(await wire.next()).toEqual({ id: "q", type: "complete" });
    }
  });

  test.each([
    ["is no GraphQL", "{ head"],
    ["is not valid", "{ nonsense }"],
    ["may not begin", 'subscription { events(after: "other:1") { cursor } }'],
    ["names an operation that is not there", ""],
  ])("that %s ends with an error and nothing after it", async (_what, query) => {
    const wire = await Wire.accepted(server.wsUrl);
    wire.subscribe("1", query);
    const error = await wire.next();
    expect(error).toMatchObject({ id: "1", type: "error" });
    // What an HTTP response would be given for a status is nobody's business here.
    expect(JSON.stringify(error)).not.toContain('"http"');
    expect(error.payload).toEqual([expect.objectContaining({ message: expect.any(String) })]);
    await wire.roundTrip();
    expect(wire.received.filter(({ id }) => id === "1")).toHaveLength(1);
    // The connection is as good as before, and the id is free.
    const before = wire.received.length;
    wire.subscribe("1", "{ head }");
    await expect
      .poll(() => wire.received.slice(before).map(({ type }) => type))
      .toEqual(["next", "complete"]);
  });

  test("whose result has errors tells them beside the data", async () => {
    const wire = await Wire.accepted(server.wsUrl);
    wire.subscribe("1", "{ head guests(first: 1000) { nodes { id } } }");
    const { payload } = await wire.next();
    expect(payload).toMatchObject({ errors: [{ path: ["guests"] }] });
    expect(await wire.next()).toEqual({ id: "1", type: "complete" });
  });

  test("whose id is taken closes the connection, for 4409", async () => {
    const wire = await Wire.accepted(server.wsUrl);
    wire.subscribe("1", EVENTS);
    wire.subscribe("1", "{ head }");
    expect(await wire.closed).toEqual({ code: 4409, reason: "Subscriber for 1 already exists" });
  });

  test("that its client ends is told nothing more, and its id is free", async () => {
    const wire = await Wire.accepted(server.wsUrl);
    wire.subscribe("1", REPLAY, { after: start });
    expect(await wire.next()).toMatchObject({ id: "1", type: "next" });
    wire.send({ id: "1", type: "complete" });
    await wire.roundTrip();
    const before = wire.received.length;
    await server.advance(1);
    await wire.roundTrip();
    const later = wire.received.slice(before);
    expect(later.filter(({ id }) => id === "1")).toEqual([]);
    expect(wire.received.some(({ type }) => type === "complete")).toBe(false);
    wire.subscribe("1", EVENTS);
    await wire.roundTrip();
    await server.advance(1);
    expect((await nextOf(wire, "1", wire.received.length)).type).toBe("next");
  });

  test("that nobody has begun may be ended", async () => {
    const wire = await Wire.accepted(server.wsUrl);
    wire.send({ id: "unknown", type: "complete" });
    wire.subscribe("1", "{ head }");
    expect(await wire.next()).toMatchObject({ id: "1", type: "next" });
  });

  test("is one of several, each in its own order", async () => {
    const wire = await Wire.accepted(server.wsUrl);
    const ids = ["a", "b", "__proto__", "constructor"];
    for (const id of ids) wire.subscribe(id, REPLAY, { after: start });
    wire.subscribe("q", "{ head }");
    const last = Number((await server.head()).split(":")[1]);
    for (const id of ids) {
      const seqs = () => cursorsOf(wire, id).map((cursor) => Number(cursor.split(":")[1]));
      await expect.poll(() => seqs().length, { timeout: 10_000 }).toBeGreaterThanOrEqual(last);
      expect(seqs()).toEqual(seqs().map((_, index) => index + 1));
    }
    expect(wire.received).toContainEqual({ id: "q", type: "complete" });
  });
});

function cursorsOf(wire: Wire, id: string): string[] {
  return wire.received
    .filter((message) => message.id === id && message.type === "next")
    .map(({ payload }) => (payload as { data: { events: { cursor: string } } }).data.events.cursor);
}

/** The first message of an operation after so many others. */
async function nextOf(wire: Wire, id: string, after: number) {
  const find = () => wire.received.slice(after).find((message) => message.id === id);
  await expect.poll(find, { timeout: 10_000 }).toBeTruthy();
  return find() as NonNullable<ReturnType<typeof find>>;
}
