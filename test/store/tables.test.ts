import { expect, test } from "vitest";
import type { Entities } from "../../src/model/entities.ts";
import { FIRST_META } from "../../src/store/snapshot.ts";
import { openStore } from "../../src/store/writer.ts";
import {
  bareGuest,
  batchOf,
  changesTo,
  event,
  fleet,
  guest,
  host,
  ids,
  metaAt,
  noRows,
  START_MS,
  ticks,
} from "./fixtures.ts";
import { newStore, readerOf } from "./open.ts";

const types = Object.keys(fleet) as (keyof Entities)[];

test("a new directory holds nothing", () => {
  const snapshot = newStore().load();
  expect(snapshot.meta).toEqual(FIRST_META);
  expect(snapshot.clockMs).toBeNull();
  expect(Object.values(snapshot.entities).flat()).toEqual([]);
});

test.each(types)("%s comes back as it was written", (type) => {
  const store = newStore();
  store.append(batchOf(ticks(1, 1), { changes: changesTo(1) }));
  expect(store.load().entities[type]).toStrictEqual(fleet[type]);
  expect(readerOf(store).load().entities[type]).toStrictEqual(fleet[type]);
});

test("what belongs to the whole fleet comes back after a restart", () => {
  const store = newStore();
  const clockMs = START_MS + 123_456;
  store.append(batchOf(ticks(1, 2), { changes: changesTo(2), clockMs }));
  store.close();

  const again = openStore({ dataDir: store.dataDir });
  const { meta, clockMs: clockThen, entities } = again.load();
  again.close();
  expect({ meta, clockThen, entities }).toEqual({
    meta: metaAt(2),
    clockThen: clockMs,
    entities: fleet,
  });
  expect(again.epoch).toBe(store.epoch);
});

test("rows are replaced as a whole and deleted", () => {
  const store = newStore();
  store.append(batchOf(ticks(1, 1), { changes: changesTo(1) }));
  const changed = { ...bareGuest, id: ids.guest, name: "renamed" };
  const rows = noRows();
  rows.Guest.set(ids.guest, changed).set(ids.otherGuest, undefined);
  store.append(batchOf(ticks(2, 1), { changes: changesTo(2, rows) }));
  expect(store.load().entities.Guest).toStrictEqual([changed]);
  expect(store.load().entities.Host).toStrictEqual(fleet.Host);
});

test.each([
  ["its status", { status: "RUNNING" }],
  ["its name", { name: "another" }],
] as const)("a guest changes %s", (_, change) => {
  const store = newStore();
  store.append(batchOf(ticks(1, 1), { changes: changesTo(1) }));
  const rows = noRows();
  rows.Guest.set(ids.guest, { ...guest, ...change });
  store.append(batchOf(ticks(2, 1), { changes: changesTo(2, rows) }));
  expect(store.load().entities.Guest[0]).toStrictEqual({ ...guest, ...change });
});

test("a guest's row knows the zone of its host", () => {
  const store = newStore();
  const { sqlite } = readerOf(store);
  const zone = sqlite.prepare("SELECT zone_id FROM guests WHERE id = ?").pluck();
  store.append(batchOf(ticks(1, 1), { changes: changesTo(1) }));
  expect(zone.get(ids.guest)).toBe(ids.zone);
  expect(zone.get(ids.otherGuest)).toBeNull();

  const rows = noRows();
  rows.Guest.set(ids.guest, { ...guest, hostId: ids.otherHost });
  store.append(batchOf(ticks(2, 1), { changes: changesTo(2, rows) }));
  expect(zone.get(ids.guest)).toBe(ids.otherZone);
});

test("relations lead from a guest to its surroundings and back", () => {
  const store = newStore();
  store.append(
    batchOf(ticks(1, 1), {
      changes: changesTo(1),
      telemetry: {
        guests: new Map([
          [
            ids.guest,
            {
              cpuMillicores: 70,
              memoryMiB: 80,
              cpuDemandMillicores: 90,
              cpuStolenMillicores: 20,
              sampledAtMs: START_MS,
            },
          ],
        ]),
        hosts: new Map([[ids.host, START_MS + 5]]),
        readings: [],
      },
    }),
  );
  const { db } = readerOf(store);
  const found = db.query.guests
    .findFirst({
      where: { id: { eq: ids.guest } },
      with: {
        host: {
          with: { zone: { with: { region: true } }, rack: true, guests: true, telemetry: true },
        },
        targetHost: true,
        homeHost: true,
        tenant: true,
        flavor: true,
        image: true,
        zone: true,
        operations: true,
        telemetry: true,
      },
    })
    .sync();
  expect(found).toMatchObject({
    placement: guest.placement,
    deleting: true,
    host: {
      name: host.name,
      everUp: true,
      zone: { name: "north-a", region: { name: "north" } },
      rack: { name: "r1" },
      guests: [{ id: ids.guest, recovery: guest.recovery, deleting: true }],
      telemetry: { lastHeartbeatAtMs: START_MS + 5 },
    },
    targetHost: { name: "host-2" },
    homeHost: { name: "host-2", everUp: false },
    tenant: { name: "default" },
    flavor: { name: "small" },
    image: { name: "debian" },
    zone: { name: "north-a" },
    operations: [{ kind: "RESIZE_GUEST" }],
    telemetry: { cpuMillicores: 70, memoryMiB: 80 },
  });
});

test("an event comes back as it was appended", () => {
  const store = newStore();
  const placed = event(
    1,
    "GuestPlaced",
    {
      guest: ids.guest,
      host: ids.host,
      placement: guest.placement as NonNullable<typeof guest.placement>,
      generation: 4,
    },
    {
      severity: "CRITICAL",
      message: "web-1 starts on host-1 – “soon” ☂",
      subject: { type: "Guest", id: ids.guest },
      tenantId: ids.tenant,
      zoneId: ids.zone,
      actor: { kind: "PRINCIPAL", name: "someone:else" },
    },
  );
  const bare = event(
    2,
    "ClockAdvanced",
    { seconds: 0.5 },
    {
      causeSeq: 1,
      actor: { kind: "DRIVER", name: "simulated" },
    },
  );
  store.append(batchOf([placed, bare]));
  expect(readerOf(store).readEvents(0, 10)).toStrictEqual([placed, bare]);
});
