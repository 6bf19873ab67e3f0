import { beforeEach, describe, expect, test } from "vitest";
import type { HostId } from "../../src/model/ids.ts";
import { hostDescription, place, SimulatedFleet } from "./fleet.ts";

const G1 = 10_001;
const G2 = 10_002;

describe("power", () => {
  let fleet: SimulatedFleet;
  beforeEach(() => {
    fleet = new SimulatedFleet()
      .configure({ batterySeconds: 60 })
      .connect(...[1111, 1112, 1121, 1211].map(hostDescription))
      .run(1111, G1)
      .run(1211, G2); // 20 s
  });

  test("a host without power is silent, and boots empty five seconds after it has some", () => {
    fleet.inject("HOST_POWER", 1111).advanceTo(30).clear("HOST_POWER", 1111).advanceTo(40);
    const heard = fleet.heardOf(1111).filter((at) => at >= 20);
    expect(heard.slice(0, 3)).toEqual([20, 35, 35]);
    expect(fleet.inventory(1111)).toEqual([]);
    expect(fleet.inventory(1211)).toEqual([G2]);
  });

  test("a guest that boots on a host that dies is never answered", () => {
    const start = fleet.start(1112, 10_003);
    fleet.advance(1).inject("HOST_POWER", 1112).advance(60).clear("HOST_POWER", 1112).advance(60);
    expect(fleet.answer(start)).toBeUndefined();
  });

  test("a rack loses its power at once, and its neighbours don't", () => {
    fleet.inject("RACK_POWER", 111).advanceTo(25);
    expect(fleet.inventory(1111)).toBeNull();
    expect(fleet.inventory(1112)).toBeNull();
    expect(fleet.inventory(1121)).toEqual([]);
  });

  test("a zone tells at once and runs on its battery until that is empty", () => {
    fleet.inject("ZONE_POWER", 11);
    expect(fleet.all("ZONE_UTILITY_CHANGED")).toMatchObject([
      { zoneId: 11, utility: "POWER", status: "DOWN", at: 20 },
    ]);
    fleet.advanceTo(100);
    expect(fleet.heardOf(1111).at(-1)).toBe(79);
    expect(fleet.heardOf(1121).at(-1)).toBe(79);
    expect(fleet.heardOf(1211).at(-1)).toBe(100);
    fleet.clear("ZONE_POWER", 11).advanceTo(110);
    expect(fleet.all("ZONE_UTILITY_CHANGED").at(-1)).toMatchObject({ status: "UP", at: 100 });
    expect(fleet.all("HOST_CONNECTED").slice(-3)).toMatchObject(
      [1111, 1112, 1121].map((hostId) => ({ hostId, guests: [], at: 105 })),
    );
  });

  test("a battery that carried a cut in full leaves its guests alone", () => {
    fleet.inject("ZONE_POWER", 11).advance(59).clear("ZONE_POWER", 11).advance(30);
    expect(fleet.inventory(1111)).toEqual([G1]);
  });

  test("a second cut soon after finds what was charged in between", () => {
    fleet.inject("ZONE_POWER", 11).advanceTo(60).clear("ZONE_POWER", 11).advanceTo(75);
    // 40 s were drained and 15 s charged: 35 s are left.
    fleet.inject("ZONE_POWER", 11).advanceTo(200);
    expect(fleet.heardOf(1111).at(-1)).toBe(109);
  });

  test("a region is lost at once, whatever is in its batteries", () => {
    fleet.inject("REGION_LOSS", 1).advanceTo(40);
    expect(fleet.heardOf(1111).at(-1)).toBe(20);
    expect(fleet.heardOf(1211).at(-1)).toBe(20);
    expect(fleet.all("ZONE_UTILITY_CHANGED")).toMatchObject([
      { zoneId: 11, utility: "POWER", status: "DOWN" },
      { zoneId: 11, utility: "NETWORK", status: "DOWN" },
      { zoneId: 12, utility: "POWER", status: "DOWN" },
      { zoneId: 12, utility: "NETWORK", status: "DOWN" },
    ]);
    fleet.clear("REGION_LOSS", 1).advance(10);
    expect(fleet.inventory(1111)).toEqual([]);
    expect(fleet.inventory(1211)).toEqual([]);
  });

  test("a host has power when nothing takes it away any more", () => {
    fleet.inject("HOST_POWER", 1111).inject("RACK_POWER", 111).inject("REGION_LOSS", 1).advance(20);
    fleet.clear("REGION_LOSS", 1).clear("HOST_POWER", 1111).advance(20);
    expect(fleet.inventory(1111)).toBeNull();
    fleet.clear("RACK_POWER", 111).advance(5);
    expect(fleet.inventory(1111)).toEqual([]);
  });

  test("faults may be injected and cleared twice, and before a host is known", () => {
    fleet.inject("HOST_POWER", 1212).inject("HOST_POWER", 1212).connect(hostDescription(1212));
    expect(fleet.inventory(1212)).toBeNull();
    fleet.clear("HOST_POWER", 1212).clear("HOST_POWER", 1212).advance(5);
    expect(fleet.inventory(1212)).toEqual([]);
    fleet.inject("ZONE_POWER", 11).inject("ZONE_POWER", 11);
    expect(fleet.all("ZONE_UTILITY_CHANGED")).toHaveLength(1);
  });
});

describe("power by request", () => {
  let fleet: SimulatedFleet;
  const order = (kind: "REBOOT_HOST" | "SHUTDOWN_HOST" | "POWER_ON_HOST") =>
    fleet.ask({ kind, hostId: 1111 as HostId });
  beforeEach(() => {
    fleet = new SimulatedFleet().connect(...[1111, 1112].map(hostDescription)).advanceTo(10);
  });

  test("a host goes down in three seconds, and boots in five if it is to", () => {
    const reboot = order("REBOOT_HOST");
    fleet.advanceTo(30);
    expect(fleet.answer(reboot)).toMatchObject({ kind: "ACTION_DONE", at: 13 });
    expect(fleet.heardOf(1111).filter((at) => at >= 12 && at <= 19)).toEqual([12, 18, 18, 19]);
  });

  test("a host that was shut down stays off through power cuts and fences", () => {
    order("SHUTDOWN_HOST");
    fleet.advanceTo(20).inject("RACK_POWER", 111).advance(10).clear("RACK_POWER", 111).advance(60);
    fleet.fence(1111);
    fleet.advance(60);
    expect(fleet.inventory(1111)).toBeNull();
    expect(fleet.inventory(1112)).toEqual([]);
    order("POWER_ON_HOST");
    fleet.advance(6);
    expect(fleet.inventory(1111)).toEqual([]);
  });

  test("a cut in its own power that ends switches it on", () => {
    order("SHUTDOWN_HOST");
    fleet.advanceTo(20).inject("HOST_POWER", 1111).advance(10);
    fleet.clear("HOST_POWER", 1111).advance(6);
    expect(fleet.inventory(1111)).toEqual([]);
  });

  test("a restarted server finds it as it was", () => {
    const shutdown = order("SHUTDOWN_HOST");
    fleet.advance(1).restart(60);
    fleet.advance(1);
    expect(fleet.answer(shutdown)).toMatchObject({ kind: "ACTION_DONE" });
    fleet.restart().advance(60);
    expect(fleet.inventory(1111)).toBeNull();
  });

  test.each([
    ["SHUTDOWN_HOST", "HOST_HANG", "does not answer"],
    ["REBOOT_HOST", "HOST_NETWORK", "does not answer"],
    ["POWER_ON_HOST", "HOST_NETWORK", "can't be reached"],
    ["POWER_ON_HOST", "HOST_POWER", "has no power"],
  ] as const)("%s fails under %s", (kind, fault, why) => {
    fleet.inject(fault, 1111);
    const answered = fleet.answer(order(kind)) ?? fleet.advance(5).all("ACTION_FAILED").at(-1);
    expect(answered).toMatchObject({ action: kind, error: expect.stringContaining(why) });
  });

  test("a host that tripped can't be switched on before it is cool", () => {
    fleet.configure({ overheatSeconds: 10 }).inject("ZONE_COOLING", 11).advance(60);
    order("POWER_ON_HOST");
    fleet.advance(1);
    expect(fleet.all("ACTION_FAILED").at(-1)?.error).toContain("too hot");
  });

  test("an older order is out of date", () => {
    const [shutdown, on] = [order("SHUTDOWN_HOST"), order("POWER_ON_HOST")];
    const late = { kind: "SHUTDOWN_HOST", hostId: 1111 as HostId, generation: shutdown } as const;
    fleet.perform(late).advance(30);
    expect(fleet.answer(shutdown)).toBeUndefined();
    expect(fleet.answer(on)).toMatchObject({ kind: "ACTION_DONE" });
    expect(fleet.inventory(1111)).toEqual([]);
  });

  test("a host that nobody knows can't be switched", () => {
    const shutdown = fleet.ask({ kind: "SHUTDOWN_HOST", hostId: 9999 as HostId });
    expect(fleet.answer(shutdown)).toMatchObject({ kind: "ACTION_FAILED" });
  });
});

describe("cooling", () => {
  let fleet: SimulatedFleet;
  const hosts = [1111, 1112, 1113].map(hostDescription);
  beforeEach(() => {
    fleet = new SimulatedFleet().configure({ overheatSeconds: 100 }).connect(...hosts);
    // 1113 is fully loaded, 1112 half, 1111 idle.
    const size = (cpuMillicores: number) => ({
      resources: { cpuMillicores, memoryMiB: 1024, storageGiB: 1 },
    });
    fleet.start(1112, G1, size(4_000));
    fleet.start(1113, G2, size(8_000));
    fleet.advanceTo(10);
  });

  test("the hottest host trips first", () => {
    fleet.inject("ZONE_COOLING", 11).advanceTo(500);
    expect(fleet.all("ZONE_UTILITY_CHANGED")).toMatchObject([
      { utility: "COOLING", status: "DOWN", at: 10 },
    ]);
    // Full load lasts 100 s, half load 250 s, none 400 s.
    expect([1113, 1112, 1111].map((id) => fleet.heardOf(id).at(-1))).toEqual([109, 259, 409]);
  });

  test("how hot hosts are is sampled, of those that are warm", () => {
    fleet.configure({ overheatSeconds: 100, usageSampleSeconds: 10 });
    fleet.inject("ZONE_COOLING", 11).advanceTo(61);
    const [last] = fleet.all("HOST_HEAT").slice(-1);
    expect(last?.at).toBe(60);
    // Half the way under full load, a fifth of it under half load, an eighth without any.
    expect(last?.hosts).toEqual([
      { hostId: 1111, level: 0.125 },
      { hostId: 1112, level: 0.2 },
      { hostId: 1113, level: 0.5 },
    ]);
  });

  test("a host lasts longer once its load has gone", () => {
    fleet.inject("ZONE_COOLING", 11).advanceTo(60);
    fleet.perform({ kind: "REMOVE", ...place(1113, G2) });
    fleet.advanceTo(500);
    // Half the way to the limit under full load, the other half idle: 50 s and 200 s.
    expect(fleet.heardOf(1113).at(-1)).toBe(259);
  });

  test("tripped hosts boot when they have cooled down", () => {
    fleet.inject("ZONE_COOLING", 11).advanceTo(150).clear("ZONE_COOLING", 11).advanceTo(200);
    expect(fleet.all("ZONE_UTILITY_CHANGED").at(-1)).toMatchObject({ status: "UP", at: 150 });
    // From the limit to cool in 100 s / 4, then the boot.
    expect(fleet.heardOf(1113).find((at) => at > 109)).toBe(180);
    expect(fleet.inventory(1113)).toEqual([]);
    expect(fleet.inventory(1112)).toEqual([G1]);
  });

  test("what is warm already lasts less long the next time", () => {
    fleet.inject("ZONE_COOLING", 11).advanceTo(90).clear("ZONE_COOLING", 11).advanceTo(100);
    // 0.8 of the way there, and 0.4 back.
    fleet.inject("ZONE_COOLING", 11).advanceTo(300);
    expect(fleet.heardOf(1113).at(-1)).toBe(159);
  });
});
