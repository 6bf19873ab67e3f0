import { describe, expect, test } from "vitest";
import { type CapacityReport, capacityReport } from "../../src/engine/capacity-report.ts";
import { nameOf } from "../../src/engine/name-of.ts";
import type { FailureDomain } from "../../src/model/statuses.ts";
import { cluster } from "./cluster.ts";
import { Chance, randomDocument } from "./random.ts";
import { World } from "./world.ts";

function reportOf(world: World, losing: FailureDomain): CapacityReport {
  const work = capacityReport(world.state, losing, world.nowMs);
  for (;;) {
    const step = work.next();
    if (step.done) return step.value;
  }
}

/** `h1 2: web (why), db (why)`: a line for each thing, with the guests affected and those left behind. */
function told(world: World, losing: FailureDomain): string[] {
  const { state } = world;
  return reportOf(world, losing).losses.map(({ scope, affected, leftBehind }) => {
    const guests = leftBehind.map(
      ({ guestId, reasons }) =>
        `${state.tables.Guest.get(guestId).name} (${reasons.map(({ code }) => code).join()})`,
    );
    return `${nameOf(state, scope.type, scope.id)} ${affected.length}: ${guests.join(", ")}`.trim();
  });
}

describe("what would not come back", () => {
  test.each<[string, string, FailureDomain, string[]]>([
    [
      "of hosts, the worst first; those without guests are no loss",
      `zone a: h1 8/32, h2 4/16, h3 2/4, h4 1/1
       guest big 6/24 on h1
       guest mid 3/8 on h2
       guest small 1/2 on h3`,
      "HOST",
      [
        "h1 1: big (INSUFFICIENT_CPU,HOST_NOT_UP)",
        "h2 1: mid (INSUFFICIENT_CPU,HOST_NOT_UP)",
        "h3 1:",
      ],
    ],
    [
      "of priorities: the higher ones get the room that there is",
      `zone a: h1 8/32 | h2 4/16
       guest low 3/4 LOW on h1
       guest high 3/4 HIGH on h1
       guest other 1/4 on h2`,
      "HOST",
      ["h1 2: low (HOST_NOT_UP,INSUFFICIENT_CPU)", "h2 1:"],
    ],
    [
      "of dependencies: what waits for one that stays down stays down",
      `zone a: h1 8/32, h2 2/8
       guest db 4/8 on h1
       guest api 1/2 after db on h1
       guest web 1/2 on h1`,
      "HOST",
      ["h1 3: db (HOST_NOT_UP,INSUFFICIENT_CPU), api (DEPENDENCY_NOT_RUNNING)"],
    ],
    [
      "of chains: each comes up after those that it builds on",
      `zone a: h1 8/32, h2 8/32
       guest db 1/2 on h1
       guest api 1/2 after db on h1
       guest web 1/2 after api on h1`,
      "HOST",
      ["h1 3:"],
    ],
    [
      "of rules: room that may not be used is none",
      `zone a: h1 8/32 @k1, h2 8/32 @k1, h3 8/32 @k2
       guest a 1/2 on h1
       guest b 1/2 on h3
       apart a b per RACK strict`,
      "RACK",
      ["k1 1: a (HOST_NOT_UP,AFFINITY_RULE)", "k2 1: b (AFFINITY_RULE,HOST_NOT_UP)"],
    ],
    [
      "of zones",
      `zone a: h1 8/32, h2 8/32
       zone b: h3 4/32
       guest a 3/2 on h1
       guest b 3/2 on h2
       guest c 1/2 on h3`,
      "ZONE",
      ["a 2: b (HOST_NOT_UP,INSUFFICIENT_CPU)", "b 1:"],
    ],
    [
      "of the only region: everything",
      `zone a: h1 8/32
       guest a 3/2`,
      "REGION",
      ["near 1: a (HOST_NOT_UP)"],
    ],
    [
      "of stopped guests: nothing",
      `zone a: h1 8/32
       guest a 3/2 STOPPED
       guest b 3/2`,
      "DATA_CENTER",
      ["a-dc1 1: b (HOST_NOT_UP)"],
    ],
  ])("%s", (_what, fleet, losing, expected) => {
    const world = new World(cluster(fleet)).advance(30);
    expect(told(world, losing)).toEqual(expected);
  });

  test("counts guests that are on their way up, and on their way to another host", () => {
    const fleet = "zone a: h1 8/32, h2 8/32\nguest a 1/30 on h1\nguest b 1/2 on h1 STOPPED";
    const world = new World(cluster(fleet)).advance(30);
    world.do({ kind: "START_GUEST", guestId: world.guest("b").id });
    world.do({ kind: "MIGRATE_GUEST", guestId: world.guest("a").id, hostId: world.host("h2").id });
    expect(world.statuses()).toEqual({ a: "MIGRATING", b: "STARTING" });
    expect(told(world, "HOST")).toEqual(["h1 2:"]);
  });

  test("lets nobody stay down for a turn to boot, which comes", () => {
    const fleet = `zone a: h1 8/32, h2 8/32
      set startsPerHost 1
      guest a 1/2 x3 on h1
      guest b 1/2 on h2 STOPPED`;
    const world = new World(cluster(fleet)).advance(60);
    world.do({ kind: "START_GUEST", guestId: world.guest("b").id });
    expect(world.statuses()).toMatchObject({ b: "STARTING" });
    expect(told(world, "HOST")).toEqual(["h1 3:", "h2 1:"]);
  });

  test("counts whatever the present state holds: hosts that are down already have no room", () => {
    const world = new World(cluster("zone a: h1 8/32, h2 8/32, h3 8/32\nguest a 1/2 on h1"));
    world.advance(30).inject("HOST_POWER", "h2");
    world.advance(30);
    expect(told(world, "HOST")).toEqual(["h1 1:"]);
    world.inject("HOST_POWER", "h3");
    world.advance(30);
    expect(told(world, "HOST")).toEqual(["h1 1: a (HOST_NOT_UP)"]);
  });

  test("leaves no trace, finished or broken off", () => {
    const world = new World(cluster("zone a: h1 8/32, h2 8/32\nguest a 1/2 x6")).advance(30);
    const before = JSON.stringify(world.state.snapshot());
    reportOf(world, "HOST");
    const work = capacityReport(world.state, "HOST", world.nowMs);
    work.next();
    expect(JSON.stringify(world.state.snapshot())).not.toBe(before);
    work.return(undefined as never);
    expect(JSON.stringify(world.state.snapshot())).toBe(before);
  });

  test("is what then happens", () => {
    const seen = { back: 0, behind: 0 };
    for (let seed = 1; seed <= 150; seed++) {
      const random = randomDocument(new Chance(seed));
      // Guests that are moved off a busy host later may make room that nobody can foresee.
      const settings = { ...random.settings, balancing: "OFF" };
      const document = JSON.stringify({ ...random, settings });
      const world = new World(document, seed).advance(400);
      const { losses } = reportOf(world, "HOST");
      const loss = losses[seed % Math.max(1, losses.length)];
      if (!loss) continue;
      const { tables } = world.state;
      const affected = tables.Guest.sorted().filter(
        ({ hostId, desired }) => hostId === loss.scope.id && desired !== "STOPPED",
      );
      expect(affected.length, `seed ${seed}`).toBe(loss.affected.length);
      world.inject("HOST_POWER", tables.Host.get(loss.scope.id).name);
      world.advance(400);
      const behind = affected.filter(({ id }) => tables.Guest.get(id).status !== "RUNNING");
      expect(
        behind.map(({ name }) => name),
        `seed ${seed}`,
      ).toEqual(
        loss.leftBehind
          .map(({ guestId }) => tables.Guest.get(guestId))
          .filter((guest) => affected.some(({ id }) => id === guest.id))
          .map(({ name }) => name),
      );
      seen.behind += behind.length;
      seen.back += affected.length - behind.length;
    }
    expect(Math.min(seen.back, seen.behind)).toBeGreaterThan(30);
  });
});
