// `npm run simulate -- --seeds N [--seed FIRST] [--steps N] [--jobs N] [--only 1,2,5] [--log]`

import { type ChildProcess, fork } from "node:child_process";
import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import "../../src/store/fast-drizzle.ts";

// Not imported above: what makes drizzle load fast must be in place before it is asked for.
const { examine, report, wholeLog } = await import("./report.ts");
const { play, upTo } = await import("./shrink.ts");
const { STEPS } = await import("./simulation.ts");

/** Failures after which there is enough to do. */
const MAX_REPORTS = 10;

interface Order {
  readonly seed: number;
  readonly steps: number;
}
interface Finding {
  readonly seed: number;
  readonly report: string | null;
}

const { values } = parseArgs({
  options: {
    seeds: { type: "string" },
    seed: { type: "string" },
    steps: { type: "string", default: `${STEPS}` },
    jobs: { type: "string", default: `${availableParallelism()}` },
    only: { type: "string" },
    log: { type: "boolean", default: false },
    worker: { type: "boolean", default: false },
  },
});
const steps = Number(values.steps);
const first = Number(values.seed ?? 1);

if (values.worker) work();
else if (values.log || values.only !== undefined) await replay();
else await search(Number(values.seeds ?? (values.seed === undefined ? 100 : 1)));

/** One seed, or what is left of it, in this process. */
async function replay(): Promise<void> {
  const selection =
    values.only === undefined ? upTo(steps) : values.only.split(",").filter(Boolean).map(Number);
  const outcome = await play(first, selection);
  if (values.log) console.log(wholeLog(outcome));
  if (outcome.problems.length > 0) console.log(report(first, selection, outcome));
  else console.log(`Seed ${first}: all is well after ${outcome.events.length} events.`);
  process.exitCode = outcome.problems.length > 0 ? 1 : 0;
}

/** One after the other, as the parent gives them out. */
function work(): void {
  // Interrupted together with the parent, it ends when the parent lets go of it.
  process.on("SIGINT", () => undefined);
  process.on("message", async ({ seed, steps }: Order) => {
    const finding: Finding = { seed, report: await examine(seed, steps) };
    process.send?.(finding);
  });
}

async function search(seeds: number): Promise<void> {
  const startedMs = Date.now();
  const end = first + seeds;
  let next = first;
  let done = 0;
  let failed = 0;
  const workers = Array.from({ length: Math.min(Number(values.jobs), seeds) }, () =>
    fork(fileURLToPath(import.meta.url), ["--worker"]),
  );
  const progress = () => {
    const seconds = (Date.now() - startedMs) / 1000;
    return `${done} of ${seeds} seeds, ${failed} failed, ${seconds.toFixed(0)} s`;
  };
  const give = (worker: ChildProcess) => {
    if (next < end && failed < MAX_REPORTS) worker.send({ seed: next++, steps } satisfies Order);
    else worker.disconnect();
  };
  process.once("SIGINT", () => {
    next = end;
    for (const worker of workers) if (worker.connected) worker.disconnect();
  });
  await Promise.all(
    workers.map((worker) => {
      worker.on("message", (finding: Finding) => {
        done++;
        if (finding.report !== null) {
          failed++;
          console.log(`${process.stdout.isTTY ? "\r\x1b[K" : ""}${finding.report}\n`);
        }
        if (process.stdout.isTTY) process.stdout.write(`\r${progress()}`);
        else if (done % 500 === 0) console.log(progress());
        if (worker.connected) give(worker);
      });
      give(worker);
      return new Promise((resolve) => worker.once("exit", resolve));
    }),
  );
  console.log(`${process.stdout.isTTY ? "\r\x1b[K" : ""}${progress()}`);
  // A worker that died says nothing, and its seed has not passed.
  const isWhole = done === seeds || failed > 0;
  process.exitCode = failed > 0 || !isWhole ? 1 : 0;
}
