import { describe, expect, test } from "vitest";
import type { ScalingGroup } from "../../../src/model/entities.ts";
import type { FlavorId, GuestId } from "../../../src/model/ids.ts";
import { TERMINATION_POLICIES } from "../../../src/model/statuses.ts";
import type { World } from "../world.ts";
import { worldWith } from "./groups.ts";

const SETTLED_SECONDS = 30;

function group(world: World): ScalingGroup {
  return world.state.tables.ScalingGroup.sorted()[0] as ScalingGroup;
}

function members(world: World) {
  return world.state.tables.Guest.sorted().filter(({ membership }) => membership !== null);
}

const names = (world: World) => members(world).map(({ name }) => name);

/** How many members run in each zone. */
function spread(world: World): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { hostId, status } of members(world)) {
    if (hostId === null || status !== "RUNNING") continue;
    const { zoneId } = world.state.tables.Host.get(hostId);
    const { name } = world.state.tables.Zone.get(zoneId);
    counts[name] = (counts[name] ?? 0) + 1;
  }
  return counts;
}

function resize(world: World, desired: number): World {
  const { id: scalingGroupId } = group(world);
  world.do({ kind: "SET_DESIRED_CAPACITY", scalingGroupId, desired });
  return world.advance(SETTLED_SECONDS);
}

function settled(more: object = {}, rest: object = {}): World {
  return worldWith({ desired: 6, ...more }, rest).advance(SETTLED_SECONDS);
}

describe("a group", () => {
  test("has as many members as it is to have, and gives no number twice", () => {
    const world = settled({ desired: 2 });
    expect(names(world)).toEqual(["web-1", "web-2"]);
    expect(names(resize(world, 0))).toEqual([]);
    expect(names(resize(world, 2))).toEqual(["web-3", "web-4"]);
    world.do({ kind: "DELETE_GUEST", guestId: world.guest("web-3").id });
    world.advance(SETTLED_SECONDS);
    expect(names(world)).toEqual(["web-4", "web-5"]);
  });

  test("replaces one that somebody stopped before it ever ran, which was to take the place of another", () => {
    // There is room for one at a time.
    const hosts = [{ name: "only", cpuCores: 1, memoryMiB: 2_048, storageGiB: 10 }];
    const zones = [{ name: "a", dataCenters: [{ name: "dc", hosts }] }];
    const world = settled({ desired: 1, min: 1 }, { regions: [{ name: "north", zones }] });
    world.do({ kind: "SUSPEND_GUEST", guestId: world.guest("web-1").id });
    world.do({ kind: "STOP_GUEST", guestId: world.guest("web-2").id });
    world.advance(600);
    const running = members(world).filter(({ status }) => status === "RUNNING");
    expect(running.map(({ name }) => name)).toEqual(["web-3"]);
  });

  test("leaves alone names that others have", () => {
    const guests = [{ name: "web-1", flavor: "small", image: "linux" }];
    expect(names(settled({ desired: 2 }, { guests }))).toEqual(["web-2", "web-3"]);
  });

  test("goes when its last member is gone", () => {
    const world = settled();
    world.do({ kind: "DELETE_SCALING_GROUP", scalingGroupId: group(world).id });
    expect(group(world).deleting).toBe(true);
    world.advance(SETTLED_SECONDS);
    expect(names(world)).toEqual([]);
    expect(world.state.tables.ScalingGroup.size).toBe(0);
  });

  test("never gets larger than its tenant may be, says so, and grows once it may", () => {
    const tenants = [{ name: "default", quota: { guests: 4 } }];
    const world = settled({}, { tenants });
    expect(names(world)).toHaveLength(4);
    expect(group(world).blockedBy.map(({ code }) => code)).toEqual(["OVER_QUOTA"]);
    expect(world.of("ScalingHeld")).toHaveLength(1);
    const tenantId = world.state.names.tenant.find("default") as never;
    const quota = { guests: 5, cpuMillicores: null, memoryMiB: null, storageGiB: null };
    world.do({ kind: "SET_QUOTA", tenantId, quota });
    world.advance(SETTLED_SECONDS);
    expect(names(world)).toHaveLength(5);
    world.do({ kind: "SET_QUOTA", tenantId, quota: { ...quota, guests: 9 } });
    world.advance(SETTLED_SECONDS);
    expect(names(world)).toHaveLength(6);
    expect(group(world).blockedBy).toEqual([]);
  });

  test("says that there is no capacity for some", () => {
    const flavors = [{ name: "huge", cpuCores: 60, memoryMiB: 1024, storageGiB: 1 }];
    const world = settled(
      { desired: 8, template: { flavor: "huge", image: "linux" } },
      { flavors },
    );
    expect(group(world).blockedBy).toEqual([
      {
        code: "NO_CAPACITY",
        message: "there is no capacity for 2 of its 8 members (web-7, web-8)",
      },
    ]);
    // Those that never came up go first.
    expect(names(resize(world, 6))).toEqual([1, 2, 3, 4, 5, 6].map((number) => `web-${number}`));
    expect(group(world).blockedBy).toEqual([]);
  });

  test("makes those that never found room anew when its template changes", () => {
    const flavors = [
      { name: "huge", cpuCores: 60, memoryMiB: 1024, storageGiB: 1 },
      { name: "tiny", cpuCores: 1, memoryMiB: 1024, storageGiB: 1 },
    ];
    const huge = { desired: 8, template: { flavor: "huge", image: "linux" } };
    const world = settled(huge, { flavors });
    const { id: scalingGroupId, template } = group(world);
    const { securityGroupIds: securityGroups, ...rest } = template;
    const [tiny] = world.state.tables.Flavor.sorted().filter(({ name }) => name === "tiny");
    const changed = { ...rest, flavorIds: [tiny?.id as FlavorId], securityGroups };
    world.do({ kind: "UPDATE_SCALING_GROUP", scalingGroupId, template: changed });
    world.advance(SETTLED_SECONDS);
    expect(names(world)).toEqual([1, 2, 3, 4, 5, 6, 9, 10].map((number) => `web-${number}`));
    expect(members(world).every(({ status }) => status === "RUNNING")).toBe(true);
    expect(group(world).blockedBy).toEqual([]);
  });

  test("takes another flavor where there is no room for the first", () => {
    const flavors = [
      { name: "huge", cpuCores: 60, memoryMiB: 1024, storageGiB: 1 },
      { name: "tiny", cpuCores: 1, memoryMiB: 1024, storageGiB: 1 },
    ];
    const template = { flavors: ["huge", "tiny"], image: "linux" };
    const world = settled({ desired: 8, template }, { flavors });
    const sizes = members(world).map(({ resources }) => resources.cpuMillicores / 1000);
    expect(sizes).toEqual([60, 60, 60, 60, 60, 60, 1, 1]);
  });
});

describe("zones", () => {
  test("are even, whatever the size", () => {
    const world = settled();
    expect(spread(world)).toEqual({ a: 2, b: 2, c: 2 });
    expect(spread(resize(world, 3))).toEqual({ a: 1, b: 1, c: 1 });
    expect(spread(resize(world, 9))).toEqual({ a: 3, b: 3, c: 3 });
  });

  test("are those of the group", () => {
    const world = settled({ zones: ["a", "b"] });
    expect(spread(world)).toEqual({ a: 3, b: 3 });
    const guestId = world.guest("web-1").id;
    const { rejection } = world.try({
      kind: "MIGRATE_GUEST",
      guestId,
      hostId: world.host("c1").id,
    });
    expect(rejection?.message).toContain("its scaling group does not run in zone c");
  });

  test("that are lost are made up for elsewhere, and get their share back by migration", () => {
    const world = settled();
    world.inject("ZONE_NETWORK", "b");
    world.advance(60);
    expect(spread(world)).toEqual({ a: 3, c: 3 });
    const lost = world.of("GuestFailedOver");
    expect(lost).toHaveLength(2);
    const from = world.events.length;
    world.clear("ZONE_NETWORK", "b");
    world.advance(120);
    expect(spread(world)).toEqual({ a: 2, b: 2, c: 2 });
    const after = world.events.slice(from).map(({ kind }) => kind);
    expect(after.filter((kind) => kind === "GuestMigrated")).toHaveLength(2);
    expect(after).not.toContain("GuestStopped");
  });

  test("that it is to leave are left, one migration after the other", () => {
    const world = settled();
    const { id: scalingGroupId } = group(world);
    const zoneIds = [world.state.names.zone.find("a"), world.state.names.zone.find("b")];
    world.do({ kind: "UPDATE_SCALING_GROUP", scalingGroupId, zoneIds: zoneIds as never });
    expect(spread(world.advance(60))).toEqual({ a: 3, b: 3 });
  });

  test("are not tried again and again at the same instant when moves there fail", () => {
    const world = settled();
    world.inject("ZONE_POWER", "b");
    world.advance(200);
    expect(spread(world)).toEqual({ a: 3, c: 3 });
    world.clear("ZONE_POWER", "b");
    while (world.host("b1").status !== "UP") world.advance(0.1);
    // They are believed to be well for some seconds more.
    for (const name of ["b1", "b2"]) world.inject("HOST_NETWORK", name);
    world.advance(2);
    const failed = world.of("GuestMigrationFailed");
    expect(failed.length).toBeGreaterThan(0);
    expect(failed.length).toBeLessThanOrEqual(2 * 6);
    world.clear("HOST_NETWORK", "b1");
    world.clear("HOST_NETWORK", "b2");
    world.advance(300);
    expect(spread(world)).toEqual({ a: 2, b: 2, c: 2 });
  });
});

describe("who goes when it gets smaller", () => {
  test.each(TERMINATION_POLICIES)("%s", (terminationPolicy) => {
    const world = settled({ terminationPolicy, zones: ["a"] });
    const guests = members(world).map(({ id, hostId }, index) => ({
      guestId: id,
      hostId: hostId as never,
      cpuMillicores: 100 * (6 - index),
      memoryMiB: 1,
      cpuDemandMillicores: index === 3 ? 10 : 100 * (6 - index),
      cpuStolenMillicores: 0,
    }));
    world.observe({ kind: "USAGE", guests });
    const { id: scalingGroupId } = group(world);
    world.do({ kind: "SET_DESIRED_CAPACITY", scalingGroupId, desired: 5 });
    const gone = members(world).filter(({ deleting }) => deleting);
    const expected = { OLDEST: "web-1", NEWEST: "web-6", CHEAPEST_TO_LOSE: "web-4" };
    expect(gone.map(({ name }) => name)).toEqual([
      terminationPolicy === "FULLEST_ZONE" ? "web-6" : expected[terminationPolicy],
    ]);
  });

  test("nobody who is protected, or whom others depend on", () => {
    const world = settled({ desired: 3 });
    for (const name of ["web-2", "web-3"])
      world.do({ kind: "SET_SCALE_IN_PROTECTION", guestId: world.guest(name).id, enabled: true });
    expect(names(resize(world, 1))).toEqual(["web-2", "web-3"]);
    expect(group(world).blockedBy.map(({ code }) => code)).toEqual(["SCALE_IN_PROTECTED"]);
    world.do({ kind: "SET_SCALE_IN_PROTECTION", guestId: world.guest("web-3").id, enabled: false });
    world.advance(SETTLED_SECONDS);
    expect(names(world)).toEqual(["web-2"]);
    expect(group(world).blockedBy).toEqual([]);
  });
});

describe("members that fail", () => {
  const ill = (world: World, guestId: GuestId, healthy = false) =>
    world.do({ kind: "SET_MEMBER_HEALTH", guestId, healthy, reason: "it answers 503" });

  test("their health check for long enough are replaced, a tenth of them at once", () => {
    const world = settled({ desired: 20, unhealthyAfterSeconds: 10 });
    for (const { id } of members(world).slice(0, 6)) ill(world, id);
    world.advance(9);
    expect(world.of("MemberReplaced")).toEqual([]);
    world.advance(1);
    expect(world.of("MemberFailed")).toHaveLength(6);
    expect(world.of("MemberReplaced")).toHaveLength(2);
    expect(world.of("MemberReplaced")[0]?.message).toBe("web-1 of web is replaced: it answers 503");
    world.advance(60);
    expect(world.of("MemberReplaced")).toHaveLength(6);
    expect(members(world).map(({ membership }) => membership?.number)).toEqual(
      Array.from({ length: 20 }, (_, index) => index + 7),
    );
  });

  test("a check that flaps replaces nobody", () => {
    const world = settled({ unhealthyAfterSeconds: 10 });
    const { id } = world.guest("web-1");
    for (let time = 0; time < 5; time++) {
      ill(world, id);
      world.advance(8);
      ill(world, id, true);
      world.advance(1);
    }
    expect(world.of("MemberUnhealthy")).toHaveLength(5);
    expect(world.of("MemberFailed")).toEqual([]);
  });

  test("and whom somebody stopped are replaced", () => {
    const world = settled({ desired: 2 });
    world.do({ kind: "STOP_GUEST", guestId: world.guest("web-1").id });
    world.advance(SETTLED_SECONDS);
    expect(names(world)).toEqual(["web-2", "web-3"]);
  });

  test("and whom others depend on stay, while there is room for others to do their work", () => {
    const world = settled({ desired: 2, max: 3 });
    const guestId = world.guest("web-1").id;
    const client = {
      ...group(world).template,
      name: "client",
      tenantId: group(world).tenantId,
      flavorId: group(world).template.flavorIds[0] as FlavorId,
      resources: null,
      desired: "RUNNING",
      homeHostId: null,
      dependsOn: [guestId],
      failback: false,
      workload: null,
      securityGroups: null,
    } as const;
    world.do({ kind: "CREATE_GUEST", ...client });
    world.do({ kind: "STOP_GUEST", guestId });
    world.advance(SETTLED_SECONDS);
    expect(names(world)).toEqual(["web-1", "web-2", "web-3"]);
    world.do({ kind: "SET_DESIRED_CAPACITY", scalingGroupId: group(world).id, desired: 3 });
    expect(group(world).blockedBy).toEqual([
      {
        code: "AT_MAX",
        message:
          "web-1 is of no use (somebody wants it STOPPED) and stays because others depend on it, and max is 3",
      },
    ]);
    world.do({ kind: "DELETE_GUEST", guestId: world.guest("client").id });
    world.advance(SETTLED_SECONDS);
    expect(names(world)).toEqual(["web-2", "web-3", "web-4"]);
    expect(group(world).blockedBy).toEqual([]);
  });

  test("to come up are replaced after pauses that grow", () => {
    const template = { flavor: "small", image: "linux", maxRestarts: 0, maxRelocations: 0 };
    const world = worldWith({ template });
    for (const host of ["a1", "a2", "b1", "b2", "c1", "c2"])
      world.inject("GUEST_START_FAILS", host);
    resize(world, 1);
    world.advance(600);
    const times = world.of("MemberReplaced").map(({ atMs }) => atMs);
    const pauses = times.slice(1).map((atMs, index) => atMs - (times[index] as number));
    expect(pauses.length).toBeGreaterThan(4);
    expect(pauses.length).toBeLessThan(12);
    expect(pauses).toEqual(pauses.toSorted((a, b) => a - b));
    expect(group(world).blockedBy.map(({ code }) => code)).toEqual(["BACKING_OFF"]);
    for (const host of ["a1", "a2", "b1", "b2", "c1", "c2"]) world.clear("GUEST_START_FAILS", host);
    world.advance(400);
    expect(members(world).map(({ status }) => status)).toEqual(["RUNNING"]);
    expect(group(world)).toMatchObject({ launchFailures: 0, blockedBy: [], retryAtMs: null });
  });
});
