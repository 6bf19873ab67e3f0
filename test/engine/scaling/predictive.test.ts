// What a group has to do by the hour is learned, and members are there before it comes.

import { describe, expect, test } from "vitest";
import type { ScalingGroup } from "../../../src/model/entities.ts";
import { forecastOf, isLearned, slotOf } from "../../../src/model/forecast.ts";
import { checkFold, keepWatch } from "../checks.ts";
import { Chance } from "../random.ts";
import { START_MS, type World } from "../world.ts";
import { worldWith } from "./groups.ts";

const HOUR_MS = 3_600_000;
const PUSHED_EVERY_SECONDS = 120;
const QUEUE = { name: "queue", kind: "TARGET_TRACKING", metric: "queue", target: 10 };
const SHAPE = { name: "shape", kind: "PREDICTIVE", metric: "queue", target: 10 };

/** Ten members' work from eight to six, and two members' by night. */
const office = (hour: number) => (hour >= 8 && hour < 18 ? 100 : 20);

function worldOf(more: object = {}, world: object = {}): World {
  const group = { min: 1, desired: 2, max: 50, policies: [QUEUE, SHAPE], ...more };
  return worldWith(group, world).advance(60);
}

/** Each decision is held to what must be true, and some to what a server that was just started decides. */
function watched(world: World): World {
  keepWatch(world, new Chance(1));
  return world;
}

function group(world: World): ScalingGroup {
  return world.state.tables.ScalingGroup.sorted()[0] as ScalingGroup;
}

/** Pushes what there is to do until so many hours after the start. */
function live(
  world: World,
  untilHour: number,
  load: (hourOfDay: number) => number = office,
): World {
  const untilMs = START_MS + untilHour * HOUR_MS;
  while (world.nowMs < untilMs) {
    world.do({
      kind: "PUT_METRIC",
      scalingGroupId: group(world).id,
      metric: "queue",
      value: load(((world.nowMs - START_MS) / HOUR_MS) % 24),
    });
    const leftSeconds = (untilMs - world.nowMs) / 1000;
    world.advance(Math.min(PUSHED_EVERY_SECONDS, leftSeconds));
  }
  return world;
}

/** Times of the day and sizes, as told since an hour after the start. */
function steps(world: World, sinceHour = 0): string[] {
  return world
    .of("GroupScaledOut", "GroupScaledIn")
    .filter(({ atMs }) => atMs >= START_MS + sinceHour * HOUR_MS)
    .map(({ atMs, payload }) => {
      const time = new Date(atMs).toISOString().slice(11, 16);
      return `${time} ${payload.fromSize} to ${payload.toSize} by ${payload.policy}`;
    });
}

function holds(world: World): string[] {
  return world
    .of("ScalingHeld")
    .map(({ payload }) => `${payload.policy}: ${payload.reasons[0]?.code}`);
}

describe("a predictive policy", () => {
  test("learns from a day, says so, and has members up before the next morning needs them", () => {
    const world = live(watched(worldOf()), 24);
    expect(holds(world)).toEqual(["shape: FORECAST_LEARNING"]);
    expect(world.of("ScalingHeld")[0]?.payload.reason).toMatch(
      /^policy shape learns from a day of queue: it forecasts from 2026-01-02T00:\d\d:00\.000Z on$/,
    );
    expect(steps(world)).toEqual(["08:03 2 to 10 by queue", "18:07 10 to 2 by queue"]);
    live(world, 33);
    expect(group(world).held).toEqual([]);
    expect(steps(world, 24)).toEqual(["07:58 2 to 10 by shape"]);
    const started = world.of("GuestStarted").filter(({ atMs }) => atMs > START_MS + 24 * HOUR_MS);
    expect(started).toHaveLength(8);
    const warmMs = Math.max(...started.map(({ atMs }) => atMs)) + 30_000;
    expect(warmMs).toBeLessThanOrEqual(START_MS + 32 * HOUR_MS);
    expect(world.of("GroupScaledOut").at(-1)?.payload.reason).toMatch(
      /^queue of all members is expected to be 100 from 2026-01-02T08:00:00\.000Z on and 10 for each is the target, which takes 10; it looks 3\d s ahead \([56] s to come up, 30 s to warm up\); queue wants 2 \(/,
    );
    checkFold(world);
  });

  test("looks as far ahead as its members take to come up", () => {
    const images = [{ name: "linux", bootSeconds: 900 }];
    const world = live(worldOf({ warmUpSeconds: 600 }, { images }), 32);
    const [time] = (steps(world, 24)[0] ?? "").split(" ");
    // 18 minutes at most for a boot, and ten to warm up.
    expect(time).toMatch(/^07:3[0-5]$/);
    const reason = world.of("GroupScaledOut").at(-1)?.payload.reason;
    const launch = /\((\d+) s to come up, 600 s to warm up\)/.exec(reason ?? "")?.[1];
    // Not what the image says, but what it took.
    expect(Number(launch)).toBeGreaterThan(900);
    expect(group(world).launchesMs).toHaveLength(8);
    const needed = live(world, 33).of("GuestStarted").slice(-8);
    const inTime = needed.filter(({ atMs }) => atMs + 600_000 <= START_MS + 32 * HOUR_MS);
    // Some may take longer than any before.
    expect(inTime.length).toBeGreaterThanOrEqual(6);
  });

  test("does not make the group smaller than others want it, nor they smaller than it", () => {
    const quiet = (hour: number) => (hour >= 12 && hour < 14 ? 20 : office(hour));
    const world = live(worldOf(), 32.5);
    // An hour that was always busy is quiet today: what is usual counts half.
    live(world, 38, quiet);
    expect(steps(world, 32.5)).toEqual(["12:30 10 to 6 by shape", "13:30 6 to 5 by shape"]);
    // Hours that were always quiet are busy: whoever sees it wins.
    live(world, 46, () => 150);
    expect(steps(world, 38)).toEqual([expect.stringMatching(/^14:0\d 5 to 15 by queue$/)]);
  });

  test("alone makes the group smaller, too, but not for a moment", () => {
    const lunch = (hour: number) => (hour >= 12 && hour < 12.5 ? 20 : office(hour));
    const more = { policies: [SHAPE], scaleInAfterSeconds: 3_600 };
    const world = live(worldOf(more), 48, lunch);
    expect(steps(world)).toEqual(["07:59 2 to 10 by shape", "18:01 10 to 2 by shape"]);
  });

  test("that only forecasts moves nothing and holds nobody back", () => {
    const only = { ...SHAPE, mode: "FORECAST_ONLY" };
    const other = { ...only, name: "other", metric: "other" };
    const world = live(worldOf({ policies: [QUEUE, only, other] }), 45);
    expect(holds(world)).toEqual([
      "shape: FORECAST_LEARNING",
      "other: FORECAST_LEARNING",
      "other: METRICS_MISSING",
    ]);
    expect(steps(world, 24)).toEqual(["08:03 2 to 10 by queue", "18:07 10 to 2 by queue"]);
    const [history] = world.state.tables.LoadHistory.sorted();
    expect(history && forecastOf(history, slotOf(world.nowMs) + 96)).toBe(20);
  });

  test("knows what it has learned after a restart, and holds while no samples come", () => {
    const world = live(worldOf(), 31);
    world.restart();
    world.advance(240);
    expect(group(world).held.map(({ reason }) => reason.code)).toEqual([
      "METRICS_MISSING",
      "METRICS_MISSING",
    ]);
    expect(steps(world, 24)).toEqual([]);
    live(world, 33);
    expect(steps(world, 24)).toEqual(["07:58 2 to 10 by shape"]);
    world.advance(12 * 3_600);
    expect(steps(world, 24)).toHaveLength(1);
  });

  test("brings back a group without members, of which nothing can be measured", () => {
    const workload = { kind: "DIURNAL", minShare: 0.2, maxShare: 1 };
    const cpu = { ...SHAPE, metric: "CPU", target: 50 };
    const now = { ...QUEUE, metric: "CPU", target: 50 };
    const more = { min: 0, policies: [cpu, now], demand: { peakCpuCores: 5, workload } };
    const world = worldOf({ ...more, desired: 10 }).advance(26 * 3_600);
    const id = group(world).id;
    world.do({ kind: "UPDATE_SCALING_GROUP", scalingGroupId: id, max: 0 });
    world.advance(8 * 3_600);
    expect(group(world).desired).toBe(0);
    expect(group(world).held.map(({ policy }) => policy)).toEqual(["shape"]);
    world.do({ kind: "UPDATE_SCALING_GROUP", scalingGroupId: id, max: 50 });
    world.advance(60);
    expect(world.of("GroupScaledOut").at(-1)?.payload).toMatchObject({
      fromSize: 0,
      policy: "shape",
    });
  });
});

describe("hosts that stand by by night", () => {
  /** Twenty members' work from eight to six and two members' by night, on four hosts of eight cores. */
  function fleet(policies: object[]): World {
    const hosts = [1, 2, 3, 4].map((number) => ({
      name: `h${number}`,
      cpuCores: 8,
      memoryMiB: 65_536,
      storageGiB: 1_000,
    }));
    const zones = [{ name: "a", dataCenters: [{ name: "dc-a", hosts }] }];
    const shares = Array.from({ length: 24 }, (_, hour) => office(hour) / 200);
    const workload = { kind: "TRACE", file: "day", row: 0, intervalSeconds: 3_600 };
    const settings = { powerManagement: "AUTO", balanceEverySeconds: 60, standbyAfterSeconds: 300 };
    return watched(
      worldWith(
        { min: 1, desired: 2, policies, demand: { peakCpuCores: 20, workload } },
        {
          settings,
          regions: [{ name: "north", zones }],
          traces: [{ file: "day", row: 0, shares }],
        },
      ),
    );
  }
  const CPU = { name: "cpu", kind: "TARGET_TRACKING", metric: "CPU", target: 50 };
  const AHEAD = { name: "ahead", kind: "PREDICTIVE", metric: "CPU", target: 50 };
  const running = (world: World) =>
    world.state.tables.Guest.sorted().filter(({ status }) => status === "RUNNING").length;
  const woken = (world: World) =>
    world
      .of("HostLeavingStandby")
      .filter(({ atMs }) => atMs > START_MS + 24 * HOUR_MS)
      .map(({ atMs }) => new Date(atMs).toISOString().slice(11, 16));

  test("are up before the morning", () => {
    const world = watched(fleet([CPU, AHEAD])).advance(31.5 * 3_600);
    expect(world.state.indexes.standby.size).toBeGreaterThanOrEqual(2);
    world.advance(1_800);
    expect(woken(world)).toEqual(["07:59", "07:59"]);
    expect(running(world)).toBe(20);
    const [ahead, ...parts] =
      /it looks (\d+) s ahead \((\d+) s to wake a host, (\d+) s to come up, (\d+) s to warm up\)/
        .exec(world.of("GroupScaledOut").at(-1)?.payload.reason ?? "")
        ?.slice(1)
        .map(Number) ?? [];
    const sum = parts.reduce((all, part) => all + part, 0);
    expect(Math.abs(sum - (ahead ?? 0))).toBeLessThanOrEqual(2);
    const late = fleet([CPU]).advance(33 * 3_600);
    expect(woken(late)).toEqual(["08:00", "08:00"]);
  });
});

describe("what is learned", () => {
  test("is one event an hour, and goes with the policy and with the group", () => {
    const world = live(worldOf({ policies: [SHAPE, { ...SHAPE, name: "b", target: 20 }] }), 26);
    const learned = world.of("GroupLoadLearned");
    expect(learned.length).toBeGreaterThanOrEqual(25);
    expect(learned.length).toBeLessThanOrEqual(26);
    expect(learned[12]).toMatchObject({ severity: "DEBUG", category: "SCALING" });
    const [history] = world.state.tables.LoadHistory.sorted();
    expect(history && isLearned(history)).toBe(true);
    expect(world.state.tables.LoadHistory.size).toBe(1);
    const scalingGroupId = group(world).id;
    world.do({ kind: "UPDATE_SCALING_GROUP", scalingGroupId, policies: [] });
    expect(world.state.tables.LoadHistory.size).toBe(0);
    live(world, 27);
    expect(world.state.tables.LoadHistory.size).toBe(0);
    const policies = [{ ...SHAPE, kind: "PREDICTIVE", mode: "FORECAST_ONLY" } as const];
    world.do({ kind: "UPDATE_SCALING_GROUP", scalingGroupId, policies });
    live(world, 29);
    expect(world.state.tables.LoadHistory.size).toBe(1);
    world.do({ kind: "DELETE_SCALING_GROUP", scalingGroupId });
    world.advance(60);
    expect(world.state.tables.LoadHistory.size).toBe(0);
    checkFold(world);
  });
});
