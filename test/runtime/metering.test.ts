// What goes through the meters as hosts change their state of power.

import { expect, test } from "vitest";
import { State } from "../../src/engine/state.ts";
import type { Guest, Host } from "../../src/model/entities.ts";
import type { FleetEvent } from "../../src/model/events.ts";
import type { ZoneId } from "../../src/model/ids.ts";
import type { Amounts, Reading } from "../../src/model/metering.ts";
import { Metering } from "../../src/runtime/metering/metering.ts";
import { FIRST_META } from "../../src/store/snapshot.ts";
import { fleet, guest, host, ids, START_MS } from "../store/fixtures.ts";

const UP: Host = { ...host, status: "UP", power: null };
const RUNNING: Guest = { ...guest, hostId: UP.id, targetHostId: null, status: "RUNNING" };

function stateWith(hosts: readonly Host[], guests: readonly Guest[] = []): State {
  const entities = { ...fleet, Host: hosts, Guest: guests, AffinityRule: [] };
  return State.from({ meta: FIRST_META, entities }, START_MS);
}

/** Of a second in which nothing changes, after the change. */
function nextSecond(metering: Metering, atMs: number): Partial<Amounts> {
  metering.take(atMs);
  const [reading] = metering.take(atMs + 1_000);
  if (!reading) throw new Error("Nothing was metered.");
  const {
    zoneId: _zone,
    stretchMs: _stretch,
    fromMs: _from,
    untilMs: _until,
    ...amounts
  } = reading;
  return Object.fromEntries(Object.entries(amounts).filter(([, amount]) => amount > 0));
}

test.each<[string, Partial<Host>, Partial<Amounts>]>([
  ["idle", {}, { hostOnMs: 1_000, microjoules: 86e6 }],
  ["silent", { status: "SUSPECT" }, { hostOnMs: 1_000, microjoules: 86e6 }],
  ["in standby", { status: "STANDBY" }, { hostStandbyMs: 1_000, standbySavedMicrojoules: 86e6 }],
  ["down", { status: "DOWN" }, { hostOffMs: 1_000 }],
])("a host that is %s", (_, change, amounts) => {
  const state = stateWith([UP]);
  const metering = new Metering(state);
  metering.leave(START_MS);
  state.tables.Host.patch(UP.id, change);
  expect(nextSecond(metering, START_MS + 7)).toEqual(amounts);
});

test("a host in standby costs what it did until then, and nothing of its guests counts", () => {
  const state = stateWith([UP], [RUNNING]);
  const metering = new Metering(state);
  metering.leave(START_MS);
  state.tables.Host.patch(UP.id, { status: "STANDBY" });
  metering.leave(START_MS + 400);
  const [reading] = metering.take(START_MS + 1_000);
  expect(reading).toMatchObject({ hostOnMs: 400, hostStandbyMs: 600, guestMs: 400 });
});

test("what is taken back leaves no trace", () => {
  const state = stateWith([UP]);
  const metering = new Metering(state);
  metering.leave(START_MS);
  state.tables.Host.patch(UP.id, { status: "DOWN" });
  state.rollback();
  expect(nextSecond(metering, START_MS)).toEqual({ hostOnMs: 1_000, microjoules: 86e6 });
});

test("what could not be written is written with what comes after it", () => {
  const metering = new Metering(stateWith([UP]));
  metering.leave(START_MS);
  metering.putBack(metering.take(START_MS + 1_000));
  metering.leave(START_MS + 2_000);
  const readings = metering.take(START_MS + 3_000);
  expect(readings).toMatchObject([
    { fromMs: START_MS, untilMs: START_MS + 3_000, hostOnMs: 3_000, microjoules: 258e6 },
  ] satisfies Partial<Reading>[]);
});

test("a long time is cut into stretches", () => {
  const metering = new Metering(stateWith([UP]));
  metering.leave(START_MS);
  const readings = metering.take(START_MS + 900_000);
  expect(readings.reduce((sum, { hostOnMs }) => sum + hostOnMs, 0)).toBe(900_000);
  for (const { stretchMs, fromMs, untilMs } of readings) {
    expect(stretchMs % 300_000).toBe(0);
    expect(untilMs - fromMs).toBeLessThanOrEqual(300_000);
  }
});

test("guests are compared with the machines of the moment", () => {
  const state = stateWith([UP], [RUNNING]);
  const metering = new Metering(state);
  const sample = {
    cpuMillicores: 0,
    cpuDemandMillicores: 6_400,
    cpuStolenMillicores: 0,
    memoryMiB: 1,
  };
  state.usage.note([{ guestId: RUNNING.id, hostId: UP.id, ...sample }], START_MS);
  metering.leave(START_MS);
  // 6.4 of 64 cores.
  expect(nextSecond(metering, START_MS)).toMatchObject({ aloneMicrojoules: 89.4e6 });
  const powerWatts = [0, 10, 20, 30, 40, 50, 60, 70, 80, 90, 100];
  state.tables.Host.set({ ...UP, id: ids.otherHost, name: "new", powerWatts });
  expect(nextSecond(metering, START_MS + 1_000)).toMatchObject({ aloneMicrojoules: 49.7e6 });
});

test("a migration that is counted before its time is metered belongs to it", () => {
  const metering = new Metering(stateWith([UP]));
  metering.leave(START_MS);
  metering.take(START_MS + 1_000);
  const migrated = { kind: "GuestMigrated", zoneId: UP.zoneId, atMs: START_MS + 1_500 };
  metering.count([migrated as FleetEvent]);
  expect(metering.take(START_MS + 2_000)).toMatchObject([
    { fromMs: START_MS + 1_000, untilMs: START_MS + 2_000, migrations: 1 },
  ]);
});

test("a host that goes is not metered any more, nor is a zone without hosts", () => {
  const state = stateWith([UP, { ...UP, id: ids.otherHost, name: "other" }]);
  const metering = new Metering(state);
  metering.leave(START_MS);
  expect(nextSecond(metering, START_MS)).toEqual({ hostOnMs: 2_000, microjoules: 172e6 });
  state.tables.Host.delete(ids.otherHost);
  expect(nextSecond(metering, START_MS + 1_000)).toEqual({ hostOnMs: 1_000, microjoules: 86e6 });
  state.tables.Host.delete(UP.id);
  expect(metering.take(START_MS + 3_000)).toMatchObject([{ zoneId: ids.zone, hostOnMs: 1_000 }]);
  expect(metering.take(START_MS + 4_000)).toEqual([]);
});

test("a scaling group counts in the zones that it may be in, also when these come and go", () => {
  const otherZone = 999 as ZoneId;
  const other = { ...UP, id: ids.otherHost, name: "other", zoneId: otherZone };
  const state = stateWith([UP, other]);
  const { scalingGroup } = ids;
  state.tables.ScalingGroup.patch(scalingGroup, {
    deleting: false,
    desired: 3,
    max: 8,
    zoneIds: [],
  });
  const metering = new Metering(state);
  const sums = (atMs: number) => {
    metering.take(atMs);
    return metering
      .take(atMs + 1_000)
      .map(({ zoneId, memberMs, sparedMemberMs }) => [zoneId, memberMs, sparedMemberMs]);
  };
  expect(sums(START_MS)).toEqual([
    [UP.zoneId, 2_000, 2_000],
    [otherZone, 1_000, 3_000],
  ]);
  state.tables.ScalingGroup.patch(scalingGroup, { max: 3 });
  expect(sums(START_MS + 1_000)).toEqual([
    [UP.zoneId, 2_000, 0],
    [otherZone, 1_000, 0],
  ]);
  state.tables.Host.delete(other.id);
  metering.take(START_MS + 2_000);
  expect(sums(START_MS + 2_000)).toEqual([[UP.zoneId, 3_000, 0]]);
  state.tables.ScalingGroup.delete(scalingGroup);
  expect(sums(START_MS + 3_000)).toEqual([[UP.zoneId, 0, 0]]);
});
