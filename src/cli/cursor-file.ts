import { readFileSync } from "node:fs";
import { replaceFile } from "./atomic-file.ts";
import { CliError } from "./command.ts";

/** A save costs a flush of the disk: often enough to repeat little, seldom enough to cost nothing. */
const SAVE_EVERY_MS = 250;

/**
 * The cursor of the last event that was written out, in a file. It is saved after the event, so that
 * no event is lost whatever happens; what came after the last save is written again when the program
 * was killed without a chance to `close`.
 */
export class CursorFile {
  readonly #path: string;
  #saved: string | null;
  #latest: string | null;
  #timer: NodeJS.Timeout | null = null;
  #onError: (error: CliError) => void;

  /** Throws CliError when the file is there and can't be read. */
  constructor(path: string, onError: (error: CliError) => void) {
    this.#path = path;
    this.#saved = readCursor(path);
    this.#latest = this.#saved;
    this.#onError = onError;
  }

  get cursor(): string | null {
    return this.#saved;
  }

  /** Saves soon. */
  moveTo(cursor: string): void {
    this.#latest = cursor;
    this.#timer ??= setTimeout(() => {
      try {
        this.save();
      } catch (error) {
        this.#onError(error as CliError);
      }
    }, SAVE_EVERY_MS);
  }

  /** Throws CliError. */
  save(): void {
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = null;
    if (this.#latest === null || this.#latest === this.#saved) return;
    saveCursor(this.#path, this.#latest);
    this.#saved = this.#latest;
  }
}

/** Null when there is no such file, or nothing in it yet. Throws CliError. */
export function readCursor(path: string): string | null {
  try {
    return readFileSync(path, "utf8").trim() || null;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw new CliError(`The cursor file ${path} can't be read: ${(error as Error).message}`);
  }
}

/** Throws CliError. */
export function saveCursor(path: string, cursor: string): void {
  try {
    replaceFile(path, `${cursor}\n`);
  } catch (error) {
    throw new CliError(`The cursor file ${path} can't be written: ${(error as Error).message}`);
  }
}
