import { setImmediate as turn } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import type { FleetEvent } from "../../src/model/events.ts";
import { CursorExpired } from "../../src/runtime/ports.ts";
import { FedLog, follow, range } from "./log.ts";

describe("a follower", () => {
  test("reads what is there and then what comes, each event once and in order", async () => {
    const log = new FedLog({ events: 1_000 });
    const following = follow(log.feed, 0, 1_500);
    for (let i = 0; i < 50; i++) {
      log.append(10);
      await turn();
    }
    expect(await following).toEqual(range(1, 1_500));
  });

  test.each([0, 1, 999, 1_000])(
    "after %i gets everything newer and nothing else",
    async (after) => {
      const log = new FedLog({ events: 1_000 });
      const following = follow(log.feed, after, 1_003);
      log.append(3);
      expect(await following).toEqual(range(after + 1, 1_003));
    },
  );

  test("that joins while others ride the edge misses nothing", async () => {
    const log = new FedLog({ ring: { events: 64, bytes: 1e6 } });
    const followers = [follow(log.feed, 0, 2_000)];
    for (let i = 0; i < 200; i++) {
      log.append(10);
      await turn();
      if (i % 20 === 0) followers.push(follow(log.feed, Math.max(0, log.feed.head() - 100), 2_000));
    }
    for (const seen of await Promise.all(followers))
      expect(seen).toEqual(range(seen[0] as number, 2_000));
  });

  test("that is slow gets all of it too, and holds nobody up", async () => {
    const log = new FedLog({ ring: { events: 32, bytes: 1e6 } });
    let isHeld = true;
    const release = Promise.withResolvers<void>();
    const slow = follow(log.feed, 0, 3_000, () => (isHeld ? release.promise : undefined));
    const fast = follow(log.feed, 0, 3_000);
    for (let i = 0; i < 300; i++) {
      log.append(10);
      await turn();
    }
    expect(await fast).toEqual(range(1, 3_000));
    isHeld = false;
    release.resolve();
    expect(await slow).toEqual(range(1, 3_000));
  });

  test("costs no memory for what it has not asked for", async () => {
    const log = new FedLog({ ring: { events: 100, bytes: 1e6 } });
    const idle = Array.from({ length: 1_000 }, () => log.feed.follow(0));
    const first = idle.map((follower) => follower.next());
    const rider = follow(log.feed, 0, 20_000);
    await turn();
    for (let i = 0; i < 200; i++) {
      log.append(100);
      await turn();
    }
    await rider;
    for (const result of await Promise.all(first))
      expect((result.value as FleetEvent[]).length).toBe(100);
    expect(log.feed.stats().ringBytes).toBeLessThan(100 * 1_000);
    for (const follower of idle) await follower.return();
    expect(log.feed.stats().waiting).toBe(0);
  });

  test("at the edge shares the events with all others, and they stay as they are", async () => {
    const log = new FedLog();
    const followers = [log.feed.follow(0), log.feed.follow(0), log.feed.follow(0)];
    const batches = followers.map((follower) => follower.next());
    log.append(5);
    const [one, two, three] = (await Promise.all(batches)).map(({ value }) => value);
    expect(two).toBe(one);
    expect(three).toBe(one);
    expect(one).toEqual(log.reader.readEvents(0, 5));
    for (const follower of followers) await follower.return();
  });

  test("is not told of events that this side has not heard of", async () => {
    const log = new FedLog({ events: 5 });
    log.write(5);
    const follower = log.feed.follow(0);
    expect((await follower.next()).value).toHaveLength(5);
    const next = follower.next();
    log.feed.grown(10);
    expect(((await next).value as FleetEvent[]).map(({ seq }) => seq)).toEqual(range(6, 10));
    await follower.return();
  });

  test("with a cursor that lies ahead waits for what comes after it", async () => {
    const log = new FedLog({ events: 5 });
    const following = follow(log.feed, 8, 10);
    for (let i = 0; i < 5; i++) log.append(1);
    expect(await following).toEqual([9, 10]);
  });
});

describe("following ends", () => {
  test("at once when its consumer leaves, also while it waits", async () => {
    const log = new FedLog();
    const follower = log.feed.follow(0);
    const next = follower.next();
    await turn();
    expect(log.feed.stats().waiting).toBe(1);
    await follower.return();
    expect(await next).toEqual({ done: true, value: undefined });
    expect(log.feed.stats().waiting).toBe(0);
    expect(await follower.next()).toEqual({ done: true, value: undefined });
  });

  test("when its signal aborts", async () => {
    const log = new FedLog({ events: 3 });
    const abort = new AbortController();
    const follower = log.feed.follow(3, { signal: abort.signal });
    const next = follower.next();
    await turn();
    abort.abort();
    expect((await next).done).toBe(true);
    expect(log.feed.stats().waiting).toBe(0);
    const late = log.feed.follow(0, { signal: abort.signal });
    expect((await late.next()).done).toBe(true);
  });

  test("when the feed closes", async () => {
    const log = new FedLog();
    const followers = range(1, 10).map(() => log.feed.follow(0).next());
    await turn();
    log.feed.close();
    for (const { done } of await Promise.all(followers)) expect(done).toBe(true);
  });

  test("with CursorExpired when retention has overtaken the cursor", async () => {
    const log = new FedLog({ events: 100 });
    log.keep(10);
    const error = await follow(log.feed, 50, 100).catch((e: unknown) => e);
    expect(error).toBeInstanceOf(CursorExpired);
    expect((error as CursorExpired).earliestSeq).toBe(91);
    expect(await follow(log.feed, 90, 100)).toEqual(range(91, 100));
    expect(log.feed.earliest()).toBe(91);
  });

  test("with CursorExpired when retention overtakes a slow follower on its way", async () => {
    const log = new FedLog({ events: 1_000, ring: { events: 10, bytes: 1e6 } });
    const follower = log.feed.follow(0, { batchSize: 100 });
    expect((await follower.next()).value).toHaveLength(100);
    log.keep(500);
    await expect(follower.next()).rejects.toThrow(CursorExpired);
    expect((await follower.next()).done).toBe(true);
  });

  test("with CursorExpired when nothing at all is left after the cursor", async () => {
    const log = new FedLog({ events: 100 });
    log.keep(0);
    await expect(follow(log.feed, 50, 100)).rejects.toThrow(CursorExpired);
    const following = follow(log.feed, 100, 101);
    log.append(1);
    expect(await following).toEqual([101]);
  });
});

describe("the ring", () => {
  test("keeps to its bound in bytes, whatever the events weigh", async () => {
    const log = new FedLog({ ring: { events: 1e6, bytes: 20_000 } });
    const following = follow(log.feed, 0, 5_000);
    for (let i = 0; i < 50; i++) {
      log.append(100);
      await turn();
      expect(log.feed.stats().ringBytes).toBeLessThanOrEqual(20_000);
    }
    expect(await following).toEqual(range(1, 5_000));
  });

  test("serves thousands of followers with one read", async () => {
    const log = new FedLog();
    let reads = 0;
    const read = log.reader.readEvents.bind(log.reader);
    log.reader.readEvents = (...args) => {
      reads++;
      return read(...args);
    };
    const followers = Array.from({ length: 5_000 }, () => follow(log.feed, 0, 30));
    for (let i = 0; i < 3; i++) {
      log.append(10);
      await turn();
    }
    for (const seen of await Promise.all(followers)) expect(seen).toEqual(range(1, 30));
    expect(reads).toBeLessThanOrEqual(3);
  });
});
