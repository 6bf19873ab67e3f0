/** A reply that is given again is the one that would be made anew. */

import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { Agent, request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Sqlite from "better-sqlite3";
import { describe, expect, onTestFinished, test } from "vitest";
import { startSettledServer, startTestServer, type TestServer, withToken } from "./harness.ts";

const GUESTS = "{ guests { totalCount nodes { name status } } }";

/** How many queries were answered as before, and how many operations in all. */
async function counts({ url }: TestServer): Promise<{ repeated: number; all: number }> {
  const text = await (await fetch(url.replace("/graphql", "/metrics"))).text();
  const sum = (metric: string) =>
    [...text.matchAll(new RegExp(`^${metric}(?:{[^}]*})? (\\d+)$`, "gm"))].reduce(
      (total, [, value]) => total + Number(value),
      0,
    );
  return {
    repeated: sum("evenkeel_replies_repeated_total"),
    all: sum("evenkeel_operations_total"),
  };
}

/** How many of them were answered as before. */
async function repeatedIn(server: TestServer, ask: () => Promise<unknown>): Promise<number> {
  const before = await counts(server);
  await ask();
  return (await counts(server)).repeated - before.repeated;
}

describe("a reply to a query", () => {
  test("is given again, byte by byte, while nothing happens", async () => {
    const server = await startSettledServer();
    const first = await server.post({ query: GUESTS }, { "X-Request-Id": "first" });
    const text = await first.text();
    const before = await counts(server);
    const again = await server.post({ query: GUESTS }, { "X-Request-Id": "again" });
    expect(await again.text()).toBe(text);
    expect(JSON.parse(text).extensions.cost).toEqual({ requested: 62, max: 100_000 });
    for (const name of ["content-type", "content-length"])
      expect(again.headers.get(name), name).toBe(first.headers.get(name));
    expect(again.headers.get("x-request-id")).toBe("again");
    const after = await counts(server);
    expect(after).toEqual({ repeated: before.repeated + 1, all: before.all + 1 });
  });

  test("is another one once something has happened, for whoever made it happen first of all", async () => {
    const server = await startSettledServer();
    const guestId = await server.id("guest", "web-1");
    const query = "query ($id: ID!) { head node(id: $id) { ... on Guest { status desired } } }";
    for (let time = 0; time < 3; time++) {
      for (const [name, desired] of [
        ["stopGuest", "STOPPED"],
        ["startGuest", "RUNNING"],
      ] as const) {
        await server.data(query, { id: guestId });
        const type = `${name[0]?.toUpperCase()}${name.slice(1)}Payload`;
        const done = await server.mutate(
          name,
          "GuestActionInput",
          { guestId },
          `... on ${type} { cursor }`,
        );
        const { head, node } = await server.data(query, { id: guestId });
        expect(node.desired).toBe(desired);
        const seq = (cursor: string) => Number(cursor.split(":")[1]);
        expect(seq(head)).toBeGreaterThanOrEqual(seq(done.cursor));
        await server.advance(60);
      }
    }
  });

  test("is another one once retention has taken some of the log", async () => {
    const dataDir = mkdtempSync(join(tmpdir(), "evenkeel-replies-"));
    onTestFinished(() => rmSync(dataDir, { recursive: true, force: true }));
    const server = await startSettledServer({ dataDir });
    const query = "{ head events(first: 1) { totalCount edges { cursor } } }";
    const before = await server.data(query);
    // What retention does, at a moment that the test chooses.
    const sqlite = new Sqlite(join(dataDir, "evenkeel.db"));
    sqlite.exec("BEGIN; DELETE FROM log WHERE seq < 10; UPDATE meta SET earliest_seq = 10; COMMIT");
    sqlite.close();
    const after = await server.data(query);
    expect(after.head).toBe(before.head);
    expect(after.events.totalCount).toBe(before.events.totalCount - 9);
    expect(after.events.edges[0].cursor).toMatch(/:10$/);
  });

  test("is the same for the same request alone", async () => {
    const server = await startSettledServer();
    const query = "query ($n: Int) { guests(first: $n) { nodes { name } } }";
    const names = async (n: number) =>
      (await server.data(query, { n })).guests.nodes.map(({ name }: { name: string }) => name);
    expect(await names(1)).toEqual(["db"]);
    expect(await names(2)).toEqual(["db", "api-1"]);
    expect(await names(1)).toEqual(["db"]);
    const two = "query A { zones { totalCount } } query B { guests { totalCount } }";
    const asked = async (operationName: string) =>
      (await (await server.post({ query: two, operationName })).json()).data;
    for (let time = 0; time < 2; time++) {
      expect(await asked("A")).toEqual({ zones: { totalCount: 3 } });
      expect(await asked("B")).toEqual({ guests: { totalCount: 5 } });
    }
    const accepted = async (type: string) =>
      (await server.post({ query: GUESTS }, { Accept: type })).headers.get("content-type");
    for (let time = 0; time < 2; time++) {
      expect(await accepted("application/json")).toContain("application/json");
      expect(await accepted("application/graphql-response+json")).toContain("graphql-response");
    }
  });

  test("with errors is given again, with the errors; what is no valid operation is looked at again", async () => {
    const server = await startSettledServer();
    const bad = `{ guests(after: "nonsense") { totalCount nodes { name } } }`;
    const first = await server.ask(bad);
    expect(first.errors?.[0]?.extensions).toMatchObject({ code: "BAD_USER_INPUT" });
    expect(await repeatedIn(server, async () => expect(await server.ask(bad)).toEqual(first))).toBe(
      1,
    );
    for (const query of [
      "{ nonsense }",
      "{ nonsense",
      "{ zones { nodes { guests(first: 101) { nodes { name } } } } }",
    ])
      await server.ask(query);
    expect(await repeatedIn(server, () => server.ask("{ nonsense }"))).toBe(0);
  });

  test("by GET is given again, too", async () => {
    const server = await startSettledServer();
    const get = async () => {
      const url = `${server.url}?query=${encodeURIComponent(GUESTS)}`;
      return (await fetch(url, { headers: { "GraphQL-Require-Preflight": "1" } })).text();
    };
    const first = await get();
    expect(JSON.parse(first).data.guests.totalCount).toBe(5);
    expect(await repeatedIn(server, async () => expect(await get()).toBe(first))).toBe(1);
  });

  test.each([
    "application/graphql-response+json, application/graphql+json, application/json, text/event-stream, multipart/mixed",
    "*/*",
  ])("is given again to clients that take %s", async (accept) => {
    const server = await startSettledServer();
    const ask = async () => (await server.post({ query: GUESTS }, { Accept: accept })).text();
    const first = await ask();
    expect(JSON.parse(first).data.guests.totalCount).toBe(5);
    expect(await repeatedIn(server, async () => expect(await ask()).toBe(first))).toBe(1);
  });

  test.each(["multipart/mixed", "text/event-stream"])(
    "that comes in parts is made anew, for clients that take %s",
    async (accept) => {
      const server = await startSettledServer();
      const ask = async () => {
        const response = await server.post({ query: GUESTS }, { Accept: accept });
        expect(response.headers.get("content-type")).toContain(accept);
        expect(response.headers.has("content-length")).toBe(false);
        expect(await response.text()).toContain('"totalCount":5');
      };
      await ask();
      expect(await repeatedIn(server, ask)).toBe(0);
    },
  );

  test("leaves it to each client whether its connection stays", async () => {
    const server = await startSettledServer();
    const connectionOf = async (connection: string) => {
      const body = JSON.stringify({ query: GUESTS });
      const asked = request(server.url, {
        method: "POST",
        headers: {
          "Content-Type": "application/json",
          "Content-Length": body.length,
          Connection: connection,
        },
      });
      asked.end(body);
      const [response] = await once(asked, "response");
      response.resume();
      return response.headers.connection;
    };
    const asked = ["keep-alive", "close", "keep-alive"];
    const told: (string | undefined)[] = [];
    const askAll = async () => {
      for (const connection of asked) told.push(await connectionOf(connection));
    };
    expect(await repeatedIn(server, askAll)).toBe(2);
    expect(told).toEqual(asked);
  });

  test("is made anew where it tells more than the log", async () => {
    const server = await startSettledServer();
    for (const query of [
      "{ viewer { name } }",
      "{ fleet { at } }",
      "{ ...F } fragment F on Query { hosts { nodes { lastHeartbeatAt } } }",
      `{ nodes(ids: []) { id ... on Guest { usage { sampledAt } } } }`,
    ])
      expect(
        await repeatedIn(server, async () => {
          await server.data(query);
          await server.data(query);
        }),
        query,
      ).toBe(0);
  });

  test("is executed each time when none are kept", async () => {
    const server = await startSettledServer({ replyCacheBytes: 0 });
    expect(
      await repeatedIn(server, async () => {
        await server.data(GUESTS);
        await server.data(GUESTS);
      }),
    ).toBe(0);
  });

  test("makes room for others when there are too many", async () => {
    const server = await startSettledServer({ replyCacheBytes: 20_000 });
    const pages = Array.from(
      { length: 40 },
      (_, index) => `{ guests { nodes { name a${index}: status } } }`,
    );
    for (const page of pages) await server.data(page);
    const metrics = await (await fetch(server.url.replace("/graphql", "/metrics"))).text();
    const bytes = Number(/^evenkeel_reply_cache_bytes (\d+)$/m.exec(metrics)?.[1]);
    expect(bytes).toBeGreaterThan(10_000);
    expect(bytes).toBeLessThanOrEqual(20_000);
    const newest = pages.at(-1) as string;
    expect(await repeatedIn(server, () => server.data(newest))).toBe(1);
    expect(await repeatedIn(server, () => server.data(pages[0] as string))).toBe(0);
  });
});

describe("whoever asks for what was asked before", () => {
  const AUTHENTICATION = { jwt: null, adminToken: "admin-token-for-this-test-alone" } as const;
  const secured = async (limits = {}) => {
    const server = await startTestServer({ authentication: AUTHENTICATION, limits });
    return server.as(AUTHENTICATION.adminToken);
  };

  test("is told what it may see, and asked who it is", async () => {
    const admin = await secured({ introspection: ["ADMIN"] });
    for (const name of ["one", "two"]) {
      await admin.mutate("createTenant", "CreateTenantInput", { name });
    }
    const [one, two] = await Promise.all(
      ["one", "two"].map((tenant) => withToken(admin, { role: "OPERATOR", tenant })),
    );
    const viewer = await withToken(admin, { role: "VIEWER", tenant: "one" });
    if (!one || !two) throw new Error("There are two");
    const query = "{ tenants { nodes { name } } viewer { role } }";
    const names = async (who: TestServer) =>
      (await who.data(query)).tenants.nodes.map(({ name }: { name: string }) => name);
    for (let time = 0; time < 2; time++) {
      expect(await names(admin)).toEqual(["default", "one", "two"]);
      expect(await names(one)).toEqual(["one"]);
      expect(await names(two)).toEqual(["two"]);
      expect((await viewer.data(query)).viewer.role).toBe("VIEWER");
      expect((await one.data("{ viewer { name } }")).viewer.name).toBe("one-operator");
    }
    const types = "{ __schema { queryType { name } } }";
    expect((await admin.data(types)).__schema.queryType.name).toBe("Query");
    expect((await one.ask(types)).errors?.[0]?.extensions?.["code"]).toBe(
      "INTROSPECTION_FORBIDDEN",
    );
    expect((await admin.as("forged").post({ query })).status).toBe(401);
    const { apiTokens } = await admin.data("{ apiTokens { nodes { id name } } }");
    const token = apiTokens.nodes.find(({ name }: { name: string }) => name === "one-operator");
    await admin.mutate("revokeApiToken", "RevokeApiTokenInput", { apiTokenId: token.id });
    expect((await one.post({ query })).status).toBe(401);
  });

  test("has its rate limited all the same", async () => {
    const server = await startTestServer({
      limits: { operationsPerSecond: 1, operationsBurst: 5 },
    });
    const statuses = [];
    for (let time = 0; time < 7; time++)
      statuses.push((await server.post({ query: GUESTS })).status);
    expect(statuses).toEqual([200, 200, 200, 200, 200, 429, 429]);
  });

  test("may ask at length on one connection, again and again", async () => {
    const server = await startSettledServer();
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    onTestFinished(() => agent.destroy());
    // The longest that is looked at.
    const body = JSON.stringify({ query: GUESTS }).padEnd(64 * 1024);
    const headers = { "Content-Type": "application/json", "Content-Length": body.length };
    const statuses: (number | undefined)[] = [];
    for (let time = 0; time < 4; time++) {
      const asked = request(server.url, { method: "POST", headers, agent });
      asked.end(body);
      const [response] = await once(asked, "response");
      statuses.push(response.statusCode);
      response.resume();
      await once(response, "close");
    }
    expect(statuses).toEqual([200, 200, 200, 200]);
    expect((await counts(server)).repeated).toBe(3);
  });

  test("may send the request in pieces, or be gone before its end", async () => {
    const server = await startSettledServer();
    const body = Buffer.from(JSON.stringify({ query: GUESTS }));
    const headers = { "Content-Type": "application/json", "Content-Length": body.length };
    const inPieces = () =>
      new Promise<string>((resolve, reject) => {
        const asked = request(server.url, { method: "POST", headers }, async (response) => {
          const chunks: Buffer[] = [];
          for await (const chunk of response) chunks.push(chunk);
          resolve(Buffer.concat(chunks).toString());
        });
        asked.on("error", reject);
        asked.write(body.subarray(0, 10));
        // Another request has been answered by then: these have arrived alone.
        server.data("{ viewer { name } }").then(() => asked.end(body.subarray(10)), reject);
      });
    const first = await inPieces();
    expect(JSON.parse(first).data.guests.totalCount).toBe(5);
    expect(await repeatedIn(server, async () => expect(await inPieces()).toBe(first))).toBe(1);
    const gone = request(server.url, { method: "POST", headers });
    gone.on("error", () => undefined);
    gone.write(body.subarray(0, 10));
    await server.data("{ head }");
    gone.destroy();
    expect(await inPieces()).toBe(first);
    expect(server.log.join("\n")).not.toContain("bug");
  });
});
