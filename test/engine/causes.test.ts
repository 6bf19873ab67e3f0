import { describe, expect, test } from "vitest";
import { Scenario } from "./scenario.ts";

/** Every chain of causes ends where somebody did something, or something was seen by itself. */
describe("the causes of a guest's failover", () => {
  const FLEET = `
    zone a: h1 8/32 @k1, h2 8/32 @k1, h3 8/32
    zone far/b: h4 8/32
    set batterySeconds 10
    guest web 1/2 on h1`;
  const FENCED = ["HostDown", "HostFenced", "HostFencing", "HostSuspected"];
  const SEEN_DEAD = ["HostDown", "HostFenced", "HostFencing", "HostProbed", "HostSuspected"];
  const CUT_OFF = ["HostDown", "HostFenced", "HostSuspected"];

  test.each([
    ["HOST_POWER", "h1", SEEN_DEAD],
    ["HOST_NETWORK", "h1", CUT_OFF],
    ["HOST_HANG", "h1", SEEN_DEAD],
    ["RACK_POWER", "k1", SEEN_DEAD],
    ["ZONE_POWER", "a", [...FENCED, "ZoneUtilityLost"]],
    ["ZONE_NETWORK", "a", [...FENCED, "ZoneUtilityLost"]],
    ["REGION_LOSS", "near", FENCED],
  ])("lead to %s of %s", (fault, target, between) => {
    // What can leave a zone on battery leaves: this one can't.
    const { world } = new Scenario(FLEET).run(
      `fault MIGRATION_FAILS h1; fault ${fault} ${target}; wait 90`,
    );
    const chain = world.causes(world.of("GuestFailedOver")[0]);
    expect(chain).toEqual([
      "GuestFailedOver",
      "GuestRecovering",
      "GuestLost",
      "FailoverStarted",
      ...between,
      "FaultInjected",
    ]);
  });

  test("lead through heat to the cooling", () => {
    const { world } = new Scenario(FLEET).run(
      "fault MIGRATION_FAILS h1; fault ZONE_COOLING a; wait 2000",
    );
    const chain = world.causes(world.of("GuestFailedOver")[0]);
    expect(chain.slice(-2)).toEqual(["ZoneUtilityLost", "FaultInjected"]);
  });

  test("lead to what the zone lost, not to a host that it had lost before", () => {
    const { world } = new Scenario(FLEET).run(
      "fault HOST_POWER h2; wait 20; fault ZONE_NETWORK a; wait 40",
    );
    const chain = world.causes(world.of("GuestFailedOver")[0]);
    expect(chain.slice(-2)).toEqual(["ZoneUtilityLost", "FaultInjected"]);
    expect(world.of("FaultInjected").at(-1)?.payload.fault).toBe("ZONE_NETWORK");
  });

  test("lead to what its own zone lost, when a region loses several zones at once", () => {
    const { world } = new Scenario(`
      zone a: h1 8/32
      zone b: h2 8/32
      zone far/c: h3 8/32
      guest web 1/2 on h1
      guest db 1/2 on h2`).run("fault ZONE_NETWORK a; fault ZONE_NETWORK b; wait 40");
    const [failover] = world.of("FailoverStarted");
    expect(failover?.payload).toMatchObject({ domain: "REGION", guestsAffected: 2 });
    for (const lost of world.of("GuestLost")) {
      expect(world.causes(lost).slice(-2)).toEqual(["ZoneUtilityLost", "FaultInjected"]);
      expect(lost.incidentId).toBe(world.state.tables.Host.get(lost.payload.host).incidentId);
    }
    const incidents = world.state.tables.Incident.sorted();
    expect(incidents.map(({ guestsLost }) => guestsLost)).toEqual([1, 1]);
  });

  test("lead to what the zone had lost, when a host falls silent after that is back", () => {
    const { world } = new Scenario(FLEET).run(
      "fault MIGRATION_FAILS h1; fault ZONE_POWER a for 11; wait 60",
    );
    const [restored] = world.of("ZoneUtilityRestored");
    const [suspected] = world.of("HostSuspected");
    expect(suspected?.seq).toBeGreaterThan(restored?.seq ?? 0);
    expect(world.causes(suspected)).toEqual(["HostSuspected", "FaultInjected"]);
    const [incident] = world.state.tables.Incident.sorted();
    expect(world.of("GuestLost")[0]?.incidentId).toBe(incident?.id);
    expect(incident).toMatchObject({ hostsLost: 3, guestsLost: 1, domain: "ZONE" });
  });

  test("lead from each try to recover to the one before", () => {
    const { world } = new Scenario(FLEET).run(
      "fault GUEST_START_FAILS web for 8; fault HOST_POWER h1; wait 60",
    );
    expect(world.causes(world.of("GuestFailedOver")[0]).slice(0, 6)).toEqual([
      "GuestFailedOver",
      "GuestRecovering",
      "GuestStartFailed",
      "GuestRecovering",
      "GuestLost",
      "FailoverStarted",
    ]);
  });

  test("tell of the downtime since it was last known to run", () => {
    const { world } = new Scenario(FLEET).run("fault HOST_POWER h1; wait 60");
    const [{ payload, atMs }] = world.of("GuestFailedOver") as [never];
    const [{ payload: lost }] = world.of("GuestLost") as [never];
    expect(payload).toMatchObject({
      downtimeMs: atMs - (lost as { lastSeenAt: number }).lastSeenAt,
    });
  });

  test("of a crash are its fault", () => {
    const { world } = new Scenario(FLEET).run("fault GUEST_CRASH web; wait 20");
    expect(world.causes(world.of("GuestStarted").at(-1))).toEqual([
      "GuestStarted",
      "GuestPlaced",
      "GuestCrashed",
      "FaultInjected",
    ]);
  });
});
