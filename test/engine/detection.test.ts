import { describe, expect, test } from "vitest";
import { nextDueAtMs } from "../../src/engine/engine.ts";
import type { Opinion } from "../../src/model/statuses.ts";
import { foresee } from "./foresee.ts";
import { Scenario } from "./scenario.ts";

const FLEET = `
  zone a: h1 8/32 @k1, h2 8/32 @k2, h3 8/32 @k2
  guest web 1/2 on h1
  guest db 1/2 on h2`;

describe("by default", () => {
  test.each([
    ["HOST_POWER", "h1"],
    ["HOST_HANG", "h1"],
    ["HOST_NETWORK", "h1"],
    ["RACK_POWER", "k1"],
  ])("%s is detected within 15 s, and the guest is back within 20", (fault, target) => {
    const { world } = new Scenario(FLEET).run(`fault ${fault} ${target}; wait 60`);
    const [injected] = world.of("FaultInjected");
    const [down] = world.of("HostDown");
    const [back] = world.of("GuestFailedOver");
    const msUntil = (event: { atMs: number } | undefined) =>
      (event?.atMs ?? Number.NaN) - (injected?.atMs ?? Number.NaN);
    expect(msUntil(down)).toBeLessThanOrEqual(15_000);
    expect(msUntil(back)).toBeLessThanOrEqual(20_000);
  });
});

describe("a second opinion", () => {
  const probed = (scenario: Scenario, opinion: Opinion, suspicion: number | null) =>
    scenario.world
      .observe({
        kind: "HOST_PROBED",
        hostId: scenario.world.host("h1").id,
        suspicion: suspicion ?? 0,
        opinion,
        by: "NEIGHBOUR",
      })
      .events.map(({ kind }) => kind);

  test("on an earlier silence does not count", () => {
    const scenario = new Scenario(FLEET).run("fault HOST_NETWORK h1; wait 3.1");
    const { causeSeq } = scenario.world.host("h1");
    scenario.run("clear HOST_NETWORK h1; wait 2");
    expect(probed(scenario, "DEAD", causeSeq)).toEqual([]);
    scenario.run("fault HOST_NETWORK h1; wait 3.1");
    expect(scenario.world.host("h1").status).toBe("SUSPECT");
    expect(probed(scenario, "DEAD", causeSeq)).toEqual([]);
  });

  test("is told once, and may change", () => {
    const scenario = new Scenario(FLEET).run("fault HOST_NETWORK h1; wait 4");
    const { causeSeq, opinion } = scenario.world.host("h1");
    expect(opinion).toBe("ALIVE");
    expect(probed(scenario, "ALIVE", causeSeq)).toEqual([]);
    expect(probed(scenario, "DEAD", causeSeq)).toContain("HostFencing");
  });

  test("is asked for again after a restart", () => {
    const { world } = new Scenario(FLEET).run("fault HOST_NETWORK h1; wait 3.1");
    world.restart();
    world.advance(1);
    expect(world.host("h1").opinion).toBe("ALIVE");
  });
});

describe("a clock that jumps", () => {
  test("makes no host suspect: nobody listened meanwhile", () => {
    const { world } = new Scenario(FLEET);
    const { state } = world;
    world.nowMs += 3_600_000;
    expect(foresee(state, { kind: "TICK" }, world.nowMs).events).toEqual([]);
    expect(nextDueAtMs(state)).toBe(world.nowMs + 3_000);
  });

  test("makes no silence of before a proof", () => {
    const { world } = new Scenario(FLEET).run("fault HOST_NETWORK h1; wait 5");
    world.nowMs += 3_600_000;
    const { events } = foresee(world.state, { kind: "TICK" }, world.nowMs);
    expect(events.map(({ kind }) => kind)).toEqual([]);
    expect(world.host("h1").status).toBe("SUSPECT");
  });

  test("back is no silence either, and silences are noticed from then on", () => {
    const { world } = new Scenario(FLEET);
    const { state } = world;
    const backMs = world.nowMs - 3_600_000;
    expect(foresee(state, { kind: "TICK" }, backMs).events).toEqual([]);
    const silent = foresee(state, { kind: "TICK" }, backMs + 3_000).events;
    expect(silent.map(({ kind }) => kind)).toEqual(Array(3).fill("HostSuspected"));
  });
});

describe("a driver that lies", () => {
  test("about a guest on two hosts has the copy removed that should not be", () => {
    const { world } = new Scenario(FLEET);
    const [web, db] = [world.guest("web"), world.guest("db")];
    const guests = [web, db, web].map(({ id }) => ({ guestId: id, state: "RUNNING" as const }));
    const { events } = world.observe({
      kind: "HOST_CONNECTED",
      hostId: world.host("h2").id,
      guests,
    });
    expect(events.map(({ kind, subject }) => [kind, subject?.id])).toEqual([
      ["StaleGuestRemoved", world.host("h2").id],
    ]);
    expect([world.whereIs("web"), world.whereIs("db")]).toEqual(["h1", "h2"]);
  });
});

test("what it was told already changes nothing", () => {
  const { world } = new Scenario(FLEET);
  const set = (enabled: boolean) =>
    world.do({ kind: "SET_HIGH_AVAILABILITY", enabled }).events.map(({ kind }) => kind);
  expect(set(true)).toEqual([]);
  expect(set(false)).toEqual(["HighAvailabilityDisarmed"]);
  expect(set(false)).toEqual([]);
});
