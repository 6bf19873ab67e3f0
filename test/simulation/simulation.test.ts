import { describe, expect, test } from "vitest";
import { examine } from "./report.ts";
import { planOf, STEPS, simulate } from "./simulation.ts";

/**
 * Random fleets, commands and disasters on the production runtime, with orders and answers that get
 * lost, and a server that dies at the worst moments. `npm run simulate -- --seeds 10000` looks at
 * more of them; a failure says how it is replayed.
 */
describe("whatever happens to the server and its fleet", () => {
  const AT_ONCE = 10;

  test.each(Array.from({ length: 10 }, (_, index) => index * AT_ONCE + 1))(
    "all is well from seed %i on",
    async (first) => {
      for (let seed = first; seed < first + AT_ONCE; seed++)
        expect(await examine(seed, STEPS)).toBe(null);
    },
    120_000,
  );

  test.each([3, 8, 21])("seed %i gives the same log twice", async (seed) => {
    const [one, other] = [await simulate(planOf(seed)), await simulate(planOf(seed))];
    expect(JSON.stringify(other.events)).toBe(JSON.stringify(one.events));
    expect(other.diary).toEqual(one.diary);
  });
});
