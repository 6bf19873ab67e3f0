import { describe, expect, test } from "vitest";
import type { Command } from "../../../src/model/commands.ts";
import type { ScalingGroup } from "../../../src/model/entities.ts";
import { REFRESH_DEFAULTS } from "../../../src/model/group-refresh.ts";
import type { World } from "../world.ts";
import { documentWith, worldWith } from "./groups.ts";

const SETTLED_SECONDS = 30;
const IMAGES = [
  { name: "linux", bootSeconds: 5 },
  { name: "newer", bootSeconds: 5 },
  { name: "newest", bootSeconds: 5 },
];

type Start = Extract<Command, { kind: "START_GROUP_REFRESH" }>;

function group(world: World): ScalingGroup {
  return world.state.tables.ScalingGroup.sorted()[0] as ScalingGroup;
}

function refresh(world: World) {
  const { refresh: found } = group(world);
  if (!found) throw new Error("no refresh");
  return found;
}

function members(world: World) {
  return world.state.tables.Guest.sorted().filter(
    ({ membership, deleting }) => membership !== null && !deleting,
  );
}

const revisions = (world: World) =>
  members(world).map(({ membership }) => membership?.templateRevision);

/** Of members that have run for the group's warm-up. */
function serving(world: World): number {
  const { warmUpSeconds } = group(world);
  return members(world).filter(({ status, membership }) => {
    const sinceMs = membership?.runsSinceMs ?? Number.POSITIVE_INFINITY;
    const runs = status === "RUNNING" || status === "MIGRATING";
    return runs && sinceMs + warmUpSeconds * 1000 <= world.nowMs;
  }).length;
}

function settled(more: object = {}, rest: object = {}): World {
  const world = worldWith({ desired: 10, warmUpSeconds: 10, ...more }, { images: IMAGES, ...rest });
  return world.advance(SETTLED_SECONDS);
}

function template(world: World, image: string): Start["template"] {
  const { securityGroupIds, ...rest } = group(world).template;
  const imageId = world.state.names.image.find(image) as never;
  return { ...rest, imageId, securityGroups: securityGroupIds };
}

function wish(world: World, image: string | null, more: Partial<Start> = {}): Start {
  return {
    kind: "START_GROUP_REFRESH",
    scalingGroupId: group(world).id,
    template: image === null ? null : template(world, image),
    checkpointPercents: [],
    ...REFRESH_DEFAULTS,
    ...more,
  };
}

function start(world: World, more: Partial<Start> = {}, image: string | null = "newer"): World {
  world.do(wish(world, image, more));
  return world;
}

interface Extremes {
  least: number;
  most: number;
}

/** Second by second until the refresh is over; the fewest that served meanwhile and the most there were. */
function play(world: World, seconds = 600): Extremes {
  const seen = { least: Number.POSITIVE_INFINITY, most: 0 };
  for (let second = 0; second < seconds && refresh(world).endedAtMs === null; second++) {
    world.advance(1);
    seen.least = Math.min(seen.least, serving(world));
    seen.most = Math.max(seen.most, members(world).length);
  }
  return seen;
}

/** New members of this image never come up well. */
function failNew(world: World, image: string, seconds = 600): void {
  const imageId = world.state.names.image.find(image);
  for (let second = 0; second < seconds && refresh(world).endedAtMs === null; second++) {
    world.advance(1);
    for (const { id: guestId, imageId: own, status } of members(world))
      if (own === imageId && status === "RUNNING")
        world.do({ kind: "SET_MEMBER_HEALTH", guestId, healthy: false, reason: "503" });
  }
}

const told = (world: World) =>
  world.events
    .filter(({ kind }) => kind.startsWith("GroupRefresh") && kind !== "GroupRefreshProgressed")
    .map(({ kind }) => kind.slice("GroupRefresh".length));

describe("a refresh", () => {
  test("replaces all members beside one another where max has room, and none serves less meanwhile", () => {
    const world = start(settled({ max: 12 }));
    expect(play(world)).toEqual({ least: 10, most: 11 });
    expect(revisions(world)).toEqual(Array(10).fill(2));
    expect(told(world)).toEqual(["Started", "Completed"]);
    expect(refresh(world)).toMatchObject({ status: "COMPLETED", percent: 100, failures: 0 });
    expect(world.of("GroupRefreshStarted")[0]?.message).toBe(
      "A refresh of web to template 2 begins: 10 members to replace, 9 serve at least",
    );
    expect(world.of("MemberRefreshed")).toHaveLength(10);
    const percents = world.of("GroupRefreshProgressed").map(({ payload }) => payload.percent);
    expect(percents).toEqual(percents.toSorted((a, b) => a - b));
  });

  test.each([
    [90, 1],
    [70, 3],
    [0, 10],
  ])("with %s %% healthy replaces some at once", (minHealthyPercent, batch) => {
    const world = start(settled({ max: 100 }), { minHealthyPercent });
    expect(play(world)).toEqual({ least: 10, most: 10 + batch });
  });

  test.each([
    [90, 9],
    [70, 7],
  ])("takes down first where max has no room, and %s %% serve", (minHealthyPercent, least) => {
    const world = start(settled({ max: 10 }), { minHealthyPercent });
    expect(play(world)).toEqual({ least, most: 10 });
    expect(revisions(world)).toEqual(Array(10).fill(2));
  });

  test("takes down first where the quota has no room", () => {
    const tenants = [{ name: "default", quota: { guests: 10 } }];
    const world = start(settled({}, { tenants }));
    expect(play(world)).toEqual({ least: 9, most: 10 });
    expect(group(world).blockedBy).toEqual([]);
  });

  test("makes room on hosts that have none", () => {
    const hosts = [{ name: "only", cpuCores: 4, memoryMiB: 8_192, storageGiB: 10 }];
    const regions = [
      { name: "north", zones: [{ name: "a", dataCenters: [{ name: "d", hosts }] }] },
    ];
    const world = start(settled({ desired: 4 }, { regions }), { minHealthyPercent: 70 });
    expect(play(world).least).toBe(3);
    expect(revisions(world)).toEqual([2, 2, 2, 2]);
  });

  test("says that it has no room, and goes on when there is", () => {
    const world = start(settled({ desired: 2, max: 2 })).advance(60);
    expect(group(world).blockedBy).toEqual([
      {
        code: "AT_MAX",
        message:
          "its refresh can't go on: of 2 members 2 must serve, so that none can be taken down first, and max is 2",
      },
    ]);
    world.do({ kind: "UPDATE_SCALING_GROUP", scalingGroupId: group(world).id, max: 3 });
    expect(play(world)).toEqual({ least: 2, most: 3 });
    expect(group(world).blockedBy).toEqual([]);
  });

  test("waits while a zone is down", () => {
    const world = settled({ max: 12 });
    world.inject("ZONE_POWER", "b");
    world.advance(120);
    start(world).advance(60);
    expect(group(world).blockedBy.map(({ code }) => code)).toEqual(["ZONE_DOWN"]);
    expect(revisions(world)).toEqual(Array(10).fill(1));
    world.clear("ZONE_POWER", "b");
    play(world);
    expect(revisions(world)).toEqual(Array(10).fill(2));
  });

  test("waits while too few serve for other reasons", () => {
    const world = settled({ unhealthyAfterSeconds: 3_600 });
    for (const { id: guestId } of members(world).slice(0, 3))
      world.do({ kind: "SET_MEMBER_HEALTH", guestId, healthy: false, reason: "503" });
    world.do({ kind: "UPDATE_SCALING_GROUP", scalingGroupId: group(world).id, max: 10 });
    start(world);
    play(world);
    // Those that don't serve go first, and make up for it.
    expect(refresh(world).status).toBe("COMPLETED");
    expect(world.of("MemberRefreshed").map(({ payload }) => payload.served)).toEqual([
      ...Array(3).fill(false),
      ...Array(7).fill(true),
    ]);
  });

  test("leaves those that are protected, and tells how many", () => {
    const world = settled();
    for (const name of ["web-2", "web-3"])
      world.do({ kind: "SET_SCALE_IN_PROTECTION", guestId: world.guest(name).id, enabled: true });
    start(world);
    play(world);
    expect(revisions(world).filter((each) => each === 1)).toHaveLength(2);
    expect(world.of("GroupRefreshCompleted")[0]?.message).toBe(
      "The refresh of web to template 2 is completed: 8 members of it, 2 left as they were",
    );
  });

  test("leaves those that are of its template, or replaces them all", () => {
    const world = start(settled(), {}, null);
    play(world);
    expect([told(world), world.of("MemberRefreshed")]).toEqual([["Started", "Completed"], []]);
    start(world, { skipMatching: false }, null);
    play(world);
    expect(members(world).every(({ membership }) => (membership?.number ?? 0) > 10)).toBe(true);
    expect(world.of("MemberRefreshed")).toHaveLength(10);
  });

  test("waits for hooks of members that come and go", () => {
    const hooks = ["LAUNCHING", "TERMINATING"].map((transition) => ({
      name: transition,
      transition,
      timeoutSeconds: 20,
      onTimeout: "CONTINUE",
    }));
    const world = settled({ lifecycleHooks: hooks, max: 11 }).advance(30);
    start(world);
    expect(play(world).least).toBe(10);
    expect(revisions(world.advance(60))).toEqual(Array(10).fill(2));
  });

  test("is not lost with the server", () => {
    const world = start(settled(), { checkpointPercents: [50], checkpointWaitSeconds: 30 });
    for (let time = 0; time < 10; time++) {
      world.advance(13.7);
      world.restart();
    }
    play(world);
    expect(told(world)).toEqual(["Started", "CheckpointReached", "Resumed", "Completed"]);
  });
});

describe("at its checkpoints", () => {
  test("it waits, and tells how many serve", () => {
    const world = start(settled(), {
      checkpointPercents: [1, 20, 100],
      checkpointWaitSeconds: 100,
    });
    const atMs: number[] = [];
    for (let second = 0; second < 900 && refresh(world).endedAtMs === null; second++) {
      world.advance(1);
      if (refresh(world).status !== "AT_CHECKPOINT") continue;
      atMs.push(world.nowMs);
      expect(members(world)).toHaveLength(10);
    }
    expect(world.of("GroupRefreshCheckpointReached").map(({ payload }) => payload)).toMatchObject([
      { checkpoint: 1, replaced: 1, members: 10 },
      { checkpoint: 20, replaced: 2, members: 10 },
      { checkpoint: 100, replaced: 10, members: 10 },
    ]);
    expect(Math.abs(atMs.length - 300)).toBeLessThanOrEqual(3);
    expect(told(world).at(-1)).toBe("Completed");
  });

  test("of several that it comes to at once it tells the last one", () => {
    const world = start(settled({ desired: 2 }), { checkpointPercents: [10, 20, 50] });
    world.advance(60);
    expect(world.of("GroupRefreshCheckpointReached").map(({ payload }) => payload)).toMatchObject([
      { checkpoint: 50, replaced: 1 },
    ]);
    expect(revisions(world)).toEqual([1, 2]);
  });
});

describe("new members that fail", () => {
  test("three of them, and it goes back by itself", () => {
    const world = start(settled({ unhealthyAfterSeconds: 0, max: 12 }));
    failNew(world, "newer");
    expect(told(world)).toEqual(["Started", "Failed", "RollingBack", "RolledBack"]);
    expect(world.of("GroupRefreshFailed")[0]).toMatchObject({
      severity: "ERROR",
      message: "The refresh of web failed at 0 %: 3 new members failed",
      payload: { failures: 3, rollsBack: true },
    });
    expect(revisions(world)).toEqual(Array(10).fill(1));
    expect(group(world)).toMatchObject({
      templateRevision: 1,
      refresh: { status: "ROLLED_BACK", reason: "3 new members failed" },
    });
    expect(world.of("MemberRefreshed").filter(({ payload }) => payload.served)).toEqual([]);
    // Another template is another number, and the same one its own.
    start(world, {}, "newest");
    play(world);
    expect(group(world).templateRevision).toBe(3);
    start(world, {}, "linux");
    play(world);
    expect(group(world).templateRevision).toBe(1);
  });

  test("to come up, too, and without going back it stops there until somebody takes it back", () => {
    const world = start(settled({ max: 12 }), { autoRollback: false });
    const hosts = ["a1", "a2", "b1", "b2", "c1", "c2"];
    for (const host of hosts) world.inject("GUEST_START_FAILS", host);
    play(world, 900);
    expect(told(world)).toEqual(["Started", "Failed"]);
    for (const host of hosts) world.clear("GUEST_START_FAILS", host);
    world.do({ kind: "ROLL_BACK_GROUP_REFRESH", scalingGroupId: group(world).id });
    play(world);
    expect(told(world).slice(2)).toEqual(["RollingBack", "RolledBack"]);
    expect(revisions(world)).toEqual(Array(10).fill(1));
  });

  test("while it goes back end it", () => {
    const world = start(settled({ max: 12 }));
    for (const host of ["a1", "a2", "b1", "b2", "c1", "c2"])
      world.inject("GUEST_START_FAILS", host);
    world.advance(1_800);
    expect(told(world)).toEqual(["Started", "Failed", "RollingBack", "Failed"]);
    expect(world.of("GroupRefreshFailed").map(({ payload }) => payload.rollsBack)).toEqual([
      true,
      false,
    ]);
    // Members of the template before serve as ever.
    expect(serving(world)).toBe(10);
  });

  test("that a person stopped are none", () => {
    const world = start(settled({ max: 12 }));
    for (let second = 0; second < 60; second++) {
      world.advance(1);
      for (const { id: guestId, membership, status } of members(world))
        if (membership?.templateRevision === 2 && status === "RUNNING" && second < 40)
          world.try({ kind: "STOP_GUEST", guestId });
    }
    expect(refresh(world).failures).toBe(0);
    play(world);
    expect(told(world)).toEqual(["Started", "Completed"]);
  });

  test("are not held against others that come after another start", () => {
    const world = start(settled({ max: 10 }), { autoRollback: false });
    const hosts = ["a1", "a2", "b1", "b2", "c1", "c2"];
    for (const host of hosts) world.inject("GUEST_START_FAILS", host);
    world.advance(900);
    expect(group(world).blockedBy).toMatchObject([{ code: "BACKING_OFF" }]);
    for (const host of hosts) world.clear("GUEST_START_FAILS", host);
    start(world, {}, "newest").advance(20);
    expect(
      members(world).some(({ membership, status }) => {
        return membership?.templateRevision === 3 && status === "RUNNING";
      }),
    ).toBe(true);
    play(world);
    expect(told(world).at(-1)).toBe("Completed");
  });
});

test("there is no way back to a template that needs what is gone", () => {
  const world = start(settled());
  const { id: scalingGroupId } = group(world);
  world.do({ kind: "CANCEL_GROUP_REFRESH", scalingGroupId });
  world.do({ kind: "SET_DESIRED_CAPACITY", scalingGroupId, desired: 0 });
  world.advance(SETTLED_SECONDS);
  const images = IMAGES.filter(({ name }) => name !== "linux");
  const newer = { warmUpSeconds: 10, template: { flavor: "small", image: "newer" } };
  world.apply(documentWith(newer, { images }), { prune: true });
  const { rejection } = world.try({ kind: "ROLL_BACK_GROUP_REFRESH", scalingGroupId });
  expect(rejection?.message).toBe(
    "The refresh of web can't be taken back: the template before needs what is gone.",
  );
});

describe("meanwhile", () => {
  test("it is cancelled, and members stay as they are by then", () => {
    const world = start(settled({ max: 12 })).advance(30);
    const { id: scalingGroupId } = group(world);
    world.do({ kind: "CANCEL_GROUP_REFRESH", scalingGroupId });
    world.advance(60);
    expect(told(world)).toEqual(["Started", "Cancelled"]);
    expect(new Set(revisions(world))).toEqual(new Set([1, 2]));
    expect(members(world)).toHaveLength(10);
    world.do({ kind: "ROLL_BACK_GROUP_REFRESH", scalingGroupId });
    play(world);
    expect(revisions(world)).toEqual(Array(10).fill(1));
    expect(world.try({ kind: "ROLL_BACK_GROUP_REFRESH", scalingGroupId }).rejection).toMatchObject({
      code: "CONFLICT",
      message: "No refresh of web is there to take back.",
    });
  });

  test.each([4, 16])("the group is resized to %s", (desired) => {
    const world = start(settled({ max: 20 })).advance(40);
    world.do({ kind: "SET_DESIRED_CAPACITY", scalingGroupId: group(world).id, desired });
    const { most } = play(world);
    expect(most).toBeLessThanOrEqual(Math.max(11, desired + 2));
    expect(revisions(world)).toEqual(Array(desired).fill(2));
  });

  test("another template ends it, and so does the end of its group", () => {
    const world = start(settled({ max: 12 })).advance(30);
    const { id: scalingGroupId } = group(world);
    const other = template(world, "newest") as NonNullable<Start["template"]>;
    world.do({ kind: "UPDATE_SCALING_GROUP", scalingGroupId, template: other });
    expect(refresh(world)).toMatchObject({
      status: "CANCELLED",
      reason: "its group is to have another template",
    });
    expect(group(world).templateRevision).toBe(3);
    start(world, {}, null).advance(20);
    expect(world.try(wish(world, null)).rejection?.code).toBe("CONFLICT");
    world.do({ kind: "DELETE_SCALING_GROUP", scalingGroupId });
    expect(told(world)).toEqual(["Started", "Cancelled", "Started", "Cancelled"]);
    world.advance(60);
    expect(world.state.tables.ScalingGroup.size).toBe(0);
  });

  test("it can be taken back", () => {
    const world = start(settled({ max: 12 })).advance(60);
    world.do({ kind: "ROLL_BACK_GROUP_REFRESH", scalingGroupId: group(world).id });
    expect(play(world)).toEqual({ least: 10, most: 11 });
    expect(told(world)).toEqual(["Started", "RollingBack", "RolledBack"]);
    expect(revisions(world)).toEqual(Array(10).fill(1));
  });
});
