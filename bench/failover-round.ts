/**
 * One process of the benchmark `failover`. Its first argument says what to do in the folder that is
 * its second: `loss` loses a zone on the engine and the store; `steady` lets the fleet run by the real
 * clock, everything in one thread. Results go to the parent.
 */

import { startRuntime } from "../src/runtime/runtime.ts";
import { bigFleet, GUESTS } from "./big-fleet.ts";
import { BigFleet } from "./failover-engine.ts";
import { startFleet } from "./fleet-life.ts";
import { collectGarbage, cpuSeconds, median } from "./harness.ts";

export interface Loss {
  readonly guests: number;
  readonly decideCpuSeconds: number;
  readonly commitSeconds: number;
  readonly bytesPerGuest: number;
  readonly leftBehind: number;
  readonly firstFit: { readonly cpuSeconds: number; readonly leftBehind: number };
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

function lose(folder: string): Loss {
  collectGarbage();
  const before = process.memoryUsage().heapUsed;
  using fleet = new BigFleet(folder, bigFleet());
  collectGarbage();
  const bytesPerGuest = (process.memoryUsage().heapUsed - before) / GUESTS;
  const zone = fleet.quarter();
  fleet.loseZone(zone);
  const decisions = Array.from({ length: WARM_UP + DECISIONS }, () => fleet.decideSeconds());
  const firstFit = fleet.firstFit(zone);
  const { seconds: commitSeconds, guests } = fleet.recover();
  fleet.finishStarts();
  return {
    guests,
    decideCpuSeconds: median(decisions.slice(WARM_UP)),
    commitSeconds,
    bytesPerGuest,
    leftBehind: fleet.down(),
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
process.send?.(what === "loss" ? lose(folder) : await steady(folder));
process.disconnect?.();
