import { describe, expect, test } from "vitest";
import type { ScalingGroup } from "../../../src/model/entities.ts";
import { Chance } from "../random.ts";
import { START_MS, type World } from "../world.ts";
import { worldWith } from "./groups.ts";

/** A sample of usage each. */
const TURN_SECONDS = 10;
const CPU = { name: "cpu", kind: "TARGET_TRACKING", metric: "CPU", target: 50 };
const QUEUE = { name: "queue", kind: "TARGET_TRACKING", metric: "queue", target: 10 };

/** Work in shares of 40 cores, one for each turn from the start on. */
function demand(shareAt: (turn: number) => number) {
  const turns = 3_000;
  const from = Math.floor(START_MS / (TURN_SECONDS * 1000)) % turns;
  const shares = Array.from({ length: turns }, (_, index) =>
    shareAt((index - from + turns) % turns),
  );
  const workload = { kind: "TRACE", file: "t", row: 0, intervalSeconds: TURN_SECONDS };
  return {
    group: { demand: { peakCpuCores: 40, workload } },
    more: { traces: [{ file: "t", row: 0, shares }] },
  };
}

function group(world: World): ScalingGroup {
  return world.state.tables.ScalingGroup.sorted()[0] as ScalingGroup;
}

/** Sizes and what they were for, as told. */
function steps(world: World): string[] {
  return world
    .of("GroupScaledOut", "GroupScaledIn")
    .map(({ payload }) => `${payload.fromSize} to ${payload.toSize} by ${payload.policy}`);
}

function holds(world: World): string[] {
  return world
    .of("ScalingHeld")
    .map(({ payload }) => `${payload.policy}: ${payload.reasons[0]?.code}`);
}

function push(world: World, value: number, times = 1): void {
  for (let time = 0; time < times; time++) {
    world.do({
      kind: "PUT_METRIC",
      scalingGroupId: group(world).id,
      metric: "queue",
      value,
    });
    world.advance(TURN_SECONDS);
  }
}

function pushedTo(more: object): World {
  const world = worldWith({ min: 1, desired: 2, max: 8, policies: [QUEUE], ...more });
  return world.advance(60);
}

describe("target tracking", () => {
  test("follows a step of four times the work within two samples, and no further", () => {
    const { group: own, more } = demand((turn) => (turn < 60 ? 0.25 : 1));
    const world = worldWith({ desired: 20, max: 200, policies: [CPU], ...own }, more);
    world.advance(1800);
    expect(steps(world)).toEqual(["20 to 80 by cpu"]);
    const [step] = world.of("GroupScaledOut");
    expect(step?.payload.reason).toBe(
      "CPU is 200 % with 20 warm members and 50 % for each is the target, which takes 80",
    );
    expect((step?.atMs ?? 0) - START_MS - 600_000).toBeLessThanOrEqual(2 * TURN_SECONDS * 1000);
  });

  test.each([0.1, 0.2, 0.3])("does not follow noise of %d of what there is to do", (amplitude) => {
    const chance = new Chance(7);
    const { group: own, more } = demand(() => 0.25 * (1 + amplitude * (2 * chance.next() - 1)));
    const world = worldWith({ desired: 20, max: 200, policies: [CPU], ...own }, more);
    world.advance(3600);
    expect(steps(world)).toEqual([]);
    expect(holds(world)).toEqual([]);
  });

  test("follows what is small and lasts", () => {
    const { group: own, more } = demand((turn) => (turn < 60 ? 0.25 : 0.29));
    const world = worldWith({ desired: 20, max: 200, policies: [CPU], ...own }, more);
    world.advance(1800);
    expect(steps(world)).toEqual(["20 to 23 by cpu"]);
  });

  test("lets go of what nothing has wanted for a while", () => {
    const { group: own, more } = demand((turn) => (turn < 60 ? 0.25 : 0.1));
    const world = worldWith({ desired: 20, max: 200, policies: [CPU], ...own }, more);
    world.advance(880);
    expect(steps(world)).toEqual([]);
    world.advance(60);
    expect(steps(world)).toEqual(["20 to 8 by cpu"]);
    const scaleOutOnly = { ...CPU, scaleOutOnly: true };
    const other = worldWith({ desired: 20, max: 200, policies: [scaleOutOnly], ...own }, more);
    expect(steps(other.advance(1800))).toEqual([]);
  });

  test("settles when somebody made a member smaller", () => {
    const { group: own, more } = demand(() => 0.021);
    const quick = { cooldownSeconds: 10, scaleInAfterSeconds: 30, warmUpSeconds: 0 };
    const world = worldWith({ desired: 3, min: 2, policies: [CPU], ...quick, ...own }, more);
    world.advance(20);
    const guestId = world.guest("web-1").id;
    const resources = { cpuMillicores: 500, memoryMiB: 2_048, storageGiB: 1 };
    world.do({ kind: "RESIZE_GUEST", guestId, flavorId: null, resources });
    world.do({ kind: "REBOOT_GUEST", guestId });
    world.advance(1200);
    const settled = steps(world);
    world.advance(3600);
    expect(steps(world)).toEqual(settled);
    expect(group(world).desired).toBe(3);
  });

  test("counts members that come up as what is to come", () => {
    const world = pushedTo({ cooldownSeconds: 0, warmUpSeconds: 60, scaleInAfterSeconds: 20 });
    push(world, 40, 4);
    expect(steps(world)).toEqual(["2 to 4 by queue"]);
    // Less than its members were made for, while they are not warm.
    push(world, 5, 3);
    expect(steps(world)).toEqual(["2 to 4 by queue"]);
    push(world, 5, 8);
    expect(steps(world).at(-1)).toBe("4 to 1 by queue");
  });
});

describe("what is not done is told, once for each reason", () => {
  test("a cooldown that is not over, and the maximum", () => {
    const world = pushedTo({});
    push(world, 40, 2);
    push(world, 200, 3);
    expect(holds(world)).toEqual(["queue: COOLDOWN"]);
    expect(world.of("ScalingHeld")[0]?.payload.reason).toContain(
      "the cooldown of 60 s is not over",
    );
    push(world, 200, 12);
    expect(steps(world)).toEqual(["2 to 4 by queue", "4 to 8 by queue"]);
    expect(holds(world)).toEqual(["queue: COOLDOWN", "queue: AT_MAX"]);
    expect(group(world).held.map(({ reason }) => reason.code)).toEqual(["AT_MAX"]);
    push(world, 80, 1);
    expect(group(world).held).toEqual([]);
  });

  test("the minimum", () => {
    const world = pushedTo({ min: 2, scaleInAfterSeconds: 20 });
    push(world, 1, 6);
    expect(steps(world)).toEqual([]);
    expect(holds(world)).toEqual(["queue: AT_MIN"]);
  });

  test("samples that come no more, and never came", () => {
    const world = pushedTo({ policies: [QUEUE, { ...QUEUE, name: "other", metric: "other" }] });
    push(world, 20, 2);
    world.advance(600);
    expect(holds(world).sort()).toEqual(["other: METRICS_MISSING", "queue: METRICS_MISSING"]);
    // A policy that can't know holds what others would let go of; it does not hold them back.
    push(world, 80, 2);
    expect(steps(world)).toEqual(["2 to 8 by queue"]);
    push(world, 1, 40);
    expect(steps(world)).toEqual(["2 to 8 by queue"]);
    world.restart();
    expect(world.advance(60).state.tables.ScalingGroup.get(group(world).id).held).toHaveLength(1);
  });

  test("samples that have not come again since a restart: nothing is let go of meanwhile", () => {
    const other = { ...QUEUE, name: "other", metric: "other" };
    const world = pushedTo({ desired: 6, scaleInAfterSeconds: 30, policies: [QUEUE, other] });
    push(world, 60, 30);
    expect(group(world).held.map(({ policy }) => policy)).toEqual(["other"]);
    world.restart();
    push(world, 10, 10);
    expect(steps(world)).toEqual([]);
    expect(world.of("ScalingHoldEnded")).toEqual([]);
  });

  test("a restart just after samples of all came", () => {
    const other = { ...QUEUE, name: "other", metric: "other" };
    const world = pushedTo({ desired: 6, scaleInAfterSeconds: 30, policies: [QUEUE, other] });
    const scalingGroupId = group(world).id;
    world.do({ kind: "PUT_METRIC", scalingGroupId, metric: "other", value: 60 });
    world.restart();
    push(world, 10, 10);
    expect(steps(world)).toEqual([]);
  });

  test("a zone on battery, which is as good as lost", () => {
    const world = pushedTo({ desired: 6, scaleInAfterSeconds: 10 });
    push(world, 60, 2);
    world.inject("ZONE_POWER", "a");
    world.advance(1);
    push(world, 10, 2);
    expect(world.of("ZoneDown")).toEqual([]);
    expect(steps(world)).toEqual([]);
    expect(holds(world)).toEqual(["queue: ZONE_DOWN"]);
  });

  test("a zone that is down: nobody knows what its members would have to do", () => {
    const world = pushedTo({ desired: 6, scaleInAfterSeconds: 30 });
    push(world, 60, 2);
    world.inject("ZONE_NETWORK", "a");
    world.advance(60);
    push(world, 10, 6);
    expect(steps(world)).toEqual([]);
    expect(holds(world)).toEqual(["queue: ZONE_DOWN"]);
    world.clear("ZONE_NETWORK", "a");
    world.advance(60);
    push(world, 10, 3);
    expect(steps(world)).toEqual(["6 to 1 by queue"]);
  });

  test("the tenant's quota", () => {
    const tenants = [{ name: "default", quota: { guests: 3 } }];
    const world = worldWith(
      { min: 1, desired: 3, max: 8, policies: [QUEUE], cooldownSeconds: 0 },
      { tenants },
    ).advance(60);
    push(world, 80, 3);
    expect(steps(world)).toEqual([]);
    expect(holds(world)).toEqual(["queue: OVER_QUOTA"]);
  });
});

describe("steps", () => {
  const steep = {
    name: "steps",
    kind: "STEP",
    metric: "queue",
    steps: [
      { from: 50, below: 100, change: 1 },
      { from: 100, change: 3 },
      { below: 10, change: -1 },
    ],
  };

  test("are as large as the metric is off, and count from the warm members", () => {
    const world = pushedTo({ policies: [steep], cooldownSeconds: 0, scaleInAfterSeconds: 20 });
    push(world, 120, 3);
    expect(steps(world)).toEqual(["2 to 5 by steps"]);
    push(world, 60, 6);
    expect(steps(world)[1]).toBe("5 to 6 by steps");
    push(world, 30, 3);
    const before = steps(world).length;
    push(world, 5, 4);
    expect(steps(world)[before]).toMatch(/^(\d) to (\d) by steps$/);
    expect(group(world).desired).toBeLessThan(8);
  });
});

describe("several policies", () => {
  test("keep others from going where they would call for more at once", () => {
    const { group: own, more } = demand(() => 0.045);
    const out = { name: "out", kind: "STEP", metric: "CPU", steps: [{ from: 60, change: 2 }] };
    const quick = { cooldownSeconds: 10, scaleInAfterSeconds: 30, warmUpSeconds: 0 };
    const target = { ...CPU, target: 60 };
    const policies = [target, out];
    const world = worldWith({ desired: 3, max: 4, policies, ...quick, ...own }, more);
    world.advance(3600);
    expect(steps(world)).toEqual(["3 to 4 by out"]);
  });

  test("get smaller only when no sample of a while wanted more, that of a step either", () => {
    const out = { name: "out", kind: "STEP", metric: "queue", steps: [{ from: 100, change: 4 }] };
    const { group: own, more } = demand(() => 0.02);
    const policies = [out, CPU];
    const quick = { cooldownSeconds: 10, scaleInAfterSeconds: 60, warmUpSeconds: 0 };
    const sizes = { min: 1, desired: 2, max: 8 };
    const world = worldWith({ ...sizes, policies, ...quick, ...own }, more).advance(120);
    for (let time = 0; time < 10; time++) {
      push(world, 200, 2);
      push(world, 50, 3);
    }
    expect(steps(world)).toEqual(["2 to 6 by out", "6 to 8 by out"]);
    push(world, 50, 8);
    expect(steps(world).slice(2)).toEqual(["8 to 2 by cpu"]);
  });

  test("that contradict each other: the larger wins, and both are told", () => {
    const fewer = {
      name: "fewer",
      kind: "STEP",
      metric: "queue",
      steps: [{ from: 0, change: -1 }],
    };
    const world = pushedTo({ policies: [fewer, QUEUE], scaleInAfterSeconds: 0, min: 0 });
    push(world, 60, 2);
    expect(steps(world).at(-1)).toMatch(/ to 6 by queue$/);
    expect(world.of("GroupScaledOut").at(-1)?.payload.reason).toMatch(
      /; fewer wants \d \(queue is 60/,
    );
  });
});

describe("schedules", () => {
  const office = {
    name: "office",
    kind: "SCHEDULED",
    cron: "0 8 * * *",
    timeZone: "Europe/Berlin",
  };

  test("are due in their time zone, also after a restart", () => {
    const world = worldWith({ desired: 1, max: 9, policies: [{ ...office, desired: 5 }] });
    world.advance(6 * 3600).restart();
    expect(steps(world.advance(3599))).toEqual([]);
    world.advance(1);
    expect(steps(world)).toEqual(["1 to 5 by office"]);
    expect(group(world).schedules).toEqual([
      { policy: "office", nextAtMs: START_MS + 31 * 3600_000 },
    ]);
  });

  test("set bounds, and take the size along", () => {
    const night = { ...office, name: "night", cron: "0 20 * * *", min: 0, max: 2 };
    const world = worldWith({ desired: 1, max: 9, policies: [{ ...office, min: 3 }, night] });
    world.advance(7 * 3600);
    expect(group(world)).toMatchObject({ min: 3, max: 9, desired: 3 });
    world.advance(12 * 3600);
    expect(group(world)).toMatchObject({ min: 0, max: 2, desired: 2 });
  });
});
