import { describe, expect, test } from "vitest";
import type { FleetEvent } from "../../src/model/events.ts";
import type { IncidentId, TenantId, ZoneId } from "../../src/model/ids.ts";
import { SEVERITIES } from "../../src/model/statuses.ts";
import { type LogFilter, matches, predicateOf } from "../../src/store/filter.ts";
import type { Reader } from "../../src/store/reader.ts";
import { batchOf, event, ids } from "./fixtures.ts";
import { newStore, readerOf } from "./open.ts";

/** A small generator of numbers, so that a failure repeats itself. */
function dice(seed: number) {
  let state = seed;
  const below = (n: number) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * n);
  };
  return {
    below,
    one: <T>(of: readonly T[]) => of[below(of.length)] as T,
    some: <T>(of: readonly T[]) => of.filter(() => below(3) === 0),
  };
}
type Dice = ReturnType<typeof dice>;

const KINDS = ["HostUp", "HostDown", "GuestLost", "ZoneDown", "ClockAdvanced"] as const;
const CATEGORIES = ["HIGH_AVAILABILITY", "FAILOVER", "SIMULATION", "SECURITY"] as const;
const SUBJECTS = [ids.host, ids.otherHost, ids.guest, 999];
const ZONES = [ids.zone, ids.otherZone, 998 as ZoneId];
const TENANTS = [ids.tenant, 997 as TenantId];
const INCIDENTS = [ids.incident, 996 as IncidentId];

function randomEvent({ below, one }: Dice, seq: number): FleetEvent {
  const subject = { type: "Host", id: one(SUBJECTS) } as FleetEvent["subject"];
  return event(seq, one(KINDS), {} as never, {
    severity: one(SEVERITIES),
    subject: below(5) === 0 ? null : subject,
    zoneId: below(4) === 0 ? null : one(ZONES),
    tenantId: below(3) === 0 ? null : one(TENANTS),
    incidentId: below(3) > 0 ? null : one(INCIDENTS),
    causeSeq: below(4) === 0 ? null : 1 + below(seq + 2),
  });
}

function randomFilter({ below, one, some }: Dice, events: number): LogFilter {
  return {
    ...(below(4) === 0 && { categories: some(CATEGORIES) }),
    ...(below(3) === 0 && { kinds: some(KINDS) }),
    ...(below(3) === 0 && { minSeverity: one(SEVERITIES) }),
    ...(below(4) === 0 && { subjectIds: some(SUBJECTS) }),
    ...(below(4) === 0 && { zoneIds: some(ZONES) }),
    ...(below(4) === 0 && { tenantIds: some(TENANTS) }),
    ...(below(4) === 0 && { incidentIds: some(INCIDENTS) }),
    ...(below(3) === 0 && { causedBySeq: 1 + below(events) }),
  };
}

const EVENTS = 400;
const rolls = dice(20_300_101);
const log = Array.from({ length: EVENTS }, (_, i) => randomEvent(rolls, i + 1));
const cases = Array.from({ length: 300 }, () => {
  const after = rolls.below(EVENTS);
  return { filter: randomFilter(rolls, 60), after, limit: 1 + rolls.below(40) };
});

describe("the log on disk and the live edge agree", () => {
  test("on any filter, from any position", () => {
    const store = newStore();
    store.append(batchOf(log));
    const reader = readerOf(store);
    for (const one of cases) agree(reader, one);
  });

  function agree(reader: Reader, { filter, after, limit }: (typeof cases)[number]): void {
    const all = log.filter(predicateOf(filter));
    const later = all.filter(({ seq }) => seq > after);
    const earlier = all.filter(({ seq }) => seq < after).reverse();
    expect(reader.readEvents(after, limit, filter)).toEqual(later.slice(0, limit));
    expect(reader.readEventsBackward(after, limit, filter)).toEqual(earlier.slice(0, limit));
    expect(reader.countEvents(filter)).toBe(all.length);
    const live = reader.predicate(filter, after);
    expect(log.slice(after).filter(live)).toEqual(later);
  }
});

describe("a filter", () => {
  const up = event(2, "HostUp", { host: ids.host }, { zoneId: ids.zone });

  test.each<[string, LogFilter, boolean]>([
    ["nothing given", {}, true],
    ["its kind among others", { kinds: ["HostDown", "HostUp"] }, true],
    ["another kind", { kinds: ["HostDown"] }, false],
    ["an empty array", { kinds: [] }, false],
    ["a lower severity", { minSeverity: "DEBUG" }, true],
    ["its own severity", { minSeverity: "NOTICE" }, true],
    ["a higher severity", { minSeverity: "WARNING" }, false],
    [
      "one that holds and one that doesn't",
      { zoneIds: [ids.zone], tenantIds: [ids.tenant] },
      false,
    ],
  ])("with %s", (_, filter, expected) => {
    expect(matches(up, filter)).toBe(expected);
  });

  test("follows causes through events that it does not want itself", () => {
    const chain = [
      event(1, "ClockAdvanced", { seconds: 1 }),
      event(2, "HostDown", { host: ids.host, guestsLost: 1 }, { causeSeq: 1 }),
      event(3, "HostUp", { host: ids.host }, { causeSeq: 2 }),
      event(4, "HostUp", { host: ids.host }),
    ];
    const wanted = predicateOf({ kinds: ["HostUp"], causedBySeq: 1 });
    expect(chain.filter(wanted).map(({ seq }) => seq)).toEqual([3]);
  });

  test("ends although a broken log says that an event caused itself", () => {
    const store = newStore();
    store.append(batchOf([event(1, "ClockAdvanced", { seconds: 1 }, { causeSeq: 1 })]));
    expect(readerOf(store).readEvents(0, 10, { causedBySeq: 1 })).toEqual([]);
  });

  test("with thousands of values works too", () => {
    const store = newStore();
    store.append(batchOf(log));
    const subjectIds = Array.from({ length: 5_000 }, (_, i) => i);
    const expected = log.filter((one) => one.subject !== null);
    expect(readerOf(store).readEvents(0, EVENTS, { subjectIds })).toEqual(expected);
  });
});
