/**
 * What the whole is for, through the front door: a zone of a full fleet loses its power, its guests
 * come back elsewhere, no strict rule is broken, and everything can say why.
 */

import { expect, test } from "vitest";
import { type Data, startTestServer, type TestServer } from "../api/harness.ts";

const ZONES = ["z-1", "z-2", "z-3", "z-4"];
const APART_GUESTS = 12;

/** 4 zones of 3 racks of 8 hosts; 400 guests of three sizes, about two thirds of the room. */
function fleetDocument(): string {
  const zones = ZONES.map((zone) => ({
    name: zone,
    dataCenters: [
      {
        name: "dc",
        hosts: ["r1", "r2", "r3"].map((rack) => ({
          name: `${zone}-${rack}`,
          count: 8,
          rack,
          cpuCores: 32,
          memoryMiB: 65_536,
          storageGiB: 2_000,
        })),
      },
    ],
  }));
  const sizes = [
    { name: "s", count: 260, memoryMiB: 4_096 },
    { name: "m", count: 100, memoryMiB: 16_384 },
    { name: "l", count: 40, memoryMiB: 32_768 },
  ];
  return JSON.stringify({
    // Without batteries nothing can leave in time.
    settings: { batterySeconds: 0 },
    regions: [{ name: "r", zones }],
    images: [{ name: "linux" }],
    flavors: sizes.map(({ name, memoryMiB }) => ({ name, memoryMiB, cpuCores: 2, storageGiB: 10 })),
    guests: sizes.map(({ name, count }) => ({ name, count, flavor: name, image: "linux" })),
    affinityRules: [
      {
        name: "apart",
        kind: "GUEST",
        polarity: "APART",
        scope: "HOST",
        strict: true,
        guests: Array.from({ length: APART_GUESTS }, (_, index) => `m-${index + 1}`),
      },
      {
        name: "home",
        kind: "HOST",
        strict: true,
        guests: ["l-1"],
        hosts: ["z-2-r1-1", "z-3-r1-1"],
      },
    ],
  });
}

async function running(server: TestServer): Promise<number> {
  const { guests } = await server.data(
    "{ guests(filter: { statuses: [RUNNING] }) { totalCount } }",
  );
  return guests.totalCount;
}

/** All events of these kinds after a cursor. */
async function eventsAfter(server: TestServer, after: string, kind: string, fields: string) {
  const found: Data[] = [];
  for (let cursor = after, more = true; more; ) {
    const { events } = await server.data(
      `query ($after: Cursor, $kinds: [EventKind!]) {
        events(first: 100, after: $after, filter: { kinds: $kinds }) {
          nodes { ${fields} } pageInfo { hasNextPage endCursor }
        }
      }`,
      { after: cursor, kinds: [kind] },
    );
    found.push(...events.nodes);
    more = events.pageInfo.hasNextPage;
    cursor = events.pageInfo.endCursor ?? cursor;
  }
  return found;
}

async function rootOf(server: TestServer, id: string): Promise<string> {
  for (let next = id; ; ) {
    const { node } = await server.data(
      "query ($id: ID!) { node(id: $id) { ... on Event { kind cause { id } } } }",
      { id: next },
    );
    if (node.cause === null) return node.kind;
    next = node.cause.id;
  }
}

test("a zone loses its power and its guests come back elsewhere", async () => {
  const server = await startTestServer({ fleet: "none" });
  const applied = await server.mutate("applyFleet", "ApplyFleetInput", {
    document: fleetDocument(),
  });
  expect(applied.__typename).toBe("ApplyFleetPayload");
  await server.advance(60);
  expect(await running(server)).toBe(400);

  const { zone, head } = await server.data(
    `{ head zone(name: "z-2") { id guests { totalCount } } }`,
  );
  const lost = zone.guests.totalCount;
  expect(lost).toBeGreaterThan(50);
  await server.mutate("injectFault", "InjectFaultInput", { targetId: zone.id, kind: "ZONE_POWER" });
  await server.advance(600);

  expect(await running(server)).toBe(400);
  const after = await server.data(`{ zone(name: "z-2") { status power guests { totalCount } } }`);
  expect(after.zone).toEqual({ status: "DOWN", power: "DOWN", guests: { totalCount: 0 } });

  const started = await eventsAfter(
    server,
    head,
    "FAILOVER_STARTED",
    `
    ... on FailoverStarted { guestsAffected scope { ... on Zone { name } } }`,
  );
  expect(started).toEqual([{ guestsAffected: lost, scope: { name: "z-2" } }]);
  const completed = await eventsAfter(
    server,
    head,
    "FAILOVER_COMPLETED",
    `
    ... on FailoverCompleted { guestsRecovered guestsUnrecovered durationMs }`,
  );
  expect(completed).toEqual([
    { guestsRecovered: lost, guestsUnrecovered: 0, durationMs: expect.any(Number) },
  ]);

  const moves = await eventsAfter(
    server,
    head,
    "GUEST_FAILED_OVER",
    `
    id
    ... on GuestFailedOver {
      guest { name } downtimeMs fromHost { zone { name } } toHost { zone { name } }
    }`,
  );
  expect(moves).toHaveLength(lost);
  expect(new Set(moves.map(({ guest }) => guest.name)).size).toBe(lost);
  for (const { fromHost, toHost, downtimeMs } of moves) {
    expect(fromHost.zone.name).toBe("z-2");
    expect(toHost.zone.name).not.toBe("z-2");
    expect(downtimeMs).toBeGreaterThan(10_000);
  }
  for (const move of [moves[0], moves.at(-1)])
    expect(await rootOf(server, move.id)).toBe("FAULT_INJECTED");

  const { guests, only } = await server.data(`{
    guests(first: 100, filter: { nameContains: "m-" }) { nodes { name host { name } } }
    only: guest(name: "l-1") { host { name } }
  }`);
  const hosts = guests.nodes
    .filter(({ name }: Data) => Number(name.slice(2)) <= APART_GUESTS)
    .map(({ host }: Data) => host.name);
  expect(new Set(hosts).size).toBe(APART_GUESTS);
  expect(only.host.name).toBe("z-3-r1-1");
});
