import { subscribe, unsubscribe } from "node:diagnostics_channel";
import type { Worker } from "node:worker_threads";
import Sqlite from "better-sqlite3";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import type { Command } from "../../src/model/commands.ts";
import { databasePath } from "../../src/store/database.ts";
import { fleetOf, TestRuntime } from "./fleet.ts";

/** Another hand in the database, which keeps no rules. */
function meddler(dataDir: string): Sqlite.Database {
  const sqlite = new Sqlite(databasePath(dataDir));
  sqlite.pragma("foreign_keys = OFF");
  onTestFinished(() => {
    sqlite.close();
  });
  return sqlite;
}

/** A fleet whose first guest can't be started for a hole in the tables. */
async function brokenFleet(): Promise<{ fleet: TestRuntime; start: Command }> {
  const whole = await TestRuntime.start();
  await whole.apply(fleetOf({ guests: 2 }));
  await whole.advance(60);
  const guestId = whole.guestId("g1");
  await whole.done({ kind: "STOP_GUEST", guestId });
  await whole.done({ kind: "STOP_GUEST", guestId: whole.guestId("g2") });
  await whole.advance(60);
  await whole.runtime.close();
  meddler(whole.dataDir).exec(`UPDATE guests SET image_id = 999999 WHERE id = ${guestId}`);
  const fleet = await TestRuntime.start({ dataDir: whole.dataDir });
  return { fleet, start: { kind: "START_GUEST", guestId } };
}

describe("a decision that fails", () => {
  test("changes nothing, is told of, and leaves the server at work", async () => {
    const { fleet, start } = await brokenFleet();
    const before = fleet.runtime.queries.reader.load();
    const result = await fleet.submit(start);
    expect(result).toMatchObject({ ok: false, rejection: { code: "INTERNAL" } });

    const after = fleet.runtime.queries.reader.load();
    expect(after.entities).toEqual(before.entities);
    expect(fleet.log().slice(before.meta.seq)).toMatchObject([
      { kind: "DecisionFailed", severity: "CRITICAL", payload: { input: "START_GUEST" } },
      { kind: "CommandAudited", payload: { command: "START_GUEST", result: "INTERNAL" } },
    ]);
    const health = fleet.runtime.health();
    expect(health).toMatchObject({ ready: true, decisionFailures: 1 });
    expect(health.problems.join()).toContain("START_GUEST");
    expect(fleet.logged.join()).toContain("at ");

    await fleet.done({ kind: "START_GUEST", guestId: fleet.guestId("g2") });
    await fleet.advance(60);
    expect(fleet.log().filter(({ kind }) => kind === "GuestStarted")).toHaveLength(3);
  });

  test("does not take the other commands of its batch with it", async () => {
    const { fleet, start } = await brokenFleet();
    const good: Command = { kind: "START_GUEST", guestId: fleet.guestId("g2") };
    const [failed, done] = await Promise.all([fleet.submit(start, "k"), fleet.submit(good)]);
    expect(failed.ok).toBe(false);
    expect(done.ok).toBe(true);
    // It was no answer to the command, so the key is still free.
    expect((await fleet.submit(good, "k")).ok).toBe(true);
  });
});

describe("a disk that is full", () => {
  const LIMITS = { maxSizeBytes: 2 * 1024 * 1024 };
  const fill = (dataDir: string) =>
    meddler(dataDir).exec("CREATE TABLE junk (x); INSERT INTO junk VALUES (zeroblob(4000000))");
  const clear = (dataDir: string) => meddler(dataDir).exec("DROP TABLE junk");

  /** Stops and starts a guest until something is refused. */
  async function useUp(fleet: TestRuntime) {
    const guestId = fleet.guestId("g1");
    return refusalOf(fleet, (i) => ({ kind: i % 2 === 0 ? "STOP_GUEST" : "START_GUEST", guestId }));
  }

  /** What has no room for one command may have some for a smaller one. */
  async function refusalOf(fleet: TestRuntime, commandOf: (nth: number) => Command) {
    for (let i = 0; i < 1_000; i++) {
      const result = await fleet.submit(commandOf(i));
      if (!result.ok) return result.rejection;
    }
    throw new Error("The disk was never full");
  }

  test("refuses commands in words, changes nothing, and is used again when it has room", async () => {
    const fleet = await TestRuntime.start(LIMITS);
    await fleet.apply(fleetOf({ guests: 1 }));
    await fleet.advance(60);
    fill(fleet.dataDir);
    const rejection = await useUp(fleet);
    expect(rejection.code).toBe("UNAVAILABLE");
    expect(rejection.message).toMatch(/DISK_FULL.*nothing has happened/);
    expect(rejection.message).not.toContain(fleet.dataDir);
    expect(fleet.tables()).toEqual(fleet.folded());
    expect(fleet.runtime.feed.head()).toBe(fleet.tables().meta.seq);
    expect(fleet.runtime.health()).toMatchObject({ ready: false });
    expect(fleet.runtime.health().problems.join()).toMatch(/disk is full/);
    const advance = { kind: "ADVANCE_CLOCK", seconds: 100 } as const;
    expect(await refusalOf(fleet, () => advance)).toMatchObject({
      code: "UNAVAILABLE",
      message: expect.stringMatching(/DISK_FULL/),
    });
    expect(fleet.tables()).toEqual(fleet.folded());

    clear(fleet.dataDir);
    await fleet.advance(100);
    expect(fleet.runtime.health()).toMatchObject({ ready: true, problems: [] });
    expect(fleet.tables()).toEqual(fleet.folded());
  });

  test("is found to have room again although nobody asks for anything", async () => {
    const fleet = await TestRuntime.start(LIMITS);
    await fleet.apply(fleetOf({ guests: 1 }));
    await fleet.advance(60);
    fill(fleet.dataDir);
    await useUp(fleet);
    clear(fleet.dataDir);
    expect(fleet.runtime.health().ready).toBe(false);
    await vi.waitFor(() => expect(fleet.runtime.health().ready).toBe(true), 10_000);
  });

  test("loses nothing of what was seen meanwhile", async () => {
    const fleet = await TestRuntime.start({
      ...LIMITS,
      clock: { kind: "ACCELERATED", factor: 20 },
    });
    await fleet.apply(fleetOf({ hosts: 20, guests: 200 }));
    await vi.waitFor(() => expect(fleet.kinds().GuestPlaced).toBe(200), 10_000);
    fill(fleet.dataDir);
    await vi.waitFor(() => expect(fleet.runtime.health().ready).toBe(false), 10_000);
    expect(fleet.kinds().GuestStarted ?? 0).toBeLessThan(200);
    clear(fleet.dataDir);
    await vi.waitFor(() => expect(fleet.kinds().GuestStarted).toBe(200), 20_000);
    expect(fleet.runtime.health().ready).toBe(true);
    expect(fleet.kinds().GuestStartFailed).toBeUndefined();
  });
});

describe("an outcome that the tables refuse", () => {
  test("is dropped alone: all else that was seen with it counts", async () => {
    const fleet = await TestRuntime.start();
    await fleet.apply(fleetOf({ guests: 6 }));
    const guestId = fleet.guestId("g3");
    meddler(fleet.dataDir).exec(
      `CREATE TRIGGER refuse BEFORE INSERT ON log
       WHEN NEW.kind = 'GuestStarted' AND NEW.subject_id = ${guestId}
       BEGIN SELECT RAISE(ABORT, 'not this one'); END`,
    );
    await fleet.advance(50);
    expect(fleet.kinds().GuestStarted).toBe(5);
    expect(fleet.kinds().DecisionFailed).toBe(1);
    expect(fleet.runtime.health()).toMatchObject({ ready: true, decisionFailures: 1 });
  });
});

test("a writer that dies is told of, and nobody waits for it", async () => {
  const workers: Worker[] = [];
  const note = (message: unknown) => workers.push((message as { worker: Worker }).worker);
  subscribe("worker_threads", note);
  onTestFinished(() => {
    unsubscribe("worker_threads", note);
  });
  const died = Promise.withResolvers<Error>();
  const fleet = await TestRuntime.start({ thread: "worker", onFatal: died.resolve });
  await fleet.apply(fleetOf({ guests: 1 }));
  const waiting = fleet.submit({ kind: "ADVANCE_CLOCK", seconds: 366 * 86_400 });
  await workers[0]?.terminate();
  expect(await waiting).toMatchObject({ ok: false, rejection: { code: "INTERNAL" } });
  expect((await died.promise).message).toMatch(/ended/);
  expect(fleet.runtime.health().ready).toBe(false);
  const late = await fleet.submit({ kind: "ADVANCE_CLOCK", seconds: 1 });
  expect(late).toMatchObject({ ok: false, rejection: { code: "INTERNAL" } });
});
