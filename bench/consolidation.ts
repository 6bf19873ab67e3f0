/**
 * Beloglazov & Buyya 2012, their setting: 800 hosts, a day of demand of real machines (PlanetLab), samples
 * every five minutes. The engine itself is run (`decide`, with its balancing and power controllers), on a
 * world that does what it orders; it sees what guests ask for now and asked for before.
 *
 * `lrMmt`, `thrMmt` and `dvfs` are CloudSim 3.0.3's figures for the day 2011-03-03; for other days they
 * stand there to compare with, and no limit is told.
 */

import { readFileSync } from "node:fs";
import { actionsFor } from "../src/engine/actions.ts";
import { decide, nextDueAtMs } from "../src/engine/engine.ts";
import type { Input } from "../src/engine/input.ts";
import { State } from "../src/engine/state.ts";
import { parseFleetDocument } from "../src/fleet/parse.ts";
import { parseTrace } from "../src/fleet/trace-file.ts";
import type { Observation } from "../src/model/actions.ts";
import { ENGINE } from "../src/model/actors.ts";
import type { GuestId } from "../src/model/ids.ts";
import { TraceWorld } from "./consolidation-world.ts";
import type { Benchmark, Figures, Measured, Options } from "./harness.ts";
import { secondsOf } from "./harness.ts";
import type { Lab } from "./lab.ts";

const HOSTS = 800;
const INTERVAL_MS = 300_000;
const START_MS = Date.UTC(2011, 2, 3);
/** Hosts are there before their guests, and by then asleep. */
const BEGIN_MS = START_MS - 2 * INTERVAL_MS;
const TYPES = [
  { name: "high-cpu", millicores: 2500, memoryMiB: 870 },
  { name: "extra-large", millicores: 2000, memoryMiB: 1740 },
  { name: "small", millicores: 1000, memoryMiB: 1740 },
  { name: "micro", millicores: 500, memoryMiB: 613 },
] as const;

/** Hosts with even numbers are of the first kind, the others of the second. */
const MACHINES = [
  { cpuCores: 2 * 1.86, powerModel: "hp-proliant-ml110-g4" },
  { cpuCores: 2 * 2.66, powerModel: "hp-proliant-ml110-g5" },
] as const;

/** As the setting has it: memory limits nothing, waking is instant, and no host is up in reserve. */
const SETTINGS = {
  balancing: "AUTO",
  powerManagement: "AUTO",
  balanceEverySeconds: INTERVAL_MS / 1000,
  balanceAtUtilization: 1,
  standbyAfterSeconds: 0,
  standbyHeadroom: 0,
  cpuAllocationRatio: 100,
  memoryAllocationRatio: 100,
  migrationsPerHost: 1000,
  startsPerHost: 1000,
  heartbeatSeconds: INTERVAL_MS / 1000,
  suspectAfterSeconds: 3 * (INTERVAL_MS / 1000),
  fenceAfterSeconds: 4 * (INTERVAL_MS / 1000),
  watchdogSeconds: 4 * (INTERVAL_MS / 1000),
  usageSampleSeconds: INTERVAL_MS / 1000,
  // The network is slow: a migration is not given up before 30 ms a MiB have passed.
  actionTimeoutSeconds: 180,
} as const;

const HOST_DOCUMENT = {
  settings: SETTINGS,
  regions: [
    {
      name: "lab",
      zones: [
        {
          name: "lab-a",
          dataCenters: [
            {
              name: "room",
              hosts: Array.from({ length: HOSTS }, (_, index) => ({
                name: `host-${index}`,
                ...MACHINES[(index % 2) as 0 | 1],
                memoryMiB: 4096,
                storageGiB: 1000,
              })),
            },
          ],
        },
      ],
    },
  ],
  flavors: TYPES.map(({ name, millicores, memoryMiB }) => ({
    name,
    cpuCores: millicores / 1000,
    memoryMiB,
    storageGiB: 0,
  })),
  images: [{ name: "linux" }],
};

const typeOf = (row: number) => TYPES[(row % TYPES.length) as 0 | 1 | 2 | 3];

function guestDocument(guests: number) {
  return {
    guests: Array.from({ length: guests }, (_, row) => ({
      name: `vm-${row}`,
      flavor: typeOf(row).name,
      image: "linux",
    })),
  };
}

/** The engine and the world, joined as the runtime joins them. */
class Replay {
  readonly #state = State.from(null, BEGIN_MS);
  readonly #world = new TraceWorld(BEGIN_MS);
  #nowMs = BEGIN_MS;

  get meters() {
    return this.#world.meters;
  }

  /** What it brings about by itself comes with the next advance. */
  apply(document: object): void {
    const parsed = parseFleetDocument(JSON.stringify(document));
    if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems.slice(0, 3)));
    const command = {
      kind: "APPLY_FLEET",
      spec: parsed.spec,
      dryRun: false,
      prune: false,
    } as const;
    this.#take({ kind: "COMMAND", command, actor: ENGINE });
  }

  #take(input: Input): void {
    const { events, rejection } = decide(this.#state, input, this.#nowMs);
    if (rejection) throw new Error(rejection.message);
    const failed = events.find(({ kind }) => kind === "DecisionFailed");
    if (failed) throw new Error(failed.message);
    this.#state.checkpoint();
    if (input.kind === "COMMAND") this.#world.meet(this.#state);
    this.#world.perform(actionsFor(this.#state, events));
  }

  #see(observation: Observation): void {
    this.#take({ kind: "OBSERVATION", observation, driver: "simulated" });
  }

  /** All that is due at this instant, until nothing is any more. */
  #settle(): void {
    for (;;) {
      const answer = this.#world.answers.shift();
      if (answer) this.#see(answer);
      else if ((nextDueAtMs(this.#state) ?? Number.POSITIVE_INFINITY) <= this.#nowMs)
        this.#take({ kind: "TICK" });
      else return;
    }
  }

  advanceTo(atMs: number): void {
    for (;;) {
      const dueMs = nextDueAtMs(this.#state) ?? Number.POSITIVE_INFINITY;
      const firstMs = Math.min(this.#world.nextMs ?? Number.POSITIVE_INFINITY, dueMs, atMs);
      const nextMs = Math.max(firstMs, this.#nowMs);
      this.#nowMs = nextMs;
      this.#world.advanceTo(nextMs);
      if (nextMs === atMs) return;
      this.#settle();
    }
  }

  /** An interval begins: guests ask for so much from now on, which is seen, and what is due is decided. */
  ask(demandOf: (row: number) => number): void {
    const guests = this.#state.tables.Guest.sorted();
    const demands = new Map(guests.map(({ id, name }) => [id, demandOf(rowOf(name))] as const));
    this.#world.ask(demands);
    this.#see({ kind: "HEARTBEATS", hostIds: this.#world.hostsOn });
    this.#see({
      kind: "USAGE",
      guests: guests.map(({ id: guestId, hostId, resources }) => {
        const demand = demands.get(guestId as GuestId) ?? 0;
        return {
          guestId,
          hostId: hostId ?? (0 as never),
          cpuMillicores: demand,
          memoryMiB: resources.memoryMiB,
          cpuDemandMillicores: demand,
          cpuStolenMillicores: 0,
        };
      }),
    });
    this.#settle();
  }

  get hostsOn(): number {
    return this.#world.hostsOn.length;
  }

  guestsRunning(): number {
    return this.#state.tables.Guest.sorted().filter(({ hostId }) => hostId !== null).length;
  }
}

const rowOf = (name: string) => Number(name.slice("vm-".length));

/** CloudSim 3.0.3 on the same setting and the day 2011-03-03. */
const CLOUDSIM: Readonly<Record<string, Figures>> = {
  lrMmt: { energyKwh: 167.83, migrations: 27_649, slatahPercent: 5.72, pdmPercent: 0.08 },
  thrMmt: { energyKwh: 198.08, migrations: 27_728, slatahPercent: 5, pdmPercent: 0.07 },
  dvfs: { energyKwh: 764.96 },
};

const LIMITS = {
  energyKwh: 140,
  migrations: 1_500,
  slatahPercent: 0.5,
  pdmPercent: 0.012,
  replaySeconds: 10,
} as const;

export const consolidation: Benchmark = {
  about: "a day of 1,052 real machines on as few of 800 hosts as will do (Beloglazov & Buyya 2012)",
  run: measure,
};

async function measure(lab: Lab, { tracesFile }: Options): Promise<Measured> {
  if (tracesFile === null) throw new Error("Name the recorded demand: --traces FILE.csv");
  const trace = parseTrace(readFileSync(tracesFile, "utf8"));
  const rows = Array.from({ length: trace.rowCount }, (_, row) => trace.row(row));
  const intervals = Math.min(288, ...rows.map(({ length }) => length));
  let figures: Figures = {};
  const replaySeconds = secondsOf(() => {
    figures = replayDay(lab, rows, intervals);
  });
  const ratios = Object.fromEntries(
    Object.entries(LIMITS).map(([key, limit]) => [
      key,
      ({ ...figures, replaySeconds }[key] ?? Number.NaN) / limit,
    ]),
  );
  const limits = Object.fromEntries(Object.keys(LIMITS).map((key) => [key, { atMost: 1 }]));
  return { figures: { ...figures, replaySeconds }, peers: CLOUDSIM, ratios, limits };
}

function replayDay(lab: Lab, rows: readonly (readonly number[])[], intervals: number): Figures {
  const replay = new Replay();
  replay.apply(HOST_DOCUMENT);
  replay.advanceTo(START_MS);
  replay.apply(guestDocument(rows.length));
  let hostsOn = 0;
  const before = replay.meters.energyKwh;
  for (let interval = 0; interval < intervals; interval++) {
    if (interval % 24 === 0) lab.progress(`hour ${interval / 12}, ${replay.hostsOn} hosts up`);
    replay.ask((row) => (rows[row]?.[interval] ?? 0) * typeOf(row).millicores);
    hostsOn += replay.hostsOn / intervals;
    replay.advanceTo(START_MS + (interval + 1) * INTERVAL_MS);
  }
  if (replay.guestsRunning() < rows.length) throw new Error("Not all guests run at the end");
  const { energyKwh, migrations, activeSeconds, overloadedSeconds, asked, lostToMigrations } =
    replay.meters;
  const slatah = overloadedSeconds / activeSeconds;
  const pdm = lostToMigrations / asked;
  return {
    energyKwh: energyKwh - before,
    migrations,
    slatahPercent: 100 * slatah,
    pdmPercent: 100 * pdm,
    slav: slatah * pdm,
    esv: (energyKwh - before) * slatah * pdm,
    meanHostsUp: hostsOn,
  };
}
