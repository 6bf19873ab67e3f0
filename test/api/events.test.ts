import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Data, startSettledServer, type TestServer } from "./harness.ts";

/** A zone has lost its power and its guests have come back elsewhere. */
let server: TestServer;
let zoneId: string;
let faultCursor: string;
beforeAll(async () => {
  server = await startSettledServer({}, true);
  // Without batteries nothing can leave in time.
  const document = JSON.stringify({ settings: { batterySeconds: 0 } });
  await server.mutate("applyFleet", "ApplyFleetInput", { document });
  zoneId = await server.id("zone", "north-a");
  const result = await server.mutate(
    "injectFault",
    "InjectFaultInput",
    { targetId: zoneId, kind: "ZONE_POWER" },
    "... on InjectFaultPayload { cursor }",
  );
  faultCursor = result.cursor;
  await server.advance(300);
});
afterAll(() => server.close());

async function events(
  args: string,
  fields = "nodes { cursor kind }",
  variables = {},
): Promise<Data> {
  const declared = Object.keys(variables).length > 0 ? "query ($f: EventFilter, $c: Cursor)" : "";
  return (await server.data(`${declared} { events${args} { ${fields} } }`, variables)).events;
}

describe("the log as a connection", () => {
  test("is read whole, oldest first, without a gap", async () => {
    const cursors: string[] = [];
    let after: string | null = null;
    for (;;) {
      const page: Data = (
        await server.data(
          `query ($after: Cursor) { events(first: 100, after: $after) { totalCount edges { cursor node { cursor } } pageInfo { hasNextPage endCursor } } }`,
          { after },
        )
      ).events;
      for (const edge of page.edges) expect(edge.cursor).toBe(edge.node.cursor);
      cursors.push(...page.edges.map((edge: { cursor: string }) => edge.cursor));
      after = page.pageInfo.endCursor;
      if (!page.pageInfo.hasNextPage) {
        expect(page.totalCount).toBe(cursors.length);
        break;
      }
    }
    const epoch = cursors[0]?.split(":")[0];
    expect(cursors).toEqual(cursors.map((_, index) => `${epoch}:${index + 1}`));
    expect(cursors.at(-1)).toBe(await server.head());
  });

  test("is paged from its end too", async () => {
    const newest = await events(
      "(last: 3)",
      "pageInfo { hasPreviousPage hasNextPage startCursor } nodes { cursor }",
    );
    expect(newest.pageInfo).toMatchObject({ hasPreviousPage: true, hasNextPage: false });
    expect(newest.nodes[2].cursor).toBe(await server.head());
    const older = await events(
      `(last: 2, before: "${newest.pageInfo.startCursor}")`,
      "pageInfo { hasNextPage hasPreviousPage } nodes { cursor }",
    );
    expect(older.pageInfo).toEqual({ hasNextPage: true, hasPreviousPage: true });
    expect(older.nodes).toHaveLength(2);
  });

  test.each([
    [{ kinds: ["GUEST_FAILED_OVER"] }, (event: Data) => event.kind === "GUEST_FAILED_OVER"],
    [{ categories: ["FAILOVER"] }, (event: Data) => event.category === "FAILOVER"],
    [{ minSeverity: "ERROR" }, (event: Data) => ["ERROR", "CRITICAL"].includes(event.severity)],
    [
      { categories: ["FAILOVER"], minSeverity: "ERROR" },
      (event: Data) =>
        event.category === "FAILOVER" && ["ERROR", "CRITICAL"].includes(event.severity),
    ],
  ])("is filtered by %j", async (filter, passes) => {
    const all =
      await server.data(`{ a: events(first: 100) { nodes { cursor kind category severity } }
      b: events(last: 100) { nodes { cursor kind category severity } } }`);
    const every = new Map([...all.a.nodes, ...all.b.nodes].map((event) => [event.cursor, event]));
    const { totalCount } = await events("", "totalCount");
    expect(every.size).toBe(totalCount);
    const found = await events(
      "(first: 100, filter: $f, after: $c)",
      "totalCount nodes { cursor kind category severity }",
      {
        f: filter,
        c: null,
      },
    );
    const wanted = [...every.values()].filter(passes);
    expect(wanted.length).toBeGreaterThan(0);
    expect(new Set(found.nodes.map((event: Data) => event.cursor))).toEqual(
      new Set(wanted.map((event) => event.cursor)),
    );
    expect(found.totalCount).toBe(wanted.length);
  });

  test("is filtered by zone, subject and cause", async () => {
    const guestId = await server.id("guest", "db");
    const count = async (f: object) =>
      (await events("(filter: $f, after: $c)", "totalCount", { f, c: null })).totalCount;
    expect(await count({ zoneIds: [zoneId] })).toBeGreaterThan(0);
    expect(await count({ subjectIds: [guestId] })).toBe(
      (await server.data(`{ guest(name: "db") { events { totalCount } } }`)).guest.events
        .totalCount,
    );
    expect(await count({ subjectIds: [] })).toBe(0);
    expect(await count({ causedBy: faultCursor, kinds: ["GUEST_FAILED_OVER"] })).toBeGreaterThan(0);
    expect(await count({ causedBy: faultCursor, kinds: ["GUEST_CREATED"] })).toBe(0);
  });

  test.each([
    ["nonsense", "INVALID_CURSOR"],
    ["otherlog:1", "CURSOR_UNKNOWN_EPOCH"],
  ])("refuses the cursor %s", async (cursor, code) => {
    const { errors } = await server.ask(
      `query ($c: Cursor) { events(after: $c) { nodes { id } } }`,
      { c: cursor },
    );
    expect(errors?.[0]?.extensions?.["code"]).toBe(code);
  });

  test("refuses a cursor beyond its head", async () => {
    const future = (await server.head()).replace(/\d+$/, "999999");
    const { errors } = await server.ask(
      `query ($c: Cursor) { events(after: $c) { nodes { id } } }`,
      { c: future },
    );
    expect(errors?.[0]?.extensions?.["code"]).toBe("CURSOR_IN_FUTURE");
  });
});

describe("an event", () => {
  test("tells who failed over, from where to where, and for how long", async () => {
    const found = await events(
      "(first: 1, filter: $f, after: $c)",
      `nodes {
        __typename id occurredAt message subject { id ... on Guest { name } } actor { kind name }
        ... on GuestFailedOver {
          guest { id name status host { name } } fromHost { name zone { name } } toHost { name }
          downtimeMs failover { domain scope { ... on Host { name } } guestsAffected }
        }
      }`,
      { f: { kinds: ["GUEST_FAILED_OVER"] }, c: null },
    );
    const [event] = found.nodes;
    expect(event).toMatchObject({
      __typename: "GuestFailedOver",
      subject: { id: event.guest.id, name: event.guest.name },
      actor: { kind: "DRIVER", name: "simulated" },
      guest: { status: "RUNNING", host: { name: event.toHost.name } },
      fromHost: { name: "host-a", zone: { name: "north-a" } },
      // The zone's only host: lost as a host.
      failover: { domain: "HOST", scope: { name: "host-a" } },
    });
    expect(event.downtimeMs).toBeGreaterThan(0);
    expect(event.message).toContain(`${event.downtimeMs} ms`);
  });

  test("leads back to the fault that began it all", async () => {
    const { nodes } = await events("(last: 1, filter: $f, before: $c)", "nodes { id }", {
      f: { kinds: ["GUEST_FAILED_OVER"] },
      c: null,
    });
    const chain: string[] = [];
    for (let id = nodes[0].id; id; ) {
      const { node } = await server.data(
        `query ($id: ID!) { node(id: $id) { __typename ... on Event { cursor cause { id } } } }`,
        { id },
      );
      chain.push(node.__typename);
      id = node.cause?.id;
    }
    expect(chain[0]).toBe("GuestFailedOver");
    expect(chain).toContain("GuestLost");
    expect(chain).toContain("FailoverStarted");
    expect(chain.at(-1)).toBe("FaultInjected");
  });

  test("names what it led to, which names it as its cause", async () => {
    const { nodes } = await events(
      "(first: 1, filter: $f, after: $c)",
      "nodes { cursor effects(first: 100) { totalCount nodes { kind cause { cursor } } } }",
      { f: { kinds: ["FAILOVER_STARTED"] }, c: null },
    );
    const [started] = nodes;
    expect(started.effects.totalCount).toBe(started.effects.nodes.length);
    expect(started.effects.nodes.map((event: Data) => event.kind)).toContain("GUEST_LOST");
    for (const effect of started.effects.nodes) expect(effect.cause.cursor).toBe(started.cursor);
  });
});

describe("availability", () => {
  test("is what the log says, for a guest, its zone and its region", async () => {
    const { events: failedOver } = await server.data(`{
      events(filter: { kinds: [GUEST_FAILED_OVER] }) { nodes { ... on GuestFailedOver {
        downtimeMs guest { name availability { upSeconds downSeconds ratio nines outages longestOutageSeconds targetRatio } }
      } } }
    }`);
    let down = 0;
    for (const { downtimeMs, guest } of failedOver.nodes) {
      down += downtimeMs / 1000;
      expect(guest.availability).toMatchObject({ outages: 1, targetRatio: null });
      expect(guest.availability.downSeconds).toBeCloseTo(downtimeMs / 1000, 3);
      expect(guest.availability.longestOutageSeconds).toBeCloseTo(downtimeMs / 1000, 3);
      const { upSeconds, downSeconds, ratio, nines } = guest.availability;
      expect(ratio).toBeCloseTo(upSeconds / (upSeconds + downSeconds), 9);
      expect(nines).toBeCloseTo(-Math.log10(1 - ratio), 9);
    }
    const { zone, other, region } = await server.data(`{
      zone(name: "north-a") { availability { downSeconds outages } }
      other: zone(name: "north-b") { availability { downSeconds outages ratio nines } }
      region(name: "north") { availability { downSeconds outages from to } }
    }`);
    expect(zone.availability.downSeconds).toBeCloseTo(down, 3);
    expect(zone.availability.outages).toBe(failedOver.nodes.length);
    expect(other.availability).toEqual({ downSeconds: 0, outages: 0, ratio: 1, nines: 9 });
    expect(region.availability.downSeconds).toBeCloseTo(down, 3);
    // Asked for a day; the log is minutes old.
    expect(region.availability.from).toBe("2026-01-01T00:00:00.000Z");
  });

  test.each([
    ["{ seconds: 0 }", "window.seconds"],
    ['{ seconds: 5, from: "2026-01-01T00:00:00Z" }', "window.seconds"],
    ['{ from: "2026-01-02T00:00:00Z", to: "2026-01-01T00:00:00Z" }', "window.from"],
  ])("refuses the window %s", async (window, argument) => {
    const { errors } = await server.ask(
      `{ guest(name: "db") { availability(window: ${window}) { ratio } } }`,
    );
    expect(errors?.[0]?.extensions).toEqual({ code: "BAD_USER_INPUT", argument });
  });
});

describe("what is gone", () => {
  test("is null in the events that tell of it", async () => {
    const guestId = await server.id("guest", "web-2");
    await server.mutate("deleteGuest", "GuestActionInput", { guestId });
    await server.advance(60);
    const { nodes } = await events(
      "(last: 1, filter: $f, before: $c)",
      "nodes { message subject { id } ... on GuestDeleted { guest { name } } }",
      { f: { kinds: ["GUEST_DELETED"] }, c: null },
    );
    expect(nodes).toEqual([{ message: "web-2 deleted", subject: null, guest: null }]);
  });
});

describe("a guest that has no place", () => {
  test("is a warning when no wait will help, and none while it waits for another", async () => {
    const resources = { cpuCores: 60_000, memoryMiB: 1_024, storageGiB: 1 };
    const create = (input: object) =>
      server.mutate(
        "createGuest",
        "CreateGuestInput",
        { image: "linux", resources, ...input },
        "... on CreateGuestPayload { guest { id } }",
      );
    const { guest } = await create({ name: "too-large" });
    const small = { cpuCores: 1, memoryMiB: 1_024, storageGiB: 1 };
    await create({ name: "waits", resources: small, dependsOn: [guest.id] });
    await server.advance(1);
    const { nodes } = await events(
      "(last: 2, filter: $f, before: $c)",
      "nodes { severity ... on GuestBlocked { guest { name } } }",
      { f: { kinds: ["GUEST_BLOCKED"] }, c: null },
    );
    expect(nodes).toEqual([
      { severity: "WARNING", guest: { name: "too-large" } },
      { severity: "INFO", guest: { name: "waits" } },
    ]);
  });
});
