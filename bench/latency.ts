/**
 * How late listeners hear of what happens, from the moment at which the feed is told that it is on disk
 * until all of it has come through the listener's socket.
 *
 * 1,000 WebSockets listen to `events`, each with eight scalar fields, its operation's id its own.
 * `calm` is 100 events a second, one at a time. `storm` is a minute of 500 events a second, 50 at a time;
 * `deafStorm` is the same with one more listener that reads nothing, and what the server holds for it
 * by the end. The minutes have fresh connections, and their first seconds don't count.
 *
 * The real server reads a real log. It and the listeners are processes of their own on loopback; the
 * listeners are the program in C of `fan-out`.
 */

import type { ChildProcess } from "node:child_process";
import { openReader } from "../src/store/reader.ts";
import { readFleet, writeFleet } from "./fleet.ts";
import { growLog, startFleet } from "./fleet-life.ts";
import { type Benchmark, type Measured, median, type Options } from "./harness.ts";
import { answerOf, ended, type Lab } from "./lab.ts";
import { compileClient, type Lateness, Listeners, writeSubscriptions } from "./listeners.ts";
import type { Paced, Weight, Wish } from "./stage.ts";

const LISTENERS = 1_000;
const CALM = { seconds: 20, timesASecond: 100, events: 1 } as const;
const STORM = { seconds: 60, timesASecond: 10, events: 50 } as const;
/** In which code and sockets get warm. */
const FIRST_SECONDS = 5;
/** Nobody may make the server hold more, than it holds in the same storm anyhow. */
const HELD_LIMIT_BYTES = 5_000_000;
const P99_LIMIT_MS = 50;
/** By how much the others may be later for a deaf one's sake: as much as between two calm minutes. */
const UNMOVED = 1.25;

const QUERY = `subscription {
  events { __typename id cursor occurredAt kind category severity message }
}`;

type Pace = typeof CALM | typeof STORM;

export const latency: Benchmark = {
  about: "1,000 listeners, from the log to their sockets",
  run: measure,
};

async function measure(lab: Lab, { fleetFile, rounds }: Options): Promise<Measured> {
  const client = compileClient(lab);
  const dataDir = lab.folder();
  lab.progress("filling a log");
  await startFleet(dataDir, readFleet(fleetFile ?? writeFleet(lab.folder())));
  const reader = openReader(dataDir);
  const length = reader.head();
  reader.close();
  await growLog(dataDir, length + eventsOf(STORM));
  const stage = lab.fork("fan-out-server.ts", [dataDir, String(length + 1)]);
  await answerOf(stage);
  const hall: Hall = { lab, client, stage };
  const calm: Lateness[] = [];
  for (let round = 1; round <= rounds; round++) {
    lab.progress(`calm, round ${round} of ${rounds}`);
    calm.push((await listening(hall, CALM, 0)).lateness);
  }
  lab.progress("a storm of a minute");
  const storm = await listening(hall, STORM, 0);
  lab.progress("the same with one who reads nothing");
  const deafStorm = await listening(hall, STORM, 1);
  await ended(stage);
  const calmP99Ms = median(calm.map(({ p99Ms }) => p99Ms));
  const heldForDeafBytes = deafStorm.grownBytes - storm.grownBytes;
  return {
    figures: {
      calmMedianMs: median(calm.map(({ medianMs }) => medianMs)),
      calmP99Ms,
      calmMostMs: Math.max(...calm.map(({ mostMs }) => mostMs)),
      stormP99Ms: storm.lateness.p99Ms,
      deafStormP99Ms: deafStorm.lateness.p99Ms,
      stormGrownBytes: storm.grownBytes,
      deafStormGrownBytes: deafStorm.grownBytes,
    },
    peers: {},
    ratios: {
      calmP99ToLimit: calmP99Ms / P99_LIMIT_MS,
      deafToStormP99: deafStorm.lateness.p99Ms / storm.lateness.p99Ms,
      heldForDeafToLimit: Math.max(0, heldForDeafBytes) / HELD_LIMIT_BYTES,
    },
    limits: {
      calmP99ToLimit: { atMost: 1 },
      deafToStormP99: { atMost: UNMOVED },
      heldForDeafToLimit: { atMost: 1 },
    },
  };
}

function eventsOf({ seconds, timesASecond, events }: Pace): number {
  return seconds * timesASecond * events;
}

interface Hall {
  readonly lab: Lab;
  readonly client: string;
  readonly stage: ChildProcess;
}

interface Heard {
  readonly lateness: Lateness;
  /** By how much more the server holds at the end than after its first seconds. */
  readonly grownBytes: number;
}

async function listening(
  { lab, client, stage }: Hall,
  pace: Pace,
  deafOnes: number,
): Promise<Heard> {
  const port = await ask<number>(stage, { kind: "open" });
  const subscribe = (listeners: number) =>
    writeSubscriptions(
      lab,
      Array.from({ length: listeners }, () => ({ query: QUERY })),
    );
  const results = eventsOf(pace) * LISTENERS;
  const file = subscribe(LISTENERS);
  const listeners = await Listeners.connect(lab, client, { port, file, results });
  const deaf =
    deafOnes === 0
      ? null
      : await Listeners.connect(lab, client, {
          port,
          file: subscribe(deafOnes),
          results: "deaf",
        });
  const { events, timesASecond } = pace;
  const paced = (seconds: number) =>
    ask<Paced>(stage, { kind: "pace", seconds, timesASecond, events });
  await paced(FIRST_SECONDS);
  const before = await ask<Weight>(stage, { kind: "weigh" });
  const done = listeners.doneMs();
  const { timesMs } = await paced(pace.seconds - FIRST_SECONDS);
  await done;
  const after = await ask<Weight>(stage, { kind: "weigh" });
  const first = Array.from({ length: FIRST_SECONDS * timesASecond * events }, () => 0);
  const sentMs = timesMs.flatMap((ms) => Array.from({ length: events }, () => ms));
  const lateness = await listeners.lateness([...first, ...sentMs]);
  await Promise.all([listeners.close(), deaf?.close()]);
  return { lateness, grownBytes: after.heldBytes - before.heldBytes };
}

function ask<Answer>(stage: ChildProcess, wish: Wish): Promise<Answer> {
  stage.send(wish);
  return answerOf<Answer>(stage, 120_000);
}
