// What the fleet used, metered to the millisecond, and what it saved.

import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { Configuration } from "../../src/server/configuration.ts";
import { type Data, startTestServer, type TestServer, withToken } from "./harness.ts";

const HOUR_S = 3_600;

const COST = `energyKwh estimatedEnergyKwh hostHours standbyHostHours offHostHours guestHours
  cpuDemandCoreHours cpuGrantedCoreHours consolidationRatio
  oneToAMachine { hostHours energyKwh savedHostHours savedEnergyKwh }
  standby { hostHours savedEnergyKwh } migrations { count cpuLostCoreHours }
  elasticity { memberHours savedMemberHours savedCoreHours }`;

interface HostWish {
  readonly name: string;
  readonly model?: string;
  /** Of one core each, asking for half of it. */
  readonly guests?: number;
}

/** Zones of hosts with two cores. */
function fleet(
  zones: Readonly<Record<string, readonly HostWish[]>>,
  more: Readonly<Record<string, unknown>> = {},
): string {
  const size = { cpuCores: 2, memoryMiB: 4096, storageGiB: 100 };
  const host = ({ name, model }: HostWish) => ({
    name,
    ...size,
    ...(model !== undefined && { powerModel: `hp-proliant-ml110-${model}` }),
  });
  const guest = (home: string, index: number) => ({
    name: `${home}-${index}`,
    resources: { cpuCores: 1, memoryMiB: 512, storageGiB: 1 },
    image: "i",
    host: home,
    workload: { kind: "CONSTANT", cpuShare: 0.5 },
  });
  const places = Object.entries(zones).map(([name, wishes]) => ({
    name,
    dataCenters: [{ name: "d", hosts: wishes.map(host) }],
  }));
  return JSON.stringify({
    regions: [{ name: "r", zones: places }],
    images: [{ name: "i", bootSeconds: 1 }],
    guests: Object.values(zones)
      .flat()
      .flatMap(({ name, guests = 0 }) => Array.from({ length: guests }, (_, i) => guest(name, i))),
    ...more,
  });
}

/** With all guests running, at the end of the first five minutes. */
async function started(
  zones: Parameters<typeof fleet>[0],
  overrides: Partial<Configuration> = {},
  more: Parameters<typeof fleet>[1] = {},
): Promise<TestServer> {
  const server = await startTestServer({ fleet: "none", ...overrides });
  const document = fleet(zones, more);
  const { __typename } = await server.mutate("applyFleet", "ApplyFleetInput", { document });
  expect(__typename).toBe("ApplyFleetPayload");
  await server.advance(300);
  return server;
}

async function report(server: TestServer, window: object | null = null): Promise<Data> {
  const query = `query ($window: Window) {
    costReport(window: $window) { from to meteredHours ${COST} zones { zone { name } ${COST} } }
  }`;
  return (await server.data(query, { window })).costReport;
}

/** Seconds from one event to the next of another kind. */
async function secondsBetween(server: TestServer, first: string, second: string): Promise<number> {
  const query = `query ($kinds: [EventKind!]) {
    events(last: 2, filter: { kinds: $kinds }) { nodes { kind occurredAt } }
  }`;
  const { nodes } = (await server.data(query, { kinds: [first, second] })).events;
  expect(nodes.map(({ kind }: Data) => kind)).toEqual([first, second]);
  const [from, to] = nodes.map(({ occurredAt }: Data) => Date.parse(occurredAt));
  return (to - from) / 1_000;
}

describe("an hour", () => {
  test("of a host with a guest and one without", async () => {
    const server = await started({
      z: [
        { name: "busy", model: "g4", guests: 1 },
        { name: "idle", model: "g4" },
      ],
    });
    await server.advance(HOUR_S);
    const cost = await report(server, { seconds: HOUR_S });
    expect(cost.from).toBe("2026-01-01T00:05:00.000Z");
    expect(cost.to).toBe("2026-01-01T01:05:00.000Z");
    expect(cost).toMatchObject({
      meteredHours: 1,
      estimatedEnergyKwh: 0,
      hostHours: 2,
      standbyHostHours: 0,
      offHostHours: 0,
      guestHours: 1,
      consolidationRatio: 0.5,
      standby: { hostHours: 0, savedEnergyKwh: 0 },
      migrations: { count: 0, cpuLostCoreHours: 0 },
      zones: [{ zone: { name: "z" }, hostHours: 2, guestHours: 1 }],
    });
    expect(cost.cpuDemandCoreHours).toBeCloseTo(0.5, 9);
    expect(cost.cpuGrantedCoreHours).toBeCloseTo(0.5, 9);
    // 94.3 W at 25 %, and 86 W idle.
    expect(cost.energyKwh).toBeCloseTo(0.1803, 9);
    expect(cost.oneToAMachine.hostHours).toBe(1);
    expect(cost.oneToAMachine.energyKwh).toBeCloseTo(0.0943, 9);
    expect(cost.oneToAMachine.savedHostHours).toBe(-1);
    expect(cost.oneToAMachine.savedEnergyKwh).toBeCloseTo(-0.086, 9);
  });

  test("of guests that share a host, against the average machine of their zone", async () => {
    const server = await started({
      z: [
        { name: "old", model: "g4", guests: 2 },
        { name: "new", model: "g5" },
      ],
      other: [{ name: "unknown" }],
    });
    await server.advance(HOUR_S);
    const cost = await report(server, { seconds: HOUR_S });
    const [z, other] = cost.zones;
    // 50 % of the old one, idle the new one; the average of both at 25 % is 98.65 W.
    expect(z.energyKwh).toBeCloseTo(0.102 + 0.0937, 9);
    expect(z.oneToAMachine.energyKwh).toBeCloseTo(2 * 0.09865, 5);
    expect(z.consolidationRatio).toBe(1);
    expect(other.energyKwh).toBeCloseTo(0.00148, 9);
    expect(other.estimatedEnergyKwh).toBe(other.energyKwh);
    expect(other.consolidationRatio).toBe(0);
    expect(cost.energyKwh).toBeCloseTo(z.energyKwh + other.energyKwh, 9);
    expect(cost.estimatedEnergyKwh).toBeCloseTo(other.energyKwh, 9);
  });
});

describe("policies save", () => {
  test("what hosts in standby would have drawn", async () => {
    const settings = { powerManagement: "AUTO", standbyAfterSeconds: 60, standbyHeadroom: 0 };
    const idle = { name: "idle", model: "g4" };
    const server = await started({ z: [{ name: "busy", guests: 1 }, idle] }, {}, { settings });
    await server.advance(HOUR_S);
    expect((await server.data("{ hosts { nodes { name status } } }")).hosts.nodes).toEqual([
      { name: "busy", status: "UP" },
      { name: "idle", status: "STANDBY" },
    ]);
    const cost = await report(server, { seconds: HOUR_S / 2 });
    expect(cost).toMatchObject({ hostHours: 0.5, standbyHostHours: 0.5 });
    expect(cost.standby.hostHours).toBe(0.5);
    // 86 W idle.
    expect(cost.standby.savedEnergyKwh).toBeCloseTo(0.043, 9);
  });

  test("the members that groups need not have", async () => {
    const resources = { cpuCores: 0.5, memoryMiB: 512, storageGiB: 1 };
    const template = { flavor: "f", image: "i" };
    const server = await started(
      { y: [{ name: "a" }], z: [{ name: "b" }] },
      {},
      {
        flavors: [{ name: "f", ...resources }],
        scalingGroups: [{ name: "web", template, min: 3, max: 8 }],
      },
    );
    await server.advance(HOUR_S);
    const cost = await report(server, { seconds: HOUR_S });
    const saved = { memberHours: 3, savedMemberHours: 5, savedCoreHours: 2.5 };
    expect(cost.elasticity).toEqual(saved);
    expect(cost.zones.map(({ elasticity }: Data) => elasticity.memberHours)).toEqual([2, 1]);
  });
});

describe("what happens between samples", () => {
  test("counts from when it happens: a guest that stops, a host that goes off", async () => {
    const server = await started({ z: [{ name: "h", model: "g4", guests: 1 }] });
    await server.advance(123.456);
    const guestId = await server.id("guest", "h-0");
    await server.mutate("stopGuest", "GuestActionInput", { guestId });
    await server.advance(3.21);
    const hostId = await server.id("host", "h");
    await server.mutate("shutdownHost", "HostActionInput", { hostId });
    await server.advance(HOUR_S);
    const cost = await report(server);
    const ran = await secondsBetween(server, "GUEST_STARTED", "GUEST_STOPPING");
    const wasOn = await secondsBetween(server, "HOST_UP", "HOST_POWERED_OFF");
    expect(cost.guestHours * HOUR_S).toBeCloseTo(ran, 6);
    expect(cost.hostHours * HOUR_S).toBeCloseTo(wasOn, 6);
    expect((cost.hostHours + cost.offHostHours) * HOUR_S).toBeCloseTo(
      300 + 123.456 + 3.21 + 3600,
      6,
    );
    const off = await report(server, { seconds: 1_800 });
    expect(off).toMatchObject({ energyKwh: 0, hostHours: 0, offHostHours: 0.5, guestHours: 0 });
  });

  test("migrations are counted, and what guests lose by them", async () => {
    const server = await started({
      z: [{ name: "a", model: "g4", guests: 1 }],
      y: [{ name: "b", model: "g4" }],
    });
    const [guestId, hostId] = [await server.id("guest", "a-0"), await server.id("host", "b")];
    await server.mutate("migrateGuest", "MigrateGuestInput", { guestId, hostId });
    await server.advance(60);
    const seconds = await secondsBetween(server, "GUEST_MIGRATION_STARTED", "GUEST_MIGRATED");
    const { migrations, zones } = await report(server);
    expect(seconds).toBeGreaterThan(0);
    expect(migrations.count).toBe(1);
    expect(migrations.cpuLostCoreHours * HOUR_S).toBeCloseTo(0.1 * 0.5 * seconds, 6);
    expect(zones.map(({ zone, migrations: { count } }: Data) => [zone.name, count])).toEqual([
      ["z", 0],
      ["y", 1],
    ]);
  });

  test("a machine of another make draws its own from then on", async () => {
    const server = await started({ z: [{ name: "h", model: "g4" }] });
    const document = fleet({ z: [{ name: "h", model: "g5" }, { name: "i" }] });
    await server.mutate("applyFleet", "ApplyFleetInput", { document });
    await server.advance(600);
    const cost = await report(server, { seconds: 300 });
    expect(cost.energyKwh * 12).toBeCloseTo(0.0937 + 0.00148, 9);
  });
});

describe("a window", () => {
  test("counts as much of five minutes as lies inside, and says what was metered", async () => {
    const server = await started({ z: [{ name: "h", model: "g4" }] });
    await server.advance(600);
    const to = "2026-01-01T00:12:00Z";
    const inside = await report(server, { from: "2026-01-01T00:07:30Z", to });
    expect(inside).toMatchObject({ from: "2026-01-01T00:07:30.000Z", meteredHours: 4.5 / 60 });
    expect(inside.hostHours).toBeCloseTo(4.5 / 60, 9);
    expect(inside.energyKwh).toBeCloseTo((0.086 * 4.5) / 60, 9);
    const whole = await report(server, { from: "2025-01-01T00:00:00Z" });
    expect(Date.parse(whole.from)).toBeGreaterThanOrEqual(Date.parse("2026-01-01T00:00:00Z"));
    expect(whole.to).toBe("2026-01-01T00:15:00.000Z");
    expect(whole.meteredHours).toBeCloseTo(0.25, 3);
  });

  test("in which nothing was metered is empty", async () => {
    const server = await started({ z: [{ name: "h", model: "g4" }] });
    const to = "2025-06-01T00:00:00Z";
    const none = await report(server, { seconds: 60, to });
    expect(none).toMatchObject({ energyKwh: 0, hostHours: 0, consolidationRatio: 0, zones: [] });
    expect([none.from, none.to, none.meteredHours]).toEqual([
      "2025-06-01T00:00:00.000Z",
      "2025-06-01T00:00:00.000Z",
      0,
    ]);
  });

  test.each([
    [{ seconds: -1 }, "window.seconds must be above 0"],
    [{ from: "2026-01-02T00:00:00Z", to: "2026-01-01T00:00:00Z" }, "window.from must not be after"],
  ])("%j makes no sense", async (window, message) => {
    const server = await startTestServer();
    const query = "query ($window: Window) { costReport(window: $window) { energyKwh } }";
    const { errors } = await server.ask(query, { window });
    expect(errors?.[0]?.message).toContain(message);
    expect(errors?.[0]?.extensions?.["code"]).toBe("BAD_USER_INPUT");
  });

  test("tells of zones that are gone", async () => {
    const server = await started({
      stays: [{ name: "a", model: "g4" }],
      goes: [{ name: "b", model: "g4" }],
    });
    const document = fleet({ stays: [{ name: "a", model: "g4" }] });
    const result = await server.mutate("applyFleet", "ApplyFleetInput", { document, prune: true });
    expect(result.__typename).toBe("ApplyFleetPayload");
    await server.advance(300);
    const { hostHours, zones } = await report(server);
    expect(zones.map(({ zone }: Data) => zone?.name ?? null)).toEqual(["stays", null]);
    expect(hostHours * HOUR_S).toBeCloseTo(900, 0);
  });
});

test("what was metered survives a restart, and goes on", async () => {
  const dataDir = mkdtempSync(join(tmpdir(), "evenkeel-cost-"));
  const server = await started({ z: [{ name: "h", model: "g4" }] }, { dataDir });
  await server.advance(100);
  const before = await report(server);
  await server.close();
  const again = await startTestServer({ fleet: "none", dataDir });
  expect(await report(again)).toEqual(before);
  await again.advance(500);
  const after = await report(again);
  expect((after.hostHours - before.hostHours) * HOUR_S).toBeCloseTo(500, 6);
  expect(after.energyKwh - before.energyKwh).toBeCloseTo((0.086 * 500) / HOUR_S, 9);
  expect(after.zones).toHaveLength(1);
});

test("an accelerated clock meters the fleet's time", async () => {
  const server = await startTestServer({
    fleet: "none",
    clock: { kind: "ACCELERATED", factor: 1_000 },
  });
  const document = fleet({ z: [{ name: "h", model: "g4" }] });
  await server.mutate("applyFleet", "ApplyFleetInput", { document });
  await expect
    .poll(async () => (await report(server)).hostHours, { timeout: 20_000 })
    .toBeGreaterThan(0.1);
  const { energyKwh, hostHours, from, to } = await report(server);
  expect(energyKwh / hostHours).toBeCloseTo(0.086, 9);
  expect(Math.round(hostHours * HOUR_S * 1_000)).toBe(Date.parse(to) - Date.parse(from));
});

test("principals of a tenant are refused, viewers of the fleet are not", async () => {
  const server = await startTestServer();
  const tenant = await withToken(server, { role: "ADMIN", tenant: "default" });
  const { data, errors } = await tenant.ask("{ costReport { energyKwh } }");
  expect(data).toBeNull();
  expect(errors?.[0]?.extensions?.["code"]).toBe("FORBIDDEN");
  const viewer = await withToken(server, { role: "VIEWER" });
  expect(await viewer.data("{ costReport { energyKwh } }")).toEqual({
    costReport: { energyKwh: 0 },
  });
});
