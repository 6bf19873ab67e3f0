/**
 * The fleet that is measured: 1,710 hosts in 100 racks of four zones, and 4,998 guests with 194
 * affinity rules, each guest replaying a day of recorded demand. It is drawn from a fixed seed, with
 * the sizes, frequencies and rules of a production data center (the counts below are those of
 * mdl1104/Dataset-for-topology-aware-VM-placement), so that every run measures the same.
 */

import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { parseFleetDocument } from "../src/fleet/parse.ts";
import { readTraceWithin } from "../src/fleet/traces.ts";
import type { FleetSpec } from "../src/model/fleet.ts";

const ZONES = ["a", "b", "c", "d"];
const RACKS = 100;
export const HOSTS = 1_710;
export const GUESTS = 4_998;

/** Cores, MiB, and how many hosts of a hundred or so are like this. */
const HOST_SIZES = [
  [120, 413_696, 23],
  [78, 245_760, 19],
  [48, 32_768, 16],
  [66, 102_400, 8],
  [88, 81_920, 5],
  [132, 106_496, 8],
  [64, 131_072, 8],
  [144, 98_304, 5],
  [24, 49_152, 3],
  [8, 16_384, 2],
  [156, 204_800, 4],
] as const;

/** Cores, GiB, and how many of the guests have this flavor. */
const FLAVORS = [
  [32, 64, 929],
  [4, 8, 928],
  [2, 4, 851],
  [8, 32, 434],
  [2, 8, 429],
  [4, 16, 381],
  [8, 16, 300],
  [32, 128, 272],
  [16, 64, 197],
  [16, 32, 137],
  [64, 128, 101],
  [12, 24, 27],
  [48, 96, 6],
  [12, 48, 4],
  [24, 48, 2],
] as const;

/** What guests of a rule are to each other, and how many rules there are of how many guests. */
const RULES = [
  {
    name: "fault-domain",
    rule: { polarity: "APART", scope: "RACK", strict: false },
    sizes: [
      [2, 26],
      [3, 14],
      [4, 8],
      [7, 9],
      [8, 5],
      [16, 3],
      [23, 8],
      [33, 3],
      [52, 2],
      [84, 2],
      [100, 1],
      [129, 1],
    ],
  },
  {
    name: "affinity",
    rule: { polarity: "TOGETHER", scope: "RACK", strict: false },
    sizes: [
      [2, 3],
      [4, 3],
      [6, 36],
      [7, 10],
      [8, 2],
      [12, 11],
      [13, 2],
      [16, 3],
    ],
  },
  {
    name: "anti-affinity",
    rule: { polarity: "APART", scope: "HOST", strict: true },
    sizes: [
      [2, 5],
      [3, 3],
      [4, 2],
      [6, 8],
      [8, 2],
      [12, 3],
      [15, 2],
      [16, 9],
      [25, 4],
      [28, 3],
      [43, 1],
    ],
  },
] as const;

const TRACE_FILE = "demand/day.csv";
const TRACE_ROWS = 1_052;
const TRACE_SAMPLES = 288;
const SEED = 1_710;

/** Numbers in [0, 1), always the same: mulberry32. */
function chance(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

type Weighted = readonly [number, number, number];

function draw(from: readonly Weighted[], random: () => number): Weighted {
  const total = from.reduce((sum, [, , weight]) => sum + weight, 0);
  let left = random() * total;
  const found = from.find(([, , weight]) => {
    left -= weight;
    return left < 0;
  });
  return found ?? (from[0] as Weighted);
}

/** Racks are filled at one go, so most hosts of a rack are alike. */
function hostsOf(zone: number, random: () => number) {
  const racksPerZone = RACKS / ZONES.length;
  return Array.from({ length: racksPerZone }, (_, index) => {
    const rack = zone * racksPerZone + index;
    const usual = draw(HOST_SIZES, random);
    // Every tenth rack is full; the others have room for two more.
    const count = rack % 10 === 0 ? 18 : 17;
    return Array.from({ length: count }, (_, slot) => {
      const [cpuCores, memoryMiB] = random() < 0.8 ? usual : draw(HOST_SIZES, random);
      const name = `host-${rack}-${slot}`;
      return { name, rack: `rack-${rack}`, cpuCores, memoryMiB, storageGiB: 4_000 };
    });
  }).flat();
}

const flavorName = ([cores, memoryGiB]: Weighted) => `c${cores}m${memoryGiB}`;
const guestName = (index: number) => `g${String(index).padStart(4, "0")}`;

/** Guests in the order of their requests: those of a rule come in a row and are of one flavor. */
function guestsAndRules(count: number, random: () => number) {
  const groups = RULES.flatMap(({ name, rule, sizes }) =>
    sizes
      .flatMap(([size, rules]) => new Array<number>(rules).fill(size))
      .map((size, index) => ({ size, rule: { name: `${name}-${index}`, kind: "GUEST", ...rule } })),
  )
    .map((group) => ({ group, order: random() }))
    .toSorted((a, b) => a.order - b.order);
  const grouped = groups.reduce((sum, { group }) => sum + group.size, 0);
  const apart = Math.floor((count - grouped) / groups.length);
  const flavors: string[] = [];
  const affinityRules = groups.map(({ group: { size, rule } }) => {
    for (let i = 0; i < apart; i++) flavors.push(flavorName(draw(FLAVORS, random)));
    const first = flavors.length;
    const flavor = flavorName(draw(FLAVORS, random));
    for (let i = 0; i < size; i++) flavors.push(flavor);
    return {
      ...rule,
      guests: Array.from({ length: size }, (_, index) => guestName(first + index)),
    };
  });
  while (flavors.length < count) flavors.push(flavorName(draw(FLAVORS, random)));
  const guests = flavors.map((flavor, index) => ({
    name: guestName(index),
    flavor,
    image: "linux",
    desired: "RUNNING",
    workload: { kind: "TRACE", file: TRACE_FILE, row: index % TRACE_ROWS, intervalSeconds: 300 },
  }));
  return { guests, affinityRules };
}

/** Percent of a guest's CPU, a row a guest: most are nearly idle and wander. */
function demand(random: () => number): string {
  const rows = Array.from({ length: TRACE_ROWS }, () => {
    const usual = 2 + 40 * random() ** 3;
    let now = usual;
    return Array.from({ length: TRACE_SAMPLES }, () => {
      now += (usual - now) * 0.2 + (random() - 0.5) * 8;
      now = Math.min(100, Math.max(0, now));
      return Math.round(now);
    }).join(",");
  });
  return `${rows.join("\n")}\n`;
}

/** Writes the generated fleet into a folder and returns the document's path. */
export function writeFleet(folder: string, guestCount = GUESTS): string {
  const random = chance(SEED);
  const { guests, affinityRules } = guestsAndRules(guestCount, random);
  const zones = ZONES.map((letter, index) => ({
    name: `region-1${letter}`,
    dataCenters: [{ name: `dc-${letter}`, hosts: hostsOf(index, random) }],
  }));
  const document = {
    settings: {},
    regions: [{ name: "region-1", location: { latitude: 0, longitude: 0 }, zones }],
    tenants: [{ name: "default" }],
    images: [{ name: "linux" }],
    flavors: FLAVORS.map((size) => {
      const [cpuCores, memoryGiB] = size;
      return { name: flavorName(size), cpuCores, memoryMiB: memoryGiB * 1_024, storageGiB: 40 };
    }),
    guests,
    affinityRules,
  };
  const file = join(folder, "fleet.json");
  writeFileSync(file, JSON.stringify(document));
  mkdirSync(dirname(join(folder, TRACE_FILE)));
  writeFileSync(join(folder, TRACE_FILE), demand(random));
  return file;
}

/** Reads a document and the traces below its folder, as `evenkeel apply` does. */
export function readFleet(file: string): FleetSpec {
  const readTrace = readTraceWithin(dirname(file));
  const parsed = parseFleetDocument(readFileSync(file, "utf8"), { readTrace });
  if (parsed.ok) return parsed.spec;
  const [first] = parsed.problems;
  throw new Error(`${file}:${first?.line ?? 1} ${first?.path.join(".")}: ${first?.message}`);
}
