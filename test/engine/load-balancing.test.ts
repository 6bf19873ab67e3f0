import { describe, expect, test } from "vitest";
import type { TargetCheck } from "../../src/model/actions.ts";
import { cluster } from "./cluster.ts";
import { World } from "./world.ts";

const FLEET = `
zone a: h1 8/32
guest web 1/2 x2
balance front web-1 web-2 drain 40 busy
balance other web-2 busy
`;

function settled(): World {
  const world = new World(cluster(FLEET));
  world.advance(30);
  return world;
}

function targetOf(world: World, balancer: string, guest: string) {
  const { tables } = world.state;
  const { id } = world.guest(guest);
  const owner = tables.LoadBalancer.sorted().find(({ name }) => name === balancer);
  const target = tables.LoadBalancerTarget.sorted().find(
    ({ guestId, loadBalancerId }) => guestId === id && loadBalancerId === owner?.id,
  );
  if (!owner || !target) throw new Error(`${guest} is no target of ${balancer}`);
  return { owner, target };
}

function seen(world: World, balancer: string, guest: string, check: Partial<TargetCheck>) {
  const { owner, target } = targetOf(world, balancer, guest);
  const news = { targetId: target.id, passes: false, inARow: 9, detail: "it is told", ...check };
  return world
    .input({
      kind: "OBSERVATION",
      driver: "simulated",
      observation: { kind: "TARGET_CHECKS", loadBalancerId: owner.id, checks: [news] },
    })
    .events.map(({ kind }) => kind);
}

describe("a guest whose requests are waited for", () => {
  test("is down for as long as it is, and not for as long as it waits", () => {
    const world = settled();
    world.try({ kind: "REBOOT_GUEST", guestId: world.guest("web-1").id });
    world.advance(80);
    const [rebooted] = world.of("GuestRebooted");
    expect(rebooted?.payload.downtimeMs).toBeLessThan(20_000);
    expect(rebooted?.atMs).toBeGreaterThan((world.of("TargetDrained")[0]?.atMs ?? 0) + 1_000);
  });

  test("is waited for anew by a server that was restarted meanwhile", () => {
    const world = settled();
    world.try({ kind: "STOP_GUEST", guestId: world.guest("web-1").id });
    world.advance(10);
    world.restart();
    world.advance(20);
    expect(world.guest("web-1").status).toBe("STOPPING");
    expect(world.copies.get(world.guest("web-1").id)?.size).toBe(1);
    world.advance(20);
    expect(world.guest("web-1").status).toBe("STOPPED");
  });

  test("stops when the last of its load balancers is done with it", () => {
    const world = settled();
    world.try({ kind: "STOP_GUEST", guestId: world.guest("web-2").id });
    world.advance(35);
    expect(targetOf(world, "other", "web-2").target.state).toBe("DRAINED");
    expect(world.guest("web-2").status).toBe("STOPPING");
    world.advance(10);
    expect(world.guest("web-2").status).toBe("STOPPED");
  });
});

describe("a check", () => {
  test("counts for the load balancer that it is of", () => {
    const world = settled();
    const { target } = targetOf(world, "front", "web-1");
    expect(seen(world, "other", "web-2", { targetId: target.id })).toEqual([]);
    expect(seen(world, "other", "web-2", {})).toEqual(["TargetUnhealthy", "FailOpenBegan"]);
    expect(targetOf(world, "front", "web-2").target.state).toBe("HEALTHY");
  });

  test("that passes where a guest is down, or draining, brings nothing back", () => {
    const world = settled();
    world.try({ kind: "STOP_GUEST", guestId: world.guest("web-1").id });
    expect(seen(world, "front", "web-1", { passes: true })).toEqual([]);
    world.advance(60);
    expect(seen(world, "front", "web-1", { passes: true })).toEqual([]);
  });
});
