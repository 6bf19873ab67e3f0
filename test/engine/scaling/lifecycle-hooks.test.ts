import { describe, expect, test } from "vitest";
import type { ScalingGroup } from "../../../src/model/entities.ts";
import type { Membership } from "../../../src/model/scaling.ts";
import type { LifecycleResult } from "../../../src/model/statuses.ts";
import type { World } from "../world.ts";
import { worldWith } from "./groups.ts";

const SETUP = { name: "setup", transition: "LAUNCHING", timeoutSeconds: 60 };
const SAVE = { name: "save", transition: "TERMINATING", timeoutSeconds: 60 };

function group(world: World): ScalingGroup {
  return world.state.tables.ScalingGroup.sorted()[0] as ScalingGroup;
}

function membership(world: World, name: string): Membership {
  return world.guest(name).membership as Membership;
}

const names = (world: World) =>
  world.state.tables.Guest.sorted()
    .filter((guest) => guest.membership !== null)
    .map(({ name }) => name);

const waiting = (world: World) =>
  world.state.tables.Guest.sorted()
    .filter(({ membership: each }) => (each?.lifecycle?.hooks.length ?? 0) > 0)
    .map(({ name }) => name);

function complete(world: World, guest: string, hook: string, result: LifecycleResult = "CONTINUE") {
  const { id: guestId } = world.guest(guest);
  const reason = "it is done";
  return world.try({ kind: "COMPLETE_LIFECYCLE_ACTION", guestId, hook, result, reason }).rejection;
}

function heartbeat(world: World, guest: string, hook: string): void {
  const { id: guestId } = world.guest(guest);
  world.do({ kind: "RECORD_LIFECYCLE_HEARTBEAT", guestId, hook });
}

function resize(world: World, desired: number): World {
  world.do({ kind: "SET_DESIRED_CAPACITY", scalingGroupId: group(world).id, desired });
  return world.advance(0);
}

function withHooks(lifecycleHooks: object[], more: object = {}): World {
  return worldWith({ desired: 2, warmUpSeconds: 10, lifecycleHooks, ...more }).advance(20);
}

const told = (world: World) =>
  world
    .of("LifecycleActionPending", "LifecycleActionCompleted", "LifecycleActionTimedOut")
    .map(({ message }) => message);

describe("a member that has come up", () => {
  test("waits until each of its hooks was completed, and is warm only after that", () => {
    const world = withHooks([SETUP, { ...SETUP, name: "check" }]);
    expect(waiting(world)).toEqual(["web-1", "web-2"]);
    expect(membership(world, "web-1")).toMatchObject({
      launchedAtMs: null,
      lifecycle: { transition: "LAUNCHING", hooks: [{ hook: "setup" }, { hook: "check" }] },
    });
    expect(complete(world, "web-1", "setup")).toBeNull();
    expect(world.of("MemberInService")).toEqual([]);
    expect(complete(world, "web-1", "setup")).toMatchObject({
      code: "CONFLICT",
      path: ["hook"],
      message: "Guest web-1 waits for check, not setup.",
    });
    complete(world, "web-1", "check");
    expect(world.of("MemberInService").map(({ message }) => message)).toEqual([
      "web-1 of web is in service",
    ]);
    expect(membership(world, "web-1")).toMatchObject({
      launchedAtMs: world.nowMs,
      lifecycle: null,
    });
    expect(complete(world, "web-1", "check")?.message).toBe("Guest web-1 waits for no hook check.");
  });

  test("does not count into what is measured while it waits", () => {
    const policies = [{ name: "queue", kind: "TARGET_TRACKING", metric: "queue", target: 10 }];
    const world = withHooks([SETUP], { policies, cooldownSeconds: 0 });
    const push = (value: number) => {
      const { id: scalingGroupId } = group(world);
      world.do({ kind: "PUT_METRIC", scalingGroupId, metric: "queue", value });
      return world.of("GroupScaledOut").at(-1)?.message;
    };
    complete(world, "web-1", "setup");
    push(50);
    world.advance(9);
    expect(push(50)).toContain("with 0 warm members");
    world.advance(1);
    push(200);
    world.advance(1);
    expect(push(200)).toContain("with 1 warm members");
  });

  test("is replaced when a hook is abandoned, each time after a longer pause", () => {
    const world = withHooks([SETUP, { ...SETUP, name: "check" }], { desired: 1 });
    const abandon = () => {
      const [name] = waiting(world);
      if (name) complete(world, name, "setup", "ABANDON");
    };
    for (let second = 0; second < 200; second++) {
      abandon();
      world.advance(1);
    }
    const replaced = world.of("MemberReplaced");
    expect(replaced[0]?.message).toBe(
      "web-1 of web is replaced: hook setup of its launch: it is done",
    );
    const times = replaced.map(({ atMs }) => atMs);
    const pauses = times.slice(1).map((atMs, index) => atMs - (times[index] as number));
    expect(pauses.length).toBeGreaterThan(2);
    expect(pauses).toEqual(pauses.toSorted((a, b) => a - b));
    expect(pauses.at(-1)).toBeGreaterThan(2 * (pauses[0] as number));
    expect(group(world).launchFailures).toBe(replaced.length);
    world.advance(120);
    complete(world, waiting(world)[0] as string, "setup");
    complete(world, waiting(world)[0] as string, "check");
    expect(group(world)).toMatchObject({ launchFailures: 0, blockedBy: [] });
  });

  test.each([
    ["ABANDON", 1],
    ["CONTINUE", 0],
  ] as const)("%ss when nobody completes its hook in time", (onTimeout, replaced) => {
    const world = withHooks([{ ...SETUP, onTimeout }], { desired: 1 }).advance(41);
    expect(world.of("LifecycleActionTimedOut").map(({ message }) => message)).toEqual([]);
    world.advance(10);
    expect(world.of("LifecycleActionTimedOut").map(({ message }) => message)).toEqual([
      `Hook setup (LAUNCHING) of web-1 ends with ${onTimeout}: nobody completed it by its time-out of 60 s`,
    ]);
    expect(world.of("MemberReplaced")).toHaveLength(replaced);
    expect(world.of("MemberInService")).toHaveLength(1 - replaced);
  });

  test("is waited for longer after each heartbeat, up to a hundred time-outs", () => {
    const world = withHooks([{ ...SETUP, timeoutSeconds: 2 }], { desired: 1 });
    while (waiting(world).length === 0) world.advance(0.1);
    const [name] = waiting(world) as [string];
    const fromMs = world.nowMs;
    for (; waiting(world).includes(name); world.advance(1)) heartbeat(world, name, "setup");
    const [ended] = world.of("LifecycleActionTimedOut").slice(-1);
    expect((ended?.atMs ?? 0) - fromMs).toBeGreaterThan(198_000);
    expect((ended?.atMs ?? 0) - fromMs).toBeLessThanOrEqual(200_000);
  });

  test("still waits when it is recovered from a host that died", () => {
    const world = withHooks([{ ...SETUP, timeoutSeconds: 600 }], { desired: 1 });
    const timesOutAtMs = membership(world, "web-1").lifecycle?.hooks[0]?.timesOutAtMs;
    world.inject("HOST_POWER", world.whereIs("web-1") as string);
    world.advance(60);
    expect(world.of("GuestFailedOver")).toHaveLength(1);
    expect(membership(world, "web-1").lifecycle?.hooks).toMatchObject([{ timesOutAtMs }]);
    expect(world.of("LifecycleActionPending")).toHaveLength(1);
    complete(world, "web-1", "setup");
    expect(world.of("MemberInService")).toHaveLength(1);
  });

  test("goes on when the hook is taken from its group", () => {
    const world = withHooks([SETUP]);
    const { id: scalingGroupId } = group(world);
    world.do({ kind: "UPDATE_SCALING_GROUP", scalingGroupId, lifecycleHooks: [] });
    world.advance(0);
    expect(waiting(world)).toEqual([]);
    expect(world.of("MemberInService")).toHaveLength(2);
    expect(told(world).at(-1)).toBe(
      "Hook setup (LAUNCHING) of web-2 ends with CONTINUE: its group does not have it any more",
    );
    expect(names(resize(world, 3).advance(20))).toHaveLength(3);
    expect(waiting(world)).toEqual([]);
  });
});

describe("a member that goes", () => {
  test.each(["CONTINUE", "ABANDON"] as const)("stays until its hook ends with %s", (result) => {
    const world = withHooks([SAVE]);
    resize(world, 1).advance(30);
    expect(waiting(world)).toEqual(["web-2"]);
    expect(world.guest("web-2")).toMatchObject({ status: "RUNNING", deleting: false });
    expect(told(world)).toEqual([
      expect.stringContaining("web-2 waits for hook save (TERMINATING) until"),
    ]);
    complete(world, "web-2", "save", result);
    expect(world.guest("web-2").deleting).toBe(true);
    expect(names(world.advance(30))).toEqual(["web-1"]);
  });

  test("goes without its other hooks once one is abandoned, and when its time is over", () => {
    const world = withHooks([SAVE, { ...SAVE, name: "log", timeoutSeconds: 600 }]);
    resize(world, 0);
    complete(world, "web-1", "log", "ABANDON");
    expect(world.guest("web-1").deleting).toBe(true);
    world.advance(59);
    expect(waiting(world)).toEqual(["web-2"]);
    world.advance(10);
    expect(names(world)).toEqual([]);
  });

  test("is no member any more: another one takes its place at once", () => {
    const world = withHooks([SAVE], { unhealthyAfterSeconds: 0 });
    const { id: guestId } = world.guest("web-1");
    world.do({ kind: "SET_MEMBER_HEALTH", guestId, healthy: false, reason: "503" });
    world.advance(20);
    expect(names(world)).toEqual(["web-1", "web-2", "web-3"]);
    expect(waiting(world)).toEqual(["web-1"]);
    expect(group(world).blockedBy).toEqual([]);
  });

  test("has nothing to wait for when it does not run", () => {
    const world = withHooks([SAVE]);
    world.do({ kind: "STOP_GUEST", guestId: world.guest("web-1").id });
    world.advance(30);
    expect(names(world)).toEqual(["web-2", "web-3"]);
    resize(world, 1);
    expect(waiting(world)).toEqual(["web-2"]);
    world.inject("HOST_POWER", world.whereIs("web-2") as string);
    world.advance(50);
    expect(names(world)).toEqual(["web-3"]);
    expect(told(world)).toHaveLength(1);
  });

  test("is waited for when its group is deleted, which goes after it", () => {
    const world = withHooks([SAVE]);
    world.do({ kind: "DELETE_SCALING_GROUP", scalingGroupId: group(world).id });
    world.advance(30);
    expect(waiting(world)).toEqual(["web-1", "web-2"]);
    complete(world, "web-1", "save");
    world.advance(20);
    expect(names(world)).toEqual(["web-2"]);
    world.advance(30);
    expect(world.state.tables.ScalingGroup.size).toBe(0);
  });

  test("waits for nobody when a person deletes it", () => {
    const world = withHooks([SAVE]);
    world.do({ kind: "DELETE_GUEST", guestId: world.guest("web-1").id });
    expect(waiting(world)).toEqual([]);
    expect(names(world.advance(30))).toEqual(["web-2", "web-3"]);
  });

  test("waits for this alone, whatever it waited for before", () => {
    const world = withHooks([SETUP, SAVE], { desired: 1 });
    resize(world, 0);
    expect(membership(world, "web-1").lifecycle).toMatchObject({
      transition: "TERMINATING",
      hooks: [{ hook: "save" }],
    });
  });
});

test("targets get no requests before their launch is completed, and finish what they have before they go", () => {
  const loadBalancers = [
    {
      name: "front",
      listeners: [{ port: 80, targetGroup: "all" }],
      targetGroups: [{ name: "all", port: 80 }],
    },
  ];
  const world = worldWith({ desired: 1, lifecycleHooks: [SETUP, SAVE] }, { loadBalancers }).advance(
    20,
  );
  const target = () => world.state.tables.LoadBalancerTarget.sorted()[0];
  world.do({
    kind: "REGISTER_TARGETS",
    loadBalancerId: world.state.tables.LoadBalancer.sorted()[0]?.id as never,
    targetGroup: "all",
    targets: [{ guest: world.guest("web-1").id, port: null, weight: 1, address: null }],
  });
  expect(target()).toMatchObject({ state: "UNUSED", reasons: [{ code: "LIFECYCLE_HOOK" }] });
  complete(world, "web-1", "setup");
  expect(target()?.state).toBe("INITIAL");
  world.advance(30);
  expect(target()?.state).toBe("HEALTHY");
  resize(world, 0);
  expect(target()).toMatchObject({ state: "DRAINING", reasons: [{ code: "TARGET_LEAVING" }] });
  complete(world, "web-1", "save");
  world.advance(400);
  expect(names(world)).toEqual([]);
});
