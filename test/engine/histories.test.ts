import { describe, expect, test } from "vitest";
import { runHistory } from "./checks.ts";

/**
 * Random fleets, wishes and disasters. After each decision the fleet is as `violations` demands, and
 * no guest runs twice; now and then a decision is also made by a state that was loaded anew, and
 * made twice; at the end everything that can run runs, and the log tells all of it. A failure names
 * its seed: `runHistory(seed, steps)` is the same history again.
 */
describe("whatever happens", () => {
  const SEEDS_AT_ONCE = 25;
  const STEPS = 25;

  test.each(Array.from({ length: 8 }, (_, index) => index * SEEDS_AT_ONCE + 1))(
    "all is well from seed %i on",
    (first) => {
      for (let seed = first; seed < first + SEEDS_AT_ONCE; seed++) runHistory(seed, STEPS);
    },
  );

  test("the same seed gives the same log", () => {
    const [one, other] = [runHistory(1, STEPS), runHistory(1, STEPS)];
    expect(JSON.stringify(other.events)).toBe(JSON.stringify(one.events));
  });
});
