import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Sqlite from "better-sqlite3";
import { describe, expect, onTestFinished, test } from "vitest";
import WebSocket from "ws";
import { Log } from "../../src/server/log.ts";
import { readOperatingSettings } from "../../src/server/operating-settings.ts";
import { onBehalfOf } from "../../src/server/request-id.ts";
import { startTestServer, type TestServer } from "./harness.ts";

const MADE = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** One of whose tables somebody took away, so that it fails on what should work. */
async function brokenServer(): Promise<TestServer> {
  const dataDir = mkdtempSync(join(tmpdir(), "evenkeel-broken-"));
  onTestFinished(() => rmSync(dataDir, { recursive: true, force: true }));
  const server = await startTestServer({ dataDir });
  const sqlite = new Sqlite(join(dataDir, "evenkeel.db"));
  sqlite.exec("ALTER TABLE failovers RENAME TO taken_away");
  sqlite.close();
  return server;
}
const BROKEN = "query Broken { fleet { failoversRunning } }";

describe("a request's id", () => {
  test.each(["abc-123", "trace:1/2+3=4.5_6"])("is its sender's: %s", async (id) => {
    const server = await startTestServer();
    const response = await server.post({ query: "{ head }" }, { "X-Request-Id": id });
    expect(response.headers.get("x-request-id")).toBe(id);
  });

  test.each(["", "two words", 'a"b', "x".repeat(129), "é"])(
    "is made where '%s' is sent",
    async (id) => {
      const server = await startTestServer();
      const response = await server.post({ query: "{ head }" }, { "X-Request-Id": id });
      expect(response.headers.get("x-request-id")).toMatch(MADE);
    },
  );

  test("is on every answer, whatever it is", async () => {
    const { url } = await startTestServer();
    for (const path of ["/health/live", "/metrics", "/nothing"]) {
      const response = await fetch(url.replace("/graphql", path));
      expect(response.headers.get("x-request-id")).toMatch(MADE);
    }
  });

  test("leads from an error that tells nothing to what the operator's log has", async () => {
    const server = await brokenServer();
    const response = await server.post({ query: BROKEN }, { "X-Request-Id": "find-me" });
    const { errors } = (await response.json()) as { errors: unknown[] };
    expect(errors).toMatchObject([
      { message: "Internal error", extensions: { code: "INTERNAL", requestId: "find-me" } },
    ]);
    expect(server.log.filter((line) => line.includes("find-me"))).toEqual([
      expect.stringMatching(/^error A request failed for a bug: .*failovers.* requestId=find-me\n/),
    ]);
  });

  test("is the upgrade's for all that comes by a WebSocket", async () => {
    const server = await brokenServer();
    const headers = { "X-Request-Id": "my-socket" };
    const socket = new WebSocket(server.wsUrl, "graphql-transport-ws", { headers });
    onTestFinished(() => socket.terminate());
    const [[upgrade]] = await Promise.all([once(socket, "upgrade"), once(socket, "open")]);
    expect(upgrade.headers["x-request-id"]).toBe("my-socket");
    const next = async () => JSON.parse(String((await once(socket, "message"))[0]));
    socket.send(JSON.stringify({ type: "connection_init" }));
    expect((await next()).type).toBe("connection_ack");
    socket.send(JSON.stringify({ id: "1", type: "subscribe", payload: { query: BROKEN } }));
    expect((await next()).payload.errors).toMatchObject([
      { extensions: { code: "INTERNAL", requestId: "my-socket" } },
    ]);
  });

  test("is not told with errors that say themselves what is wrong", async () => {
    const server = await startTestServer();
    const { errors } = await server.ask(`{ guests(first: 1, after: "nonsense") { totalCount } }`);
    expect(errors?.[0]?.extensions).not.toHaveProperty("requestId");
  });
});

describe("the operator's log", () => {
  const written = (format: "text" | "json", level: "debug" | "info" = "info") => {
    const lines: string[] = [];
    const log = new Log((line) => lines.push(line), { format, level });
    onBehalfOf("r-1", () => log.info("Something began", { kind: "query", tookMs: 3 }));
    log.debug("Something usual");
    log.warn("Something odd\nin two lines");
    log.error("It failed", new Error("no such thing"));
    return lines;
  };

  test("is one JSON object a line, if that is wanted", () => {
    const lines = written("json").map((line) => JSON.parse(line));
    expect(lines).toMatchObject([
      { level: "info", message: "Something began", requestId: "r-1", kind: "query", tookMs: 3 },
      { level: "warn", message: "Something odd\nin two lines" },
      {
        level: "error",
        message: "It failed: no such thing",
        stack: expect.stringContaining("at "),
      },
    ]);
    for (const { time } of lines) expect(new Date(time).toISOString()).toBe(time);
  });

  test("is text for people", () => {
    const [began, odd, failed] = written("text");
    expect(began).toBe("Something began requestId=r-1 kind=query tookMs=3");
    expect(odd).toBe("warn Something odd\nin two lines");
    expect(failed).toMatch(/^error It failed: no such thing\n/);
    expect(written("text", "debug")[1]).toBe("debug Something usual");
  });

  test("tells of operations by name, and of nothing that was in them", async () => {
    const server = await startTestServer({}, false, "inline", { format: "json", level: "debug" });
    await server.post(
      {
        query: "query Mine($name: String!) { guest(name: $name) { id } }",
        variables: { name: "s3cret" },
      },
      { "X-Request-Id": "r-2", Cookie: "s3cret" },
    );
    await server.post({ query: "{ head }" }, { Authorization: "Bearer s3cret" });
    const operations = server.log.map((line) => JSON.parse(line)).filter(({ kind }) => kind);
    expect(operations).toMatchObject([
      {
        level: "debug",
        message: "operation",
        requestId: "r-2",
        kind: "query",
        name: "Mine",
        outcome: "ok",
        principal: "local",
      },
    ]);
    expect(server.log.join()).not.toContain("s3cret");
  });

  test("has settings", () => {
    expect(readOperatingSettings({ LOG_FORMAT: " " }).log).toEqual({
      format: "text",
      level: "info",
    });
    expect(readOperatingSettings({ LOG_FORMAT: "json", LOG_LEVEL: "debug" }).log).toEqual({
      format: "json",
      level: "debug",
    });
    expect(() => readOperatingSettings({ LOG_FORMAT: "xml" })).toThrow(
      "LOG_FORMAT=xml is none of text, json.",
    );
    expect(() => readOperatingSettings({ LOG_LEVEL: "loud" })).toThrow(/LOG_LEVEL=loud/);
  });
});
