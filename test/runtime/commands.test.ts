import { describe, expect, test } from "vitest";
import type { Actor } from "../../src/model/actors.ts";
import type { Command } from "../../src/model/commands.ts";
import { fleetOf, TestRuntime } from "./fleet.ts";

const BOB: Actor = { kind: "PRINCIPAL", name: "bob" };

async function withGuest(): Promise<{ fleet: TestRuntime; stop: Command; start: Command }> {
  const fleet = await TestRuntime.start();
  await fleet.apply(fleetOf({ guests: 1 }));
  await fleet.advance(60);
  const guestId = fleet.guestId("g1");
  return {
    fleet,
    stop: { kind: "STOP_GUEST", guestId },
    start: { kind: "START_GUEST", guestId },
  };
}

describe("a command", () => {
  test("is answered when its events can be read", async () => {
    const { fleet, stop } = await withGuest();
    const before = fleet.runtime.feed.head();
    const { outcome, seq } = await fleet.done(stop);
    expect(outcome.kind).toBe("GUEST");
    expect(seq).toBeGreaterThan(before);
    expect(fleet.runtime.feed.head()).toBeGreaterThanOrEqual(seq);
    const events = fleet.runtime.queries.reader.readEvents(before, seq - before);
    expect(events.at(-1)?.seq).toBe(seq);
    expect(events[0]?.actor).toEqual({ kind: "PRINCIPAL", name: "alice" });
  });

  test("that is refused leaves no trace but that it was asked for", async () => {
    const { fleet } = await withGuest();
    const before = fleet.runtime.feed.head();
    const result = await fleet.submit({ kind: "STOP_GUEST", guestId: 999_999 as never });
    expect(result).toMatchObject({ ok: false, rejection: { code: "NOT_FOUND" } });
    expect(fleet.runtime.feed.head()).toBe(before + 1);
    const [audit] = fleet.runtime.queries.reader.readEvents(before, 1);
    expect(audit).toMatchObject({ kind: "CommandAudited", payload: { result: "NOT_FOUND" } });
  });

  test("that comes with many others is decided in its turn", async () => {
    const { fleet, stop, start } = await withGuest();
    const results = await Promise.all([stop, start, stop].map((c) => fleet.submit(c)));
    const seqs = results.map((result) => (result.ok ? result.seq : 0));
    expect(seqs).toEqual([...seqs].sort((a, b) => a - b));
    expect(seqs[0]).toBeGreaterThan(0);
  });

  test("that comes while the server shuts down is refused", async () => {
    const { fleet, stop } = await withGuest();
    const closing = fleet.runtime.close();
    expect(await fleet.submit(stop)).toMatchObject({ ok: false, rejection: { code: "INTERNAL" } });
    await closing;
    expect(fleet.runtime.health().ready).toBe(false);
  });
});

describe("an idempotency key", () => {
  test("answers the first result again and does nothing twice", async () => {
    const { fleet, stop } = await withGuest();
    const first = await fleet.submit(stop, "k1");
    const head = fleet.runtime.feed.head();
    expect(first.ok).toBe(true);
    expect(await fleet.submit(stop, "k1")).toEqual(first);
    expect(fleet.runtime.feed.head()).toBe(head);
  });

  test("answers the first result to those who come while it is in work", async () => {
    const { fleet, stop } = await withGuest();
    const results = await Promise.all([1, 2, 3].map(() => fleet.submit(stop, "k1")));
    expect(results[1]).toEqual(results[0]);
    expect(results[2]).toEqual(results[0]);
    expect(fleet.kinds().GuestStopRequested).toBe(1);
  });

  test("answers an advance that is still under way to both", async () => {
    const { fleet } = await withGuest();
    const advance: Command = { kind: "ADVANCE_CLOCK", seconds: 2 * 86_400 };
    const [one, two] = await Promise.all([fleet.submit(advance, "k"), fleet.submit(advance, "k")]);
    expect(one).toMatchObject({ ok: true, outcome: { kind: "CLOCK" } });
    expect(two).toEqual(one);
    expect(await fleet.submit(advance, "k")).toEqual(one);
    expect(fleet.kinds().ClockAdvanced).toBe(2);
  });

  test("with another command is a conflict, whether the first is done or not", async () => {
    const { fleet, stop, start } = await withGuest();
    const conflict = { ok: false, rejection: { code: "CONFLICT", path: ["idempotencyKey"] } };
    const [first, second] = await Promise.all([fleet.submit(stop, "k"), fleet.submit(start, "k")]);
    expect(first.ok).toBe(true);
    expect(second).toMatchObject(conflict);
    expect(await fleet.submit(start, "k")).toMatchObject(conflict);
  });

  test("belongs to who sent it", async () => {
    const { fleet, stop, start } = await withGuest();
    expect((await fleet.submit(stop, "k")).ok).toBe(true);
    expect((await fleet.submit(start, "k", BOB)).ok).toBe(true);
  });

  test("does not care about the order of fields", async () => {
    const { fleet, stop } = await withGuest();
    const first = await fleet.submit(stop, "k");
    const reversed = Object.fromEntries(Object.entries(stop).reverse()) as unknown as Command;
    expect(await fleet.submit(reversed, "k")).toEqual(first);
  });

  test("holds over a restart", async () => {
    const { fleet, stop } = await withGuest();
    const first = await fleet.submit(stop, "k");
    await fleet.runtime.close();
    const again = await TestRuntime.start({ dataDir: fleet.dataDir });
    const head = again.runtime.feed.head();
    expect(await again.submit(stop, "k")).toEqual(first);
    expect(again.runtime.feed.head()).toBe(head);
  });

  test("keeps refusals too, but not those that blame the input", async () => {
    const { fleet } = await withGuest();
    const unknown: Command = { kind: "STOP_GUEST", guestId: 999_999 as never };
    const refusal = await fleet.submit(unknown, "k");
    expect(refusal).toMatchObject({ ok: false, rejection: { code: "NOT_FOUND" } });
    expect(await fleet.submit(unknown, "k")).toEqual(refusal);

    const wrong: Command = { kind: "ADVANCE_CLOCK", seconds: -1 };
    expect(await fleet.submit(wrong, "j")).toMatchObject({ rejection: { code: "INVALID_INPUT" } });
    expect((await fleet.submit({ ...wrong, seconds: 1 }, "j")).ok).toBe(true);
  });

  test("is not used up by a dry run", async () => {
    const fleet = await TestRuntime.start();
    const apply = { kind: "APPLY_FLEET", spec: fleetOf({}), prune: false } as const;
    expect((await fleet.submit({ ...apply, dryRun: true }, "k")).ok).toBe(true);
    expect(fleet.log().map(({ kind }) => kind)).toEqual(["CommandAudited"]);
    expect((await fleet.submit({ ...apply, dryRun: false }, "k")).ok).toBe(true);
    expect(fleet.log().length).toBeGreaterThan(0);
  });

  test.each(["", "x".repeat(256)])("has a reasonable length", async (key) => {
    const { fleet, stop } = await withGuest();
    expect(await fleet.submit(stop, key)).toMatchObject({
      rejection: { code: "INVALID_INPUT", path: ["idempotencyKey"] },
    });
  });
});
