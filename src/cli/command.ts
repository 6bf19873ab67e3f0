import { parseArgs, styleText } from "node:util";

/** Ends the program with one sentence for people instead of a stack. */
export class CliError extends Error {
  readonly exitCode: number;
  constructor(message: string, exitCode = 1) {
    super(message);
    this.exitCode = exitCode;
  }
}

/** The command line itself is wrong. */
export class UsageError extends CliError {
  constructor(message: string) {
    super(message, 2);
  }
}

interface Option {
  readonly description: string;
  /** What stands for the value in the help; without it the option is a switch. */
  readonly value?: string;
  readonly multiple?: boolean;
}

export interface Command {
  readonly name: string;
  /** What stands behind the name: `FILE [--dry-run]`. */
  readonly synopsis: string;
  readonly summary: string;
  /** Paragraphs for `--help`. */
  readonly details?: string;
  readonly options: Readonly<Record<string, Option>>;
  readonly examples: readonly string[];
  /** Answers the exit code. */
  run(args: Arguments): Promise<number>;
}

/** A command line that was understood. */
export class Arguments {
  readonly positionals: readonly string[];
  readonly #values: Readonly<Record<string, unknown>>;

  constructor(positionals: readonly string[], values: Readonly<Record<string, unknown>>) {
    this.positionals = positionals;
    this.#values = values;
  }

  flag(name: string): boolean {
    return this.#values[name] === true;
  }

  text(name: string): string | undefined {
    const value = this.#values[name];
    return typeof value === "string" ? value : undefined;
  }

  /** An option that may be given several times, or once with commas. */
  list(name: string): string[] {
    const value = this.#values[name];
    const given = Array.isArray(value) ? value.map(String) : [];
    return given.flatMap((item) => item.split(",")).filter((item) => item !== "");
  }
}

const DEFAULT_URL = "http://127.0.0.1:4000/graphql";

/** Where a server started from the same environment listens. */
function defaultUrl(): string {
  const port = process.env["PORT"]?.trim() ?? "";
  // With 0 the server has taken whatever was free, which nobody here can know.
  return /^[1-9]\d*$/.test(port) ? DEFAULT_URL.replace("4000", port) : DEFAULT_URL;
}

/** The option of every command that talks to a server. */
export const URL_OPTION = {
  url: {
    value: "URL",
    description: `The server's GraphQL endpoint (default: EVENKEEL_URL, or ${DEFAULT_URL} with the port in PORT if that is set)`,
  },
  token: {
    value: "TOKEN",
    description:
      "An API token or JSON Web Token; others on this machine can read it here, but not in EVENKEEL_TOKEN (default)",
  },
} as const;

/** What goes with every request and connection; {} without a token. */
export function credentials(): { readonly Authorization?: string } {
  const token = process.env["EVENKEEL_TOKEN"]?.trim();
  return token ? { Authorization: `Bearer ${token}` } : {};
}

/** A URL without a path means the endpoint at its usual place. Throws UsageError. */
export function serverUrl(args: Arguments): string {
  const given = args.text("url") ?? process.env["EVENKEEL_URL"] ?? "";
  const url = URL.parse(given || defaultUrl());
  if (!url || !/^https?:$/.test(url.protocol)) {
    throw new UsageError(`'${given}' is not a URL like ${DEFAULT_URL}`);
  }
  if (url.pathname === "/") url.pathname = "/graphql";
  return url.href;
}

const HELP = { help: { description: "Show this help" } } as const;

/** Throws UsageError. */
export function parseCommandLine(command: Command, argv: readonly string[]): Arguments {
  const described: Readonly<Record<string, Option>> = { ...command.options, ...HELP };
  const options = Object.fromEntries(
    Object.entries(described).map(([name, { value, multiple = false }]) => [
      name,
      { type: value ? ("string" as const) : ("boolean" as const), multiple },
    ]),
  );
  try {
    const { values, positionals } = parseArgs({
      args: [...argv],
      options: { ...options, help: { type: "boolean", short: "h", multiple: false } },
      allowPositionals: true,
    });
    return new Arguments(positionals, values);
  } catch (error) {
    const negative = argv.find((arg) => /^-\d/.test(arg));
    if (negative !== undefined)
      throw new UsageError(
        `'${negative}' is below zero, and nothing here may be; see 'evenkeel help ${command.name}'`,
      );
    // Node's sentences go on with advice that is not about this program.
    const [sentence] = (error as Error).message.split(/\. |\n/);
    throw new UsageError(
      `${sentence ?? "The command line can't be read"}; see 'evenkeel help ${command.name}'`,
    );
  }
}

function bold(text: string): string {
  return styleText("bold", text, { stream: process.stdout });
}

export function commandHelp(command: Command): string {
  const rows = Object.entries({ ...command.options, ...HELP }).map(
    ([name, { value, description }]: [string, Option]) =>
      [`--${name}${value ? ` ${value}` : ""}`, description] as const,
  );
  const sections = [
    command.summary,
    `${bold("Usage")}\n  evenkeel ${command.name} ${command.synopsis}`,
    ...(command.details ? [command.details] : []),
    `${bold("Options")}\n${columns(rows)}`,
    `${bold("Examples")}\n${command.examples.map((example) => `  ${example}`).join("\n")}`,
  ];
  return `${sections.join("\n\n")}\n`;
}

export function generalHelp(commands: readonly Command[]): string {
  const rows = commands.map((command) => [command.name, command.summary] as const);
  return `${[
    "Evenkeel: a control plane for virtual machines.",
    `${bold("Usage")}\n  evenkeel COMMAND [OPTIONS]`,
    `${bold("Commands")}\n${columns(rows)}`,
    "'evenkeel help COMMAND' tells more, with examples.",
  ].join("\n\n")}\n`;
}

function columns(rows: readonly (readonly [string, string])[]): string {
  const width = Math.max(...rows.map(([left]) => left.length));
  return rows.map(([left, right]) => `  ${left.padEnd(width)}  ${right}`).join("\n");
}
