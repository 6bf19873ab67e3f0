import SchemaBuilder from "@pothos/core";
import DrizzlePlugin from "@pothos/plugin-drizzle";
import RelayPlugin from "@pothos/plugin-relay";
import { getTableConfig } from "drizzle-orm/sqlite-core";
import { relations } from "../src/store/tables-relations.ts";
import WholeRowsPlugin from "./columns-plugin.ts";
import type { ApiContext } from "./context.ts";
import { PAGE } from "./page.ts";
import PagePlugin from "./page-plugin.ts";
import RequirementPlugin from "./requirement-plugin.ts";

/** Code first: each noun's module hangs its types, queries, mutations and subscriptions on this. */
export const builder = new SchemaBuilder<{
  Context: ApiContext;
  DrizzleRelations: typeof relations;
  DefaultFieldNullability: false;
  DefaultEdgesNullability: false;
  DefaultNodeNullability: false;
  Scalars: {
    ID: { Input: string; Output: string | number };
    /** Milliseconds since the Unix epoch inside, RFC 3339 outside. */
    DateTime: { Input: number; Output: number };
    Cursor: { Input: string; Output: string };
  };
}>({
  plugins: [RequirementPlugin, PagePlugin, RelayPlugin, DrizzlePlugin, WholeRowsPlugin],
  defaultFieldNullability: false,
  relay: {
    clientMutationId: "omit",
    cursorType: "String",
    nodesOnConnection: true,
    edgesFieldOptions: { nullable: false },
    nodeFieldOptions: { nullable: false },
    // node.ts has its own: a global id may name something that is gone, which is null, not an error.
    nodeQueryOptions: false,
    nodesQueryOptions: false,
  },
  drizzle: {
    client: (context) => context.db,
    getTableConfig,
    relations,
    maxConnectionSize: PAGE.max,
    defaultConnectionSize: PAGE.default,
  },
});

builder.queryType({});
builder.mutationType({});
builder.subscriptionType({});

export type SchemaTypes =
  typeof builder extends PothosSchemaTypes.SchemaBuilder<infer Types> ? Types : never;
