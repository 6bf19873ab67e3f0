/**
 * How long a server takes from the start of its process until `/health/ready` answers 200, with
 * 5,000 running guests in its tables, next to one with an empty data directory.
 *
 * Each start is a new process of `node src/main.ts` on a data directory that was closed in good order.
 * It is asked as soon as it says that it listens, and again until it is ready; the time is that of
 * the answer, so it holds a little more than the start. `node` is this Node running an empty program:
 * what no server can do without. Node keeps what it has compiled for the next start, so all but the
 * very first start of an installation find it; `uncachedReadyMs` is what that first one takes. Rounds alternate, and the first one, which finds the files not yet
 * in memory, doesn't count. The fleet's clock stands still, so that a round finds what the last one
 * found.
 */

import { once } from "node:events";
import { cpSync } from "node:fs";
import { readFleet, writeFleet } from "./fleet.ts";
import { startFleet } from "./fleet-life.ts";
import { type Benchmark, type Measured, median, type Options } from "./harness.ts";
import { ended, type Lab } from "./lab.ts";
import { listening, serve } from "./served.ts";

const GUESTS = 5_000;
const READY_LIMIT_MS = 1_000;

type Contestant = "fleet" | "uncached" | "empty" | "node";

export const start: Benchmark = {
  about: "from the start of the process to ready, with 5,000 guests in the tables",
  run: measure,
};

async function measure(lab: Lab, { fleetFile, rounds }: Options): Promise<Measured> {
  lab.progress("starting a fleet of 5,000 guests");
  const fleetDir = lab.folder();
  const spec = readFleet(fleetFile ?? writeFleet(lab.folder(), GUESTS));
  await startFleet(fleetDir, spec);
  const contestants: Readonly<Record<Contestant, () => Promise<number>>> = {
    fleet: () => readyMs(lab, copied(lab, fleetDir)),
    uncached: () => readyMs(lab, copied(lab, fleetDir), { NODE_DISABLE_COMPILE_CACHE: "1" }),
    empty: () => readyMs(lab, lab.folder()),
    node: () => emptyProgramMs(lab),
  };
  const times: Record<Contestant, number[]> = { fleet: [], uncached: [], empty: [], node: [] };
  for (let round = 0; round <= rounds; round++) {
    lab.progress(round === 0 ? "warming up" : `round ${round} of ${rounds}`);
    for (const name of Object.keys(contestants) as Contestant[])
      times[name].push(await contestants[name]());
  }
  const of = (name: Contestant) => median(times[name].slice(1));
  const ready = of("fleet");
  return {
    figures: {
      guests: spec.guests.length,
      readyMs: ready,
      slowestReadyMs: Math.max(...times.fleet.slice(1)),
      uncachedReadyMs: of("uncached"),
    },
    peers: { empty: { readyMs: of("empty") }, node: { exitMs: of("node") } },
    ratios: { readyToLimit: ready / READY_LIMIT_MS, toEmpty: ready / of("empty") },
    limits: { readyToLimit: { atMost: 1 } },
  };
}

function copied(lab: Lab, dataDir: string): string {
  const copy = lab.folder();
  cpSync(dataDir, copy, { recursive: true });
  return copy;
}

async function readyMs(
  lab: Lab,
  dataDir: string,
  env: Readonly<Record<string, string>> = {},
): Promise<number> {
  const startMs = performance.now();
  const server = serve(lab, dataDir, env);
  const { origin } = await listening(server);
  while ((await fetch(`${origin}/health/ready`)).status !== 200);
  const ms = performance.now() - startMs;
  await ended(server);
  return ms;
}

async function emptyProgramMs(lab: Lab): Promise<number> {
  const startMs = performance.now();
  await once(lab.node(["-e", "0"]), "exit");
  return performance.now() - startMs;
}
