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
      apiThreads: 4,
    });
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
  ])("is refused with %j", (env, message) => {
    expect(() => readConfiguration(env)).toThrow(message);
  });
});
