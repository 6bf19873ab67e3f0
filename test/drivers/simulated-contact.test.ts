import { beforeEach, describe, expect, test } from "vitest";
import { guestDescription, hostDescription, place, SimulatedFleet } from "./fleet.ts";

const G1 = 10_001;
const G2 = 10_002;

let fleet: SimulatedFleet;
beforeEach(() => {
  fleet = new SimulatedFleet()
    .configure({ watchdogSeconds: 10, heartbeatSeconds: 1 })
    .connect(...[1111, 1112, 1211].map(hostDescription))
    .run(1111, G1); // 10 s
});

describe("heartbeats", () => {
  test("come from all hosts in contact at once, at whole seconds", () => {
    fleet.advanceTo(12.5);
    expect(fleet.all("HEARTBEATS").slice(-2)).toEqual([
      { kind: "HEARTBEATS", hostIds: [1111, 1112, 1211], at: 11 },
      { kind: "HEARTBEATS", hostIds: [1111, 1112, 1211], at: 12 },
    ]);
  });

  test("follow the period that is set", () => {
    fleet.configure({ heartbeatSeconds: 4 }).advanceTo(20);
    expect(fleet.heardOf(1111).filter((at) => at > 10)).toEqual([12, 16, 20]);
  });

  test("end with the last host", () => {
    for (const id of [1111, 1112, 1211])
      fleet.perform({ kind: "DISCONNECT_HOST", hostId: hostDescription(id).id });
    fleet.advance(4_000);
    expect(fleet.heardOf(1111).at(-1)).toBe(10);
    expect(fleet.driver.nextDueAtMs()).toBeNull();
    fleet.store();
    expect([...fleet.stored.keys()].filter((key) => /host|guest|@/.test(key))).toEqual([]);
  });
});

describe("a network cut", () => {
  test("that ends before the watchdog's time leaves the guests alone", () => {
    fleet.inject("HOST_NETWORK", 1111).advanceTo(19).clear("HOST_NETWORK", 1111);
    expect(fleet.all("HOST_CONNECTED").at(-1)).toMatchObject({
      hostId: 1111,
      guests: [{ guestId: G1, state: "RUNNING" }],
      at: 19,
    });
    expect(fleet.heardOf(1111).filter((at) => at > 10 && at < 19)).toEqual([]);
  });

  test("that lasts longer kills them", () => {
    fleet.inject("HOST_NETWORK", 1111).advanceTo(21).clear("HOST_NETWORK", 1111);
    expect(fleet.all("HOST_CONNECTED").at(-1)).toMatchObject({ hostId: 1111, guests: [], at: 21 });
  });

  test("the watchdog counts from the last heartbeat, not from the cut", () => {
    fleet.advanceTo(10.9).inject("HOST_NETWORK", 1111);
    fleet.advanceTo(19.999);
    expect(storedGuests()).toEqual([G1]);
    fleet.advanceTo(20);
    expect(storedGuests()).toEqual([]);
  });

  test("keeps the watchdog's time as it was when the host last heard of it", () => {
    fleet.inject("HOST_NETWORK", 1111).advanceTo(18).configure({ watchdogSeconds: 5 });
    fleet.restart().advanceTo(19.999);
    expect(storedGuests()).toEqual([G1]);
    fleet.advanceTo(20);
    expect(storedGuests()).toEqual([]);
  });

  test("of a zone is told, and cuts off all its hosts", () => {
    fleet.inject("ZONE_NETWORK", 11).advanceTo(15);
    expect(fleet.all("ZONE_UTILITY_CHANGED")).toMatchObject([
      { zoneId: 11, utility: "NETWORK", status: "DOWN", at: 10 },
    ]);
    expect(fleet.all("HEARTBEATS").at(-1)?.hostIds).toEqual([1211]);
    fleet.clear("ZONE_NETWORK", 11);
    expect(fleet.all("HOST_CONNECTED").slice(-2)).toMatchObject([
      { hostId: 1111, guests: [{ guestId: G1 }] },
      { hostId: 1112, guests: [] },
    ]);
  });

  test("hides what goes on behind it: the boot ends, and nobody hears of it", () => {
    const start = fleet.start(1112, G2);
    fleet.advance(1).inject("HOST_NETWORK", 1112).advance(8).clear("HOST_NETWORK", 1112);
    expect(fleet.answer(start)).toBeUndefined();
    expect(fleet.inventory(1112)).toEqual([G2]);
    // Asked again it is found to run already.
    const guest = guestDescription();
    fleet.perform({ kind: "START", guest, generation: start, ...place(1112, G2) });
    expect(fleet.answer(start)).toMatchObject({ kind: "ACTION_DONE", at: 19 });
  });

  test("swallows actions", () => {
    fleet.inject("HOST_NETWORK", 1111);
    const stop = fleet.ask({ kind: "STOP", force: true, ...place(1111, G1) });
    fleet.perform({ kind: "REMOVE", ...place(1111, G1) });
    fleet.advance(5).clear("HOST_NETWORK", 1111).advance(5);
    expect(fleet.answer(stop)).toBeUndefined();
    expect(fleet.inventory(1111)).toEqual([G1]);
  });

  test("lets one guest run twice until someone sees to it", () => {
    fleet.inject("HOST_NETWORK", 1111);
    fleet.start(1112, G1);
    fleet.advance(8).clear("HOST_NETWORK", 1111);
    expect([fleet.inventory(1111), fleet.inventory(1112)]).toEqual([[G1], [G1]]);
    fleet.perform({ kind: "REMOVE", ...place(1111, G1) });
    expect([fleet.inventory(1111), fleet.inventory(1112)]).toEqual([[], [G1]]);
  });
});

describe("a host that hangs", () => {
  test("freezes its guests, and goes on when it comes to itself in time", () => {
    const start = fleet.start(1111, G2);
    fleet.advance(1).inject("HOST_HANG", 1111).advance(9).clear("HOST_HANG", 1111);
    expect(fleet.all("HOST_CONNECTED").at(-1)).toMatchObject({
      guests: [{ guestId: G1 }, { guestId: G2 }],
      at: 20,
    });
    fleet.advance(6);
    // The boot of four seconds or so stood still for nine.
    expect(fleet.answer(start)?.at).toBeGreaterThan(22);
  });

  test("is reset by its watchdog, and boots when the hang is over", () => {
    fleet.inject("HOST_HANG", 1111).advanceTo(40);
    expect(fleet.inventory(1111)).toBeNull();
    fleet.clear("HOST_HANG", 1111).advanceTo(44.9);
    expect(fleet.inventory(1111)).toBeNull();
    fleet.advanceTo(45);
    expect(fleet.inventory(1111)).toEqual([]);
  });
});

describe("a fence", () => {
  test("of a host that is well is a power cycle", () => {
    const fence = fleet.fence(1111);
    fleet.advance(10);
    expect(fleet.answer(fence)).toMatchObject({ kind: "ACTION_DONE", guestId: null, at: 10.5 });
    expect(fleet.all("HOST_CONNECTED").at(-1)).toMatchObject({
      hostId: 1111,
      guests: [],
      at: 15.5,
    });
  });

  test.each([
    ["HOST_HANG", 1111],
    ["HOST_POWER", 1111],
    ["ZONE_POWER", 11],
  ] as const)("works under %s", (fault, target) => {
    fleet.inject(fault, target);
    const fence = fleet.fence(1111);
    fleet.advance(2);
    expect(fleet.answer(fence)).toMatchObject({ kind: "ACTION_DONE", at: 10.5 });
  });

  test.each([
    ["HOST_NETWORK", 1111],
    ["ZONE_NETWORK", 11],
    ["RACK_POWER", 111],
    ["REGION_LOSS", 1],
  ] as const)("does not reach its host under %s", (fault, target) => {
    fleet.inject(fault, target);
    const fence = fleet.fence(1111);
    fleet.advance(2);
    expect(fleet.answer(fence)).toMatchObject({
      kind: "ACTION_FAILED",
      error: expect.stringMatching(/host-1111 can't be reached/),
      at: 11,
    });
  });

  test("does not reach its host when the zone's battery is empty", () => {
    fleet.configure({ batterySeconds: 5 }).inject("ZONE_POWER", 11).advance(5);
    const fence = fleet.fence(1111);
    fleet.advance(2);
    expect(fleet.answer(fence)).toMatchObject({ kind: "ACTION_FAILED", at: 16 });
  });

  test("of a hung host kills its guests, and it stays away until the hang is over", () => {
    fleet.inject("HOST_HANG", 1111);
    fleet.fence(1111);
    fleet.advance(1);
    expect(storedGuests()).toEqual([]);
    fleet.clear("HOST_HANG", 1111).advance(5);
    expect(fleet.inventory(1111)).toEqual([]);
  });
});

describe("a watchdog", () => {
  test("that is switched off kills nobody", () => {
    fleet.configure({ watchdogArmed: false }).inject("HOST_NETWORK", 1111).advance(60);
    expect(storedGuests()).toEqual([G1]);
    fleet.inject("HOST_HANG", 1111).advance(60);
    expect(storedGuests()).toEqual([G1]);
  });

  test("stays on where nobody hears that it is to be off, and off where it is to be on", () => {
    fleet.inject("HOST_NETWORK", 1111).configure({ watchdogArmed: false }).advance(20);
    expect(storedGuests()).toEqual([]);
    fleet.run(1112, G2).inject("HOST_NETWORK", 1112).configure({ watchdogArmed: true });
    fleet.restart().advance(20);
    expect(storedGuests()).toEqual([G2]);
    fleet.clear("HOST_NETWORK", 1112).inject("HOST_NETWORK", 1112).advance(20);
    expect(storedGuests()).toEqual([]);
  });
});

describe("storage, asked about a host,", () => {
  test.each([
    ["HOST_NETWORK", 1111, "ALIVE"],
    ["HOST_POWER", 1111, "DEAD"],
    ["HOST_HANG", 1111, "DEAD"],
    ["RACK_POWER", 111, "DEAD"],
    ["STORAGE_STALL", 1111, "UNKNOWN"],
    ["ZONE_NETWORK", 11, "UNKNOWN"],
    ["REGION_LOSS", 1, "UNKNOWN"],
  ] as const)("answers in time under %s", (fault, target, opinion) => {
    fleet.inject(fault, target);
    const hostId = hostDescription(1111).id;
    fleet.perform({ kind: "PROBE_HOST", hostId, suspicion: 77 }).restart().advance(1);
    expect(fleet.all("HOST_PROBED")).toEqual([
      { kind: "HOST_PROBED", hostId, suspicion: 77, opinion, by: "STORAGE", at: 10.2 },
    ]);
  });
});

/** The guests of which the world still has a copy. */
function storedGuests(): number[] {
  fleet.store();
  return [...fleet.stored.keys()]
    .filter((key) => key.includes("@"))
    .map((key) => Number(key.slice("guest:".length, key.indexOf("@"))));
}
