import { existsSync } from "node:fs";
import { dirname } from "node:path";
import { describe, expect, test, vi } from "vitest";
import { CursorExpired } from "../../src/runtime/ports.ts";
import { fleetOf, TestRuntime } from "./fleet.ts";
import { follow, START_MS } from "./log.ts";

interface Telemetry {
  readonly heartbeats: readonly number[];
  readonly samples: readonly number[];
}

function telemetry({ runtime }: TestRuntime): Telemetry {
  const { sqlite } = runtime.queries.reader;
  const column = (sql: string) => sqlite.prepare<[], number>(sql).pluck().all();
  return {
    heartbeats: column("SELECT last_heartbeat_at_ms FROM host_telemetry"),
    samples: column("SELECT sampled_at_ms FROM guest_telemetry"),
  };
}

describe("telemetry", () => {
  test("is in the tables when an advance is answered, the newest of each", async () => {
    const fleet = await TestRuntime.start();
    await fleet.apply(fleetOf({ guests: 3 }));
    await fleet.advance(120);
    expect(telemetry(fleet)).toEqual({
      heartbeats: Array(4).fill(START_MS + 120_000),
      samples: Array(3).fill(START_MS + 120_000),
    });
  });

  test("comes by itself while the clock runs", async () => {
    const fleet = await TestRuntime.start({ clock: { kind: "ACCELERATED", factor: 20 } });
    await fleet.apply(fleetOf({ guests: 3 }));
    await vi.waitFor(() => expect(telemetry(fleet).samples).toHaveLength(3), 10_000);
    expect(telemetry(fleet).heartbeats).toHaveLength(4);
  });

  test("leaves nothing in the log", async () => {
    const fleet = await TestRuntime.start();
    await fleet.apply(fleetOf({ guests: 3 }));
    await fleet.advance(120);
    const head = fleet.runtime.feed.head();
    await fleet.advance(3_600);
    expect(fleet.runtime.feed.head()).toBe(head + 1);
  });
});

describe("retention", () => {
  test("keeps the newest so many events, and expires cursors before them", async () => {
    const fleet = await TestRuntime.start({ retention: { maxEvents: 20 } });
    await fleet.apply(fleetOf({ guests: 10 }));
    await fleet.advance(120);
    const { feed } = fleet.runtime;
    expect(feed.earliest()).toBeGreaterThan(1);
    expect(fleet.log().length).toBeLessThanOrEqual(21);
    await expect(follow(feed, 0, feed.head())).rejects.toThrow(CursorExpired);
    expect(await follow(feed, feed.earliest() - 1, feed.head())).toHaveLength(fleet.log().length);
  });

  test("keeps events that are young enough", async () => {
    const fleet = await TestRuntime.start({ retention: { maxAgeMs: 3_600_000 } });
    await fleet.apply(fleetOf({ guests: 10 }));
    await fleet.advance(1_800);
    expect(fleet.runtime.feed.earliest()).toBe(1);
    await fleet.advance(3_600);
    expect(Math.min(...fleet.log().map(({ atMs }) => atMs))).toBeGreaterThanOrEqual(
      START_MS + 1_800_000,
    );
  });
});

test("`:memory:` keeps nothing", async () => {
  const fleet = await TestRuntime.start({ dataDir: ":memory:" });
  await fleet.apply(fleetOf({ guests: 1 }));
  const path = fleet.runtime.queries.reader.sqlite.name;
  expect(existsSync(path)).toBe(true);
  await fleet.runtime.close();
  expect(existsSync(dirname(path))).toBe(false);
});
