import { describe, expect, test, vi } from "vitest";
import {
  countHandedOut,
  type Json,
  startSettledServer,
  type TestServer,
  withToken,
} from "./harness.ts";
import { Listener, resultsMade, StreamListener } from "./listeners.ts";

const HOST =
  "subscription ($id: ID!) { host(id: $id) { status maintenance guests { totalCount } } }";
/** A count that only grows. */
const GUEST = "subscription ($id: ID!) { guest(id: $id) { status events { totalCount } } }";
/** Some 100 KB each. */
const HEAVY = `subscription ($id: ID!) { guest(id: $id) { status events { totalCount } ${Array.from(
  { length: 1_990 },
  (_, index) => `a_name_that_is_as_long_as_names_are_seldom_${index}: name`,
).join(" ")} } }`;

/** Lets it in. */
const HEAVY_LIMITS = { maxAliases: 2_000, maxTokens: 10_000 };

/** One who has subscribed, by whichever way. */
interface Watcher {
  readonly results: () => string[];
  readonly leave: () => void;
}

async function bySocket(server: TestServer, query: string, variables: Json): Promise<Watcher> {
  const { Authorization } = server.authorization;
  const listener = await Listener.connect(server.wsUrl, Authorization ? { Authorization } : {});
  await listener.subscribe("1", query, variables);
  const results = () => listener.results("1");
  return { results, leave: () => listener.socket.terminate() };
}

async function byStream(server: TestServer, query: string, variables: Json): Promise<Watcher> {
  const listener = await StreamListener.subscribe(server, query, variables);
  return { results: () => listener.results, leave: () => listener.leave() };
}

const WAYS = [bySocket, byStream];

/** So many by each way, who have all been shown the present state. */
async function watch(
  server: TestServer,
  each: number,
  query: string,
  variables: Json,
): Promise<Watcher[]> {
  const watchers = await Promise.all(
    WAYS.flatMap((way) => Array.from({ length: each }, () => way(server, query, variables))),
  );
  await vi.waitFor(() => {
    for (const { results } of watchers) expect(results()).toHaveLength(1);
  });
  return watchers;
}

async function setMaintenance(server: TestServer, hostId: string, enabled: boolean) {
  await server.mutate("setMaintenance", "SetMaintenanceInput", { hostId, enabled });
}

/** The result that shows the present state, asked for by a query. */
async function present(server: TestServer, query: string, variables: Json): Promise<string> {
  const [, field = "", selection] = /(host|guest)\(id: \$id\) (\{.*\}) \}$/s.exec(query) ?? [];
  const type = field === "host" ? "Host" : "Guest";
  const asked = `query ($id: ID!) { ${field}: node(id: $id) { ... on ${type} ${selection} } }`;
  return JSON.stringify({ data: await server.data(asked, variables) });
}

async function expectAllShow(watchers: readonly Watcher[], result: string): Promise<void> {
  await vi.waitFor(() => {
    for (const { results } of watchers) expect(results().at(-1)).toBe(result);
  });
}

describe("those who watch the same", () => {
  test("are shown each change, of which one result is made for all", async () => {
    const server = await startSettledServer();
    const id = await server.id("host", "host-a");
    const watchers = await watch(server, 20, HOST, { id });
    const made = await resultsMade(server);
    for (const enabled of [true, false, true, false]) {
      await setMaintenance(server, id, enabled);
      await expectAllShow(watchers, await present(server, HOST, { id }));
      await server.advance(60);
      await expectAllShow(watchers, await present(server, HOST, { id }));
    }
    const [first] = watchers;
    const shown = first?.results().slice(1) ?? [];
    expect(shown.length).toBeGreaterThan(4);
    for (const { results } of watchers) expect(results().slice(1)).toEqual(shown);
    expect((await resultsMade(server)) - made).toBe(shown.length);
  });

  test("are left alone by those who come, who are shown the present state", async () => {
    const server = await startSettledServer();
    const id = await server.id("host", "host-a");
    const watchers = await watch(server, 1, HOST, { id });
    await setMaintenance(server, id, true);
    await expectAllShow(watchers, await present(server, HOST, { id }));
    const before = watchers.map(({ results }) => results().length);
    const made = await resultsMade(server);
    const [late, ...others] = await watch(server, 1, HOST, { id });
    expect(late?.results()).toEqual([await present(server, HOST, { id })]);
    expect((await resultsMade(server)) - made).toBeLessThanOrEqual(2);
    expect(watchers.map(({ results }) => results().length)).toEqual(before);
    late?.leave();
    for (const one of others) one.leave();
    await setMaintenance(server, id, false);
    await expectAllShow(watchers, await present(server, HOST, { id }));
  });

  test("come while it changes, and are never shown what was before", async () => {
    const server = await startSettledServer();
    const id = await server.id("guest", "web-1");
    const first = await watch(server, 1, GUEST, { id });
    const countOf = (result: string): number => JSON.parse(result).data.guest.events.totalCount;
    let isOver = false;
    const burst = (async () => {
      while (!isOver) {
        await server.mutate("stopGuest", "GuestActionInput", { guestId: id });
        await server.advance(30);
        await server.mutate("startGuest", "GuestActionInput", { guestId: id });
        await server.advance(30);
      }
    })();
    const later: { watcher: Watcher; atLeast: number }[] = [];
    while (later.length < 12) {
      const atLeast = countOf(await present(server, GUEST, { id }));
      const way = WAYS[later.length % WAYS.length] ?? bySocket;
      later.push({ watcher: await way(server, GUEST, { id }), atLeast });
    }
    isOver = true;
    await burst;
    const all = [...first, ...later.map(({ watcher }) => watcher)];
    await expectAllShow(all, await present(server, GUEST, { id }));
    for (const { results } of all) {
      const counts = results().map(countOf);
      expect(counts).toEqual(counts.toSorted((one, other) => one - other));
    }
    for (const { watcher, atLeast } of later)
      expect(countOf(watcher.results()[0] ?? "")).toBeGreaterThanOrEqual(atLeast);
  });

  test("leave one by one, and after the last of them nothing is read", async () => {
    const server = await startSettledServer();
    const id = await server.id("host", "host-a");
    const handedOut = countHandedOut(server);
    const watchers = await watch(server, 2, HOST, { id });
    let isMaintained = false;
    while (watchers.length > 0) {
      watchers.shift()?.leave();
      isMaintained = !isMaintained;
      await setMaintenance(server, id, isMaintained);
      await expectAllShow(watchers, await present(server, HOST, { id }));
    }
    await vi.waitFor(async () => {
      const before = handedOut();
      await server.advance(1);
      await server.head();
      expect(handedOut()).toBe(before);
    });
  });

  test("are all told of what fails in it, and go on", async () => {
    const server = await startSettledServer();
    const id = await server.id("guest", "web-1");
    const query = `subscription ($id: ID!) { guest(id: $id) {
      status availability(window: { from: "2026-01-02T00:00:00Z", to: "2026-01-01T00:00:00Z" }) { ratio }
    } }`;
    const watchers = await watch(server, 2, query, { id });
    const made = await resultsMade(server);
    await server.mutate("stopGuest", "GuestActionInput", { guestId: id });
    await server.advance(60);
    await vi.waitFor(() => {
      for (const { results } of watchers) expect(results().length).toBeGreaterThan(1);
    });
    const { errors } = JSON.parse(watchers[0]?.results().at(-1) ?? "");
    expect(errors).toMatchObject([{ extensions: { code: expect.any(String) } }]);
    await vi.waitFor(async () => {
      const shown = (await resultsMade(server)) - made;
      for (const { results } of watchers) expect(results()).toHaveLength(1 + shown);
    });
    expect(new Set(watchers.map(({ results }) => results().join())).size).toBe(1);
  });

  test("are all told the end when it is gone", async () => {
    const server = await startSettledServer();
    const id = await server.id("guest", "web-1");
    const stream = await StreamListener.subscribe(server, GUEST, { id });
    const socket = await Listener.connect(server.wsUrl);
    await socket.subscribe("1", GUEST, { id });
    await server.mutate("deleteGuest", "GuestActionInput", { guestId: id });
    await server.advance(60);
    await vi.waitFor(() => expect(stream.state).toBe("ended"));
    expect(stream.others.at(-1)).toBe("event: complete\ndata:");
    await vi.waitFor(() => expect(socket.isComplete("1")).toBe(true));
    expect(stream.results.join()).not.toContain("null");
    expect(socket.results("1").at(-1)).toBe(stream.results.at(-1));
  });

  test("of the whole fleet are shown totals when they have changed", async () => {
    const server = await startSettledServer();
    const query = "subscription ($every: Int) { fleet(intervalMs: $every) { guestsRunning } }";
    const made = await resultsMade(server);
    const watchers = await watch(server, 10, query, { every: 100 });
    for (const name of ["web-1", "web-2", "api-1"]) {
      const guestId = await server.id("guest", name);
      await server.mutate("stopGuest", "GuestActionInput", { guestId });
      await server.advance(60);
      const { fleet } = await server.data("{ fleet { guestsRunning } }");
      await expectAllShow(watchers, JSON.stringify({ data: { fleet } }));
    }
    // Who comes may be a pause ahead of or behind the others at first, and is with them then.
    const [shown = [], ...others] = watchers.map(({ results }) =>
      results().filter((result) => !/[45]/.test(result)),
    );
    expect(shown.length).toBeGreaterThan(1);
    for (const results of others) expect(results).toEqual(shown);
    const most = Math.max(...watchers.map(({ results }) => results().length));
    expect((await resultsMade(server)) - made).toBeLessThan(watchers.length + 2 * most);
  });
});

describe("those who may not see the same", () => {
  test("share nothing, and hear of nothing that others have", async () => {
    const server = await startSettledServer();
    await server.mutate("createTenant", "CreateTenantInput", { name: "other" });
    const id = await server.id("host", "host-a");
    const audiences = [
      server,
      await withToken(server, { role: "VIEWER" }),
      await withToken(server, { role: "VIEWER", tenant: "default" }),
      await withToken(server, { role: "VIEWER", tenant: "other" }),
    ];
    const groups: Watcher[][] = [];
    for (const audience of audiences) groups.push(await watch(audience, 2, HOST, { id }));
    const stranger = groups.at(-1) ?? [];
    const guestId = await guestOn(server, id);
    const made = await resultsMade(server);
    await server.mutate("stopGuest", "GuestActionInput", { guestId });
    await server.advance(60);
    for (const [index, audience] of audiences.entries())
      await expectAllShow(groups[index] ?? [], await present(audience, HOST, { id }));
    const shown = groups.map(([first]) => (first?.results().length ?? 0) - 1);
    expect(shown).toEqual([expect.toSatisfy((count) => count > 0), shown[0], shown[0], 0]);
    for (const { results } of stranger) expect(results().join()).toContain('"totalCount":0');
    expect((await resultsMade(server)) - made).toBe(shown.reduce((sum, count) => sum + count, 0));

    await setMaintenance(server, id, true);
    for (const [index, audience] of audiences.entries())
      await expectAllShow(groups[index] ?? [], await present(audience, HOST, { id }));
    expect(stranger[0]?.results().length).toBeGreaterThan(1);
  });

  test("are told of events each by themselves", async () => {
    const server = await startSettledServer();
    await server.mutate("createTenant", "CreateTenantInput", { name: "other" });
    const query = "subscription { events { kind message } }";
    const audiences = [
      server,
      await withToken(server, { role: "VIEWER", tenant: "default" }),
      await withToken(server, { role: "VIEWER", tenant: "other" }),
    ];
    const streams: StreamListener[] = [];
    for (const audience of audiences) streams.push(await StreamListener.subscribe(audience, query));
    const guestId = await server.id("guest", "web-1");
    await server.mutate("stopGuest", "GuestActionInput", { guestId });
    await server.advance(60);
    const [all, own, others] = streams;
    await vi.waitFor(() => {
      expect(all?.results.join()).toContain("GUEST_STOPPED");
      expect(own?.results.join()).toContain("GUEST_STOPPED");
    });
    expect(others?.results.join()).not.toContain("web-1");
  });
});

async function guestOn(server: TestServer, hostId: string): Promise<string> {
  const { host } = await server.data(
    "query ($id: ID!) { host: node(id: $id) { ... on Host { guests(first: 1) { nodes { id } } } } }",
    { id: hostId },
  );
  return host.guests.nodes[0].id;
}

describe("one who stalls among others", () => {
  test.each(["socket", "stream"] as const)(
    "is shown the newest state when it reads again, and is with them then (%s)",
    async (way) => {
      const server = await startSettledServer({ limits: HEAVY_LIMITS });
      const id = await server.id("guest", "web-1");
      const other = await bySocket(server, HEAVY, { id });
      const stalled = await stall(server, way, id);
      const patience = { timeout: 20_000, interval: 200 };
      for (let round = 0; round < 40; round++) {
        await server.mutate("stopGuest", "GuestActionInput", { guestId: id });
        await server.advance(30);
        await server.mutate("startGuest", "GuestActionInput", { guestId: id });
        await server.advance(30);
      }
      const newest = await present(server, HEAVY, { id });
      await vi.waitFor(() => expect(other.results().at(-1) === newest).toBe(true), patience);
      stalled.resume();
      await vi.waitFor(() => expect(stalled.results().at(-1) === newest).toBe(true), patience);
      expect(stalled.results().length).toBeLessThan(other.results().length);

      const made = await resultsMade(server);
      const before = [stalled, other].map(({ results }) => results().length);
      await server.mutate("stopGuest", "GuestActionInput", { guestId: id });
      await server.advance(30);
      const next = await present(server, HEAVY, { id });
      await vi.waitFor(() => {
        for (const { results } of [stalled, other]) expect(results().at(-1) === next).toBe(true);
      }, patience);
      const shown = [stalled, other].map(
        ({ results }, index) => results().length - (before[index] ?? 0),
      );
      expect(shown).toEqual([shown[1], shown[1]]);
      expect((await resultsMade(server)) - made).toBe(shown[1]);
    },
  );

  async function stall(server: TestServer, way: "socket" | "stream", id: string) {
    if (way === "stream") {
      const stream = await StreamListener.subscribe(server, HEAVY, { id });
      stream.pause();
      return { results: () => stream.results, resume: () => stream.resume() };
    }
    const listener = await Listener.connect(server.wsUrl);
    await listener.subscribe("1", HEAVY, { id });
    listener.socket.pause();
    return { results: () => listener.results("1"), resume: () => listener.socket.resume() };
  }
});
