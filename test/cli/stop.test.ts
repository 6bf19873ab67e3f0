import { once } from "node:events";
import { type IncomingMessage, request } from "node:http";
import { describe, expect, test, vi } from "vitest";
import WebSocket from "ws";
import { listen } from "../../src/client/listen.ts";
import { freePort, type Running, start, temporaryFolder } from "./processes.ts";

const EVENTS = "subscription { events { cursor } }";

/** A server of its own process, and where it is. */
async function serve(env: Record<string, string> = {}, dataDir = temporaryFolder()) {
  const port = await freePort();
  const args = ["serve", "--port", String(port), "--data-dir", dataDir, "--clock", "manual"];
  const server = start([...args, "--fleet", "fleets/small.yaml"], env);
  await written(server, "Evenkeel listens");
  const url = `http://127.0.0.1:${port}/graphql`;
  return { server, url, dataDir, ready: url.replace("/graphql", "/health/ready") };
}

async function written(server: Running, text: string): Promise<void> {
  await vi.waitFor(() => expect(server.out() + server.err()).toContain(text), 20_000);
}

async function ask(url: string, query: string) {
  const headers = { "Content-Type": "application/json" };
  const body = JSON.stringify({ query });
  return (await (await fetch(url, { method: "POST", headers, body })).json()).data;
}

async function openSocket(url: string): Promise<WebSocket> {
  const socket = new WebSocket(url.replace("http", "ws"), "graphql-transport-ws");
  await once(socket, "open");
  const accepted = once(socket, "message");
  socket.send(JSON.stringify({ type: "connection_init" }));
  await accepted;
  socket.send(JSON.stringify({ id: "1", type: "subscribe", payload: { query: EVENTS } }));
  return socket;
}

async function openStream(url: string): Promise<IncomingMessage> {
  const headers = { "Content-Type": "application/json", Accept: "text/event-stream" };
  const asked = request(url, { method: "POST", headers });
  asked.end(JSON.stringify({ query: EVENTS }));
  const [response] = await once(asked, "response");
  return response;
}

function adviceIn(reason: string): number {
  return Number(/^The server is shutting down; retry after (\d+) ms$/.exec(reason)?.[1]);
}

describe("a server that is told to stop", () => {
  test("is not ready first, then says goodbye to everybody, and leaves all on disk", async () => {
    const { server, url, dataDir, ready } = await serve({
      STOP_NOTICE_SECONDS: "2",
      LOG_FORMAT: "json",
    });
    const sockets = await Promise.all(Array.from({ length: 8 }, () => openSocket(url)));
    const closes = sockets.map((socket) => once(socket, "close"));
    const stream = await openStream(url);
    let told = "";
    stream.setEncoding("utf8").on("data", (text: string) => {
      told += text;
    });
    const streamEnd = once(stream, "end");

    const finished = server.kill("SIGTERM");
    await vi.waitFor(async () => expect((await fetch(ready)).status).toBe(503), 10_000);
    expect(await (await fetch(ready)).json()).toMatchObject({
      ready: false,
      problems: ["The server is shutting down."],
    });
    expect(sockets.map(({ readyState }) => readyState)).toEqual(sockets.map(() => WebSocket.OPEN));
    const { advanceClock, head } = await ask(
      url,
      "mutation { advanceClock(input: { seconds: 5 }) { ... on AdvanceClockPayload { now } } }",
    ).then(async (data) => ({ ...data, ...(await ask(url, "{ head }")) }));
    expect(advanceClock.now).toBe("2026-01-01T00:00:05.000Z");

    const goodbyes = await Promise.all(closes);
    expect(goodbyes.map(([code]) => code)).toEqual(goodbyes.map(() => 1001));
    const advice = goodbyes.map(([, reason]) => adviceIn(String(reason)));
    for (const ms of advice) expect(ms).toSatisfy((value) => value >= 1_000 && value < 4_000);
    expect(new Set(advice).size).toBeGreaterThan(1);
    await streamEnd;
    expect(told).toMatch(/retry: \d{4}\n\n$/);

    const { code, out, err } = await finished;
    expect([code, err]).toEqual([0, ""]);
    const lines = out
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(lines.map(({ message }) => message).slice(-2)).toEqual([
      "Evenkeel stops",
      "Evenkeel has stopped",
    ]);
    const again = await serve({}, dataDir);
    expect((await ask(again.url, "{ head }")).head).toBe(head);
  });

  test("is ended by a second signal", async () => {
    const { server, ready } = await serve({ STOP_NOTICE_SECONDS: "300" });
    const finished = server.kill("SIGTERM");
    await vi.waitFor(async () => expect((await fetch(ready)).status).toBe(503), 10_000);
    await server.kill("SIGINT");
    expect(await finished).toMatchObject({
      code: 1,
      out: expect.stringContaining("SIGINT came while it was stopping"),
    });
  });

  test("waits for nobody who does not read", async () => {
    const { server, url } = await serve();
    (await openSocket(url)).pause();
    await openStream(url);
    expect((await server.kill("SIGTERM")).code).toBe(0);
  });

  test("is come back to by listeners when it asked them to", async () => {
    const { server, url } = await serve();
    const statuses: { kind: string; inMs?: number; reason: string }[] = [];
    const listening = listen({
      url,
      retry: { minMs: 1, maxMs: 2 },
      onStatus: (status) => {
        const reason = "error" in status ? status.error.message : "";
        statuses.push({
          kind: status.kind,
          reason,
          ...("inMs" in status && { inMs: status.inMs }),
        });
      },
    });
    await vi.waitFor(() => expect(statuses.at(-1)?.kind).toBe("connected"), 10_000);
    await server.kill("SIGTERM");
    await vi.waitFor(() => expect(statuses.at(-1)?.kind).not.toBe("connected"), 10_000);
    const first = statuses.find(({ kind }) => kind === "retrying");
    expect(first?.inMs).toBe(Number(/retry after (\d+) ms/.exec(first?.reason ?? "")?.[1]));
    expect(first?.inMs).toBeGreaterThanOrEqual(1_000);
    await listening.return();
  });
});
