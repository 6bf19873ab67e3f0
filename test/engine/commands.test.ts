import { beforeEach, describe, expect, test } from "vitest";
import type { Command } from "../../src/model/commands.ts";
import type { GuestId, HostId } from "../../src/model/ids.ts";
import { cluster } from "./cluster.ts";
import { World } from "./world.ts";

type Create = Extract<Command, { kind: "CREATE_GUEST" }>;

describe("a guest is created", () => {
  let world: World;
  let web: Create;

  beforeEach(() => {
    const document = JSON.parse(cluster("zone a: h1 8/32, h2 8/32\nguest db 1/2"));
    document.tenants = [{ name: "default", quota: { guests: 3, cpuCores: 4, memoryMiB: 8192 } }];
    document.flavors = [{ name: "small", cpuCores: 1, memoryMiB: 1024, storageGiB: 1 }];
    world = new World(JSON.stringify(document)).advance(30);
    const { tables } = world.state;
    web = {
      kind: "CREATE_GUEST",
      name: "web",
      tenantId: tables.Tenant.sorted()[0]?.id as Create["tenantId"],
      flavorId: tables.Flavor.sorted()[0]?.id as Create["flavorId"],
      resources: null,
      imageId: tables.Image.sorted()[0]?.id as Create["imageId"],
      desired: "RUNNING",
      homeHostId: null,
      priority: "MEDIUM",
      dependsOn: [],
      maxRestarts: 1,
      maxRelocations: 1,
      failback: true,
      readyAfterSeconds: 0,
      preemptible: false,
      workload: null,
      securityGroups: null,
      allocation: null,
    };
  });

  const size = (cores: number, gib: number) => ({
    flavorId: null,
    resources: { cpuMillicores: cores * 1000, memoryMiB: gib * 1024, storageGiB: 1 },
  });

  test("and placed at once", () => {
    const { events, outcome } = world.do(web);
    expect(events.map(({ kind }) => kind)).toEqual(["GuestCreated", "GuestPlaced"]);
    expect(outcome).toMatchObject({ guestId: world.guest("web").id, operationId: null });
    expect(world.guest("web").blockedBy.map(({ message }) => message)).toEqual([
      "it is starting on h2",
    ]);
    expect(world.advance(20).guest("web").blockedBy).toEqual([]);
  });

  test.each([
    ["STOPPED", "STOPPED", ["GuestCreated"]],
    [
      "SUSPENDED",
      "SUSPENDED",
      ["GuestCreated", "GuestPlaced", "GuestStarted", "GuestSuspending", "GuestSuspended"],
    ],
  ] as const)("to be %s", (desired, status, kinds) => {
    const from = world.events.length;
    world.do({ ...web, desired });
    expect(world.advance(20).guest("web")).toMatchObject({ status, blockedBy: [] });
    expect(world.events.slice(from).map(({ kind }) => kind)).toEqual(kinds);
  });

  test.each<[string, Partial<Create>, string, string[], string]>([
    ["a bad name", { name: "-web" }, "INVALID_INPUT", ["name"], "may hold letters"],
    ["an empty name", { name: "" }, "INVALID_INPUT", ["name"], "is empty"],
    ["a name that is taken", { name: "db" }, "CONFLICT", ["name"], "has a guest db already"],
    ["no tenant", { tenantId: 999 as never }, "NOT_FOUND", ["tenantId"], "no such tenant"],
    ["no image", { imageId: 999 as never }, "NOT_FOUND", ["imageId"], "no such image"],
    ["no flavor", { flavorId: 999 as never }, "NOT_FOUND", ["flavorId"], "no such flavor"],
    ["no size", { flavorId: null }, "INVALID_INPUT", ["flavorId"], "either a flavor or resources"],
    ["two sizes", { ...size(1, 1), flavorId: 1 as never }, "INVALID_INPUT", ["flavorId"], "either"],
    ["no host", { homeHostId: 999 as HostId }, "NOT_FOUND", ["hostId"], "no such host"],
    ["no such need", { dependsOn: [999 as GuestId] }, "NOT_FOUND", ["dependsOn"], "to depend on"],
    ["no CPU", size(0, 1), "INVALID_INPUT", ["resources", "cpuCores"], "more than 0"],
    ["negative memory", size(1, -1), "INVALID_INPUT", ["resources", "memoryMiB"], "more than 0"],
    ["a huge size", size(1e9, 1), "INVALID_INPUT", ["resources", "cpuCores"], "at most 65536"],
    ["half a restart", { maxRestarts: 0.5 }, "INVALID_INPUT", ["maxRestarts"], "whole number"],
    ["too much CPU for its quota", size(4, 1), "QUOTA_EXCEEDED", [], "may have 4 cores; it has 1"],
    ["too much memory for its quota", size(1, 7), "QUOTA_EXCEEDED", [], "8192 MiB of memory"],
  ])("not with %s", (_what, wrong, code, path, message) => {
    const before = JSON.stringify(world.state.snapshot());
    const { rejection, events } = world.try({ ...web, ...wrong });
    expect(rejection).toMatchObject({ code, path });
    expect(rejection?.message).toContain(message);
    expect(events).toEqual([]);
    expect(JSON.stringify(world.state.snapshot())).toBe(before);
  });

  test("until the tenant's quota is used up", () => {
    world.do(web);
    world.do({ ...web, name: "web2" });
    const { rejection } = world.try({ ...web, name: "web3" });
    expect(rejection).toMatchObject({ code: "QUOTA_EXCEEDED" });
    const resize = { kind: "RESIZE_GUEST", guestId: world.guest("db").id, ...size(3, 2) } as const;
    expect(world.advance(20).try(resize).rejection).toMatchObject({ code: "QUOTA_EXCEEDED" });
  });

  test("a size that a guest is about to have counts against the quota already", () => {
    world.do(web);
    world.advance(20).fate = () => "LOST";
    world.do({ kind: "RESIZE_GUEST", guestId: world.guest("db").id, ...size(3, 2) });
    expect(world.try({ ...web, name: "web2" }).rejection).toMatchObject({ code: "QUOTA_EXCEEDED" });
  });

  test("not in need of one that is being deleted", () => {
    const { id } = world.guest("db");
    world.do({ kind: "DELETE_GUEST", guestId: id });
    const { rejection } = world.try({ ...web, dependsOn: [id] });
    expect(rejection).toMatchObject({ code: "CONFLICT", path: ["dependsOn"] });
  });

  test("and what is unknown is not found", () => {
    const guestId = 9_999 as GuestId;
    for (const kind of ["START_GUEST", "STOP_GUEST", "DELETE_GUEST", "REBOOT_GUEST"] as const)
      expect(world.try({ kind, guestId }).rejection).toMatchObject({
        code: "NOT_FOUND",
        path: ["guestId"],
      });
  });
});

describe("a fault", () => {
  test("ends when its time is over, and not before", () => {
    const world = new World(cluster("zone a: h1 8/32")).advance(10);
    world.inject("STORAGE_STALL", "h1", 5);
    expect(world.advance(4.9).state.tables.Fault.size).toBe(1);
    expect(world.advance(0.1).state.tables.Fault.size).toBe(0);
  });

  test("stays until it is cleared when it was given no time", () => {
    const world = new World(cluster("zone a: h1 8/32")).advance(10);
    world.inject("STORAGE_STALL", "h1");
    expect(world.advance(100_000).state.tables.Fault.size).toBe(1);
    const { events } = world.clear("STORAGE_STALL", "h1");
    expect(world.causes(events[0])).toEqual(["FaultCleared", "FaultInjected"]);
  });

  test("is in force before a host without power is first heard of", () => {
    const world = new World(cluster("zone a: h1 8/32 off, h2 8/32")).advance(30);
    expect(world.of("HostUp").map(({ payload }) => payload.host)).toEqual([world.host("h2").id]);
    expect(world.causes(world.of("FaultInjected")[0])).toEqual([
      "FaultInjected",
      "HostAdded",
      "FleetApplied",
    ]);
  });
});

describe("after a restart", () => {
  const FLEET = "zone a: h1 8/32, h2 8/32\nguest web 1/2 on h1 STOPPED";

  test("an order that has no answer is given again, and the host is not asked about it", () => {
    const world = new World(cluster(FLEET)).advance(30);
    world.fate = () => "LOST";
    world.do({ kind: "START_GUEST", guestId: world.guest("web").id });
    world.advance(10).fate = () => "ARRIVES";
    world.restart();
    expect(world.guest("web").status).toBe("RUNNING");
    expect(world.of("GuestActionRepeated")).toEqual([]);
  });

  test("faults are in force, and nobody is blamed for the silence before it", () => {
    const world = new World(cluster(FLEET)).advance(30);
    world.inject("HOST_NETWORK", "h1");
    world.advance(2.5).restart();
    const restartedMs = world.nowMs;
    world.advance(20);
    const [suspected] = world.of("HostSuspected");
    expect(suspected?.atMs).toBe(restartedMs + 3_000);
    expect(world.host("h1").status).toBe("DOWN");
  });

  test("a silence that began before it proves nothing until it has lasted as long again", () => {
    const world = new World(cluster(`${FLEET}\nguest db 1/2 on h1`)).advance(30);
    world.inject("HOST_NETWORK", "h1");
    world.advance(9.5).restart();
    const restartedMs = world.nowMs;
    world.advance(30);
    expect(world.of("HostDown").map(({ atMs }) => atMs)).toEqual([restartedMs + 10_000]);
    expect(world.whereIs("db")).toBe("h2");
  });

  test("a fence that has no answer is asked for again", () => {
    const world = new World(cluster(FLEET)).advance(30);
    world.fate = (seen) => ("action" in seen ? "LOST" : "ARRIVES");
    world.inject("HOST_HANG", "h1");
    world.advance(4.2).fate = () => "ARRIVES";
    expect(world.host("h1").status).toBe("FENCING");
    world.restart();
    expect(world.of("HostFenced").map(({ payload }) => payload.method)).toEqual(["POWER"]);
  });
});
