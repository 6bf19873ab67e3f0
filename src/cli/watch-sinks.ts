import type { BasicEvent } from "../client/listen.ts";
import { type Arguments, type CliError, UsageError } from "./command.ts";
import { CursorFile } from "./cursor-file.ts";
import { OutputFile } from "./output-file.ts";
import { formatEvent } from "./watch-text.ts";

/** Where events go, and where it is remembered how far they went. */
export interface Sink {
  /** The file that remembers, if any. */
  readonly name: string;
  /** What was remembered from an earlier run. */
  readonly cursor: string | null;
  write(event: BasicEvent): Promise<void>;
  /** The position moved without an event. */
  markPosition(cursor: string): void;
  close(): void;
}

/** Throws CliError. `onError` gets what goes wrong apart from any call. */
export function openSink(args: Arguments, onError: (error: CliError) => void): Sink {
  const output = args.text("output");
  const cursorFile = args.text("cursor-file");
  if (output !== undefined && cursorFile !== undefined) {
    throw new UsageError("--output remembers its cursor itself: leave out --cursor-file");
  }
  if (output !== undefined) return fileSink(output);
  const format =
    args.flag("json") || args.text("select") !== undefined || !process.stdout.isTTY
      ? (event: BasicEvent) => JSON.stringify(event)
      : (event: BasicEvent) => formatEvent(event, process.stdout);
  return printingSink(format, cursorFile, onError);
}

function fileSink(path: string): Sink {
  const file = new OutputFile(path);
  return {
    name: path,
    cursor: file.cursor,
    write: async (event) => file.append(event),
    markPosition: (cursor) => file.markPosition(cursor),
    close: () => file.close(),
  };
}

function printingSink(
  format: (event: BasicEvent) => string,
  cursorPath: string | undefined,
  onError: (error: CliError) => void,
): Sink {
  const file = cursorPath === undefined ? null : new CursorFile(cursorPath, onError);
  return {
    name: cursorPath ?? "",
    cursor: file?.cursor ?? null,
    async write(event) {
      await print(`${format(event)}\n`);
      file?.moveTo(event.cursor);
    },
    markPosition: (cursor) => file?.moveTo(cursor),
    close: () => file?.save(),
  };
}

/** Standard output takes no more. Why is told where all commands' output is looked after. */
export class OutputGone extends Error {}

/** Resolves when the system has taken the text: only then may its cursor be remembered. */
function print(text: string): Promise<void> {
  return new Promise((resolve, reject) => {
    process.stdout.write(text, (error) => (error ? reject(new OutputGone()) : resolve()));
  });
}
