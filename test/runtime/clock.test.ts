import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, test, vi } from "vitest";
import { parseClockMode } from "../../src/runtime/clock.ts";
import { fleetOf, TestRuntime } from "./fleet.ts";
import { START_MS } from "./log.ts";

describe("a manual clock", () => {
  test("starts at a fixed instant and stands", async () => {
    const fleet = await TestRuntime.start();
    expect(fleet.runtime.nowMs()).toBe(START_MS);
    await fleet.apply(fleetOf({ guests: 1 }));
    await sleep(30);
    expect(fleet.runtime.nowMs()).toBe(START_MS);
    expect(new Set(fleet.log().map(({ atMs }) => atMs))).toEqual(new Set([START_MS]));
  });

  test("has done all due work when an advance is answered", async () => {
    const fleet = await TestRuntime.start();
    await fleet.apply(fleetOf({ guests: 8 }));
    const { outcome } = await fleet.advance(120);
    expect(outcome).toEqual({ kind: "CLOCK", nowMs: START_MS + 120_000 });
    expect(fleet.runtime.nowMs()).toBe(START_MS + 120_000);
    expect(fleet.kinds().GuestStarted).toBe(8);
    const last = fleet.log().at(-1);
    expect(last).toMatchObject({
      kind: "ClockAdvanced",
      atMs: START_MS + 120_000,
      actor: { kind: "PRINCIPAL", name: "alice" },
      payload: { seconds: 120 },
    });
  });

  test("gives each event the instant at which it was due, never an earlier one after a later", async () => {
    const fleet = await TestRuntime.start();
    await fleet.apply(fleetOf({ guests: 8 }));
    await fleet.advance(300);
    const times = fleet.log().map(({ atMs }) => atMs);
    expect(times).toEqual([...times].sort((a, b) => a - b));
    const started = fleet.log().filter(({ kind }) => kind === "GuestStarted");
    for (const { atMs } of started) expect(atMs).toBeLessThan(START_MS + 299_000);
  });

  test("takes one advance after the other", async () => {
    const fleet = await TestRuntime.start();
    await fleet.apply(fleetOf({ guests: 2 }));
    const results = await Promise.all([10, 20, 0].map((seconds) => fleet.advance(seconds)));
    expect(results.map(({ outcome }) => outcome)).toEqual(
      [10, 30, 30].map((seconds) => ({ kind: "CLOCK", nowMs: START_MS + seconds * 1_000 })),
    );
  });

  test("lets commands through while it moves far", async () => {
    const fleet = await TestRuntime.start();
    await fleet.apply(fleetOf({ guests: 1 }));
    await fleet.advance(60);
    let isThere = false;
    const advance = fleet.advance(3 * 86_400).then(() => {
      isThere = true;
    });
    const result = await fleet.submit({ kind: "STOP_GUEST", guestId: fleet.guestId("g1") });
    expect(result.ok).toBe(true);
    expect(isThere).toBe(false);
    await advance;
    expect(fleet.kinds().GuestStopped).toBe(1);
  });

  test("is stopped on its way when the server closes, and goes on from there", async () => {
    const fleet = await TestRuntime.start();
    await fleet.apply(fleetOf({ guests: 1 }));
    const advance = fleet.submit({ kind: "ADVANCE_CLOCK", seconds: 366 * 86_400 });
    await sleep(50);
    await fleet.runtime.close();
    expect(await advance).toMatchObject({ ok: false, rejection: { code: "INTERNAL" } });
    const again = await TestRuntime.start({ dataDir: fleet.dataDir });
    expect(again.runtime.nowMs()).toBeGreaterThan(START_MS);
    expect(again.runtime.nowMs()).toBeLessThan(START_MS + 366 * 86_400_000);
  });

  test.each([
    [-1, "INVALID_INPUT"],
    [Number.NaN, "INVALID_INPUT"],
    [Number.POSITIVE_INFINITY, "INVALID_INPUT"],
    [367 * 86_400, "INVALID_INPUT"],
  ])("does not move by %d seconds", async (seconds, code) => {
    const fleet = await TestRuntime.start();
    const result = await fleet.submit({ kind: "ADVANCE_CLOCK", seconds });
    expect(result).toMatchObject({ ok: false, rejection: { code, path: ["seconds"] } });
    expect(fleet.log().map(({ kind }) => kind)).toEqual(["CommandAudited"]);
  });

  test("goes on where it stood after a restart", async () => {
    const fleet = await TestRuntime.start();
    await fleet.apply(fleetOf({ guests: 2 }));
    await fleet.advance(90);
    const epoch = fleet.runtime.feed.epoch;
    const log = fleet.log();
    await fleet.runtime.close();
    const again = await TestRuntime.start({ dataDir: fleet.dataDir });
    expect(again.runtime.feed.epoch).toBe(epoch);
    expect(again.runtime.nowMs()).toBe(START_MS + 90_000);
    expect(again.log()).toEqual(log);
    await again.advance(600);
    expect(again.kinds()).toEqual({ ...fleetKinds(log), ClockAdvanced: 2 });
  });
});

function fleetKinds(log: readonly { kind: string }[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { kind } of log) counts[kind] = (counts[kind] ?? 0) + 1;
  return counts;
}

describe("the other clocks", () => {
  test.each([{ kind: "REALTIME" } as const, { kind: "ACCELERATED", factor: 10 } as const])(
    "move by themselves: $kind",
    async (clock) => {
      const fleet = await TestRuntime.start({ clock });
      const before = fleet.runtime.nowMs();
      expect(Math.abs(before - Date.now())).toBeLessThan(10_000);
      await sleep(100);
      expect(fleet.runtime.nowMs() - before).toBeGreaterThan(90);
      const refusal = await fleet.submit({ kind: "ADVANCE_CLOCK", seconds: 1 });
      expect(refusal).toMatchObject({ ok: false, rejection: { code: "UNSUPPORTED" } });
    },
  );

  test("do what is due when it is due", async () => {
    const fleet = await TestRuntime.start({ clock: { kind: "ACCELERATED", factor: 200 } });
    await fleet.apply(fleetOf({ guests: 4 }));
    await vi.waitFor(() => expect(fleet.kinds().GuestStarted).toBe(4), 20_000);
  });

  test("draw a new epoch for each new log", async () => {
    const clock = { kind: "REALTIME" } as const;
    const [one, two] = await Promise.all([
      TestRuntime.start({ clock }),
      TestRuntime.start({ clock }),
    ]);
    expect(one.runtime.feed.epoch).not.toBe(two.runtime.feed.epoch);
  });

  test("never go back over a restart, though the fleet's time be far ahead", async () => {
    const ahead = await TestRuntime.start();
    await ahead.advance(366 * 86_400);
    const stoodAt = ahead.runtime.nowMs();
    await ahead.runtime.close();
    const again = await TestRuntime.start({ dataDir: ahead.dataDir, clock: { kind: "REALTIME" } });
    expect(again.runtime.nowMs()).toBeGreaterThanOrEqual(stoodAt);
  });

  test.each([
    ["realtime", { kind: "REALTIME" }],
    ["manual", { kind: "MANUAL" }],
    ["20x", { kind: "ACCELERATED", factor: 20 }],
    ["0.5x", { kind: "ACCELERATED", factor: 0.5 }],
    ["1x", { kind: "REALTIME" }],
    ["0x", null],
    ["-2x", null],
    ["x", null],
    ["fast", null],
    ["9999999x", null],
  ])("are named: %s", (text, mode) => {
    expect(parseClockMode(text)).toEqual(mode);
  });
});
