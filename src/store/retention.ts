import type { Database, Statement } from "better-sqlite3";
import type { Seq } from "../model/ids.ts";

export interface RetentionBounds {
  /** Events older than this go, in ms of fleet time; null keeps them however old. */
  readonly maxAgeMs: number | null;
  /** The newest so many stay; null keeps all. */
  readonly maxEvents: number | null;
  /** The fleet's clock. */
  readonly nowMs: number;
}

export interface RetentionProgress {
  readonly deleted: number;
  /** The oldest event still kept; head + 1 when none is. */
  readonly earliest: Seq;
  /** False when there is more to delete. */
  readonly done: boolean;
}

/** Deleted in one go: some tens of milliseconds, so that commands never wait long for it. */
const SLICE_EVENTS = 5_000;

/**
 * Deletes the oldest events. The tables are the state, so the log may lose any of them; a cause that
 * names one that is gone stays, and dangles.
 */
export class LogRetention {
  earliest: Seq;
  readonly #firstYoung: Statement<[Seq, Seq, number], Seq>;
  readonly #delete: Statement<[Seq]>;
  readonly #setEarliest: Statement<[Seq]>;

  constructor(sqlite: Database, earliest: Seq) {
    this.earliest = earliest;
    this.#firstYoung = sqlite
      .prepare<[Seq, Seq, number], Seq>(
        "SELECT seq FROM log WHERE seq >= ? AND seq < ? AND at_ms >= ? ORDER BY seq LIMIT 1",
      )
      .pluck();
    this.#delete = sqlite.prepare("DELETE FROM log WHERE seq < ?");
    this.#setEarliest = sqlite.prepare("UPDATE meta SET earliest_seq = ?");
  }

  /** What the next deletion would leave. */
  nextSlice(bounds: RetentionBounds, head: Seq): RetentionProgress {
    const sliceEnd = Math.min(this.earliest + SLICE_EVENTS, head + 1);
    const byCount = bounds.maxEvents === null ? 0 : head + 1 - bounds.maxEvents;
    const byAge = bounds.maxAgeMs === null ? 0 : this.#firstYoungerThan(bounds, sliceEnd);
    const wanted = Math.max(this.earliest, byCount, byAge);
    const earliest = Math.min(wanted, sliceEnd);
    const done = wanted < sliceEnd || sliceEnd === head + 1;
    return { deleted: earliest - this.earliest, earliest, done };
  }

  /** Part of the writer's transaction. */
  deleteBefore(earliest: Seq): void {
    this.#delete.run(earliest);
    this.#setEarliest.run(earliest);
  }

  #firstYoungerThan({ nowMs, maxAgeMs }: RetentionBounds, sliceEnd: Seq): Seq {
    const oldestMs = nowMs - (maxAgeMs ?? 0);
    return this.#firstYoung.get(this.earliest, sliceEnd, oldestMs) ?? sliceEnd;
  }
}
