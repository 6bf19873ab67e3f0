// `npm run fuzz -- [--inputs N] [--seed S] [--only INDEX]`

import { parseArgs } from "node:util";
import { startTestServer } from "../api/harness.ts";
import { fuzz, MAX_GROWTH_BYTES, usedBytes } from "./fuzzer.ts";

const ROUNDS = 20;
/** They fill what is kept of documents and compiled code. */
const WARM_UP_INPUTS = 1_000;

const { values } = parseArgs({
  options: {
    inputs: { type: "string", default: "20000" },
    seed: { type: "string", default: "1" },
    only: { type: "string" },
  },
});
const seed = Number(values.seed);
const inputs = values.only === undefined ? Number(values.inputs) : 1;
const first = Number(values.only ?? 0);
const size = Math.ceil(inputs / ROUNDS);

const server = await startTestServer({}, true);
let problems = 0;
let before = 0;
let growth = 0;
for (let at = first; at < first + inputs; at += size) {
  const found = await fuzz(server, {
    seed,
    first: at,
    inputs: Math.min(size, first + inputs - at),
  });
  for (const problem of found) console.log(`${problem}\n`);
  problems += found.length;
  const used = usedBytes();
  if (at < first + WARM_UP_INPUTS) before = used;
  growth = used - before;
  console.log(
    `${at + size - first} inputs, ${problems} problems, ${(used / 2 ** 20).toFixed(1)} MiB in use`,
  );
}
const isAlive = (await server.head()).length > 0;
await server.close();
if (growth > MAX_GROWTH_BYTES) console.log(`The heap has grown by ${growth} bytes.`);
process.exitCode = problems > 0 || growth > MAX_GROWTH_BYTES || !isAlive ? 1 : 0;
