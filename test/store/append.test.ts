import { describe, expect, test } from "vitest";
import {
  METER_STRETCH_MS,
  METERED_KEPT_MS,
  noAmounts,
  type Reading,
} from "../../src/model/metering.ts";
import type { GuestStatus } from "../../src/model/statuses.ts";
import { StoreWriteFailed } from "../../src/store/errors.ts";
import { openStore, type Store } from "../../src/store/writer.ts";
import { batchOf, changesTo, fleet, guest, ids, noRows, START_MS, ticks } from "./fixtures.ts";
import { newStore, readerOf, temporaryDirectory } from "./open.ts";

function failureOf(action: () => void): StoreWriteFailed {
  try {
    action();
  } catch (error) {
    if (error instanceof StoreWriteFailed) return error;
    throw error;
  }
  throw new Error("It did not fail.");
}

const reading: Reading = {
  zoneId: ids.zone,
  stretchMs: START_MS,
  fromMs: START_MS,
  untilMs: START_MS + 1_000,
  ...noAmounts(),
  microjoules: 7e15,
  migrations: 1,
};

/** Everything that a batch can change. */
function contentOf(store: Store) {
  const reader = readerOf(store);
  return {
    head: store.head(),
    snapshot: store.load(),
    events: reader.readEvents(0, 1_000_000),
    driverState: store.loadDriverState("simulated"),
    telemetry: reader.sqlite.prepare("SELECT * FROM guest_telemetry").all(),
    metering: reader.sqlite.prepare("SELECT * FROM metering").all(),
    result: store.findIdempotent("PRINCIPAL:ann", "key"),
  };
}

describe("order", () => {
  test.each([
    ["a gap before the batch", [...ticks(4, 1)]],
    ["a gap in the batch", [...ticks(3, 1), ...ticks(5, 1)]],
    ["a repetition", [...ticks(2, 2)]],
    ["no order", [...ticks(4, 1), ...ticks(3, 1)]],
  ])("refuses %s", (_, events) => {
    const store = newStore();
    store.append(batchOf(ticks(1, 2)));
    expect(failureOf(() => store.append(batchOf(events))).code).toBe("OUT_OF_SEQUENCE");
    expect(store.head()).toBe(2);
    store.append(batchOf(ticks(3, 1)));
    expect(
      readerOf(store)
        .readEvents(0, 10)
        .map(({ seq }) => seq),
    ).toEqual([1, 2, 3]);
  });

  test("refuses tables of another position than the events", () => {
    const store = newStore();
    const batch = batchOf(ticks(1, 2), { changes: changesTo(1) });
    expect(failureOf(() => store.append(batch)).code).toBe("OUT_OF_SEQUENCE");
  });

  test("goes on where it was, after a restart", () => {
    const dataDir = temporaryDirectory();
    for (const first of [1, 4, 7]) {
      const store = openStore({ dataDir });
      expect(store.head()).toBe(first - 1);
      store.append(batchOf(ticks(first, 3)));
      store.close();
    }
  });
});

describe("all or nothing", () => {
  const whole = {
    changes: changesTo(2),
    driverState: new Map([["simulated" as const, new Map([["world", "{}"]])]]),
    idempotency: [
      {
        actor: "PRINCIPAL:ann",
        key: "key",
        fingerprint: "f",
        result: { ok: true, outcome: { kind: "CLOCK", nowMs: 1 }, seq: 1 } as const,
        atMs: START_MS,
      },
    ],
    telemetry: {
      guests: new Map([
        [
          ids.guest,
          {
            cpuMillicores: 1,
            memoryMiB: 2,
            cpuDemandMillicores: 3,
            cpuStolenMillicores: 2,
            sampledAtMs: START_MS,
          },
        ],
      ]),
      hosts: new Map(),
      readings: [reading],
    },
  };

  test("a batch holds events, rows, driver state, telemetry and results", () => {
    const store = newStore();
    store.append(batchOf(ticks(1, 2), whole));
    const content = contentOf(store);
    expect(content.events).toHaveLength(2);
    expect(content.snapshot.entities).toEqual(fleet);
    expect(content.driverState).toEqual(new Map([["world", "{}"]]));
    expect(content.telemetry).toHaveLength(1);
    expect(content.metering).toMatchObject([{ microjoules: 7e15 }]);
    expect(content.result).toEqual(whole.idempotency[0]);
  });

  test("a row that the tables refuse leaves nothing of its batch", () => {
    const store = newStore();
    store.append(batchOf(ticks(1, 1)));
    const before = contentOf(store);
    const rows = changesTo(3).rows;
    const broken = new Map(rows.Guest);
    broken.set(ids.otherGuest, { ...guest, id: ids.otherGuest, status: "ODD" as GuestStatus });
    const changes = changesTo(3, { ...rows, Guest: broken } as Parameters<typeof changesTo>[1]);

    const failure = failureOf(() => store.append(batchOf(ticks(2, 2), { ...whole, changes })));
    expect(failure.code).toBe("CONSTRAINT");
    expect(failure.message).toContain("status_known");
    expect(contentOf(store)).toEqual(before);

    store.append(batchOf(ticks(2, 1), whole));
    expect(store.load().entities).toEqual(fleet);
  });

  test("a full disk leaves nothing of the batch, and what frees space lets the next one in", () => {
    const store = newStore({ maxSizeBytes: 1_000_000 });
    let next = 1;
    const failure = failureOf(() => {
      for (; ; next += 100) store.append(batchOf(ticks(next, 100)));
    });
    expect(failure.code).toBe("DISK_FULL");
    expect(failure.message).toMatch(/evenkeel\.db.*full/);
    expect(store.head()).toBe(next - 1);
    expect(readerOf(store).readEvents(0, 1_000_000)).toHaveLength(next - 1);
    expect(failureOf(() => store.append(batchOf(ticks(next, 100)))).code).toBe("DISK_FULL");

    store.applyRetention({ maxAgeMs: null, maxEvents: 100, nowMs: START_MS });
    store.append(batchOf(ticks(next, 100)));
    expect(store.head()).toBe(next + 99);
  });
});

describe("references", () => {
  test("a host may go in the batch that moves its guests away", () => {
    const store = newStore();
    store.append(batchOf(ticks(1, 1), { changes: changesTo(1) }));
    const rows = noRows();
    rows.Host.set(ids.host, undefined);
    rows.Guest.set(ids.guest, { ...guest, hostId: ids.otherHost, targetHostId: null });
    store.append(batchOf(ticks(2, 1), { changes: changesTo(2, rows) }));
    expect(store.load().entities.Host.map(({ id }) => id)).toEqual([ids.otherHost]);
  });

  test("a whole fleet goes in one batch, and its names may come back in the same one", () => {
    const store = newStore();
    store.append(batchOf(ticks(1, 1), { changes: changesTo(1) }));
    const rows = noRows();
    for (const [type, entities] of Object.entries(fleet))
      for (const { id } of entities)
        (rows[type as keyof typeof rows] as Map<number, undefined>).set(id, undefined);
    const region = { ...fleet.Region[0], id: 50 } as (typeof fleet.Region)[number];
    rows.Region.set(50, region);
    store.append(batchOf(ticks(2, 1), { changes: changesTo(2, rows) }));
    expect(Object.values(store.load().entities).flat()).toEqual([region]);
  });

  test("a row that names nothing is refused", () => {
    const store = newStore();
    const rows = { ...changesTo(1).rows, Image: new Map() } as Parameters<typeof changesTo>[1];
    const failure = failureOf(() =>
      store.append(batchOf(ticks(1, 1), { changes: changesTo(1, rows) })),
    );
    expect(failure.code).toBe("CONSTRAINT");
    expect(store.head()).toBe(0);
  });
});

test("telemetry is overwritten, goes with its guest, and is dropped when that is gone", () => {
  const store = newStore();
  const samples = readerOf(store)
    .sqlite.prepare("SELECT guest_id, cpu_millicores FROM guest_telemetry")
    .raw();
  const sampled = (cpuMillicores: number) => ({
    guests: new Map([
      [
        ids.guest,
        {
          cpuMillicores,
          memoryMiB: 2,
          cpuDemandMillicores: 3,
          cpuStolenMillicores: 2,
          sampledAtMs: START_MS,
        },
      ],
    ]),
    hosts: new Map([[ids.host, START_MS]]),
    readings: [],
  });
  store.append(batchOf(ticks(1, 1), { changes: changesTo(1), telemetry: sampled(1) }));
  store.append(batchOf([], { telemetry: sampled(2) }));
  expect(samples.all()).toEqual([[ids.guest, 2]]);

  const rows = noRows();
  rows.Guest.set(ids.guest, undefined);
  rows.LoadBalancerTarget.set(ids.target, undefined);
  store.append(batchOf(ticks(2, 1), { changes: changesTo(2, rows) }));
  expect(samples.all()).toEqual([]);
  store.append(batchOf([], { telemetry: sampled(3) }));
  expect(samples.all()).toEqual([]);
});

test("what is metered adds up by zone and stretch, and goes when it is old", () => {
  const store = newStore();
  const write = (readings: readonly Reading[], nowMs: number) => {
    const telemetry = { guests: new Map(), hosts: new Map(), readings };
    store.append({ ...batchOf([], { telemetry }), clockMs: nowMs });
  };
  const rows = () =>
    readerOf(store)
      .sqlite.prepare("SELECT zone_id, from_ms, until_ms, microjoules, migrations FROM metering")
      .raw()
      .all();
  const later = { ...reading, fromMs: START_MS + 1_000, untilMs: START_MS + 2_000 };
  write([reading, { ...reading, zoneId: ids.otherZone }], START_MS);
  write([later], START_MS);
  expect(rows()).toEqual([
    [ids.zone, START_MS, START_MS + 2_000, 14e15, 2],
    [ids.otherZone, START_MS, START_MS + 1_000, 7e15, 1],
  ]);
  const nextMs = START_MS + METER_STRETCH_MS;
  const next = { ...reading, stretchMs: nextMs, fromMs: nextMs, untilMs: nextMs + 1 };
  write([next], START_MS + METERED_KEPT_MS);
  expect(rows()).toHaveLength(3);
  write([next], START_MS + METERED_KEPT_MS + 1);
  expect(rows()).toEqual([[ids.zone, nextMs, nextMs + 1, 14e15, 2]]);
});

test("driver state is kept by driver and key, and null deletes", () => {
  const store = newStore();
  const write = (entries: [string, string | null][]) =>
    store.append(batchOf([], { driverState: new Map([["simulated", new Map(entries)]]) }));
  write([
    ["a", "1"],
    ["b", "2"],
  ]);
  write([
    ["a", null],
    ["b", "3"],
    ["c", "4"],
  ]);
  expect(store.loadDriverState("simulated")).toEqual(
    new Map([
      ["b", "3"],
      ["c", "4"],
    ]),
  );
  expect(store.loadDriverState("libvirt")).toEqual(new Map());
});

describe("idempotency keys", () => {
  const record = (actor: string, atMs: number, fingerprint = "f") => ({
    actor,
    key: "k",
    fingerprint,
    result: { ok: false, rejection: { code: "CONFLICT", message: "no", path: ["a"] } } as const,
    atMs,
  });
  const DAY_MS = 86_400_000;

  test("belong to their actor", () => {
    const store = newStore();
    store.append(batchOf([], { idempotency: [record("ann", START_MS)] }));
    expect(store.findIdempotent("ann", "k")).toEqual(record("ann", START_MS));
    expect(store.findIdempotent("bob", "k")).toBeNull();
  });

  test("end after a day of the fleet's time, and can then be used anew", () => {
    const store = newStore();
    store.append(batchOf([], { idempotency: [record("ann", START_MS)] }));
    store.append(batchOf([], { clockMs: START_MS + DAY_MS }));
    expect(store.findIdempotent("ann", "k")).not.toBeNull();
    store.append(batchOf([], { clockMs: START_MS + DAY_MS + 1 }));
    expect(store.findIdempotent("ann", "k")).toBeNull();

    const anew = record("ann", START_MS + DAY_MS + 1, "g");
    store.append(batchOf([], { clockMs: anew.atMs, idempotency: [anew] }));
    expect(store.findIdempotent("ann", "k")).toEqual(anew);
  });

  test("are bounded in number, the oldest going first", () => {
    const store = newStore();
    const many = (first: number, count: number) =>
      Array.from({ length: count }, (_, i) => ({
        ...record("ann", START_MS + first + i),
        key: `k${first + i}`,
      }));
    store.append(batchOf([], { idempotency: many(0, 101_000) }));
    store.append(batchOf([], { idempotency: many(101_000, 1_000) }));
    const { sqlite } = readerOf(store);
    expect(sqlite.prepare("SELECT count(*) FROM idempotency").pluck().get()).toBe(100_000);
    expect(store.findIdempotent("ann", "k1999")).toBeNull();
    expect(store.findIdempotent("ann", "k2000")).not.toBeNull();
  });
});
