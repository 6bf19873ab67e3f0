import { createHash } from "node:crypto";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { GraphQLError, parse } from "graphql";
import { BadConfiguration } from "./bad-configuration.ts";

/** What a request says about its document. */
export interface DocumentRequest {
  readonly query?: unknown;
  /** As GraphQL over HTTP's appendix on persisted documents has it. */
  readonly documentId?: unknown;
  readonly extensions?: unknown;
}

/**
 * Documents that the operator has put there, each by its id: as a rule the SHA-256 of its text in hex,
 * with `sha256:` before it or without. Requests may name one instead of sending its text.
 */
export class TrustedDocuments {
  readonly #byId: ReadonlyMap<string, string>;
  readonly #texts: ReadonlySet<string>;
  readonly #only: boolean;

  /** `only`: nothing else is accepted. */
  constructor(byId: ReadonlyMap<string, string>, only: boolean) {
    this.#byId = byId;
    this.#texts = new Set(byId.values());
    this.#only = only;
  }

  /** The text that is asked for; null where none is. Throws a GraphQLError. */
  textOf(request: DocumentRequest): string | null {
    const query = typeof request.query === "string" && request.query !== "" ? request.query : null;
    const id = idOf(request);
    if (query !== null) {
      if (this.#only && !this.#texts.has(query)) throw notTrusted();
      return query;
    }
    if (id === null) {
      if (this.#only) throw notTrusted();
      return null;
    }
    const text = this.#byId.get(id);
    // Clients of the Apollo protocol know this sentence, and send the text the next time.
    if (text === undefined)
      throw new GraphQLError("PersistedQueryNotFound", {
        extensions: { code: "PERSISTED_QUERY_NOT_FOUND" },
      });
    return text;
  }
}

function notTrusted(): GraphQLError {
  return new GraphQLError("Only the operator's documents are executed here; name one by its id.", {
    extensions: { code: "DOCUMENT_NOT_TRUSTED" },
  });
}

function idOf({ documentId, extensions }: DocumentRequest): string | null {
  const { persistedQuery } = (extensions ?? {}) as { persistedQuery?: unknown };
  const { sha256Hash } = (persistedQuery ?? {}) as { sha256Hash?: unknown };
  const id = documentId ?? sha256Hash;
  return typeof id === "string" ? id.replace(/^sha256:/, "") : null;
}

/**
 * From a directory of `.graphql` files, each known by the SHA-256 of its content, or a manifest as
 * relay-compiler and graphql-codegen write it: JSON of `{ id: document }`. None without a path. Throws
 * `BadConfiguration` for what can't be read or parsed.
 */
export function readTrustedDocuments(path: string | null): ReadonlyMap<string, string> {
  if (path === null) return new Map();
  const isDirectory = tryTo(path, () => statSync(path).isDirectory());
  const byId = isDirectory ? documentsIn(path) : manifestAt(path);
  for (const [id, text] of byId) tryTo(`${path}: document ${id}`, () => parse(text));
  return byId;
}

function documentsIn(directory: string): Map<string, string> {
  const byId = new Map<string, string>();
  for (const name of readdirSync(directory).toSorted()) {
    if (!name.endsWith(".graphql")) continue;
    const text = readFileSync(join(directory, name), "utf8");
    byId.set(createHash("sha256").update(text).digest("hex"), text);
  }
  return byId;
}

function manifestAt(path: string): Map<string, string> {
  const manifest: unknown = tryTo(path, () => JSON.parse(readFileSync(path, "utf8")));
  const entries = Object.entries(Object(manifest));
  if (Array.isArray(manifest) || entries.some(([, text]) => typeof text !== "string"))
    throw new BadConfiguration(
      `TRUSTED_DOCUMENTS=${path} is not a JSON object of documents by their ids.`,
    );
  return new Map(entries as [string, string][]);
}

function tryTo<T>(what: string, act: () => T): T {
  try {
    return act();
  } catch (error) {
    throw new BadConfiguration(
      `TRUSTED_DOCUMENTS=${what} cannot be used: ${(error as Error).message}`,
    );
  }
}
