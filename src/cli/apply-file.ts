import { readFileSync } from "node:fs";
import { dirname } from "node:path";
import { parseFleetDocument } from "../fleet/parse.ts";
import type { Locate } from "../fleet/source.ts";
import { readTraceWithin } from "../fleet/traces.ts";
import { withTraces } from "./apply-traces.ts";
import { CliError } from "./command.ts";
import type { Plan } from "./plan.ts";
import { mutate, RefusedError } from "./request.ts";

interface ApplyOptions {
  readonly dryRun?: boolean;
  readonly prune?: boolean;
}

/**
 * Makes the fleet what the document in `file` says; `-` is standard input. Throws CliError: a
 * RefusedError with all mistakes and their places when it is the document that is wrong.
 */
export async function applyFile(
  url: string,
  file: string,
  { dryRun = false, prune = false }: ApplyOptions = {},
): Promise<Plan> {
  const { document, locate } = prepare(file, readDocument(file));
  return send(url, file, locate, { document, dryRun, prune });
}

function readDocument(file: string): string {
  try {
    return readFileSync(file === "-" ? 0 : file, "utf8");
  } catch (error) {
    throw new CliError(`${file} can't be read: ${(error as Error).message}`);
  }
}

/** What is wrong with the document alone is found here, without a server. */
function prepare(file: string, text: string): { document: string; locate: Locate } {
  const readTrace = readTraceWithin(file === "-" ? process.cwd() : dirname(file));
  const parsed = parseFleetDocument(text, { readTrace });
  if (!parsed.ok) throw refused(file, "INVALID_INPUT", parsed.problems);
  return { document: withTraces(text, readTrace), locate: parsed.locate };
}

interface ApplyInput {
  readonly document: string;
  readonly dryRun: boolean;
  readonly prune: boolean;
}

async function send(url: string, file: string, locate: Locate, input: ApplyInput): Promise<Plan> {
  try {
    return await mutate<Plan>(
      url,
      "applyFleet",
      "dryRun unchanged changes { action type name details } warnings { message path }",
      { ...input },
    );
  } catch (error) {
    if (!(error instanceof RefusedError) || error.problems.length === 0) throw error;
    // The text that was sent may hold more than the file: lines are the file's own.
    const located = error.problems.map(({ message, path }) => ({
      message,
      // What no part of the document is to blame for has no line.
      ...(path.length > 0 ? locate(path) : null),
    }));
    throw refused(file, error.code, located);
  }
}

interface Mistake {
  readonly message: string;
  readonly line?: number;
  readonly column?: number;
}

function refused(file: string, code: string, mistakes: readonly Mistake[]): RefusedError {
  return new RefusedError(code, describe(file, mistakes), []);
}

/** As compilers write it, so that editors can jump to it. */
function describe(file: string, mistakes: readonly Mistake[]): string {
  const count = mistakes.length === 1 ? "1 mistake" : `${mistakes.length} mistakes`;
  const byLine = mistakes.toSorted((a, b) => (a.line ?? 0) - (b.line ?? 0));
  const lines = byLine.map(({ message, line, column }) => {
    const place = line ? `${file}:${line}:${column ?? 1}` : file;
    return `${place}: ${message}`;
  });
  return `${count} in ${file}; nothing has changed\n${lines.join("\n")}`;
}
