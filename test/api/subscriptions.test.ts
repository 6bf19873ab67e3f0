import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { type Data, startSettledServer, startTestServer, type TestServer } from "./harness.ts";

const EVENTS = `subscription ($after: Cursor, $filter: EventFilter) {
  events(after: $after, filter: $filter) { cursor kind message }
}`;

const seqOf = (cursor: string) => Number(cursor.split(":")[1]);

function start(cursor: string): string {
  return cursor.replace(/\d+$/, "0");
}

/** All events up to the head, each as the subscription of a client that began at `after` gets it. */
async function replay(server: TestServer, after: string, filter = {}): Promise<Data[]> {
  const { totalCount } = (
    await server.data(`query ($f: EventFilter) { events(filter: $f) { totalCount } }`, {
      f: filter,
    })
  ).events;
  const subscription = server.subscribe(EVENTS, { after, filter });
  const data = await subscription.take(totalCount);
  await subscription.close();
  return data.map((one) => one.events);
}

describe("events", () => {
  test("are replayed from a cursor and go on live, each once, in order", async () => {
    const server = await startSettledServer();
    const head = await server.head();
    const subscription = server.subscribe(EVENTS, { after: start(head) });
    const replayed = await subscription.take(seqOf(head));
    const more = server
      .advance(1)
      .then(() =>
        server.mutate("injectFault", "InjectFaultInput", {
          targetId: btoa("Zone:2"),
          kind: "ZONE_POWER",
        }),
      )
      .then(() => server.advance(300));
    await more;
    const live = await subscription.take(seqOf(await server.head()) - seqOf(head));
    await subscription.close();
    const seqs = [...replayed, ...live].map((data) => seqOf(data.events.cursor));
    expect(seqs).toEqual(seqs.map((_, index) => index + 1));
    expect(seqs.at(-1)).toBe(seqOf(await server.head()));
  });

  test("begin at the head without a cursor", async () => {
    const server = await startSettledServer();
    const subscription = server.subscribe(EVENTS);
    const first = subscription.next();
    // Its first answer to anything shows that the subscription stands.
    const probe = server.subscribe(`subscription { fleet { hostsUp } }`);
    await probe.next();
    const head = await server.head();
    await server.advance(1);
    expect(seqOf((await first).events.cursor)).toBe(seqOf(head) + 1);
    await subscription.close();
    await probe.close();
  });

  test("go on after any cursor, as if there had been no break", async () => {
    const server = await startSettledServer();
    const all = await replay(server, start(await server.head()));
    for (const index of [0, 1, Math.floor(all.length / 2), all.length - 2]) {
      const subscription = server.subscribe(EVENTS, { after: all[index].cursor });
      expect((await subscription.next()).events).toEqual(all[index + 1]);
      await subscription.close();
    }
  });

  test("survive a restart of the server", async () => {
    const dataDir = mkdtempSync(join(tmpdir(), "evenkeel-test-"));
    onTestFinished(() => rmSync(dataDir, { recursive: true, force: true }));
    const first = await startTestServer({ dataDir }, true);
    await first.advance(30);
    const before = first.subscribe(EVENTS, { after: start(await first.head()) });
    const seen = await before.take(20);
    await before.close();
    await first.advance(60);
    const total = seqOf(await first.head());
    await first.close();

    const second = await startTestServer({ dataDir });
    const after = second.subscribe(EVENTS, { after: seen.at(-1).events.cursor });
    seen.push(...(await after.take(total - 20)));
    await after.close();
    expect(seen.map((data) => seqOf(data.events.cursor))).toEqual(
      seen.map((_, index) => index + 1),
    );
  });

  test.each([
    { kinds: ["GUEST_STARTED", "GUEST_PLACED"] },
    { categories: ["HIGH_AVAILABILITY"] },
    { minSeverity: "NOTICE" },
    { kinds: ["GUEST_STARTED"], minSeverity: "DEBUG", zoneIds: [btoa("Zone:2")] },
  ])("are filtered by %j as the list is, in the log and live", async (filter) => {
    const server = await startTestServer();
    const subscription = server.subscribe(EVENTS, { after: start(await server.head()), filter });
    await server.advance(120);
    const { events } = await server.data(
      `query ($f: EventFilter) { events(first: 100, filter: $f) { totalCount nodes { cursor kind message } } }`,
      { f: filter },
    );
    expect(events.totalCount).toBeGreaterThan(0);
    const found = await subscription.take(events.totalCount);
    await subscription.close();
    expect(found.map((data) => data.events)).toEqual(events.nodes);
  });

  test("are followed along one cause", async () => {
    const server = await startSettledServer();
    const { cursor } = await server.mutate(
      "injectFault",
      "InjectFaultInput",
      { targetId: await server.id("zone", "north-a"), kind: "ZONE_POWER" },
      "... on InjectFaultPayload { cursor }",
    );
    const live = server.subscribe(EVENTS, { after: cursor, filter: { causedBy: cursor } });
    await server.advance(300);
    const filter = { causedBy: cursor };
    const replayed = await replay(server, start(cursor), filter);
    expect(replayed.length).toBeGreaterThan(5);
    expect((await live.take(replayed.length)).map((data) => data.events)).toEqual(replayed);
    await live.close();
  });

  test("show each kind with its own fields", async () => {
    const server = await startTestServer();
    const subscription = server.subscribe(
      `subscription ($after: Cursor) { events(after: $after, filter: { kinds: [GUEST_STARTED] }) {
        __typename id occurredAt subject { id __typename }
        ... on GuestStarted { guest { name zone { name } } host { name } bootMs }
        cause { kind }
      } }`,
      { after: start(await server.head()) },
    );
    await server.advance(60);
    const { events } = await subscription.next();
    await subscription.close();
    expect(events).toMatchObject({
      __typename: "GuestStarted",
      subject: { __typename: "Guest" },
      guest: { name: "db", zone: { name: expect.stringMatching(/^north-/) } },
      host: { name: expect.stringMatching(/^host-/) },
      cause: { kind: "GUEST_PLACED" },
    });
    expect(events.bootMs).toBeGreaterThan(0);
  });

  test.each([
    ["nonsense", "INVALID_CURSOR"],
    ["", "INVALID_CURSOR"],
    ["otherlog:1", "CURSOR_UNKNOWN_EPOCH"],
  ])("can't begin at the cursor '%s'", async (after, code) => {
    const server = await startTestServer();
    const errors = await server.subscribe(EVENTS, { after }).failure();
    expect(errors?.[0]?.extensions?.["code"]).toBe(code);
  });

  test("can't begin in the future", async () => {
    const server = await startTestServer();
    const after = (await server.head()).replace(/\d+$/, "999999");
    const errors = await server.subscribe(EVENTS, { after }).failure();
    expect(errors?.[0]?.extensions?.["code"]).toBe("CURSOR_IN_FUTURE");
  });

  test("can't begin before what is kept, but after the earliest cursor that the error tells", async () => {
    const server = await startSettledServer({ retention: { maxEvents: 20 } });
    await server.advance(7_200);
    const after = start(await server.head());
    const errors = await server.subscribe(EVENTS, { after }).failure();
    expect(errors?.[0]?.extensions?.["code"]).toBe("CURSOR_EXPIRED");
    const earliest = String(errors?.[0]?.extensions?.["earliest"]);
    const subscription = server.subscribe(EVENTS, { after: earliest });
    expect(seqOf((await subscription.next()).events.cursor)).toBe(seqOf(earliest) + 1);
    await subscription.close();
    const list = await server.ask(`query ($c: Cursor) { events(after: $c) { nodes { id } } }`, {
      c: after,
    });
    expect(list.errors?.[0]?.extensions).toMatchObject({ code: "CURSOR_EXPIRED", earliest });
  });

  test.each([
    [{ zoneIds: ["nonsense"] }, "filter.zoneIds.0"],
    [{ tenantIds: [btoa("Zone:1")] }, "filter.tenantIds.0"],
    [{ subjectIds: [btoa("Zone:1"), ""] }, "filter.subjectIds.1"],
    [{ subjectIds: [btoa("GuestStarted:1")] }, "filter.subjectIds.0"],
  ])("can't be filtered by %j", async (filter, argument) => {
    const server = await startTestServer();
    const errors = await server.subscribe(EVENTS, { filter }).failure();
    expect(errors?.[0]?.extensions).toEqual({ code: "BAD_USER_INPUT", argument });
  });
});

describe("the state of one thing", () => {
  test("comes at once, and again after each change", async () => {
    const server = await startTestServer();
    const id = await server.id("guest", "db");
    const subscription = server.subscribe(
      `subscription ($id: ID!) { guest(id: $id) { name status host { name } blockedBy { code } } }`,
      { id },
    );
    expect((await subscription.next()).guest).toMatchObject({ name: "db", status: "STARTING" });
    await server.advance(60);
    let state = (await subscription.next()).guest;
    while (state.status !== "RUNNING") state = (await subscription.next()).guest;
    expect(state.host).not.toBeNull();
    await subscription.close();
  });

  test("is the newest one for whoever comes late", async () => {
    const server = await startSettledServer();
    const id = await server.id("zone", "north-a");
    const subscription = server.subscribe(
      `subscription ($id: ID!) { zone(id: $id) { status power guests { totalCount } } }`,
      { id },
    );
    expect((await subscription.next()).zone.status).toBe("HEALTHY");
    await server.mutate("injectFault", "InjectFaultInput", { targetId: id, kind: "ZONE_POWER" });
    await server.advance(300);
    let state = (await subscription.next()).zone;
    while (state.status !== "DOWN") state = (await subscription.next()).zone;
    await subscription.close();
  });

  test("of a guest ends when it is deleted", async () => {
    const server = await startSettledServer();
    const guestId = await server.id("guest", "web-1");
    const subscription = server.subscribe(`subscription ($id: ID!) { guest(id: $id) { status } }`, {
      id: guestId,
    });
    await subscription.next();
    await server.mutate("deleteGuest", "GuestActionInput", { guestId });
    await server.advance(60);
    const states = await subscription.rest();
    expect(states.map(({ guest }) => guest.status)).not.toContain(null);
    await subscription.close();
  });

  test("is an operation's until it has succeeded", async () => {
    const server = await startSettledServer();
    const { operation } = await server.mutate(
      "stopGuest",
      "GuestActionInput",
      { guestId: await server.id("guest", "web-2") },
      "... on StopGuestPayload { operation { id } }",
    );
    const subscription = server.subscribe(
      `subscription ($id: ID!) { operation(id: $id) { status finishedAt } }`,
      { id: operation.id },
    );
    expect((await subscription.next()).operation).toEqual({ status: "RUNNING", finishedAt: null });
    await server.advance(60);
    expect((await subscription.next()).operation.status).toBe("SUCCEEDED");
    await subscription.close();
  });

  test.each(["host", "zone", "guest", "operation"])(
    "is refused for a %s that is not there",
    async (field) => {
      const server = await startTestServer();
      const query = `subscription ($id: ID!) { ${field}(id: $id) { id } }`;
      const type = `${field[0]?.toUpperCase()}${field.slice(1)}`;
      const gone = await server.subscribe(query, { id: btoa(`${type}:999999`) }).failure();
      expect(gone?.[0]?.extensions?.["code"]).toBe("NOT_FOUND");
      const nonsense = await server.subscribe(query, { id: "nonsense" }).failure();
      expect(nonsense?.[0]?.extensions?.["code"]).toBe("BAD_USER_INPUT");
    },
  );
});

describe("the fleet's totals", () => {
  test.each([-1, 0, 99, 60_001])("don't come every %i ms", async (intervalMs) => {
    const server = await startTestServer();
    const query = `subscription { fleet(intervalMs: ${intervalMs}) { hostsUp } }`;
    expect(await server.subscribe(query).failure()).toMatchObject([
      {
        message: "intervalMs must be from 100 to 60000",
        extensions: { code: "BAD_USER_INPUT", argument: "intervalMs" },
      },
    ]);
  });

  test("come at once, and again only when they have changed", async () => {
    const server = await startTestServer();
    const subscription = server.subscribe(
      `subscription { fleet(intervalMs: 100) { guestsRunning guestsTotal hostsUp } }`,
    );
    expect((await subscription.next()).fleet).toEqual({
      guestsRunning: 0,
      guestsTotal: 5,
      hostsUp: 3,
    });
    const begun = performance.now();
    await server.advance(120);
    const seen = [0];
    while (seen.at(-1) !== 5) seen.push((await subscription.next()).fleet.guestsRunning);
    expect(new Set(seen).size).toBe(seen.length);
    // Ten a second are the most.
    expect(performance.now() - begun).toBeGreaterThan((seen.length - 2) * 100 - 20);
    await subscription.close();
  });
});
