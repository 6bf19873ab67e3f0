/** The GraphQL examples in the documents. */

import { readdirSync, readFileSync } from "node:fs";
import type { TestServer } from "../api/harness.ts";

const DOCUMENTS = [
  "README.md",
  ...readdirSync("docs")
    .filter((name) => name.endsWith(".md"))
    .map((name) => `docs/${name}`),
];

export interface Example {
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
export async function withIds(server: TestServer, variables: Record<string, unknown>) {
  const entries = Object.entries(variables).map(async ([name, value]) => {
    const match = /^id of (host|guest|zone) (.+)$/.exec(String(value));
    if (!match) return [name, value] as const;
    return [name, await server.id(match[1] as "host", match[2] as string)] as const;
  });
  return Object.fromEntries(await Promise.all(entries));
}

export const examples = DOCUMENTS.flatMap(examplesOf);
