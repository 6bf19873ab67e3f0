import { expect, test } from "vitest";
import { openStore } from "../../src/store/writer.ts";
import { batchOf, changesTo, event, ids, ticks } from "./fixtures.ts";
import { newStore, readerOf, temporaryDirectory } from "./open.ts";

const seqs = (events: readonly { seq: number }[]) => events.map(({ seq }) => seq);

test("the epoch is drawn once and for all", () => {
  const first = newStore();
  expect(first.epoch).toMatch(/^[0-9a-z]{8}$/);
  expect(newStore().epoch).not.toBe(first.epoch);
  expect(readerOf(first).epoch).toBe(first.epoch);

  const dataDir = temporaryDirectory();
  for (const asked of ["first", "second"]) {
    const store = openStore({ dataDir, epoch: asked });
    expect(store.epoch).toBe("first");
    store.close();
  }
});

test("a reader sees what is committed when it looks, and a batch at once", () => {
  const store = newStore();
  const reader = readerOf(store);
  expect([reader.head(), reader.earliest(), reader.countEvents()]).toEqual([0, 1, 0]);

  const sizes: number[] = [];
  const events = ticks(1, 3);
  // An array that looks while the writer walks along it, in the middle of its transaction.
  const watched = new Proxy(events, {
    get(target, property, receiver) {
      if (property === "2") sizes.push(reader.readEvents(0, 10).length, reader.head());
      return Reflect.get(target, property, receiver);
    },
  });
  store.append(batchOf(watched, { changes: changesTo(3) }));
  expect(new Set(sizes)).toEqual(new Set([0]));
  expect([reader.head(), reader.readEvents(0, 10).length]).toEqual([3, 3]);
  expect(reader.load().meta.seq).toBe(3);
});

test("a reader cannot write", () => {
  const reader = readerOf(newStore());
  expect(() => reader.sqlite.exec("DELETE FROM meta")).toThrow(/readonly/);
});

test("pages go forward and backward", () => {
  const store = newStore();
  store.append(batchOf(ticks(1, 10)));
  const reader = readerOf(store);
  expect(seqs(reader.readEvents(0, 3))).toEqual([1, 2, 3]);
  expect(seqs(reader.readEvents(8, 3))).toEqual([9, 10]);
  expect(reader.readEvents(10, 3)).toEqual([]);
  expect(seqs(reader.readEventsBackward(11, 3))).toEqual([10, 9, 8]);
  expect(seqs(reader.readEventsBackward(3, 3))).toEqual([2, 1]);
  expect(seqs(reader.readEventsBackward(Number.MAX_SAFE_INTEGER, 1))).toEqual([10]);
});

test("causes can be followed both ways", () => {
  const store = newStore();
  const [root] = ticks(1, 1);
  const effect = (seq: number, causeSeq: number) =>
    event(seq, "HostUp", { host: ids.host }, { causeSeq });
  store.append(batchOf([root as never, effect(2, 1), effect(3, 2), effect(4, 1)]));
  const reader = readerOf(store);
  expect(seqs(reader.eventsCausedBy(1))).toEqual([2, 4]);
  expect(reader.eventsBySeq([3])[0]?.causeSeq).toBe(2);
  expect(reader.eventsBySeq([5])).toEqual([]);
});

test("retention by count keeps the newest", () => {
  const store = newStore();
  const reader = readerOf(store);
  store.append(batchOf(ticks(1, 100), { changes: changesTo(100) }));
  expect(store.applyRetention({ maxAgeMs: null, maxEvents: 30, nowMs: 0 })).toEqual({
    deleted: 70,
    earliest: 71,
    done: true,
  });
  expect([store.earliest(), reader.earliest(), reader.head()]).toEqual([71, 71, 100]);
  expect(seqs(reader.readEvents(0, 2))).toEqual([71, 72]);
  expect(reader.countEvents()).toBe(30);
  expect(reader.load().entities.Guest).toHaveLength(2);
});

test("retention by age keeps what is as old as the bound, and no older", () => {
  const store = newStore();
  const events = ticks(1, 100);
  store.append(batchOf(events));
  const nowMs = 1_000_000 + (events[59]?.atMs ?? 0);
  const bounds = { maxAgeMs: 1_000_000, maxEvents: null, nowMs };
  expect(store.applyRetention(bounds)).toEqual({ deleted: 59, earliest: 60, done: true });
  expect(store.applyRetention(bounds)).toEqual({ deleted: 0, earliest: 60, done: true });
});

test("of two bounds the narrower counts, and none keeps all", () => {
  const store = newStore();
  const events = ticks(1, 100);
  store.append(batchOf(events));
  const nowMs = events[99]?.atMs ?? 0;
  expect(store.applyRetention({ maxAgeMs: null, maxEvents: null, nowMs }).deleted).toBe(0);
  expect(store.applyRetention({ maxAgeMs: 50_000, maxEvents: 90, nowMs }).earliest).toBe(50);
  expect(store.applyRetention({ maxAgeMs: 49_000, maxEvents: 20, nowMs }).earliest).toBe(81);
});

test("much is deleted in slices, and the log goes on after the last event was deleted", () => {
  const store = newStore();
  const events = ticks(1, 12_000);
  store.append(batchOf(events));
  const bounds = { maxAgeMs: 0, maxEvents: null, nowMs: (events.at(-1)?.atMs ?? 0) + 1 };
  const slices = [1, 2, 3].map(() => store.applyRetention(bounds));
  expect(slices.map(({ deleted, done }) => [deleted, done])).toEqual([
    [5_000, false],
    [5_000, false],
    [2_000, true],
  ]);
  expect([store.earliest(), store.head()]).toEqual([12_001, 12_000]);
  store.close();

  const again = openStore({ dataDir: store.dataDir });
  expect([again.earliest(), again.head()]).toEqual([12_001, 12_000]);
  again.append(batchOf(ticks(12_001, 1)));
  const reader = readerOf(again);
  expect([reader.countEvents(), seqs(reader.readEvents(0, 5))]).toEqual([1, [12_001]]);
  again.close();
});
