/**
 * One process of the benchmark `apply`: reads the fleet document named by its argument and applies it
 * twice, to two empty data directories. What it measured goes to its parent as a message.
 */

import type { FleetSpec } from "../src/model/fleet.ts";
import type { Runtime } from "../src/runtime/ports.ts";
import { readFleet } from "./fleet.ts";
import { openRuntime, order } from "./fleet-life.ts";
import { cpuSeconds } from "./harness.ts";

export interface Round {
  readonly parseCpuSeconds: number;
  /** In a process that has never done it before, and in one that has. */
  readonly cold: Applied;
  readonly warm: Applied;
}

export interface Applied {
  readonly cpuSeconds: number;
  readonly wallSeconds: number;
  readonly events: number;
  readonly guests: number;
}

/** How often it is looked whether all is done; looking costs well under a millisecond. */
const LOOK_MS = 5;
const PATIENCE_MS = 60_000;

const [fleetFile = "", coldDir = "", warmDir = ""] = process.argv.slice(2);

/** From the command until every guest's GuestPlaced is on disk, which takes no move of the clock. */
async function applied(dataDir: string, spec: FleetSpec): Promise<Applied> {
  const runtime = await openRuntime(dataDir);
  const startCpu = cpuSeconds();
  const startMs = performance.now();
  await order(runtime, { kind: "APPLY_FLEET", spec, dryRun: false, prune: false });
  await allPlaced(runtime, spec.guests.length);
  const wallSeconds = (performance.now() - startMs) / 1_000;
  const cpu = cpuSeconds() - startCpu;
  const events = runtime.feed.head();
  await runtime.close();
  return { cpuSeconds: cpu, wallSeconds, events, guests: spec.guests.length };
}

async function allPlaced(runtime: Runtime, guests: number): Promise<void> {
  const { feed, queries } = runtime;
  const endMs = performance.now() + PATIENCE_MS;
  let seen = 0;
  while (performance.now() < endMs) {
    const head = feed.head();
    if (head !== seen && placed() === guests) return;
    seen = head;
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
  throw new Error(`Only ${placed()} of ${guests} guests have a place`);

  function placed(): number {
    return queries.reader.countEvents({ kinds: ["GuestPlaced"] });
  }
}

const beforeCpu = cpuSeconds();
const spec = readFleet(fleetFile);
const parseCpuSeconds = cpuSeconds() - beforeCpu;
const round: Round = {
  parseCpuSeconds,
  cold: await applied(coldDir, spec),
  warm: await applied(warmDir, spec),
};
process.send?.(round);
process.disconnect?.();
