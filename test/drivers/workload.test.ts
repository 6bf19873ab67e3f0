import { describe, expect, test } from "vitest";
import { cpuShareAt } from "../../src/drivers/simulated/workload.ts";
import type { Workload } from "../../src/model/workload.ts";

const HOUR_MS = 3_600_000;

/** Seconds of fleet time and the share expected then. */
const cases: readonly [name: string, workload: Workload, expected: readonly [number, number][]][] =
  [
    [
      "CONSTANT",
      { kind: "CONSTANT", cpuShare: 0.4 },
      [
        [0, 0.4],
        [1e9, 0.4],
      ],
    ],
    ["CONSTANT beyond all cores", { kind: "CONSTANT", cpuShare: 1.5 }, [[0, 1]]],
    [
      "DIURNAL",
      { kind: "DIURNAL", minShare: 0.2, maxShare: 0.8, peakHour: 15 },
      [
        [15 * 3600, 0.8],
        [3 * 3600, 0.2],
        [9 * 3600, 0.5],
        [21 * 3600, 0.5],
        [(24 * 7 + 15) * 3600, 0.8],
      ],
    ],
    [
      "SPIKE",
      { kind: "SPIKE", baseShare: 0.1, spikeShare: 0.9, everySeconds: 60, durationSeconds: 10 },
      [
        [0, 0.9],
        [9.999, 0.9],
        [10, 0.1],
        [59.999, 0.1],
        [60, 0.9],
      ],
    ],
    [
      "TRACE",
      { kind: "TRACE", name: "day.csv#3", intervalSeconds: 300, shares: [0.1, 0.2, 0.3] },
      [
        [0, 0.1],
        [299, 0.1],
        [300, 0.2],
        [600, 0.3],
        [900, 0.1],
        [90_300, 0.2],
      ],
    ],
    ["TRACE of nothing", { kind: "TRACE", name: "x#0", intervalSeconds: 1, shares: [] }, [[7, 0]]],
  ];

describe("demand for CPU", () => {
  test.each(cases)("%s", (_name, workload, expected) => {
    for (const [seconds, share] of expected)
      expect(cpuShareAt(workload, seconds * 1000)).toBeCloseTo(share, 9);
  });

  test("a day of DIURNAL stays between its bounds", () => {
    const workload: Workload = { kind: "DIURNAL", minShare: 0.2, maxShare: 0.8, peakHour: 4 };
    for (let hour = 0; hour < 24; hour += 0.25) {
      const share = cpuShareAt(workload, hour * HOUR_MS);
      expect(share).toBeGreaterThanOrEqual(0.2 - 1e-9);
      expect(share).toBeLessThanOrEqual(0.8 + 1e-9);
    }
  });
});
