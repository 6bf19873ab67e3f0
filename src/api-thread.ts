/** One of the threads that serve the API: the other end of `startApiThreads`. */

import { parentPort, workerData } from "node:worker_threads";
import type { ApiThreadData, FromApiThread, ToApiThread } from "./api-threads.ts";
import { Log } from "./server/log.ts";
import "./store/fast-drizzle.ts";

// Not imported above: what makes drizzle load fast must be in place before it is asked for.
const { joinRuntime } = await import("./runtime/runtime.ts");
const { serveApi } = await import("./serve-api.ts");

const parent = parentPort;
if (!parent) throw new Error("This file runs as a worker thread.");
const send = (message: FromApiThread) => parent.postMessage(message);
const { configuration, operating, thread, ticket, trunk } = workerData as ApiThreadData;

const log = new Log((line) => send({ kind: "LOG", line }), operating.log);
const tracing = operating.isTraced ? (await import("./server/tracing.ts")).startTracing() : null;
const runtime = await joinRuntime(trunk, ticket, {
  onFatal: (error) => log.error("This thread cannot go on", error),
  ...(tracing && { onCommand: tracing.onCommand }),
});
try {
  const server = await serveApi({ runtime, configuration, thread, log, tracing });
  parent.once("message", async ({ noticeMs }: ToApiThread) => {
    await server.close(noticeMs);
    await runtime.close();
    await tracing?.close();
  });
  send({ kind: "LISTENS" });
} catch (error) {
  send({ kind: "FAILED", message: error instanceof Error ? error.message : String(error) });
  await runtime.close();
  await tracing?.close();
  parent.unref();
}
