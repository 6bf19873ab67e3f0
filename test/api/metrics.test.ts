import { once } from "node:events";
import { type IncomingMessage, request } from "node:http";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import WebSocket from "ws";
import { GUEST_STATUSES, HOST_STATUSES } from "../../src/model/statuses.ts";
import { startSettledServer, startTestServer, type TestServer, withToken } from "./harness.ts";

/** Some 100 KB for each event. */
const HEAVY = `subscription { events { cursor ${Array.from({ length: 2_000 }, (_, index) => `m${index}: message`).join(" ")} } }`;

/** Lets it in. */
const HEAVY_LIMITS = { maxAliases: 2_000, maxTokens: 10_000 };

/** Every sample by its name with labels, as it is written. */
async function scrape({ url }: TestServer): Promise<Map<string, number>> {
  const text = await (await fetch(url.replace("/graphql", "/metrics"))).text();
  const samples = text.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
  return new Map(
    samples.map((line) => {
      const end = line.lastIndexOf(" ");
      return [line.slice(0, end), Number(line.slice(end + 1))] as const;
    }),
  );
}

async function openSocket({ wsUrl }: TestServer, ...queries: string[]): Promise<WebSocket> {
  const socket = new WebSocket(wsUrl, "graphql-transport-ws");
  onTestFinished(() => socket.terminate());
  await once(socket, "open");
  const accepted = once(socket, "message");
  socket.send(JSON.stringify({ type: "connection_init" }));
  await accepted;
  for (const [index, query] of queries.entries())
    socket.send(JSON.stringify({ id: String(index), type: "subscribe", payload: { query } }));
  return socket;
}

/** Nothing of it is read until somebody does. */
async function openStream({ url }: TestServer, query: string): Promise<IncomingMessage> {
  const headers = { "Content-Type": "application/json", Accept: "text/event-stream" };
  const asked = request(url, { method: "POST", headers });
  onTestFinished(() => void asked.destroy());
  asked.end(JSON.stringify({ query }));
  const [response] = await once(asked, "response");
  response.on("error", () => {});
  return response;
}

describe("/metrics", () => {
  test("tells every metric with its help and type, in base units", async () => {
    const server = await startTestServer();
    const response = await fetch(server.url.replace("/graphql", "/metrics"));
    expect(response.headers.get("content-type")).toContain("text/plain; version=0.0.4");
    const text = await response.text();
    const named = (what: string) =>
      [...text.matchAll(new RegExp(`^# ${what} (\\S+) (.+)$`, "gm"))].map(([, name]) => name);
    expect(named("HELP")).toEqual(named("TYPE"));
    expect(new Set(named("HELP")).size).toBe(named("HELP").length);
    for (const [, name, type] of text.matchAll(/^# TYPE (evenkeel_\S+) (\S+)$/gm)) {
      expect(name).toMatch(/^[a-z_]+$/);
      expect(name?.endsWith("_total"), name).toBe(type === "counter");
      if (type === "histogram") expect(name).toMatch(/_seconds$/);
    }
    expect(text).toContain("process_cpu_seconds_total");
    expect(text).toContain("nodejs_eventloop_lag_seconds");
    expect(text).toContain("process_start_time_seconds");
  });

  test.each(["inline", "worker"] as const)("counts what is asked and done (%s)", async (thread) => {
    const server = await startTestServer({}, false, thread);
    await server.data("{ head }");
    await server.ask("{ nonsense }");
    await server.ask("{ nonsense");
    await server.ask(`{ guests(first: 5, after: "nonsense") { totalCount } }`);
    const guestId = await server.id("guest", "web-1");
    await server.mutate("stopGuest", "GuestActionInput", { guestId });
    await server.mutate("suspendGuest", "GuestActionInput", { guestId });
    await server.advance(1);
    const seen = await scrape(server);
    expect(seen.get(`evenkeel_operations_total{kind="query",outcome="ok"}`)).toBe(2);
    expect(seen.get(`evenkeel_operations_total{kind="query",outcome="error"}`)).toBe(1);
    expect(seen.get(`evenkeel_operations_total{kind="unknown",outcome="invalid"}`)).toBe(2);
    expect(seen.get(`evenkeel_operations_total{kind="mutation",outcome="ok"}`)).toBe(3);
    expect(seen.get(`evenkeel_operation_duration_seconds_count{kind="mutation"}`)).toBe(3);
    expect(seen.get(`evenkeel_commands_total{command="STOP_GUEST",result="OK"}`)).toBe(1);
    const refused = [...seen.keys()].filter((name) => name.includes("SUSPEND_GUEST"));
    expect(refused).toEqual([`evenkeel_commands_total{command="SUSPEND_GUEST",result="CONFLICT"}`]);
    expect(seen.get(`evenkeel_decision_duration_seconds_count{input="command"}`)).toBe(4);
    expect(seen.get("evenkeel_commit_duration_seconds_count")).toBeGreaterThan(1);
    expect(seen.get("evenkeel_writer_answers")).toBe(1);
    expect(seen.get("evenkeel_commands_waiting")).toBe(0);
    expect(seen.get("evenkeel_sightings_waiting")).toBe(0);
    const head = server.runtime.feed.head();
    expect(seen.get("evenkeel_log_head")).toBe(head);
    const committed = [...seen].filter(([name]) => name.startsWith("evenkeel_events_committed"));
    expect(committed.reduce((sum, [, count]) => sum + count, 0)).toBe(head);
  });

  test("is for those who may see the whole fleet", async () => {
    const server = await startTestServer();
    const viewer = await withToken(server, { role: "VIEWER" });
    const tenants = await withToken(server, { role: "ADMIN", tenant: "default" });
    const statusFor = async ({ url, authorization }: TestServer) =>
      (await fetch(url.replace("/graphql", "/metrics"), { headers: authorization })).status;
    expect(await statusFor(server)).toBe(200);
    expect(await statusFor(viewer)).toBe(200);
    expect(await statusFor(tenants)).toBe(403);
    expect(await statusFor(server.as("nonsense"))).toBe(401);
  });

  test("has the fleet by status, and no name of anything in it", async () => {
    const server = await startSettledServer();
    const { fleet, guests } = await server.data(
      "{ fleet { hostsUp } guests(first: 100) { totalCount nodes { name } } }",
    );
    const seen = await scrape(server);
    for (const status of HOST_STATUSES)
      expect(seen.get(`evenkeel_hosts{status="${status}"}`)).toBe(
        status === "UP" ? fleet.hostsUp : 0,
      );
    const counts = GUEST_STATUSES.map((status) => seen.get(`evenkeel_guests{status="${status}"}`));
    expect(counts.reduce((sum, count) => (sum ?? 0) + (count ?? Number.NaN), 0)).toBe(
      guests.totalCount,
    );
    for (const { name } of guests.nodes) expect([...seen.keys()].join()).not.toContain(name);
  });

  test("tells who listens, by which way, and how far behind each sort is", async () => {
    const server = await startSettledServer({ limits: HEAVY_LIMITS });
    const socket = await openSocket(server, HEAVY, "subscription { fleet { hostsUp } }");
    const stream = await openStream(server, HEAVY);
    const listeners = async (transport: string, state: string) => {
      const seen = await scrape(server);
      const labels = `{transport="${transport}",state="${state}"}`;
      return [
        seen.get(`evenkeel_listeners${labels}`),
        seen.get(`evenkeel_listener_lag_events${labels}`),
      ];
    };
    await vi.waitFor(async () => {
      expect(await listeners("websocket", "live")).toEqual([1, 0]);
      expect(await listeners("sse", "live")).toEqual([1, 0]);
    });
    const seen = await scrape(server);
    expect(seen.get(`evenkeel_connections{transport="websocket"}`)).toBe(1);
    expect(seen.get(`evenkeel_connections{transport="sse"}`)).toBe(1);
    expect(seen.get(`evenkeel_subscriptions{transport="websocket"}`)).toBe(2);
    expect(seen.get(`evenkeel_subscriptions{transport="sse"}`)).toBe(1);
    expect(seen.get(`evenkeel_operations_total{kind="subscription",outcome="ok"}`)).toBe(3);

    socket.pause();
    const zone = await server.id("zone", "north-a");
    for (let round = 0; round < 12; round++) {
      const input = { targetId: zone, kind: "ZONE_POWER", durationSeconds: 30 };
      await server.mutate("injectFault", "InjectFaultInput", input);
      await server.advance(600);
    }
    const anyLag = expect.toSatisfy((lag) => lag > 0);
    await vi.waitFor(
      async () => {
        expect(await listeners("websocket", "stalled")).toEqual([1, anyLag]);
        expect(await listeners("sse", "stalled")).toEqual([1, anyLag]);
      },
      { timeout: 20_000, interval: 200 },
    );

    socket.terminate();
    stream.destroy();
    await vi.waitFor(async () => {
      const after = await scrape(server);
      for (const transport of ["websocket", "sse"]) {
        expect(after.get(`evenkeel_connections{transport="${transport}"}`)).toBe(0);
        expect(after.get(`evenkeel_subscriptions{transport="${transport}"}`)).toBe(0);
      }
    });
  });
});
