import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createClient as createSseClient } from "graphql-sse";
import { exportJWK, generateKeyPair, SignJWT } from "jose";
import { describe, expect, onTestFinished, test } from "vitest";
import WebSocket from "ws";
import type {
  AuthenticationSettings,
  JwtSettings,
} from "../../src/server/authentication/settings.ts";
import { readConfiguration } from "../../src/server/configuration.ts";
import { type Json, startTestServer, type TestServer, withToken } from "./harness.ts";

const SECRET = "0123456789abcdef0123456789abcdef";
const ADMIN_TOKEN = SECRET.toUpperCase();
const WHO = "{ viewer { name role tenant { name } } }";

const JWT: JwtSettings = {
  secret: SECRET,
  jwksUrl: null,
  issuer: null,
  audience: null,
  roleClaim: "role",
  tenantClaim: "tenant",
  clockToleranceSeconds: 0,
};

function startAsking(settings: Partial<AuthenticationSettings> = {}): Promise<TestServer> {
  return startTestServer({ authentication: { jwt: JWT, adminToken: ADMIN_TOKEN, ...settings } });
}

const soon = () => Math.floor(Date.now() / 1000) + 60;

function sign(
  claims: Json,
  key: Uint8Array | CryptoKey = new TextEncoder().encode(SECRET),
  alg = "HS256",
) {
  return new SignJWT({ sub: "ann", role: "OPERATOR", exp: soon(), ...claims })
    .setProtectedHeader({ alg, kid: "1" })
    .sign(key);
}

/** The close code and reason that a connection with these parameters ends with; null when it is accepted. */
async function closeOf(server: TestServer, payload: Json, headers: Record<string, string> = {}) {
  const socket = new WebSocket(server.wsUrl, "graphql-transport-ws", { headers });
  const end = new Promise<string | null>((resolve) => {
    socket.on("open", () => socket.send(JSON.stringify({ type: "connection_init", payload })));
    socket.on("message", () => resolve(null));
    socket.on("close", (code, reason) => resolve(`${code} ${reason}`));
  });
  const result = await end;
  socket.terminate();
  return result;
}

describe("whoever asks", () => {
  test("is nobody without credentials, and told how to be somebody", async () => {
    const server = await startAsking();
    const response = await server.post({ query: WHO });
    expect(response.status).toBe(401);
    expect(response.headers.get("www-authenticate")).toBe("Bearer");
    expect(await response.json()).toEqual({
      errors: [
        {
          message: "Send credentials as 'Authorization: Bearer <token>'.",
          extensions: { code: "UNAUTHENTICATED" },
        },
      ],
    });
    expect(await closeOf(server, {})).toMatch(/^4403 Send credentials/);
    const stream = await server.post({ query: WHO }, { Accept: "text/event-stream" });
    expect(stream.status).toBe(401);
  });

  test("is an administrator with the operator's own token", async () => {
    const server = await startAsking();
    expect(await server.as(ADMIN_TOKEN).data(WHO)).toEqual({
      viewer: { name: "admin", role: "ADMIN", tenant: null },
    });
    const { errors } = await server.as(`${ADMIN_TOKEN}0`).ask(WHO);
    expect(errors?.[0]?.message).toBe("The token is not valid.");
  });

  test("may use the playground's page, which tells nothing of the fleet", async () => {
    const server = await startAsking();
    const page = await fetch(server.url, { headers: { Accept: "text/html" } });
    expect(page.status).toBe(200);
    expect(await page.text()).not.toContain("north-a");
  });

  test("may be of any host name, since credentials don't come by themselves", async () => {
    const server = await startAsking();
    const { port } = new URL(server.url);
    const host = { Host: `evenkeel.example:${port}` };
    expect(await closeOf(server, { Authorization: `Bearer ${await sign({})}` }, host)).toBe(null);
  });

  test("is let in on this machine without, where nothing is configured, but not with wrong ones", async () => {
    const server = await startTestServer();
    expect(await server.data(WHO)).toEqual({
      viewer: { name: "local", role: "ADMIN", tenant: null },
    });
    expect((await server.as("evk_forged").post({ query: WHO })).status).toBe(401);
  });
});

describe("JSON Web Tokens", () => {
  test("say who, in which role and of which tenant", async () => {
    const server = await startAsking();
    const who = async (claims: Json) => (await server.as(await sign(claims)).data(WHO)).viewer;
    expect(await who({})).toEqual({ name: "ann", role: "OPERATOR", tenant: null });
    expect(await who({ role: ["other", "VIEWER", "ADMIN"], tenant: "default" })).toEqual({
      name: "ann",
      role: "ADMIN",
      tenant: { name: "default" },
    });
    const params = { authorization: `bearer ${await sign({})}` };
    expect(await closeOf(server, params)).toBe(null);
    expect(await closeOf(server, {}, { Authorization: `Bearer ${await sign({})}` })).toBe(null);
  });

  test.each<[string, Json, RegExp]>([
    ["expired", { exp: 1 }, /^The token has expired/],
    ["not yet valid", { nbf: soon() }, /'nbf'/],
    ["for ever", { exp: undefined }, /'exp'/],
    ["of nobody", { sub: undefined }, /'sub'/],
    ["of an empty name", { sub: "" }, /'sub'/],
    ["without a role", { role: undefined }, /none of the roles VIEWER, OPERATOR, ADMIN/],
    ["of a role that there isn't", { role: "ROOT" }, /none of the roles/],
    ["of a tenant that there isn't", { tenant: "nobody" }, /of no tenant here/],
    ["of a tenant that is no name", { tenant: 7 }, /'tenant' is not the name/],
    ["of an empty tenant", { tenant: "" }, /'tenant' is not the name/],
  ])("that are %s let nobody in", async (_, claims, message) => {
    const server = await startAsking();
    const token = await sign(claims);
    const response = await server.as(token).post({ query: WHO });
    expect(response.status).toBe(401);
    expect((await response.json()).errors[0].message).toMatch(message);
    expect(await closeOf(server, { Authorization: `Bearer ${token}` })).toMatch(/^4403/);
  });

  test("that are forged let nobody in", async () => {
    const server = await startAsking();
    const [header = "", payload = "", signature = ""] = (await sign({})).split(".");
    const base64 = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
    const claims = { sub: "ann", role: "ADMIN", exp: soon() };
    for (const token of [
      `${header}.${base64(claims)}.${signature}`,
      `${base64({ alg: "none" })}.${base64(claims)}.`,
      `${header}.${payload}.`,
      await sign({}, new TextEncoder().encode(SECRET.replace("0", "1"))),
      await sign({}, new TextEncoder().encode(SECRET.repeat(2)), "HS512"),
      "a.b.c",
      "evk_",
      "x".repeat(8_000),
    ])
      expect((await server.as(token).post({ query: WHO })).status, token.slice(0, 60)).toBe(401);
  });

  test("must be of the issuer, for the audience, with the claims that are configured", async () => {
    const jwt = {
      ...JWT,
      issuer: "https://id.example",
      audience: "evenkeel",
      roleClaim: "https://id.example/role",
      tenantClaim: "org",
    };
    const server = await startAsking({ jwt });
    const good = {
      iss: jwt.issuer,
      aud: ["other", "evenkeel"],
      role: undefined,
      [jwt.roleClaim]: "VIEWER",
      org: "default",
    };
    expect(await server.as(await sign(good)).data(WHO)).toEqual({
      viewer: { name: "ann", role: "VIEWER", tenant: { name: "default" } },
    });
    for (const wrong of [{ iss: "https://evil.example" }, { aud: "other" }, { aud: undefined }])
      expect((await server.as(await sign({ ...good, ...wrong })).post({ query: WHO })).status).toBe(
        401,
      );
  });

  test("are checked with the keys of a key set", async () => {
    const { publicKey, privateKey } = await generateKeyPair("ES256");
    const keys = [{ ...(await exportJWK(publicKey)), kid: "1", alg: "ES256" }];
    const issuer = createServer((_request, response) => {
      response.setHeader("Content-Type", "application/json").end(JSON.stringify({ keys }));
    });
    await new Promise<void>((resolve) => issuer.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => void issuer.close());
    const { port } = issuer.address() as AddressInfo;
    const jwksUrl = `http://127.0.0.1:${port}/keys`;
    const server = await startAsking({ jwt: { ...JWT, secret: null, jwksUrl } });
    expect(await server.as(await sign({}, privateKey, "ES256")).data(WHO)).toEqual({
      viewer: { name: "ann", role: "OPERATOR", tenant: null },
    });
    const other = await generateKeyPair("ES256");
    for (const token of [await sign({}, other.privateKey, "ES256"), await sign({})])
      expect((await server.as(token).post({ query: WHO })).status).toBe(401);
  });

  test("wait for keys that can't be had now", async () => {
    const jwksUrl = "http://127.0.0.1:1/keys";
    const server = await startAsking({ jwt: { ...JWT, secret: null, jwksUrl } });
    const { privateKey } = await generateKeyPair("ES256");
    const { errors } = await server.as(await sign({}, privateKey, "ES256")).ask(WHO);
    expect(errors?.[0]?.message).toBe("The token cannot be checked now.");
    expect(server.log.join("\n")).toMatch(/ECONNREFUSED|fetch failed|bad port/);
  });

  test("end the connection when they expire", async () => {
    const server = await startAsking();
    const token = await sign({ exp: Math.floor(Date.now() / 1000) + 2 });
    const client = server.as(token).client();
    const closed = new Promise((resolve) => client.on("closed", resolve));
    const events = client.iterate({ query: "subscription { events { cursor } }" });
    const sse = createSseClient({
      url: server.url,
      retryAttempts: 0,
      headers: { Authorization: `Bearer ${token}` },
    });
    const stream = sse.iterate({ query: "subscription { events { cursor } }" });
    await Promise.allSettled([events.next(), stream.next()]);
    expect(await closed).toMatchObject({ code: 4403, reason: "The token has expired" });
    sse.dispose();
  });
});

describe("API tokens", () => {
  const TOKEN =
    "... on CreateApiTokenPayload { secret token { id name role expiresAt tenant { name } } }";
  const create = (server: TestServer, input: Json) =>
    server.mutate("createApiToken", "CreateApiTokenInput", input, TOKEN);

  test("are shown once, listed, and good for what they were made for", async () => {
    const server = await startTestServer();
    const input = { name: "ci", role: "VIEWER", tenant: "default", expiresInSeconds: 3600 };
    const made = await create(server, { ...input, idempotencyKey: "k" });
    expect(made.secret).toMatch(/^evk_[\w-]{43}$/);
    expect(await create(server, { ...input, idempotencyKey: "k" })).toEqual({
      ...made,
      secret: null,
    });
    expect(await create(server, input)).toMatchObject({ code: "CONFLICT" });
    expect(await server.as(made.secret).data(WHO)).toEqual({
      viewer: { name: "ci", role: "VIEWER", tenant: { name: "default" } },
    });
    const { apiTokens } = await server.data(
      "{ apiTokens { totalCount nodes { id name role expiresAt tenant { name } } } }",
    );
    expect(apiTokens).toEqual({ totalCount: 1, nodes: [made.token] });
  });

  test("leave neither secret nor hash in what anybody is told", async () => {
    const server = await startTestServer();
    const subscription = server.subscribe(
      "subscription { events { message ... on ApiTokenCreated { role token { id name } tenant { name } } } }",
    );
    const next = subscription.next();
    const { secret } = await create(server, { name: "ci", role: "ADMIN" });
    const { sqlite } = server.runtime.queries.reader;
    const hash = sqlite.prepare("SELECT secret_hash FROM api_tokens").pluck().get();
    expect(hash).toMatch(/^[0-9a-f]{64}$/);
    await create(server, { name: "other", role: "ADMIN" });
    const told = JSON.stringify([
      await next,
      await server.data(
        "{ events(last: 5) { nodes { id message actor { name } } } apiTokens { nodes { name } } }",
      ),
    ]);
    expect(told).toContain("API token ci created for role ADMIN");
    expect(told).not.toContain(secret);
    expect(told).not.toContain(hash);
    await subscription.close();
  });

  test("survive a restart", async () => {
    const dataDir = mkdtempSync(join(tmpdir(), "evenkeel-tokens-"));
    onTestFinished(() => rmSync(dataDir, { recursive: true }));
    const before = await startTestServer({ dataDir }, true);
    const { secret } = await create(before, { name: "ci", role: "VIEWER" });
    await before.close();
    const after = await startTestServer({ dataDir });
    expect((await after.as(secret).data(WHO)).viewer.name).toBe("ci");
  });

  test.each([
    [{ expiresInSeconds: 0 }, "INVALID_INPUT"],
    [{ expiresInSeconds: 1e12 }, "INVALID_INPUT"],
    [{ name: "no good" }, "INVALID_INPUT"],
    [{ tenant: "nobody" }, "NOT_FOUND"],
  ])("are not made with %j", async (more, code) => {
    const server = await startTestServer();
    expect(await create(server, { name: "ci", role: "VIEWER", ...more })).toMatchObject({ code });
  });

  test("of a tenant's administrator are of that tenant", async () => {
    const server = await startTestServer();
    await server.mutate("createTenant", "CreateTenantInput", { name: "acme" });
    const admin = await withToken(server, { role: "ADMIN", tenant: "acme" });
    expect((await create(admin, { name: "ci", role: "ADMIN" })).token.tenant.name).toBe("acme");
    expect(await create(admin, { name: "x", role: "VIEWER", tenant: "default" })).toMatchObject({
      code: "NOT_FOUND",
    });
    const foreign = await create(server, { name: "fleet", role: "VIEWER" });
    const apiTokenId = foreign.token.id;
    const revoked = await admin.mutate("revokeApiToken", "RevokeApiTokenInput", { apiTokenId });
    expect(revoked).toMatchObject({ code: "NOT_FOUND", message: "There is no such API token." });
    const { apiTokens } = await admin.data("{ apiTokens { nodes { name } } }");
    expect(apiTokens.nodes.map(({ name }: { name: string }) => name)).toEqual(["acme-admin", "ci"]);
  });

  test("that have expired let nobody in, and end what they began", async () => {
    const server = await startTestServer();
    const { secret } = await create(server, { name: "ci", role: "VIEWER", expiresInSeconds: 1.5 });
    const client = server.as(secret).client();
    const closed = new Promise((resolve) => client.on("closed", resolve));
    const failing = client.iterate({ query: "subscription { events { cursor } }" }).next();
    await expect(failing).rejects.toBeDefined();
    expect(await closed).toMatchObject({ code: 4403, reason: "The token has expired" });
    expect((await server.as(secret).post({ query: WHO })).status).toBe(401);
  });

  test.each(["revokeApiToken", "deleteTenant"])(
    "end what they began when they are revoked (%s)",
    async (how) => {
      const server = await startTestServer();
      await server.mutate("createTenant", "CreateTenantInput", { name: "acme" });
      const made = await create(server, { name: "ci", role: "VIEWER", tenant: "acme" });
      const kept = await withToken(server, { role: "VIEWER" });
      const client = server.as(made.secret).client();
      const closed = new Promise((resolve) => client.on("closed", resolve));
      const events = client.iterate({ query: "subscription { fleet { hostsTotal } }" });
      await events.next();
      const others = kept.subscribe("subscription { fleet { hostsTotal } }");
      await others.next();
      const stream = await server
        .as(made.secret)
        .post({ query: "subscription { fleet { hostsTotal } }" }, { Accept: "text/event-stream" });
      const unnamed = await server
        .as(made.secret)
        .post({ query: "subscription { fleet { hostsTotal } }" }, { Accept: "*/*" });
      expect(unnamed.headers.get("content-type")).toContain("text/event-stream");
      // What ends by itself leaves the others watched over.
      expect((await server.as(made.secret).data(WHO)).viewer.name).toBe("ci");
      const bodies = [stream, unnamed].map((one) => one.text().catch(() => "cut off"));
      if (how === "deleteTenant") {
        const tenantId = await server.id("tenant", "acme");
        await server.mutate("deleteTenant", "DeleteTenantInput", { tenantId });
      } else {
        const apiTokenId = made.token.id;
        await server.mutate("revokeApiToken", "RevokeApiTokenInput", { apiTokenId });
      }
      expect(await closed).toMatchObject({ code: 4403 });
      await Promise.all(bodies);
      expect((await server.as(made.secret).post({ query: WHO })).status).toBe(401);
      expect((await kept.data(WHO)).viewer.role).toBe("VIEWER");
      await others.close();
    },
  );
});

describe("the configuration", () => {
  test("lets other machines in once there is a way to know them", () => {
    const env = { HOST: "0.0.0.0", AUTH_JWT_SECRET: SECRET };
    expect(readConfiguration(env)).toMatchObject({
      host: "0.0.0.0",
      authentication: { jwt: { ...JWT, clockToleranceSeconds: 5 }, adminToken: null },
    });
    for (const more of [
      { AUTH: "tokens" },
      { AUTH_ADMIN_TOKEN: SECRET },
      { AUTH_JWKS_URL: "https://id.example/keys" },
    ])
      expect(readConfiguration({ HOST: "::", ...more }).authentication).not.toBe(null);
  });

  test.each([
    [{ HOST: "0.0.0.0" }, /Set AUTH_JWT_SECRET, AUTH_JWKS_URL or AUTH_ADMIN_TOKEN/],
    [{ AUTH: "none" }, /AUTH=none/],
    [{ AUTH_JWT_SECRET: "short" }, /AUTH_JWT_SECRET has 5 bytes/],
    [{ AUTH_ADMIN_TOKEN: "short" }, /AUTH_ADMIN_TOKEN has 5 bytes/],
    [{ AUTH_JWKS_URL: "http://id.example/keys" }, /AUTH_JWKS_URL=http/],
    [{ AUTH_JWKS_URL: "keys.json" }, /AUTH_JWKS_URL=keys/],
    [{ AUTH_JWKS_URL: "https://id.example", AUTH_JWT_SECRET: SECRET }, /not both/],
    [{ AUTH_JWT_SECRET: SECRET, AUTH_CLOCK_TOLERANCE_SECONDS: "-1" }, /AUTH_CLOCK_TOLERANCE/],
  ])("is refused with %j", (env, message) => {
    expect(() => readConfiguration(env)).toThrow(message);
  });
});
