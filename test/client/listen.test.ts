import { createServer } from "node:net";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { ListenError } from "../../src/client/errors.ts";
import { type Listening, type ListenStatus, listen } from "../../src/client/listen.ts";
import { failure, LogServer } from "./log-server.ts";

const retry = { minMs: 5, maxMs: 50 };
let server: LogServer;
const open: Listening<{ cursor: string }>[] = [];

beforeEach(async () => {
  // graphql-ws's server reports each socket that is cut under it.
  vi.spyOn(console, "error").mockImplementation(() => {});
  server = new LogServer();
  await server.start();
});

afterEach(async () => {
  await Promise.all(open.splice(0).map((listening) => listening.return()));
  await server.stop();
  vi.restoreAllMocks();
});

function start(options: Partial<Parameters<typeof listen>[0]> = {}) {
  const listening = listen({ url: server.url, retry, ...options });
  open.push(listening);
  return listening;
}

async function take(listening: Listening<{ cursor: string }>, count: number): Promise<string[]> {
  const cursors: string[] = [];
  for (let i = 0; i < count; i++) {
    const result = await listening.next();
    if (result.done) break;
    cursors.push(result.value.cursor);
  }
  return cursors;
}

function cursors(from: number, to: number): string[] {
  return Array.from({ length: to - from + 1 }, (_, i) => `test:${from + i}`);
}

async function errorOf(listening: Listening<{ cursor: string }>): Promise<ListenError> {
  const error = await listening.next().then(
    () => null,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(ListenError);
  return error as ListenError;
}

/** The same numbers for the same seed, so that a failing run can be run again. */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

describe("where listening begins", () => {
  test("at the head by default, missing nothing that happens before the first event", async () => {
    server.append(3);
    const positions: string[] = [];
    const listening = start({ onPosition: (cursor) => positions.push(cursor) });
    await vi.waitFor(() => expect(positions).toEqual(["test:3"]));
    server.append(2);
    expect(await take(listening, 2)).toEqual(["test:4", "test:5"]);
    expect(positions).toEqual(["test:3"]);
  });

  test("after a cursor", async () => {
    server.append(10);
    expect(await take(start({ after: "test:7" }), 3)).toEqual(cursors(8, 10));
  });

  test("at the earliest event kept", async () => {
    server.append(10);
    server.earliest = 4;
    expect(await take(start({ after: "start" }), 7)).toEqual(cursors(4, 10));
  });

  test("at the next event when none is kept", async () => {
    server.append(10);
    server.earliest = 11;
    const listening = start({ after: "start" });
    await vi.waitFor(() => expect(listening.position).toBe("test:10"));
    server.append(1);
    expect(await take(listening, 1)).toEqual(["test:11"]);
  });

  test("keeps the head it first saw when the connection is cut before any event", async () => {
    const listening = start();
    await vi.waitFor(() => expect(listening.position).toBe("test:0"));
    await server.stop();
    server.append(5);
    await server.start();
    expect(await take(listening, 5)).toEqual(cursors(1, 5));
  });
});

test("asks for the selection, filters, and tells who is asking", async () => {
  server.append(1, "HOST_DOWN");
  server.append(1, "HOST_UP");
  const listening = listen<{ cursor: string; kind: string }>({
    url: server.url,
    after: "start",
    filter: { kinds: ["HOST_UP"] },
    selection: "kind",
    headers: { authorization: "Bearer of-news" },
    connectionParams: async () => ({ token: "news" }),
  });
  expect(await listening.next()).toEqual({
    done: false,
    value: { cursor: "test:2", kind: "HOST_UP" },
  });
  expect(server.upgrades[0]?.["authorization"]).toBe("Bearer of-news");
  expect(server.inits).toEqual([{ token: "news" }]);
  await listening.return();
});

describe("exactly once, in order", () => {
  test.each([1, 2, 3, 4, 5])("over cut sockets and restarts, seed %i", async (seed) => {
    const chance = random(seed);
    const total = 3_000;
    const received: string[] = [];
    const listening = start({ after: "start", bufferSize: 16 });
    const consuming = (async () => {
      for await (const event of listening) {
        received.push(event.cursor);
        if (received.length === total) return;
        if (chance() < 0.01) await new Promise((resolve) => setTimeout(resolve, chance() * 5));
      }
    })();
    while (server.events.length < total) {
      server.append(Math.min(total - server.events.length, Math.ceil(chance() * 200)));
      await new Promise((resolve) => setTimeout(resolve, chance() * 10));
      const what = chance();
      if (what < 0.3) server.cut();
      else if (what < 0.5) {
        await server.stop();
        await server.start();
      }
    }
    await consuming;
    expect(received).toEqual(cursors(1, total));
    expect(server.connections).toBeGreaterThan(1);
  });

  test("an event that is sent again is dropped", async () => {
    server.append(2);
    const listening = start({ after: "start" });
    expect(await take(listening, 2)).toEqual(cursors(1, 2));
    const repeated = server.events[1];
    if (repeated) server.events.push(repeated);
    server.append(1);
    expect(await take(listening, 1)).toEqual(["test:4"]);
  });

  test("a listener killed at any point goes on after its last position", async () => {
    server.append(500);
    const received: string[] = [];
    let position: string | null = "start";
    const chance = random(9);
    while (received.length < 500) {
      const listening: Listening<{ cursor: string }> = listen({ url: server.url, after: position });
      const count = Math.ceil(chance() * 100);
      for await (const event of listening) {
        received.push(event.cursor);
        position = event.cursor;
        if (received.length === 500 || received.length % count === 0) break;
      }
    }
    expect(received).toEqual(cursors(1, 500));
  });
});

describe("a slow consumer", () => {
  test("bounds what is read, and still gets everything", async () => {
    const total = 20_000;
    const padding = "x".repeat(1_000);
    server.append(total, "GUEST_STARTED", padding);
    const listening = start({ after: "start", bufferSize: 50, keepAliveMs: 100 });
    expect(await take(listening, 1)).toEqual(["test:1"]);
    // 20 MB are more than the kernel's buffers hold: sending stalls once nobody reads.
    let before = -1;
    await vi.waitFor(
      () => {
        const sent = server.sent;
        const stalled = sent === before;
        before = sent;
        expect(stalled).toBe(true);
      },
      { interval: 300, timeout: 10_000 },
    );
    expect(server.sent).toBeLessThan(total);
    expect(server.connections).toBe(1); // being slow is no sign of a dead connection
    expect(await take(listening, total - 1)).toEqual(cursors(2, total));
    expect(server.connections).toBe(1);
  });

  test("position is what was consumed, not what is waiting", async () => {
    server.append(10);
    const listening = start({ after: "start" });
    await take(listening, 3);
    expect(listening.position).toBe("test:2");
  });
});

describe("errors", () => {
  test.each([
    ["another log's cursor", "other:1", "CURSOR_FROM_ANOTHER_LOG"],
    ["no cursor", "nonsense", "INVALID_CURSOR"],
  ])("%s ends listening", async (_name, after, code) => {
    const error = await errorOf(start({ after }));
    expect(error).toMatchObject({ code, fatal: true });
    expect(server.connections).toBe(1);
  });

  test("an expired cursor tells the earliest one", async () => {
    server.append(10);
    server.earliest = 5;
    const error = await errorOf(start({ after: "test:1" }));
    expect(error).toMatchObject({ code: "CURSOR_EXPIRED", earliest: "test:4" });
  });

  test("a selection that the schema does not have ends listening", async () => {
    const error = await errorOf(start({ selection: "colour" }));
    expect(error.message).toContain('Cannot query field "colour"');
    expect(error.fatal).toBe(true);
  });

  test("a refused connection ends listening", async () => {
    server.forbid = true;
    expect(await errorOf(start())).toMatchObject({ code: "FORBIDDEN", closeCode: 4403 });
  });

  test("an address without a WebSocket ends listening", async () => {
    const error = await errorOf(start({ url: server.url.replace("graphql", "elsewhere") }));
    expect(error.code).toBe("NOT_A_GRAPHQL_ENDPOINT");
  });

  test("an address that is none is refused at once", () => {
    expect(() => listen({ url: "ftp://example.com" })).toThrow(TypeError);
  });

  test("what was received before the error is delivered first, and the error once", async () => {
    server.append(3);
    const listening = start({ after: "start" });
    expect(await take(listening, 1)).toEqual(["test:1"]);
    server.failWith = failure("No longer yours", { code: "FORBIDDEN" });
    server.cut();
    expect(await take(listening, 2)).toEqual(cursors(2, 3));
    expect(await errorOf(listening)).toMatchObject({ code: "FORBIDDEN" });
    expect(await listening.next()).toEqual({ done: true, value: undefined });
  });

  test.each([
    ["an internal error", failure("Unexpected error.", { code: "INTERNAL_SERVER_ERROR" })],
    ["a failing resolver", failure("database is locked")],
  ])("%s is tried again", async (_name, error) => {
    server.append(1);
    server.failWith = error;
    const statuses: ListenStatus[] = [];
    const listening = start({ after: "start", onStatus: (status) => statuses.push(status) });
    expect(await take(listening, 1)).toEqual(["test:1"]);
    expect(statuses.map((status) => status.kind)).toEqual([
      "connected",
      "disconnected",
      "retrying",
      "connected",
    ]);
  });
});

describe("a connection", () => {
  test("that was never there is tried until it is, ever less often", async () => {
    await server.stop();
    const waits: number[] = [];
    const listening = start({
      after: "start",
      onStatus: (status) => status.kind === "retrying" && waits.push(status.inMs),
    });
    await vi.waitFor(() => expect(waits.length).toBeGreaterThan(6));
    await server.start();
    server.append(1);
    expect(await take(listening, 1)).toEqual(["test:1"]);
    expect(waits[0]).toBeLessThanOrEqual(retry.minMs);
    expect(Math.max(...waits)).toBeLessThanOrEqual(retry.maxMs);
    expect(waits[5]).toBeGreaterThanOrEqual(retry.maxMs / 2);
  });

  test("that falls silent is given up and made anew", async () => {
    const statuses: ListenStatus[] = [];
    const listening = start({ keepAliveMs: 100, onStatus: (status) => statuses.push(status) });
    await vi.waitFor(() => expect(statuses).toHaveLength(1));
    server.freeze();
    server.append(1);
    expect(await take(listening, 1)).toEqual(["test:1"]);
    expect(statuses[1]).toMatchObject({
      kind: "disconnected",
      error: { message: expect.stringContaining("nothing was heard") },
    });
  });

  test("that is idle but alive is kept", async () => {
    const listening = start({ keepAliveMs: 40 });
    await vi.waitFor(() => expect(listening.position).not.toBeNull());
    await new Promise((resolve) => setTimeout(resolve, 200)); // five times the silence allowed
    server.append(1);
    expect(await take(listening, 1)).toEqual(["test:1"]);
    expect(server.connections).toBe(1);
  });

  test("to something that accepts and says nothing is given up", async () => {
    const mute = createServer((socket) => socket.resume());
    await new Promise<void>((resolve) => mute.listen(0, "127.0.0.1", resolve));
    const address = mute.address() as { port: number };
    const errors: string[] = [];
    const listening = start({
      url: `ws://127.0.0.1:${address.port}`,
      keepAliveMs: 50,
      onStatus: (status) => status.kind === "retrying" && errors.push(status.error.message),
    });
    await vi.waitFor(() => expect(errors.length).toBeGreaterThan(1));
    await listening.return();
    await new Promise((resolve) => mute.close(resolve));
  });
});

describe("silence", () => {
  test("moves the position on, so that a seldom matching filter outlives retention", async () => {
    const listening = start({ filter: { kinds: ["HOST_DOWN"] }, quietMs: 20 });
    const next = listening.next();
    server.append(50);
    await vi.waitFor(() => expect(listening.position).toBe("test:50"));
    server.earliest = 41;
    server.cut();
    server.append(1, "HOST_DOWN");
    expect(await next).toMatchObject({ value: { cursor: "test:51" } });
  });

  test("does not move the position while the consumer is at work", async () => {
    server.append(1, "HOST_DOWN");
    const positions: string[] = [];
    const listening = start({
      after: "start",
      filter: { kinds: ["HOST_DOWN"] },
      quietMs: 10,
      onPosition: (cursor) => positions.push(cursor),
    });
    await take(listening, 1);
    server.append(5);
    await new Promise((resolve) => setTimeout(resolve, 100)); // ten looks around
    expect(positions).toEqual(["test:0"]);
    const next = listening.next();
    await vi.waitFor(() => expect(positions).toEqual(["test:0", "test:6"]));
    await listening.return();
    expect(await next).toEqual({ done: true, value: undefined });
  });
});

describe("ending", () => {
  test("break closes the connection", async () => {
    server.append(3);
    for await (const _event of start({ after: "start" })) break;
    await vi.waitFor(() => expect(server.open).toBe(0));
  });

  test("return() ends a waiting next()", async () => {
    const listening = start();
    const next = listening.next();
    await listening.return();
    expect(await next).toEqual({ done: true, value: undefined });
    expect(server.open).toBe(0);
  });

  test("abort ends it, also while waiting to retry", async () => {
    await server.stop();
    const abort = new AbortController();
    const retrying = Promise.withResolvers<void>();
    const listening = start({
      signal: abort.signal,
      retry: { minMs: 60_000, maxMs: 60_000 },
      onStatus: () => retrying.resolve(),
    });
    await retrying.promise;
    abort.abort();
    expect(await listening.next()).toEqual({ done: true, value: undefined });
    await listening.return();
  });

  test("a signal that was aborted before never connects", async () => {
    const listening = start({ signal: AbortSignal.abort() });
    expect(await listening.next()).toEqual({ done: true, value: undefined });
    expect(server.connections).toBe(0);
  });

  test("closes a stalled connection too", async () => {
    server.append(20_000, "GUEST_STARTED", "x".repeat(1_000));
    const listening = start({ after: "start", bufferSize: 10 });
    await take(listening, 1);
    await listening.return();
    await vi.waitFor(() => expect(server.open).toBe(0));
  });
});
