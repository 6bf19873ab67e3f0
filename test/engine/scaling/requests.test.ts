import { describe, expect, test } from "vitest";
import type { ScalingGroup } from "../../../src/model/entities.ts";
import { START_MS, type World } from "../world.ts";
import { worldWith } from "./groups.ts";

/** A sample each. */
const TURN_SECONDS = 10;
const RATE = { name: "rate", kind: "TARGET_TRACKING", metric: "REQUESTS_PER_TARGET", target: 10 };
const BALANCED = { scalingGroup: "web" };

/** Requests that come in at a port, in shares of 100 a second, one for each turn from the start on. */
function traffic(shareAt: (turn: number) => number) {
  const turns = 3_000;
  const from = Math.floor(START_MS / (TURN_SECONDS * 1000)) % turns;
  const shares = Array.from({ length: turns }, (_, index) =>
    shareAt((index - from + turns) % turns),
  );
  const workload = { kind: "TRACE", file: "t", row: 0, intervalSeconds: TURN_SECONDS };
  return {
    traces: [{ file: "t", row: 0, shares }],
    traffic: { peakRequestsPerSecond: 100, cpuMillisecondsPerRequest: 1, workload },
  };
}

function balancer(
  name: string,
  own: ReturnType<typeof traffic>["traffic"],
  targets: readonly unknown[] = [BALANCED],
) {
  return {
    name,
    listeners: [{ port: 80, targetGroup: "all", traffic: own }],
    targetGroups: [{ name: "all", port: 80, drainSeconds: 1, targets }],
  };
}

function group(world: World): ScalingGroup {
  return world.state.tables.ScalingGroup.sorted()[0] as ScalingGroup;
}

function steps(world: World): string[] {
  return world
    .of("GroupScaledOut", "GroupScaledIn")
    .map(({ payload }) => `${payload.fromSize} to ${payload.toSize} by ${payload.policy}`);
}

function holds(world: World) {
  return group(world).held.map(({ policy, reason }) => [policy, reason.code, reason.message]);
}

const LIVELY = { desired: 4, policies: [RATE], scaleInAfterSeconds: 60, cooldownSeconds: 20 };

describe("a group behind a load balancer", () => {
  test("grows and shrinks with the requests that come in", () => {
    const { traces, traffic: own } = traffic((turn) => (turn >= 30 && turn < 60 ? 0.8 : 0.4));
    const world = worldWith(LIVELY, { traces, loadBalancers: [balancer("front", own)] });
    world.advance(900);
    expect(steps(world)).toEqual(["4 to 8 by rate", "8 to 4 by rate"]);
    const [out] = world.of("GroupScaledOut");
    expect(out?.payload.reason).toBe(
      "REQUESTS_PER_TARGET is 20/s with 4 warm members and 10/s for each is the target, which takes 8",
    );
    expect((out?.atMs ?? 0) - START_MS - 300_000).toBeLessThanOrEqual(2 * TURN_SECONDS * 1000);
    expect(holds(world)).toEqual([]);
  });

  test("goes by steps of what each target gets", () => {
    const { traces, traffic: own } = traffic(() => 0.8);
    const policies = [
      {
        name: "steps",
        kind: "STEP",
        metric: "REQUESTS_PER_TARGET",
        steps: [{ from: 15, change: 2 }],
      },
    ];
    const more = { traces, loadBalancers: [balancer("front", own)] };
    const world = worldWith({ ...LIVELY, policies }, more).advance(300);
    expect(steps(world)).toEqual(["4 to 6 by steps"]);
  });

  test("begins with the first request, where it has no member", () => {
    const { traces, traffic: own } = traffic((turn) => (turn < 10 ? 0 : 0.3));
    // No heartbeat wakes the world at each sample.
    const slow = { heartbeatSeconds: 7, suspectAfterSeconds: 20, fenceAfterSeconds: 40 };
    const settings = { usageSampleSeconds: TURN_SECONDS, watchdogSeconds: 60, ...slow };
    const more = { traces, settings, loadBalancers: [balancer("front", own)] };
    const world = worldWith({ ...LIVELY, desired: 0 }, more).advance(140);
    expect(steps(world)).toEqual(["0 to 3 by rate"]);
  });

  test("answers for its part of the requests, where others are targets too", () => {
    const { traces, traffic: own } = traffic(() => 0.6);
    const guests = [{ name: "old", count: 2, flavor: "small", image: "linux" }];
    const more = { traces, guests, loadBalancers: [balancer("front", own, ["old", BALANCED])] };
    const world = worldWith(LIVELY, more).advance(300);
    expect(steps(world)).toEqual([]);
  });

  test("counts the requests of all its target groups", () => {
    const { traces, traffic: own } = traffic(() => 0.4);
    const loadBalancers = [balancer("front", own), balancer("back", own)];
    const world = worldWith(LIVELY, { traces, loadBalancers }).advance(300);
    expect(steps(world)).toEqual(["4 to 8 by rate"]);
  });

  test("holds while it is in no target group, says so at once, and goes on when it is", () => {
    const { traces, traffic: own } = traffic(() => 0.8);
    const more = { traces, loadBalancers: [balancer("front", own, [])] };
    const world = worldWith(LIVELY, more).advance(60);
    expect(holds(world)).toEqual([
      [
        "rate",
        "METRICS_MISSING",
        "policy rate has no samples of REQUESTS_PER_TARGET, as web is in no target group: it holds the size as it is",
      ],
    ]);
    const [front] = world.state.tables.LoadBalancer.sorted();
    const target = { scalingGroup: group(world).id, port: null, weight: 100 };
    const about = { loadBalancerId: front?.id as never, targetGroup: "all" };
    world.do({ kind: "REGISTER_TARGETS", ...about, targets: [target] });
    world.advance(60);
    expect(steps(world)).toEqual(["4 to 8 by rate"]);
    expect(holds(world)).toEqual([]);
  });

  test("holds when requests are not measured any more, and gets no smaller for it", () => {
    const { traces, traffic: own } = traffic(() => 0.4);
    const more = { traces, loadBalancers: [balancer("front", own), balancer("back", own)] };
    const world = worldWith({ ...LIVELY, desired: 8 }, more).advance(300);
    const [, back] = world.state.tables.LoadBalancer.sorted();
    // Traffic stays with its port.
    const listeners = [{ port: 81, protocol: "HTTP", targetGroup: "all", traffic: null }] as const;
    world.do({
      kind: "UPDATE_LOAD_BALANCER",
      loadBalancerId: back?.id as never,
      listeners,
      targetGroups: null,
    });
    world.advance(600);
    expect(steps(world)).toEqual([]);
    expect(holds(world)).toEqual([
      [
        "rate",
        "METRICS_MISSING",
        "policy rate has no samples of REQUESTS_PER_TARGET, and holds the size as it is until they come",
      ],
    ]);
  });

  test("waits for samples after a restart", () => {
    const { traces, traffic: own } = traffic(() => 0.4);
    const world = worldWith(LIVELY, { traces, loadBalancers: [balancer("front", own)] });
    world.advance(300);
    world.restart();
    world.advance(300);
    expect(steps(world)).toEqual([]);
  });
});

test("nobody pushes what is measured", () => {
  const world = worldWith(LIVELY);
  const sample = { metric: "REQUESTS_PER_TARGET", value: 1 };
  const { rejection } = world.try({
    kind: "PUT_METRIC",
    scalingGroupId: group(world).id,
    ...sample,
  });
  expect(rejection?.message).toBe("REQUESTS_PER_TARGET is measured by itself.");
});
