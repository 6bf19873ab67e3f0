import { expect, test } from "vitest";
import { startSettledServer, startTestServer } from "../api/harness.ts";
import { run } from "./processes.ts";

test("cost shows a row for each zone and one for the fleet", async () => {
  const server = await startSettledServer();
  const { out, code } = await run(["cost", "10m", "--url", server.url]);
  expect(code).toBe(0);
  const lines = out.split("\n");
  expect(lines[0]).toMatch(
    /^2026-01-01T00:00:0\S+ to 2026-01-01T00:02:00.000Z, (2 min|1 min 5\d s) of it metered$/,
  );
  expect(lines[2]).toMatch(/^ +kWh +hosts h +standby h +guests h +ratio +alone kWh +moves$/);
  const names = lines.slice(3, 7).map((line) => line.split(" ")[0]);
  expect(names).toEqual(["north-a", "north-b", "north-c", "fleet"]);
  expect(out).toMatch(/A machine for each guest would have cost \S+ machine hours (more|less) and/);
  expect(out).toContain("100 % of the energy is an estimate: hosts without a power model.");
  const json = JSON.parse((await run(["cost", "--json", "--url", server.url])).out);
  expect(json.zones).toHaveLength(3);
  expect(json.oneToAMachine.hostHours).toBeCloseTo(json.guestHours, 9);
});

test("cost says when there is nothing to tell, and what a duration is", async () => {
  const server = await startTestServer({ fleet: "none" });
  const { out, code } = await run(["cost", "--url", server.url]);
  expect([out, code]).toEqual(["Nothing was metered in that time.\n", 0]);
  const wrong = await run(["cost", "yesterday", "--url", server.url]);
  expect(wrong.err).toContain("'yesterday' is not a duration");
  expect(wrong.code).toBe(2);
});
