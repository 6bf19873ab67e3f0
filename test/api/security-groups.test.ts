// Who may talk to whom, and who may have how much of a host.

import { beforeEach, describe, expect, test } from "vitest";
import { type Data, type Json, startTestServer, type TestServer } from "./harness.ts";

const DOCUMENT = `
settings: { cpuAllocationRatio: 3, usageSampleSeconds: 10 }
regions:
  - name: north
    zones:
      - { name: a, dataCenters: [{ name: a1, hosts: [{ name: ha, cpuCores: 8, memoryMiB: 32768, storageGiB: 500 }] }] }
      - { name: b, dataCenters: [{ name: b1, hosts: [{ name: hb, cpuCores: 8, memoryMiB: 32768, storageGiB: 500 }] }] }
tenants: [{ name: acme }, { name: other }]
flavors:
  - { name: small, cpuCores: 8, memoryMiB: 1024, storageGiB: 1 }
  - { name: gold, cpuCores: 8, memoryMiB: 1024, storageGiB: 1, allocation: { cpuReservationCores: 5, cpuShares: HIGH } }
images: [{ name: linux }]
securityGroups:
  - name: web
    tenant: acme
    rules:
      - { direction: INGRESS, protocol: TCP, fromPort: 80, remoteCidr: 0.0.0.0/0 }
      - { direction: EGRESS, protocol: TCP, fromPort: 5432, remoteGroup: db }
  - name: db
    tenant: acme
    rules: [{ direction: INGRESS, protocol: TCP, fromPort: 5432, remoteGroup: web }]
guests:
  - { name: front, tenant: acme, flavor: small, image: linux, host: ha, securityGroups: [web] }
  - { name: store, tenant: acme, flavor: gold, image: linux, host: hb, securityGroups: [db] }
  - { name: plain, tenant: acme, flavor: small, image: linux, host: hb }
  - { name: shy, tenant: acme, flavor: small, image: linux, host: ha, securityGroups: [] }
  - { name: stranger, tenant: other, flavor: small, image: linux, desired: STOPPED }
`;

const GROUP = "securityGroupId cursor securityGroup { name rules { direction fromPort } }";

let server: TestServer;

async function apply(document: string, more: Json = {}): Promise<Data> {
  const fields = "... on ApplyFleetPayload { changes { action type name details } unchanged }";
  return server.mutate("applyFleet", "ApplyFleetInput", { document, ...more }, fields);
}

async function guestId(name: string, tenant = "acme"): Promise<string> {
  const query =
    "query ($name: String!, $tenant: String) { guest(name: $name, tenant: $tenant) { id } }";
  return (await server.data(query, { name, tenant })).guest.id;
}

async function groupId(name: string, tenant = "acme"): Promise<string> {
  const query =
    "query ($name: String!, $tenant: String) { securityGroup(name: $name, tenant: $tenant) { id } }";
  return (await server.data(query, { name, tenant })).securityGroup.id;
}

async function reach(from: string, to: string, flow: Json = {}): Promise<Data> {
  const query = `query ($from: ID!, $to: ID!, $protocol: Protocol, $port: Int) {
    canReach(from: $from, to: $to, protocol: $protocol, port: $port) {
      reachable obstacle
      egress { allowed reason group { name } rule { direction protocol fromPort toPort remoteCidr remoteGroup { name } } }
      ingress { allowed reason group { name } rule { direction protocol fromPort toPort remoteCidr remoteGroup { name } } }
    } }`;
  const owner = (name: string) => (name === "stranger" ? "other" : "acme");
  const ids = { from: await guestId(from, owner(from)), to: await guestId(to, owner(to)) };
  return (await server.data(query, { ...ids, ...flow })).canReach;
}

const TCP = (port: number) => ({ protocol: "TCP", port });

beforeEach(async () => {
  server = await startTestServer({ fleet: "none" });
  expect((await apply(DOCUMENT)).__typename).toBe("ApplyFleetPayload");
  await server.advance(60);
});

describe("security groups", () => {
  test("let pass what rules at both ends allow, and say which", async () => {
    expect(await reach("front", "store", TCP(5432))).toEqual({
      reachable: true,
      obstacle: null,
      egress: {
        allowed: true,
        reason: "group web allows EGRESS TCP 5432 to group db",
        group: { name: "web" },
        rule: {
          direction: "EGRESS",
          protocol: "TCP",
          fromPort: 5432,
          toPort: 5432,
          remoteCidr: null,
          remoteGroup: { name: "db" },
        },
      },
      ingress: {
        allowed: true,
        reason: "group db allows INGRESS TCP 5432 from group web",
        group: { name: "db" },
        rule: expect.objectContaining({ remoteGroup: { name: "web" } }),
      },
    });
  });

  test.each([
    ["front", "store", TCP(5433), "no EGRESS rule of web allows it, and so it is denied"],
    ["plain", "front", TCP(80), null],
    ["plain", "front", {}, "no INGRESS rule of web allows it, and so it is denied"],
    ["plain", "store", TCP(5432), "no INGRESS rule of db allows it, and so it is denied"],
    ["shy", "front", TCP(80), "the guest is in no security group, and so everything is denied"],
    ["plain", "shy", TCP(80), "the guest is in no security group, and so everything is denied"],
  ])("from %s to %s, %j: %s", async (from, to, flow, why) => {
    const { reachable, egress, ingress } = await reach(from, to, flow);
    expect(reachable).toBe(why === null);
    const denied = [egress, ingress].find(({ allowed }) => !allowed);
    expect(denied?.reason ?? null).toBe(why);
  });

  test("by default let members of a tenant talk to one another, and nobody else to them", async () => {
    const { securityGroups } =
      await server.data(`{ securityGroups(filter: { nameContains: "default" }) {
      totalCount nodes { name tenant { name } guests { totalCount nodes { name } } rules { direction protocol remoteGroup { name } } } } }`);
    expect(securityGroups.totalCount).toBe(3);
    expect(securityGroups.nodes[1]).toEqual({
      name: "default",
      tenant: { name: "acme" },
      guests: { totalCount: 1, nodes: [{ name: "plain" }] },
      rules: [
        { direction: "EGRESS", protocol: "ANY", remoteGroup: null },
        { direction: "INGRESS", protocol: "ANY", remoteGroup: { name: "default" } },
      ],
    });
    const id = await guestId("front");
    const input = { guestId: id, securityGroups: ["default"] };
    await server.mutate("setGuestSecurityGroups", "SetGuestSecurityGroupsInput", input);
    expect(await reach("front", "plain")).toMatchObject({ reachable: true });
    const stranger = { guestId: await guestId("stranger", "other") };
    await server.mutate("startGuest", "GuestActionInput", stranger);
    await server.advance(60);
    expect(await reach("stranger", "plain")).toMatchObject({
      reachable: false,
      obstacle: null,
      egress: { allowed: true },
      ingress: { allowed: false },
    });
  });

  test("are no use where the network is cut or a guest does not run", async () => {
    const flow = TCP(5432);
    const targetId = await server.id("zone", "b");
    const fault = { kind: "ZONE_NETWORK", targetId };
    await server.mutate("injectFault", "InjectFaultInput", fault);
    expect(await reach("front", "store", flow)).toMatchObject({
      reachable: false,
      obstacle: "host hb is cut off: its zone has no network",
      egress: { allowed: true },
      ingress: { allowed: true },
    });
    await server.mutate("clearFault", "ClearFaultInput", fault);
    expect(await reach("front", "store", flow)).toMatchObject({ reachable: true });
    expect(await reach("stranger", "front", TCP(80))).toMatchObject({
      reachable: false,
      obstacle: "guest stranger does not run: it is STOPPED",
      ingress: { allowed: true },
    });
  });

  test("are created, changed and deleted, each as an event", async () => {
    const before = await server.head();
    const rules = [{ direction: "INGRESS", protocol: "UDP", fromPort: 53, remoteGroup: "dns" }];
    const created = await server.mutate(
      "createSecurityGroup",
      "CreateSecurityGroupInput",
      { name: "dns", tenant: "acme", rules },
      `... on CreateSecurityGroupPayload { ${GROUP} }`,
    );
    expect(created.securityGroup).toEqual({
      name: "dns",
      rules: [
        { direction: "INGRESS", fromPort: 53 },
        { direction: "EGRESS", fromPort: null },
      ],
    });
    const { securityGroupId } = created;
    const changed = await server.mutate(
      "updateSecurityGroup",
      "UpdateSecurityGroupInput",
      { securityGroupId, rules: [{ direction: "INGRESS", remoteCidr: "10.0.0.0/8" }] },
      `... on UpdateSecurityGroupPayload { ${GROUP} }`,
    );
    expect(changed.securityGroup.rules).toHaveLength(2);
    const gone = await server.mutate(
      "deleteSecurityGroup",
      "DeleteSecurityGroupInput",
      { securityGroupId },
      `... on DeleteSecurityGroupPayload { ${GROUP} }`,
    );
    expect(gone).toMatchObject({ securityGroupId, securityGroup: null });
    const kinds = ["CREATED", "CHANGED", "REMOVED"].map((what) => `SECURITY_GROUP_${what}`);
    const { events } = await server.data(
      `query ($after: Cursor, $kinds: [EventKind!]) { events(after: $after, filter: { kinds: $kinds }) {
        nodes { kind message } } }`,
      { after: before, kinds },
    );
    expect(events.nodes).toEqual([
      { kind: "SECURITY_GROUP_CREATED", message: "Security group dns created" },
      {
        kind: "SECURITY_GROUP_CHANGED",
        message:
          "Security group dns changed: with INGRESS ANY from 10.0.0.0/8, without INGRESS UDP 53 from group dns",
      },
      { kind: "SECURITY_GROUP_REMOVED", message: "Security group dns removed" },
    ]);
  });

  test("follow a guest that runs at once, and know who is in them", async () => {
    const input = { guestId: await guestId("plain"), securityGroups: ["default", "web"] };
    const fields =
      "... on SetGuestSecurityGroupsPayload { guest { securityGroups { name guests { nodes { name } } } } }";
    const result = await server.mutate(
      "setGuestSecurityGroups",
      "SetGuestSecurityGroupsInput",
      input,
      fields,
    );
    expect(result.guest.securityGroups).toEqual([
      { name: "default", guests: { nodes: [{ name: "plain" }] } },
      { name: "web", guests: { nodes: [{ name: "front" }, { name: "plain" }] } },
    ]);
    expect(await reach("plain", "store", TCP(5432))).toMatchObject({ reachable: true });
  });

  test("are kept while somebody is in them or speaks of them", async () => {
    const conflict = async (name: string) => {
      const securityGroupId = await groupId(name);
      return server.mutate("deleteSecurityGroup", "DeleteSecurityGroupInput", { securityGroupId });
    };
    expect(await conflict("web")).toMatchObject({
      code: "CONFLICT",
      message: "Security group web is in use (in it: front; rules that name it: those of db).",
      path: ["input", "securityGroupId"],
    });
    expect(await conflict("default")).toMatchObject({ code: "CONFLICT" });
  });

  test.each<[Json, string, RegExp, string[]]>([
    [{ fromPort: 80 }, "INVALID_INPUT", /protocol ANY has no ports/, ["fromPort"]],
    [{ protocol: "TCP", fromPort: 0 }, "INVALID_INPUT", /1 to 65535/, ["fromPort"]],
    [{ protocol: "TCP", fromPort: 9, toPort: 8 }, "INVALID_INPUT", /before/, ["toPort"]],
    [{ remoteCidr: "10.0.0.0/33" }, "INVALID_INPUT", /not an IPv4 network/, ["remoteCidr"]],
    [{ remoteCidr: "10.0.0.1/8" }, "INVALID_INPUT", /beyond its prefix/, ["remoteCidr"]],
    [{ remoteGroup: "nobody" }, "NOT_FOUND", /no such security group/, ["remoteGroup"]],
  ])("refuse the rule %j with %s", async (rule, code, message, path) => {
    const rules = [{ direction: "EGRESS" }, { direction: "INGRESS", ...rule }];
    const input = { name: "x", tenant: "acme", rules };
    const result = await server.mutate("createSecurityGroup", "CreateSecurityGroupInput", input);
    expect(result).toMatchObject({
      code,
      message: expect.stringMatching(message),
      path: ["input", "rules", "1", ...path],
    });
  });

  test("of another tenant are none of a guest's, nor of a rule's", async () => {
    const foreign = await groupId("default", "other");
    const join = { guestId: await guestId("plain"), securityGroupIds: [foreign] };
    expect(
      await server.mutate("setGuestSecurityGroups", "SetGuestSecurityGroupsInput", join),
    ).toMatchObject({ code: "NOT_FOUND", path: ["input", "securityGroups", "0"] });
    const rules = [{ direction: "INGRESS", remoteGroupId: foreign }];
    const update = { securityGroupId: await groupId("web"), rules };
    expect(
      await server.mutate("updateSecurityGroup", "UpdateSecurityGroupInput", update),
    ).toMatchObject({ code: "NOT_FOUND", path: ["input", "rules", "0", "remoteGroup"] });
  });
});

describe("a fleet document", () => {
  test("applied again changes nothing, whatever its order of rules", async () => {
    expect(await apply(DOCUMENT)).toMatchObject({ changes: [] });
  });

  test("changes rules and members, and prunes what nobody needs", async () => {
    const changed = DOCUMENT.replace("fromPort: 80", "fromPort: 443")
      .replace("securityGroups: [db]", "securityGroups: [web]")
      .replace(/ {2}- name: db\n.*\n.*\n/, "")
      .replace(", fromPort: 5432, remoteGroup: db", "");
    expect(await apply(changed, { prune: true })).toMatchObject({
      changes: [
        {
          action: "UPDATE",
          type: "SecurityGroup",
          name: "web",
          details: [
            "with INGRESS TCP 443 from 0.0.0.0/0",
            "with EGRESS TCP to anybody",
            "without INGRESS TCP 80 from 0.0.0.0/0",
            "without EGRESS TCP 5432 to group db",
          ],
        },
        {
          action: "UPDATE",
          type: "Guest",
          name: "store",
          details: ["securityGroups: with web", "securityGroups: without db"],
        },
        { action: "DELETE", type: "SecurityGroup", name: "db" },
      ],
    });
    expect(await apply(changed, { prune: true })).toMatchObject({ changes: [] });
  });

  test("takes the groups of a tenant away with it", async () => {
    const without = DOCUMENT.replace(", { name: other }", "").replace(
      / {2}- { name: stranger.*\n/,
      "",
    );
    await apply(without, { prune: true });
    await server.advance(20);
    expect(await apply(without, { prune: true })).toMatchObject({
      changes: [{ action: "DELETE", type: "Tenant", name: "other" }],
    });
    const { securityGroups } = await server.data(
      "{ securityGroups { nodes { tenant { name } } } }",
    );
    const owners = securityGroups.nodes.map(({ tenant }: Data) => tenant.name);
    expect(owners.toSorted()).toEqual(["acme", "acme", "acme", "default"]);
  });

  test("is told where it names what is not there", async () => {
    const wrong = `
guests: [{ name: g, flavor: small, image: linux, securityGroups: [default, web] }]
securityGroups: [{ name: s, rules: [{ direction: INGRESS, protocol: ICMP, fromPort: 1 }, { direction: EGRESS, remoteGroup: web }] }]
`;
    const { problems } = await apply(wrong);
    expect(problems).toEqual([
      expect.objectContaining({
        message: "Security group s: protocol ICMP has no ports.",
        path: ["securityGroups", "0", "rules", "0", "fromPort"],
        line: 3,
      }),
      expect.objectContaining({
        message: "Security group s: tenant default has no security group web.",
        path: ["securityGroups", "0", "rules", "1", "remoteGroup"],
      }),
      expect.objectContaining({
        message: "Guest g: tenant default has no security group web.",
        path: ["guests", "0", "securityGroups", "1"],
      }),
    ]);
  });
});

describe("an allocation", () => {
  const ALLOCATION =
    "allocation { cpuReservationCores cpuLimitCores cpuShares cpuSharesLevel memoryReservationMiB }";
  const set = async (name: string, allocation: Json) =>
    server.mutate(
      "setGuestAllocation",
      "SetGuestAllocationInput",
      { guestId: await guestId(name), allocation },
      `... on SetGuestAllocationPayload { guest { ${ALLOCATION} } }`,
    );

  test("is its flavor's, or its own", async () => {
    const query = `{ guest(name: "store", tenant: "acme") { ${ALLOCATION} flavor { ${ALLOCATION} } host { reserved { cpuCores memoryMiB } } } }`;
    const { guest } = await server.data(query);
    expect(guest.allocation).toEqual({
      cpuReservationCores: 5,
      cpuLimitCores: null,
      cpuShares: 16_000,
      cpuSharesLevel: "HIGH",
      memoryReservationMiB: 0,
    });
    expect(guest.flavor.allocation).toEqual(guest.allocation);
    expect(guest.host.reserved).toEqual({ cpuCores: 5, memoryMiB: 0 });
    expect(await set("plain", { cpuLimitCores: 2, cpuShares: 77 })).toMatchObject({
      guest: {
        allocation: {
          cpuReservationCores: 0,
          cpuLimitCores: 2,
          cpuShares: 77,
          cpuSharesLevel: null,
        },
      },
    });
  });

  test("is seen in what a guest uses: a neighbour takes nothing of what is reserved", async () => {
    const busy = DOCUMENT.replace(
      /(name: (?:store|plain), .*) }/g,
      "$1, workload: { kind: CONSTANT, cpuShare: 1 } }",
    );
    await apply(busy);
    for (const name of ["store", "plain"]) {
      const input = { guestId: await guestId(name) };
      await server.mutate("stopGuest", "GuestActionInput", input);
      await server.advance(20);
      await server.mutate("startGuest", "GuestActionInput", input);
    }
    await server.advance(60);
    const usage = async (name: string) =>
      (
        await server.data(
          `query ($name: String!) { guest(name: $name, tenant: "acme") {
            host { name } usage { cpuCores cpuDemandCores cpuGrantedCores cpuStolenCores memoryMiB sampledAt } } }`,
          { name },
        )
      ).guest;
    expect(await usage("store")).toMatchObject({
      host: { name: "hb" },
      usage: { cpuDemandCores: 8, cpuStolenCores: expect.closeTo(2.667, 2) },
    });
    await set("plain", { cpuShares: 1_000_000 });
    await server.advance(20);
    expect(await usage("store")).toMatchObject({
      usage: { cpuCores: 5, cpuDemandCores: 8, cpuGrantedCores: 5, cpuStolenCores: 3 },
    });
    expect(await usage("plain")).toMatchObject({ usage: { cpuCores: 3, cpuStolenCores: 5 } });
  });

  test("that no host can promise is refused, and keeps a new guest from starting", async () => {
    expect(await set("plain", { cpuReservationCores: 4 })).toMatchObject({
      code: "NO_CAPACITY",
      message: expect.stringMatching(/^Host hb can promise guest plain 3 cores at most, not 4/),
      path: ["input", "allocation", "cpuReservationCores"],
    });
    await set("front", { cpuReservationCores: 4 });
    const create = { name: "late", tenant: "acme", flavor: "gold", image: "linux" };
    const flavors = `... on CreateGuestPayload { guest { name } }`;
    const small = {
      ...create,
      flavor: null,
      resources: { cpuCores: 5, memoryMiB: 64, storageGiB: 1 },
    };
    for (const name of ["shy", "plain"])
      await server.mutate("stopGuest", "GuestActionInput", { guestId: await guestId(name) });
    await server.advance(20);
    const allocation = { cpuReservationCores: 5 };
    await server.mutate("createGuest", "CreateGuestInput", { ...small, allocation }, flavors);
    const { guest } = await server.data(
      '{ guest(name: "late", tenant: "acme") { status blockedBy { code message } } }',
    );
    expect(guest.status).toBe("PENDING");
    expect(guest.blockedBy).toEqual([
      {
        code: "RESERVED_BY_OTHERS",
        message: expect.stringMatching(/^2 of 2 hosts are unable to reserve/),
      },
    ]);
    await set("front", {});
    await server.advance(30);
    const after = await server.data('{ guest(name: "late", tenant: "acme") { status } }');
    expect(after.guest.status).toBe("RUNNING");
  });

  test.each<[Json, string]>([
    [{ cpuReservationCores: 9 }, "cpuReservationCores"],
    [{ memoryReservationMiB: -1 }, "memoryReservationMiB"],
    [{ cpuReservationCores: 2, cpuLimitCores: 1 }, "cpuLimitCores"],
    [{ cpuShares: 0 }, "cpuShares"],
    [{ cpuShares: 5, cpuSharesLevel: "LOW" }, "cpuShares"],
  ])("of %j makes no sense", async (allocation, field) => {
    expect(await set("plain", allocation)).toMatchObject({
      code: "INVALID_INPUT",
      path: ["input", "allocation", field],
    });
  });

  test("of a fleet document is told where it makes no sense", async () => {
    const { problems } = await apply(`
flavors: [{ name: f, cpuCores: 1, memoryMiB: 64, storageGiB: 1, allocation: { cpuReservationCores: 2 } }]
guests: [{ name: g, flavor: small, image: linux, allocation: { cpuShares: 0 } }]
`);
    expect(problems).toEqual([
      expect.objectContaining({
        path: ["guests", "0", "allocation", "cpuShares"],
        line: 3,
      }),
    ]);
    const { problems: more } = await apply(`
flavors: [{ name: f, cpuCores: 1, memoryMiB: 64, storageGiB: 1, allocation: { cpuReservationCores: 2 } }]
`);
    expect(more).toEqual([
      expect.objectContaining({
        message: "Flavor f: cpuReservationCores must be from 0 to the 1 that the guest has, not 2.",
        path: ["flavors", "0", "allocation", "cpuReservationCores"],
      }),
    ]);
  });
});
