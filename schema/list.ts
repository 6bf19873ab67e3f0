import { type SQL, sql } from "drizzle-orm";
import type { SQLiteColumn } from "drizzle-orm/sqlite-core";
import { builder } from "./builder.ts";
import { OrderDirection } from "./enums.ts";
import { checkPage, type PageArguments } from "./page.ts";

/** The order of a list by columns of its table; each enum value names one. */
export function orderInput<const Fields extends Record<string, string>>(
  noun: string,
  columns: Fields,
) {
  const field = builder.enumType(`${noun}OrderField`, {
    values: Object.keys(columns) as (keyof Fields & string)[],
  });
  return builder.inputType(`${noun}Order`, {
    fields: (t) => ({
      field: t.field({ type: field, required: true }),
      direction: t.field({ type: OrderDirection, required: true, defaultValue: "ASC" }),
    }),
  });
}

interface Order {
  readonly field: string;
  readonly direction: "ASC" | "DESC";
}

/** Without a wish, lists are in the order in which their things came to be. Ties always are. */
export function orderBy<Column extends string>(
  columns: Readonly<Record<string, Column>>,
  order: Order | null | undefined,
): Partial<Record<Column | "id", "asc" | "desc">> {
  const direction = order?.direction === "DESC" ? "desc" : "asc";
  const column = order ? columns[order.field] : undefined;
  return {
    ...(column && { [column]: direction }),
    id: direction,
  } as Partial<Record<Column | "id", "asc" | "desc">>;
}

export function nameContains(
  column: SQLiteColumn,
  part: string | null | undefined,
): SQL | undefined {
  return part ? sql`instr(lower(${column}), ${part.toLowerCase()}) > 0` : undefined;
}

/** Where and order of one page; checks the page's size on the way. */
export function pageQuery<Table, OrderBy>(
  page: PageArguments,
  condition: (table: Table) => SQL | undefined,
  order: OrderBy,
) {
  checkPage(page);
  return { where: { RAW: (table: Table) => condition(table) ?? sql`1` }, orderBy: order };
}
