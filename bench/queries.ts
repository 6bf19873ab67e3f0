/**
 * How many queries a second are answered over HTTP: a page of 50 guests with their flavors, hosts and
 * zones, asked for again and again by 32 connections.
 *
 * The real server reads a real fleet of 4,998 guests. `still`: nothing happens meanwhile, so that a reply
 * is good until the end. `moving`: ten events a second are added to the log, each of which makes all
 * replies anew. `uncached`: the server keeps no replies. Next to it Mercurius (with graphql 16), with and
 * without graphql-jit, is asked the same; it has the guests in memory, with every field as it is sent. That
 * all of them tell the same is checked first.
 *
 * Each server is a process of its own on loopback, and so is the client, which writes a request that lies
 * ready and counts the bytes of the answer. Rounds alternate; the first one warms the code and doesn't count.
 */

import { type ChildProcess, execFileSync } from "node:child_process";
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { readFleet, writeFleet } from "./fleet.ts";
import { startFleet } from "./fleet-life.ts";
import { type Benchmark, type Measured, median, type Options } from "./harness.ts";
import { answerOf, ended, type Lab } from "./lab.ts";
import type { Ask, Asked } from "./request-loop.ts";
import { listening, serve } from "./served.ts";

const GUESTS = 50;
const CONNECTIONS = 32;
/** A round of each. */
const SECONDS = 3;
const EVENTS_A_SECOND = 10;

const QUERY = `query ($first: Int) {
  guests(first: $first) {
    totalCount
    nodes {
      id name status desired createdAt
      flavor { id name }
      resources { cpuCores memoryMiB storageGiB }
      host { id name }
      zone { id name }
    }
  }
}`;

/** Leaves one event in the log: that it was refused, since the guest runs already. */
const HAPPENS = "mutation ($id: ID!) { startGuest(input: { guestId: $id }) { __typename } }";

const LIMITS = {
  stillToMercurius: { atLeast: 1 },
  stillToJit: { atLeast: 0.5 },
  movingToMercurius: { atLeast: 1 },
  movingToJit: { atLeast: 0.5 },
} as const;

/** Nobody is held up by what one principal may ask. */
const NO_RATE = { OPERATIONS_PER_SECOND: "1000000000", OPERATIONS_BURST: "1000000000" };

type Contestant = "still" | "moving" | "uncached" | "mercurius" | "jit";

export const queries: Benchmark = {
  about: "50 guests over HTTP, next to Mercurius with and without graphql-jit",
  run: measure,
};

async function measure(lab: Lab, { fleetFile, rounds }: Options): Promise<Measured> {
  installPeer(lab);
  lab.progress("starting a fleet");
  const dataDir = lab.folder();
  const uncachedDir = lab.folder();
  const spec = readFleet(fleetFile ?? writeFleet(lab.folder()));
  for (const folder of [dataDir, uncachedDir]) await startFleet(folder, spec);
  const cached = serve(lab, dataDir, NO_RATE);
  const uncached = serve(lab, uncachedDir, { ...NO_RATE, REPLY_CACHE_BYTES: "0" });
  const port = await portOf(cached);
  const guests = await page(port, 100);
  const file = join(lab.folder(), "guests.json");
  writeFileSync(file, JSON.stringify(guests));
  const peer = (...mode: string[]) => lab.fork("peers/mercurius/server.js", [file, ...mode]);
  const [mercurius, jit] = [peer(), peer("jit")];
  const client = lab.fork("request-loop.ts");
  await answerOf(client);
  const ports: Readonly<Record<Contestant, number>> = {
    still: port,
    moving: port,
    uncached: await portOf(uncached),
    mercurius: await answerOf<number>(mercurius),
    jit: await answerOf<number>(jit),
  };
  await checkSame(ports);
  const rates = await race(lab, client, { ports, rounds });
  await Promise.all([cached, uncached, mercurius, jit, client].map((child) => ended(child)));
  return judged(rates);
}

/** Its packages are not among ours. */
function installPeer(lab: Lab): void {
  const cwd = join(import.meta.dirname, "peers/mercurius");
  if (existsSync(join(cwd, "node_modules/.package-lock.json"))) return;
  lab.progress("installing mercurius");
  const quiet = ["--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"];
  execFileSync("npm", ["ci", ...quiet], { cwd, stdio: ["ignore", 2, 2] });
}

async function portOf(server: ChildProcess): Promise<number> {
  return Number(new URL((await listening(server)).origin).port);
}

interface Page {
  readonly totalCount: number;
  readonly nodes: readonly { readonly id: string }[];
}

async function post<Data>(port: number, query: string, variables: object): Promise<Data> {
  const response = await fetch(`http://127.0.0.1:${port}/graphql`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ query, variables }),
  });
  const { data, errors } = (await response.json()) as { data: Data; errors?: unknown };
  if (errors) throw new Error(JSON.stringify(errors));
  return data;
}

async function page(port: number, first: number): Promise<Page> {
  return (await post<{ guests: Page }>(port, QUERY, { first })).guests;
}

async function checkSame(ports: Readonly<Record<Contestant, number>>): Promise<void> {
  const told = await page(ports.still, GUESTS);
  if (told.nodes.length !== GUESTS) throw new Error(`A page has ${told.nodes.length} guests`);
  for (const [name, port] of Object.entries(ports))
    if (!isDeepStrictEqual(await page(port, GUESTS), told))
      throw new Error(`${name} tells something else than the server`);
}

type Rates = Readonly<Record<Contestant, number[]>>;

interface Race {
  readonly ports: Readonly<Record<Contestant, number>>;
  readonly rounds: number;
}

async function race(lab: Lab, client: ChildProcess, { ports, rounds }: Race): Promise<Rates> {
  const rates: Rates = { still: [], moving: [], uncached: [], mercurius: [], jit: [] };
  for (let round = 0; round <= rounds; round++) {
    lab.progress(round === 0 ? "warming up" : `round ${round} of ${rounds}`);
    for (const [name, port] of Object.entries(ports) as [Contestant, number][]) {
      using _events = name === "moving" ? await happening(port) : null;
      const rate = await answersPerSecond(client, port);
      if (round > 0) rates[name].push(rate);
    }
  }
  return rates;
}

async function answersPerSecond(client: ChildProcess, port: number): Promise<number> {
  const body = JSON.stringify({ query: QUERY, variables: { first: GUESTS } });
  client.send({ port, body, connections: CONNECTIONS, seconds: SECONDS } satisfies Ask);
  const { answers, seconds } = await answerOf<Asked>(client);
  return answers / seconds;
}

/** Events come evenly until it is disposed of. */
async function happening(port: number): Promise<Disposable> {
  const [guest] = (await page(port, 1)).nodes;
  const happens = () => post(port, HAPPENS, { id: guest?.id }).catch(console.error);
  const timer = setInterval(happens, 1_000 / EVENTS_A_SECOND);
  return { [Symbol.dispose]: () => clearInterval(timer) };
}

function judged(rates: Rates): Measured {
  const rate = (name: Contestant) => median(rates[name]);
  const toPeers = (name: "still" | "moving" | "uncached") => ({
    [`${name}ToMercurius`]: rate(name) / rate("mercurius"),
    [`${name}ToJit`]: rate(name) / rate("jit"),
  });
  return {
    figures: {
      stillPerSecond: rate("still"),
      movingPerSecond: rate("moving"),
      uncachedPerSecond: rate("uncached"),
    },
    peers: {
      mercurius: { perSecond: rate("mercurius") },
      jit: { perSecond: rate("jit") },
    },
    ratios: { ...toPeers("still"), ...toPeers("moving"), ...toPeers("uncached") },
    limits: LIMITS,
  };
}
