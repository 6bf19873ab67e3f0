import { describe, expect, test } from "vitest";
import { explainPlacement } from "../../src/engine/explain.ts";
import { judgeAll, place } from "../../src/engine/placement/place.ts";
import { subjectFor } from "../../src/engine/placement/subject.ts";
import { cluster } from "./cluster.ts";
import { Chance, randomDocument } from "./random.ts";
import { START_MS, World } from "./world.ts";

/** Where the guest `it`, which does not run, would go, and what each other host has against it. */
function explain(fleet: string, script: (world: World) => void = () => {}) {
  const world = new World(cluster(fleet)).advance(30);
  script(world);
  const it = world.guest("it");
  const { hostId, verdicts, blockedBy } = explainPlacement(world.state, {
    tenantId: it.tenantId,
    flavorId: null,
    resources: it.resources,
    guestId: it.id,
    homeHostId: it.homeHostId,
  });
  const name = (id: number) => world.state.tables.Host.get(id).name;
  return {
    goesTo: hostId === null ? null : name(hostId),
    order: verdicts.filter(({ feasible }) => feasible).map((verdict) => name(verdict.hostId)),
    against: Object.fromEntries(
      verdicts
        .filter(({ feasible }) => !feasible)
        .map(({ hostId: id, rejectedBy }) => [name(id), rejectedBy.map(({ code }) => code).join()])
        .sort(),
    ),
    scores: Object.fromEntries(verdicts.map((verdict) => [name(verdict.hostId), verdict.scores])),
    blockedBy: blockedBy.map(({ message }) => message),
  };
}

describe("a host is ruled out", () => {
  test.each([
    ["when it is down", "zone a: h1 8/32 off, h2 8/32\nguest it 1/2 STOPPED", "HOST_NOT_UP"],
    ["for too little CPU", "zone a: h1 1/32, h2 8/32\nguest it 2/2 STOPPED", "INSUFFICIENT_CPU"],
    [
      "for too little memory",
      "zone a: h1 8/1, h2 8/32\nguest it 1/2 STOPPED",
      "INSUFFICIENT_MEMORY",
    ],
    [
      "for too little storage",
      "zone a: h1 8/32/0, h2 8/32\nguest it 1/2 STOPPED",
      "INSUFFICIENT_STORAGE",
    ],
    [
      "by a strict rule that names another",
      "zone a: h1 8/32, h2 8/32\nguest it 1/2 STOPPED\nkeep it on h2 strict",
      "AFFINITY_RULE",
    ],
    [
      "by a guest that it must not share it with",
      "zone a: h1 8/32, h2 8/32\nguest it 1/2 STOPPED\nguest db 1/2 on h1\napart it db per HOST strict",
      "AFFINITY_RULE",
    ],
    [
      "by a guest that it must be with elsewhere",
      "zone a: h1 8/32, h2 8/32\nguest it 1/2 STOPPED\nguest db 1/2 on h2\ntogether it db per HOST strict",
      "AFFINITY_RULE",
    ],
    [
      "with its whole rack",
      "zone a: h1 8/32 @k1, h2 8/32 @k2, h3 8/32 @k1\nguest it 1/2 STOPPED\nguest db 1/2 on h3\napart it db per RACK strict",
      "AFFINITY_RULE",
    ],
    [
      "with its whole zone",
      "zone a: h1 8/32, h3 8/32\nzone b: h2 8/32\nguest it 1/2 STOPPED\nguest db 1/2 on h3\napart it db per ZONE strict",
      "AFFINITY_RULE",
    ],
    [
      "outside the rack of its company",
      "zone a: h1 8/32 @k1, h2 8/32 @k2, h3 8/32 @k2\nguest it 1/2 STOPPED\nguest db 1/2 on h3\ntogether it db per RACK strict",
      "AFFINITY_RULE",
    ],
    [
      "for all that is against it",
      "zone a: h1 1/1 off, h2 8/32\nguest it 2/2 STOPPED\nkeep it on h2 strict",
      "HOST_NOT_UP,INSUFFICIENT_CPU,INSUFFICIENT_MEMORY,AFFINITY_RULE",
    ],
  ])("%s", (_why, fleet, codes) => {
    const { goesTo, against } = explain(fleet);
    expect(goesTo).toBe("h2");
    expect(against["h1"]).toBe(codes);
  });

  test.each(["ZONE_POWER", "ZONE_COOLING"] as const)("in a zone with %s gone", (fault) => {
    const fleet = "zone a: h1 8/32\nzone b: h2 8/32\nguest it 1/2 on h1 STOPPED";
    const { goesTo, against } = explain(fleet, (world) => world.inject(fault, "a"));
    expect(goesTo).toBe("h2");
    expect(against).toEqual({ h1: "ZONE_FAILING" });
  });

  test("where the guest failed to start before", () => {
    const { goesTo, against } = explain(
      "zone a: h1 8/32, h2 8/32\nset retrySeconds 60\nguest it 1/2 on h1 restarts 0 STOPPED",
      (world) => {
        world.inject("GUEST_START_FAILS", "it");
        world.do({ kind: "START_GUEST", guestId: world.guest("it").id });
        world.advance(1.5);
      },
    );
    expect(goesTo).toBeNull();
    expect(against).toEqual({ h1: "DRIVER_ERROR", h2: "ALREADY_HERE" });
  });

  test("for nothing when a strict rule that wants company finds none anywhere", () => {
    const fleet =
      "zone a: h1 8/32, h2 8/32\nguest it 1/2 STOPPED\nguest db 1/2 STOPPED\ntogether it db per HOST strict";
    expect(explain(fleet).against).toEqual({});
  });

  test("while the company that it wants is on its way elsewhere", () => {
    const fleet =
      "zone a: h1 8/32, h2 8/32\nguest it 1/2 STOPPED\nguest db 1/2 on h1\ntogether it db per HOST strict";
    const { against } = explain(fleet, (world) =>
      world.do({ kind: "MIGRATE_GUEST", guestId: world.guest("db").id, hostId: null }),
    );
    expect(against).toEqual({ h1: "AFFINITY_RULE", h2: "AFFINITY_RULE" });
  });
});

describe("the better host is", () => {
  test.each([
    ["its home", "zone a: h1 16/64, h2 8/32\nguest it 1/2 on h2 STOPPED"],
    ["the one with more left", "zone a: h1 8/8, h2 8/32\nguest it 1/2 STOPPED"],
    ["the one that a rule names", "zone a: h1 16/64, h2 8/32\nguest it 1/2 STOPPED\nkeep it on h2"],
    [
      "the one that a rule prefers",
      "zone a: h1 16/64, h2 8/32\nguest it 1/2 STOPPED\nkeep it on h1:1 h2:9",
    ],
    [
      "away from its like",
      "zone a: h1 16/64, h2 8/32\nguest it 1/2 STOPPED\nguest db 1/2 on h1\napart it db per HOST",
    ],
    [
      "in another rack than its like",
      "zone a: h1 16/64 @k1, h2 8/32 @k2, h3 8/32 @k1\nguest it 1/2 STOPPED\nguest db 1/2 on h3\napart it db per RACK",
    ],
    [
      "in the zone of its company",
      "zone a: h1 16/64\nzone b: h2 8/32, h3 8/32\nguest it 1/2 STOPPED\nguest db 4/16 on h3\ntogether it db per ZONE",
    ],
    [
      "the one where no room for the largest is broken up",
      "zone a: h1 16/64, h2 8/31\nguest it 1/2 STOPPED\nguest huge 16/64 STOPPED",
    ],
    [
      "what a rule prefers before its home",
      "zone a: h1 8/32, h2 8/32\nguest it 1/2 on h1 STOPPED\nkeep it on h2",
    ],
    [
      "what a rule prefers by a little before its home",
      "zone a: h1 8/32, h2 8/32\nguest it 1/2 on h1 STOPPED\nkeep it on h1:1 h2:2",
    ],
    [
      "what a rule prefers before what is even",
      "zone a: h1 8/64, h2 8/8\nguest it 1/2 STOPPED\nguest db 6/2 on h2\nkeep it on h2",
    ],
  ])("%s", (_which, fleet) => {
    expect(explain(fleet).goesTo).toBe("h2");
  });

  test("the first of those that are alike", () => {
    const fleet = "zone a: h1 8/32, h2 8/32, h3 8/32\nguest it 1/2 STOPPED";
    expect(explain(fleet).order).toEqual(["h1", "h2", "h3"]);
  });

  test("not its home when guests are balanced as they start", () => {
    const fleet = "zone a: h1 16/64, h2 8/32\nset balanceOnStart true\nguest it 1/2 on h2 STOPPED";
    expect(explain(fleet).goesTo).toBe("h1");
  });
});

test("scores say what they are made of", () => {
  const { scores } = explain("zone a: h1 8/32, h2 4/32\nguest it 2/4 on h1 STOPPED");
  expect(scores).toEqual({
    h1: { home: 1000, wholeness: 0, room: 7.5 },
    h2: { home: 0, wholeness: 0, room: 5 },
  });
});

test("what most hosts lack is told first", () => {
  const { blockedBy } = explain(
    "zone a: h1 1/32, h2 1/32, h3 8/1, h4 8/32 off\nguest it 2/2 STOPPED",
  );
  expect(blockedBy).toEqual([
    "2 of 4 hosts are short of CPU (it needs 2 cores; at most 1 are free on one of them)",
    "1 of 4 hosts are not up",
    "1 of 4 hosts are short of memory (it needs 2048 MiB; at most 1024 are free on one of them)",
  ]);
});

test("a placement keeps the best verdicts, and how many hosts were looked at", () => {
  const hosts = Array.from({ length: 30 }, (_, index) => `h${index + 1} 8/32`).join(", ");
  const world = new World(cluster(`zone a: ${hosts}\nguest it 1/2`)).advance(30);
  const { placement } = world.guest("it");
  expect(placement).toMatchObject({ hostsExamined: 8, hostsNotExamined: 22 });
  expect(placement?.verdicts).toHaveLength(4);
  expect(placement?.verdicts[0]).toMatchObject({ hostId: placement?.hostId, feasible: true });
});

describe("of random fleets", () => {
  function randomWorld(seed: number): World {
    const document = randomDocument(new Chance(seed));
    for (const guest of document.guests)
      guest["desired"] = new Chance(seed).is(0.5) ? "STOPPED" : "RUNNING";
    return new World(JSON.stringify(document), seed).advance(40);
  }

  test("whoever has a host that will do is placed, on the best of those looked at", () => {
    for (let seed = 1; seed <= 150; seed++) {
      const { state } = randomWorld(seed);
      for (const guest of state.tables.Guest.sorted()) {
        const subject = subjectFor(state, guest);
        const verdicts = judgeAll(state, subject).filter(({ feasible }) => feasible);
        const choice = place(state, subject, START_MS);
        const where = `seed ${seed}, guest ${guest.name}`;
        expect(choice.ok, where).toBe(verdicts.length > 0);
        if (choice.ok && verdicts.length <= 8)
          expect(choice.placement.score, where).toBe(verdicts[0]?.score);
        if (!choice.ok) expect(choice.reasons.length, where).toBeGreaterThan(0);
      }
    }
  });
});
