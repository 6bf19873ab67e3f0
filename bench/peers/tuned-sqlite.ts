/**
 * The raw peer as good as it gets: it knows from the whole recording which rows are new and which
 * columns ever change, so it inserts the former and names only the latter in its updates. SQLite then
 * leaves alone all indexes and foreign keys that don't change.
 */

import type { RawBatch, Row, Step } from "./raw-sqlite.ts";

interface Known {
  readonly last: Map<unknown, Row>;
  /** Positions of the columns that change. */
  readonly changing: Set<number>;
}

export function tunedBatches(batches: readonly RawBatch[]): RawBatch[] {
  const tables = new Map<string, Known>();
  for (const step of batches.flat()) if (step.table) learn(tables, step.table.name, step.rows);
  const there = new Map([...tables.keys()].map((name) => [name, new Set<unknown>()]));
  return batches.map((batch) => batch.flatMap((step) => tuned(step, tables, there)));
}

function learn(tables: Map<string, Known>, name: string, rows: readonly Row[]): void {
  const known = tables.get(name) ?? { last: new Map(), changing: new Set() };
  tables.set(name, known);
  for (const row of rows) {
    const before = known.last.get(row[0]);
    if (before)
      for (const [i, value] of row.entries()) if (value !== before[i]) known.changing.add(i);
    known.last.set(row[0], row);
  }
}

/** A row's id is its first column. */
function tuned(
  step: Step,
  tables: ReadonlyMap<string, Known>,
  there: ReadonlyMap<string, Set<unknown>>,
): Step[] {
  const known = tables.get(step.table?.name ?? "");
  const ids = there.get(step.table?.name ?? "");
  if (!step.table || !known || !ids) return [step];
  const { name, columns } = step.table;
  const isNew = step.rows.map(([id]) => !ids.has(id));
  for (const [id] of step.rows) ids.add(id);
  const insert = {
    sql: `INSERT INTO ${name} (${columns.join(", ")}) VALUES (${columns.map(() => "?").join(", ")})`,
    rows: step.rows.filter((_row, index) => isNew[index]),
  };
  const changing = [...known.changing];
  if (changing.length === 0) return [insert];
  const update = {
    sql: `UPDATE ${name} SET ${changing.map((i) => `${columns[i]} = ?`).join(", ")} WHERE id = ?`,
    rows: step.rows
      .filter((_row, index) => !isNew[index])
      .map((row) => [...changing, 0].map((i) => row[i] ?? null)),
  };
  return [insert, update].filter(({ rows }) => rows.length > 0);
}
