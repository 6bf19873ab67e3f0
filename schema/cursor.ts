import { GraphQLError } from "graphql";
import type { Seq } from "../src/model/ids.ts";
import { formatCursor, parseCursor } from "../src/model/log.ts";
import type { Feed } from "../src/runtime/ports.ts";

/**
 * What is wrong with a cursor, as the error's `extensions.code`:
 * INVALID_CURSOR (no cursor at all), CURSOR_UNKNOWN_EPOCH (of another log), CURSOR_IN_FUTURE (beyond
 * the head), CURSOR_EXPIRED (retention has taken what followed; `extensions.earliest` is the first
 * cursor to go on from).
 */
export type CursorErrorCode =
  | "INVALID_CURSOR"
  | "CURSOR_UNKNOWN_EPOCH"
  | "CURSOR_IN_FUTURE"
  | "CURSOR_EXPIRED";

function cursorError(code: CursorErrorCode, message: string, more: Record<string, unknown> = {}) {
  return new GraphQLError(message, { extensions: { code, ...more } });
}

/** The position that a cursor names in this log. */
export function cursorSeq(text: string, feed: Feed): Seq {
  const cursor = parseCursor(text);
  if (!cursor)
    throw cursorError("INVALID_CURSOR", `'${text.slice(0, 80)}' is not a cursor of an event log`);
  if (cursor.epoch !== feed.epoch)
    throw cursorError(
      "CURSOR_UNKNOWN_EPOCH",
      `Cursor ${text} is of another log than this one, ${feed.epoch}`,
    );
  if (!feed.reaches(cursor.seq))
    throw cursorError(
      "CURSOR_IN_FUTURE",
      `Cursor ${text} is beyond the log's head, ${formatCursor(feed.epoch, feed.head())}`,
    );
  return cursor.seq;
}

/** A position to read on from: nothing after it may be missing. */
export function cursorToResume(text: string, feed: Feed): Seq {
  const seq = cursorSeq(text, feed);
  const earliest = feed.earliest();
  if (seq + 1 < earliest) throw cursorExpired(feed.epoch, earliest);
  return seq;
}

export function cursorExpired(epoch: string, earliestSeq: Seq): GraphQLError {
  // The position before the oldest event: whoever resumes after it gets all that is left.
  const earliest = formatCursor(epoch, earliestSeq - 1);
  return cursorError(
    "CURSOR_EXPIRED",
    `Events up to ${earliest} are no longer kept; resume after it to go on with what is left`,
    { earliest },
  );
}
