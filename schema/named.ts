import type { SQL } from "drizzle-orm";
import type { SQLiteColumn } from "drizzle-orm/sqlite-core";
import { builder } from "./builder.ts";
import { nameContains, orderBy, orderInput, pageQuery } from "./list.ts";
import type { PageArguments } from "./page.ts";

const COLUMNS = { NAME: "name" } as const;

interface NamedListArguments extends PageArguments {
  readonly filter?: { readonly nameContains?: string | null | undefined } | null | undefined;
  readonly orderBy?: Parameters<typeof orderBy>[1];
}

/** Lists of what is only ever looked for by its name. */
export function namedList(noun: string) {
  const filter = builder.inputType(`${noun}Filter`, {
    fields: (t) => ({ nameContains: t.string({ description: "In letters of either case." }) }),
  });
  const order = orderInput(noun, COLUMNS);
  const condition =
    (given: NamedListArguments["filter"]) =>
    (table: { readonly name: SQLiteColumn }): SQL | undefined =>
      nameContains(table.name, given?.nameContains);
  return {
    args: builder.args((t) => ({
      filter: t.field({ type: filter }),
      orderBy: t.field({ type: order }),
    })),
    condition,
    /** One page, in whatever list they stand. */
    page: (args: NamedListArguments) =>
      pageQuery(args, condition(args.filter), orderBy(COLUMNS, args.orderBy)),
  };
}
