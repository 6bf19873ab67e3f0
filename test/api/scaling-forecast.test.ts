// What a group is expected to have to do, by what it had.

import { expect, test } from "vitest";
import { run } from "../cli/processes.ts";
import { type Data, type Json, startTestServer, type TestServer } from "./harness.ts";

const DOCUMENT = `
settings: { usageSampleSeconds: 60 }
regions:
  - name: north
    zones:
      - { name: a, dataCenters: [{ name: a1, hosts: [{ name: ha, cpuCores: 64, memoryMiB: 65536, storageGiB: 500 }] }] }
flavors:
  - { name: small, cpuCores: 1, memoryMiB: 1024, storageGiB: 1 }
images: [{ name: linux, bootSeconds: 5 }]
traces: [{ file: day, row: 0, shares: [0.2, 0.2, 0.2, 0.2, 1, 1, 1, 0.2] }]
scalingGroups:
  - name: web
    template: { flavor: small, image: linux }
    min: 1
    max: 30
    policies:
      - { name: cpu, kind: TARGET_TRACKING, metric: CPU, target: 50 }
      - { name: shape, kind: PREDICTIVE, metric: CPU, target: 50 }
      - { name: look, kind: PREDICTIVE, metric: CPU, target: 10, mode: FORECAST_ONLY }
    demand: { peakCpuCores: 5, workload: { kind: TRACE, file: day, row: 0, intervalSeconds: 10800 } }
`;

const POLICIES = `query ($hours: Int, $pastHours: Int) {
  scalingGroup(name: "web") {
    desired bootSeconds held { policy reason { code message advice } }
    policies { name kind metric target mode
      forecast(hours: $hours, pastHours: $pastHours) {
        learning forecastsFrom historyDays error points { at load actual size }
      }
    }
  }
}`;

async function started(): Promise<TestServer> {
  const server = await startTestServer({ fleet: "none" });
  await server.mutate("applyFleet", "ApplyFleetInput", { document: DOCUMENT });
  await server.advance(120);
  return server;
}

async function shown(server: TestServer, more: Json = {}): Promise<Data> {
  return (await server.data(POLICIES, more)).scalingGroup;
}

test("a policy that learns says so, and from when on it forecasts", async () => {
  const server = await started();
  const group = await shown(server);
  expect(group.policies).toMatchObject([
    { kind: "TARGET_TRACKING", mode: null, forecast: null },
    { kind: "PREDICTIVE", metric: "CPU", target: 50, mode: "FORECAST_AND_SCALE" },
    { kind: "PREDICTIVE", target: 10, mode: "FORECAST_ONLY", forecast: { learning: true } },
  ]);
  const [, { forecast }] = group.policies;
  expect(forecast).toMatchObject({
    forecastsFrom: "2026-01-02T00:00:00.000Z",
    historyDays: 0,
    error: null,
  });
  expect(forecast.points).toHaveLength(97);
  expect(forecast.points[0]).toMatchObject({ load: null, actual: null, size: null });
  expect(group.held[0]).toMatchObject({
    policy: "shape",
    reason: { code: "FORECAST_LEARNING", advice: expect.stringContaining("a day") },
  });
  const { out } = await run(["group", "web", "--url", server.url]);
  expect(out).toContain("policy shape (PREDICTIVE)\n    learns, and forecasts from 2026-01-02T00");
});

test("a day later it is known what the next one brings, and how well", async () => {
  const server = await started();
  await server.advance(50 * 3_600);
  const { policies, held, bootSeconds } = await shown(server, { hours: 24, pastHours: 24 });
  expect(held).toEqual([]);
  expect(bootSeconds).toBeGreaterThan(4);
  const [, { forecast }, look] = policies;
  expect(forecast).toMatchObject({ learning: false, forecastsFrom: "2026-01-02T00:00:00.000Z" });
  expect(forecast.historyDays).toBeGreaterThan(2);
  expect(forecast.error).toBeGreaterThanOrEqual(0);
  expect(forecast.error).toBeLessThan(0.1);
  const at = (points: Data[], time: string) => points.find((point) => point.at === time);
  // 02:02 of the third day: twelve o'clock of the second is past, that of the third to come.
  expect(at(forecast.points, "2026-01-02T13:00:00.000Z")).toMatchObject({ size: 10 });
  expect(at(forecast.points, "2026-01-02T13:00:00.000Z").actual).toBeCloseTo(5_000, -2);
  expect(at(forecast.points, "2026-01-03T13:00:00.000Z")).toMatchObject({ actual: null, size: 10 });
  expect(at(forecast.points, "2026-01-03T06:00:00.000Z")).toMatchObject({ size: 2 });
  expect(at(look.forecast.points, "2026-01-03T13:00:00.000Z")).toMatchObject({ size: 30 });
  const data = await server.data(`{ events(last: 60, filter: { kinds: [GROUP_LOAD_LEARNED] }) {
    nodes { severity message ... on GroupLoadLearned { group { name } metric from until load } } } }`);
  const learned = data.events.nodes;
  expect(learned.length).toBeLessThanOrEqual(51);
  expect(learned.at(-1)).toMatchObject({
    severity: "DEBUG",
    group: { name: "web" },
    metric: "CPU",
    load: expect.any(Number),
  });
  const { out } = await run(["group", "web", "--url", server.url]);
  expect(out).toMatch(
    /expects 2 to 10 members in the hours to come: [▁-█]{24} \(from 2\.\d days, off by \d %\)/,
  );
});

test.each([{ hours: 200 }, { hours: -1 }, { pastHours: 169 }])(
  "%o is refused, and says which",
  async (more) => {
    const server = await started();
    const { errors } = await server.ask(POLICIES, more);
    const [name] = Object.keys(more);
    expect(errors?.[0]).toMatchObject({
      message: expect.stringContaining("must be from 0 to 168"),
      extensions: { code: "BAD_USER_INPUT", argument: name },
    });
  },
);
