/**
 * A cursor is `<epoch>:<seq>`: the log's own name and a position in it. The library needs no more of
 * it than this order, and treats anything else as an opaque word.
 */
interface Position {
  readonly epoch: string;
  readonly seq: number;
}

function parse(cursor: string): Position | null {
  const match = /^([^:]+):(\d{1,16})$/.exec(cursor);
  return match ? { epoch: match[1] as string, seq: Number(match[2]) } : null;
}

/** Whether `cursor` lies behind `last`, or is it. Positions of different logs have no order. */
export function isAtOrBefore(cursor: string, last: string): boolean {
  const a = parse(cursor);
  const b = parse(last);
  if (!a || !b) return cursor === last;
  return a.epoch === b.epoch && a.seq <= b.seq;
}

/** The position just before an event: subscribing after it begins with that event. */
export function positionBefore(cursor: string): string {
  const position = parse(cursor);
  if (!position) throw new Error(`The server's cursor ${cursor} is not of the form <epoch>:<seq>`);
  return `${position.epoch}:${Math.max(0, position.seq - 1)}`;
}
