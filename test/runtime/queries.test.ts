import { describe, expect, test } from "vitest";
import type { PlacementAnswer, PlacementQuestion } from "../../src/runtime/ports.ts";
import { FleetQueries } from "../../src/runtime/queries.ts";
import { fleetOf, TestRuntime } from "./fleet.ts";

function question(fleet: TestRuntime): PlacementQuestion {
  const tenant = fleet.runtime.queries.reader.load().entities.Tenant[0];
  if (!tenant) throw new Error("There is no tenant");
  return {
    tenantId: tenant.id,
    flavorId: null,
    resources: { cpuMillicores: 4_000, memoryMiB: 4_096, storageGiB: 10 },
    guestId: null,
    homeHostId: null,
  };
}

/** As one sees it who has just loaded the tables. */
function afresh(fleet: TestRuntime): PlacementAnswer {
  const { queries } = fleet.runtime;
  const nowMs = () => fleet.runtime.nowMs();
  const afresh = new FleetQueries(queries.reader, nowMs, async () => null);
  return afresh.explainPlacement(question(fleet));
}

describe("explainPlacement", () => {
  test("judges every host, and says where it would go", async () => {
    const fleet = await TestRuntime.start();
    await fleet.apply(fleetOf({ hosts: 3, guests: 2 }));
    await fleet.advance(60);
    const answer = fleet.runtime.queries.explainPlacement(question(fleet));
    expect(answer.verdicts).toHaveLength(6);
    expect(answer.hostId).toBe(answer.verdicts[0]?.hostId);
    expect(answer.blockedBy).toEqual([]);
    expect(answer.seq).toBe(fleet.runtime.feed.head());
  });

  test("keeps up with the log", async () => {
    const fleet = await TestRuntime.start();
    await fleet.apply(fleetOf({ hosts: 2 }));
    const before = fleet.runtime.queries.explainPlacement(question(fleet));
    expect(before).toEqual(afresh(fleet));
    await fleet.advance(60);
    await fleet.apply(fleetOf({ hosts: 3, guests: 12 }));
    await fleet.advance(60);
    const after = fleet.runtime.queries.explainPlacement(question(fleet));
    expect(after.seq).toBeGreaterThan(before.seq);
    expect(after).toEqual(afresh(fleet));
  });

  test("is right also when retention has taken the log it would have folded", async () => {
    const fleet = await TestRuntime.start({ retention: { maxEvents: 5 } });
    await fleet.apply(fleetOf({ hosts: 2 }));
    fleet.runtime.queries.explainPlacement(question(fleet));
    await fleet.apply(fleetOf({ hosts: 3, guests: 12 }));
    await fleet.advance(120);
    expect(fleet.runtime.feed.earliest()).toBeGreaterThan(1);
    expect(fleet.runtime.queries.explainPlacement(question(fleet))).toEqual(afresh(fleet));
  });
});
