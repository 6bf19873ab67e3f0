import { describe, expect, test } from "vitest";
import {
  type Data,
  type Json,
  startSettledServer,
  startTestServer,
  type TestServer,
} from "./harness.ts";

const HOST = "status maintenance flaps heldUntil opinion powerRequest { verb policy phase since }";
const REASONS = "reasons { code message advice host { name } }";

async function hostNamed(server: TestServer, name: string): Promise<Data> {
  const query = `query ($name: String!) { host(name: $name) { ${HOST} ${REASONS} cause { message } } }`;
  return (await server.data(query, { name })).host;
}

async function fault(server: TestServer, kind: string, type: "host" | "zone", name: string) {
  const targetId = await server.id(type, name);
  const result = await server.mutate("injectFault", "InjectFaultInput", { targetId, kind });
  expect(result.__typename).toBe("InjectFaultPayload");
}

describe("a host that is not in service", () => {
  test("in service there is nothing to say", async () => {
    const server = await startSettledServer();
    expect(await hostNamed(server, "host-a")).toMatchObject({
      status: "UP",
      maintenance: false,
      flaps: 0,
      heldUntil: null,
      opinion: null,
      powerRequest: null,
      reasons: [],
    });
  });

  test("says so at each step on its way down, and so do its guests", async () => {
    const server = await startSettledServer();
    const { host } = await server.data(
      `{ host(name: "host-a") { guests(first: 1) { nodes { name } } } }`,
    );
    const [{ name }] = host.guests.nodes;
    await fault(server, "HOST_NETWORK", "host", "host-a");
    await server.advance(5);
    const [suspected] = (await hostNamed(server, "host-a")).reasons;
    expect(suspected).toMatchObject({ code: "WAITING_FOR_FENCE", host: { name: "host-a" } });
    expect(suspected.message).toMatch(/^host host-a has not been heard of since 2026-01-01T00:0/);
    expect(suspected.advice).toMatch(/^Wait/);
    const { guest } = await server.data(
      `query ($name: String!) { guest(name: $name) { status blockedBy { code message } } }`,
      { name },
    );
    expect(guest).toEqual({
      status: "RUNNING",
      blockedBy: [{ code: "WAITING_FOR_FENCE", message: suspected.message }],
    });
    await server.advance(30);
    const down = await hostNamed(server, "host-a");
    expect(down).toMatchObject({ status: "DOWN", reasons: [{ code: "HOST_NOT_UP" }] });
    expect(down.reasons[0].message).toMatch(/has been down since .*, last heard of at/);
    expect(down.cause.message).toMatch(/host-a/);
  });

  test("names the utilities that its zone lacks", async () => {
    const server = await startSettledServer();
    await fault(server, "ZONE_POWER", "zone", "north-a");
    await server.advance(180);
    const { status, reasons } = await hostNamed(server, "host-a");
    expect(status).toBe("DOWN");
    expect(reasons[0].message).toContain("its zone north-a lacks power");
  });

  test("is in contact and answers no start", async () => {
    const server = await startSettledServer();
    const { host } = await server.data(
      `{ host(name: "host-a") { guests(first: 1) { nodes { id } } } }`,
    );
    const [{ id: guestId }] = host.guests.nodes;
    await server.mutate("stopGuest", "GuestActionInput", { guestId });
    await server.advance(10);
    await fault(server, "STORAGE_STALL", "host", "host-a");
    await server.mutate("startGuest", "GuestActionInput", { guestId });
    await server.advance(100);
    const { status, heldUntil, reasons } = await hostNamed(server, "host-a");
    expect(status).toBe("UP");
    expect(heldUntil).not.toBeNull();
    expect(reasons).toMatchObject([{ code: "HOST_HELD_OFF", host: { name: "host-a" } }]);
    expect(reasons[0].message).toMatch(/is in contact, but has not answered the start of a guest/);
    const said = await server.data(`{ host(name: "host-a") { unansweredSince } }`);
    expect(said.host.unansweredSince).toMatch(/^2026-01-01T00:/);
  });

  test("is in contact and takes in no guest that moves", async () => {
    const server = await startTestServer();
    const host = "name: h, count: 2, cpuCores: 4, memoryMiB: 8192, storageGiB: 100";
    const zone = `{ name: z, dataCenters: [{ name: d, hosts: [{ ${host} }] }] }`;
    const resources = "{ cpuCores: 1, memoryMiB: 1024, storageGiB: 1 }";
    const guest = `{ name: web, resources: ${resources}, image: i, host: h-1 }`;
    const document = `regions: [{ name: r, zones: [${zone}] }]\nimages: [{ name: i }]\nguests: [${guest}]`;
    await server.mutate("applyFleet", "ApplyFleetInput", { document });
    await server.advance(60);
    await fault(server, "STORAGE_STALL", "host", "h-2");
    const [guestId, hostId] = [await server.id("guest", "web"), await server.id("host", "h-2")];
    await server.mutate("migrateGuest", "MigrateGuestInput", { guestId, hostId });
    await server.advance(21);
    const { status, reasons } = await hostNamed(server, "h-2");
    expect(status).toBe("UP");
    expect(reasons).toMatchObject([{ code: "HOST_HELD_OFF" }]);
    expect(reasons[0].message).toMatch(/a migration to it had no answer: guests go elsewhere/);
  });

  test("is in contact, is to be emptied, and waits for a start that has no answer", async () => {
    const server = await startSettledServer();
    const { host } = await server.data(
      `{ host(name: "host-a") { guests(first: 1) { nodes { id name } } } }`,
    );
    const [{ id: guestId, name }] = host.guests.nodes;
    await server.mutate("stopGuest", "GuestActionInput", { guestId });
    await server.advance(10);
    await fault(server, "STORAGE_STALL", "host", "host-a");
    await server.mutate("startGuest", "GuestActionInput", { guestId });
    await server.advance(100);
    const hostId = await server.id("host", "host-a");
    await server.mutate("setMaintenance", "SetMaintenanceInput", { hostId, enabled: true });
    const { status, reasons } = await hostNamed(server, "host-a");
    expect(status).toBe("DRAINING");
    const messages = reasons.map(({ message }: { message: string }) => message);
    const wait = `${name} is waited for: START has no answer yet and was repeated`;
    expect(messages).toContainEqual(expect.stringContaining(wait));
    expect(messages.at(-1)).toMatch(/has not answered the start of a guest/);
  });

  test("that was never heard of says that", async () => {
    const server = await startTestServer();
    const host = "{ name: cold, cpuCores: 4, memoryMiB: 8192, storageGiB: 100, powered: false }";
    const zone = `{ name: z, dataCenters: [{ name: d, hosts: [${host}] }] }`;
    const document = `regions: [{ name: r, zones: [${zone}] }]`;
    await server.mutate("applyFleet", "ApplyFleetInput", { document });
    await server.advance(60);
    expect((await hostNamed(server, "cold")).reasons).toMatchObject([
      {
        code: "HOST_NOT_UP",
        message: "host cold has never been heard of: is it on and connected?",
      },
    ]);
  });
});

describe("verbs on hosts", () => {
  const PAYLOAD = "hostId cursor operation { id kind status } host { name status }";
  const verb = async (server: TestServer, mutation: string, more: Json = {}) => {
    const hostId = await server.id("host", "host-a");
    const type = `${mutation[0]?.toUpperCase()}${mutation.slice(1)}`;
    const input = mutation === "setMaintenance" ? "SetMaintenanceInput" : "HostActionInput";
    const fields = `... on ${type}Payload { ${PAYLOAD} }`;
    return server.mutate(mutation, input, { hostId, ...more }, fields);
  };

  test("are operations that end", async () => {
    const server = await startSettledServer();
    const steps = [
      ["shutdownHost", "SHUTDOWN_HOST", "DOWN"],
      ["powerOnHost", "POWER_ON_HOST", "UP"],
      ["rebootHost", "REBOOT_HOST", "UP"],
    ] as const;
    for (const [mutation, kind, status] of steps) {
      const done = await verb(server, mutation);
      expect(done, mutation).toMatchObject({
        operation: { kind, status: "RUNNING" },
        host: { name: "host-a" },
      });
      await server.advance(300);
      const { operations } = await server.data(
        `query ($hostId: ID!) { operations(last: 1, filter: { hostIds: [$hostId] }) {
          nodes { id status error host { name status } } } }`,
        { hostId: done.hostId },
      );
      expect(operations.nodes, mutation).toEqual([
        {
          id: done.operation.id,
          status: "SUCCEEDED",
          error: null,
          host: { name: "host-a", status },
        },
      ]);
    }
  });

  test("show on the host while they go on, and after", async () => {
    const server = await startSettledServer();
    await verb(server, "shutdownHost");
    expect(await hostNamed(server, "host-a")).toMatchObject({
      status: "DRAINING",
      powerRequest: { verb: "SHUTDOWN", policy: "FAILOVER", phase: "EMPTYING" },
      reasons: [{ code: "IN_PROGRESS" }],
    });
    await server.advance(120);
    const off = await hostNamed(server, "host-a");
    expect(off).toMatchObject({ status: "DOWN", powerRequest: { phase: "OFF" } });
    expect(off.reasons[0].message).toMatch(/^host host-a was switched off by request at 2026/);
  });

  test("done twice with one key are done once, and what makes no sense is refused", async () => {
    const server = await startSettledServer();
    const first = await verb(server, "shutdownHost", { idempotencyKey: "once" });
    expect(await verb(server, "shutdownHost", { idempotencyKey: "once" })).toEqual(first);
    await server.advance(120);
    await verb(server, "powerOnHost");
    await server.advance(300);
    expect(await verb(server, "powerOnHost")).toMatchObject({ __typename: "ConflictError" });
  });

  test("are told to who watches the host or the operation", async () => {
    const server = await startSettledServer();
    const hostId = await server.id("host", "host-a");
    const host = server.subscribe(
      "subscription ($id: ID!) { host(id: $id) { maintenance powerRequest { phase } } }",
      { id: hostId },
    );
    expect((await host.next()).host).toEqual({ maintenance: false, powerRequest: null });
    const { operation } = await verb(server, "shutdownHost");
    const watched = server.subscribe(
      "subscription ($id: ID!) { operation(id: $id) { status host { name } } }",
      { id: operation.id },
    );
    expect((await watched.next()).operation.status).toBe("RUNNING");
    expect((await host.next()).host.powerRequest).toEqual({ phase: "EMPTYING" });
    await server.advance(120);
    expect((await watched.next()).operation).toEqual({
      status: "SUCCEEDED",
      host: { name: "host-a" },
    });
    await host.close();
    await watched.close();
  });

  test.each([
    ["setMaintenance", "SetMaintenanceInput", { enabled: true }],
    ["rebootHost", "HostActionInput", {}],
    ["shutdownHost", "HostActionInput", {}],
    ["powerOnHost", "HostActionInput", {}],
    ["confirmHostDead", "ConfirmHostDeadInput", { isOff: true }],
  ])("%s wants the id of a host", async (verb, inputType, more) => {
    const server = await startTestServer();
    const guest = await server.id("guest", "web-1");
    expect(await server.mutate(verb, inputType, { hostId: guest, ...more })).toMatchObject({
      __typename: "NotFoundError",
      path: ["input", "hostId"],
    });
  });
});

describe("a host that is said to be dead", () => {
  const confirm = (server: TestServer, hostId: string, isOff: boolean) =>
    server.mutate(
      "confirmHostDead",
      "ConfirmHostDeadInput",
      { hostId, isOff },
      "... on ConfirmHostDeadPayload { cursor operation { id } host { name status } }",
    );

  test("is dead by the word of whoever said so, and its guests start elsewhere", async () => {
    const server = await startSettledServer();
    await server.mutate("setHighAvailability", "SetHighAvailabilityInput", { enabled: false });
    await fault(server, "HOST_POWER", "host", "host-a");
    await fault(server, "HOST_NETWORK", "host", "host-a");
    await server.advance(30);
    await server.mutate("setHighAvailability", "SetHighAvailabilityInput", { enabled: true });
    await server.advance(30);
    const [{ message, advice }] = (await hostNamed(server, "host-a")).reasons;
    expect(message).toContain("or an admin who knows that it is off (confirmHostDead)");
    expect(advice).toContain("confirmHostDead");
    const hostId = await server.id("host", "host-a");
    const done = await confirm(server, hostId, true);
    expect(done).toMatchObject({ operation: null, host: { name: "host-a", status: "DOWN" } });
    expect(await confirm(server, hostId, true)).toMatchObject({ host: { status: "DOWN" } });
    await server.advance(120);
    const { events, guests } = await server.data(
      `{ events(first: 5, filter: { kinds: [HOST_FENCED] }) {
          nodes { actor { kind name } ... on HostFenced { method host { name } } } }
        guests(first: 9) { nodes { status host { name } } } }`,
    );
    expect(events.nodes).toEqual([
      {
        actor: { kind: "PRINCIPAL", name: "local" },
        method: "CONFIRMATION",
        host: { name: "host-a" },
      },
    ]);
    for (const { status, host } of guests.nodes)
      expect([status, host.name]).toEqual(["RUNNING", expect.stringMatching(/host-[bc]/)]);
  });

  test("must be silent, and said to be off", async () => {
    const server = await startSettledServer();
    const hostId = await server.id("host", "host-a");
    expect(await confirm(server, hostId, true)).toMatchObject({
      __typename: "ConflictError",
      path: ["input", "hostId"],
    });
    expect(await confirm(server, hostId, false)).toMatchObject({
      __typename: "InvalidInputError",
      path: ["input", "isOff"],
    });
    expect(await hostNamed(server, "host-a")).toMatchObject({ status: "UP" });
  });
});

describe("the fleet's own state", () => {
  test("has settings, which a document changes", async () => {
    const server = await startTestServer();
    const query = "{ settings { shutdownPolicy fenceAfterSeconds tolerate startsPerHost } }";
    expect((await server.data(query)).settings).toEqual({
      shutdownPolicy: "CONDITIONAL",
      fenceAfterSeconds: 8,
      tolerate: "NOTHING",
      startsPerHost: 8,
    });
    const document = "settings: { shutdownPolicy: MIGRATE, tolerate: 1 zone }";
    await server.mutate("applyFleet", "ApplyFleetInput", { document });
    expect((await server.data(query)).settings).toMatchObject({
      shutdownPolicy: "MIGRATE",
      tolerate: "ZONE",
    });
  });

  test("is armed unless somebody says otherwise", async () => {
    const server = await startTestServer();
    const { fleet } = await server.data(
      "{ fleet { highAvailability { enabled contactLostSince } } }",
    );
    expect(fleet.highAvailability).toEqual({ enabled: true, contactLostSince: null });
  });
});

test("a guest's subscription tells what happens to its host", async () => {
  const server = await startSettledServer();
  const { host } = await server.data(
    `{ host(name: "host-a") { guests(first: 1) { nodes { id } } } }`,
  );
  const watched = server.subscribe(
    "subscription ($id: ID!) { guest(id: $id) { status blockedBy { code } } }",
    { id: host.guests.nodes[0].id },
  );
  expect((await watched.next()).guest).toEqual({ status: "RUNNING", blockedBy: [] });
  await fault(server, "HOST_NETWORK", "host", "host-a");
  await server.advance(4);
  // The fault itself may be told first: nobody has noticed it yet.
  let { guest } = await watched.next();
  if (guest.blockedBy.length === 0) ({ guest } = await watched.next());
  expect(guest).toEqual({
    status: "RUNNING",
    blockedBy: [{ code: "WAITING_FOR_FENCE" }],
  });
  await watched.close();
});
