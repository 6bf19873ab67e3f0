import { describe, expect, test } from "vitest";
import type { AnsweredActionKind, Observation } from "../../src/model/actions.ts";
import type { HostPowerPhase } from "../../src/model/statuses.ts";
import { cluster } from "./cluster.ts";
import { Scenario } from "./scenario.ts";

const FROZEN = `
  zone a: h1 8/32, h2 8/32
  set shutdownPolicy FREEZE
  guest web 1/2 on h1`;

function answer(scenario: Scenario, action: AnsweredActionKind, generation: number): Observation {
  const hostId = scenario.world.host("h1").id;
  return { kind: "ACTION_DONE", action, guestId: null, hostId, generation };
}

describe("a server that is restarted goes on with a host's power where it was", () => {
  test.each<[string, HostPowerPhase, number]>([
    ["reboot-host", "EMPTYING", 0.5],
    ["reboot-host", "SWITCHING", 4],
    ["reboot-host", "BOOTING", 8],
    ["shutdown-host", "EMPTYING", 0.5],
    ["shutdown-host", "SWITCHING", 4],
    ["shutdown-host", "OFF", 10],
  ])("%s, %s", (verb, phase, seconds) => {
    const { world } = new Scenario(FROZEN).run(`${verb} h1; wait ${seconds}`);
    expect(world.host("h1").power?.phase).toBe(phase);
    world.restart();
    world.advance(30);
    if (verb === "shutdown-host") {
      expect(world.host("h1").power?.phase).toBe("OFF");
      expect(world.guest("web").status).toBe("FROZEN");
      world.do({ kind: "POWER_ON_HOST", hostId: world.host("h1").id });
      world.advance(30);
    }
    expect(world.host("h1")).toMatchObject({ status: "UP", power: null });
    expect(world.whereIs("web")).toBe("h1");
    expect(
      world.of("GuestPlaced").filter(({ payload }) => payload.host !== world.host("h1").id),
    ).toEqual([]);
  });
});

describe("what a driver says of a host's power is taken with care", () => {
  test("an answer to an old order, or to another one, is ignored", () => {
    const scenario = new Scenario(FROZEN).run("shutdown-host h1; wait 4");
    const { world } = scenario;
    const { generation, power } = world.host("h1");
    expect(power?.phase).toBe("SWITCHING");
    const hear = (seen: Observation) => world.observe(seen).events.map(({ kind }) => kind);
    expect(hear(answer(scenario, "SHUTDOWN_HOST", generation - 1))).toEqual([]);
    expect(hear(answer(scenario, "REBOOT_HOST", generation))).toEqual([]);
    expect(hear(answer(scenario, "FENCE", generation))).toEqual([]);
    expect(hear(answer(scenario, "SHUTDOWN_HOST", generation))).toContain("HostPoweredOff");
    expect(hear(answer(scenario, "SHUTDOWN_HOST", generation))).toEqual([]);
  });

  test("a host that speaks before it has gone down is not back", () => {
    const { world } = new Scenario(FROZEN).run("reboot-host h1; wait 4");
    const hostId = world.host("h1").id;
    expect(world.observe({ kind: "HOST_CONNECTED", hostId, guests: [] }).events).toEqual([]);
    expect(world.observe({ kind: "HEARTBEATS", hostIds: [hostId] }).events).toEqual([]);
    expect(world.host("h1").status).toBe("DOWN");
  });
});

test("a host shut down by request is no loss to its zone", () => {
  const { world } = new Scenario(FROZEN).run("shutdown-host h1; shutdown-host h2; wait 30");
  expect(world.statuses()).toEqual({ web: "FROZEN" });
  expect(world.of("ZoneDegraded", "ZoneDown", "FailoverStarted", "HostSuspected")).toEqual([]);
});

test("a fault that is cleared where none was has no id, and is refused on a host that is on", () => {
  const scenario = new Scenario(FROZEN).run("shutdown-host h1; wait 10");
  const { world } = scenario;
  expect(world.clear("HOST_POWER", "h1").outcome).toMatchObject({ kind: "FAULT", faultId: null });
  expect(scenario.run("clear HOST_POWER h2").log.at(-1)).toMatch(/^refused: NOT_FOUND/);
});

test("what people ask of a host is done while high availability is disarmed", () => {
  const { world } = new Scenario(FROZEN);
  world.do({ kind: "SET_HIGH_AVAILABILITY", enabled: false });
  const hostId = world.host("h1").id;
  world.do({ kind: "REBOOT_HOST", hostId });
  world.advance(60);
  expect(world.host("h1").status).toBe("UP");
  expect(world.whereIs("web")).toBe("h1");
});

describe("a host that is removed", () => {
  const without = (fleet: string) => cluster(fleet.replace("h1 8/32, ", "").replace(" on h1", ""));

  test("lets go of the guests that wait for it", () => {
    const { world } = new Scenario(FROZEN).run("shutdown-host h1; wait 10");
    world.apply(without(FROZEN), { prune: true });
    world.advance(30);
    expect(world.whereIs("web")).toBe("h2");
    expect(world.guest("web")).toMatchObject({ frozenOnHostId: null, displacedFromHostId: null });
  });

  test("ends what was being done with it", () => {
    const { world } = new Scenario("zone a: h1 8/32, h2 8/32").run("reboot-host h1; wait 1");
    world.apply(without("zone a: h1 8/32, h2 8/32"), { prune: true });
    expect(world.of("OperationSuperseded").at(-1)?.payload).toMatchObject({
      verb: "REBOOT_HOST",
      error: "the host is removed",
    });
    expect(world.advance(60).of("HostPoweredOn", "HostPowerFailed")).toEqual([]);
  });

  test("must have no guests on it", () => {
    const { world } = new Scenario(FROZEN);
    expect(() => world.apply(without(FROZEN), { prune: true })).toThrow(
      / 1 guest is on it. Migrate or delete/,
    );
  });
});

test("causes lead to whoever asked", () => {
  const { world } = new Scenario(FROZEN).run("reboot-host h1; wait 60");
  expect(world.causes(world.of("GuestStarted").at(-1))).toEqual([
    "GuestStarted",
    "GuestPlaced",
    "GuestThawed",
    "HostUp",
    "HostBooting",
    "HostPowerRequested",
  ]);
  expect(world.causes(world.of("GuestFrozen")[0])).toEqual([
    "GuestFrozen",
    "GuestFreezing",
    "HostPowerRequested",
  ]);
});
