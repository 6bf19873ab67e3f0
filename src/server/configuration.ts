import { statSync } from "node:fs";
import { ROLES, type Role } from "../model/principals.ts";
import type { Retention } from "../runtime/options.ts";
import type { ClockMode } from "../runtime/ports.ts";
import { type AuthenticationSettings, readAuthentication } from "./authentication/settings.ts";
import { BadConfiguration } from "./bad-configuration.ts";
import type { Limits } from "./limits/limits.ts";
import { isLoopback } from "./loopback.ts";
import { DEFAULT_REPLY_CACHE_BYTES } from "./replies/reply-cache.ts";

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
  /** Null: whoever reaches the port may do everything, so only this machine may. */
  readonly authentication: AuthenticationSettings | null;
  readonly limits: Partial<Limits>;
  /** Where documents are that requests may name: a directory or a manifest; null: nowhere. */
  readonly trustedDocuments: string | null;
  /** For replies that each thread keeps until something happens; 0 keeps none. */
  readonly replyCacheBytes: number;
  /** Threads that serve the API; 0: the main thread does. */
  readonly apiThreads: number;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** Throws `BadConfiguration`. An empty variable counts as not set. */
export function readConfiguration(env: Environment): Configuration {
  const text = (name: string, fallback: string) => env[name]?.trim() || fallback;
  const authentication = readAuthentication(env);
  const hours = optionalNumber(env, "RETENTION_HOURS");
  const events = optionalNumber(env, "RETENTION_EVENTS");
  return {
    host: address(text("HOST", "127.0.0.1"), authentication),
    port: wholeNumber("PORT", text("PORT", "4000"), 0, 65_535),
    dataDir: text("DATA_DIR", "./data"),
    fleet: text("FLEET", "demo"),
    clock: clockMode(text("CLOCK", "realtime")),
    seed: wholeNumber("SEED", text("SEED", "1"), 0, Number.MAX_SAFE_INTEGER),
    tracesDir: directory("TRACES_DIR", env["TRACES_DIR"]?.trim() || null),
    replyCacheBytes: wholeNumber(
      "REPLY_CACHE_BYTES",
      text("REPLY_CACHE_BYTES", String(DEFAULT_REPLY_CACHE_BYTES)),
      0,
      Number.MAX_SAFE_INTEGER,
    ),
    apiThreads: wholeNumber("API_THREADS", text("API_THREADS", "0"), 0, 64),
    retention: {
      ...(hours !== null && { maxAgeMs: hours * 3_600_000 }),
      ...(events !== null && { maxEvents: Math.round(events) }),
    },
    authentication,
    ...access(env),
  };
}

const LIMIT_VARIABLES = {
  MAX_TOKENS: "maxTokens",
  MAX_DEPTH: "maxDepth",
  MAX_ALIASES: "maxAliases",
  MAX_DIRECTIVES: "maxDirectives",
  MAX_COST: "maxCost",
  MAX_BODY_BYTES: "maxBodyBytes",
  MAX_FRAME_BYTES: "maxFrameBytes",
  MAX_CONNECTIONS: "maxConnections",
  MAX_SUBSCRIPTIONS: "maxSubscriptions",
  OPERATIONS_PER_SECOND: "operationsPerSecond",
  OPERATIONS_BURST: "operationsBurst",
} as const satisfies Record<string, keyof Limits>;

/** What anybody may ask for, and who from where. What is not said is left out. */
function access(env: Environment): Pick<Configuration, "limits" | "trustedDocuments"> {
  const numbers = Object.entries(LIMIT_VARIABLES).flatMap(([name, limit]) => {
    const text = env[name]?.trim();
    return text ? [[limit, wholeNumber(name, text, 1, Number.MAX_SAFE_INTEGER)]] : [];
  });
  const initSeconds = optionalNumber(env, "CONNECTION_INIT_SECONDS");
  const trustedDocuments = env["TRUSTED_DOCUMENTS"]?.trim() || null;
  const trustedDocumentsOnly = flag(env, "TRUSTED_DOCUMENTS_ONLY");
  if (trustedDocumentsOnly && trustedDocuments === null)
    throw new BadConfiguration(
      "TRUSTED_DOCUMENTS_ONLY=true refuses everything while TRUSTED_DOCUMENTS names no documents.",
    );
  const origins = list(env, "ALLOWED_ORIGINS").map(origin);
  const introspection = list(env, "INTROSPECTION");
  return {
    trustedDocuments,
    limits: {
      ...Object.fromEntries(numbers),
      ...(initSeconds !== null && { connectionInitMs: Math.round(initSeconds * 1_000) }),
      ...(origins.length > 0 && { allowedOrigins: origins }),
      ...(introspection.length > 0 && { introspection: rolesOf(introspection) }),
      ...(trustedDocumentsOnly && { trustedDocumentsOnly }),
    },
  };
}

function list(env: Environment, name: string): string[] {
  const items = (env[name] ?? "").split(",").map((item) => item.trim());
  return items.filter((item) => item !== "");
}

/** As browsers send it. */
function origin(text: string): string {
  if (URL.canParse(text) && new URL(text).origin === text) return text;
  throw new BadConfiguration(
    `ALLOWED_ORIGINS has '${text}', which is no origin such as https://console.example or http://localhost:5173.`,
  );
}

function rolesOf(names: readonly string[]): Role[] {
  if (names.length === 1 && names[0] === "none") return [];
  return names.map((name) => {
    const role = ROLES.find((known) => known === name);
    if (role) return role;
    throw new BadConfiguration(
      `INTROSPECTION has '${name}', which is none of ${ROLES.join(", ")}, and not none.`,
    );
  });
}

function flag(env: Environment, name: string): boolean {
  const text = env[name]?.trim() || "false";
  if (text === "true" || text === "false") return text === "true";
  throw new BadConfiguration(`${name}=${text} is neither true nor false.`);
}

/** Where nobody is asked who they are, only this machine may reach the port. */
function address(host: string, authentication: AuthenticationSettings | null): string {
  if (isLoopback(host) || authentication !== null) return host;
  throw new BadConfiguration(
    `HOST=${host} would let other machines in, and no authentication is configured. Set AUTH_JWT_SECRET, AUTH_JWKS_URL or AUTH_ADMIN_TOKEN, or AUTH=tokens if there are API tokens already; or use HOST=127.0.0.1, ::1 or localhost.`,
  );
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
