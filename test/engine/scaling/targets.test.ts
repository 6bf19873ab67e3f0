import { describe, expect, test } from "vitest";
import type { Command } from "../../../src/model/commands.ts";
import type { LoadBalancer, ScalingGroup } from "../../../src/model/entities.ts";
import { CHECK_DEFAULTS, GROUP_DEFAULTS } from "../../../src/model/load-balancing.ts";
import type { World } from "../world.ts";
import { worldWith } from "./groups.ts";

const FRONT = {
  name: "front",
  listeners: [
    {
      port: 443,
      targetGroup: "all",
      traffic: { peakRequestsPerSecond: 0.1, cpuMillisecondsPerRequest: 60_000 },
    },
  ],
  targetGroups: [{ name: "all", port: 80, drainSeconds: 20, targets: [{ scalingGroup: "web" }] }],
};

function behind(group: object = {}, more: object = {}): World {
  const fleet = { loadBalancers: [FRONT], ...more };
  return worldWith({ desired: 3, unhealthyAfterSeconds: 30, ...group }, fleet).advance(60);
}

function front(world: World): LoadBalancer {
  return world.state.tables.LoadBalancer.sorted()[0] as LoadBalancer;
}

function group(world: World): ScalingGroup {
  return world.state.tables.ScalingGroup.sorted()[0] as ScalingGroup;
}

/** By guest. */
function targets(world: World): Record<string, string> {
  const { tables } = world.state;
  return Object.fromEntries(
    tables.LoadBalancerTarget.sorted().map(({ guestId, state }) => [
      tables.Guest.get(guestId).name,
      state,
    ]),
  );
}

function resize(world: World, desired: number): void {
  world.do({ kind: "SET_DESIRED_CAPACITY", scalingGroupId: group(world).id, desired });
}

function about(world: World) {
  return { loadBalancerId: front(world).id, targetGroup: "all" };
}

function register(world: World, weight = 100): Command {
  const targets = [{ scalingGroup: group(world).id, port: null, weight }];
  return { kind: "REGISTER_TARGETS", ...about(world), targets };
}

function deregister(world: World): Command {
  const scalingGroupIds = [group(world).id];
  return { kind: "DEREGISTER_TARGETS", ...about(world), guestIds: [], scalingGroupIds };
}

/** What is said about one guest from there on, without its placement and the like. */
function told(world: World, name: string, from: number): string[] {
  const { id } = world.guest(name);
  return world.events
    .slice(from)
    .filter(({ payload }) => "guest" in payload && payload.guest === id)
    .map(({ kind }) => kind);
}

describe("members of a group in a target group", () => {
  test("are targets once they run, and get requests once a check has passed", () => {
    const world = worldWith({ desired: 1 }, { loadBalancers: [FRONT] });
    expect(targets(world)).toEqual({});
    world.advance(60);
    expect(told(world, "web-1", 0)).toEqual([
      "GuestCreated",
      "GuestPlaced",
      "GuestStarted",
      "TargetRegistered",
      "TargetInitial",
      "TargetHealthy",
    ]);
    const [registered] = world.of("TargetRegistered");
    const cause = world.events.find(({ seq }) => seq === registered?.causeSeq);
    expect([registered?.actor.kind, cause?.kind]).toEqual(["ENGINE", "GuestStarted"]);
  });

  test("finish their requests before they go, and take none meanwhile", () => {
    const world = behind();
    const from = world.events.length;
    resize(world, 2);
    world.advance(10);
    const leaving = world.guest("web-3");
    expect(targets(world)).toMatchObject({ "web-3": "DRAINING" });
    expect(world.copies.get(leaving.id)?.size).toBe(1);
    world.advance(30);
    const kinds = world.events
      .slice(from)
      .filter(({ payload }) => "guest" in payload && payload.guest === leaving.id)
      .map(({ kind }) => kind);
    expect(kinds).toEqual([
      "GuestDeleteRequested",
      "GuestStopping",
      "TargetDraining",
      "TargetDrained",
      "GuestStopped",
      "TargetDeregistered",
      "GuestDeleted",
    ]);
    expect(targets(world)).toEqual({ "web-1": "HEALTHY", "web-2": "HEALTHY" });
  });

  test("keep their place while they are down, and others take that of those that are replaced", () => {
    const world = behind();
    world.inject("GUEST_CRASH", "web-1");
    expect(targets(world)).toMatchObject({ "web-1": "UNHEALTHY" });
    world.advance(60);
    expect(targets(world)).toMatchObject({ "web-1": "HEALTHY" });
    world.do({ kind: "STOP_GUEST", guestId: world.guest("web-1").id });
    world.advance(90);
    expect(targets(world)).toEqual({ "web-2": "HEALTHY", "web-3": "HEALTHY", "web-4": "HEALTHY" });
  });

  test("come with a group that is put in, are drained with one that is taken out, and follow its weight", () => {
    const world = behind(
      {},
      { loadBalancers: [{ ...FRONT, targetGroups: [{ name: "all", port: 80 }] }] },
    );
    expect(targets(world)).toEqual({});
    world.do(register(world));
    world.advance(10);
    expect(targets(world)).toEqual({ "web-1": "HEALTHY", "web-2": "HEALTHY", "web-3": "HEALTHY" });
    world.do(register(world, 7));
    const weights = world.state.tables.LoadBalancerTarget.sorted().map(({ weight }) => weight);
    expect(weights).toEqual([7, 7, 7]);
    const from = world.events.length;
    world.do(deregister(world));
    expect(targets(world)).toMatchObject({ "web-1": "DRAINING" });
    world.advance(60);
    expect(targets(world)).toEqual({});
    expect(
      world.events.slice(from, from + 2).map(({ kind, message }) => `${kind}: ${message}`),
    ).toEqual([
      "LoadBalancerChanged: Load balancer front changed: all: without scaling group web",
      expect.stringContaining("TargetDraining: Target web-1 of all in front finishes"),
    ]);
    expect(world.guest("web-1").status).toBe("RUNNING");
  });

  test("that were targets by themselves become so as members", () => {
    const world = behind(
      {},
      { loadBalancers: [{ ...FRONT, targetGroups: [{ name: "all", port: 80 }] }] },
    );
    const guest = world.guest("web-1").id;
    const own = { guest, address: null, port: 9000, weight: 3 };
    world.do({ kind: "REGISTER_TARGETS", ...about(world), targets: [own] });
    world.do(register(world));
    const [first] = world.state.tables.LoadBalancerTarget.sorted();
    expect(first).toMatchObject({ guestId: guest, port: null, weight: 100 });
    world.do(deregister(world));
    world.advance(60);
    expect(targets(world)).toEqual({});
  });

  test("are drained when their group is deleted, which is no target from then on", () => {
    const world = behind();
    world.do({ kind: "DELETE_SCALING_GROUP", scalingGroupId: group(world).id });
    expect(front(world).scalingTargets).toEqual([]);
    expect(new Set(Object.values(targets(world)))).toEqual(new Set(["DRAINING"]));
    world.advance(10);
    expect(world.copies.get(world.guest("web-1").id)?.size).toBe(1);
    world.advance(60);
    expect(world.state.tables.ScalingGroup.size).toBe(0);
    expect(targets(world)).toEqual({});
  });

  test("are no targets of a target group that is removed", () => {
    const world = behind();
    const { id: loadBalancerId } = front(world);
    world.do({ kind: "UPDATE_LOAD_BALANCER", loadBalancerId, listeners: [], targetGroups: [] });
    expect([targets(world), front(world).scalingTargets]).toEqual([{}, []]);
  });

  test("are the same targets after a restart", () => {
    const world = behind();
    const before = world.events.length;
    world.restart();
    world.advance(60);
    expect(
      world.events.slice(before).filter(({ category }) => category === "LOAD_BALANCING"),
    ).toEqual([]);
  });
});

describe("what makes no sense is refused", () => {
  const refused = (world: World, command: Command) => {
    const { rejection } = world.try(command);
    return [rejection?.code, rejection?.message, rejection?.path.join(".")];
  };

  test("a member beside its group, or without it", () => {
    const world = behind();
    const guest = world.guest("web-1").id;
    const words = "Guest web-1 is a target as a member of scaling group web, and follows that.";
    const targets = [{ guest, address: null, port: null, weight: 1 }];
    expect(refused(world, { kind: "REGISTER_TARGETS", ...about(world), targets })).toEqual([
      "CONFLICT",
      words,
      "targets.0.guestId",
    ]);
    const ids = { guestIds: [guest], scalingGroupIds: [] };
    expect(refused(world, { kind: "DEREGISTER_TARGETS", ...about(world), ...ids })).toEqual([
      "CONFLICT",
      words,
      "guestIds.0",
    ]);
    const weigh = {
      kind: "SET_TARGET_WEIGHT",
      guestId: guest,
      weight: 1,
      ...about(world),
    } as const;
    expect(refused(world, weigh)).toEqual(["CONFLICT", words, "guestId"]);
    world.do(deregister(world));
    const both = [...targets, { scalingGroup: group(world).id, port: null, weight: 1 }];
    expect(refused(world, { kind: "REGISTER_TARGETS", ...about(world), targets: both })).toEqual([
      "CONFLICT",
      words,
      "targets.0.guestId",
    ]);
  });

  test("a group twice, of another tenant, on its way out, that is none, or not in it", () => {
    const tenants = [{ name: "other" }];
    const world = behind({}, { tenants });
    const wish = { scalingGroup: group(world).id, port: null, weight: 1 };
    const twice = { kind: "REGISTER_TARGETS", ...about(world), targets: [wish, wish] } as const;
    expect(refused(world, twice)).toEqual([
      "INVALID_INPUT",
      "Scaling group web is named twice.",
      "targets.1.scalingGroupId",
    ]);
    const nobody = { ...twice, targets: [{ ...wish, scalingGroup: 9999 as never }] };
    const unknown = ["NOT_FOUND", "There is no such scaling group of tenant default."];
    expect(refused(world, nobody)).toEqual([...unknown, "targets.0.scalingGroupId"]);
    const tenantId = world.state.names.tenant.find("other") as never;
    const targetGroup = { name: "g", port: 1, ...GROUP_DEFAULTS, healthCheck: CHECK_DEFAULTS };
    const foreign = {
      kind: "CREATE_LOAD_BALANCER",
      name: "theirs",
      tenantId,
      listeners: [],
      targetGroups: [{ ...targetGroup, targets: [wish] }],
    } as const;
    expect(refused(world, foreign)).toEqual([
      "NOT_FOUND",
      "There is no such scaling group of tenant other.",
      "targetGroups.0.targets.0.scalingGroupId",
    ]);
    world.do(deregister(world));
    expect(refused(world, deregister(world))).toEqual([
      "NOT_FOUND",
      "Target group all has no such scaling group.",
      "scalingGroupIds.0",
    ]);
    world.do({ kind: "DELETE_SCALING_GROUP", scalingGroupId: wish.scalingGroup });
    expect(refused(world, { ...twice, targets: [wish] })).toEqual([
      "CONFLICT",
      "Scaling group web is being deleted.",
      "targets.0.scalingGroupId",
    ]);
  });

  test("more targets than a target group has, at the sizes that groups may get", () => {
    const flavors = [{ name: "small", cpuCores: 1, memoryMiB: 1, storageGiB: 1 }];
    const other = {
      name: "jobs",
      template: { flavor: "small", image: "linux" },
      min: 0,
      max: 9_901,
    };
    const web = {
      name: "web",
      template: { flavor: "small", image: "linux" },
      max: 100,
      desired: 1,
    };
    const world = behind({}, { flavors, scalingGroups: [web, other] });
    const jobs = world.state.names.scalingGroup.find("jobs", group(world).tenantId) as never;
    const targets = [{ scalingGroup: jobs, port: null, weight: 1 }];
    const both = { kind: "REGISTER_TARGETS", ...about(world), targets } as const;
    const words =
      "A target group has 10000 targets at most, the members that its scaling groups may get counted.";
    expect(refused(world, both)).toEqual(["INVALID_INPUT", words, "targets"]);
    world.do({ kind: "UPDATE_SCALING_GROUP", scalingGroupId: jobs, max: 9_900 });
    world.do(both);
    const larger = {
      kind: "UPDATE_SCALING_GROUP",
      scalingGroupId: group(world).id,
      max: 101,
    } as const;
    expect(refused(world, larger)).toEqual([
      "CONFLICT",
      "Target group all of front could have 10001 targets then, of 10000 at most.",
      "max",
    ]);
  });
});

describe("members that a load balancer finds unhealthy", () => {
  const checked = (more: object = {}) => behind({ healthCheck: "LOAD_BALANCER", ...more });

  test("stay where their group goes by whether they run", () => {
    const world = behind();
    world.inject("GUEST_HANG", "web-1");
    world.advance(300);
    expect(targets(world)).toMatchObject({ "web-1": "UNHEALTHY" });
  });

  test("are replaced when they stay so, one of a few at a time", () => {
    const world = checked();
    world.inject("GUEST_HANG", "web-1");
    world.inject("GUEST_HANG", "web-2");
    world.advance(20);
    expect(world.of("MemberUnhealthy").map(({ payload }) => payload.reason)).toEqual([
      "load balancer front finds that 2 checks in a row failed (no answer in time)",
      "load balancer front finds that 2 checks in a row failed (no answer in time)",
    ]);
    world.advance(22);
    expect(world.of("MemberReplaced")).toHaveLength(1);
    world.advance(120);
    expect(targets(world)).toEqual({ "web-3": "HEALTHY", "web-4": "HEALTHY", "web-5": "HEALTHY" });
  });

  test("stay when they are well again in time", () => {
    const world = checked();
    world.inject("GUEST_HANG", "web-1", 20);
    world.advance(300);
    const kinds = told(world, "web-1", 0).filter((kind) => kind.startsWith("Member"));
    expect(kinds).toEqual(["MemberUnhealthy", "MemberHealthy"]);
  });

  test("are not believed to be when all are: the check may be wrong", () => {
    const world = checked();
    for (const name of ["web-1", "web-2", "web-3"]) world.inject("GUEST_HANG", name);
    world.advance(300);
    expect(world.of("MemberReplaced")).toEqual([]);
    expect(world.of("FailOpenBegan")).toHaveLength(1);
    world.clear("GUEST_HANG", "web-1");
    world.advance(300);
    expect(Object.values(targets(world))).toEqual(["HEALTHY", "HEALTHY", "HEALTHY"]);
  });

  test("are given up as unhealthy when the last that is well fails too", () => {
    const world = checked({ desired: 2 });
    world.inject("GUEST_HANG", "web-1");
    world.advance(20);
    world.inject("GUEST_HANG", "web-2");
    world.advance(300);
    const kinds = told(world, "web-1", 0).filter((kind) => kind.startsWith("Member"));
    expect(kinds).toEqual(["MemberUnhealthy", "MemberHealthDoubted"]);
    expect(Object.keys(targets(world)).sort()).toEqual(["web-1", "web-2"]);
  });

  test("are so for their load balancers alone, whatever somebody says of them, and the other way round", () => {
    const world = checked();
    const say = (name: string, healthy: boolean) =>
      world.do({
        kind: "SET_MEMBER_HEALTH",
        guestId: world.guest(name).id,
        healthy,
        reason: "no answer",
      });
    world.inject("GUEST_HANG", "web-1");
    world.advance(20);
    const { illness } = world.guest("web-1").membership ?? {};
    expect(illness?.byLoadBalancer).toBe(true);
    world.advance(3);
    say("web-1", true);
    expect(world.guest("web-1").membership?.illness).toEqual(illness);
    say("web-2", false);
    world.advance(10);
    expect(world.guest("web-2").membership?.illness?.byLoadBalancer).toBe(false);
  });

  test("are well for their group when it is taken out, or goes by something else", () => {
    const world = checked();
    world.inject("GUEST_HANG", "web-1");
    world.advance(20);
    const { id: scalingGroupId } = group(world);
    world.do({ kind: "UPDATE_SCALING_GROUP", scalingGroupId, healthCheck: "GUEST" });
    expect(world.guest("web-1").membership?.illness).toBeNull();
    world.do({ kind: "UPDATE_SCALING_GROUP", scalingGroupId, healthCheck: "LOAD_BALANCER" });
    expect(world.guest("web-1").membership?.illness?.byLoadBalancer).toBe(true);
    world.do(deregister(world));
    expect(world.guest("web-1").membership?.illness).toBeNull();
  });
});
