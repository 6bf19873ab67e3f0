import { once } from "node:events";
import { setTimeout as elapsed } from "node:timers/promises";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { startServer } from "../../src/server/server.ts";
import { countHandedOut, type Json, startSettledServer, type TestServer } from "./harness.ts";
import { Listener, resultsMade, StreamListener } from "./listeners.ts";

const EVENTS =
  "subscription ($after: Cursor, $filter: EventFilter) { events(after: $after, filter: $filter) { cursor kind message } }";
/** Has to be executed for some of the events. */
const WITH_GUESTS =
  "subscription ($after: Cursor, $filter: EventFilter) { events(after: $after, filter: $filter) { cursor ... on GuestStarted { guest { name } } } }";
/** Some 100 KB for each event. */
const HEAVY = `subscription { events { cursor ${Array.from({ length: 2_000 }, (_, index) => `m${index}: message`).join(" ")} } }`;
/** The same, from a cursor on. */
const HEAVY_AFTER = HEAVY.replace("events", "events(after: $after)").replace(
  "subscription",
  "subscription ($after: Cursor)",
);

/** Lets it in. */
const HEAVY_LIMITS = { maxAliases: 2_000, maxTokens: 10_000 };

function connect(server: TestServer): Promise<Listener> {
  return Listener.connect(server.wsUrl);
}

/** Some dozen events of several kinds. */
async function happen(server: TestServer): Promise<void> {
  const guestId = await server.id("guest", "web-1");
  await server.mutate("stopGuest", "GuestActionInput", { guestId });
  await server.advance(30);
  await server.mutate("startGuest", "GuestActionInput", { guestId });
  await server.advance(30);
}

/** What one who asks for pages of the log is told after a cursor up to now, as results of the subscription. */
async function alone(server: TestServer, query: string, variables: Json): Promise<string[]> {
  const selection = query.slice(query.indexOf("{", query.indexOf("events(after")));
  const page = `query ($after: Cursor, $filter: EventFilter) { events(first: 100, after: $after, filter: $filter) {
    pageInfo { hasNextPage endCursor } nodes ${selection} }`;
  const results: string[] = [];
  let after = variables["after"];
  for (;;) {
    const { events } = await server.data(page, { ...variables, after });
    for (const node of events.nodes) results.push(JSON.stringify({ data: { events: node } }));
    if (!events.pageInfo.hasNextPage) return results;
    after = events.pageInfo.endCursor;
  }
}

const cursorOf = (result: string): string => JSON.parse(result).data.events.cursor;
const seqOf = (cursor: string): number => Number(cursor.split(":")[1]);
const oneBefore = (cursor: string): string =>
  cursor.replace(/\d+$/, (seq) => String(Number(seq) - 1));

function expectNoGap(results: readonly string[], after: string, upTo: string): void {
  const seqs = results.map((result) => seqOf(cursorOf(result)));
  expect(seqs).toEqual(
    Array.from({ length: seqOf(upTo) - seqOf(after) }, (_, index) => seqOf(after) + 1 + index),
  );
}

describe("those who listen to the same", () => {
  test.each([
    [EVENTS, 1],
    // Whatever has to be executed for is read again, by the group for itself.
    [WITH_GUESTS, 2],
  ])(
    "are all told everything in order, of what is read and made once: %s",
    async (query, reads) => {
      const server = await startSettledServer();
      const after = await server.head();
      const handedOut = countHandedOut(server);
      const sockets = await Promise.all(Array.from({ length: 25 }, () => connect(server)));
      await Promise.all(sockets.map((listener) => listener.subscribe("1", query)));
      const streams = await Promise.all(
        Array.from({ length: 25 }, () => StreamListener.subscribe(server, query)),
      );
      const made = await resultsMade(server);
      await happen(server);
      const expected = await alone(server, query, { after });
      expect(expected.length).toBeGreaterThan(10);
      const received = [
        ...sockets.map((listener) => () => listener.results("1")),
        ...streams.map((listener) => () => listener.results),
      ];
      for (const results of received) {
        await vi.waitFor(() => expect(results()).toHaveLength(expected.length));
        expect(results()).toEqual(expected);
      }
      expect((await resultsMade(server)) - made).toBe(expected.length);
      expect(handedOut()).toBeLessThanOrEqual(reads * expected.length);
    },
  );

  test("may have operations of one socket, each with its own id", async () => {
    const server = await startSettledServer();
    const after = await server.head();
    const listener = await connect(server);
    const ids = ["1", "two", 'é"\\'];
    for (const id of ids) await listener.subscribe(id, EVENTS);
    await happen(server);
    const expected = await alone(server, EVENTS, { after });
    for (const id of ids) {
      await vi.waitFor(() => expect(listener.results(id)).toHaveLength(expected.length));
      expect(listener.results(id)).toEqual(expected);
    }
  });

  test("leave one by one, and after the last of them nothing is read", async () => {
    const server = await startSettledServer();
    const [one, other] = [await connect(server), await connect(server)];
    await one.subscribe("1", EVENTS);
    await other.subscribe("1", EVENTS);
    const handedOut = countHandedOut(server);
    // The spy sees who begins to follow from now on.
    await one.unsubscribe("1");
    await other.unsubscribe("1");
    await one.subscribe("2", EVENTS);
    await other.subscribe("2", EVENTS);
    await server.advance(1);
    await vi.waitFor(() => expect(other.results("2")).not.toHaveLength(0));
    await one.unsubscribe("2");
    const [told, read] = [one.results("2").length, handedOut()];
    await server.advance(1);
    await vi.waitFor(() => expect(other.results("2").length).toBeGreaterThan(told));
    expect(handedOut()).toBeGreaterThan(read);
    expect(one.results("2")).toHaveLength(told);
    await other.unsubscribe("2");
    const last = handedOut();
    await happen(server);
    expect(handedOut()).toBe(last);
  });
});

describe("each who listens", () => {
  test("gets what one who reads the log alone gets, in whatever company", async () => {
    const server = await startSettledServer();
    await happen(server);
    const head = await server.head();
    const start = head.replace(/\d+$/, "0");
    const subjectIds = [await server.id("guest", "web-1")];
    const zoneIds = [await server.id("zone", "north-a"), await server.id("zone", "north-b")];
    const cases: readonly (readonly [query: string, variables: Json])[] = [
      [EVENTS, { after: head }],
      [EVENTS, { after: start }],
      [EVENTS, { after: oneBefore(oneBefore(head)) }],
      [EVENTS, { after: head, filter: { kinds: ["GUEST_STARTED", "GUEST_STOPPED"] } }],
      [EVENTS, { after: start, filter: { kinds: ["GUEST_STARTED", "GUEST_STOPPED"] } }],
      [EVENTS, { after: head, filter: { minSeverity: "NOTICE" } }],
      [EVENTS, { after: head, filter: { subjectIds } }],
      [EVENTS, { after: start, filter: { zoneIds, categories: ["LIFECYCLE", "PLACEMENT"] } }],
      [EVENTS, { after: head, filter: { kinds: [] } }],
      [EVENTS, { after: start, filter: { causedBy: head.replace(/\d+$/, "1") } }],
      [WITH_GUESTS, { after: head }],
      [WITH_GUESTS, { after: start }],
      [WITH_GUESTS, { after: head, filter: { subjectIds } }],
    ];
    const listeners: { socket: Listener; stream: StreamListener }[] = [];
    for (const [query, variables] of cases) {
      const socket = await connect(server);
      await socket.subscribe("1", query, variables);
      listeners.push({ socket, stream: await StreamListener.subscribe(server, query, variables) });
    }
    for (let round = 0; round < 3; round++) await happen(server);
    let sum = 0;
    for (const [index, [query, variables]] of cases.entries()) {
      const expected = await alone(server, query, variables);
      const { socket, stream } = listeners[index] ?? {};
      for (const results of [() => socket?.results("1"), () => stream?.results]) {
        await vi.waitFor(() => expect(results()?.length).toBe(expected.length));
        expect(results(), JSON.stringify(cases[index])).toEqual(expected);
      }
      sum += expected.length;
    }
    expect(sum).toBeGreaterThan(300);
  });

  test.each([EVENTS, WITH_GUESTS])(
    "comes when others are in the middle of a burst: %s",
    async (query) => {
      const server = await startSettledServer();
      const first = await connect(server);
      const start = await server.head();
      await first.subscribe("1", query);
      const later: { listener: Listener; after: string | null }[] = [];
      let isOver = false;
      const burst = (async () => {
        while (!isOver) await happen(server);
      })();
      while (later.length < 8) {
        const listener = await connect(server);
        const after = later.length % 2 === 0 ? start : null;
        await listener.subscribe("1", query, { after });
        later.push({ listener, after });
      }
      isOver = true;
      await burst;
      const head = await server.head();
      const expected = await alone(server, query, { after: start });
      const lastOf = (listener: Listener) => cursorOf(listener.results("1").at(-1) ?? "{}");
      await vi.waitFor(() => expect(lastOf(first)).toBe(head));
      expect(first.results("1")).toEqual(expected);
      for (const { listener, after } of later) {
        if (after === null && listener.results("1").length === 0) continue;
        await vi.waitFor(() => expect(lastOf(listener)).toBe(head));
        const results = listener.results("1");
        // Without a cursor it begins somewhere, and then misses nothing.
        expect(results).toEqual(after === null ? expected.slice(-results.length) : expected);
      }
    },
  );

  test("gets frames of every length", async () => {
    const server = await startSettledServer();
    const listener = await connect(server);
    await happen(server);
    const head = await server.head();
    const query = "subscription ($after: Cursor) { events(after: $after) { cursor } }";
    const rest = JSON.stringify({
      id: "",
      type: "next",
      payload: { data: { events: { cursor: head } } },
    });
    const lengths = [125, 126, 65_535, 65_536, 100_000];
    const idFor = (length: number) => "i".repeat(length - rest.length);
    // Replayed to it alone, and live with others.
    for (const length of lengths)
      await listener.subscribe(idFor(length), query, { after: oneBefore(head) });
    await happen(server);
    const next = await server.head();
    expect(next).toHaveLength(head.length);
    for (const length of lengths) {
      await vi.waitFor(() =>
        expect(listener.results(idFor(length)).map(cursorOf).at(-1)).toBe(next),
      );
      expectNoGap(listener.results(idFor(length)), oneBefore(head), next);
      expect(new Set(listener.lengths(idFor(length)))).toEqual(new Set([length]));
    }
  });
});

describe("a reader that stalls among others", () => {
  test.each([1, 2])(
    "leaves them for itself, and misses nothing (%i operations)",
    async (operations) => {
      const server = await startSettledServer({ limits: HEAVY_LIMITS });
      const after = await server.head();
      const [stalled, other] = [await connect(server), await connect(server)];
      await other.subscribe("1", HEAVY);
      for (let id = 1; id <= operations; id++) await stalled.subscribe(String(id), HEAVY);
      stalled.socket.pause();
      for (let round = 0; round < 12; round++) await happen(server);
      const head = await server.head();
      const last = () => other.results("1").map(cursorOf).at(-1);
      await vi.waitFor(() => expect(last()).toBe(head), { timeout: 20_000, interval: 200 });
      expectNoGap(other.results("1"), after, head);

      const readAlone = countHandedOut(server);
      stalled.socket.resume();
      for (let id = 1; id <= operations; id++) {
        const results = () => stalled.results(String(id));
        await vi.waitFor(() => expect(cursorOf(results().at(-1) ?? "{}")).toBe(head), {
          timeout: 20_000,
          interval: 200,
        });
        expectNoGap(results(), after, head);
      }
      expect(readAlone()).toBeGreaterThan(0);
      // And it is with the others again.
      const handedOut = countHandedOut(server);
      await other.unsubscribe("1");
      await server.advance(1);
      const end = await server.head();
      await vi.waitFor(() => expect(cursorOf(stalled.results("1").at(-1) ?? "{}")).toBe(end));
      expect(handedOut()).toBe(0);
    },
  );

  test("leaves them for itself, and misses nothing, as a stream", async () => {
    const server = await startSettledServer({ limits: HEAVY_LIMITS });
    const after = await server.head();
    const [stalled, other] = [
      await StreamListener.subscribe(server, HEAVY),
      await StreamListener.subscribe(server, HEAVY),
    ];
    const lastOf = ({ results }: StreamListener) => cursorOf(results.at(-1) ?? "{}");
    stalled.pause();
    for (let round = 0; round < 24; round++) await happen(server);
    const head = await server.head();
    const patience = { timeout: 20_000, interval: 200 };
    await vi.waitFor(() => expect(lastOf(other)).toBe(head), patience);
    expectNoGap(other.results, after, head);
    expect(stalled.results.length).toBeLessThan(other.results.length / 2);

    const readAlone = countHandedOut(server);
    stalled.resume();
    await vi.waitFor(() => expect(lastOf(stalled)).toBe(head), patience);
    expectNoGap(stalled.results, after, head);
    expect(readAlone()).toBeGreaterThan(0);
    // And it is with the other again.
    const handedOut = countHandedOut(server);
    const made = await resultsMade(server);
    await server.advance(1);
    const end = await server.head();
    for (const listener of [stalled, other])
      await vi.waitFor(() => expect(lastOf(listener)).toBe(end));
    expectNoGap(stalled.results, after, end);
    expect(handedOut()).toBe(0);
    expect((await resultsMade(server)) - made).toBe(seqOf(end) - seqOf(head));
  });

  test("is told where to go on when retention has overtaken it", async () => {
    const server = await startSettledServer({ retention: { maxEvents: 20 }, limits: HEAVY_LIMITS });
    // Nobody else keeps in memory what is no longer on disk.
    const stalled = await connect(server);
    await stalled.subscribe("1", HEAVY);
    stalled.socket.pause();
    for (let round = 0; round < 12; round++) await happen(server);
    const head = await server.head();
    stalled.socket.resume();
    await vi.waitFor(() => expect(stalled.failure("1")).not.toBeNull(), { timeout: 20_000 });
    const { code, earliest } = stalled.failure("1")?.[0]?.extensions ?? {};
    expect(code).toBe("CURSOR_EXPIRED");
    expect(seqOf(String(earliest))).toBeGreaterThan(stalled.results("1").length);
    await stalled.subscribe("2", EVENTS, { after: earliest });
    await vi.waitFor(() => expect(cursorOf(stalled.results("2").at(-1) ?? "{}")).toBe(head));
    expectNoGap(stalled.results("2"), String(earliest), head);
  });

  test("is told so in its stream, too", async () => {
    const server = await startSettledServer({ retention: { maxEvents: 20 }, limits: HEAVY_LIMITS });
    const stalled = await StreamListener.subscribe(server, HEAVY);
    stalled.pause();
    for (let round = 0; round < 24; round++) await happen(server);
    stalled.resume();
    await vi.waitFor(() => expect(stalled.state).toBe("ended"), { timeout: 20_000 });
    const { errors } = JSON.parse(stalled.results.at(-1) ?? "");
    expect(errors).toMatchObject([{ extensions: { code: "CURSOR_EXPIRED" } }]);
    expect(stalled.others.at(-1)).toBe("event: complete\ndata:");
  });

  /** The same API, with less patience. */
  async function impatient({ runtime }: TestServer, stalledMs: number) {
    const server = await startServer({
      host: "127.0.0.1",
      port: 0,
      runtime,
      documents: { parse: () => ({ ok: false, problems: [] }) },
      fleetSchema: "",
      onError: () => undefined,
      stalledMs,
      limits: HEAVY_LIMITS,
    });
    onTestFinished(() => server.close());
    const { url } = server;
    return { url, wsUrl: url.replace("http", "ws"), authorization: {} };
  }

  /** Listens, and reads no more when there is more to read than buffers hold. */
  async function stall(url: string, after: string): Promise<Listener> {
    const listener = await Listener.connect(url);
    await listener.subscribe("1", "subscription { events { cursor } }");
    listener.socket.pause();
    listener.socket.send(
      JSON.stringify({
        id: "2",
        type: "subscribe",
        payload: { query: HEAVY_AFTER, variables: { after } },
      }),
    );
    return listener;
  }

  async function startBusyServer(): Promise<{ server: TestServer; start: string }> {
    const server = await startSettledServer();
    for (let round = 0; round < 12; round++) await happen(server);
    return { server, start: (await server.head()).replace(/\d+$/, "0") };
  }

  test("is told to come back later when it has taken nothing for too long", async () => {
    const { server, start } = await startBusyServer();
    const { socket } = await stall((await impatient(server, 200)).wsUrl, start);
    // Only time tells that nothing comes.
    await elapsed(1_000);
    socket.resume();
    const [code] = await once(socket, "close");
    expect(code).toBe(1013);
  });

  test("is let go of even if it never hears that", async () => {
    const { server, start } = await startBusyServer();
    const { socket } = await stall((await impatient(server, 100)).wsUrl, start);
    let isGone = false;
    socket.on("error", () => undefined);
    socket.once("close", () => {
      isGone = true;
    });
    await vi.waitFor(
      () => {
        // It learns of it when it writes, and this is not answered.
        socket.pong();
        expect(isGone).toBe(true);
      },
      { timeout: 10_000, interval: 50 },
    );
  });

  test("is cut off as a stream, to which nothing can be said", async () => {
    const { server, start } = await startBusyServer();
    const stream = await StreamListener.subscribe(await impatient(server, 200), HEAVY_AFTER, {
      after: start,
    });
    stream.pause();
    // Only time tells that nothing comes.
    await elapsed(1_000);
    stream.resume();
    await vi.waitFor(() => expect(stream.state).toBe("broken"));
  });

  test("is waited for while it takes something", async () => {
    const { server, start } = await startBusyServer();
    const stalledMs = 1_000;
    const listener = await stall((await impatient(server, stalledMs)).wsUrl, start);
    const { socket } = listener;
    const closed = once(socket, "close").then(([code]) => code as number);
    const total = seqOf(await server.head());
    const beganMs = performance.now();
    // Little by little, and for longer than nothing at all would be waited for.
    socket.on("message", () => socket.pause());
    while (listener.results("2").length < total) {
      const message = once(socket, "message");
      socket.resume();
      expect(await Promise.race([message.then(() => "more"), closed])).toBe("more");
      await elapsed(25);
    }
    expect(performance.now() - beganMs).toBeGreaterThan(3 * stalledMs);
    expectNoGap(listener.results("2"), start, await server.head());
  });
});
