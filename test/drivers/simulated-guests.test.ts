import { beforeEach, describe, expect, test } from "vitest";
import type { HostId } from "../../src/model/ids.ts";
import { guestDescription, hostDescription, place, SimulatedFleet } from "./fleet.ts";

const G1 = 10_001;
const G2 = 10_002;

let fleet: SimulatedFleet;
beforeEach(() => {
  fleet = new SimulatedFleet().connect(...[1111, 1112, 1211].map(hostDescription));
});

/** Seconds that an action took. */
function took(generation: number, since: number): number {
  const answer = fleet.answer(generation);
  expect(answer?.kind).toBe("ACTION_DONE");
  return (answer?.at ?? Number.NaN) - since;
}

describe("a boot", () => {
  test("takes longer with more memory", () => {
    const resources = { cpuMillicores: 1_000, memoryMiB: 20_480, storageGiB: 10 };
    const big = fleet.start(1111, G1, { resources });
    const small = fleet.start(1112, G2);
    fleet.advance(60);
    expect(took(big, 0)).toBeGreaterThanOrEqual(6 * 0.8);
    expect(took(big, 0)).toBeLessThanOrEqual(6 * 1.2);
    expect(took(small, 0)).toBeGreaterThanOrEqual(4.2 * 0.8);
    expect(took(small, 0)).toBeLessThanOrEqual(4.2 * 1.2);
  });

  test("takes what its image says", () => {
    const start = fleet.start(1111, G1, { bootSeconds: 40 });
    fleet.advance(60);
    expect(took(start, 0)).toBeGreaterThanOrEqual(32);
    expect(took(start, 0)).toBeLessThanOrEqual(48);
  });

  test.each([
    ["guest", G1],
    ["host", 1111],
  ])("fails soon while starts fail on its %s", (_name, target) => {
    fleet.inject("GUEST_START_FAILS", target);
    const start = fleet.start(1111, G1);
    fleet.advance(5);
    expect(fleet.answer(start)).toMatchObject({ kind: "ACTION_FAILED", at: 1 });
    expect(fleet.inventory(1111)).toEqual([]);
    fleet.clear("GUEST_START_FAILS", target).run(1111, G1);
    expect(fleet.inventory(1111)).toEqual([G1]);
  });

  test("needs room: what boots, runs, is suspended or comes over takes it", () => {
    const resources = { cpuMillicores: 3_000, memoryMiB: 10_000, storageGiB: 100 };
    fleet.start(1111, G1, { resources });
    fleet.start(1112, G2, { resources });
    fleet.advance(10);
    fleet.ask({ kind: "SUSPEND", ...place(1111, G1) });
    fleet.migrate(G2, 1112, 1111);
    const third = fleet.start(1111, 10_003, { resources });
    expect(fleet.answer(third)).toMatchObject({
      kind: "ACTION_FAILED",
      error: "Host host-1111 has not enough free CPU.",
    });
  });

  test("that comes back from a failed reboot leaves nothing", () => {
    fleet.run(1111, G1).inject("GUEST_START_FAILS", G1);
    const reboot = fleet.ask({ kind: "REBOOT", ...place(1111, G1) });
    fleet.advance(2);
    expect(fleet.answer(reboot)?.kind).toBe("ACTION_FAILED");
    expect(fleet.all("GUEST_CRASHED")).toMatchObject([{ guestId: G1, hostId: 1111 }]);
    expect(fleet.inventory(1111)).toEqual([]);
  });
});

describe("a migration", () => {
  test("takes as long as its memory needs", () => {
    const resources = { cpuMillicores: 1_000, memoryMiB: 10_000, storageGiB: 10 };
    fleet.start(1111, G1, { resources });
    fleet.run(1112, G2);
    const big = fleet.migrate(G1, 1111, 1112);
    const small = fleet.migrate(G2, 1112, 1111);
    fleet.advance(20);
    expect(took(big, 10)).toBeCloseTo(10);
    expect(took(small, 10)).toBeCloseTo(2.048);
    expect(fleet.answer(small)).toMatchObject({ guestId: G2, hostId: 1112 });
    const downtimes = fleet.all("ACTION_DONE").flatMap((done) => done.downtimeMs ?? []);
    for (const downtimeMs of downtimes) {
      expect(downtimeMs).toBeGreaterThanOrEqual(50);
      expect(downtimeMs).toBeLessThanOrEqual(300);
    }
    expect(downtimes).toHaveLength(2);
  });

  test("fails when its target dies, and the guest stays", () => {
    fleet.run(1111, G1);
    const migrate = fleet.migrate(G1, 1111, 1211);
    fleet.advance(1).inject("HOST_POWER", 1211).advance(5);
    expect(fleet.answer(migrate)).toMatchObject({ kind: "ACTION_FAILED", at: 11 });
    expect(fleet.inventory(1111)).toEqual([G1]);
  });

  test.each([1211, 1111])("goes unanswered when its source dies, and %i is empty", (id) => {
    fleet.run(1111, G1);
    const migrate = fleet.migrate(G1, 1111, 1211);
    fleet.advance(1).inject("HOST_POWER", 1111).clear("HOST_POWER", 1111).advance(10);
    expect(fleet.answer(migrate)).toBeUndefined();
    expect(fleet.inventory(id)).toEqual([]);
  });

  test("is not begun to a host that is dead or full", () => {
    fleet.run(1111, G1).inject("HOST_POWER", 1211);
    const toDead = fleet.migrate(G1, 1111, 1211);
    fleet.start(1112, G2, { resources: hostDescription(1112).capacity });
    const toFull = fleet.migrate(G1, 1111, 1112);
    expect(fleet.answer(toDead)).toMatchObject({ error: "Host host-1211 can't be reached." });
    expect(fleet.answer(toFull)).toMatchObject({ error: expect.stringMatching(/not enough free/) });
    expect(fleet.inventory(1111)).toEqual([G1]);
  });

  test.each([
    ["guest", G1],
    ["source", 1111],
    ["target", 1211],
  ])("fails at its end while migrations of its %s fail", (_name, target) => {
    fleet.run(1111, G1).inject("MIGRATION_FAILS", target);
    const migrate = fleet.migrate(G1, 1111, 1211);
    fleet.advance(5);
    expect(fleet.answer(migrate)?.kind).toBe("ACTION_FAILED");
    expect([fleet.inventory(1111), fleet.inventory(1211)]).toEqual([[G1], []]);
  });

  test("fails when its guest was started at the target meanwhile", () => {
    fleet.run(1111, G1);
    const migrate = fleet.migrate(G1, 1111, 1211);
    const resources = { cpuMillicores: 7_000, memoryMiB: 2_048, storageGiB: 10 };
    fleet.start(1211, G1, { resources });
    fleet.advance(10);
    expect(fleet.answer(migrate)?.kind).toBe("ACTION_FAILED");
    expect([fleet.inventory(1111), fleet.inventory(1211)]).toEqual([[G1], [G1]]);
    fleet.ask({ kind: "STOP", force: true, ...place(1211, G1) });
    // It has all its room again.
    const next = fleet.start(1211, G2, { resources: hostDescription(1211).capacity });
    fleet.advance(10);
    expect(fleet.answer(next)?.kind).toBe("ACTION_DONE");
  });

  test("is broken off by a stop", () => {
    fleet.run(1111, G1);
    const migrate = fleet.migrate(G1, 1111, 1211);
    const stop = fleet.ask({ kind: "STOP", force: true, ...place(1111, G1) });
    fleet.advance(10);
    expect([fleet.answer(migrate), fleet.answer(stop)?.kind]).toEqual([undefined, "ACTION_DONE"]);
    expect([fleet.inventory(1111), fleet.inventory(1211)]).toEqual([[], []]);
  });
});

describe("a migration that stands still", () => {
  const callOff = (generation: number) => {
    const kind = "CANCEL_MIGRATION" as const;
    const order = { ...place(1111, G1), targetHostId: 1211 as HostId, generation };
    fleet.perform({ kind, ...order }).advance(1);
  };

  test.each([1111, 1211])("is called off while the storage of %i stalls", (stalled) => {
    fleet.run(1111, G1).inject("STORAGE_STALL", stalled);
    const migrate = fleet.migrate(G1, 1111, 1211);
    fleet.advance(100);
    callOff(migrate);
    expect(fleet.answer(migrate)).toMatchObject({ action: "MIGRATE", kind: "ACTION_FAILED" });
    // Its room at the target is free again, and nothing arrives once the storage is well.
    fleet.clear("STORAGE_STALL", stalled);
    const other = fleet.start(1211, G2, { resources: hostDescription(1211).capacity });
    fleet.advance(100);
    expect(fleet.answer(other)?.kind).toBe("ACTION_DONE");
    expect([fleet.inventory(1111), fleet.inventory(1211)]).toEqual([[G1], [G2]]);
  });

  test("is called off for good, and for no later migration", () => {
    fleet.run(1111, G1).inject("STORAGE_STALL", 1211);
    const first = fleet.migrate(G1, 1111, 1211);
    callOff(first);
    const second = fleet.migrate(G1, 1111, 1211);
    callOff(first);
    fleet.clear("STORAGE_STALL", 1211).advance(10);
    expect([first, second].map((asked) => fleet.answer(asked)?.kind)).toEqual([
      "ACTION_FAILED",
      "ACTION_DONE",
    ]);
    expect([fleet.inventory(1111), fleet.inventory(1211)]).toEqual([[], [G1]]);
  });

  test("is not called off by a source that hears nothing", () => {
    fleet.run(1111, G1);
    const migrate = fleet.migrate(G1, 1111, 1211);
    fleet.inject("HOST_HANG", 1111);
    callOff(migrate);
    expect(fleet.answer(migrate)).toBeUndefined();
  });
});

test("where the storage stalls, starts and migrations wait and stops don't", () => {
  fleet.run(1111, G1, G2).inject("STORAGE_STALL", 1111);
  const start = fleet.start(1111, 10_003);
  const migrate = fleet.migrate(G1, 1111, 1211);
  const stop = fleet.ask({ kind: "STOP", force: false, ...place(1111, G2) });
  fleet.advance(100);
  expect([start, migrate].map((asked) => fleet.answer(asked))).toEqual([undefined, undefined]);
  expect(fleet.answer(stop)?.kind).toBe("ACTION_DONE");
  fleet.clear("STORAGE_STALL", 1111).advance(10);
  expect(took(migrate, 110)).toBeCloseTo(2.048);
  expect(took(start, 110)).toBeGreaterThan(3);
});

describe("a crash", () => {
  test("is not undone by the start that comes a second time", () => {
    const generation = fleet.start(1111, G1);
    fleet.advance(10).inject("GUEST_CRASH", G1);
    const again = { kind: "START", generation, guest: guestDescription() } as const;
    fleet.perform({ ...again, ...place(1111, G1) });
    fleet.advance(10);
    expect(fleet.inventory(1111)).toEqual([]);
  });

  test("is told, and each one counts", () => {
    fleet.run(1111, G1).inject("GUEST_CRASH", G1).inject("GUEST_CRASH", G1);
    expect(fleet.all("GUEST_CRASHED")).toMatchObject([{ guestId: G1, hostId: 1111, at: 10 }]);
    expect(fleet.inventory(1111)).toEqual([]);
    fleet.run(1111, G1).inject("GUEST_CRASH", G1);
    expect(fleet.all("GUEST_CRASHED")).toHaveLength(2);
  });

  test("fails the start that it interrupts", () => {
    const start = fleet.start(1111, G1);
    fleet.advance(1).inject("GUEST_CRASH", G1).advance(10);
    expect(fleet.answer(start)).toMatchObject({ kind: "ACTION_FAILED", at: 1 });
    expect(fleet.all("GUEST_CRASHED")).toEqual([]);
  });

  test("behind a network cut is seen when the host is back", () => {
    fleet.run(1111, G1).inject("HOST_NETWORK", 1111).inject("GUEST_CRASH", G1).advance(3);
    fleet.clear("HOST_NETWORK", 1111);
    expect(fleet.all("GUEST_CRASHED")).toEqual([]);
    expect(fleet.all("HOST_CONNECTED").at(-1)).toMatchObject({ hostId: 1111, guests: [] });
  });
});

describe("generations", () => {
  test("a new one replaces the copy of an old one", () => {
    fleet.run(1111, G1);
    const start = fleet.start(1111, G1);
    expect(fleet.answer(start)).toBeUndefined();
    fleet.advance(10);
    expect(took(start, 10)).toBeGreaterThan(3);
    expect(fleet.inventory(1111)).toEqual([G1]);
  });

  test("are remembered for a while after a guest has stopped, and not for ever", () => {
    const start = fleet.start(1111, G1);
    fleet.advance(10);
    fleet.ask({ kind: "STOP", force: true, ...place(1111, G1) });
    const late = { kind: "START", generation: start, guest: guestDescription() } as const;
    fleet.advance(1_800).perform({ ...late, ...place(1111, G1) });
    expect(fleet.inventory(1111)).toEqual([]);
    fleet.advance(3_600).store();
    expect([...fleet.stored.keys()].filter((key) => key.includes(String(G1)))).toEqual([]);
  });
});

describe("usage", () => {
  test("comes from all running guests at once, by their workload", () => {
    fleet.start(1111, G2, { workload: { kind: "CONSTANT", cpuShare: 0.25 } });
    fleet.start(1211, G1);
    fleet.start(1112, 10_003);
    fleet.advanceTo(9);
    fleet.ask({ kind: "SUSPEND", ...place(1112, 10_003) });
    fleet.advanceTo(20);
    const [sample, ...more] = fleet.all("USAGE");
    expect([sample?.at, ...more.map((one) => one.at)]).toEqual([10, 20]);
    expect(sample?.guests.map((guest) => [guest.guestId, guest.hostId])).toEqual([
      [G1, 1211],
      [G2, 1111],
    ]);
    const [unknown, constant] = sample?.guests ?? [];
    expect(constant?.cpuMillicores).toBe(250);
    expect(unknown?.cpuMillicores).toBeGreaterThanOrEqual(50);
    expect(unknown?.cpuMillicores).toBeLessThanOrEqual(300);
    for (const guest of sample?.guests ?? []) {
      expect(guest.memoryMiB).toBeGreaterThanOrEqual(0.6 * 2_048 - 1);
      expect(guest.memoryMiB).toBeLessThanOrEqual(0.9 * 2_048 + 1);
    }
  });

  test("of guests behind a network cut is not seen", () => {
    fleet.run(1111, G1).run(1211, G2).inject("HOST_NETWORK", 1111).advanceTo(25);
    fleet.advanceTo(30);
    expect(
      fleet
        .all("USAGE")
        .at(-1)
        ?.guests.map((guest) => guest.guestId),
    ).toEqual([G2]);
  });
});
