/** GraphQL over HTTP, as the specification's own audits ask. */

import { serverAudits } from "graphql-http";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startTestServer, type TestServer } from "../api/harness.ts";

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer({}, true);
});
afterAll(() => server.close());

/** As one who knows that a query by GET has to say that no page elsewhere sends it. */
function fetchKnowingly(url: string, init: RequestInit = {}): Promise<Response> {
  const headers = new Headers(init.headers);
  if ((init.method ?? "GET") === "GET") headers.set("GraphQL-Require-Preflight", "1");
  return fetch(url, { ...init, headers });
}

const audits = serverAudits({ url: () => server.url, fetchFn: fetchKnowingly });

describe("GraphQL over HTTP", () => {
  test("is audited in full", () => {
    expect(audits).toHaveLength(61);
  });

  test.each(audits)("$id $name", async (audit) => {
    const result = await audit.fn();
    expect(result.status === "ok" ? "ok" : result.reason).toBe("ok");
  });
});
