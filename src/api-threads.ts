/** The API in several threads: all listen on one port, and the system deals connections out among them. */

import { once } from "node:events";
import { MessageChannel, type MessagePort, Worker } from "node:worker_threads";
import type { Ticket, Trunk } from "./runtime/runtime.ts";
import { BadConfiguration } from "./server/bad-configuration.ts";
import type { Configuration } from "./server/configuration.ts";
import type { OperatingSettings } from "./server/operating-settings.ts";
import { claimPort, type RunningServer, urlOf } from "./server/server.ts";

/** What a thread is started with. */
export interface ApiThreadData {
  readonly configuration: Configuration;
  readonly operating: OperatingSettings;
  /** Its number among them, from 1. */
  readonly thread: number;
  readonly ticket: Ticket;
  /** Towards the trunk. */
  readonly trunk: MessagePort;
}

export interface ToApiThread {
  readonly kind: "CLOSE";
  readonly noticeMs: number;
}

export type FromApiThread =
  | { readonly kind: "LISTENS" }
  | { readonly kind: "FAILED"; readonly message: string }
  | { readonly kind: "LOG"; readonly line: string };

export interface ApiThreadsOptions {
  readonly configuration: Configuration;
  readonly operating: OperatingSettings;
  /** A line of the operator's log, as it is. */
  readonly write: (line: string) => void;
  /** A thread has died. */
  readonly onFatal: (error: Error) => void;
}

/** Resolves when all of them listen. Throws `BadConfiguration`. */
export async function startApiThreads(
  runtime: Trunk,
  { configuration, operating, write, onFatal }: ApiThreadsOptions,
): Promise<RunningServer> {
  const { host, apiThreads } = configuration;
  // Two servers that share their ports would not notice each other.
  const port = await claimPort(host, configuration.port);
  const threads = Array.from(
    { length: apiThreads },
    (_, index) =>
      new ApiThread(
        runtime,
        { configuration: { ...configuration, port }, operating, thread: index + 1 },
        write,
      ),
  );
  const close = async (noticeMs = 0) => {
    await Promise.all(threads.map((thread) => thread.close(noticeMs)));
  };
  try {
    await Promise.all(threads.map(({ listening }) => listening));
  } catch (error) {
    await close();
    throw error;
  }
  for (const { died } of threads) died.catch(onFatal);
  return { port, url: urlOf(host, port), close };
}

class ApiThread {
  /** Rejects with why it can't. */
  readonly listening: Promise<void>;
  /** Rejects when it ends and nobody has asked for that. */
  readonly died: Promise<never>;
  readonly #worker: Worker;
  #isClosing = false;

  constructor(
    runtime: Trunk,
    start: Omit<ApiThreadData, "ticket" | "trunk">,
    write: (line: string) => void,
  ) {
    const { port1, port2 } = new MessageChannel();
    const data: ApiThreadData = { ...start, ticket: runtime.branch(port1), trunk: port2 };
    const worker = new Worker(new URL("./api-thread.ts", import.meta.url), {
      workerData: data,
      transferList: [port2],
    });
    this.#worker = worker;
    const listens = Promise.withResolvers<void>();
    worker.on("message", (message: FromApiThread) => {
      if (message.kind === "LISTENS") listens.resolve();
      else if (message.kind === "FAILED") listens.reject(new BadConfiguration(message.message));
      else write(message.line);
    });
    this.died = new Promise((_resolve, reject) => {
      worker.on("error", reject);
      worker.on("exit", (code) => {
        if (!this.#isClosing) reject(new Error(`An API thread ended with code ${code}.`));
      });
    });
    this.listening = Promise.race([listens.promise, this.died]);
    this.died.catch(() => undefined);
  }

  async close(noticeMs: number): Promise<void> {
    this.#isClosing = true;
    if (this.#worker.threadId < 0) return;
    const exit = once(this.#worker, "exit");
    this.#worker.postMessage({ kind: "CLOSE", noticeMs } satisfies ToApiThread);
    await exit;
  }
}
