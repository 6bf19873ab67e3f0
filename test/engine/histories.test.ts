import { describe, expect, test } from "vitest";
import { VISIBILITY } from "../../src/model/visibility.ts";
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

  test("what is a tenant's own says whose it is", () => {
    const events = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10].flatMap(
      (seed) => runHistory(seed, STEPS).events,
    );
    const own = events.filter(({ kind, payload }) => {
      const isOfHost = "operation" in payload && payload.host !== null;
      return VISIBILITY[kind] === "TENANT" && !isOfHost;
    });
    const kinds = (list: typeof own) => [...new Set(list.map(({ kind }) => kind))];
    expect(kinds(own).length).toBeGreaterThan(30);
    expect(kinds(own.filter(({ tenantId }) => tenantId === null))).toEqual([]);
  });

  test("the same seed gives the same log", () => {
    const [one, other] = [runHistory(1, STEPS), runHistory(1, STEPS)];
    expect(JSON.stringify(other.events)).toBe(JSON.stringify(one.events));
  });
});
