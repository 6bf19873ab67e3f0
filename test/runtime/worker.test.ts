import { describe, expect, test, vi } from "vitest";
import type { FleetEvent } from "../../src/model/events.ts";
import { fleetOf, TestRuntime } from "./fleet.ts";
import { follow, range, START_MS } from "./log.ts";

describe("the writer in a thread of its own", () => {
  test("takes a fleet through its life", async () => {
    const fleet = await TestRuntime.start({ thread: "worker" });
    const kinds: string[] = [];
    const note = (events: readonly FleetEvent[]) => kinds.push(...events.map(({ kind }) => kind));
    const abort = new AbortController();
    const listening = (async () => {
      for await (const events of fleet.runtime.feed.follow(0, { signal: abort.signal }))
        note(events);
    })();
    await fleet.apply(fleetOf({ guests: 5 }));
    const { seq } = await fleet.advance(120);
    expect(fleet.runtime.feed.head()).toBe(seq);
    expect(fleet.runtime.nowMs()).toBe(START_MS + 120_000);
    expect(await follow(fleet.runtime.feed, 0, seq)).toEqual(range(1, seq));
    await vi.waitFor(() => expect(kinds).toHaveLength(seq));
    expect(kinds).toEqual(fleet.log().map(({ kind }) => kind));
    abort.abort();
    await listening;
    expect(fleet.runtime.health()).toEqual({ ready: true, problems: [], decisionFailures: 0 });
  });

  test("goes on by itself and stops when it is closed", async () => {
    const fleet = await TestRuntime.start({
      thread: "worker",
      clock: { kind: "ACCELERATED", factor: 100 },
    });
    await fleet.apply(fleetOf({ guests: 3 }));
    await vi.waitFor(() => expect(fleet.kinds().GuestStarted).toBe(3), 20_000);
    await fleet.runtime.close();
    const again = await TestRuntime.start({ dataDir: fleet.dataDir, thread: "worker" });
    expect(again.kinds().GuestStarted).toBe(3);
  });

  test("answers what was asked before it was closed", async () => {
    const fleet = await TestRuntime.start({ thread: "worker" });
    await fleet.apply(fleetOf({ guests: 3 }));
    const command = { kind: "SET_HIGH_AVAILABILITY" } as const;
    const actor = { kind: "PRINCIPAL", name: "test" } as const;
    // More than are taken at once.
    const answers = Array.from({ length: 2_000 }, (_, index) =>
      fleet.runtime.commands.submit({
        command: { ...command, enabled: index % 2 === 0 },
        actor,
        idempotencyKey: null,
      }),
    );
    await fleet.runtime.close();
    for (const answer of await Promise.all(answers)) expect(answer.ok).toBe(true);
  });

  test("tells why it can't start", async () => {
    const fleet = await TestRuntime.start({ thread: "worker" });
    const onFatal = vi.fn();
    const second = TestRuntime.start({ thread: "worker", dataDir: fleet.dataDir, onFatal });
    await expect(second).rejects.toThrow(/in use by/);
    await expect(second).rejects.toMatchObject({ name: "DataDirectoryLocked" });
    expect(onFatal).not.toHaveBeenCalled();
  });
});
