import { createClient as createSseClient } from "graphql-sse";
import { beforeAll, describe, expect, test } from "vitest";
import { schema } from "../../schema/index.ts";
import type { FieldSpec } from "../../src/model/events/field-types.ts";
import { EVENTS, type EventKind, type FleetEvent } from "../../src/model/events.ts";
import type { TenantId } from "../../src/model/ids.ts";
import { isSeenBy, VISIBILITY } from "../../src/model/visibility.ts";
import { selectionOf } from "./full-selection.ts";
import { type Data, startTestServer, type TestServer, withToken } from "./harness.ts";

/** All that the first tenant has is of a zebra or of quartz, and no other thing is so large. */
const FLEET = `
settings: { tolerate: nothing, startsPerHost: 4 }
regions:
  - name: north
    zones:
      - name: north-a
        dataCenters: [{ name: dc-a, hosts: [{ name: host-a, count: 2, rack: rack-a, cpuCores: 32, memoryMiB: 32768, storageGiB: 1000 }] }]
      - name: north-b
        dataCenters: [{ name: dc-b, hosts: [{ name: host-b, count: 2, rack: rack-b, cpuCores: 32, memoryMiB: 32768, storageGiB: 1000 }] }]
tenants:
  - { name: quartz, quota: { cpuCores: 97.5, memoryMiB: 200003, storageGiB: 4007, guests: 31 } }
  - { name: tango, quota: { cpuCores: 64, memoryMiB: 64000, storageGiB: 2000, guests: 12 } }
flavors:
  - { name: small, cpuCores: 1, memoryMiB: 6000, storageGiB: 10 }
images:
  - { name: linux, bootSeconds: 10 }
securityGroups:
  - { name: zebra-net, tenant: quartz, rules: [{ direction: INGRESS, protocol: TCP, fromPort: 7919, remoteCidr: 10.0.0.0/8 }] }
scalingGroups:
  - name: zebra-fleet
    tenant: quartz
    template: { flavor: small, image: linux, securityGroups: [zebra-net] }
    max: 2
    desired: 1
    healthCheck: LOAD_BALANCER
    policies: [{ name: zebra-cpu, kind: TARGET_TRACKING, metric: CPU, target: 80 }]
guests:
  - { name: zebra-db, tenant: quartz, resources: { cpuCores: 1.719, memoryMiB: 7919, storageGiB: 53 }, image: linux, priority: CRITICAL, securityGroups: [zebra-net], allocation: { cpuReservationCores: 1.719, memoryReservationMiB: 7919 } }
  - { name: zebra-web, count: 7, tenant: quartz, resources: { cpuCores: 1.719, memoryMiB: 7919, storageGiB: 53 }, image: linux, priority: HIGH, dependsOn: [zebra-db] }
  - { name: app, count: 9, tenant: tango, flavor: small, image: linux, priority: LOW, preemptible: true }
  - { name: extra, tenant: tango, flavor: small, image: linux, priority: LOW, dependsOn: [app-1] }
loadBalancers:
  - name: zebra-front
    tenant: quartz
    listeners: [{ port: 7919, targetGroup: zebra-webs }]
    targetGroups: [{ name: zebra-webs, port: 7919, healthCheck: { path: /zebra }, targets: [zebra-web, { guest: zebra-db, port: 1719 }, { scalingGroup: zebra-fleet, port: 1719 }] }]
affinityRules:
  - { name: zebra-apart, kind: GUEST, guests: [quartz/zebra-web-1, quartz/zebra-web-2], polarity: APART, scope: HOST, strict: true }
  - { name: app-apart, kind: GUEST, guests: [tango/app-1, tango/app-2], polarity: APART, scope: HOST, strict: true }
  - { name: zebra-and-app, kind: GUEST, guests: [quartz/zebra-web-3, tango/app-3], polarity: APART, scope: HOST, strict: true }
`;
const FORBIDDEN = /zebra|quartz|\b(?:1\.719|1719|7919|200003|97\.5|4007)\b/i;

const LIMITS = {
  maxTokens: 1_000_000,
  maxCost: Number.MAX_SAFE_INTEGER,
  maxAliases: 1_000_000,
  maxFrameBytes: 16 * 1024 * 1024,
};

let server: TestServer;
let own: TestServer;
let other: TestServer;
/** The ids of all that the first tenant has. */
let foreignIds: string[];

function expectNothingOfOthers(answer: unknown, what: string): void {
  const text = JSON.stringify(answer);
  const leak = FORBIDDEN.exec(text);
  const near = leak ? text.slice(Math.max(0, leak.index - 200), leak.index + 80) : "";
  expect(near, what).toBe("");
  expect(
    foreignIds.filter((id) => text.includes(id)),
    what,
  ).toEqual([]);
}

async function guestIds(name: string): Promise<string[]> {
  const data = await server.data(
    `query ($name: String) { guests(first: 100, filter: { nameContains: $name }) { nodes { id } } }`,
    { name },
  );
  return data.guests.nodes.map(({ id }: { id: string }) => id);
}

/** As much as happens to a tenant in a bad week. */
async function liveThrough(): Promise<void> {
  const guests = await guestIds("zebra-web");
  const [first, second, third] = guests;
  const act = async (name: string, guestId: string | undefined, more: object = {}) => {
    const type = /resize|migrate/.test(name)
      ? `${name[0]?.toUpperCase()}${name.slice(1)}Input`
      : "GuestActionInput";
    await own.mutate(name, type, { guestId, ...more });
    await server.advance(30);
  };
  await act("stopGuest", first);
  await act("startGuest", first);
  await act("suspendGuest", second);
  await act("resumeGuest", second);
  await act("rebootGuest", third);
  await act("migrateGuest", third);
  const target = (targetId: string, kind: string) => ({ targetId, kind });
  const fault = (name: string, targetId: string, kind: string) =>
    server.mutate(
      name,
      name === "injectFault" ? "InjectFaultInput" : "ClearFaultInput",
      target(targetId, kind),
    );
  await fault("injectFault", guests[4] as string, "GUEST_CRASH");
  await server.advance(60);
  const host = await server.id("host", "host-a-1");
  await fault("injectFault", host, "HOST_POWER");
  await server.advance(200);
  const maintained = await server.id("host", "host-b-1");
  await server.mutate("setMaintenance", "SetMaintenanceInput", {
    hostId: maintained,
    enabled: true,
  });
  await server.advance(200);
  await act("deleteGuest", guests[6]);
}

beforeAll(async () => {
  server = await startTestServer({ fleet: "none", limits: LIMITS }, true);
  const applied = await server.mutate("applyFleet", "ApplyFleetInput", { document: FLEET });
  expect(applied).toEqual({ __typename: "ApplyFleetPayload" });
  await server.advance(120);
  own = await withToken(server, { role: "ADMIN", tenant: "quartz", name: "zebra-keeper" });
  other = await withToken(server, { role: "ADMIN", tenant: "tango" });
  await withToken(own, { role: "VIEWER", name: "zebra-viewer" });
  await liveThrough();
  const data = await own.data(`{
    viewer { tenant { id } }
    guests(first: 100) { nodes { id } }
    apiTokens { nodes { id } }
    operations(first: 100) { nodes { id } }
    affinityRules { nodes { id } }
    loadBalancers { nodes { id targetGroups { targets { id } } } }
    flavors { nodes { id guests { totalCount } } }
    scalingGroups { nodes { id } }
    flavors { nodes { id name guests { totalCount } } }
  }`);
  const rules = await server.data(
    `{ affinityRules(filter: { nameContains: "zebra" }) { nodes { id } } }`,
  );
  foreignIds = [
    data.viewer.tenant.id,
    ...[
      data.guests,
      data.apiTokens,
      data.operations,
      data.affinityRules,
      data.scalingGroups,
      rules.affinityRules,
    ]
      .flatMap(({ nodes }) => nodes)
      .map(({ id }: { id: string }) => id),
    ...data.loadBalancers.nodes.flatMap(({ id, targetGroups }: Data) => [
      id,
      ...targetGroups.flatMap(({ targets }: Data) => targets.map((target: Data) => target.id)),
    ]),
    ...data.flavors.nodes
      .filter(({ name, guests }: Data) => name.startsWith("own-") && guests.totalCount > 0)
      .map(({ id }: Data) => id),
  ];
  expect(foreignIds.length).toBeGreaterThan(15);
  return () => server.close();
});

const queries = Object.values(schema.getQueryType()?.getFields() ?? {});
/** Of all types together there is more to ask than of one. */
const selections = new Map(
  queries.map(({ name, type }) => [name, selectionOf(type, /^nodes?$/.test(name) ? 1 : 3)]),
);

/** What is asked of fields that need to be told something: of one's own, of all, and of what others have. */
function argumentsOf(name: string): (string | null)[] {
  const ids = foreignIds.map((id) => JSON.stringify(id));
  const [tenantId] = ids;
  switch (name) {
    case "node":
      return ids.map((id) => `id: ${id}`);
    case "nodes":
      return [`ids: [${ids.slice(0, 100).join(", ")}]`];
    case "loadBalancer":
      return ['name: "zebra-front", tenant: "quartz"', 'name: "zebra-front"'];
    case "guest":
      return ['name: "app-1", tenant: "tango"', 'name: "zebra-db", tenant: "quartz"'];
    case "scalingGroup":
      return ['name: "zebra-fleet", tenant: "quartz"', 'name: "zebra-fleet"'];
    case "tenant":
      return ['name: "tango"', 'name: "quartz"'];
    case "host":
      return ['name: "host-a-2"', 'name: "host-b-1"'];
    case "zone":
      return ['name: "north-a"'];
    case "region":
      return ['name: "north"'];
    case "explainPlacement":
      return [
        'input: { flavor: "small" }',
        "input: { resources: { cpuCores: 20, memoryMiB: 30000, storageGiB: 10 } }",
        `input: { guestId: ${ids[1]} }`,
        `input: { tenantId: ${tenantId}, flavor: "small" }`,
        'input: { tenant: "quartz", flavor: "small" }',
      ];
    case "capacityReport":
      return ["HOST", "RACK", "DATA_CENTER", "ZONE", "REGION"].map((losing) => `losing: ${losing}`);
    case "events":
      return [
        "first: 100",
        "last: 100",
        `last: 100, filter: { tenantIds: [${tenantId}] }`,
        `last: 100, filter: { subjectIds: [${ids.slice(1, 9).join(", ")}] }`,
      ];
    case "guests":
      return [
        "first: 100",
        `filter: { tenantIds: [${tenantId}] }`,
        'filter: { nameContains: "zebra" }',
      ];
    default:
      return [null];
  }
}

/** Without what the question itself said. */
function withoutQuestion(answer: unknown, given: string | null): unknown {
  const said = [...(given ?? "").matchAll(/"([^"]+)"/g)].map(([, text]) => text as string);
  const text = said.reduce((rest, word) => rest.replaceAll(word, "…"), JSON.stringify(answer));
  return JSON.parse(text);
}

describe("a second tenant sees nothing of what the first has", () => {
  test.each(queries.map((field) => [field.name]))("in query %s", async (name) => {
    for (const given of argumentsOf(name)) {
      const query = `{ ${name}${given === null ? "" : `(${given})`} ${selections.get(name)} }`;
      const answer = await other.ask(query);
      expectNothingOfOthers(withoutQuestion(answer, given), `${name}(${given})`);
      const errors = answer.errors?.map(({ message }) => message) ?? [];
      expect(errors.filter((message) => /Internal|Cannot query|Syntax/.test(message))).toEqual([]);
    }
  });

  test("whereas the first sees it, by the same questions", async () => {
    const answers = await Promise.all(
      ["guests(first: 100)", "events(last: 100)", "apiTokens", "affinityRules", "tenants"].map(
        (field) => {
          const type = schema.getQueryType()?.getFields()[field.replace(/\(.*/, "")]?.type;
          if (!type) throw new Error(field);
          return own.data(`{ ${field} ${selectionOf(type)} }`);
        },
      ),
    );
    const text = JSON.stringify(answers);
    for (const word of ["zebra-db", "quartz", "zebra-apart", "zebra-viewer", "7919", "200003"])
      expect(text).toContain(word);
  });

  const EVENT = selectionOf(schema.getSubscriptionType()?.getFields()["events"]?.type as never, 1);

  test("in all of the log, asked for page by page", async () => {
    let after: string | null = null;
    const kinds = new Set<string>();
    do {
      const { events }: Data = await other.data(
        `query ($after: Cursor) { events(first: 100, after: $after) {
          totalCount pageInfo { endCursor hasNextPage } nodes ${EVENT}
        } }`,
        { after },
      );
      expectNothingOfOthers(events, "events");
      for (const { kind } of events.nodes) kinds.add(kind);
      after = events.pageInfo.hasNextPage ? events.pageInfo.endCursor : null;
    } while (after !== null);
    for (const kind of ["GUEST_PREEMPTED", "GUEST_LOST", "HOST_DOWN", "FAILOVER_STARTED"])
      expect(kinds).toContain(kind);
  });

  /** What is live ends with an event that both see. */
  async function expectSilence(take: () => Promise<Data>): Promise<void> {
    for (const guestId of await guestIds("zebra-web-2")) {
      await own.mutate("stopGuest", "GuestActionInput", { guestId });
      await server.advance(30);
      await own.mutate("startGuest", "GuestActionInput", { guestId });
      await server.advance(30);
    }
    await server.mutate("setHighAvailability", "SetHighAvailabilityInput", { enabled: false });
    await server.mutate("setHighAvailability", "SetHighAvailabilityInput", { enabled: true });
    for (;;) {
      const { events } = await take();
      expectNothingOfOthers(events, "subscription");
      if (events.kind === "HIGH_AVAILABILITY_ARMED") return;
    }
  }

  test.each([
    ["executed", EVENT],
    ["written", "{ id cursor kind message severity actor { kind name } }"],
  ])("in a subscription to all events, replayed and live, by WebSocket (%s)", async (_, fields) => {
    const after = (await server.head()).replace(/\d+$/, "0");
    const subscription = other.subscribe(
      `subscription ($after: Cursor) { events(after: $after) ${fields} }`,
      { after },
    );
    await expectSilence(() => subscription.next());
    await subscription.close();
  });

  test("in a subscription to all events by SSE", async () => {
    const client = createSseClient({
      url: other.url,
      retryAttempts: 0,
      headers: other.authorization,
    });
    const after = (await server.head()).replace(/\d+$/, "0");
    const events = client.iterate<Data>({
      query: `subscription ($after: Cursor) { events(after: $after) ${EVENT} }`,
      variables: { after },
    });
    await expectSilence(async () => {
      const { value } = await events.next();
      if (value.errors) throw new Error(JSON.stringify(value.errors));
      return value.data;
    });
    await events.return?.();
    client.dispose();
  });

  test.each(["host", "zone", "fleet"])("in subscription %s", async (name) => {
    const ids: Record<string, string> = {
      host: await server.id("host", "host-b-2"),
      zone: await server.id("zone", "north-b"),
    };
    const type = schema.getSubscriptionType()?.getFields()[name]?.type;
    const argument = ids[name] === undefined ? "" : `(id: "${ids[name]}")`;
    const subscription = other.subscribe(
      `subscription { ${name}${argument} ${selectionOf(type as never)} }`,
    );
    expectNothingOfOthers(await subscription.next(), name);
    await subscription.close();
  });

  test("and is told the same of what others have as of what is not there", async () => {
    const gone = btoa("Guest:999999");
    for (const id of [(await guestIds("zebra-db"))[0] as string, gone]) {
      const answer = await other.ask(`query ($id: ID!) { node(id: $id) { id } }`, { id });
      expect(answer).toMatchObject({ data: { node: null } });
      expect(answer.errors).toBeUndefined();
      expect(await other.subscribe(`subscription { guest(id: "${id}") { id } }`).failure()).toEqual(
        [expect.objectContaining({ message: `There is no guest with id ${id}` })],
      );
      const refused = await other.mutate("stopGuest", "GuestActionInput", { guestId: id });
      expect(refused).toEqual({
        __typename: "NotFoundError",
        code: "NOT_FOUND",
        message: "There is no such guest.",
        path: ["input", "guestId"],
      });
    }
  });
});

describe("counts and sums", () => {
  test("are of a tenant's own", async () => {
    const data = await other.data(`{
      guests { totalCount }
      tenants { totalCount nodes { name } }
      fleet { guestsTotal guestsRunning hostsTotal capacity { allocated { memoryMiB } } }
      hosts { nodes { allocated { memoryMiB } guests { totalCount } usage { memoryMiB } } }
      failovers { nodes { guestsAffected guestsRecovered guestsUnrecovered } }
      incidents { nodes { guestsLost } }
    }`);
    expect(data.guests.totalCount).toBe(10);
    expect(data.tenants).toEqual({ totalCount: 1, nodes: [{ name: "tango" }] });
    expect(data.fleet).toMatchObject({ guestsTotal: 10, hostsTotal: 4 });
    expect(data.fleet.capacity.allocated.memoryMiB % 6000).toBe(0);
    for (const { allocated, guests } of data.hosts.nodes)
      expect(allocated.memoryMiB).toBe(guests.totalCount * 6000);
    const [failover] = data.failovers.nodes;
    const [incident] = data.incidents.nodes;
    const { events } = await other.data(
      `{ events(first: 100, filter: { kinds: [GUEST_LOST, HOST_DOWN, FAILOVER_STARTED] }) { nodes {
        kind message ... on HostDown { guestsLost } ... on FailoverStarted { guestsAffected } } } }`,
    );
    const lost = events.nodes.filter(({ kind }: Data) => kind === "GUEST_LOST").length;
    expect(lost).toBeGreaterThan(0);
    expect(failover.guestsAffected).toBe(lost);
    expect(incident.guestsLost).toBe(lost);
    const plural = lost === 1 ? "1 guest" : `${lost} guests`;
    expect(events.nodes).toContainEqual({
      kind: "HOST_DOWN",
      guestsLost: lost,
      message: `Host host-a-1 is down with ${plural}`,
    });
    expect(events.nodes).toContainEqual({
      kind: "FAILOVER_STARTED",
      guestsAffected: lost,
      message: `Loss of host host-a-1 with ${plural}; failover begins`,
    });
  });
});

describe("two tenants that send the same at once", () => {
  test("are each answered their own", async () => {
    const query = "{ guests(first: 100) { totalCount nodes { name tenant { name } } } }";
    const asked = Array.from({ length: 20 }, (_, index) => (index % 2 === 0 ? own : other));
    const answers = await Promise.all(asked.map((who) => who.data(query)));
    for (const [index, { guests }] of answers.entries())
      expect(new Set(guests.nodes.map(({ tenant }: Data) => tenant.name))).toEqual(
        new Set([index % 2 === 0 ? "quartz" : "tango"]),
      );
  });

  test("listen to the same words and hear their own", async () => {
    const query = "subscription { events(filter: { kinds: [GUEST_STOP_REQUESTED] }) { message } }";
    const [mine, theirs] = [own.subscribe(query), other.subscribe(query)];
    const begun = [mine, theirs].map((one) => one.next());
    const [zebra] = await guestIds("zebra-web-2");
    const { guest } = await other.data(`{ guest(name: "app-2") { id } }`);
    // Nobody can see when they listen: so it goes on until they have heard.
    let heard = 0;
    for (const one of begun) void one.then(() => heard++);
    while (heard < 2) {
      for (const [who, guestId] of [
        [own, zebra],
        [other, guest.id],
      ]) {
        await who.mutate("stopGuest", "GuestActionInput", { guestId });
        await server.advance(30);
        await who.mutate("startGuest", "GuestActionInput", { guestId });
        await server.advance(30);
      }
    }
    const [first, second] = await Promise.all(begun);
    expect(first.events.message).toBe("Stop of zebra-web-2 requested");
    expect(second.events.message).toBe("Stop of app-2 requested");
    await Promise.all([mine.close(), theirs.close()]);
  });
});

describe("each kind of event", () => {
  /** Types of fields that name or count what somebody has. */
  const SOMEBODYS =
    /^(?:Guest|Tenant|ApiToken|AffinityRule|Operation|Flavor|reasons|placement)\??$/;

  test("of another tenant is seen by nobody else", () => {
    const [first, second] = [1, 2] as TenantId[];
    const seen = (Object.keys(EVENTS) as EventKind[]).filter((kind) =>
      isSeenBy(second as TenantId, { kind, tenantId: first } as FleetEvent),
    );
    expect(seen).toEqual([]);
  });

  test("that everyone sees names nothing of anybody's", () => {
    const shared = (Object.keys(EVENTS) as EventKind[]).filter(
      (kind) => VISIBILITY[kind] === "EVERYONE" || VISIBILITY[kind] === "OWN_COUNTS",
    );
    const telling = shared.flatMap((kind) =>
      Object.entries<FieldSpec>(EVENTS[kind].fields)
        .filter(
          ([name, spec]) =>
            SOMEBODYS.test(spec) || (VISIBILITY[kind] === "EVERYONE" && /guests/i.test(name)),
        )
        .map(([name]) => `${kind}.${name}`),
    );
    expect(telling).toEqual([]);
  });
});
