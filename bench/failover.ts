/**
 * What the loss of a zone costs in a fleet of 10,000 hosts and 100,000 guests that is nearly full,
 * and what it costs to watch that fleet while nothing happens.
 *
 * The decision is the TICK that finds 2,500 hosts proven dead: all their guests are lost, and every
 * one of them is given a place, with the facts of it and why. A guest whose host boots as many as it
 * may is given its turn later. It is repeated on the same state, taken back each time, which is not
 * counted; CPU is that of the whole process, on code that is warm. Committing is writing the same
 * facts with their rows to the real store on disk, in one transaction.
 *
 * The peer goes through the hosts in order of id for each guest, in order of priority, and takes the
 * first one to which the engine's own filters have no objection. It is compared with the whole
 * decision, facts, causes and turns included, and with as much of it as the peer does: `choose` puts
 * the guests in order, finds each a host and takes its room.
 *
 * The watch is the real runtime by the real clock: heartbeats of every host each second, a sample of
 * every guest each ten, telemetry written to disk.
 */

import type { Loss, Steady } from "./failover-round.ts";
import { type Benchmark, type Measured, median, type Options } from "./harness.ts";
import { answerOf, ended, type Lab } from "./lab.ts";

const DECIDE_LIMIT_SECONDS = 1;
const COMMIT_LIMIT_SECONDS = 5;
const FIRST_FIT_TIMES = 20;
const CORE_LIMIT = 0.2;
const BYTES_LIMIT = 2_048;
/** A process brings the whole fleet to life first. */
const ANSWER_MS = 240_000;

export const failover: Benchmark = {
  about: "losing one of four zones of 10,000 hosts and 100,000 guests",
  run: measure,
};

async function measure(lab: Lab, { rounds }: Options): Promise<Measured> {
  const losses: Loss[] = [];
  // Each decides several times; what differs between processes is the disk and the compiler.
  for (let round = 1; round <= Math.min(rounds, 3); round++) {
    lab.progress(`failover, process ${round}`);
    losses.push(await inProcess<Loss>(lab, "loss"));
  }
  const bytesPerGuest = await inProcess<number>(lab, "memory");
  lab.progress("the same fleet by the real clock, 60 s");
  const steady = await inProcess<Steady>(lab, "steady");
  const of = (figure: (loss: Loss) => number) => median(losses.map(figure));
  const decideCpuSeconds = of((loss) => loss.decideCpuSeconds);
  const firstFitCpuSeconds = of((loss) => loss.firstFit.cpuSeconds);
  const chooseCpuSeconds = of((loss) => loss.bestFit.cpuSeconds);
  const commitSeconds = of((loss) => loss.commitSeconds);
  const leftBehind = of((loss) => loss.leftBehind);
  const firstFitLeftBehind = of((loss) => loss.firstFit.leftBehind);
  const steadyShareOfCore = steady.cpuSeconds / steady.seconds;
  return {
    figures: {
      guestsLost: of((loss) => loss.guests),
      decideCpuSeconds,
      chooseCpuSeconds,
      commitSeconds,
      leftBehind,
      bytesPerGuest,
      steadyShareOfCore,
      steadyHostsUp: steady.hostsUp,
    },
    peers: { firstFit: { cpuSeconds: firstFitCpuSeconds, leftBehind: firstFitLeftBehind } },
    ratios: {
      decideToLimit: decideCpuSeconds / DECIDE_LIMIT_SECONDS,
      commitToLimit: commitSeconds / COMMIT_LIMIT_SECONDS,
      firstFitToDecide: firstFitCpuSeconds / decideCpuSeconds,
      firstFitToChoose: firstFitCpuSeconds / chooseCpuSeconds,
      leftBehindToFirstFit: leftBehind / Math.max(1, firstFitLeftBehind),
      steadyShareToLimit: steadyShareOfCore / CORE_LIMIT,
      bytesToLimit: bytesPerGuest / BYTES_LIMIT,
    },
    limits: {
      decideToLimit: { atMost: 1 },
      commitToLimit: { atMost: 1 },
      firstFitToDecide: { atLeast: FIRST_FIT_TIMES },
      firstFitToChoose: { atLeast: FIRST_FIT_TIMES },
      leftBehindToFirstFit: { atMost: 0.999 },
      steadyShareToLimit: { atMost: 1 },
      bytesToLimit: { atMost: 1 },
    },
  };
}

async function inProcess<Answer>(lab: Lab, what: string): Promise<Answer> {
  const child = lab.fork("failover-round.ts", [what, lab.folder()]);
  const answer = await answerOf<Answer>(child, ANSWER_MS);
  await ended(child);
  return answer;
}
