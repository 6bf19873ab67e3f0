// Who gets the next request, and how requests fare in the simulated world.

import { describe, expect, test } from "vitest";
import {
  ALGORITHMS,
  type Candidate,
  slowStartPart,
} from "../../src/drivers/simulated/load-balancing/algorithms/choose.ts";
import {
  playWindow,
  type Question,
  type Server,
} from "../../src/drivers/simulated/load-balancing/traffic/window.ts";
import { BALANCING_ALGORITHMS, type BalancingAlgorithm } from "../../src/model/statuses.ts";

function candidates(count: number, of: (id: number) => Partial<Candidate> = () => ({})) {
  return Array.from({ length: count }, (_, id) => ({ id, share: 1, outstanding: 0, ...of(id) }));
}

/** How many of `requests` each gets, where none is ever finished or counted. */
function dealt(algorithm: BalancingAlgorithm, all: readonly Candidate[], requests: number) {
  const counts = new Map<number, number>(all.map(({ id }) => [id, 0]));
  for (let nth = 0; nth < requests; nth++) {
    const chosen = all[ALGORITHMS[algorithm](all, { nth, client: nth })] as Candidate;
    counts.set(chosen.id, (counts.get(chosen.id) ?? 0) + 1);
  }
  return [...counts.values()];
}

describe("requests are dealt", () => {
  test("in turn: to each the same, and never twice in a row", () => {
    expect(dealt("ROUND_ROBIN", candidates(7), 700)).toEqual(new Array(7).fill(100));
  });

  test("by weight, and evenly over time", () => {
    const all = candidates(3, (id) => ({ share: [1, 0.5, 2.5][id] ?? 1 }));
    const [a = 0, b = 0, c = 0] = dealt("WEIGHTED", all, 4_000);
    expect([a / 1000, b / 1000, c / 1000].map((x) => Math.round(x * 20) / 20)).toEqual([
      1, 0.5, 2.5,
    ]);
    expect(dealt("WEIGHTED", all, 40).every((count) => count >= 4)).toBe(true);
  });

  test("to the one that has fewest unfinished, for its share", () => {
    const busy = candidates(3, (id) => ({ outstanding: [5, 2, 3][id] ?? 0 }));
    expect(dealt("LEAST_OUTSTANDING", busy, 3)).toEqual([0, 3, 0]);
    const slow = candidates(2, (id) => ({ outstanding: id, share: id === 0 ? 0.1 : 1 }));
    expect(dealt("LEAST_OUTSTANDING", slow, 3)).toEqual([0, 3]);
    expect(dealt("LEAST_OUTSTANDING", candidates(5), 500)).toEqual(new Array(5).fill(100));
  });

  test("to the less busy of two, which are never the same", () => {
    const two = candidates(2, (id) => ({ outstanding: id }));
    expect(dealt("POWER_OF_TWO_CHOICES", two, 50)).toEqual([50, 0]);
    const counts = dealt("POWER_OF_TWO_CHOICES", candidates(10), 10_000);
    expect(Math.max(...counts)).toBeLessThan(1_200);
    expect(Math.min(...counts)).toBeGreaterThan(800);
  });

  test.each(BALANCING_ALGORITHMS)("%s: to the only one there is", (algorithm) => {
    expect(dealt(algorithm, candidates(1), 9)).toEqual([9]);
  });
});

describe("a hash of the source", () => {
  const CLIENTS = 20_000;
  const chosenBy = (all: readonly Candidate[]) =>
    Array.from(
      { length: CLIENTS },
      (_, client) => all[ALGORITHMS.SOURCE_HASH(all, { nth: 0, client })]?.id,
    );

  test.each([2, 7, 50])(
    "moves the clients of the one of %i that leaves, and nobody else",
    (count) => {
      const all = candidates(count);
      const before = chosenBy(all);
      const after = chosenBy(all.filter(({ id }) => id !== 1));
      const moved = before.filter((id, client) => id !== after[client]);
      expect(moved.every((id) => id === 1)).toBe(true);
      expect(moved.length).toBeLessThan((CLIENTS / count) * 1.15);
    },
  );

  test("gives each its share of clients", () => {
    const chosen = chosenBy(candidates(4, (id) => ({ share: id === 0 ? 2 : 1 })));
    const counts = [0, 1, 2, 3].map((id) => chosen.filter((each) => each === id).length / CLIENTS);
    expect(counts.map((share) => Math.round(share * 50) / 50)).toEqual([0.4, 0.2, 0.2, 0.2]);
  });
});

test("a slow start gives a part that grows", () => {
  expect([0, 1_000, 5_000, 10_000, 60_000].map((ms) => slowStartPart(ms, 10))).toEqual([
    0.1, 0.1, 0.5, 1, 1,
  ]);
  expect(slowStartPart(0, 0)).toBe(1);
});

function servers(count: number, of: (id: number) => Partial<Server> = () => ({})): Server[] {
  const usual = { share: 1, zoneId: 1, cores: 2, speed: 1, answers: true };
  return Array.from({ length: count }, (_, id) => ({ id, ...usual, ...of(id) }));
}

const QUESTION: Question = {
  algorithm: "LEAST_OUTSTANDING",
  isSticky: false,
  crossZone: true,
  requestsPerSecond: 100,
  cpuMilliseconds: 10,
  clients: 1_000,
  requests: 4_000,
  salt: 7,
};

function play(all: readonly Server[], more: Partial<Question> = {}) {
  const served = playWindow(all, { ...QUESTION, ...more });
  return all.map(
    ({ id }) => served.get(id) ?? { requests: 0, errors: 0, latencies: [], outstanding: 0 },
  );
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

describe("requests that are played through", () => {
  test("come out the same for the same question, and otherwise for another", () => {
    expect(play(servers(3))).toEqual(play(servers(3)));
    expect(play(servers(3))).not.toEqual(play(servers(3), { salt: 8 }));
  });

  test.each(["LEAST_OUTSTANDING", "POWER_OF_TWO_CHOICES"] as const)(
    "%s: none of fifty has a third more than the mean",
    (algorithm) => {
      const rate = { requestsPerSecond: 7_000, requests: 40_000 };
      const counts = play(servers(50), { algorithm, ...rate }).map(({ requests }) => requests);
      expect(Math.max(...counts) / mean(counts)).toBeLessThan(1.3);
    },
  );

  test("take longer where more come than are done in time", () => {
    const p = (requestsPerSecond: number) =>
      mean(play(servers(1), { requestsPerSecond }).flatMap(({ latencies }) => latencies));
    expect(p(20)).toBeLessThan(12);
    expect(p(190)).toBeGreaterThan(2 * p(20));
  });

  test("fail where nobody answers, and only there", () => {
    const [down, up] = play(
      servers(2, (id) => ({ answers: id === 1 })),
      { algorithm: "ROUND_ROBIN" },
    );
    expect(down).toMatchObject({ requests: 1_000, errors: 1_000, latencies: [] });
    expect(up).toMatchObject({ requests: 1_000, errors: 0 });
  });

  test("stay in their zone if they are to", () => {
    const all = servers(6, (id) => ({ zoneId: id < 1 ? 1 : 2 }));
    const near = play(all, { crossZone: false, algorithm: "ROUND_ROBIN" });
    const far = play(all, { algorithm: "ROUND_ROBIN" });
    expect(near[0]?.requests).toBeGreaterThan(800);
    expect(far[0]?.requests).toBeLessThan(400);
  });

  test("of one client stay with one target if they are sticky", () => {
    const one = play(servers(5), { clients: 1, isSticky: true, algorithm: "ROUND_ROBIN" });
    expect(one.filter(({ requests }) => requests > 0)).toHaveLength(1);
    const many = play(servers(5), { clients: 1, algorithm: "ROUND_ROBIN" });
    expect(many.filter(({ requests }) => requests > 0)).toHaveLength(5);
  });
});
