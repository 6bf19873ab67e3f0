import { request } from "node:http";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { printFleetSchema } from "../../src/fleet/schema.ts";
import { startSettledServer, startTestServer, type TestServer } from "./harness.ts";

let server: TestServer;
let origin: string;
beforeAll(async () => {
  server = await startSettledServer({}, true);
  origin = new URL(server.url).origin;
});
afterAll(() => server.close());

/** No page elsewhere can have a browser send it. */
const BY_GET = { "GraphQL-Require-Preflight": "1" };

/** With headers that `fetch` does not let one set. */
function raw(path: string, headers: Record<string, string>): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    request(`${origin}${path}`, { headers }, (response) => {
      response.resume();
      resolve(response.statusCode);
    })
      .on("error", reject)
      .end();
  });
}

describe("GraphQL over HTTP", () => {
  test("answers a POST of JSON, and a query by GET", async () => {
    expect((await server.post({ query: "{ viewer { name } }" })).status).toBe(200);
    const got = await fetch(`${server.url}?query=${encodeURIComponent("{ viewer { name } }")}`, {
      headers: BY_GET,
    });
    expect(await got.json()).toMatchObject({ data: { viewer: { name: "local" } } });
  });

  test.each(["variables", "extensions"])(
    "tells of %s in an address that are no JSON",
    async (name) => {
      const parameters = new URLSearchParams({ query: "{ head }", [name]: "{" });
      const response = await fetch(`${server.url}?${parameters}`, { headers: BY_GET });
      expect(response.status).toBe(400);
      expect(await response.text()).toContain(`The parameter ${name} is no JSON.`);
    },
  );

  test("does not mutate by GET", async () => {
    const query = "mutation { advanceClock(input: { seconds: 1 }) { __typename } }";
    const response = await fetch(`${server.url}?query=${encodeURIComponent(query)}`, {
      headers: BY_GET,
    });
    expect(response.status).toBe(405);
  });

  test.each([
    "text/plain",
    "application/x-www-form-urlencoded",
    "multipart/form-data; boundary=x",
    "application/graphql",
    "",
  ])("refuses a body of '%s'", async (type) => {
    const response = await server.post('{"query":"{ head }"}', { "Content-Type": type });
    expect(response.status).toBe(415);
  });

  test.each([
    ["no JSON", "{", 400],
    ["no query", "{}", 200],
    ["a list", '[{"query":"{ head }"}]', 400],
    ["a broken document", '{"query":"{ head"}', 200],
    ["an unknown field", '{"query":"{ nonsense }"}', 200],
    ["a number for a query", '{"query":1}', 400],
  ])("tells of %s", async (_what, body, status) => {
    const response = await server.post(body, { Accept: "application/json" });
    expect(response.status).toBe(status);
    const { errors } = (await response.json()) as { errors: { message: string }[] };
    expect(errors[0]?.message.length).toBeGreaterThan(0);
  });

  test("tells of no JSON without a piece of it", async () => {
    const response = await server.post('{"query":"{ head }","password":s3cret}');
    expect(response.status).toBe(400);
    expect(await response.json()).toEqual({
      errors: [{ message: "POST body sent invalid JSON.", extensions: { code: "BAD_REQUEST" } }],
    });
  });

  test("is told to nobody again by what stands between", async () => {
    for (const query of ["{ head }", "{ head }", "{ nonsense }", "mutation { nonsense }"])
      expect((await server.post({ query })).headers.get("cache-control"), query).toBe("no-store");
  });

  test("is not asked by pages elsewhere, nor under another name", async () => {
    const body = { query: "{ head }" };
    expect((await server.post(body, { Origin: "http://evil.example" })).status).toBe(403);
    expect((await server.post(body, { Origin: origin })).status).toBe(200);
    expect(await raw("/graphql?query={head}", { host: "evil.example" })).toBe(403);
    for (const host of ["localhost:1234", "[::1]:1234"])
      expect(await raw("/graphql?query={head}", { host, ...BY_GET })).toBe(200);
  });

  test("tells browsers nothing that lets other pages in", async () => {
    const response = await fetch(server.url, {
      method: "OPTIONS",
      headers: { Origin: origin, "Access-Control-Request-Method": "POST" },
    });
    expect(
      [...response.headers.keys()].filter((name) => name.startsWith("access-control")),
    ).toEqual([]);
  });

  test("refuses operations that cost more to understand than any honest one", async () => {
    const many = await server.ask(`{ ${"head ".repeat(10_001)} }`);
    expect(many.errors?.[0]?.message).toContain("tokens");
    const deep = `{ events { nodes { ${"cause { ".repeat(50)} id ${"} ".repeat(50)} } } }`;
    expect((await server.ask(deep)).errors?.[0]?.extensions?.["code"]).toBe("OPERATION_TOO_DEEP");
    const fragments = "query { events { nodes { ...A } } } fragment A on Event { cause { ...A } }";
    expect((await server.ask(fragments)).errors?.length).toBeGreaterThan(0);
  });

  test("takes a document of 16 MiB, and no body that is larger", async () => {
    const padding = (bytes: number) => `# ${"x".repeat(bytes)}\n{}`;
    const apply = (document: string) =>
      server.post({
        query: `mutation ($input: ApplyFleetInput!) { applyFleet(input: $input) { __typename ... on Error { message } } }`,
        variables: { input: { document, dryRun: true } },
      });
    const large = await apply(padding(16 * 1024 * 1024 - 5));
    expect(await large.json()).toMatchObject({
      data: { applyFleet: { __typename: expect.any(String) } },
    });
    const tooLarge = await apply(padding(18 * 1024 * 1024));
    expect(tooLarge.status).toBe(413);
    expect((await server.data("{ head }")).head).toBeTruthy();
  });
});

describe("the other addresses", () => {
  test("/ leads to the playground", async () => {
    const response = await fetch(origin, { redirect: "manual" });
    expect([response.status, response.headers.get("location")]).toEqual([302, "/graphql"]);
  });

  test("/health tells that it lives and serves", async () => {
    expect((await fetch(`${origin}/health/live`)).status).toBe(200);
    const ready = await fetch(`${origin}/health/ready`);
    expect(ready.status).toBe(200);
    expect(await ready.json()).toEqual({ ready: true, problems: [], decisionFailures: 0 });
  });

  test("/fleet.schema.json is the schema of fleet documents", async () => {
    const response = await fetch(`${origin}/fleet.schema.json`);
    expect(await response.text()).toBe(printFleetSchema());
  });

  test("others are not there, and these are only to be read", async () => {
    expect((await fetch(`${origin}/nothing`)).status).toBe(404);
    expect((await fetch(`${origin}/health/live`, { method: "POST" })).status).toBe(405);
  });
});

describe("GraphiQL", () => {
  test("is one page that needs nothing from anywhere else", async () => {
    const response = await fetch(server.url, { headers: { Accept: "text/html,*/*" } });
    const page = await response.text();
    expect(response.headers.get("content-type")).toContain("text/html");
    // What the browser would fetch, and the policy that keeps it from doing so all the same.
    expect(page).not.toMatch(
      /<(?:script|img|link|iframe)\b[^>]*\b(?:src|href)=["']?(?:https?:)?\/\//,
    );
    expect(page).not.toMatch(/@import|@font-face[^}]*url\(["']?http/);
    const policy = response.headers.get("content-security-policy") ?? "";
    expect(policy).toContain("default-src 'none'");
    expect(policy).not.toMatch(/https?:|\*/);
  });

  test("opens with examples that run as they stand", async () => {
    const response = await fetch(server.url, { headers: { Accept: "text/html" } });
    const tabs = /"defaultTabs":(\[.*?\}\])/.exec(await response.text())?.[1] ?? "[]";
    const examples = JSON.parse(tabs) as { query: string; variables?: string }[];
    expect(examples.length).toBeGreaterThanOrEqual(6);
    for (const { query, variables } of examples) {
      const operations = [...query.matchAll(/^(query|mutation|subscription) (\w+)/gm)];
      expect(operations.length).toBeGreaterThan(0);
      for (const [, kind, operationName] of operations) {
        if (kind === "subscription") {
          const subscription = server.subscribe(query, { after: await server.head() });
          const fault = { targetId: await server.id("host", "host-c"), kind: "HOST_POWER" };
          await server.mutate("injectFault", "InjectFaultInput", fault);
          expect((await subscription.next()).events.message).toContain("host-c");
          await subscription.close();
          continue;
        }
        const body = { query, operationName, variables: JSON.parse(variables ?? "{}") };
        const answer = (await (await server.post(body)).json()) as {
          data: object;
          errors?: unknown;
        };
        expect(answer.errors, operationName).toBeUndefined();
        expect(JSON.stringify(answer.data)).not.toContain("Error");
        await server.advance(120);
      }
    }
  });
});

describe("a server", () => {
  test("does not take an address that is in use", async () => {
    const port = Number(new URL(server.url).port);
    await expect(startTestServer({ port }, true)).rejects.toThrow(
      `Port ${port} of 127.0.0.1 is in use`,
    );
  });

  test("says where a fleet's first document is wrong", async () => {
    await expect(startTestServer({ fleet: "fleets/none.yaml" }, true)).rejects.toThrow(
      "FLEET=fleets/none.yaml",
    );
    await expect(startTestServer({ fleet: "package.json" }, true)).rejects.toThrow(
      /package\.json:2:\d+ name/,
    );
  });

  test("stops with requests under way", async () => {
    const own = await startTestServer({}, true);
    const answers = Array.from({ length: 10 }, () => own.ask("{ head }"));
    await Promise.all(answers);
    await own.close();
    await expect(own.ask("{ head }")).rejects.toThrow();
  });
});
