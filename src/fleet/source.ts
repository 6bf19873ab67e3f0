import type { Path } from "../model/fleet.ts";
import type { Problem } from "../model/rejections.ts";

/** A place in a document's text. Both count from 1. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

/**
 * Where `path` stands in the text. When the document does not hold all of the path, the deepest part
 * of it that there is; null when there is nothing at all.
 */
export type Locate = (path: Path, at?: "key" | "value") => Position | null;

/** A text that was read: plain data, and a way back from it to the text. */
export interface Source {
  readonly value: unknown;
  readonly locate: Locate;
}

export type SourceResult =
  | { readonly ok: true; readonly source: Source }
  | { readonly ok: false; readonly problems: readonly Problem[] };

/** Levels of nesting that a document may have; the format itself needs eleven. */
export const MAX_DEPTH = 40;
