/**
 * Days of work that scaling groups know beforehand, or don't: the same days once with target tracking alone
 * and once with a predictive policy beside it that has learned from the days before.
 *
 * `sine`: eight to 36 members' work by the hour of the day, each sample off by up to 5 %; two days are
 * learned from, two count. `week`: the working days of that, and a third of it on Saturdays and Sundays;
 * two weeks are learned from, and the Thursday to Tuesday after that count, for which the days of the
 * week must be known. Time under target is that in which members that run would have to do more than
 * their target, sample by sample. What that costs is told: member hours, beside those of target tracking.
 */

import type { EngineWorld } from "./engine-world.ts";

/** Work in shares of `peakMembers` at their target, one for each sample. */
export interface Days {
  readonly startMs: number;
  readonly turnSeconds: number;
  readonly shares: readonly number[];
  /** From this sample on it counts. */
  readonly countsFrom: number;
}

export const PEAK_MEMBERS = 40;
const DAY_SECONDS = 86_400;
const NOISE = 0.05;

export interface Followed {
  /** Part of the time. */
  readonly underTarget: number;
  readonly memberHours: number;
}

/** Thursday, 2026-01-01. */
export function sineDays(startMs: number): Days {
  return daysOf(startMs, 10, 4, 2, () => 1);
}

/** The third Thursday is the first day that counts. */
export function weeks(startMs: number): Days {
  return daysOf(startMs, 60, 19.75, 14, (day) => ([2, 3].includes(day % 7) ? 1 / 3 : 1));
}

function daysOf(
  startMs: number,
  turnSeconds: number,
  days: number,
  learned: number,
  part: (day: number) => number,
): Days {
  const turns = DAY_SECONDS / turnSeconds;
  const shares = Array.from({ length: days * turns }, (_, turn) => {
    const wave = 0.55 - 0.35 * Math.cos((2 * Math.PI * turn) / turns);
    return wave * part(Math.floor(turn / turns)) * (1 + NOISE * (2 * drawn(turn) - 1));
  });
  return { startMs, turnSeconds, shares, countsFrom: learned * turns };
}

/** Looks like chance from 0 to 1, and is the same each time. */
export function drawn(turn: number): number {
  const large = Math.sin(turn * 12.9898) * 43_758.5453;
  return large - Math.floor(large);
}

/** Lives through the days. */
export function follow(world: EngineWorld, { turnSeconds, shares, countsFrom }: Days): Followed {
  let [under, members] = [0, 0];
  for (const [turn, share] of shares.entries()) {
    world.advance(turn === 0 ? turnSeconds / 2 : turnSeconds);
    if (turn < countsFrom) continue;
    const running = runningIn(world);
    members += running;
    if (running < share * PEAK_MEMBERS) under++;
  }
  return {
    underTarget: under / (shares.length - countsFrom),
    memberHours: (members * turnSeconds) / 3600,
  };
}

function runningIn({ state }: EngineWorld): number {
  let running = 0;
  for (const { membership, deleting } of state.tables.Guest.values())
    if (membership?.runsSinceMs != null && !deleting) running++;
  return running;
}
