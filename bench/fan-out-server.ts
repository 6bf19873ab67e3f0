/**
 * The real server for the benchmark `fan-out`, on a part of a real log: its feed is told of the log's
 * growth event by event.
 */

import { LogFeed } from "../src/runtime/feed.ts";
import { type Runtime, WHOLE_FLEET } from "../src/runtime/ports.ts";
import { startServer } from "../src/server/server.ts";
import { openReader } from "../src/store/reader.ts";
import { perform, type Stage } from "./stage.ts";

const [dataDir = "", first = ""] = process.argv.slice(2);
const reader = openReader(dataDir);

perform(async (): Promise<Stage> => {
  let head = Number(first) - 1;
  const feed = new LogFeed({
    epoch: reader.epoch,
    head: () => head,
    earliest: () => reader.earliest(),
    readEvents: (after, limit) => reader.readEvents(after, limit),
  });
  const refuse = () => Promise.reject(new Error("Nobody decides here"));
  const runtime: Runtime = {
    sight: WHOLE_FLEET,
    seenBy: () => runtime,
    feed,
    queries: {
      reader,
      explainPlacement: () => {
        throw new Error("Nobody decides here");
      },
      canReach: refuse,
      capacityReport: refuse,
    },
    commands: { submit: refuse },
    vitals: { writer: () => Promise.resolve("") },
    clockMode: { kind: "MANUAL" },
    simulated: true,
    nowMs: () => 0,
    health: () => ({ ready: true, problems: [], decisionFailures: 0 }),
    close: async () => undefined,
  };
  const server = await startServer({
    host: "127.0.0.1",
    port: 0,
    runtime,
    documents: { parse: () => ({ ok: false, problems: [] }) },
    fleetSchema: "",
    onError: console.error,
  });
  return {
    port: server.port,
    reveal: (events) => {
      head += events;
      feed.grown(head);
    },
    close: async () => {
      feed.close();
      await server.close();
    },
  };
});
