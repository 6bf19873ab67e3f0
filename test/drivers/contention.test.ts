// Who gets how much of a host's CPU, and what stands between two guests.

import { beforeEach, describe, expect, test } from "vitest";
import { type Claim, shareOut, sumOf } from "../../src/drivers/simulated/contention.ts";
import type { Allocation } from "../../src/model/allocation.ts";
import { DEFAULT_ALLOCATION } from "../../src/model/allocation.ts";
import type { GuestId } from "../../src/model/ids.ts";
import type { Workload } from "../../src/model/workload.ts";
import { Chance } from "../engine/random.ts";
import { hostDescription, SimulatedFleet } from "./fleet.ts";

const claim = (want: number, reservation = 0, shares = 1_000): Claim => ({
  want,
  reservation,
  shares,
});

describe("8,000 millicores", () => {
  test.each<[string, Claim[], number[]]>([
    ["are enough for all", [claim(3_000), claim(5_000)], [3_000, 5_000]],
    ["are halved between two alike", [claim(8_000), claim(8_000)], [4_000, 4_000]],
    [
      "are shared 1:2:4",
      [claim(8_000, 0, 500), claim(8_000, 0, 1_000), claim(8_000, 0, 2_000)],
      [1_142, 2_285, 4_571],
    ],
    [
      "are left by who wants less to the others",
      [claim(1_000), claim(8_000), claim(8_000, 0, 3_000)],
      [1_000, 1_750, 5_250],
    ],
    [
      "are first for those who have reserved them",
      [claim(8_000, 6_000, 1), claim(8_000, 0, 1_000_000)],
      [6_000, 2_000],
    ],
    [
      "are no more for who reserved less than its shares bring",
      [claim(8_000, 1_000), claim(8_000)],
      [4_000, 4_000],
    ],
    [
      "are lent while who reserved them asks for nothing",
      [claim(500, 6_000), claim(8_000)],
      [500, 7_500],
    ],
    ["are cut where more was promised", [claim(8_000, 8_000), claim(8_000, 8_000)], [4_000, 4_000]],
  ])("%s", (_name, claims, grants) => {
    expect(shareOut(8_000, claims)).toEqual(grants);
  });

  test("are given away as far as they are wanted, whoever claims them", () => {
    for (let seed = 1; seed <= 300; seed++) {
      const chance = new Chance(seed);
      const claims = Array.from({ length: chance.int(1, 12) }, () =>
        claim(chance.int(0, 8_000), chance.int(0, 600), chance.int(1, 5_000)),
      );
      const grants = shareOut(8_000, claims);
      const wanted = sumOf(claims.map(({ want }) => want));
      // Each may lose part of a millicore.
      expect(sumOf(grants)).toBeLessThanOrEqual(Math.min(8_000, wanted));
      expect(sumOf(grants)).toBeGreaterThan(Math.min(8_000, wanted) - claims.length);
      for (const [index, { want, reservation }] of claims.entries()) {
        expect(grants[index]).toBeLessThanOrEqual(want);
        expect(grants[index]).toBeGreaterThanOrEqual(Math.min(want, reservation));
      }
    }
  });
});

describe("on a crowded host", () => {
  const BUSY: Workload = { kind: "CONSTANT", cpuShare: 1 };
  const resources = { cpuMillicores: 8_000, memoryMiB: 1_024, storageGiB: 1 };
  let fleet: SimulatedFleet;

  beforeEach(() => {
    fleet = new SimulatedFleet();
    fleet.configure({ cpuAllocationRatio: 3 }).connect(hostDescription(1111));
  });

  const start = (guestId: number, allocation: Partial<Allocation> = {}) =>
    fleet.start(1111, guestId, {
      resources,
      workload: BUSY,
      isolation: {
        revision: 1,
        securityGroupIds: [],
        allocation: { ...DEFAULT_ALLOCATION, ...allocation },
      },
    });
  const newest = () =>
    fleet
      .advance(20)
      .all("USAGE")
      .at(-1)
      ?.guests.map((usage) => [
        usage.cpuDemandMillicores,
        usage.cpuMillicores,
        usage.cpuStolenMillicores,
      ]);

  test("a noisy neighbour takes nothing of what is reserved", () => {
    start(11111, { cpuReservationMillicores: 6_000, cpuShares: "LOW" });
    start(11112, { cpuShares: 1_000_000 });
    expect(newest()).toEqual([
      [8_000, 6_000, 2_000],
      [8_000, 2_000, 6_000],
    ]);
  });

  test("shares decide, and what a limit forbids is not stolen", () => {
    start(11111, { cpuLimitMillicores: 2_000 });
    start(11112, { cpuShares: "HIGH" });
    start(11113);
    expect(newest()).toEqual([
      [8_000, 2_000, 0],
      [8_000, 4_000, 4_000],
      [8_000, 2_000, 6_000],
    ]);
  });

  test("what is told of a running guest is in force at once, and after a restart", () => {
    start(11111);
    start(11112);
    expect(newest()?.[0]).toEqual([8_000, 4_000, 4_000]);
    fleet.perform({
      kind: "ISOLATE",
      guestId: 11111 as GuestId,
      hostId: hostDescription(1111).id,
      isolation: {
        revision: 2,
        securityGroupIds: [],
        allocation: { ...DEFAULT_ALLOCATION, cpuReservationMillicores: 7_000 },
      },
    });
    expect(newest()?.[0]).toEqual([8_000, 7_000, 1_000]);
    fleet.restart();
    expect(newest()?.[0]).toEqual([8_000, 7_000, 1_000]);
  });
});

describe("between two guests", () => {
  const [from, to] = [11111, 11211] as GuestId[] as [GuestId, GuestId];
  const flow = { protocol: "ICMP", port: null } as const;
  let fleet: SimulatedFleet;
  const obstacle = () => fleet.driver.tryFlow?.(from, to, flow).obstacle;

  beforeEach(() => {
    fleet = new SimulatedFleet();
    fleet.connect(hostDescription(1111), hostDescription(1211)).run(1111, from);
  });

  test("stands that one of them does not run", () => {
    expect(obstacle()).toEqual({ guestId: to });
    fleet.run(1211, to);
    expect(obstacle()).toBeNull();
    fleet.inject("HOST_POWER", 1111);
    expect(obstacle()).toEqual({ guestId: from });
  });

  test.each([
    ["HOST_HANG", 1211, "hangs"],
    ["HOST_NETWORK", 1111, "is cut off from the network"],
    ["ZONE_NETWORK", 12, "is cut off: its zone has no network"],
  ] as const)("stands %s", (fault, target, words) => {
    fleet.run(1211, to).inject(fault, target);
    expect(obstacle()).toMatchObject({ ails: words });
    fleet.clear(fault, target);
    expect(obstacle()).toBeNull();
  });

  test("stands no network where they share a host", () => {
    fleet.run(1111, to).inject("HOST_NETWORK", 1111);
    expect(obstacle()).toBeNull();
  });
});
