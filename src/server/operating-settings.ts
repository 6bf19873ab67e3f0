import { BadConfiguration } from "./bad-configuration.ts";
import { DEFAULT_LOG, LOG_FORMATS, LOG_LEVELS, type LogSettings } from "./log.ts";

/** Of the environment, what is said to whoever operates the server, and how. */
export interface OperatingSettings {
  readonly log: LogSettings;
  /** A collector is named that traces are to be sent to. */
  readonly isTraced: boolean;
  /** How long a server that is told to stop says that it is not ready before it says goodbye. */
  readonly stopNoticeMs: number;
}

export const DEFAULT_OPERATING: OperatingSettings = {
  log: DEFAULT_LOG,
  isTraced: false,
  stopNoticeMs: 0,
};

/** Longer than any health check waits between two looks. */
const MAX_NOTICE_SECONDS = 300;

/** Throws `BadConfiguration`. An empty variable counts as not set. */
export function readOperatingSettings(
  env: Readonly<Record<string, string | undefined>>,
): OperatingSettings {
  return {
    log: {
      format: oneOf("LOG_FORMAT", env, LOG_FORMATS, DEFAULT_LOG.format),
      level: oneOf("LOG_LEVEL", env, LOG_LEVELS, DEFAULT_LOG.level),
    },
    isTraced: hasCollector(env),
    stopNoticeMs: 1_000 * seconds("STOP_NOTICE_SECONDS", env, MAX_NOTICE_SECONDS),
  };
}

/** The variables are OpenTelemetry's, and read again by its exporter. */
function hasCollector(env: Readonly<Record<string, string | undefined>>): boolean {
  const name = ["OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT"].find((one) =>
    env[one]?.trim(),
  );
  if (name === undefined) return false;
  const url = env[name]?.trim() ?? "";
  if (URL.canParse(url) && /^https?:$/.test(new URL(url).protocol)) return true;
  throw new BadConfiguration(`${name}=${url} is not an address such as http://localhost:4318.`);
}

function seconds(
  name: string,
  env: Readonly<Record<string, string | undefined>>,
  max: number,
): number {
  const text = env[name]?.trim() || "0";
  const value = Number(text);
  if (value >= 0 && value <= max) return value;
  throw new BadConfiguration(`${name}=${text} is not a number of seconds from 0 to ${max}.`);
}

function oneOf<T extends string>(
  name: string,
  env: Readonly<Record<string, string | undefined>>,
  known: readonly T[],
  fallback: T,
): T {
  const text = env[name]?.trim() || fallback;
  const found = known.find((one) => one === text);
  if (found !== undefined) return found;
  throw new BadConfiguration(`${name}=${text} is none of ${known.join(", ")}.`);
}
