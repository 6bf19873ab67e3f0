/** Every GraphQL example in the documents runs as it stands against the demo fleet. */

import { readdirSync, readFileSync } from "node:fs";
import { type ExecutableDefinitionNode, parse } from "graphql";
import { beforeAll, describe, expect, test } from "vitest";
import { startSettledServer, type TestServer } from "../api/harness.ts";

const DOCUMENTS = [
  "README.md",
  ...readdirSync("docs")
    .filter((name) => name.endsWith(".md"))
    .map((name) => `docs/${name}`),
];

interface Example {
  readonly file: string;
  readonly title: string;
  readonly source: string;
  readonly variables: Record<string, unknown>;
}

/** A `json` block right after a `graphql` block holds its variables. */
function examplesOf(file: string): Example[] {
  const text = readFileSync(file, "utf8");
  const blocks = text.matchAll(/```graphql\n([\s\S]*?)```(?:\s*```json\n([\s\S]*?)```)?/g);
  return [...blocks].map(([, source = "", variables = "{}"]) => ({
    file,
    title: source.trim().split("\n")[0] ?? "",
    source,
    variables: JSON.parse(variables) as Record<string, unknown>,
  }));
}

/** Ids differ from fleet to fleet: documents say `id of host NAME` instead. */
async function withIds(server: TestServer, variables: Record<string, unknown>) {
  const entries = Object.entries(variables).map(async ([name, value]) => {
    const match = /^id of (host|guest|zone) (.+)$/.exec(String(value));
    if (!match) return [name, value] as const;
    return [name, await server.id(match[1] as "host", match[2] as string)] as const;
  });
  return Object.fromEntries(await Promise.all(entries));
}

const examples = DOCUMENTS.flatMap(examplesOf);

describe("examples in the documents", () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startSettledServer({ fleet: "demo" }, true);
    return () => server.close();
  });

  test("there are some", () => {
    expect(examples.length).toBeGreaterThan(5);
  });

  test.each(examples)("$file: $title", async ({ source, variables }) => {
    const [definition] = parse(source).definitions as ExecutableDefinitionNode[];
    if (definition?.kind !== "OperationDefinition") throw new Error("not an operation");
    if (definition.operation === "subscription") {
      const subscription = server.subscribe(source, variables);
      // Something must come, so something is made to happen.
      const next = subscription.next();
      await server.advance(1);
      await server.data(
        `mutation { injectFault(input: { targetId: "${await server.id("zone", "eu-west-1b")}", kind: ZONE_COOLING, durationSeconds: 5 }) { __typename } }`,
      );
      await server.advance(10);
      expect(await next).toBeTruthy();
      await subscription.close();
      return;
    }
    const data = await server.data(source, await withIds(server, variables));
    for (const value of Object.values(data)) {
      expect(value).not.toBeNull();
      // What a reader is told to do must not be refused.
      expect(value).not.toHaveProperty("code");
    }
  });
});
