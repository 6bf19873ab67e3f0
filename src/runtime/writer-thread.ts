/** The writer's own thread: the other end of `startWorker`. */

import { parentPort, workerData } from "node:worker_threads";
import "../store/fast-drizzle.ts";
import type { WriterOptions } from "./options.ts";
import type { FromWriter, ToWriter } from "./thread.ts";

// Not imported above: what makes drizzle load fast must be in place before it is asked for.
const { openWriter } = await import("./open-writer.ts");

const port = parentPort;
if (!port) throw new Error("This file runs as a worker thread.");
const send = (message: FromWriter) => port.postMessage(message);

const { writer, epoch, dataDir } = openWriter(workerData as WriterOptions, {
  committed: (headSeq, nowMs) => send({ kind: "COMMITTED", headSeq, nowMs }),
  clock: (anchor) => send({ kind: "CLOCK", anchor }),
  health: (health) => send({ kind: "HEALTH", health }),
  log: (text) => send({ kind: "LOG", text }),
  fatal: (error) => send({ kind: "FATAL", error }),
});

port.on("message", (message: ToWriter) => {
  switch (message.kind) {
    case "SUBMIT": {
      const { id, envelope, isTimed } = message;
      writer.submit({
        envelope,
        reply: (result, timing) =>
          send({ kind: "ANSWER", id, answer: isTimed ? { result, timing } : { result } }),
      });
      return;
    }
    case "TRY_FLOW": {
      const { id, question } = message;
      send({ kind: "TRIED", id, passage: writer.tryFlow(...question) });
      return;
    }
    case "FIGURES":
      void writer.figures().then((figures) => send({ kind: "FIGURES", figures }));
      return;
    case "CLOSE":
      writer.close();
      port.close();
  }
});

writer.start();
send({
  kind: "READY",
  opened: { epoch, dataDir, anchor: writer.anchor, drivers: writer.driverNames },
});
