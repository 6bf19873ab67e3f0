/**
 * `npm run bench -- [NAME…] [--json] [--rounds N] [--fleet FILE] [--traces FILE]`: measures, and says how each ratio
 * stands to its limit. A limit that is missed is a result, not a failure: only what could not be
 * measured ends with an error.
 */

import { resolve } from "node:path";
import { parseArgs } from "node:util";
import type { Benchmark, Options } from "./harness.ts";
import { Lab } from "./lab.ts";
import { merged, type Report, table, thisMachine } from "./report.ts";

/** Loaded when they are wanted: none waits for what only another one needs. */
const BENCHMARKS: Readonly<Record<string, () => Promise<Benchmark>>> = {
  apply: async () => (await import("./apply.ts")).apply,
  log: async () => (await import("./log.ts")).log,
  start: async () => (await import("./start.ts")).start,
  consolidation: async () => (await import("./consolidation.ts")).consolidation,
  capacity: async () => (await import("./capacity.ts")).capacity,
  failover: async () => (await import("./failover.ts")).failover,
  latency: async () => (await import("./latency.ts")).latency,
  "fan-out": async () => (await import("./fan-out.ts")).fanOut,
  queries: async () => (await import("./queries.ts")).queries,
  "load-balancing": async () => (await import("./load-balancing.ts")).loadBalancing,
  balancing: async () => (await import("./balancing.ts")).balancing,
  scaling: async () => (await import("./scaling.ts")).scaling,
  replay: async () => (await import("./replay.ts")).replay,
};

/** None of them takes nearly as long, unless something hangs. */
const DEADLINE_MS = 600_000;

const USAGE = `Usage: npm run bench -- [NAME…] [--json] [--rounds N] [--fleet FILE] [--traces FILE]

Benchmarks: ${Object.keys(BENCHMARKS).join(", ")} (all of them when none is named)
  --json        the result as one JSON object in the last line
  --rounds N    repetitions whose median counts (default: 5)
  --fleet FILE  a fleet document to use instead of the generated one
  --traces FILE recorded demand for consolidation: CSV, a row for each guest, percent each five minutes`;

class UsageError extends Error {}

interface Arguments {
  readonly names: readonly string[];
  readonly json: boolean;
  readonly options: Options;
}

function readArguments(): Arguments | null {
  const { values, positionals } = parse();
  if (values.help) return null;
  const unknown = positionals.filter((name) => !Object.hasOwn(BENCHMARKS, name));
  if (unknown.length > 0)
    throw new UsageError(
      `There is no benchmark '${unknown.join("', '")}'. There are ${Object.keys(BENCHMARKS).join(", ")}.`,
    );
  const rounds = Number(values.rounds ?? 5);
  if (!Number.isInteger(rounds) || rounds < 1 || rounds > 100)
    throw new UsageError(`--rounds ${values.rounds} is not a whole number from 1 to 100.`);
  const isReplayed = values.traces !== undefined;
  if (!isReplayed && positionals.includes("consolidation"))
    throw new UsageError("consolidation replays recorded demand: name it with --traces FILE.csv.");
  const all = Object.keys(BENCHMARKS).filter((name) => isReplayed || name !== "consolidation");
  const names = positionals.length > 0 ? [...new Set(positionals)] : all;
  const fleetFile = values.fleet === undefined ? null : resolve(values.fleet);
  const tracesFile = isReplayed ? resolve(values.traces ?? "") : null;
  return { names, json: values.json ?? false, options: { fleetFile, tracesFile, rounds } };
}

function parse() {
  try {
    return parseArgs({
      allowPositionals: true,
      options: {
        json: { type: "boolean" },
        help: { type: "boolean", short: "h" },
        rounds: { type: "string" },
        fleet: { type: "string" },
        traces: { type: "string" },
      },
    });
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

async function measure(name: string, options: Options, lab: Lab): Promise<Report> {
  console.error(name);
  const load = BENCHMARKS[name] as () => Promise<Benchmark>;
  const benchmark = await load();
  const deadline = Promise.withResolvers<never>();
  const timer = setTimeout(
    () => deadline.reject(new Error(`${name} has taken more than ${DEADLINE_MS / 1_000} s`)),
    DEADLINE_MS,
  );
  const measured = await Promise.race([benchmark.run(lab, options), deadline.promise]);
  clearTimeout(timer);
  const report = { name, ...measured, machine: thisMachine() };
  console.log(table(report, benchmark.about));
  return report;
}

async function main(): Promise<number> {
  const wanted = readArguments();
  if (!wanted) {
    console.log(USAGE);
    return 0;
  }
  using lab = new Lab();
  for (const signal of ["SIGINT", "SIGTERM"] as const)
    process.once(signal, () => {
      lab[Symbol.dispose]();
      process.exit(signal === "SIGINT" ? 130 : 143);
    });
  const reports: Report[] = [];
  for (const name of wanted.names) reports.push(await measure(name, wanted.options, lab));
  const { cpu, cores, memoryGiB, node, system, loadBefore } = thisMachine();
  console.log(
    `\n${cpu}, ${cores} cores, ${memoryGiB} GiB, Node ${node}, ${system}, load before ${loadBefore}`,
  );
  if (wanted.json)
    console.log(JSON.stringify(reports.length === 1 ? reports[0] : merged(reports, thisMachine())));
  return 0;
}

try {
  // Ends what a deadline has left hanging, too.
  process.exit(await main());
} catch (error) {
  console.error(error instanceof UsageError ? `${error.message}\n\n${USAGE}` : error);
  process.exit(error instanceof UsageError ? 2 : 1);
}
