/**
 * How much CPU it takes to apply the fleet of 1,710 hosts and 4,998 guests, and how fast guests find
 * their places.
 *
 * Applying goes through the real runtime with its real store on disk, `synchronous = FULL`, its clock
 * standing still: from the command until every guest's place is committed. CPU is that of the whole
 * process, with the threads that collect garbage and compile. Each round is a new process, as a fleet
 * is applied to a server that has just been started; what the same costs once the code is warm is
 * told beside it. Reading the document and its traces comes before and is a figure of its own.
 *
 * Placement is measured twice on the engine alone. The pass is one decision that finds all guests
 * waiting and makes the events of it, each folded into the state; the loop only chooses and takes the
 * room. Both serve a process that runs for long, so a first round warms the code and doesn't count.
 */

import type { Round } from "./apply-round.ts";
import { readFleet, writeFleet } from "./fleet.ts";
import { type Benchmark, collectGarbage, type Measured, median, type Options } from "./harness.ts";
import { answerOf, ended, type Lab } from "./lab.ts";
import { placementLoop, placementPass, waitingFleet } from "./placement.ts";

const CPU_LIMIT_SECONDS = 2;
const PLACEMENT_LIMIT_PER_SECOND = 20_000;

export const apply: Benchmark = {
  about: "applying a fleet of 1,710 hosts and 4,998 guests",
  run: measure,
};

async function measure(lab: Lab, { fleetFile, rounds }: Options): Promise<Measured> {
  const file = fleetFile ?? writeFleet(lab.folder());
  const results: Round[] = [];
  for (let round = 1; round <= rounds; round++) {
    lab.progress(`apply, process ${round} of ${rounds}`);
    const child = lab.fork("apply-round.ts", [file, lab.folder(), lab.folder()]);
    results.push(await answerOf<Round>(child));
    // The next one shall have the machine to itself.
    await ended(child);
  }
  lab.progress("placement alone");
  const placement = measurePlacement(file, rounds);
  const of = (figure: (round: Round) => number) => median(results.map(figure));
  const cpuSeconds = of(({ cold }) => cold.cpuSeconds);
  const { events, guests } = (results[0] as Round).cold;
  return {
    figures: {
      guests,
      events,
      parseCpuSeconds: of(({ parseCpuSeconds }) => parseCpuSeconds),
      cpuSeconds,
      wallSeconds: of(({ cold }) => cold.wallSeconds),
      warmCpuSeconds: of(({ warm }) => warm.cpuSeconds),
      ...placement,
    },
    peers: {},
    ratios: {
      cpuToLimit: cpuSeconds / CPU_LIMIT_SECONDS,
      placementPassToLimit: placement.placementPassPerSecond / PLACEMENT_LIMIT_PER_SECOND,
      placementLoopToLimit: placement.placementLoopPerSecond / PLACEMENT_LIMIT_PER_SECOND,
    },
    limits: {
      cpuToLimit: { atMost: 1 },
      placementPassToLimit: { atLeast: 1 },
      placementLoopToLimit: { atLeast: 1 },
    },
  };
}

function measurePlacement(file: string, rounds: number) {
  const state = waitingFleet(readFleet(file));
  const passes: number[] = [];
  const loops: number[] = [];
  for (let round = 0; round <= rounds; round++) {
    collectGarbage();
    passes.push(placementPass(state));
    collectGarbage();
    loops.push(placementLoop(state));
  }
  return {
    placementPassPerSecond: median(passes.slice(1)),
    placementLoopPerSecond: median(loops.slice(1)),
    placementPassPerSecondCold: passes[0] as number,
  };
}
