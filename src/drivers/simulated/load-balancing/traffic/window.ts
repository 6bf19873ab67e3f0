import type { BalancingAlgorithm } from "../../../../model/statuses.ts";
import { ALGORITHMS, type Arrival, type Candidate } from "../algorithms/choose.ts";
import { hashOf, lotOf } from "../algorithms/lots.ts";
import { Finishes } from "./heap.ts";

/** A target as its requests find it. */
export interface Server {
  readonly id: number;
  readonly share: number;
  readonly zoneId: number;
  /** Requests that it works on at once. */
  readonly cores: number;
  /** CPU milliseconds that each core does in a millisecond. */
  readonly speed: number;
  /** It answers; else whoever is sent there gets an error. */
  readonly answers: boolean;
}

export interface Question {
  readonly algorithm: BalancingAlgorithm;
  readonly isSticky: boolean;
  readonly crossZone: boolean;
  readonly requestsPerSecond: number;
  /** On average; single requests cost more or less. */
  readonly cpuMilliseconds: number;
  readonly clients: number;
  /** How many requests are looked at. */
  readonly requests: number;
  /** Draws other lots each time. */
  readonly salt: number;
}

/** What became of the requests of one target. */
export interface Served {
  requests: number;
  errors: number;
  /** Of those that were answered, in ms. */
  readonly latencies: number[];
  /** Summed over arrivals, for the average. */
  outstanding: number;
}

/**
 * Some requests of the many that come in a while, one after the other through the algorithm itself: each
 * goes to a target, waits there for a core, and is worked on. The first half lets queues build up and is not
 * counted. The same for the same question.
 */
export function playWindow(servers: readonly Server[], question: Question): Map<number, Served> {
  const finishes = new Finishes();
  const busy = servers.map(
    (server): Busy => ({
      server,
      served: nothingYet(),
      outstanding: 0,
      freeAt: freeCores(server),
    }),
  );
  const apartMs = 1000 / question.requestsPerSecond;
  const warmUp = Math.floor(question.requests / 2);
  for (let nth = 0; nth < question.requests; nth++) {
    const nowMs = (nth + lotOf(question.salt, nth, 1)) * apartMs;
    for (let done = finishes.take(nowMs); done !== null; done = finishes.take(nowMs))
      (busy[done] as Busy).outstanding--;
    const counts = nth >= warmUp;
    if (counts) for (const each of busy) each.served.outstanding += each.outstanding;
    const client = hashOf(question.salt, nth, 2) % question.clients;
    const index = chooseFrom(busy, question, { nth: nth + (question.salt & 0xffff), client });
    const costMs = -Math.log(lotOf(question.salt, nth, 3)) * question.cpuMilliseconds;
    const finishedMs = take(busy[index] as Busy, nowMs, costMs, counts);
    if (finishedMs !== null) finishes.push(finishedMs, index);
  }
  return new Map(busy.map(({ server, served }) => [server.id, served]));
}

/** Gives when it is finished; null for an error, which is told at once. */
function take(chosen: Busy, nowMs: number, costMs: number, counts: boolean): number | null {
  const { server, served } = chosen;
  if (counts) served.requests++;
  if (!server.answers) {
    if (counts) served.errors++;
    return null;
  }
  const finishedMs = serve(chosen, nowMs, costMs);
  chosen.outstanding++;
  if (counts) served.latencies.push(finishedMs - nowMs);
  return finishedMs;
}

interface Busy {
  readonly server: Server;
  readonly served: Served;
  outstanding: number;
  /** When each core has done what it was given. */
  readonly freeAt: number[];
}

function nothingYet(): Served {
  return { requests: 0, errors: 0, latencies: [], outstanding: 0 };
}

function freeCores({ cores }: Server): number[] {
  return new Array<number>(Math.max(1, Math.round(cores))).fill(0);
}

/** By the core that is free first. Gives when it is finished. */
function serve({ server, freeAt }: Busy, nowMs: number, costMs: number): number {
  let first = 0;
  for (const [core, atMs] of freeAt.entries()) if (atMs < (freeAt[first] as number)) first = core;
  const finishedMs = Math.max(nowMs, freeAt[first] as number) + costMs / server.speed;
  freeAt[first] = finishedMs;
  return finishedMs;
}

function chooseFrom(busy: readonly Busy[], question: Question, arrival: Arrival): number {
  // Whoever was here before goes where it was, and a hash says where without anybody having to remember.
  const choose = ALGORITHMS[question.isSticky ? "SOURCE_HASH" : question.algorithm];
  const near = question.crossZone ? null : inZoneOf(busy, arrival.client);
  if (near === null) return choose(busy.map(toCandidate), arrival);
  const chosen = choose(
    near.map((index) => toCandidate(busy[index] as Busy)),
    arrival,
  );
  return near[chosen] as number;
}

function toCandidate({ server: { id, share }, outstanding }: Busy): Candidate {
  return { id, share, outstanding };
}

/** Clients come in where they are. */
function inZoneOf(busy: readonly Busy[], client: number): number[] {
  const zones = [...new Set(busy.map(({ server }) => server.zoneId))];
  const zone = zones[hashOf(client, 7) % zones.length];
  return [...busy.keys()].filter((index) => (busy[index] as Busy).server.zoneId === zone);
}
