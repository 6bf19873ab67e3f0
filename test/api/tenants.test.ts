import { describe, expect, test } from "vitest";
import { startSettledServer, startTestServer, type TestServer, withToken } from "./harness.ts";

async function createTenant(server: TestServer, name: string, quota: object | null = null) {
  const created = await server.mutate(
    "createTenant",
    "CreateTenantInput",
    { name, quota },
    "... on CreateTenantPayload { tenantId }",
  );
  return created.tenantId as string;
}

const create = (server: TestServer, name: string, more: object = {}) =>
  server.mutate("createGuest", "CreateGuestInput", {
    name,
    flavor: "small",
    image: "linux",
    ...more,
  });

describe("tenants", () => {
  test("are made, bounded and removed", async () => {
    const server = await startTestServer();
    const tenantId = await createTenant(server, "acme", { guests: 1, cpuCores: 3 });
    expect(
      await server.data(`{ tenant(name: "acme") { id quota { cpuCores guests memoryMiB } } }`),
    ).toEqual({ tenant: { id: tenantId, quota: { cpuCores: 3, guests: 1, memoryMiB: null } } });
    const set = (quota: object) => server.mutate("setQuota", "SetQuotaInput", { tenantId, quota });
    expect(await set({ guests: 2 })).toEqual({ __typename: "SetQuotaPayload" });
    expect(await set({ guests: -1 })).toMatchObject({
      code: "INVALID_INPUT",
      path: ["input", "quota", "guests"],
    });
    expect(await create(server, "one", { tenantId })).toMatchObject({
      __typename: "CreateGuestPayload",
    });
    const remove = () => server.mutate("deleteTenant", "DeleteTenantInput", { tenantId });
    expect(await remove()).toMatchObject({
      code: "CONFLICT",
      message: "Tenant acme has 1 guests; delete them first.",
    });
    const guestId = (await server.data(`{ guest(name: "one", tenant: "acme") { id } }`)).guest.id;
    await server.mutate("deleteGuest", "GuestActionInput", { guestId });
    await server.advance(60);
    expect(await remove()).toEqual({ __typename: "DeleteTenantPayload" });
    expect(await server.data(`{ tenant(name: "acme") { id } }`)).toEqual({ tenant: null });
    const { events } = await server.data(
      `{ events(last: 10, filter: { kinds: [TENANT_CREATED, TENANT_QUOTA_CHANGED, TENANT_REMOVED] }) { nodes { message } } }`,
    );
    expect(events.nodes.map(({ message }: { message: string }) => message).slice(1)).toEqual([
      "Tenant acme created",
      "Quota of tenant acme changed: cpuCores: 3 → null, guests: 1 → 2",
      "Tenant acme removed",
    ]);
  });

  test.each([
    [{ name: "default" }, "CONFLICT"],
    [{ name: "no good" }, "INVALID_INPUT"],
    [{ name: "" }, "INVALID_INPUT"],
    [{ name: "big", quota: { cpuCores: 1e300 } }, "INVALID_INPUT"],
  ])("are refused with %j", async (input, code) => {
    const server = await startTestServer();
    expect(await server.mutate("createTenant", "CreateTenantInput", input)).toMatchObject({ code });
  });

  test("get no more than their quota, and are told the numbers", async () => {
    const server = await startTestServer();
    await createTenant(server, "acme", { memoryMiB: 10_000 });
    const tenant = await withToken(server, { role: "OPERATOR", tenant: "acme" });
    // Whoever is of a tenant need not name it.
    for (const name of ["one", "two"])
      expect(await create(tenant, name)).toMatchObject({ __typename: "CreateGuestPayload" });
    expect(await create(tenant, "three")).toEqual({
      __typename: "QuotaExceededError",
      code: "QUOTA_EXCEEDED",
      message: "Tenant acme may have 10000 MiB of memory; it has 8192 and asks for 4096 more.",
      path: [],
    });
    const { guest } = await tenant.data(`{ guest(name: "one") { tenant { name } } }`);
    expect(guest.tenant.name).toBe("acme");
    expect(
      await tenant.mutate("createSecurityGroup", "CreateSecurityGroupInput", { name: "web" }),
    ).toEqual({ __typename: "CreateSecurityGroupPayload" });
    const groups = await tenant.data(
      `{ web: securityGroup(name: "web") { tenant { name } } default: securityGroup(name: "default") { tenant { name } } }`,
    );
    const acme = { tenant: { name: "acme" } };
    expect(groups).toEqual({ web: acme, default: acme });
    expect(await server.data(`{ securityGroup(name: "web") { id } }`)).toEqual({
      securityGroup: null,
    });
  });

  test("follow what they asked for to its end, also when nothing is left of it", async () => {
    const server = await startSettledServer();
    await createTenant(server, "acme");
    const tenant = await withToken(server, { role: "OPERATOR", tenant: "acme" });
    await create(tenant, "one");
    await server.advance(60);
    const { guest } = await tenant.data(`{ guest(name: "one") { id } }`);
    const { operation } = await tenant.mutate(
      "deleteGuest",
      "GuestActionInput",
      { guestId: guest.id },
      "... on DeleteGuestPayload { operation { id } }",
    );
    const { id } = operation;
    const subscription = tenant.subscribe(`subscription { operation(id: "${id}") { status } }`);
    expect(await subscription.next()).toEqual({ operation: { status: "RUNNING" } });
    await server.advance(60);
    expect(await subscription.next()).toEqual({ operation: { status: "SUCCEEDED" } });
    await subscription.close();
    expect(await tenant.data(`{ guest(name: "one") { id } }`)).toEqual({ guest: null });
    const { node, events } = await tenant.data(
      `query ($id: ID!) {
        node(id: $id) { ... on Operation { status guest { id } } }
        events(filter: { subjectIds: [$id] }) { nodes { kind message } }
      }`,
      { id },
    );
    expect(node).toEqual({ status: "SUCCEEDED", guest: null });
    expect(events.nodes).toEqual([
      { kind: "OPERATION_STARTED", message: "DELETE_GUEST of one begins" },
      { kind: "OPERATION_SUCCEEDED", message: "DELETE_GUEST of one succeeded" },
    ]);
    const other = await withToken(server, { role: "VIEWER", tenant: "default" });
    expect(await other.data("query ($id: ID!) { node(id: $id) { id } }", { id })).toEqual({
      node: null,
    });
  });

  test("are told of their tokens that are made and revoked, and others are not", async () => {
    const server = await startTestServer();
    await createTenant(server, "acme");
    const tenant = await withToken(server, { role: "ADMIN", tenant: "acme" });
    await withToken(tenant, { role: "VIEWER", name: "screen" });
    const { apiTokens } = await tenant.data("{ apiTokens { nodes { id name } } }");
    const { id } = apiTokens.nodes.find(({ name }: { name: string }) => name === "screen");
    await tenant.mutate("revokeApiToken", "RevokeApiTokenInput", { apiTokenId: id });
    const query =
      "{ events(last: 5, filter: { kinds: [API_TOKEN_CREATED, API_TOKEN_REVOKED] }) { nodes { message } } }";
    const messages = async (who: TestServer) =>
      (await who.data(query)).events.nodes.map(({ message }: { message: string }) => message);
    expect(await messages(tenant)).toEqual([
      "API token acme-admin created for role ADMIN",
      "API token screen created for role VIEWER",
      "API token screen revoked",
    ]);
    const other = await withToken(server, { role: "ADMIN", tenant: "default" });
    expect(await messages(other)).toEqual(["API token default-admin created for role ADMIN"]);
  });

  test("can name nothing but their own", async () => {
    const server = await startSettledServer();
    await createTenant(server, "acme");
    const tenant = await withToken(server, { role: "ADMIN", tenant: "acme" });
    const foreign = await server.id("guest", "db");
    const defaultId = await server.id("tenant", "default");
    const missing = { code: "NOT_FOUND" };
    expect(await create(tenant, "x", { tenantId: defaultId })).toMatchObject(missing);
    expect(await create(tenant, "x", { tenant: "default" })).toMatchObject(missing);
    expect(await create(tenant, "x", { dependsOn: [foreign] })).toMatchObject(missing);
    for (const name of ["startGuest", "stopGuest", "deleteGuest", "rebootGuest"])
      expect(await tenant.mutate(name, "GuestActionInput", { guestId: foreign })).toMatchObject(
        missing,
      );
    const { guest } = await server.data(`{ guest(name: "db") { status deleting } }`);
    expect(guest).toEqual({ status: "RUNNING", deleting: false });
  });

  test("have idempotency keys and names of their own", async () => {
    const server = await startTestServer();
    const [first, second] = await Promise.all(
      ["acme", "umbra"].map(async (tenant) => {
        await createTenant(server, tenant);
        return withToken(server, { role: "OPERATOR", tenant, name: "ci" });
      }),
    );
    const made = (tenant: TestServer | undefined) =>
      create(tenant as TestServer, "web", { idempotencyKey: "once" });
    for (const tenant of [first, second, first])
      expect(await made(tenant)).toMatchObject({ __typename: "CreateGuestPayload" });
    const { guests } = await server.data(
      `{ guests(filter: { nameContains: "web" }) { nodes { name tenant { name } } } }`,
    );
    const owners = guests.nodes
      .filter(({ name }: { name: string }) => name === "web")
      .map(({ tenant }: { tenant: { name: string } }) => tenant.name);
    expect(owners.sort()).toEqual(["acme", "umbra"]);
  });

  test("answer a repeated key also when what it named is gone", async () => {
    const server = await startTestServer();
    await createTenant(server, "acme");
    const tenant = await withToken(server, { role: "OPERATOR", tenant: "acme" });
    await create(tenant, "web", { desired: "STOPPED" });
    const { guest } = await tenant.data(`{ guest(name: "web") { id } }`);
    const remove = () =>
      tenant.mutate("deleteGuest", "GuestActionInput", {
        guestId: guest.id,
        idempotencyKey: "gone",
      });
    expect(await remove()).toEqual({ __typename: "DeleteGuestPayload" });
    await server.advance(60);
    expect(await tenant.data(`{ guest(name: "web") { id } }`)).toEqual({ guest: null });
    expect(await remove()).toEqual({ __typename: "DeleteGuestPayload" });
  });
});
