/** One of the threads that serve the API: the other end of `startApiThreads`. */

import { parentPort, workerData } from "node:worker_threads";
import type { ApiThreadData, FromApiThread } from "./api-threads.ts";
import "./store/fast-drizzle.ts";

// Not imported above: what makes drizzle load fast must be in place before it is asked for.
const { joinRuntime } = await import("./runtime/runtime.ts");
const { serveApi } = await import("./serve-api.ts");

const parent = parentPort;
if (!parent) throw new Error("This file runs as a worker thread.");
const send = (message: FromApiThread) => parent.postMessage(message);
const { configuration, ticket, trunk } = workerData as ApiThreadData;

const log = (line: string) => send({ kind: "LOG", line });
const runtime = await joinRuntime(trunk, ticket, (error) => log(`error ${error.message}`));
try {
  const server = await serveApi({ runtime, configuration, sharesPort: true, log });
  parent.once("message", async () => {
    await server.close();
    await runtime.close();
  });
  send({ kind: "LISTENS" });
} catch (error) {
  send({ kind: "FAILED", message: error instanceof Error ? error.message : String(error) });
  await runtime.close();
  parent.unref();
}
