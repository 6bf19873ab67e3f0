import { statSync } from "node:fs";
import type { Retention } from "../runtime/options.ts";
import type { ClockMode } from "../runtime/ports.ts";

/** What the environment says. */
export interface Configuration {
  readonly host: string;
  readonly port: number;
  readonly dataDir: string;
  /** `demo`, `none`, or the path of a fleet document. */
  readonly fleet: string;
  readonly clock: ClockMode;
  readonly seed: number;
  /** Where documents that come over the network may read traces; null: nowhere. */
  readonly tracesDir: string | null;
  readonly retention: Partial<Retention>;
  /** Threads that serve the API; 0: the main thread does. */
  readonly apiThreads: number;
}

/** A setting makes no sense; the message says which, and what would. */
export class BadConfiguration extends Error {}

type Environment = Readonly<Record<string, string | undefined>>;

/** Throws `BadConfiguration`. An empty variable counts as not set. */
export function readConfiguration(env: Environment): Configuration {
  const text = (name: string, fallback: string) => env[name]?.trim() || fallback;
  const hours = optionalNumber(env, "RETENTION_HOURS");
  const events = optionalNumber(env, "RETENTION_EVENTS");
  return {
    host: loopback(text("HOST", "127.0.0.1")),
    port: wholeNumber("PORT", text("PORT", "4000"), 0, 65_535),
    dataDir: text("DATA_DIR", "./data"),
    fleet: text("FLEET", "demo"),
    clock: clockMode(text("CLOCK", "realtime")),
    seed: wholeNumber("SEED", text("SEED", "1"), 0, Number.MAX_SAFE_INTEGER),
    tracesDir: directory("TRACES_DIR", env["TRACES_DIR"]?.trim() || null),
    apiThreads: wholeNumber("API_THREADS", text("API_THREADS", "0"), 0, 64),
    retention: {
      ...(hours !== null && { maxAgeMs: hours * 3_600_000 }),
      ...(events !== null && { maxEvents: Math.round(events) }),
    },
  };
}

/** Whoever reaches the port may do everything, so only this machine may reach it. */
function loopback(host: string): string {
  if (isLoopback(host)) return host;
  throw new BadConfiguration(
    `HOST=${host} would let other machines in, and no authentication is configured. Use HOST=127.0.0.1, ::1 or localhost.`,
  );
}

export function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || /^127(?:\.\d{1,3}){3}$/.test(host);
}

function directory(name: string, path: string | null): string | null {
  if (path === null) return null;
  try {
    if (statSync(path).isDirectory()) return path;
  } catch (error) {
    throw new BadConfiguration(`${name}=${path} cannot be read: ${(error as Error).message}.`);
  }
  throw new BadConfiguration(`${name}=${path} is not a directory.`);
}

function clockMode(text: string): ClockMode {
  if (text === "realtime") return { kind: "REALTIME" };
  if (text === "manual") return { kind: "MANUAL" };
  const factor = Number(/^(\d+(?:\.\d+)?)x$/.exec(text)?.[1]);
  if (factor > 0 && factor <= 100_000) return { kind: "ACCELERATED", factor };
  throw new BadConfiguration(`CLOCK=${text} is none of realtime, manual or a factor such as 20x.`);
}

function wholeNumber(name: string, text: string, min: number, max: number): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= min && value <= max) return value;
  throw new BadConfiguration(`${name}=${text} is not a whole number from ${min} to ${max}.`);
}

function optionalNumber(env: Environment, name: string): number | null {
  const text = env[name]?.trim();
  if (!text) return null;
  const value = Number(text);
  if (Number.isFinite(value) && value > 0) return value;
  throw new BadConfiguration(`${name}=${text} is not a number above 0.`);
}
