/**
 * How long `capacityReport` takes for every host and for every zone of the fleet of 1,710 hosts, asked
 * over HTTP of the real server (`node src/main.ts`) with all 4,998 guests running.
 *
 * The time is that of the whole answer, with the names of all guests that would be left behind and
 * why. The first report after the start of a server also makes the replica that it is simulated on,
 * with code that was never run: it is told as `cold…`. While the reports are made, the server is asked
 * again and again whether it is ready; the longest that it took to say so is `longestStallMs`.
 */

import { readFleet, writeFleet } from "./fleet.ts";
import { startFleet } from "./fleet-life.ts";
import { type Benchmark, type Measured, median, type Options } from "./harness.ts";
import { ended, type Lab } from "./lab.ts";
import { listening, serve } from "./served.ts";

const ZONES_LIMIT_SECONDS = 1;
const HOSTS_LIMIT_SECONDS = 10;
/** Between two questions whether it is ready. */
const PULSE_MS = 5;

const QUERY = `query ($losing: FailureDomain!) {
  capacityReport(losing: $losing) {
    guestsAtRisk
    losses { guestsAffected leftBehind { guest { name } reasons { code message } } }
  }
}`;

interface Report {
  readonly guestsAtRisk: number;
  readonly losses: readonly { readonly guestsAffected: number }[];
}

interface Asked {
  readonly seconds: number;
  readonly report: Report;
}

export const capacity: Benchmark = {
  about:
    "what any loss would leave behind, of all hosts and of all zones of a fleet of 1,710 hosts",
  run: measure,
};

async function measure(lab: Lab, { fleetFile, rounds }: Options): Promise<Measured> {
  lab.progress("starting the fleet");
  const dataDir = lab.folder();
  const spec = readFleet(fleetFile ?? writeFleet(lab.folder()));
  await startFleet(dataDir, spec);
  const server = serve(lab, dataDir);
  const { origin } = await listening(server);
  const asked: Record<"ZONE" | "HOST", Asked[]> = { ZONE: [], HOST: [] };
  const pulse = new Pulse(origin);
  for (let round = 0; round <= rounds; round++) {
    lab.progress(round === 0 ? "the first report" : `round ${round} of ${rounds}`);
    for (const losing of ["ZONE", "HOST"] as const) asked[losing].push(await ask(origin, losing));
  }
  const longestStallMs = await pulse.stop();
  await ended(server);
  const of = (losing: "ZONE" | "HOST") =>
    median(asked[losing].slice(1).map(({ seconds }) => seconds));
  const affected = asked.ZONE[0]?.report.losses.reduce((sum, loss) => sum + loss.guestsAffected, 0);
  if (affected !== spec.guests.length)
    throw new Error(`The zones' losses concern ${affected} of ${spec.guests.length} guests`);
  return {
    figures: {
      zonesSeconds: of("ZONE"),
      hostsSeconds: of("HOST"),
      coldZonesSeconds: asked.ZONE[0]?.seconds ?? 0,
      coldHostsSeconds: asked.HOST[0]?.seconds ?? 0,
      hostsExamined: asked.HOST[0]?.report.losses.length ?? 0,
      guestsAtRiskByZone: asked.ZONE[0]?.report.guestsAtRisk ?? 0,
      longestStallMs,
    },
    peers: {},
    ratios: {
      zonesToLimit: of("ZONE") / ZONES_LIMIT_SECONDS,
      hostsToLimit: of("HOST") / HOSTS_LIMIT_SECONDS,
    },
    limits: { zonesToLimit: { atMost: 1 }, hostsToLimit: { atMost: 1 } },
  };
}

async function ask(origin: string, losing: string): Promise<Asked> {
  const startMs = performance.now();
  const response = await fetch(`${origin}/graphql`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ query: QUERY, variables: { losing } }),
  });
  const { data, errors } = (await response.json()) as {
    data?: { capacityReport: Report };
    errors?: unknown;
  };
  if (!data) throw new Error(JSON.stringify(errors));
  return { seconds: (performance.now() - startMs) / 1_000, report: data.capacityReport };
}

/** Asks a server whether it is ready until it is told to stop, and remembers the longest answer. */
class Pulse {
  #longestMs = 0;
  #isOver = false;
  readonly #beating: Promise<void>;

  constructor(origin: string) {
    this.#beating = this.#beat(origin);
  }

  async stop(): Promise<number> {
    this.#isOver = true;
    await this.#beating;
    return this.#longestMs;
  }

  async #beat(origin: string): Promise<void> {
    while (!this.#isOver) {
      const startMs = performance.now();
      await (await fetch(`${origin}/health/ready`)).text();
      this.#longestMs = Math.max(this.#longestMs, performance.now() - startMs);
      await new Promise((resolve) => setTimeout(resolve, PULSE_MS));
    }
  }
}
