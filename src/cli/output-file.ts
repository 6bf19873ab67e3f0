import {
  closeSync,
  existsSync,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  openSync,
  readSync,
  writeSync,
} from "node:fs";
import { isAtOrBefore } from "../client/cursor.ts";
import { CliError } from "./command.ts";
import { readCursor, saveCursor } from "./cursor-file.ts";

const NEWLINE = 0x0a;
const CHUNK_BYTES = 64 * 1024;
/** How every line begins: what else a file may hold is not ours to cut off. */
const LINE_START = '{"cursor":';

/**
 * A file of events, one JSON line each, that is its own cursor store: event and cursor are one line,
 * so there is no moment at which one is on disk without the other. After a kill at any point, a line
 * torn in the middle is cut off and listening goes on after the last whole one: each event stands in
 * the file exactly once.
 *
 * Beside it, `FILE.cursor` holds a position that stands in no line: where listening began before the
 * first event came, and how far it was seen that nothing matches.
 */
export class OutputFile {
  readonly #path: string;
  readonly #descriptor: number;
  readonly #cursor: string | null;

  /** Throws CliError, having changed nothing, when the file can't be had or holds something else. */
  constructor(path: string) {
    this.#path = path;
    const existed = existsSync(path);
    try {
      this.#descriptor = openSync(path, "a+");
    } catch (error) {
      throw new CliError(`${path} can't be written: ${(error as Error).message}`);
    }
    const inLines = this.#recover();
    // Without the file, what stands beside it is left over from another one.
    const beside = existed ? readCursor(this.#besidePath) : null;
    this.#cursor = later(inLines, beside);
  }

  get #besidePath(): string {
    return `${this.#path}.cursor`;
  }

  /** Where to go on from; null when nothing was begun. */
  get cursor(): string | null {
    return this.#cursor;
  }

  /** Throws CliError when the disk is full or the like; a half-written line is cut off at the next start. */
  append(event: { readonly cursor: string }): void {
    const { cursor, ...rest } = event;
    const line = Buffer.from(`${JSON.stringify({ cursor, ...rest })}\n`);
    try {
      for (let written = 0; written < line.length; ) {
        written += writeSync(this.#descriptor, line, written);
      }
    } catch (error) {
      throw new CliError(`${this.#path} can't be written: ${(error as Error).message}`);
    }
  }

  /** The lines first, lest a power cut leaves a position that is ahead of them. */
  markPosition(cursor: string): void {
    fsyncSync(this.#descriptor);
    saveCursor(this.#besidePath, cursor);
  }

  close(): void {
    fsyncSync(this.#descriptor);
    closeSync(this.#descriptor);
  }

  #recover(): string | null {
    const status = fstatSync(this.#descriptor);
    if (!status.isFile()) throw new CliError(`${this.#path} is not a regular file`);
    const { line, end } = lastLine(this.#descriptor, status.size);
    const cursor = line === null ? null : this.#cursorIn(line);
    if (end < status.size) {
      this.#checkTorn(end, status.size);
      ftruncateSync(this.#descriptor, end);
    }
    return cursor;
  }

  #cursorIn(line: string): string {
    try {
      const { cursor } = JSON.parse(line) as { cursor?: unknown };
      if (typeof cursor === "string" && line.startsWith(LINE_START)) return cursor;
    } catch {
      // told below
    }
    throw this.#notOurs();
  }

  #checkTorn(start: number, end: number): void {
    const length = Math.min(LINE_START.length, end - start);
    const bytes = Buffer.alloc(length);
    readSync(this.#descriptor, bytes, 0, length, start);
    if (!LINE_START.startsWith(bytes.toString("latin1"))) throw this.#notOurs();
  }

  #notOurs(): CliError {
    return new CliError(
      `${this.#path} does not end with an event of 'watch'; name another file, or move this one away`,
    );
  }
}

function later(inLines: string | null, beside: string | null): string | null {
  if (inLines === null || beside === null) return inLines ?? beside;
  return isAtOrBefore(inLines, beside) ? beside : inLines;
}

/** The last whole line, and where it ends: what lies behind `end` is a torn one. */
function lastLine(descriptor: number, size: number): { line: string | null; end: number } {
  let tail = Buffer.alloc(0);
  let start = size;
  for (;;) {
    const close = tail.lastIndexOf(NEWLINE);
    const open = close > 0 ? tail.lastIndexOf(NEWLINE, close - 1) : -1;
    if (close >= 0 && (open >= 0 || start === 0)) {
      return { line: tail.toString("utf8", open + 1, close), end: start + close + 1 };
    }
    if (start === 0) return { line: null, end: 0 };
    const length = Math.min(CHUNK_BYTES, start);
    const chunk = Buffer.alloc(length);
    readSync(descriptor, chunk, 0, length, start - length);
    tail = Buffer.concat([chunk, tail]);
    start -= length;
  }
}
