/** The whole server put together from what the environment says. It holds no logic of its own. */

import { enableCompileCache } from "node:module";
import { fileURLToPath } from "node:url";
import type { startApiThreads } from "./api-threads.ts";
import { applyFirstFleet } from "./first-fleet.ts";
import type { Runtime } from "./runtime/ports.ts";
import { type Configuration, readConfiguration } from "./server/configuration.ts";
import { Log } from "./server/log.ts";
import {
  DEFAULT_OPERATING,
  type OperatingSettings,
  readOperatingSettings,
} from "./server/operating-settings.ts";
import type { RunningServer } from "./server/server.ts";
import type { Tracing } from "./server/tracing.ts";
import "./store/fast-drizzle.ts";

export interface Evenkeel {
  readonly runtime: Runtime;
  readonly server: RunningServer;
  /** Is not ready for `noticeMs`, stops serving, finishes what is begun, and lets go of the data directory. */
  close(noticeMs?: number): Promise<void>;
}

export interface EvenkeelOptions {
  readonly operating?: OperatingSettings;
  readonly onLog?: (line: string) => void;
  /** The writer has died and nothing works any more. */
  readonly onFatal?: (error: Error) => void;
  readonly thread?: "worker" | "inline";
}

/** Throws an error whose message is meant for people when the configuration or the fleet is not right. */
export async function startEvenkeel(
  configuration: Configuration,
  options: EvenkeelOptions = {},
): Promise<Evenkeel> {
  const { operating = DEFAULT_OPERATING, onLog: write = (line) => console.log(line) } = options;
  const { dataDir, clock, seed, retention, fleet, apiThreads } = configuration;
  const log = new Log(write, operating.log);
  const onFatal = options.onFatal ?? ((error: Error) => log.error("Nothing works any more", error));
  // Threads that serve the API trace what they serve.
  const isTracing = operating.isTraced && apiThreads === 0;
  const tracing = isTracing ? (await import("./server/tracing.ts")).startTracing() : null;
  // Not imported above: what makes drizzle load fast must be in place before it is asked for. And
  // while the API is loaded here, the writer already wakes in its own thread.
  const { startRuntime } = await import("./runtime/runtime.ts");
  const starting = startRuntime({
    dataDir,
    clock,
    seed,
    retention,
    onLog: (text) => log.warn(text),
    onFatal,
    ...(tracing && { onCommand: tracing.onCommand }),
    ...(options.thread && { thread: options.thread }),
  });
  const [runtime, start] = await Promise.all([starting, apiStart(apiThreads, log, tracing)]);
  try {
    if (runtime.feed.head() === 0 && fleet !== "none")
      await applyFirstFleet(runtime, fleet, (line) => log.info(line));
    const server = await start(runtime, { configuration, operating, write, onFatal });
    return {
      runtime,
      server,
      close: async (noticeMs) => {
        await server.close(noticeMs);
        await runtime.close();
        await tracing?.close();
      },
    };
  } catch (error) {
    await runtime.close();
    throw error;
  }
}

/** Loads no more than is needed: where threads serve the API, this one does not. */
async function apiStart(
  apiThreads: number,
  log: Log,
  tracing: Tracing | null,
): Promise<typeof startApiThreads> {
  if (apiThreads > 0) return (await import("./api-threads.ts")).startApiThreads;
  const { serveApi } = await import("./serve-api.ts");
  return (runtime, { configuration }) =>
    serveApi({ configuration, runtime, thread: null, log, tracing });
}

/** After the notice, a stop takes no longer than this, whatever hangs. */
const STOP_MS = 10_000;

/**
 * What is compiled at one start is kept for the next, which takes a third less time for it. Where it
 * can't be written, nothing is kept.
 */
const COMPILE_CACHE = fileURLToPath(new URL("../node_modules/.cache/evenkeel", import.meta.url));

/** Runs until it is told to stop. */
export async function main(): Promise<void> {
  enableCompileCache(COMPILE_CACHE);
  let evenkeel: Evenkeel | null = null;
  let log = new Log((line) => console.log(line));
  let noticeMs = 0;
  try {
    const configuration = readConfiguration(process.env);
    const operating = readOperatingSettings(process.env);
    log = new Log((line) => console.log(line), operating.log);
    noticeMs = operating.stopNoticeMs;
    evenkeel = await startEvenkeel(configuration, {
      operating,
      onFatal: (error) => {
        log.error("The writer has died", error);
        process.exit(1);
      },
    });
    const { dataDir, clock, seed } = configuration;
    const speed = clock.kind === "ACCELERATED" ? `${clock.factor}x` : clock.kind.toLowerCase();
    const { url } = evenkeel.server;
    log.info(`Evenkeel listens on ${url}`, { clock: speed, seed, data: dataDir, pid: process.pid });
  } catch (error) {
    console.error(`Evenkeel cannot start. ${error instanceof Error ? error.message : error}`);
    process.exit(1);
  }
  stopOnSignal(evenkeel, noticeMs, log);
}

/** The first one asks it to stop, the second one ends it. */
function stopOnSignal(evenkeel: Evenkeel, noticeMs: number, log: Log): void {
  let isStopping = false;
  const fail = (why: string) => {
    log.warn(`Evenkeel is ended: ${why}`);
    process.exit(1);
  };
  const stop = (signal: string) => {
    if (isStopping) return fail(`${signal} came while it was stopping`);
    isStopping = true;
    log.info("Evenkeel stops", { signal });
    const mostMs = noticeMs + STOP_MS;
    setTimeout(() => fail(`it did not stop within ${mostMs} ms`), mostMs).unref();
    evenkeel.close(noticeMs).then(
      () => log.info("Evenkeel has stopped"),
      (error: unknown) => fail(String(error)),
    );
  };
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, stop);
}

if (import.meta.main) {
  const [stray] = process.argv.slice(2);
  if (stray === undefined) await main();
  else {
    console.error(
      `Evenkeel's server takes its settings from the environment, and no arguments (${stray}). For its commands: npx evenkeel --help`,
    );
    process.exitCode = 2;
  }
}
