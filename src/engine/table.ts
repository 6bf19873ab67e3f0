import type { Entities } from "../model/entities.ts";

/**
 * Undo information for everything since the last checkpoint, oldest first. Of a row that changes more
 * than once between two marks, only what it was before the first change is kept.
 */
export class Journal {
  readonly changes: Change[] = [];
  /** Another after each mark: what was kept before it does not take back what comes after it. */
  stretch = 0;
}

interface Change {
  readonly table: { restore(id: number, before: unknown): void };
  readonly type: keyof Entities;
  readonly id: number;
  readonly before: unknown;
}

/** Called with each change, so that indexes follow their table, also when it is rolled back. */
type Watcher<Row> = (before: Row | undefined, after: Row | undefined) => void;

/** Rows by id, replaced as a whole, every change journaled and told to the indexes. */
export class Table<Row extends { readonly id: number }> {
  readonly #rows = new Map<number, Row>();
  readonly #type: keyof Entities;
  readonly #journal: Journal;
  readonly #watcher: Watcher<Row>;
  /** Rows whose first change in the stretch has been journaled. */
  readonly #journaled = new Set<number>();
  #stretch = 0;

  constructor(type: keyof Entities, journal: Journal, watcher: Watcher<Row>) {
    this.#type = type;
    this.#journal = journal;
    this.#watcher = watcher;
  }

  get size(): number {
    return this.#rows.size;
  }

  find(id: number): Row | undefined {
    return this.#rows.get(id);
  }

  /** For ids that the log vouches for: a missing row is a bug. */
  get(id: number): Row {
    const row = this.#rows.get(id);
    if (!row) throw new Error(`${this.#type} ${id} does not exist`);
    return row;
  }

  /** In no particular order: sort before anything is decided by it. */
  values(): IterableIterator<Row> {
    return this.#rows.values();
  }

  /** In order of id, the same after a restart. */
  sorted(): Row[] {
    return [...this.#rows.values()].sort((a, b) => a.id - b.id);
  }

  set(row: Row): void {
    this.#replace(row.id, row, true);
  }

  patch(id: number, change: Partial<Row>): Row {
    const row = { ...this.get(id), ...change };
    this.#replace(id, row, true);
    return row;
  }

  delete(id: number): void {
    this.#replace(id, undefined, true);
  }

  /** Fills the table at start, unjournaled. */
  load(rows: readonly Row[]): void {
    for (const row of rows) this.#replace(row.id, row, false);
  }

  #replace(id: number, after: Row | undefined, journaled: boolean): void {
    const before = this.#rows.get(id);
    if (after === undefined) this.#rows.delete(id);
    else this.#rows.set(id, after);
    this.#watcher(before, after);
    if (journaled) this.#note(id, before);
  }

  #note(id: number, before: Row | undefined): void {
    if (this.#stretch !== this.#journal.stretch) {
      this.#stretch = this.#journal.stretch;
      this.#journaled.clear();
    }
    if (this.#journaled.has(id)) return;
    this.#journaled.add(id);
    this.#journal.changes.push({ table: this, type: this.#type, id, before });
  }

  /** Takes a journaled change back. */
  restore(id: number, before: unknown): void {
    this.#replace(id, before as Row | undefined, false);
  }
}
