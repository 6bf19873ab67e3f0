import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startSettledServer, type TestServer } from "./harness.ts";

let server: TestServer;
beforeAll(async () => {
  server = await startSettledServer({}, true);
});
afterAll(() => server.close());

describe("the inventory", () => {
  test("is walked from region to guest and back", async () => {
    const { region } = await server.data(`{
      region(name: "north") {
        name
        location { latitude longitude }
        zones(first: 10) { nodes {
          name status power cooling network
          region { name }
          dataCenters { nodes {
            name
            zone { name }
            racks { totalCount }
            hosts { nodes { name status driver rack { name } zone { name } dataCenter { name } } }
          } }
        } }
      }
    }`);
    expect(region.location).toEqual({ latitude: 0, longitude: 0 });
    expect(region.zones.nodes).toHaveLength(3);
    expect(region.zones.nodes[0]).toEqual({
      name: "north-a",
      status: "HEALTHY",
      power: "UP",
      cooling: "UP",
      network: "UP",
      region: { name: "north" },
      dataCenters: {
        nodes: [
          {
            name: "dc-a",
            zone: { name: "north-a" },
            racks: { totalCount: 0 },
            hosts: {
              nodes: [
                {
                  name: "host-a",
                  status: "UP",
                  driver: "simulated",
                  rack: null,
                  zone: { name: "north-a" },
                  dataCenter: { name: "dc-a" },
                },
              ],
            },
          },
        ],
      },
    });
  });

  test("shows a guest with all that belongs to it", async () => {
    const { guest } = await server.data(`{
      guest(name: "api-1") {
        name status desired deleting
        tenant { name quota { cpuCores guests } }
        flavor { name resources { cpuCores memoryMiB storageGiB } }
        image { name bootSeconds }
        resources { cpuCores memoryMiB storageGiB }
        host { name } zone { name }
        recovery { priority maxRestarts maxRelocations failback dependsOn { name } }
        blockedBy { code }
        placement { host { name } score hostsExamined hostsNotExamined verdicts { host { name } feasible score scores { scorer value } rejectedBy { code } } }
        usage { cpuCores memoryMiB sampledAt }
        events(first: 1) { nodes { __typename message } }
      }
    }`);
    expect(guest).toMatchObject({
      name: "api-1",
      status: "RUNNING",
      desired: "RUNNING",
      deleting: false,
      tenant: { name: "default", quota: { cpuCores: null, guests: null } },
      flavor: { name: "small", resources: { cpuCores: 2, memoryMiB: 4096, storageGiB: 40 } },
      image: { name: "linux", bootSeconds: 15 },
      resources: { cpuCores: 2, memoryMiB: 4096, storageGiB: 40 },
      recovery: {
        priority: "HIGH",
        maxRestarts: 1,
        maxRelocations: 1,
        failback: true,
        dependsOn: [{ name: "db" }],
      },
      blockedBy: [],
      events: { nodes: [{ __typename: "GuestCreated", message: "Guest api-1 created" }] },
    });
    expect(guest.placement.host).toEqual(guest.host);
    expect(guest.placement.verdicts[0]).toMatchObject({ host: guest.host, feasible: true });
    expect(guest.usage.memoryMiB).toBeGreaterThan(0);
  });

  test("adds up", async () => {
    const { zones, region, hosts, fleet } = await server.data(`{
      zones { nodes { capacity { total { cpuCores } allocated { cpuCores memoryMiB } free { cpuCores } hostsUp hostsTotal guestsRunning consolidationRatio } } }
      region(name: "north") { capacity { total { cpuCores memoryMiB } allocated { cpuCores } free { cpuCores } hostsUp guestsRunning } }
      hosts { nodes { capacity { cpuCores } allocated { cpuCores } usage { cpuCores } guests { totalCount } lastHeartbeatAt } }
      fleet { hostsUp hostsTotal guestsRunning guestsTotal zonesHealthy zonesTotal failoversRunning guests { status count } }
    }`);
    // db takes 4 cores, the other four guests 2 each, of 3 hosts with 16.
    expect(region.capacity).toEqual({
      total: { cpuCores: 48, memoryMiB: 196_608 },
      allocated: { cpuCores: 12 },
      free: { cpuCores: 36 },
      hostsUp: 3,
      guestsRunning: 5,
    });
    const sum = (values: number[]) => values.reduce((a, b) => a + b, 0);
    const capacities = zones.nodes.map((zone: { capacity: unknown }) => zone.capacity);
    expect(
      sum(capacities.map((one: { allocated: { cpuCores: number } }) => one.allocated.cpuCores)),
    ).toBe(12);
    for (const one of capacities) expect(one.consolidationRatio).toBe(one.guestsRunning);
    expect(
      sum(hosts.nodes.map((host: { allocated: { cpuCores: number } }) => host.allocated.cpuCores)),
    ).toBe(12);
    for (const host of hosts.nodes) expect(host.lastHeartbeatAt).toMatch(/^2026-01-01T00:0/);
    expect(fleet).toEqual({
      hostsUp: 3,
      hostsTotal: 3,
      guestsRunning: 5,
      guestsTotal: 5,
      zonesHealthy: 3,
      zonesTotal: 3,
      failoversRunning: 0,
      guests: [{ status: "RUNNING", count: 5 }],
    });
  });

  test("lists tenants, flavors, images, rules and operations", async () => {
    const data = await server.data(`{
      tenants { totalCount nodes { name guests { totalCount } } }
      flavors(orderBy: { field: NAME, direction: DESC }) { nodes { name guests { totalCount } } }
      images { nodes { name guests { totalCount } } }
      affinityRules { nodes { name kind strict polarity scope hosts { priority } guests { totalCount nodes { name } } } }
      operations { totalCount }
      failovers { totalCount }
      viewer { name role }
      simulation { clock speed now faults { totalCount } }
    }`);
    expect(data).toEqual({
      tenants: { totalCount: 1, nodes: [{ name: "default", guests: { totalCount: 5 } }] },
      flavors: {
        nodes: [
          { name: "small", guests: { totalCount: 4 } },
          { name: "medium", guests: { totalCount: 1 } },
        ],
      },
      images: { nodes: [{ name: "linux", guests: { totalCount: 5 } }] },
      affinityRules: {
        nodes: [
          {
            name: "web-apart",
            kind: "GUEST",
            strict: false,
            polarity: "APART",
            scope: "ZONE",
            hosts: [],
            guests: { totalCount: 2, nodes: [{ name: "web-1" }, { name: "web-2" }] },
          },
        ],
      },
      operations: { totalCount: 0 },
      failovers: { totalCount: 0 },
      viewer: { name: "local", role: "ADMIN" },
      simulation: {
        clock: "MANUAL",
        speed: null,
        now: "2026-01-01T00:02:00.000Z",
        faults: { totalCount: 0 },
      },
    });
  });

  test.each(["region", "zone", "host", "guest"])(
    "answers null for a %s that is not there",
    async (field) => {
      const data = await server.data(`{ ${field}(name: "nowhere") { id } }`);
      expect(data).toEqual({ [field]: null });
    },
  );
});

describe("global ids", () => {
  test("name one thing each, of any type", async () => {
    const { guest, host, events } = await server.data(`{
      guest(name: "db") { id } host(name: "host-a") { id } events(first: 1) { nodes { id } }
    }`);
    const { nodes } = await server.data(
      `query ($ids: [ID!]!) { nodes(ids: $ids) { __typename id ... on Guest { name } ... on Host { name } } }`,
      { ids: [guest.id, host.id, events.nodes[0].id, "R3Vlc3Q6OTk5OTk5"] },
    );
    expect(nodes).toEqual([
      { __typename: "Guest", id: guest.id, name: "db" },
      { __typename: "Host", id: host.id, name: "host-a" },
      { __typename: "FleetApplied", id: events.nodes[0].id },
      null,
    ]);
  });

  test.each([
    ["an unknown number", btoa("Guest:999999")],
    ["an unknown type", btoa("Ghost:1")],
    ["something else's number", btoa("Guest:1")],
    ["no number", btoa("Guest:one")],
    ["an event's number under another kind", btoa("GuestLost:1")],
  ])("that name nothing (%s) are null", async (_what, id) => {
    expect(await server.data(`query ($id: ID!) { node(id: $id) { id } }`, { id })).toEqual({
      node: null,
    });
  });

  test.each(["", "nonsense", "R3Vlc3Q", btoa("Guest"), `${btoa("Guest:1")}=`])(
    "that are none (%s) are refused",
    async (id) => {
      const { errors } = await server.ask(`query ($id: ID!) { node(id: $id) { id } }`, { id });
      expect(errors?.[0]?.extensions).toEqual({ code: "BAD_USER_INPUT", argument: "id" });
    },
  );
});

describe("explainPlacement", () => {
  const SIZE = { cpuCores: 1, memoryMiB: 1, storageGiB: 1 };

  test("tells every host's verdict for a guest like this", async () => {
    const { explainPlacement: answer } = await server.data(
      `query ($input: ExplainPlacementInput!) { explainPlacement(input: $input) {
        host { name } feasibleHosts blockedBy { code } cursor
        verdicts { host { name } feasible score scores { scorer } rejectedBy { code message host { name } } }
      } }`,
      { input: { flavor: "medium" } },
    );
    expect(answer.feasibleHosts).toBe(3);
    expect(answer.verdicts).toHaveLength(3);
    expect(answer.verdicts[0].host).toEqual(answer.host);
    expect(answer.blockedBy).toEqual([]);
    expect(answer.cursor).toBe(await server.head());
  });

  test("tells why there is no place", async () => {
    const { explainPlacement: answer } = await server.data(`{
      explainPlacement(input: { resources: { cpuCores: 64, memoryMiB: 1, storageGiB: 1 } }) {
        host { name } feasibleHosts blockedBy { code } verdicts { feasible rejectedBy { code } }
      }
    }`);
    expect(answer.host).toBeNull();
    expect(answer.feasibleHosts).toBe(0);
    expect(answer.blockedBy.length).toBeGreaterThan(0);
    for (const verdict of answer.verdicts)
      expect(verdict).toEqual({ feasible: false, rejectedBy: [{ code: "INSUFFICIENT_CPU" }] });
  });

  test.each([
    [{}, "input"],
    [{ flavor: "gigantic" }, "input.flavor"],
    [{ guestId: btoa("Guest:999999") }, "input.guestId"],
    [{ flavor: "small", host: "nowhere" }, "input.host"],
    [{ flavor: "small", resources: SIZE }, "input.resources"],
    [{ flavorId: btoa("Flavor:999999") }, "input.flavorId"],
    [{ resources: { ...SIZE, cpuCores: 0 } }, "input.resources.cpuCores"],
    [{ resources: { ...SIZE, cpuCores: 1e300 } }, "input.resources.cpuCores"],
    [{ resources: { ...SIZE, memoryMiB: -1 } }, "input.resources.memoryMiB"],
    [{ resources: { ...SIZE, storageGiB: 2_000_000_000 } }, "input.resources.storageGiB"],
  ])("refuses %j", async (input, argument) => {
    const { errors } = await server.ask(
      `query ($input: ExplainPlacementInput!) { explainPlacement(input: $input) { feasibleHosts } }`,
      { input },
    );
    expect(errors?.[0]?.message).toMatch(new RegExp(`^${argument}(?:: [A-Za-z]| needs | is )`));
    expect(errors?.[0]?.extensions).toEqual({ code: "BAD_USER_INPUT", argument });
  });
});
