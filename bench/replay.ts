/**
 * How fast one listener gets what it has missed: 100,000 events from a cursor over a WebSocket, next to
 * a plain loop of the ws package sending the very same bytes.
 *
 * The real server (`node src/main.ts`) reads the events from its log on disk and sends them as results of
 * the subscription `events(after)` with eight scalar fields. Its frames are recorded once and given to
 * the peers, which do nothing but send them: `each` calls `ws.send` for one after the other, `corked`
 * lets those of a turn leave in one write, as the real server does. All have the same flow control,
 * and none compresses. Server, peers and client are processes of their own on loopback; the client
 * counts frames and bytes without reading them, and all must have sent the same of both. Rounds
 * alternate; the first one warms the code and doesn't count, since these servers run for long. What
 * the first listener of a server that has just been started gets is told as `coldEventsPerSecond`.
 */

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import WebSocket from "ws";
import { formatCursor } from "../src/model/log.ts";
import { openReader } from "../src/store/reader.ts";
import type { Count, Errand } from "./counting-client.ts";
import { readFleet, writeFleet } from "./fleet.ts";
import { growLog, startFleet } from "./fleet-life.ts";
import { type Benchmark, type Measured, median, type Options } from "./harness.ts";
import { answerOf, ended, type Lab } from "./lab.ts";
import { listening, serve } from "./served.ts";

const EVENTS = 100_000;
const EACH_LIMIT = 0.5;
const QUERY = `subscription ($after: Cursor) {
  events(after: $after) { __typename id cursor occurredAt kind category severity message }
}`;

type Contestant = "server" | "each" | "corked";

export const replay: Benchmark = {
  about: "100,000 events from a cursor to one WebSocket client, next to a plain ws loop",
  run: measure,
};

async function measure(lab: Lab, options: Options): Promise<Measured> {
  const { dataDir, after } = await prepared(lab, options);
  const payload = { query: QUERY, variables: { after } };
  const cold = await coldCounts(lab, dataDir, payload, options.rounds);
  const server = serve(lab, dataDir);
  const { origin } = await listening(server);
  lab.progress("recording the frames");
  const frames = await recorded(origin, payload);
  const file = join(lab.folder(), "frames");
  writeFileSync(file, frames.join("\n"));
  const loop = lab.fork("peers/ws-loop.ts", [file]);
  const loopOrigin = await answerOf<string>(loop);
  const errands: Readonly<Record<Contestant, Errand>> = {
    server: { origin, path: "/graphql", payload, frames: EVENTS },
    each: { origin: loopOrigin, path: "/each", payload, frames: EVENTS },
    corked: { origin: loopOrigin, path: "/corked", payload, frames: EVENTS },
  };
  const counts = await rounds(lab, errands, options.rounds);
  await Promise.all([ended(server), ended(loop)]);
  const payloadBytes = frames.reduce((sum, frame) => sum + Buffer.byteLength(frame), 0);
  for (const count of [...cold, ...Object.values(counts).flat()])
    if (count.payloadBytes !== payloadBytes || count.frames !== EVENTS)
      throw new Error(`Not everyone has sent the same: ${JSON.stringify(count)}`);
  return judged(counts, cold, payloadBytes);
}

/** A data directory with a long log, and the cursor that has so many events after it. */
async function prepared(lab: Lab, { fleetFile }: Options) {
  lab.progress(`filling a log with ${EVENTS} events`);
  const dataDir = lab.folder();
  await startFleet(dataDir, readFleet(fleetFile ?? writeFleet(lab.folder())));
  await growLog(dataDir, EVENTS);
  const reader = openReader(dataDir);
  const after = formatCursor(reader.epoch, reader.head() - EVENTS);
  reader.close();
  return { dataDir, after };
}

/** The messages of the real server, as it sends them. */
async function recorded(origin: string, payload: Errand["payload"]): Promise<string[]> {
  const socket = new WebSocket(`${origin.replace("http", "ws")}/graphql`, "graphql-transport-ws");
  const frames: string[] = [];
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  socket.on("open", () => socket.send('{"type":"connection_init"}'));
  socket.on("message", (data) => {
    const text = String(data);
    const { type } = JSON.parse(text) as { readonly type: string };
    if (type === "connection_ack")
      socket.send(JSON.stringify({ id: "1", type: "subscribe", payload }));
    else if (type === "next") frames.push(text);
    else reject(new Error(`The server says ${text.slice(0, 200)}`));
    if (frames.length === EVENTS) resolve();
  });
  socket.on("error", reject);
  await promise;
  socket.terminate();
  return frames;
}

async function rounds(
  lab: Lab,
  errands: Readonly<Record<Contestant, Errand>>,
  number: number,
): Promise<Record<Contestant, Count[]>> {
  const client = lab.fork("counting-client.ts");
  const counts: Record<Contestant, Count[]> = { server: [], each: [], corked: [] };
  for (let round = 0; round <= number; round++) {
    lab.progress(round === 0 ? "warming up" : `round ${round} of ${number}`);
    for (const name of Object.keys(errands) as Contestant[]) {
      client.send(errands[name]);
      const count = await answerOf<Count>(client);
      if (round > 0) counts[name].push(count);
    }
  }
  await ended(client);
  return counts;
}

/** Each from a server of its own that nobody has asked for anything yet, by a client that is warm. */
async function coldCounts(
  lab: Lab,
  dataDir: string,
  payload: Errand["payload"],
  number: number,
): Promise<Count[]> {
  const client = lab.fork("counting-client.ts");
  const counts: Count[] = [];
  for (let round = 0; round <= number; round++) {
    lab.progress(round === 0 ? "warming up the client" : `new server ${round} of ${number}`);
    const server = serve(lab, dataDir);
    const { origin } = await listening(server);
    client.send({ origin, path: "/graphql", payload, frames: EVENTS } satisfies Errand);
    const count = await answerOf<Count>(client);
    if (round > 0) counts.push(count);
    await ended(server);
  }
  await ended(client);
  return counts;
}

function judged(
  counts: Record<Contestant, Count[]>,
  cold: readonly Count[],
  payloadBytes: number,
): Measured {
  const rate = (all: readonly Count[]) => EVENTS / median(all.map((one) => one.seconds));
  const perSecond = (name: Contestant) => rate(counts[name]);
  const clientCpuSeconds = median(counts.server.map((one) => one.clientCpuSeconds));
  const [server, each, corked] = [perSecond("server"), perSecond("each"), perSecond("corked")];
  return {
    figures: {
      events: EVENTS,
      bytesPerEvent: payloadBytes / EVENTS,
      eventsPerSecond: server,
      coldEventsPerSecond: rate(cold),
      clientCpuSeconds,
    },
    peers: { each: { eventsPerSecond: each }, corked: { eventsPerSecond: corked } },
    ratios: { toEach: server / each, toCorked: server / corked },
    limits: { toEach: { atLeast: EACH_LIMIT } },
  };
}
