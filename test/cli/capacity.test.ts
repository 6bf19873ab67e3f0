import { expect, test } from "vitest";
import { startSettledServer } from "../api/harness.ts";
import { run } from "./processes.ts";

test("capacity says that a fleet can lose any zone", async () => {
  const server = await startSettledServer();
  const { out, code } = await run(["capacity", "--url", server.url]);
  expect(out).toMatch(/^Whichever zone of \d is lost, every guest comes back\.\n$/);
  expect(code).toBe(0);
});

test("capacity names who would not come back, why, and what helps", async () => {
  const server = await startSettledServer();
  const resources = "{ cpuCores: 10, memoryMiB: 1024, storageGiB: 1 }";
  const document = `guests: [{ name: big, count: 3, resources: ${resources}, image: linux }]`;
  await server.mutate("applyFleet", "ApplyFleetInput", { document });
  await server.advance(60);
  const { out } = await run(["capacity", "host", "--url", server.url]);
  expect(out).toMatch(/^3 of 3 hosts could not be lost without leaving guests behind, 3 guests/);
  expect(out).toMatch(/host-a: \d guests affected, 1 would not come back\n {2}• default\/big-\d: /);
  expect(out).toContain("→ Make room");
  const json = JSON.parse((await run(["capacity", "host", "--json", "--url", server.url])).out);
  expect(json).toMatchObject({ losing: "HOST", tolerated: false, guestsAtRisk: 3 });
});

test("capacity says when there is nothing left to lose", async () => {
  const server = await startSettledServer();
  const { regions } = await server.data("{ regions { nodes { id } } }");
  const fault = { targetId: regions.nodes[0].id, kind: "REGION_LOSS" };
  await server.mutate("injectFault", "InjectFaultInput", fault);
  await server.advance(60);
  const { out, code } = await run(["capacity", "--url", server.url]);
  expect(out).toBe("No zone has guests: 5 guests that should run are down already.\n");
  expect(code).toBe(0);
});

test("capacity knows what can be lost", async () => {
  const server = await startSettledServer();
  const { err, code } = await run(["capacity", "planet", "--url", server.url]);
  expect(err).toContain("There is no failure domain planet; there are DATA_CENTER, HOST");
  expect(code).toBe(2);
});
