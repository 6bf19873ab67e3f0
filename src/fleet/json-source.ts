/**
 * JSON texts. `JSON.parse` reads the values; what it does not tell (keys given twice, positions)
 * is found by scanning the text, which is known to be valid JSON by then. Positions are looked up
 * only when somebody asks, so that a large fleet that is right costs little.
 */
import { LineCounter } from "yaml";
import type { Path } from "../model/fleet.ts";
import { ProblemList, quoteKey } from "./problems.ts";
import { type Locate, MAX_DEPTH, type SourceResult } from "./source.ts";

const COMMA = 0x2c;
const BACKSLASH = 0x5c;
const OPEN_LIST = 0x5b;
const CLOSE_LIST = 0x5d;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;

/** Null when the text is not JSON; it may be YAML then. */
export function readJson(text: string): SourceResult | null {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return null;
  }
  const locate = locator(text);
  const problems = new ProblemList();
  checkKeysAndDepth(text, problems);
  return problems.empty
    ? { ok: true, source: { value, locate } }
    : { ok: false, problems: problems.located(locate) };
}

interface Frame {
  /** Keys met so far; null in a list. */
  readonly keys: Set<string> | null;
  expectsKey: boolean;
  /** The key or index that the scan is at. */
  key: string;
  index: number;
}

/** All that gives JSON its structure. Colons aren't needed: a key is what comes first after `{` or `,`. */
const STRUCTURE = /["{}[\],]/g;

function checkKeysAndDepth(text: string, problems: ProblemList): void {
  const frames: Frame[] = [];
  const structure = new RegExp(STRUCTURE);
  for (let match = structure.exec(text); match; match = structure.exec(text)) {
    const token = match[0];
    if (token === '"') structure.lastIndex = noteString(text, match.index, frames, problems);
    else if (token === ",") startItem(frames.at(-1));
    else if (token === "}" || token === "]") frames.pop();
    else if (frames.length < MAX_DEPTH) {
      const keys = token === "{" ? new Set<string>() : null;
      frames.push({ keys, expectsKey: keys !== null, key: "", index: 0 });
    } else {
      problems.add(pathOf(frames), `is nested deeper than ${MAX_DEPTH} levels`);
      return;
    }
    if (problems.full) return;
  }
}

function startItem(frame: Frame | undefined): void {
  if (!frame) return;
  frame.expectsKey = frame.keys !== null;
  frame.index++;
}

/** Returns the offset behind the string at `offset`. */
function noteString(
  text: string,
  offset: number,
  frames: readonly Frame[],
  problems: ProblemList,
): number {
  const end = endOfString(text, offset);
  const frame = frames.at(-1);
  if (!frame?.expectsKey) return end;
  const key = JSON.parse(text.slice(offset, end)) as string;
  frame.expectsKey = false;
  frame.key = key;
  if (frame.keys?.has(key)) {
    problems.add(pathOf(frames), `the key ${quoteKey(key)} is given twice`, "key");
  }
  frame.keys?.add(key);
  return end;
}

function pathOf(frames: readonly Frame[]): string[] {
  return frames.map((frame) => (frame.keys ? frame.key : String(frame.index)));
}

interface Place {
  readonly key: number;
  readonly value: number;
}

/** Finds places by path. A container is scanned when first walked through, and remembered. */
function locator(text: string): Locate {
  const lines = new LineCounter();
  const scanned = new Map<number, Map<string, Place>>();
  const childrenOf = (offset: number): Map<string, Place> => {
    let children = scanned.get(offset);
    if (!children) {
      children = scanContainer(text, offset);
      scanned.set(offset, children);
    }
    return children;
  };
  return (path: Path, at = "value") => {
    if (lines.lineStarts.length === 0) countLines(text, lines);
    let place: Place = { key: skipBlank(text, 0), value: skipBlank(text, 0) };
    let complete = true;
    for (const part of path) {
      const child = childrenOf(place.value).get(part);
      if (!child) {
        complete = false;
        break;
      }
      place = child;
    }
    const { line, col } = lines.linePos(at === "key" || !complete ? place.key : place.value);
    return { line, column: col };
  };
}

function countLines(text: string, lines: LineCounter): void {
  lines.addNewLine(0);
  for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", at + 1)) {
    lines.addNewLine(at + 1);
  }
}

/** Where each key's or item's parts begin. The last of two equal keys counts, as in `JSON.parse`. */
function scanContainer(text: string, offset: number): Map<string, Place> {
  const children = new Map<string, Place>();
  const opening = text.charCodeAt(offset);
  if (opening !== OPEN_OBJECT && opening !== OPEN_LIST) return children;
  let at = skipBlank(text, offset + 1);
  for (let index = 0; !isClosing(text.charCodeAt(at)); index++) {
    const start = at;
    let key = String(index);
    if (opening === OPEN_OBJECT) {
      const end = endOfString(text, at);
      key = JSON.parse(text.slice(at, end)) as string;
      at = skipBlank(text, skipBlank(text, end) + 1);
    }
    children.set(key, { key: start, value: at });
    at = skipBlank(text, endOfValue(text, at));
    if (text.charCodeAt(at) === COMMA) at = skipBlank(text, at + 1);
  }
  return children;
}

function endOfValue(text: string, offset: number): number {
  const structure = new RegExp(STRUCTURE);
  structure.lastIndex = offset;
  let depth = 0;
  for (let match = structure.exec(text); match; match = structure.exec(text)) {
    const token = match[0];
    const closes = token === "}" || token === "]";
    // A bare value has no end of its own: it goes on to what comes behind it.
    if (depth === 0 && (closes || token === ",")) return match.index;
    if (token === '"') structure.lastIndex = endOfString(text, match.index);
    else if (closes) depth--;
    else if (token !== ",") depth++;
    if (depth === 0) return structure.lastIndex;
  }
  return text.length;
}

function isClosing(code: number): boolean {
  return code === CLOSE_OBJECT || code === CLOSE_LIST || Number.isNaN(code);
}

/** The offset behind the closing quote of the string that opens at `offset`. */
function endOfString(text: string, offset: number): number {
  let end = text.indexOf('"', offset + 1);
  while (end >= 0 && isEscaped(text, end)) end = text.indexOf('"', end + 1);
  return end < 0 ? text.length : end + 1;
}

function isEscaped(text: string, offset: number): boolean {
  let backslashes = 0;
  while (text.charCodeAt(offset - 1 - backslashes) === BACKSLASH) backslashes++;
  return backslashes % 2 === 1;
}

function skipBlank(text: string, offset: number): number {
  let at = offset;
  while (text.charCodeAt(at) <= 0x20) at++;
  return at;
}
