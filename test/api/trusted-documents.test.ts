import { createHash } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Answer, startTestServer, type TestServer } from "./harness.ts";

const WHO = "query Who { viewer { name } }\n";
const WATCH = "subscription Watch { fleet { hostsUp } }\n";
const CHANGE = "mutation Change { advanceClock(input: { seconds: 1 }) { __typename } }\n";
const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");

let directory: string;
let manifest: string;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), "trusted-"));
  for (const [name, text] of Object.entries({ WHO, WATCH, CHANGE }))
    writeFileSync(join(directory, `${name}.graphql`), text);
  writeFileSync(join(directory, "notes.txt"), "no document");
  manifest = join(directory, "manifest.json");
  const entries = [WHO, WATCH, CHANGE].map((text) => [sha256(text), text]);
  writeFileSync(manifest, JSON.stringify(Object.fromEntries(entries)));
});
afterAll(() => rmSync(directory, { recursive: true }));

const start = (trustedDocumentsOnly: boolean, trustedDocuments = directory) =>
  startTestServer({ trustedDocuments, limits: { trustedDocumentsOnly } });

/** The ways to name one. */
const naming = (text: string): readonly object[] => [
  { documentId: sha256(text) },
  { documentId: `sha256:${sha256(text)}` },
  { extensions: { persistedQuery: { version: 1, sha256Hash: sha256(text) } } },
];

async function answerOf(response: Response): Promise<Answer> {
  return (await response.json()) as Answer;
}

/** Sends one operation, and gives back the first message about it. */
async function overWebSocket(server: TestServer, payload: object) {
  const client = server.client();
  // graphql-ws asks for a text, which may be empty.
  const results = client.iterate({ query: "", ...payload });
  try {
    return (await results.next()).value;
  } catch (errors) {
    return { errors };
  } finally {
    await client.dispose();
  }
}

describe("a trusted document", () => {
  test.each(["a directory", "a manifest"])("is named by its hash: %s", async (kind) => {
    const server = await start(false, kind === "a directory" ? directory : manifest);
    for (const name of naming(WHO)) {
      const data = { viewer: { name: "local" } };
      expect(await answerOf(await server.post(name))).toMatchObject({ data });
      expect(await overWebSocket(server, name)).toMatchObject({ data });
      const parameters = Object.entries(name).map(([key, value]) => [
        key,
        typeof value === "string" ? value : JSON.stringify(value),
      ]);
      const got = await fetch(`${server.url}?${new URLSearchParams(parameters)}`, {
        headers: { "GraphQL-Require-Preflight": "1" },
      });
      expect(await answerOf(got)).toMatchObject({ data });
    }
  });

  test("may be a subscription", async () => {
    const server = await start(true);
    for (const name of naming(WATCH))
      expect(await overWebSocket(server, name)).toEqual({ data: { fleet: { hostsUp: 3 } } });
    const response = await server.post(naming(WATCH)[0], { Accept: "text/event-stream" });
    const reader = response.body?.getReader();
    let text = "";
    while (!text.includes("hostsUp"))
      text += new TextDecoder().decode((await reader?.read())?.value);
    await reader?.cancel();
  });

  test("does not mutate by GET", async () => {
    const server = await start(false);
    const response = await fetch(`${server.url}?documentId=${sha256(CHANGE)}`, {
      headers: { "GraphQL-Require-Preflight": "1" },
    });
    expect(response.status).toBe(405);
  });

  test("that nobody has put there is not found, nor kept when its text comes along", async () => {
    const server = await start(false);
    const query = "{ head }";
    const persistedQuery = { version: 1, sha256Hash: sha256(query) };
    const unknown = [{ documentId: sha256(query) }, { extensions: { persistedQuery } }];
    const notFound = [
      expect.objectContaining({
        message: "PersistedQueryNotFound",
        extensions: { code: "PERSISTED_QUERY_NOT_FOUND" },
      }),
    ];
    for (let round = 0; round < 2; round++) {
      for (const name of unknown) {
        expect((await answerOf(await server.post(name))).errors).toEqual(notFound);
        expect((await overWebSocket(server, name)).errors).toEqual(notFound);
      }
      const sent = await answerOf(await server.post({ query, extensions: { persistedQuery } }));
      expect(sent.data).toBeTruthy();
    }
  });
});

describe("a server that takes trusted documents only", () => {
  test("executes nothing else", async () => {
    const server = await start(true);
    const others = [
      { query: "{ head }" },
      { query: "{ head }", documentId: sha256(WHO) },
      { query: `${WHO} ` },
      { query: "{ __schema { types { name } } }" },
      { query: WATCH.replace("hostsUp", "hostsTotal") },
      { query: "" },
      {},
      { documentId: null },
    ];
    for (const payload of others) {
      const told = [expect.objectContaining({ extensions: { code: "DOCUMENT_NOT_TRUSTED" } })];
      for (const accept of ["application/json", "text/event-stream"]) {
        const text = await (await server.post(payload, { Accept: accept })).text();
        expect(text, JSON.stringify(payload)).toContain("DOCUMENT_NOT_TRUSTED");
        expect(text).not.toContain('"data":{');
      }
      const answer = await overWebSocket(server, payload);
      expect(answer.errors, JSON.stringify(payload)).toEqual(told);
    }
  });

  test("takes the text of one as well", async () => {
    const server = await start(true);
    expect((await server.data(WHO)).viewer.name).toBe("local");
  });
});

describe("documents that can't be trusted", () => {
  const write = (name: string, text: string) => {
    const path = join(mkdtempSync(join(directory, "bad-")), name);
    writeFileSync(path, text);
    return path;
  };

  test.each([
    ["a list", "manifest.json", "[]", /is not a JSON object of documents/],
    ["no texts", "manifest.json", '{"a":1}', /is not a JSON object of documents/],
    ["no JSON", "manifest.json", "{", /cannot be used: .*JSON/],
    ["no GraphQL", "manifest.json", '{"a":"query {"}', /document a cannot be used: Syntax Error/],
  ])("are told at the start: %s", async (_what, name, text, message) => {
    await expect(start(false, write(name, text))).rejects.toThrow(message);
  });

  test("are told at the start: nothing there", async () => {
    await expect(start(false, join(directory, "none"))).rejects.toThrow(/none cannot be used/);
  });
});
