import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startTestServer, type TestServer } from "./harness.ts";

/** 30 hosts in two zones, 60 stopped guests: several pages of each, and nothing that moves. */
const FLEET = JSON.stringify({
  regions: [
    {
      name: "r",
      zones: ["a", "b"].map((zone) => ({
        name: zone,
        dataCenters: [
          {
            name: `dc-${zone}`,
            hosts: [
              { name: `h-${zone}`, count: 15, cpuCores: 8, memoryMiB: 8192, storageGiB: 100 },
            ],
          },
        ],
      })),
    },
  ],
  flavors: [{ name: "f", cpuCores: 1, memoryMiB: 512, storageGiB: 1 }],
  images: [{ name: "i" }],
  guests: [{ name: "g", count: 60, flavor: "f", image: "i", desired: "STOPPED" }],
});

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer({ fleet: "none" }, true);
  const result = await server.mutate("applyFleet", "ApplyFleetInput", { document: FLEET });
  expect(result.__typename).toBe("ApplyFleetPayload");
});
afterAll(() => server.close());

const PAGE = `totalCount pageInfo { hasNextPage hasPreviousPage startCursor endCursor } nodes { name }`;

async function walk(list: string, forward: boolean): Promise<string[]> {
  const names: string[] = [];
  let cursor: string | null = null;
  for (;;) {
    const page = forward ? `first: 7, after: $cursor` : `last: 7, before: $cursor`;
    const data = await server.data(
      `query ($cursor: String) { list: ${list.replace("PAGE", page)} { ${PAGE} } }`,
      {
        cursor,
      },
    );
    const { nodes, pageInfo } = data.list;
    const found = nodes.map((node: { name: string }) => node.name);
    if (forward) names.push(...found);
    else names.unshift(...found);
    if (!(forward ? pageInfo.hasNextPage : pageInfo.hasPreviousPage)) return names;
    cursor = forward ? pageInfo.endCursor : pageInfo.startCursor;
  }
}

describe("a connection", () => {
  test("has 25 on a page unless told otherwise, and counts all", async () => {
    const { guests } = await server.data(`{ guests { ${PAGE} } }`);
    expect(guests.nodes).toHaveLength(25);
    expect(guests.totalCount).toBe(60);
    expect(guests.pageInfo).toMatchObject({ hasNextPage: true, hasPreviousPage: false });
  });

  test.each([
    ["guests(PAGE)", 60],
    ["guests(PAGE, orderBy: { field: NAME, direction: DESC })", 60],
    ["guests(PAGE, orderBy: { field: STATUS })", 60],
    ["hosts(PAGE, orderBy: { field: CPU_CORES })", 30],
    ['guests(PAGE, filter: { nameContains: "G-1" })', 11],
  ])("%s is walked the same from both ends", async (list, count) => {
    const forward = await walk(list, true);
    expect(forward).toHaveLength(count);
    expect(new Set(forward).size).toBe(count);
    expect(await walk(list, false)).toEqual(forward);
  });

  test("is ordered as asked", async () => {
    const names = await walk("guests(PAGE, orderBy: { field: NAME, direction: DESC })", true);
    expect(names).toEqual(names.toSorted().reverse());
  });

  test("pages within each of its parents", async () => {
    const { zones } = await server.data(
      `{ zones { nodes { name hosts(first: 2, orderBy: { field: NAME }) { totalCount nodes { name } } } } }`,
    );
    expect(zones.nodes).toEqual(
      ["a", "b"].map((zone) => ({
        name: zone,
        hosts: { totalCount: 15, nodes: [{ name: `h-${zone}-1` }, { name: `h-${zone}-10` }] },
      })),
    );
  });

  test("counts with its filter", async () => {
    const zoneId = await server.id("zone", "a");
    const { hosts, guests } = await server.data(
      `query ($ids: [ID!]) {
        hosts(filter: { zoneIds: $ids, nameContains: "-1" }) { totalCount }
        guests(filter: { statuses: [RUNNING] }) { totalCount nodes { name } }
      }`,
      { ids: [zoneId] },
    );
    expect(hosts.totalCount).toBe(7);
    expect(guests).toEqual({ totalCount: 0, nodes: [] });
  });

  test.each([
    ["{ guests(first: 101) { totalCount } }", "first"],
    ["{ guests(first: -1) { nodes { id } } }", "first"],
    ["{ guests(last: 101) { nodes { id } } }", "last"],
    ["{ guests(first: 1, last: 1) { nodes { id } } }", "last"],
    ["{ events(first: 101) { nodes { id } } }", "first"],
    ["{ zones { nodes { hosts(last: -1) { nodes { id } } } } }", "last"],
    ["{ zones { nodes { hosts(first: 1000) { totalCount } } } }", "first"],
    ['{ guests(filter: { zoneIds: ["nonsense"] }) { totalCount } }', "filter.zoneIds.0"],
    ['{ nodes(ids: ["em9uZTox", ""]) { id } }', "ids.1"],
  ])("refuses %s", async (query, argument) => {
    const { errors } = await server.ask(query);
    expect(errors).toHaveLength(1);
    expect(errors?.[0]?.extensions).toEqual({ code: "BAD_USER_INPUT", argument });
  });

  describe("with a cursor", () => {
    const NAME_DESC = "orderBy: { field: NAME, direction: DESC }";
    const refusedAs = async (query: string, cursor: string, problem: RegExp) => {
      const { data, errors } = await server.ask(`query ($cursor: String) { ${query} }`, { cursor });
      expect(data ?? null).toBeNull();
      expect(errors).toHaveLength(1);
      expect(errors?.[0]?.message).toMatch(problem);
      expect(errors?.[0]?.extensions).toEqual({
        code: "BAD_USER_INPUT",
        argument: query.includes("before:") ? "before" : "after",
      });
    };
    const endOf = async (list: string): Promise<string> =>
      (await server.data(`{ list: ${list} { pageInfo { endCursor } } }`)).list.pageInfo.endCursor;

    test.each([
      [`guests(first: 2, ${NAME_DESC})`, "guests(first: 2, after: $cursor)"],
      ["guests(first: 2)", `guests(first: 2, after: $cursor, ${NAME_DESC})`],
      ["guests(first: 2)", "guests(last: 2, before: $cursor, orderBy: { field: NAME })"],
      [
        `guests(first: 2, ${NAME_DESC})`,
        "guests(first: 2, after: $cursor, orderBy: { field: NAME })",
      ],
      [
        "guests(first: 2, orderBy: { field: CPU_CORES })",
        "guests(first: 2, after: $cursor, orderBy: { field: MEMORY })",
      ],
      ["hosts(first: 2)", "guests(first: 2, after: $cursor)"],
      ["hosts(first: 2, orderBy: { field: NAME })", "hosts(first: 2, after: $cursor)"],
      ["guests(first: 2)", "zones { nodes { hosts(first: 2, after: $cursor) { nodes { id } } } }"],
    ])("refuses that of %s in %s", async (from, to) => {
      const query = to.endsWith("}") ? to : `${to} { nodes { id } }`;
      await refusedAs(query, await endOf(from), /This cursor belongs to another list or order/);
    });

    test.each([
      ["nonsense"],
      [""],
      ["äöü"],
      [Buffer.from("DC:N:5").toString("base64")],
      [Buffer.from("GuestConnection@DC:X:5").toString("base64")],
      [Buffer.from("GuestConnection@DC:T:[[]]").toString("base64")],
      [Buffer.from("GuestConnection@DC:O:{}").toString("base64")],
      [Buffer.from("1:42").toString("base64")],
    ])("refuses '%s', which is none", async (cursor) => {
      for (const page of ["after: $cursor", "last: 2, before: $cursor"])
        await refusedAs(`guests(${page}) { nodes { id } }`, cursor, /is not a cursor of a list/);
      await refusedAs("guests(after: $cursor) { totalCount }", cursor, /is not a cursor/);
    });

    test("takes that of an edge, and that of a list within another", async () => {
      const { zone } = await server.data(
        `{ zone(name: "b") { hosts(first: 2, ${NAME_DESC}) { edges { cursor node { name } } } } }`,
      );
      const [first, second] = zone.hosts.edges;
      const after = await server.data(
        `query ($cursor: String) {
          zone(name: "b") {
            hosts(first: 1, after: $cursor, ${NAME_DESC}) { nodes { name } pageInfo { hasNextPage } }
            oldest: hosts(first: 1) { nodes { name } }
          }
        }`,
        { cursor: first.cursor },
      );
      expect(after.zone.hosts).toEqual({
        nodes: [second.node],
        pageInfo: { hasNextPage: true },
      });
      expect(after.zone.oldest.nodes).toEqual([{ name: "h-b-1" }]);
    });
  });

  test("refuses ids of another type, and tells which", async () => {
    const ids = [await server.id("zone", "a"), await server.id("host", "h-a-1")];
    const { errors } = await server.ask(
      `query ($ids: [ID!]) { guests(filter: { zoneIds: $ids }) { totalCount } }`,
      { ids },
    );
    expect(errors?.[0]?.message).toMatch(/^filter\.zoneIds\.1 .* not the id of a Zone$/);
    expect(errors?.[0]?.extensions).toEqual({
      code: "BAD_USER_INPUT",
      argument: "filter.zoneIds.1",
    });
  });
});
