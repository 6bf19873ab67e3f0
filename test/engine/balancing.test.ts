import { describe, expect, test } from "vitest";
import type { FleetEvent } from "../../src/model/events.ts";
import { World } from "./world.ts";

/** Guests by name: how many cores they have, the share of these that they ask for, and more. */
interface Fleet {
  readonly settings?: Record<string, unknown>;
  readonly hosts: readonly string[];
  readonly guests: readonly Record<string, unknown>[];
  readonly rules?: readonly Record<string, unknown>[];
  /** Shares of their CPU that guests ask for, minute by minute. */
  readonly minutes?: readonly number[];
}

/** Hosts of ten cores that are to give no more than eight, and draw 100 W when idle. */
function documentOf({ settings = {}, hosts, guests, rules = [], minutes }: Fleet): string {
  const powerModel = [100, 110, 120, 130, 140, 150, 160, 170, 180, 190, 200];
  const size = { cpuCores: 10, memoryMiB: 65_536, storageGiB: 1_000, powerModel };
  return JSON.stringify({
    settings: {
      balanceEverySeconds: 60,
      standbyAfterSeconds: 60,
      balanceOnStart: true,
      cpuAllocationRatio: 4,
      ...settings,
    },
    regions: [
      {
        name: "r",
        zones: [
          {
            name: "z",
            dataCenters: [{ name: "dc", hosts: hosts.map((name) => ({ name, ...size })) }],
          },
        ],
      },
    ],
    flavors: [
      { name: "small", cpuCores: 2, memoryMiB: 2_048, storageGiB: 10 },
      { name: "large", cpuCores: 6, memoryMiB: 8_192, storageGiB: 10 },
    ],
    images: [{ name: "linux", bootSeconds: 5 }],
    guests: guests.map((guest) => ({ flavor: "small", image: "linux", ...guest })),
    affinityRules: rules,
    ...(minutes && { traces: [{ file: "t", row: 0, shares: minutes }] }),
  });
}

const busy = (name: string, cpuShare: number, more: object = {}) => ({
  name,
  flavor: "large",
  workload: { kind: "CONSTANT", cpuShare },
  ...more,
});

/** They begin on the host that they are pinned to, and are free to leave it after that. */
function pinned(fleet: Fleet, host: string): World {
  const names = fleet.guests.map(({ name }) => name);
  const rule = { name: "pin", kind: "HOST", guests: names, hosts: [host], strict: true };
  const settings = { ...fleet.settings, balancing: "OFF", powerManagement: "OFF" };
  const world = new World(documentOf({ ...fleet, settings, rules: [rule] }));
  world.advance(30);
  expect(new Set(fleet.guests.map(({ name }) => world.whereIs(String(name))))).toEqual(
    new Set([host]),
  );
  world.apply(documentOf(fleet), { prune: true });
  return world;
}

const messages = (events: readonly FleetEvent[]) => events.map(({ message }) => message);
const balanced = (world: World) =>
  world.of("GuestMigrationStarted").filter(({ payload }) => payload.why === "BALANCING");

const CROWDED: Fleet = {
  settings: { balancing: "AUTO" },
  hosts: ["a", "b", "c"],
  guests: [busy("one", 0.8), busy("two", 0.6), busy("three", 0.4)],
};

describe("a host that is asked for more than it should give", () => {
  test("loses the guests that it takes, and no more of them, for the reasons told", () => {
    const world = pinned(CROWDED, "a");
    world.advance(120);
    const [move, ...more] = balanced(world);
    expect(more).toEqual([]);
    expect(world.causes(move)).toEqual(["GuestMigrationStarted", "HostOverloaded"]);
    expect(messages(world.of("HostOverloaded"))).toEqual([
      "a is asked for 10.8 cores and should give no more than 8",
    ]);
    // The one that is enough and costs least to move: 3.6 cores of 10.8.
    expect(move?.payload.because).toMatch(
      /^its host is asked for 10\.8 of 8 cores; the risk of overload goes there from 99 % to 14 % and here from 0 % to 0 %$/,
    );
    expect(move?.message).toMatch(/^two migrates from a to [bc]$/);
    world.advance(120);
    expect(messages(world.of("HostRelieved"))).toEqual([
      "a is asked for 7.2 of the 8 cores that it should give",
    ]);
    // Nothing is gained by more moves, and so none are made.
    world.advance(3_600);
    expect(balanced(world)).toHaveLength(1);
    expect(world.host("a").overload).toBeNull();
  });

  test("is told once while that wavers about the limit, and so is the advice", () => {
    const workload = { kind: "TRACE", file: "t", row: 0, intervalSeconds: 60 };
    const guests = [busy("one", 1, { workload }), busy("two", 0)];
    const settings = { balancing: "ADVISE", balanceAtUtilization: 0.48 };
    const minutes = Array.from({ length: 60 }, (_, minute) => (minute % 2 === 0 ? 0.81 : 0.79));
    const world = pinned({ settings, guests, minutes, hosts: ["a", "b"] }, "a");
    world.advance(3_600);
    expect(world.of("HostOverloaded")).toHaveLength(1);
    expect(world.of("HostRelieved")).toEqual([]);
    expect(world.of("RecommendationMade")).toHaveLength(1);
    expect(world.of("RecommendationWithdrawn")).toEqual([]);
  });

  test("keeps those that rules keep there, and says so once", () => {
    const rule = { kind: "HOST", strict: true, hosts: ["a"], guests: ["one", "two", "three"] };
    const rules = [{ name: "stay", ...rule }];
    const world = pinned({ ...CROWDED, rules }, "a");
    world.advance(600);
    expect(balanced(world)).toEqual([]);
    expect(world.of("HostOverloaded")).toHaveLength(1);
    expect(world.host("a").overload?.reasons).toMatchObject([{ code: "NO_RELIEF" }]);
    const settings = { ...CROWDED.settings, balancing: "OFF" };
    world.apply(documentOf({ ...CROWDED, settings, rules }));
    expect(world.host("a").overload).toBeNull();
  });

  test("keeps a guest that is at home there and comes back, and loses others", () => {
    const guests = CROWDED.guests.map((guest) => ({ ...guest, host: "a" }));
    const [one, two, three] = guests;
    const homeless = { ...three, failback: false };
    const world = pinned(
      {
        ...CROWDED,
        settings: { ...CROWDED.settings, balanceOnStart: false },
        guests: [one, two, homeless] as never,
      },
      "a",
    );
    world.advance(3_600);
    expect(messages(balanced(world))).toEqual([expect.stringMatching(/^three migrates from a/)]);
  });

  test("gives only advice where that is wanted, which is done on request", () => {
    const world = pinned({ ...CROWDED, settings: { balancing: "ADVISE" } }, "a");
    world.advance(600);
    expect(balanced(world)).toEqual([]);
    const [advice, ...more] = world.state.tables.Recommendation.sorted();
    expect(more).toEqual([]);
    expect(advice).toMatchObject({ kind: "MOVE", guestIds: [world.guest("two").id] });
    expect(world.of("RecommendationMade")).toHaveLength(1);
    const recommendationId = advice?.id as never;
    world.do({ kind: "APPLY_RECOMMENDATION", recommendationId });
    world.advance(60);
    expect(world.whereIs("two")).not.toBe("a");
    expect(world.causes(balanced(world)[0])).toEqual([
      "GuestMigrationStarted",
      "RecommendationApplied",
      "RecommendationMade",
    ]);
    const again = world.try({ kind: "APPLY_RECOMMENDATION", recommendationId });
    expect(again.rejection).toMatchObject({ code: "NOT_FOUND", path: ["recommendationId"] });
  });

  test("takes its advice back when it is not asked for so much any more", () => {
    const world = pinned({ ...CROWDED, settings: { balancing: "ADVISE" } }, "a");
    world.advance(120);
    world.do({ kind: "STOP_GUEST", guestId: world.guest("one").id });
    world.advance(120);
    expect(world.of("RecommendationWithdrawn")).toHaveLength(1);
    expect(world.state.tables.Recommendation.size).toBe(0);
  });

  test("advice that can't be followed any more is refused, with the reason", () => {
    const world = pinned({ ...CROWDED, settings: { balancing: "ADVISE" } }, "a");
    world.advance(120);
    const [advice] = world.state.tables.Recommendation.sorted();
    for (const hostId of [world.host("b").id, world.host("c").id])
      world.do({ kind: "SET_MAINTENANCE", hostId, enabled: true });
    const answer = world.try({
      kind: "APPLY_RECOMMENDATION",
      recommendationId: advice?.id as never,
    });
    expect(answer.rejection).toMatchObject({
      code: "CONFLICT",
      message: "It can't be done now: the host is in maintenance.",
    });
    expect(world.state.tables.Recommendation.size).toBe(1);
  });

  test("is let be while high availability is disarmed", () => {
    const world = pinned(CROWDED, "a");
    world.do({ kind: "SET_HIGH_AVAILABILITY", enabled: false });
    world.advance(600);
    expect(balanced(world)).toEqual([]);
  });
});

const QUIET: Fleet = {
  settings: { powerManagement: "AUTO", balancing: "AUTO" },
  hosts: ["a", "b", "c", "d"],
  guests: ["one", "two", "three", "four"].map((name) => ({
    name,
    workload: { kind: "CONSTANT", cpuShare: 0.1 },
  })),
};

const statuses = (world: World) =>
  world.state.tables.Host.sorted()
    .map(({ status }) => status)
    .sort();
const inStandby = (world: World) => statuses(world).filter((status) => status === "STANDBY").length;

describe("hosts that nobody needs", () => {
  test("stand by, one after the other, and their guests go on elsewhere", () => {
    const world = new World(documentOf(QUIET)).advance(1_800);
    expect(statuses(world)).toEqual(["STANDBY", "STANDBY", "STANDBY", "UP"]);
    expect(Object.values(world.statuses())).toEqual(Array(4).fill("RUNNING"));
    expect(world.of("GuestLost", "GuestCrashed", "HostSuspected", "FailoverStarted")).toEqual([]);
    const [last] = world.of("HostPoweredOff").slice(-1);
    expect(world.causes(last)).toEqual(["HostPoweredOff", "HostEnteringStandby"]);
    expect(world.of("HostEnteringStandby")[0]?.message).toMatch(
      /^[abcd] is to stand by: it draws 100 W when idle, and moving its guest costs as much as \d+ Wh$/,
    );
    // It stays like that.
    const before = world.events.length;
    world.advance(3_600);
    expect(messages(world.events.slice(before))).toEqual([]);
  });

  test("are woken for guests that find no room, and not before", () => {
    const world = new World(documentOf(QUIET)).advance(1_800);
    const guests = [
      ...QUIET.guests,
      busy("heavy", 0.9, { allocation: { cpuReservationCores: 6 } }),
      busy("heavier", 0.9, { allocation: { cpuReservationCores: 6 } }),
    ];
    world.apply(documentOf({ ...QUIET, guests }));
    world.advance(60);
    expect(world.statuses()).toMatchObject({ heavy: "RUNNING", heavier: "RUNNING" });
    expect(world.whereIs("heavy")).not.toBe(world.whereIs("heavier"));
    expect(world.of("HostLeavingStandby")).toHaveLength(1);
  });

  test("are woken when others are asked for too much", () => {
    // In the first half of each four hours most of what they have, then next to nothing.
    const spike = {
      baseShare: 0.05,
      spikeShare: 0.9,
      everySeconds: 14_400,
      durationSeconds: 7_200,
    };
    const workload = { kind: "SPIKE", ...spike };
    const guests = ["one", "two", "three"].map((name) => ({ ...busy(name, 0), workload }));
    const world = new World(documentOf({ ...QUIET, guests })).advance(14_000);
    expect(inStandby(world)).toBe(3);
    world.advance(1_300);
    expect(messages(world.of("HostLeavingStandby"))).toEqual(
      ["a", "c"].map(
        (host) =>
          `${host} is woken: no host that is up has room for what b is asked for beyond its limit`,
      ),
    );
    expect(new Set(guests.map(({ name }) => world.whereIs(name))).size).toBe(3);
    expect(world.of("GuestLost")).toEqual([]);
  });

  test("are not woken and put away again and again for guests that nobody moves there", () => {
    // Most of what they have in the first half of each four hours, then next to nothing.
    const spike = {
      baseShare: 0.05,
      spikeShare: 0.9,
      everySeconds: 14_400,
      durationSeconds: 7_200,
    };
    const workload = { kind: "SPIKE", ...spike };
    const guests = ["one", "two", "three"].map((name) => ({ ...busy(name, 0), workload }));
    const settings = { powerManagement: "AUTO", balancing: "ADVISE", standbyHeadroom: 0 };
    const world = new World(documentOf({ ...QUIET, settings, guests })).advance(14_000);
    expect(inStandby(world)).toBe(3);
    const before = world.of("HostEnteringStandby").length;
    world.advance(7_000);
    // Too little is left on the one that is up, and that goes on.
    expect(world.of("HostLeavingStandby").length).toBeGreaterThan(0);
    expect(world.of("HostEnteringStandby")).toHaveLength(before);
    expect(balanced(world)).toEqual([]);
  });

  test("stay up as far as admission control keeps room for a loss", () => {
    const settings = { ...QUIET.settings, tolerate: "1 host" };
    const world = new World(documentOf({ ...QUIET, settings })).advance(3_600);
    expect(inStandby(world)).toBe(2);
    world.inject("HOST_POWER", world.whereIs("one") ?? "");
    world.advance(120);
    expect(Object.values(world.statuses())).toEqual(Array(4).fill("RUNNING"));
  });

  test("stay up as far as headroom is wanted", () => {
    const settings = { ...QUIET.settings, standbyHeadroom: 10 };
    const guests = [...QUIET.guests, busy("much", 0.2)];
    // 2 cores are expected to be asked for, so 20 are to be left: three hosts give 24.
    const world = new World(documentOf({ ...QUIET, settings, guests })).advance(3_600);
    expect(inStandby(world)).toBe(1);
  });

  test("are left off when they are shut down by request, and woken by no need", () => {
    const world = new World(documentOf(QUIET)).advance(1_800);
    const asleep = world.state.tables.Host.sorted().filter(({ status }) => status === "STANDBY");
    for (const { id: hostId } of asleep) world.do({ kind: "SHUTDOWN_HOST", hostId });
    expect(statuses(world)).toEqual(["DOWN", "DOWN", "DOWN", "UP"]);
    world.apply(
      documentOf({
        ...QUIET,
        guests: [...QUIET.guests, busy("x", 0.9), busy("y", 0.9), busy("z", 0.9)],
      }),
    );
    world.advance(900);
    expect(world.of("HostLeavingStandby")).toEqual([]);
    const [first] = asleep;
    world.do({ kind: "POWER_ON_HOST", hostId: first?.id as never });
    world.advance(60);
    expect(world.state.tables.Host.get(first?.id as never).status).toBe("UP");
  });

  test("come back when somebody switches them on", () => {
    const world = new World(documentOf(QUIET)).advance(1_800);
    const [host] = world.state.tables.Host.sorted().filter(({ status }) => status === "STANDBY");
    world.do({ kind: "POWER_ON_HOST", hostId: host?.id as never });
    world.advance(30);
    expect(world.state.tables.Host.get(host?.id as never).status).toBe("UP");
  });

  test("come back when power management is switched off", () => {
    const world = new World(documentOf(QUIET)).advance(1_800);
    world.apply(documentOf({ ...QUIET, settings: { powerManagement: "OFF" } }));
    world.advance(30);
    expect(statuses(world)).toEqual(["UP", "UP", "UP", "UP"]);
  });

  test("one that can't be woken is down, and another is woken instead", () => {
    const world = new World(documentOf(QUIET)).advance(1_800);
    const [first] = world.state.tables.Host.sorted().filter(({ status }) => status === "STANDBY");
    world.inject("HOST_POWER", first?.name ?? "");
    const guests = [
      ...QUIET.guests,
      busy("heavy", 0.9, { allocation: { cpuReservationCores: 6 } }),
      busy("heavier", 0.9, { allocation: { cpuReservationCores: 6 } }),
    ];
    world.apply(documentOf({ ...QUIET, guests }));
    world.advance(120);
    expect(world.statuses()).toMatchObject({ heavy: "RUNNING", heavier: "RUNNING" });
    expect(world.of("HostPowerFailed")).toHaveLength(1);
    expect(world.state.tables.Host.get(first?.id as never).status).toBe("DOWN");
  });

  test("are advised to stand by where only advice is wanted, and do so on request", () => {
    const settings = { balancing: "OFF", powerManagement: "ADVISE" };
    const world = new World(documentOf({ ...QUIET, settings })).advance(900);
    expect(inStandby(world)).toBe(0);
    const [advice] = world.state.tables.Recommendation.sorted();
    expect(advice).toMatchObject({ kind: "STANDBY", savedWatts: 100 });
    world.do({ kind: "APPLY_RECOMMENDATION", recommendationId: advice?.id as never });
    world.advance(60);
    expect(world.state.tables.Host.get(advice?.hostId as never).status).toBe("STANDBY");
  });

  test("a restart forgets what guests asked for, and nobody is moved before it is known again", () => {
    const world = new World(documentOf({ ...QUIET, settings: { powerManagement: "OFF" } }));
    world.advance(600);
    world.apply(documentOf(QUIET));
    world.restart();
    world.advance(5);
    expect(world.of("HostEnteringStandby")).toEqual([]);
    world.advance(1_800);
    expect(inStandby(world)).toBe(3);
  });
});
