// What hosts draw: their models, and the power of the moment.

import { describe, expect, test } from "vitest";
import { startTestServer, type TestServer, withToken } from "./harness.ts";

const G4 = [86, 89.4, 92.6, 96, 99.5, 102, 106, 108, 112, 114, 117];
const OWN = [40, 50, 60, 70, 80, 90, 100, 110, 120, 130, 140];

/** Two cores each; guests of one core ask for `share` of it. */
function fleet({
  model = "hp-proliant-ml110-g4",
  share = 0.5,
}: {
  readonly model?: unknown;
  readonly share?: number;
} = {}): string {
  const size = { cpuCores: 2, memoryMiB: 4096, storageGiB: 100 };
  const hosts = [
    { name: "named", ...size, ...(model !== null && { powerModel: model }) },
    { name: "given", ...size, powerModel: OWN },
    { name: "unknown", ...size },
  ];
  const resources = { cpuCores: 1, memoryMiB: 512, storageGiB: 1 };
  const guest = (host: string) => ({
    name: `on-${host}`,
    resources,
    image: "i",
    host,
    workload: { kind: "CONSTANT", cpuShare: share },
  });
  return JSON.stringify({
    regions: [{ name: "r", zones: [{ name: "z", dataCenters: [{ name: "d", hosts }] }] }],
    images: [{ name: "i", bootSeconds: 1 }],
    guests: hosts.map(({ name }) => guest(name)),
  });
}

async function apply(server: TestServer, document: string): Promise<string[]> {
  const { changes } = await server.mutate(
    "applyFleet",
    "ApplyFleetInput",
    { document },
    "... on ApplyFleetPayload { changes { type name details } }",
  );
  return changes.map((change: { type: string; name: string; details: string[] }) =>
    [change.type, change.name, ...change.details].join(" "),
  );
}

async function started(document = fleet()): Promise<TestServer> {
  const server = await startTestServer({ fleet: "none" });
  await apply(server, document);
  await server.advance(60);
  return server;
}

async function hostNamed(server: TestServer, name: string) {
  const query = `query ($name: String!) {
    host(name: $name) { status powerWatts powerModel { name watts isEstimate source } }
  }`;
  return (await server.data(query, { name })).host;
}

describe("a power model", () => {
  test("has a name and a source, is given by its figures, or is estimated from cores", async () => {
    const server = await started();
    expect((await hostNamed(server, "named")).powerModel).toEqual({
      name: "hp-proliant-ml110-g4",
      watts: G4,
      isEstimate: false,
      source: expect.stringContaining("SPECpower_ssj2008"),
    });
    expect((await hostNamed(server, "given")).powerModel).toEqual({
      name: null,
      watts: OWN,
      isEstimate: false,
      source: null,
    });
    const { powerModel } = await hostNamed(server, "unknown");
    expect(powerModel).toMatchObject({ name: null, isEstimate: true, source: null });
    expect(powerModel.watts).toHaveLength(11);
    expect([powerModel.watts[0], powerModel.watts[10]]).toEqual([1.48, 7]);
  });

  test("changes with the document, and goes with it", async () => {
    const server = await started();
    expect(await apply(server, fleet())).toEqual([]);
    expect(await apply(server, fleet({ model: OWN }))).toEqual([
      'Host named powerModel: "hp-proliant-ml110-g4" → [40,50,60,70,80,90,100,110,120,130,140]',
    ]);
    expect((await hostNamed(server, "named")).powerModel.watts).toEqual(OWN);
    expect(await apply(server, fleet({ model: null }))).toHaveLength(1);
    expect((await hostNamed(server, "named")).powerModel.isEstimate).toBe(true);
  });
});

describe("the power of the moment", () => {
  test("follows what guests are given, between the points of the model", async () => {
    const server = await started();
    // Half a core of two: 25 %, between 92.6 W at 20 % and 96 W at 30 %.
    expect((await hostNamed(server, "named")).powerWatts).toBeCloseTo(94.3, 6);
    expect((await hostNamed(server, "given")).powerWatts).toBeCloseTo(65, 6);
    expect((await hostNamed(server, "unknown")).powerWatts).toBeCloseTo(2.86, 6);
  });

  test("is that of the idle machine without guests, and none once it is off", async () => {
    const server = await started();
    const guestId = await server.id("guest", "on-named");
    await server.mutate("deleteGuest", "GuestActionInput", { guestId });
    await server.advance(20);
    expect((await hostNamed(server, "named")).powerWatts).toBe(86);
    const hostId = await server.id("host", "named");
    await server.mutate("shutdownHost", "HostActionInput", { hostId });
    await server.advance(60);
    expect((await hostNamed(server, "named")).powerWatts).toBe(0);
    await server.mutate("powerOnHost", "HostActionInput", { hostId });
    await server.advance(1);
    expect(await hostNamed(server, "named")).toMatchObject({ status: "DOWN", powerWatts: 86 });
  });

  test("is not told to principals of a tenant, who see the model", async () => {
    const server = await started();
    const tenant = await withToken(server, { role: "ADMIN", tenant: "default" });
    expect(await hostNamed(tenant, "named")).toMatchObject({
      powerWatts: null,
      powerModel: { name: "hp-proliant-ml110-g4" },
    });
  });
});
