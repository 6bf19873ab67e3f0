import { describe, expect, test } from "vitest";
import type { HostId } from "../../src/model/ids.ts";
import { FAULT_KINDS, type FaultKind } from "../../src/model/statuses.ts";
import { hostDescription, place, type Seen, SimulatedFleet } from "./fleet.ts";

const HOSTS = [1111, 1112, 1121, 1122, 1211, 1212, 1221, 1222];
const GUESTS = Array.from({ length: 24 }, (_, index) => 10_001 + index);
const STEPS = 600;
const SWITCHES = ["REBOOT_HOST", "SHUTDOWN_HOST", "POWER_ON_HOST", "POWER_ON_HOST"] as const;

/** A sequence of numbers in [0, 1) that a seed decides (Park and Miller's generator). */
function sequence(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647;
  };
}

function pick<Item>(items: readonly Item[], share: number): Item {
  return items[Math.floor(share * items.length)] as Item;
}

function targetOf(fault: FaultKind, share: number): number {
  if (fault === "REGION_LOSS") return 1;
  if (fault === "RACK_POWER") return pick([111, 112, 121, 122], share);
  if (fault.startsWith("ZONE")) return pick([11, 12], share);
  if (fault === "GUEST_CRASH" || (fault.startsWith("GUEST") && share < 0.5))
    return pick(GUESTS, share);
  return pick(HOSTS, share);
}

/** A fleet, and where its guests were last sent. */
interface Life {
  readonly fleet: SimulatedFleet;
  readonly random: () => number;
  readonly hostOf: Map<number, number>;
}

/** One step of a fleet's life that leaves nothing untried: actions that make sense and such that don't. */
function step({ fleet, random, hostOf }: Life): void {
  const [guestId, anyHost, other, share] = [pick(GUESTS, random()), random(), random(), random()];
  const hostId = random() < 0.9 ? (hostOf.get(guestId) ?? 1111) : pick(HOSTS, anyHost);
  const at = place(hostId, guestId);
  const workload = { kind: "TRACE", name: "t#1", intervalSeconds: 7, shares: [0.1, 0.5] } as const;
  if (share < 0.3) {
    hostOf.set(guestId, pick(HOSTS, anyHost));
    fleet.start(pick(HOSTS, anyHost), guestId, other < 0.5 ? { workload } : {});
  } else if (share < 0.4) {
    hostOf.set(guestId, pick(HOSTS, anyHost));
    fleet.migrate(guestId, hostId, pick(HOSTS, anyHost));
  } else if (share < 0.44) fleet.ask({ kind: "STOP", force: other < 0.5, ...at });
  else if (share < 0.5) fleet.ask({ kind: other < 0.5 ? "SUSPEND" : "RESUME", ...at });
  else if (share < 0.55) fleet.ask({ kind: "REBOOT", ...at });
  else if (share < 0.57) fleet.perform({ kind: "REMOVE", ...at });
  else if (share < 0.59) {
    const resources = {
      cpuMillicores: 500 + Math.floor(6_000 * other),
      memoryMiB: 1_024,
      storageGiB: 10,
    };
    fleet.ask({ kind: "RESIZE", resources, ...at });
  } else if (share < 0.61) fleet.fence(hostId);
  else if (share < 0.64) fleet.ask({ kind: pick(SWITCHES, other), hostId: hostId as HostId });
  else if (share < 0.648) fleet.configure({ batterySeconds: 10 + Math.floor(other * 60) });
  else if (share < 0.656) fleet.configure({ overheatSeconds: 20 + Math.floor(other * 60) });
  else if (share < 0.665) fleet.connect(hostDescription(hostId));
  else if (share < 0.68) fleet.inject("GUEST_CRASH", guestId);
  else if (share < 0.75) injectOrClear(fleet, random, "inject");
  else for (let count = 0; count < 4; count++) injectOrClear(fleet, random, "clear");
  // Many steps at one instant, some on whole seconds, few far apart.
  const pause = random();
  if (pause > 0.95) fleet.advance(Math.floor(random() * 40));
  else if (pause > 0.4) fleet.advance(Math.floor(random() * 40) / 10);
}

function injectOrClear(fleet: SimulatedFleet, random: () => number, act: "inject" | "clear") {
  const fault = pick(FAULT_KINDS, random());
  fleet[act](fault, targetOf(fault, random()));
}

/** The same life, with the world rebuilt from what was stored of it as often as `restarts` says. */
function live(seed: number, restarts: number): { seen: Seen[]; stored: Map<string, string> } {
  const whenToRestart = sequence(seed + 7_777);
  const fleet = new SimulatedFleet(seed).connect(...HOSTS.map(hostDescription));
  const life: Life = { fleet, random: sequence(seed), hostOf: new Map() };
  for (let count = 0; count < STEPS; count++) {
    step(life);
    if (whenToRestart() < restarts) fleet.restart();
  }
  fleet.advance(30).store();
  return { seen: fleet.seen, stored: fleet.stored };
}

describe("the simulated world", () => {
  const seeds = Array.from({ length: 12 }, (_, index) => 100 + index);

  test.each(seeds)("is the same twice, seed %i", (seed) => {
    expect(live(seed, 0)).toEqual(live(seed, 0));
  });

  test.each(seeds)("goes on unchanged when it is rebuilt from its state, seed %i", (seed) => {
    const whole = live(seed, 0);
    const broken = live(seed, 0.2);
    expect(broken.seen).toEqual(whole.seen);
    expect(sorted(broken.stored)).toEqual(sorted(whole.stored));
  });

  test("has lives in which everything happens, often", () => {
    const counts = new Map<string, number>();
    for (const one of seeds.flatMap((seed) => live(seed, 0).seen)) {
      const kind = "action" in one ? `${one.kind} ${one.action}` : one.kind;
      counts.set(kind, (counts.get(kind) ?? 0) + 1);
    }
    const rare = [...counts].filter(([, count]) => count < 10).map(([kind]) => kind);
    expect(rare).toEqual([]);
    // Five kinds of their own, eight actions that are done and seven or more that fail.
    expect(counts.size).toBeGreaterThanOrEqual(20);
  });

  test("of another seed takes other times", () => {
    const bootedAt = (seed: number) => {
      const fleet = new SimulatedFleet(seed).connect(hostDescription(1111));
      const start = fleet.start(1111, 10_001);
      return fleet.advance(20).answer(start)?.at;
    };
    expect(new Set([1, 2, 3, 4].map(bootedAt)).size).toBe(4);
  });

  test("sees the same whether it is moved step by step or at once", () => {
    const [byStep, atOnce] = [1, 1].map((seed) =>
      new SimulatedFleet(seed)
        .connect(...HOSTS.map(hostDescription))
        .run(1111, 10_001)
        .inject("ZONE_POWER", 11)
        .inject("HOST_NETWORK", 1211),
    ) as [SimulatedFleet, SimulatedFleet];
    byStep.advance(120);
    atOnce.jump(120);
    const untimed = (seen: Seen[]) => seen.map(({ at: _, ...observation }) => observation);
    expect(untimed(atOnce.seen)).toEqual(untimed(byStep.seen));
  });
});

describe("after a long sleep", () => {
  test("what was on its way has happened, and no stream is made up for", () => {
    const fleet = new SimulatedFleet().connect(...HOSTS.map(hostDescription)).run(1111, 10_001);
    const start = fleet.start(1211, 10_002);
    fleet.inject("ZONE_POWER", 11);
    const before = fleet.seen.length;
    fleet.restart(3_600).advance(0);
    expect(fleet.seen.slice(before)).toMatchObject([{ kind: "ACTION_DONE", generation: start }]);
    fleet.advance(10);
    expect(fleet.all("HEARTBEATS").at(-1)?.hostIds).toEqual([1211, 1212, 1221, 1222]);
    expect(fleet.inventory(1211)).toEqual([10_002]);
    fleet.clear("ZONE_POWER", 11).advance(5);
    expect(fleet.inventory(1111)).toEqual([]);
  });

  test("hosts that are connected anew tell what has become of them", () => {
    const fleet = new SimulatedFleet().connect(...HOSTS.map(hostDescription)).run(1111, 10_001);
    fleet.inject("HOST_NETWORK", 1111).restart(60);
    fleet.clear("HOST_NETWORK", 1111);
    expect(fleet.seen.at(-1)).toMatchObject({ kind: "HOST_CONNECTED", hostId: 1111, guests: [] });
  });
});

test("a long workload is stored once, not with each action", () => {
  const shares = Array.from({ length: 288 }, (_, index) => index / 288);
  const workload = { kind: "TRACE", name: "day.csv#1", intervalSeconds: 300, shares } as const;
  const fleet = new SimulatedFleet().connect(hostDescription(1111));
  fleet.start(1111, 10_001, { workload });
  fleet.advance(10).store();
  fleet.ask({ kind: "SUSPEND", ...place(1111, 10_001) });
  fleet.advance(1);
  fleet.start(1111, 10_001, { workload: { ...workload } });
  const dirty = [...fleet.driver.takeDirtyState()];
  expect(dirty.map(([key]) => key)).toEqual(["guest:10001", "guest:10001@1111"]);
  expect(dirty.join().length).toBeLessThan(1_000);
});

function sorted(stored: ReadonlyMap<string, string>): [string, string][] {
  return [...stored].sort(([a], [b]) => (a < b ? -1 : 1));
}
