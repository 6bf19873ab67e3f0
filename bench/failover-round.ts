/**
 * One process of the benchmark `failover`. Its first argument says what to do in the folder that is
 * its second: `memory` weighs the engine; `loss` loses a zone on the engine and the store; `steady` lets the fleet run by the real
 * clock, everything in one thread. Results go to the parent.
 */

import { startRuntime } from "../src/runtime/runtime.ts";
import { bigFleet } from "./big-fleet.ts";
import { BigFleet, type Chosen } from "./failover-engine.ts";
import { startFleet } from "./fleet-life.ts";
import { collectGarbage, cpuSeconds, median } from "./harness.ts";

export interface Loss {
  readonly guests: number;
  readonly decideCpuSeconds: number;
  readonly commitSeconds: number;
  readonly leftBehind: number;
  readonly bestFit: Chosen;
  readonly firstFit: Chosen;
}

export interface Steady {
  readonly cpuSeconds: number;
  readonly seconds: number;
  readonly hostsUp: number;
}

/** Decisions before the ones that count: a server that has run for a day is warm. */
const WARM_UP = 3;
const DECISIONS = 5;
const SETTLE_SECONDS = 10;
const STEADY_SECONDS = 60;

/** Of the engine's state alone: what it takes of the heap, hosts and all, shared out over the guests. */
function bytesPerGuest(): number {
  const spec = bigFleet();
  collectGarbage();
  const before = process.memoryUsage().heapUsed;
  using fleet = new BigFleet(null, spec);
  collectGarbage();
  const after = process.memoryUsage().heapUsed;
  return (after - before) / fleet.state.tables.Guest.size;
}

function lose(folder: string): Loss {
  using fleet = new BigFleet(folder, bigFleet());
  const zone = fleet.quarter();
  fleet.loseZone(zone);
  const decisions = Array.from({ length: WARM_UP + DECISIONS }, () => fleet.decideSeconds());
  const bestFits = Array.from({ length: WARM_UP + DECISIONS }, () => fleet.bestFit(zone));
  const firstFit = fleet.firstFit(zone);
  const { seconds: commitSeconds, guests } = fleet.recover();
  fleet.finishStarts();
  return {
    guests,
    decideCpuSeconds: median(decisions.slice(WARM_UP)),
    commitSeconds,
    leftBehind: fleet.down(),
    bestFit: {
      cpuSeconds: median(bestFits.slice(WARM_UP).map(({ cpuSeconds }) => cpuSeconds)),
      leftBehind: bestFits[0]?.leftBehind ?? 0,
    },
    firstFit,
  };
}

/** All that a server does when nothing happens. */
async function steady(dataDir: string): Promise<Steady> {
  await startFleet(dataDir, bigFleet());
  const clock = { kind: "REALTIME" } as const;
  const runtime = await startRuntime({ dataDir, clock, seed: 1, thread: "inline" });
  await passed(SETTLE_SECONDS);
  const startCpu = cpuSeconds();
  const startMs = performance.now();
  await passed(STEADY_SECONDS);
  const seconds = (performance.now() - startMs) / 1_000;
  const cpu = cpuSeconds() - startCpu;
  const hostsUp = runtime.queries.reader
    .load()
    .entities.Host.filter(({ status }) => status === "UP").length;
  await runtime.close();
  return { cpuSeconds: cpu, seconds, hostsUp };
}

const passed = (seconds: number) =>
  new Promise<void>((resolve) => setTimeout(resolve, seconds * 1_000));

const [what, folder = ""] = process.argv.slice(2);
if (what === "memory") process.send?.(bytesPerGuest());
else process.send?.(what === "loss" ? lose(folder) : await steady(folder));
process.disconnect?.();
