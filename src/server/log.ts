import { currentRequestId } from "./request-id.ts";

export const LOG_FORMATS = ["text", "json"] as const;
export const LOG_LEVELS = ["debug", "info", "warn", "error"] as const;
type Level = (typeof LOG_LEVELS)[number];

export interface LogSettings {
  readonly format: (typeof LOG_FORMATS)[number];
  /** Nothing less grave is written. */
  readonly level: Level;
}

/** What the message is about, in names that stay the same: never what a client sent, and never a secret. */
export type Fields = Readonly<Record<string, string | number | boolean | null>>;

/** For people, and quiet about what is usual. */
export const DEFAULT_LOG: LogSettings = { format: "text", level: "info" };

/**
 * What is told to whoever operates the server, a line each: text for people, or JSON with `time`
 * (RFC 3339, the machine's), `level`, `message`, and `requestId` where it is about a request.
 */
export class Log {
  readonly #write: (line: string) => void;
  readonly #settings: LogSettings;

  constructor(write: (line: string) => void, settings: LogSettings = DEFAULT_LOG) {
    this.#write = write;
    this.#settings = settings;
  }

  debug(message: string, fields: Fields = {}): void {
    this.#log("debug", message, fields);
  }

  info(message: string, fields: Fields = {}): void {
    this.#log("info", message, fields);
  }

  warn(message: string, fields: Fields = {}): void {
    this.#log("warn", message, fields);
  }

  /** With its stack, if it has one. */
  error(what: string, error: unknown): void {
    const { message, stack } = error instanceof Error ? error : new Error(String(error));
    this.#log("error", `${what}: ${message}`, stack === undefined ? {} : { stack });
  }

  #log(level: Level, message: string, fields: Fields): void {
    const { format, level: least } = this.#settings;
    if (LOG_LEVELS.indexOf(level) < LOG_LEVELS.indexOf(least)) return;
    const requestId = currentRequestId();
    const all = requestId === null ? fields : { requestId, ...fields };
    this.#write(format === "json" ? jsonLine(level, message, all) : textLine(level, message, all));
  }
}

function jsonLine(level: Level, message: string, fields: Fields): string {
  return JSON.stringify({ time: new Date().toISOString(), level, message, ...fields });
}

function textLine(level: Level, message: string, { stack, ...fields }: Fields): string {
  const pairs = Object.entries(fields).map(([name, value]) => ` ${name}=${value}`);
  const prefix = level === "info" ? "" : `${level} `;
  if (typeof stack !== "string") return `${prefix}${message}${pairs.join("")}`;
  // The stack begins with the message, however many lines that has.
  return `${prefix}${message.split("\n", 1)[0]}${pairs.join("")}\n${stack}`;
}
