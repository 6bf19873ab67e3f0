import { describe, expect, test } from "vitest";
import { Agenda, type Due, RANKS } from "../../src/drivers/simulated/agenda.ts";

function drain(agenda: Agenda): Due[] {
  const taken: Due[] = [];
  for (let due = agenda.peek(); due; due = agenda.peek()) {
    agenda.drop(due);
    taken.push(due);
  }
  return taken;
}

describe("the agenda", () => {
  test("gives by time, then rank, then id", () => {
    const agenda = new Agenda();
    agenda.set(RANKS.copy, 7, 2, 10);
    agenda.set(RANKS.copy, 7, 1, 10);
    agenda.set(RANKS.host, 9, 0, 10);
    agenda.set(RANKS.zone, 3, 0, 11);
    agenda.set(RANKS.host, 8, 0, 10);
    agenda.set(RANKS.guest, 1, 0, 9);
    expect(drain(agenda).map(({ atMs, id, on }) => [atMs, id, on])).toEqual([
      [9, 1, 0],
      [10, 8, 0],
      [10, 9, 0],
      [10, 7, 1],
      [10, 7, 2],
      [11, 3, 0],
    ]);
  });

  test("knows each thing once, as it was set last", () => {
    const agenda = new Agenda();
    agenda.set(RANKS.host, 1, 0, 10);
    agenda.set(RANKS.host, 1, 0, 30);
    agenda.set(RANKS.host, 2, 0, 20);
    agenda.set(RANKS.host, 3, 0, 5);
    agenda.set(RANKS.host, 3, 0, null);
    expect(drain(agenda).map(({ atMs, id }) => [atMs, id])).toEqual([
      [20, 2],
      [30, 1],
    ]);
    expect(agenda.peek()).toBeUndefined();
  });

  test("keeps its order through many changes", () => {
    const agenda = new Agenda();
    const expected = new Map<number, number>();
    let state = 1;
    for (let count = 0; count < 20_000; count++) {
      state = (state * 48_271) % 2_147_483_647;
      const id = state % 200;
      const atMs = state % 7_919;
      agenda.set(RANKS.host, id, 0, atMs);
      expected.set(id, atMs);
    }
    const taken = drain(agenda).map(({ atMs, id }) => [id, atMs]);
    expect(taken).toEqual([...expected].sort(([a, x], [b, y]) => x - y || a - b));
  });
});
