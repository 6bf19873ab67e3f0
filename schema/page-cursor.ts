import { decodeBase64, decodeCursorChunk, encodeBase64 } from "@pothos/core";
import { badInput, badInputSentence } from "./bad-input.ts";

/**
 * plugin-drizzle's cursor is the bare values of the columns in use. Read in another order they are a
 * position too, only a wrong one: a client would walk in circles. So the cursors that go out carry
 * the list and the order that they are of, and those that come in are checked against it.
 */

interface Ordered {
  readonly orderBy?: { readonly field: string; readonly direction: string } | null;
}

/** What a cursor is a position in: the things listed and their order. */
export function orderOf(list: string, { orderBy }: Ordered): string {
  return orderBy ? `${list}.${orderBy.field}.${orderBy.direction}` : list;
}

/** Between the order, which has no such character, and the position. */
const SEPARATOR = "@";

export function sealCursor(position: string, order: string): string {
  return encodeBase64(`${order}${SEPARATOR}${decodeBase64(position)}`);
}

/** The position behind a cursor, as plugin-drizzle wants it. */
export function openCursor(cursor: string, order: string, argument: "after" | "before"): string {
  const text = decoded(cursor);
  const separator = text.indexOf(SEPARATOR);
  const position = text.slice(separator + 1);
  // Base64 decodes leniently, so what is no cursor may well decode to something.
  if (separator < 1 || encodeBase64(text) !== cursor || !isPosition(position))
    throw badInput(argument, `is '${cursor.slice(0, 80)}', which is not a cursor of a list`);
  if (text.slice(0, separator) !== order)
    throw badInputSentence(argument, "This cursor belongs to another list or order");
  return encodeBase64(position);
}

/** Empty when it cannot be. */
function decoded(cursor: string): string {
  try {
    return decodeBase64(cursor);
  } catch {
    return "";
  }
}

function isPosition(text: string): boolean {
  if (!text.startsWith("DC:")) return false;
  try {
    const values = [decodeCursorChunk(text.slice(3))].flat();
    // An order has one column, and the id.
    return values.length > 0 && values.length <= 2 && values.every(isColumnValue);
  } catch {
    return false;
  }
}

function isColumnValue(value: unknown): boolean {
  return value === null || typeof value === "string" || Number.isFinite(value);
}
