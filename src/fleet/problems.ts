import type { Path } from "../model/fleet.ts";
import type { Problem } from "../model/rejections.ts";
import type { Locate } from "./source.ts";

/** Enough to repair a document by; a file that is wrong throughout must not fill the memory. */
export const MAX_PROBLEMS = 100;

/** `guests[3].workload.row`: a path as people write it. Empty for the document itself. */
export function formatPath(path: Path): string {
  let text = "";
  for (const part of path) {
    if (/^(?:0|[1-9][0-9]*)$/.test(part)) text += `[${part}]`;
    else text += text === "" ? clip(part) : `.${clip(part)}`;
  }
  return text;
}

/** Text from a document as it may stand in a message: quoted, and never longer than a glance. */
export function quote(text: string): string {
  return JSON.stringify(clip(text));
}

/** As `quote`, for names of keys. */
export function quoteKey(key: string): string {
  return `\`${clip(key)}\``;
}

function clip(text: string): string {
  return text.length > 60 ? `${text.slice(0, 57)}…` : text;
}

/** The mistakes found so far. What is found beyond `MAX_PROBLEMS` is dropped. */
export class ProblemList {
  readonly #found: { path: Path; words: string; at: "key" | "value" }[] = [];

  get full(): boolean {
    return this.#found.length >= MAX_PROBLEMS;
  }

  get empty(): boolean {
    return this.#found.length === 0;
  }

  /** `words` go on after the path: "must be …", "is …". `at` says which end of a `key: value` is to blame. */
  add(path: Path, words: string, at: "key" | "value" = "value"): void {
    if (!this.full) this.#found.push({ path: [...path], words, at });
  }

  /** In the order of the document's lines. */
  located(locate: Locate): Problem[] {
    return this.#found
      .map(({ path, words, at }): Problem => {
        const where = formatPath(path);
        const message = where === "" ? words : `${where}: ${words}`;
        const position = locate(path, at);
        return position === null ? { message, path } : { message, path, ...position };
      })
      .sort((a, b) => (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0));
  }
}
