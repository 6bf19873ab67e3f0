import type { ObjectRef } from "@pothos/core";
import { builder, type SchemaTypes } from "./builder.ts";
import { costs } from "./cost.ts";

/**
 * The one connection type of a noun, so that every list of it has the same name and a totalCount.
 * plugin-drizzle hands that over as a number for a relation and as a function at the root; either
 * way nothing is counted unless the operation selects it.
 */
export function connectionOf<Shape>(type: ObjectRef<SchemaTypes, Shape>, name: string) {
  return builder.connectionObject(
    {
      type,
      name: `${name}Connection`,
      fields: (t) => ({
        totalCount: t.int({
          description: "How many there are with this filter, on all pages.",
          extensions: { pothosDrizzleTotalCount: true, ...costs({ own: 10 }) },
          resolve: countOf,
        }),
      }),
    },
    { name: `${name}Edge` },
  );
}

function countOf(connection: object): number | Promise<number> {
  const { totalCount } = connection as { totalCount?: number | (() => number | Promise<number>) };
  return (typeof totalCount === "function" ? totalCount() : totalCount) ?? 0;
}
