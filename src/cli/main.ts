#!/usr/bin/env node
import { readFileSync } from "node:fs";
import { nearest } from "../fleet/nearest.ts";
import { advance } from "./advance.ts";
import { apply } from "./apply.ts";
import { capacity } from "./capacity.ts";
import {
  CliError,
  type Command,
  commandHelp,
  generalHelp,
  parseCommandLine,
  UsageError,
} from "./command.ts";
import { cost } from "./cost.ts";
import { explain } from "./explain.ts";
import { fault } from "./fault.ts";
import { group } from "./group.ts";
import { ha } from "./ha.ts";
import { host } from "./host.ts";
import { maintenance } from "./maintenance.ts";
import { scenario } from "./scenario.ts";
import { serve } from "./serve.ts";
import { watch } from "./watch.ts";

const COMMANDS: readonly Command[] = [
  serve,
  apply,
  watch,
  explain,
  capacity,
  cost,
  maintenance,
  host,
  ha,
  group,
  fault,
  advance,
  scenario,
];

function commandNamed(name: string): Command {
  const found = COMMANDS.find((command) => command.name === name);
  if (found) return found;
  const close = nearest(
    name,
    COMMANDS.map((command) => command.name),
  );
  throw new UsageError(
    `There is no command '${name}'; ${close ? `did you mean '${close}'?` : "see 'evenkeel help'"}`,
  );
}

function version(): string {
  const text = readFileSync(new URL("../../package.json", import.meta.url), "utf8");
  return (JSON.parse(text) as { version: string }).version;
}

async function run(argv: readonly string[]): Promise<number> {
  const [name, ...rest] = argv;
  if (name === "--version" || name === "-v" || name === "version") {
    process.stdout.write(`${version()}\n`);
    return 0;
  }
  if (name === "help" && rest[0]) {
    process.stdout.write(commandHelp(commandNamed(rest[0])));
    return 0;
  }
  if (name === undefined || name === "help" || name === "--help" || name === "-h") {
    process.stdout.write(generalHelp(COMMANDS));
    return name === undefined ? 2 : 0;
  }
  const command = commandNamed(name);
  const args = parseCommandLine(command, rest);
  if (args.flag("help")) {
    process.stdout.write(commandHelp(command));
    return 0;
  }
  const token = args.text("token");
  if (token !== undefined) process.env["EVENKEEL_TOKEN"] = token;
  return command.run(args);
}

// Whoever reads this program's output may stop early, as `head` does: that is no error. A command
// that would go on writing hears of either from its own write.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code === "EPIPE") return;
  process.stderr.write(`evenkeel: Standard output can't be written: ${error.message}\n`);
  process.exitCode = 1;
});

try {
  const exitCode = await run(process.argv.slice(2));
  process.exitCode ||= exitCode;
} catch (error) {
  if (!(error instanceof CliError)) throw error;
  process.stderr.write(`evenkeel: ${error.message}\n`);
  process.exitCode = error.exitCode;
}
