import type { Seq } from "./ids.ts";

/**
 * A cursor names a position in one log: `<epoch>:<seq>`. The epoch is the log's own name, drawn when
 * its data directory was made, so that a cursor from another log is recognised as such.
 */
export interface Cursor {
  readonly epoch: string;
  readonly seq: Seq;
}

export function formatCursor(epoch: string, seq: Seq): string {
  return `${epoch}:${seq}`;
}

/** Null when the text is no cursor at all. */
export function parseCursor(text: string): Cursor | null {
  const match = /^([0-9a-z]{1,32}):(0|[1-9][0-9]{0,15})$/.exec(text);
  if (!match) return null;
  const seq = Number(match[2]);
  return Number.isSafeInteger(seq) ? { epoch: match[1] as string, seq } : null;
}
