/**
 * Balancing and power management of a large fleet, on the engine's own state, in the simulated world,
 * without disk and threads. 50,000 guests are spread over 10,000 hosts, most of which nobody needs: every
 * five minutes a round looks at all of them. The CPU of the longest decision counts, since whatever else
 * there is to decide, a failover too, waits for it.
 */

import { parseFleetDocument } from "../src/fleet/parse.ts";
import type { FleetSpec } from "../src/model/fleet.ts";
import { EngineWorld } from "./engine-world.ts";
import type { Benchmark, Measured } from "./harness.ts";
import type { Lab } from "./lab.ts";

const START_MS = Date.UTC(2026, 0, 1);
const HOSTS = 10_000;
const GUESTS = 50_000;
const ZONES = ["a", "b", "c", "d"];
const ROUND_SECONDS = 300;
const ROUNDS = 5;
const DECISION_LIMIT_SECONDS = 1;

export const balancing: Benchmark = {
  about: `the longest decision while ${HOSTS} hosts are balanced and the idle ones put in standby`,
  run: measure,
};

async function measure(lab: Lab): Promise<Measured> {
  lab.progress(`${GUESTS} guests start`);
  const world = new EngineWorld(START_MS, fleet());
  world.advance(ROUND_SECONDS - 1);
  world.longestDecisionSeconds = 0;
  for (let round = 1; round <= ROUNDS; round++) {
    lab.progress(`round ${round} of ${ROUNDS}`);
    world.advance(ROUND_SECONDS);
  }
  const { longestDecisionSeconds } = world;
  return {
    figures: {
      longestDecisionSeconds,
      migrations: world.of("GuestMigrated").length,
      standbyHosts: world.state.indexes.standby.size,
    },
    peers: {},
    ratios: { longestDecision: longestDecisionSeconds / DECISION_LIMIT_SECONDS },
    limits: { longestDecision: { atMost: 1 } },
  };
}

function fleet(): FleetSpec {
  const host = { cpuCores: 32, memoryMiB: 131_072, storageGiB: 4_000 };
  const count = HOSTS / ZONES.length;
  const zones = ZONES.map((name) => ({
    name,
    dataCenters: [{ name: `dc-${name}`, hosts: [{ name, count, ...host }] }],
  }));
  const guests = Array.from({ length: GUESTS }, (_, index) => ({
    name: `guest${index}`,
    flavor: "small",
    image: "linux",
    workload: { kind: "CONSTANT", cpuShare: ((index * 37) % 100) / 100 },
  }));
  const parsed = parseFleetDocument(
    JSON.stringify({
      settings: {
        balancing: "AUTO",
        powerManagement: "AUTO",
        balanceEverySeconds: ROUND_SECONDS,
        cpuAllocationRatio: 2,
        startsPerHost: 100,
      },
      regions: [{ name: "north", zones }],
      flavors: [{ name: "small", cpuCores: 2, memoryMiB: 4_096, storageGiB: 10 }],
      images: [{ name: "linux", bootSeconds: 5 }],
      guests,
    }),
  );
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems[0]));
  return parsed.spec;
}
