import { describe, expect, test } from "vitest";
import { type Data, startSettledServer, startTestServer, type TestServer } from "./harness.ts";

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
    await fault(server, "HOST_POWER", "host", "host-a");
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
  test.each([
    ["setMaintenance", "SetMaintenanceInput", { enabled: true }],
    ["rebootHost", "HostActionInput", {}],
    ["shutdownHost", "HostActionInput", {}],
    ["powerOnHost", "HostActionInput", {}],
  ])("%s wants the id of a host", async (verb, inputType, more) => {
    const server = await startTestServer();
    const guest = await server.id("guest", "web-1");
    expect(await server.mutate(verb, inputType, { hostId: guest, ...more })).toMatchObject({
      __typename: "NotFoundError",
      path: ["input", "hostId"],
    });
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
  await fault(server, "HOST_POWER", "host", "host-a");
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
