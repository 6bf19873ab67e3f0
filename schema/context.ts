import type { BetterSQLite3Database } from "drizzle-orm/better-sqlite3";
import type { Actor } from "../src/model/actors.ts";
import type { FleetSpec, Path } from "../src/model/fleet.ts";
import type { Seq } from "../src/model/ids.ts";
import type { Principal } from "../src/model/principals.ts";
import type { Problem } from "../src/model/rejections.ts";
import type { Runtime } from "../src/runtime/ports.ts";
import type { relations } from "../src/store/tables-relations.ts";
import { Loaders } from "./loaders.ts";

export type ReadDatabase = BetterSQLite3Database<typeof relations>;

/** Reading fleet documents is composed in, so that the schema knows no file system. */
export interface FleetDocuments {
  parse(text: string): ParsedFleetDocument;
}
export type ParsedFleetDocument =
  | {
      readonly ok: true;
      readonly spec: FleetSpec;
      /** Where in the text an item or value stands; null for what is not in it. */
      locate(path: Path): { readonly line: number; readonly column: number } | null;
    }
  | { readonly ok: false; readonly problems: readonly Problem[] };

/** The same for principals who may see and do the same, and for nobody else. */
export function audienceOf({ role, tenantId }: Principal): string {
  return `${role} ${tenantId ?? "*"}`;
}

/** What resolvers see, made anew for each operation. */
export interface ApiContext {
  /** As the principal sees it: what it may not see is in none of these. */
  readonly runtime: Runtime;
  readonly documents: FleetDocuments;
  readonly db: ReadDatabase;
  readonly loaders: Loaders;
  readonly principal: Principal;
  readonly actor: Actor;
  /**
   * The log's head before anything was read: what an operation shows is at least as new, so whoever
   * queries and then subscribes after its `head` misses nothing.
   */
  readonly head: Seq;
  /** Aborts when whoever asked has gone away; null where that cannot be known. */
  readonly signal: AbortSignal | null;
}

export function createContext(
  fleet: Runtime,
  documents: FleetDocuments,
  principal: Principal,
  signal: AbortSignal | null = null,
): ApiContext {
  const { name, tenantId } = principal;
  const runtime = fleet.seenBy(tenantId);
  const head = runtime.feed.head();
  const { db } = runtime.queries.reader;
  return {
    runtime,
    documents,
    db,
    loaders: new Loaders({ queries: runtime.queries, nowMs: () => runtime.nowMs() }),
    principal,
    actor: { kind: "PRINCIPAL", name, ...(tenantId !== null && { tenantId }) },
    head,
    signal,
  };
}
