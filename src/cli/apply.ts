import { readFileSync } from "node:fs";
import { dirname } from "node:path";
import { parseFleetDocument } from "../fleet/parse.ts";
import type { Locate } from "../fleet/source.ts";
import { readTraceWithin } from "../fleet/traces.ts";
import { withTraces } from "./apply-traces.ts";
import { CliError, type Command, serverUrl, URL_OPTION, UsageError } from "./command.ts";
import { formatPlan, type Plan } from "./plan.ts";
import { mutate, RefusedError } from "./request.ts";

export const apply: Command = {
  name: "apply",
  synopsis: "FILE [--dry-run] [--prune] [--json] [--url URL]",
  summary: "Make the fleet what a document says",
  details: `FILE is a fleet document, YAML or JSON; '-' reads standard input. Traces that it names are
read below its own folder and sent along. Applying the same document again changes nothing.`,
  options: {
    "dry-run": { description: "Show what would change, and change nothing" },
    prune: { description: "Also delete what the document does not name" },
    json: { description: "Print the plan as JSON" },
    ...URL_OPTION,
  },
  examples: [
    "evenkeel apply fleet.yaml --dry-run",
    "evenkeel apply fleet.yaml",
    "evenkeel apply fleet.json --prune",
  ],
  async run(args) {
    const [file, ...more] = args.positionals;
    if (file === undefined || more.length > 0) {
      throw new UsageError("Give one file, such as 'evenkeel apply fleet.yaml'");
    }
    const { document, locate } = prepare(file, readDocument(file));
    const plan = await send(serverUrl(args), file, locate, {
      document,
      dryRun: args.flag("dry-run"),
      prune: args.flag("prune"),
    });
    process.stdout.write(args.flag("json") ? `${JSON.stringify(plan)}\n` : formatPlan(plan));
    return 0;
  },
};

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
  if (!parsed.ok) throw new CliError(describe(file, parsed.problems));
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
      "dryRun unchanged changes { action type name details }",
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
    throw new CliError(describe(file, located));
  }
}

interface Mistake {
  readonly message: string;
  readonly line?: number;
  readonly column?: number;
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
