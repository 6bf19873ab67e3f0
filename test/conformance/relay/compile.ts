import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { ConcreteRequest, ReaderFragment } from "relay-runtime";

export interface Compiled {
  /** The manifest of documents by their SHA-256. */
  readonly persisted: string;
  request(name: string): Promise<ConcreteRequest>;
  fragment(name: string): Promise<ReaderFragment>;
  remove(): void;
}

/** Runs relay-compiler on the documents beside this. Throws what it says when they don't compile. */
export function compileDocuments(): Compiled {
  const folder = mkdtempSync(join(tmpdir(), "relay-"));
  const persisted = join(folder, "persisted.json");
  mkdirSync(join(folder, "src"));
  cpSync(join(import.meta.dirname, "documents.ts"), join(folder, "src/documents.ts"));
  cpSync("schema/schema.graphql", join(folder, "schema.graphql"));
  writeFileSync(persisted, "{}");
  writeFileSync(join(folder, "package.json"), JSON.stringify({ type: "module" }));
  const config = {
    src: "./src",
    schema: "./schema.graphql",
    language: "typescript",
    eagerEsModules: true,
    useImportTypeSyntax: true,
    customScalarTypes: { Cursor: "string", DateTime: "string" },
    persistConfig: { file: "./persisted.json", algorithm: "SHA256" },
  };
  writeFileSync(join(folder, "relay.config.json"), JSON.stringify(config));
  const compiler = join(process.cwd(), "node_modules/.bin/relay-compiler");
  execFileSync(compiler, ["relay.config.json"], { cwd: folder, encoding: "utf8" });
  const artifact = async (name: string) => {
    const file = join(folder, `src/__generated__/${name}.graphql.ts`);
    const module = await import(/* @vite-ignore */ pathToFileURL(file).href);
    return module.default;
  };
  return {
    persisted,
    request: artifact,
    fragment: artifact,
    remove: () => rmSync(folder, { recursive: true }),
  };
}
