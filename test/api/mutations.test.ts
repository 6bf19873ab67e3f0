import { describe, expect, test } from "vitest";
import {
  type Data,
  type Json,
  startSettledServer,
  startTestServer,
  type TestServer,
} from "./harness.ts";

const GUEST =
  "guestId cursor operation { id kind status } guest { name status desired host { name } }";

/** A verb on a guest by name; the fields of its payload on success. */
async function act(
  server: TestServer,
  verb: string,
  guest: string,
  more: Json = {},
): Promise<Data> {
  const input = verb.startsWith("migrate") ? "MigrateGuestInput" : "GuestActionInput";
  const guestId = await server.id("guest", guest);
  const payload = `${verb[0]?.toUpperCase()}${verb.slice(1)}Payload`;
  return server.mutate(verb, input, { guestId, ...more }, `... on ${payload} { ${GUEST} }`);
}

async function statusOf(server: TestServer, name: string): Promise<string | undefined> {
  return (await server.data(`query ($name: String!) { guest(name: $name) { status } }`, { name }))
    .guest?.status;
}

async function kindsAfter(server: TestServer, after: string | null): Promise<Set<string>> {
  const { events } = await server.data(
    "query ($after: Cursor) { events(first: 100, after: $after) { nodes { kind } } }",
    { after },
  );
  return new Set(events.nodes.map(({ kind }: Json) => kind));
}

describe("a guest's life", () => {
  test("goes through every verb, each as an operation that succeeds", async () => {
    const server = await startSettledServer();
    const steps = [
      ["rebootGuest", "REBOOT_GUEST", "RUNNING"],
      ["suspendGuest", "SUSPEND_GUEST", "SUSPENDED"],
      ["resumeGuest", "RESUME_GUEST", "RUNNING"],
      ["migrateGuest", "MIGRATE_GUEST", "RUNNING"],
      ["stopGuest", "STOP_GUEST", "STOPPED"],
      ["startGuest", "START_GUEST", "RUNNING"],
    ] as const;
    for (const [verb, kind, status] of steps) {
      const result = await act(server, verb, "web-1");
      expect(result, verb).toMatchObject({
        operation: { kind, status: "RUNNING" },
        guest: { name: "web-1" },
      });
      await server.advance(120);
      const { node } = await server.data(
        `query ($id: ID!) { node(id: $id) { ... on Operation { kind status error finishedAt guest { status } } } }`,
        { id: result.operation.id },
      );
      expect(node, verb).toMatchObject({
        kind,
        status: "SUCCEEDED",
        error: null,
        guest: { status },
      });
      expect(node.finishedAt).not.toBeNull();
    }
    const deleted = await act(server, "deleteGuest", "web-1");
    expect(deleted.__typename).toBe("DeleteGuestPayload");
    await server.advance(60);
    expect(await statusOf(server, "web-1")).toBeUndefined();
  });

  test("begins with createGuest, by names or by ids", async () => {
    const server = await startSettledServer();
    const { flavors, images, tenants } = await server.data(`{
      flavors { nodes { id name } } images { nodes { id } } tenants { nodes { id } } }`);
    const fields = `... on CreateGuestPayload { ${GUEST} }`;
    const create = (input: Json) => server.mutate("createGuest", "CreateGuestInput", input, fields);
    expect(
      await create({ name: "by-name", flavor: "small", image: "linux", host: "host-b" }),
    ).toMatchObject({
      guest: { name: "by-name", desired: "RUNNING" },
    });
    expect(
      await create({
        name: "by-id",
        flavorId: flavors.nodes[0].id,
        imageId: images.nodes[0].id,
        tenantId: tenants.nodes[0].id,
        desired: "STOPPED",
        priority: "LOW",
        dependsOn: [await server.id("guest", "by-name")],
      }),
    ).toMatchObject({ guest: { name: "by-id", status: "STOPPED", desired: "STOPPED" } });
    await server.advance(60);
    const { guest } = await server.data(`{ guest(name: "by-name") { status host { name } } }`);
    expect(guest).toEqual({ status: "RUNNING", host: { name: "host-b" } });
  });

  test("goes on with another size", async () => {
    const server = await startSettledServer();
    const guestId = await server.id("guest", "web-1");
    const resources = { cpuCores: 2.5, memoryMiB: 5000, storageGiB: 50 };
    const result = await server.mutate("resizeGuest", "ResizeGuestInput", { guestId, resources });
    expect(result.__typename).toBe("ResizeGuestPayload");
    await server.advance(60);
    const { guest } = await server.data(
      `{ guest(name: "web-1") { flavor { name } resources { cpuCores memoryMiB storageGiB } } }`,
    );
    expect(guest).toEqual({ flavor: { name: "own-2.5c-5000m-50g" }, resources });
  });

  test("sees its own writes", async () => {
    const server = await startSettledServer();
    const created = await server.mutate(
      "createGuest",
      "CreateGuestInput",
      { name: "new", flavor: "small", image: "linux" },
      `... on CreateGuestPayload { cursor }`,
    );
    const { events } = await server.data(
      `{ events(last: 1, filter: { kinds: [GUEST_CREATED] }) { nodes { message } } }`,
    );
    expect(events.nodes).toEqual([{ message: "Guest new created" }]);
    expect(created.cursor).toMatch(/^[0-9a-z]+:\d+$/);
  });
});

describe("a mutation that can't be", () => {
  const gone = btoa("Guest:999999");
  type Case = [
    what: string,
    mutation: string,
    inputType: string,
    input: (server: TestServer) => Promise<Json> | Json,
    error: { type: string; path: string[] },
  ];
  const cases: Case[] = [
    [
      "an unknown guest",
      "startGuest",
      "GuestActionInput",
      () => ({ guestId: gone }),
      { type: "NotFoundError", path: ["input", "guestId"] },
    ],
    [
      "a zone for a guest",
      "stopGuest",
      "GuestActionInput",
      async (s) => ({ guestId: await s.id("zone", "north-a") }),
      { type: "NotFoundError", path: ["input", "guestId"] },
    ],
    [
      "no id at all",
      "stopGuest",
      "GuestActionInput",
      () => ({ guestId: "web-1" }),
      { type: "InvalidInputError", path: ["input", "guestId"] },
    ],
    [
      "an empty idempotency key",
      "stopGuest",
      "GuestActionInput",
      async (s) => ({ guestId: await s.id("guest", "db"), idempotencyKey: "" }),
      { type: "InvalidInputError", path: ["input", "idempotencyKey"] },
    ],
    [
      "a key without end",
      "stopGuest",
      "GuestActionInput",
      async (s) => ({ guestId: await s.id("guest", "db"), idempotencyKey: "k".repeat(256) }),
      { type: "InvalidInputError", path: ["input", "idempotencyKey"] },
    ],
    [
      "an unknown host",
      "migrateGuest",
      "MigrateGuestInput",
      async (s) => ({ guestId: await s.id("guest", "db"), hostId: btoa("Host:999999") }),
      { type: "NotFoundError", path: ["input", "hostId"] },
    ],
    [
      "a taken name",
      "createGuest",
      "CreateGuestInput",
      () => ({ name: "db", flavor: "small", image: "linux" }),
      { type: "ConflictError", path: ["input", "name"] },
    ],
    [
      "a bad name",
      "createGuest",
      "CreateGuestInput",
      () => ({ name: "no spaces", flavor: "small", image: "linux" }),
      { type: "InvalidInputError", path: ["input", "name"] },
    ],
    [
      "an unknown flavor",
      "createGuest",
      "CreateGuestInput",
      () => ({ name: "x", flavor: "huge", image: "linux" }),
      { type: "NotFoundError", path: ["input", "flavor"] },
    ],
    [
      "an unknown tenant",
      "createGuest",
      "CreateGuestInput",
      () => ({ name: "x", tenant: "nobody", flavor: "small", image: "linux" }),
      { type: "NotFoundError", path: ["input", "tenant"] },
    ],
    [
      "no image",
      "createGuest",
      "CreateGuestInput",
      () => ({ name: "x", flavor: "small" }),
      { type: "InvalidInputError", path: ["input", "image"] },
    ],
    [
      "a name and an id",
      "createGuest",
      "CreateGuestInput",
      () => ({ name: "x", flavor: "small", image: "linux", imageId: btoa("Image:1") }),
      { type: "InvalidInputError", path: ["input", "image"] },
    ],
    [
      "a negative size",
      "createGuest",
      "CreateGuestInput",
      () => ({
        name: "x",
        resources: { cpuCores: -1, memoryMiB: 1, storageGiB: 1 },
        image: "linux",
      }),
      { type: "InvalidInputError", path: ["input", "resources", "cpuCores"] },
    ],
    [
      "a size beyond all measure",
      "createGuest",
      "CreateGuestInput",
      () => ({
        name: "x",
        resources: { cpuCores: 1e300, memoryMiB: 1, storageGiB: 1 },
        image: "linux",
      }),
      { type: "InvalidInputError", path: ["input", "resources", "cpuCores"] },
    ],
    [
      "a flavor and resources",
      "createGuest",
      "CreateGuestInput",
      () => ({
        name: "x",
        flavor: "small",
        resources: { cpuCores: 1, memoryMiB: 1, storageGiB: 1 },
        image: "linux",
      }),
      { type: "InvalidInputError", path: ["input", "flavorId"] },
    ],
    [
      "a fault that can't strike that",
      "injectFault",
      "InjectFaultInput",
      async (s) => ({ targetId: await s.id("host", "host-a"), kind: "ZONE_POWER" }),
      { type: "InvalidInputError", path: ["input", "targetId"] },
    ],
    [
      "a fault on an event",
      "injectFault",
      "InjectFaultInput",
      () => ({ targetId: btoa("GuestLost:1"), kind: "ZONE_POWER" }),
      { type: "NotFoundError", path: ["input", "targetId"] },
    ],
    [
      "a negative duration",
      "injectFault",
      "InjectFaultInput",
      async (s) => ({
        targetId: await s.id("zone", "north-a"),
        kind: "ZONE_POWER",
        durationSeconds: -1,
      }),
      { type: "InvalidInputError", path: ["input", "durationSeconds"] },
    ],
    [
      "clearing no fault",
      "clearFault",
      "ClearFaultInput",
      async (s) => ({ targetId: await s.id("zone", "north-a"), kind: "ZONE_POWER" }),
      { type: "NotFoundError", path: ["input", "targetId"] },
    ],
    [
      "going back in time",
      "advanceClock",
      "AdvanceClockInput",
      () => ({ seconds: -1 }),
      { type: "InvalidInputError", path: ["input", "seconds"] },
    ],
    [
      "going too far",
      "advanceClock",
      "AdvanceClockInput",
      () => ({ seconds: 1e12 }),
      { type: "InvalidInputError", path: ["input", "seconds"] },
    ],
  ];

  test("is told what and where, and changes nothing", async () => {
    const server = await startSettledServer();
    const head = await server.head();
    for (const [what, mutation, inputType, input, { type, path }] of cases) {
      const result = await server.mutate(mutation, inputType, await input(server));
      expect({ what, type: result.__typename, path: result.path }).toEqual({ what, type, path });
      expect(result.message.length).toBeGreaterThan(0);
    }
    expect(await kindsAfter(server, head)).toEqual(new Set(["COMMAND_AUDITED"]));
  });

  test("moves no clock that moves by itself", async () => {
    const server = await startTestServer({ clock: { kind: "REALTIME" } });
    expect(await server.mutate("advanceClock", "AdvanceClockInput", { seconds: 1 })).toMatchObject({
      __typename: "UnsupportedError",
      code: "UNSUPPORTED",
    });
  });

  test("does not exceed a quota", async () => {
    const server = await startTestServer({ fleet: "none" });
    const document = `
tenants: [{ name: t, quota: { guests: 1 } }]
flavors: [{ name: f, cpuCores: 1, memoryMiB: 1, storageGiB: 1 }]
images: [{ name: i }]
`;
    await server.mutate("applyFleet", "ApplyFleetInput", { document });
    const create = (name: string) =>
      server.mutate("createGuest", "CreateGuestInput", {
        name,
        tenant: "t",
        flavor: "f",
        image: "i",
      });
    expect((await create("one")).__typename).toBe("CreateGuestPayload");
    expect((await create("two")).__typename).toBe("QuotaExceededError");
  });
});

describe("an idempotency key", () => {
  test("has the same input done once, and answered the same", async () => {
    const server = await startSettledServer();
    const input = { name: "once", flavor: "small", image: "linux", idempotencyKey: "k1" };
    const fields = "... on CreateGuestPayload { guestId cursor }";
    const create = (given: Json) => server.mutate("createGuest", "CreateGuestInput", given, fields);
    const [first, twin] = await Promise.all([create(input), create(input)]);
    expect(first.__typename).toBe("CreateGuestPayload");
    expect(twin).toEqual(first);
    await server.advance(60);
    expect(await create(input)).toEqual(first);
    const { guests } = await server.data(
      `{ guests(filter: { nameContains: "once" }) { totalCount } }`,
    );
    expect(guests.totalCount).toBe(1);
  });

  test("is refused for another input", async () => {
    const server = await startSettledServer();
    const create = (name: string) =>
      server.mutate("createGuest", "CreateGuestInput", {
        name,
        flavor: "small",
        image: "linux",
        idempotencyKey: "k",
      });
    await create("one");
    expect((await create("two")).__typename).toMatch(/^(ConflictError|InvalidInputError)$/);
  });
});

describe("faults", () => {
  test("are injected, seen and cleared", async () => {
    const server = await startSettledServer();
    const targetId = await server.id("zone", "north-a");
    const kind = "ZONE_POWER";
    const injected = await server.mutate(
      "injectFault",
      "InjectFaultInput",
      { targetId, kind, durationSeconds: 600 },
      "... on InjectFaultPayload { fault { kind target { id } injectedAt until } }",
    );
    expect(injected.fault).toEqual({
      kind,
      target: { id: targetId },
      injectedAt: "2026-01-01T00:02:00.000Z",
      until: "2026-01-01T00:12:00.000Z",
    });
    await server.advance(200);
    const { zone, simulation } = await server.data(`{
      zone(name: "north-a") { status power hosts { nodes { status } } guests { totalCount } capacity { hostsUp free { cpuCores } } }
      simulation { faults(filter: { kinds: [ZONE_POWER] }) { totalCount nodes { kind } } }
    }`);
    expect(zone).toMatchObject({ status: "DOWN", power: "DOWN", guests: { totalCount: 0 } });
    expect(zone.capacity).toEqual({ hostsUp: 0, free: { cpuCores: 0 } });
    expect(simulation.faults).toEqual({ totalCount: 1, nodes: [{ kind }] });
    const cleared = await server.mutate(
      "clearFault",
      "ClearFaultInput",
      { targetId, kind },
      "... on ClearFaultPayload { kind target { id } }",
    );
    expect(cleared).toMatchObject({ kind, target: { id: targetId } });
    await server.advance(120);
    expect((await server.data(`{ zone(name: "north-a") { status } }`)).zone.status).toBe("HEALTHY");
  });
});

describe("applyFleet", () => {
  const DOCUMENT = `
regions:
  - name: r
    zones:
      - name: z
        dataCenters:
          - name: d
            hosts: [{ name: h, count: 2, cpuCores: 8, memoryMiB: 8192, storageGiB: 100 }]
flavors: [{ name: f, cpuCores: 1, memoryMiB: 512, storageGiB: 1 }]
images: [{ name: i }]
guests: [{ name: g, flavor: f, image: i }]
`;
  const PLAN =
    "... on ApplyFleetPayload { dryRun unchanged cursor changes { action type name details } }";
  const apply = (server: TestServer, input: Json) =>
    server.mutate("applyFleet", "ApplyFleetInput", input, PLAN);

  test("plans, applies, and has nothing to do the second time", async () => {
    const server = await startTestServer({ fleet: "none" });
    const planned = await apply(server, { document: DOCUMENT, dryRun: true });
    expect(planned.dryRun).toBe(true);
    expect(planned.changes).toContainEqual({
      action: "CREATE",
      type: "Host",
      name: "h-1",
      details: [],
    });
    expect(await kindsAfter(server, null)).toEqual(new Set(["COMMAND_AUDITED"]));
    const applied = await apply(server, { document: DOCUMENT });
    expect(applied.dryRun).toBe(false);
    expect(applied.changes).toEqual(planned.changes);
    const again = await apply(server, { document: DOCUMENT });
    expect(again.changes).toEqual([]);
    expect(again.unchanged).toBeGreaterThan(0);
    const json = await apply(server, {
      document: JSON.stringify({
        flavors: [{ name: "f", cpuCores: 2, memoryMiB: 512, storageGiB: 1 }],
      }),
    });
    expect(json.changes).toEqual([
      {
        action: "UPDATE",
        type: "Flavor",
        name: "f",
        details: [expect.stringMatching(/^cpu.*→/)],
      },
    ]);
  });

  test("warns of rules that contradict each other, and shows that they are not obeyed", async () => {
    const server = await startTestServer({ fleet: "none" });
    const rules = `
affinityRules:
  - { name: here, kind: HOST, guests: [g], hosts: [h-1], strict: true }
  - { name: there, kind: HOST, guests: [g], hosts: [h-2], strict: true }
  - { name: anywhere, kind: HOST, guests: [g], hosts: [h-1, h-2], strict: true }
  - { name: later, kind: HOST, guests: [g], hosts: [h-1], disabled: true }
`;
    const { warnings } = await server.mutate(
      "applyFleet",
      "ApplyFleetInput",
      { document: `${DOCUMENT}${rules}` },
      "... on ApplyFleetPayload { warnings { message path } }",
    );
    expect(warnings.map(({ path }: Data) => path)).toEqual([
      ["affinityRules", "0"],
      ["affinityRules", "1"],
    ]);
    const { affinityRules } = await server.data(
      "{ affinityRules { nodes { name disabled inForce contradicts { name } } } }",
    );
    expect(affinityRules.nodes).toEqual([
      { name: "here", disabled: false, inForce: false, contradicts: [{ name: "there" }] },
      { name: "there", disabled: false, inForce: false, contradicts: [{ name: "here" }] },
      { name: "anywhere", disabled: false, inForce: true, contradicts: [] },
      { name: "later", disabled: true, inForce: false, contradicts: [] },
    ]);
  });

  test.each<[string, string, { line?: number; column?: number; path?: string[] }]>([
    [
      "an unknown key",
      "regions:\n  - name: r\n    colour: red\n",
      { line: 3, path: ["regions", "0", "colour"] },
    ],
    [
      "a wrong type",
      "flavors:\n  - { name: f, cpuCores: many, memoryMiB: 1, storageGiB: 1 }\n",
      { line: 2, path: ["flavors", "0", "cpuCores"] },
    ],
    [
      "a negative size",
      "flavors:\n  - { name: f, cpuCores: -1, memoryMiB: 1, storageGiB: 1 }\n",
      { line: 2 },
    ],
    ["bad YAML", "regions: [\n", {}],
    [
      "an unknown name",
      `${DOCUMENT}\naffinityRules:\n  - { name: r, kind: HOST, guests: [nobody], hosts: [h], strict: true }\n`,
      { line: 14 },
    ],
    [
      "a trace, where none may be read",
      `${DOCUMENT.replace("image: i }]", "image: i, workload: { kind: TRACE, file: ../../etc/passwd, row: 0 } }]")}`,
      {},
    ],
  ])("points at %s", async (_what, document, place) => {
    const server = await startTestServer({ fleet: "none" });
    const result = await apply(server, { document });
    expect(result).toMatchObject({ __typename: "InvalidInputError", path: ["input", "document"] });
    expect(result.problems.length).toBeGreaterThan(0);
    expect(result.problems[0]).toMatchObject(place);
    expect(await kindsAfter(server, null)).toEqual(new Set(["COMMAND_AUDITED"]));
  });

  test("points at what does not fit the fleet", async () => {
    const server = await startTestServer({ fleet: "none" });
    const twice = DOCUMENT.replace("name: h, count: 2,", "name: h,").replace(
      "storageGiB: 100 }]",
      "storageGiB: 100 }, { name: h, cpuCores: 1, memoryMiB: 1, storageGiB: 1 }]",
    );
    const result = await apply(server, { document: twice });
    expect(result.__typename).toBe("InvalidInputError");
    expect(result.problems[0]).toMatchObject({ line: 8 });
    expect(result.problems[0].column).toBeGreaterThan(60);
  });
});
