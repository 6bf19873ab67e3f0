import { describe, expect, test } from "vitest";
import {
  type Measured,
  measure,
  ninesOf,
  ratioOf,
  type ServiceFact,
} from "../../schema/availability.ts";
import type { EventKind } from "../../src/model/events.ts";

/** `kind@atMs`, for GuestLost `kind@atMs<lastSeenAtMs`, with `/zone` where it is told. */
function fact(text: string): ServiceFact {
  const match = /^(\w+)@(\d+)(?:<(\d+))?(?:\/(\d+))?$/.exec(text);
  if (!match) throw new Error(text);
  return {
    guestId: 1,
    kind: `Guest${match[1]}` as EventKind,
    atMs: Number(match[2]),
    lastSeenAtMs: match[3] === undefined ? null : Number(match[3]),
    zoneId: match[4] === undefined ? null : Number(match[4]),
  };
}

const WINDOW = { fromMs: 0, toMs: 100 };

function measured(facts: string, complete = true, state: "UP" | "DOWN" | "OUT" = "OUT"): Measured {
  const guest = { guestId: 1, zoneId: null, state, complete };
  return measure(facts.split(" ").filter(Boolean).map(fact), [guest], WINDOW, null);
}

describe("what counts", () => {
  test.each<[string, number, number, number, number]>([
    // facts                                    up  down  outages  longest
    ["", 0, 0, 0, 0],
    ["Started@10", 90, 0, 0, 0],
    ["Started@10 Crashed@40 Started@50", 80, 10, 1, 10],
    ["Started@10 Lost@40<35 FailedOver@60", 65, 25, 1, 25],
    ["Started@10 Lost@40<35", 25, 65, 1, 65],
    ["Started@10 Rebooting@20 Rebooted@25 Crashed@50 Started@80", 55, 35, 2, 30],
    ["Started@10 StopRequested@50 Stopping@51 Stopped@60", 40, 0, 0, 0],
    ["Started@10 SuspendRequested@50 Suspended@55 Resumed@70", 70, 0, 0, 0],
    ["Started@10 Lost@40<35 StopRequested@60", 25, 25, 1, 25],
    ["StopRequested@5 Lost@40<35", 0, 0, 0, 0],
    ["Started@10 Stopped@20 Lost@40<35 Started@50", 60, 0, 0, 0],
    ["Started@10 DeleteRequested@30 Deleted@40", 20, 0, 0, 0],
    ["Started@10 Migrated@30", 90, 0, 0, 0],
    ["Started@10 Lost@95<90 FailedOver@120", 80, 10, 1, 10],
  ])("%s", (facts, upMs, downMs, outages, longestOutageMs) => {
    expect(measured(facts)).toEqual({ upMs, downMs, outages, longestOutageMs });
  });

  test.each<[string, "UP" | "DOWN" | "OUT", number, number]>([
    // facts               now   up  down
    ["", "UP", 100, 0],
    ["", "DOWN", 0, 100],
    ["", "OUT", 0, 0],
    ["Lost@40<35", "DOWN", 35, 65],
    ["FailedOver@40", "UP", 60, 40],
    ["Started@40", "UP", 60, 0],
    ["StopRequested@40", "OUT", 40, 0],
  ])("when retention has taken the beginning: %s, now %s", (facts, state, upMs, downMs) => {
    expect(measured(facts, false, state)).toMatchObject({ upMs, downMs });
  });

  test("where the guest was", () => {
    const facts = ["Started@0/7", "Migrated@20/8", "Lost@50<40/8", "FailedOver@70/9"].map(fact);
    const guest = { guestId: 1, zoneId: 9, state: "UP", complete: true } as const;
    const of = (zone: number) => measure(facts, [guest], WINDOW, new Set([zone]));
    expect(of(7)).toMatchObject({ upMs: 20, downMs: 0 });
    expect(of(8)).toMatchObject({ upMs: 20, downMs: 30, outages: 1 });
    expect(of(9)).toMatchObject({ upMs: 30, downMs: 0 });
  });

  test("every guest", () => {
    const facts = [fact("Started@0"), { ...fact("Started@50"), guestId: 2 }];
    const guests = [1, 2].map(
      (guestId) => ({ guestId, zoneId: null, state: "UP", complete: true }) as const,
    );
    expect(measure(facts, guests, WINDOW, null).upMs).toBe(150);
  });
});

describe("the ratio", () => {
  test.each([
    [0, 0, 1, 9],
    [100, 0, 1, 9],
    [999, 1, 0.999, 3],
    [0, 5, 0, 0],
    [1e12, 1, 1, 9],
  ])("of %d up and %d down", (upMs, downMs, ratio, nines) => {
    const found = ratioOf({ upMs, downMs, outages: 0, longestOutageMs: 0 });
    expect(found).toBeCloseTo(ratio, 9);
    expect(ninesOf(found)).toBeCloseTo(nines, 6);
  });
});
