// What is expected of a load, by what it was.

import { describe, expect, test } from "vitest";
import {
  endOf,
  errorOf,
  extended,
  forecastOf,
  forecastsFromSlot,
  HISTORY_SLOTS,
  highest,
  isLearned,
  type Loads,
  loadOfSlot,
  SLOT_MS,
  saidOf,
} from "../../src/model/forecast.ts";

const DAY = 96;
const WEEK = 7 * DAY;

/** Loads of so many days from slot 0 on, by the slot's day and its time of day in hours. */
function history(days: number, load: (hour: number, day: number) => number | null): Loads {
  const loads = Array.from({ length: days * DAY }, (_, slot) =>
    load((slot % DAY) / 4, Math.floor(slot / DAY)),
  );
  return { fromSlot: 0, loads };
}

const office = (hour: number) => (hour >= 8 && hour < 18 ? 100 : 20);
const at = (day: number, hour: number) => day * DAY + hour * 4;

describe("a forecast", () => {
  test("needs a day, and is then yesterday", () => {
    const { fromSlot, loads } = history(1, office);
    const short = { fromSlot, loads: loads.slice(1) };
    expect([isLearned(short), forecastOf(short, at(1, 9))]).toEqual([false, null]);
    const day = { fromSlot, loads };
    expect(forecastsFromSlot(day)).toBe(DAY);
    expect([isLearned(day), forecastOf(day, at(1, 9)), forecastOf(day, at(1, 3))]).toEqual([
      true,
      100,
      20,
    ]);
    // A week ahead it is still yesterday.
    expect(forecastOf(day, at(7, 9))).toBe(100);
  });

  test("of several days is their median: one that stands out changes nothing", () => {
    const odd = history(5, (hour, day) => (day === 3 ? 900 : office(hour)));
    expect(forecastOf(odd, at(5, 9))).toBe(100);
    expect(forecastOf(odd, at(5, 20))).toBe(20);
  });

  test("knows days of the week once each was seen twice", () => {
    const workdays = (hour: number, day: number) => (day % 7 < 5 ? office(hour) : 20);
    const young = history(12, workdays);
    expect(forecastOf(young, at(12, 9))).toBe(100);
    const old = history(19, workdays);
    expect(forecastOf(old, at(19, 9))).toBe(20);
    expect(forecastOf(old, at(20, 9))).toBe(20);
    expect(forecastOf(old, at(21, 9))).toBe(100);
  });

  test.each([
    ["twice as much", 200, 200],
    ["a fifth more", 120, 120],
    ["far more", 1_000, 200],
    ["nothing", 0, 50],
  ])("of a day that has %s follows it, up to a factor of two", (_what, now, expected) => {
    const days = history(4, (hour, day) => (day === 3 && hour >= 11 ? now : office(hour)));
    const today = { ...days, loads: days.loads.slice(0, at(3, 12)) };
    expect(forecastOf(today, at(3, 13))).toBeCloseTo(expected);
    // What is far off is as it usually is.
    expect(forecastOf(today, at(5, 13))).toBeCloseTo(100, -1);
  });

  test("of the morning is not doubled by a night that is twice as busy", () => {
    const days = history(3, (hour, day) => (day === 2 && hour < 8 ? 40 : office(hour)));
    const night = { ...days, loads: days.loads.slice(0, at(2, 7.5)) };
    expect(forecastOf(night, at(2, 7.75))).toBe(40);
    expect(forecastOf(night, at(2, 8))).toBe(120);
  });

  test("stands gaps, zeros and loads that end", () => {
    const gaps = history(3, (hour, day) => (day === 1 || hour === 9 ? null : office(hour)));
    expect(forecastOf(gaps, at(3, 10))).toBe(100);
    expect(forecastOf(gaps, at(3, 9))).toBe(null);
    const nothing = history(2, () => 0);
    expect([forecastOf(nothing, at(2, 9)), errorOf(nothing)]).toEqual([0, null]);
    const risen = history(2, (_hour, day) => day * 50);
    expect(forecastOf(risen, at(2, 9))).toBe(25);
  });

  test("of a stretch is its highest", () => {
    const days = history(2, office);
    const from = at(2, 7.5) * SLOT_MS;
    expect(highest(days, from, from + SLOT_MS - 1)).toMatchObject({ load: 20 });
    expect(highest(days, from, from + 2 * SLOT_MS)).toEqual({ slot: at(2, 8), load: 100 });
    expect(highest({ fromSlot: 0, loads: [] }, from, from + SLOT_MS)).toBe(null);
  });

  test("is judged by what it said, an hour before at most", () => {
    expect(errorOf(history(1, office))).toBe(null);
    expect(errorOf(history(3, office))).toBe(0);
    const days = history(3, (hour, day) => office(hour) * (day === 2 ? 1.5 : 1));
    // The first hour of the day was not known to be busier, the others were.
    expect(saidOf(days, at(2, 0))).toBe(20);
    expect(saidOf(days, at(2, 5))).toBe(30);
    const error = errorOf(days) ?? 0;
    expect(error).toBeGreaterThan(0.005);
    expect(error).toBeLessThan(0.05);
  });
});

describe("a history", () => {
  test("is extended by what is new, with gaps, and forgets after four weeks", () => {
    const first = { fromSlot: 10, loads: [1, 2] };
    expect(extended(first, { fromSlot: 12, loads: [3] })).toEqual({
      fromSlot: 10,
      loads: [1, 2, 3],
    });
    expect(extended(first, { fromSlot: 14, loads: [3] }).loads).toEqual([1, 2, null, null, 3]);
    expect(extended(first, { fromSlot: 11, loads: [9, 3] }).loads).toEqual([1, 2, 3]);
    expect(extended(first, { fromSlot: 5, loads: [9] })).toEqual(first);
    const full = extended(history(28, office), { fromSlot: 4 * WEEK, loads: [7] });
    expect([full.fromSlot, full.loads.length, full.loads.at(-1)]).toEqual([1, HISTORY_SLOTS, 7]);
    const late = extended(first, { fromSlot: 10_000, loads: [7] });
    expect(late).toEqual({ fromSlot: 10_000, loads: [7] });
    expect(endOf(late)).toBe(10_001);
  });

  test("takes of a slot what nearly all samples stay below", () => {
    expect(loadOfSlot([5])).toBe(5);
    expect(loadOfSlot([...Array<number>(99).fill(1.23456), 1_000])).toBe(1.235);
    expect(loadOfSlot([1, 2, 3, 4])).toBe(4);
  });
});
