import type { Statement } from "better-sqlite3";
import type { Runtime } from "../../runtime/ports.ts";

/** Where the log stands, as far as an answer can tell. */
export class LogPosition {
  readonly #runtime: Runtime;
  readonly #onDisk: Statement<[], string>;

  constructor(runtime: Runtime) {
    this.#runtime = runtime;
    this.#onDisk = runtime.queries.reader.sqlite
      .prepare<[], string>("SELECT seq || ' ' || earliest_seq FROM meta")
      .pluck();
  }

  /**
   * Never the same again once anything has happened, or retention has taken something: what was read
   * between two moments with the same position was read at it. Null where the database can't be read.
   *
   * The log's end on disk is what tables are read at; that which this side has heard of may be before
   * it, and is what `head` tells.
   */
  now(): string | null {
    try {
      return `${this.#runtime.feed.head()} ${this.#onDisk.get()}`;
    } catch {
      // Whoever reads on will be told what the matter is.
      return null;
    }
  }
}
