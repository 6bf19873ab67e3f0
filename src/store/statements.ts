/**
 * Prepared statements made from drizzle's tables, for the hot paths: drizzle's own query builder
 * costs several times what SQLite itself does per row.
 */

import type { Database, Statement } from "better-sqlite3";
import { getColumns, getTableName } from "drizzle-orm";
import type { SQLiteTable } from "drizzle-orm/sqlite-core";

export type SqlValue = string | number | null;

type Kind = "plain" | "boolean" | "json";
interface ColumnPlan {
  readonly key: string;
  readonly sqlName: string;
  readonly kind: Kind;
}

function columnPlans(table: SQLiteTable): readonly ColumnPlan[] {
  return Object.entries(getColumns(table)).map(([key, column]) => ({
    key,
    sqlName: column.name,
    kind: kindOf(column.columnType),
  }));
}

function kindOf(columnType: string): Kind {
  if (columnType === "SQLiteBoolean") return "boolean";
  if (columnType === "SQLiteTextJson") return "json";
  return "plain";
}

/** How a table's rows are written; each property is the column's, as in the drizzle table. */
export interface WriteOptions {
  /**
   * Columns that hardly ever change once the row is there. SQLite renews the index entries and looks
   * up the foreign keys of whatever an UPDATE names, changed or not, so the usual one leaves these out.
   */
  readonly settled?: readonly string[];
  /** Columns whose value SQL works out of another one's, its only parameter. */
  readonly derived?: Readonly<Record<string, { readonly from: string; readonly sql: string }>>;
}

/** Writes and deletes the rows of one table by id. */
export class TableWriter<Row extends object> {
  /** Changes nothing when the row isn't there or a settled column has changed. */
  readonly #update: Statement<[SqlValue[]]>;
  readonly #updatePlans: readonly ColumnPlan[];
  readonly #upsert: Statement<[SqlValue[]]>;
  readonly #upsertPlans: readonly ColumnPlan[];
  readonly #delete: Statement<[number]>;

  constructor(sqlite: Database, table: SQLiteTable, options: WriteOptions = {}) {
    const { settled = [], derived = {} } = options;
    const name = getTableName(table);
    const columns = columnPlans(table);
    const sqlOf = ({ key }: ColumnPlan) => derived[key]?.sql ?? "?";
    const planOf = (plan: ColumnPlan) => ({ ...plan, key: derived[plan.key]?.from ?? plan.key });
    const identity = columns.filter(({ key }) => key === "id");
    const same = columns.filter(({ key }) => settled.includes(key));
    const changing = columns.filter((plan) => !identity.includes(plan) && !same.includes(plan));

    const assignments = changing.map((plan) => `${plan.sqlName} = ${sqlOf(plan)}`).join(", ");
    const unchanged = same.map(({ sqlName }) => ` AND ${sqlName} IS ?`).join("");
    this.#update = sqlite.prepare<[SqlValue[]]>(
      `UPDATE ${name} SET ${assignments} WHERE id = ?${unchanged}`,
    );
    this.#updatePlans = [...changing, ...identity, ...same].map(planOf);

    const names = columns.map(({ sqlName }) => sqlName);
    const excluded = names.map((column) => `${column} = excluded.${column}`);
    this.#upsert = sqlite.prepare<[SqlValue[]]>(
      `INSERT INTO ${name} (${names.join(", ")}) VALUES (${columns.map(sqlOf).join(", ")})
       ON CONFLICT (id) DO UPDATE SET ${excluded.join(", ")}`,
    );
    this.#upsertPlans = columns.map(planOf);
    this.#delete = sqlite.prepare(`DELETE FROM ${name} WHERE id = ?`);
  }

  write(row: Row): void {
    if (this.#update.run(encode(this.#updatePlans, row)).changes === 0)
      this.#upsert.run(encode(this.#upsertPlans, row));
  }

  delete(id: number): void {
    this.#delete.run(id);
  }
}

/**
 * JSON of values that don't change: the records of the model are replaced as a whole, so most of a
 * changed row's nested values are the very objects that were written before.
 */
const written = new WeakMap<object, string>();

export function stringify(value: unknown): string {
  if (value === null || typeof value !== "object") return JSON.stringify(value);
  const known = written.get(value);
  if (known !== undefined) return known;
  const text = JSON.stringify(value);
  written.set(value, text);
  return text;
}

/** A row's values in the order of the plans, as SQLite takes them. */
function encode(plans: readonly ColumnPlan[], row: object): SqlValue[] {
  const values: SqlValue[] = new Array(plans.length);
  for (let i = 0; i < plans.length; i++) {
    const { key, kind } = plans[i] as ColumnPlan;
    const value = (row as Record<string, unknown>)[key];
    if (value === null || value === undefined) values[i] = null;
    else if (kind === "plain") values[i] = value as SqlValue;
    else values[i] = kind === "json" ? stringify(value) : value ? 1 : 0;
  }
  return values;
}

/** Every row of a table by id, with JSON and booleans decoded. */
export function readAll<Row>(sqlite: Database, table: SQLiteTable): Row[] {
  const plans = columnPlans(table);
  const names = plans.map(({ sqlName }) => sqlName).join(", ");
  const statement: Statement<[], SqlValue[]> = sqlite
    .prepare<[], SqlValue[]>(`SELECT ${names} FROM ${getTableName(table)} ORDER BY id`)
    .raw();
  return statement.all().map((values) => decode(plans, values) as Row);
}

function decode(plans: readonly ColumnPlan[], values: readonly SqlValue[]) {
  const row: Record<string, unknown> = {};
  for (let i = 0; i < plans.length; i++) {
    const { key, kind } = plans[i] as ColumnPlan;
    const value = values[i] as SqlValue;
    if (kind === "plain" || value === null) row[key] = value;
    else row[key] = kind === "json" ? JSON.parse(value as string) : value === 1;
  }
  return row;
}
