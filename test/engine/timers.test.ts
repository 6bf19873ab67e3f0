import { expect, test } from "vitest";
import { Timers } from "../../src/engine/timers.ts";
import { Chance } from "./random.ts";

test("timers tell who is due, whatever was set before", () => {
  const chance = new Chance(7);
  const timers = new Timers<number>();
  const expected = new Map<number, number>();
  for (let round = 0; round < 5_000; round++) {
    const id = chance.int(1, 50);
    const dueMs = chance.is(0.3) ? null : chance.int(1, 40);
    timers.set(id, dueMs);
    if (dueMs === null) expected.delete(id);
    else expected.set(id, dueMs);
    expect(timers.nextMs).toBe(Math.min(Number.POSITIVE_INFINITY, ...expected.values()));
    const nowMs = chance.int(0, 45);
    const due = [...expected].filter(([, atMs]) => atMs <= nowMs).map(([each]) => each);
    expect(timers.due(nowMs)).toEqual(due.sort((a, b) => a - b));
    expect(timers.has(id)).toBe(dueMs !== null);
  }
});
