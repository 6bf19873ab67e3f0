import { describe, expect, test } from "vitest";
import { readConfiguration } from "../../src/server/configuration.ts";

describe("the environment", () => {
  test("need say nothing", () => {
    expect(readConfiguration({ PORT: "", HOST: " " })).toEqual({
      host: "127.0.0.1",
      port: 4000,
      dataDir: "./data",
      fleet: "demo",
      clock: { kind: "REALTIME" },
      seed: 1,
      tracesDir: null,
      retention: {},
      authentication: null,
      limits: {},
      trustedDocuments: null,
      replyCacheBytes: 33_554_432,
      apiThreads: 0,
    });
  });

  test("sets everything", () => {
    expect(
      readConfiguration({
        HOST: "localhost",
        PORT: "0",
        DATA_DIR: ":memory:",
        FLEET: "my.yaml",
        CLOCK: "2.5x",
        SEED: "7",
        TRACES_DIR: "fleets",
        RETENTION_HOURS: "1.5",
        RETENTION_EVENTS: "1000",
        MAX_TOKENS: "1",
        MAX_DEPTH: "2",
        MAX_ALIASES: "3",
        MAX_DIRECTIVES: "4",
        MAX_COST: "5",
        MAX_BODY_BYTES: "6",
        MAX_FRAME_BYTES: "7",
        MAX_CONNECTIONS: "8",
        MAX_SUBSCRIPTIONS: "9",
        OPERATIONS_PER_SECOND: "10",
        OPERATIONS_BURST: "11",
        CONNECTION_INIT_SECONDS: "1.5",
        ALLOWED_ORIGINS: "https://console.example, http://localhost:5173",
        INTROSPECTION: "ADMIN",
        TRUSTED_DOCUMENTS: "documents",
        TRUSTED_DOCUMENTS_ONLY: "true",
        REPLY_CACHE_BYTES: "0",
        API_THREADS: "4",
      }),
    ).toEqual({
      host: "localhost",
      port: 0,
      dataDir: ":memory:",
      fleet: "my.yaml",
      clock: { kind: "ACCELERATED", factor: 2.5 },
      seed: 7,
      tracesDir: "fleets",
      retention: { maxAgeMs: 5_400_000, maxEvents: 1_000 },
      authentication: null,
      limits: {
        maxTokens: 1,
        maxDepth: 2,
        maxAliases: 3,
        maxDirectives: 4,
        maxCost: 5,
        maxBodyBytes: 6,
        maxFrameBytes: 7,
        maxConnections: 8,
        maxSubscriptions: 9,
        operationsPerSecond: 10,
        operationsBurst: 11,
        connectionInitMs: 1_500,
        allowedOrigins: ["https://console.example", "http://localhost:5173"],
        introspection: ["ADMIN"],
        trustedDocumentsOnly: true,
      },
      trustedDocuments: "documents",
      replyCacheBytes: 0,
      apiThreads: 4,
    });
    expect(readConfiguration({ INTROSPECTION: "none" }).limits).toEqual({ introspection: [] });
    expect(readConfiguration({ CLOCK: "manual" }).clock).toEqual({ kind: "MANUAL" });
    expect(readConfiguration({ HOST: "::1" }).host).toBe("::1");
    expect(readConfiguration({ HOST: "127.9.8.7" }).host).toBe("127.9.8.7");
  });

  test.each([
    [{ HOST: "0.0.0.0" }, /HOST=0\.0\.0\.0 would let other machines in/],
    [{ HOST: "::" }, /HOST=::/],
    [{ HOST: "192.168.1.2" }, /authentication/],
    [{ HOST: "127.0.0.1.evil.example" }, /HOST/],
    [{ PORT: "http" }, /PORT=http/],
    [{ PORT: "65536" }, /0 to 65535/],
    [{ CLOCK: "fast" }, /CLOCK=fast/],
    [{ CLOCK: "0x" }, /CLOCK=0x/],
    [{ CLOCK: "-1x" }, /CLOCK=-1x/],
    [{ SEED: "1.5" }, /SEED=1\.5/],
    [{ TRACES_DIR: "fleets/none" }, /TRACES_DIR=fleets\/none cannot be read/],
    [{ TRACES_DIR: "package.json" }, /TRACES_DIR=package\.json is not a directory/],
    [{ RETENTION_HOURS: "0" }, /RETENTION_HOURS=0/],
    [{ RETENTION_EVENTS: "many" }, /RETENTION_EVENTS=many/],
    [{ MAX_DEPTH: "0" }, /MAX_DEPTH=0 is not a whole number from 1/],
    [{ MAX_COST: "lots" }, /MAX_COST=lots/],
    [{ CONNECTION_INIT_SECONDS: "-1" }, /CONNECTION_INIT_SECONDS=-1/],
    [{ ALLOWED_ORIGINS: "*" }, /ALLOWED_ORIGINS has '\*'/],
    [{ ALLOWED_ORIGINS: "https://a.example/" }, /no origin such as/],
    [{ ALLOWED_ORIGINS: "https://a.example, null" }, /ALLOWED_ORIGINS has 'null'/],
    [{ INTROSPECTION: "EVERYBODY" }, /INTROSPECTION has 'EVERYBODY'/],
    [{ TRUSTED_DOCUMENTS_ONLY: "yes" }, /neither true nor false/],
    [{ TRUSTED_DOCUMENTS_ONLY: "true" }, /TRUSTED_DOCUMENTS names no documents/],
  ])("is refused with %j", (env, message) => {
    expect(() => readConfiguration(env)).toThrow(message);
  });
});
