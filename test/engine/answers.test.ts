import { beforeEach, describe, expect, test } from "vitest";
import { actionsFor, outstandingActions } from "../../src/engine/actions.ts";
import type { AnsweredActionKind, Observation } from "../../src/model/actions.ts";
import type { FleetEvent } from "../../src/model/events.ts";
import type { GuestId, HostId } from "../../src/model/ids.ts";
import { cluster } from "./cluster.ts";
import { Scenario } from "./scenario.ts";

describe("what a driver says is taken with care", () => {
  let scenario: Scenario;
  const hear = (seen: Observation) => scenario.world.observe(seen).events.map(({ kind }) => kind);
  const answer = (action: AnsweredActionKind, host: string, generation: number): Observation => ({
    kind: "ACTION_DONE",
    action,
    guestId: action === "FENCE" ? null : scenario.world.guest("web").id,
    hostId: scenario.world.host(host).id,
    generation,
  });

  beforeEach(() => {
    scenario = new Scenario(`
      zone a: h1 8/32, h2 8/32
      guest web 1/2 on h1`);
  });

  test("an answer to an old order is ignored, also when the new one is of the same kind", () => {
    scenario.run("reboot web; wait 10; reboot web");
    const { generation } = scenario.world.guest("web");
    expect(hear(answer("REBOOT", "h1", generation - 1))).toEqual([]);
    expect(hear(answer("STOP", "h1", generation))).toEqual([]);
    expect(hear(answer("REBOOT", "h1", generation))).toContain("GuestRebooted");
    expect(hear(answer("REBOOT", "h1", generation))).toEqual([]);
  });

  test("a failure of an old order is ignored", () => {
    scenario.run("reboot web; wait 10; stop web");
    const { generation } = scenario.world.guest("web");
    const old = { ...answer("REBOOT", "h1", generation - 1), kind: "ACTION_FAILED", error: "" };
    expect(hear(old as Observation)).toEqual([]);
  });

  test("a stop that fails when nobody wants it any more is not tried again", () => {
    scenario.run("stop web; start web");
    const { generation } = scenario.world.guest("web");
    const failed = { ...answer("STOP", "h1", generation), kind: "ACTION_FAILED", error: "busy" };
    expect(hear(failed as Observation)).toContain("GuestActionFailed");
    scenario.run("wait 60");
    expect(scenario.world.guest("web")).toMatchObject({ status: "RUNNING", retryAtMs: null });
    expect(scenario.world.dueAtMs()).toBeGreaterThan(scenario.world.nowMs);
  });

  test("a suspended guest that does not stop is suspended still, and resumed if it is to run", () => {
    scenario.run("suspend web; wait 5; stop web; start web");
    const { generation } = scenario.world.guest("web");
    const failed = { ...answer("STOP", "h1", generation), kind: "ACTION_FAILED", error: "busy" };
    scenario.world.fate = (seen) =>
      "action" in seen && seen.action === "STOP" ? "LOST" : "ARRIVES";
    expect(hear(failed as Observation)).toEqual(["GuestActionFailed", "GuestResuming"]);
  });

  test("a stop for a reboot that fails waits for its host once that is silent", () => {
    scenario.run("reboot-host h1");
    const { generation } = scenario.world.guest("web");
    scenario.run("fault HOST_NETWORK h1; wait 2.9");
    const failed = { ...answer("STOP", "h1", generation), kind: "ACTION_FAILED", error: "busy" };
    expect(hear(failed as Observation)).toContain("GuestActionFailed");
    scenario.run("wait 3");
    expect(scenario.world.host("h1").status).toBe("SUSPECT");
    expect(scenario.log.at(-1)).toContain("the order waits until it is heard of");
    expect(scenario.world.dueAtMs()).toBeGreaterThan(scenario.world.nowMs);
  });

  test("a stop for a reboot that was called off is not tried again", () => {
    scenario.run("reboot-host h1");
    const { generation } = scenario.world.guest("web");
    const failed = { ...answer("STOP", "h1", generation), kind: "ACTION_FAILED", error: "busy" };
    hear(failed as Observation);
    scenario.run("power-on h1; wait 3");
    expect(scenario.world.guest("web")).toMatchObject({ status: "RUNNING", retryAtMs: null });
    expect(scenario.world.dueAtMs()).toBeGreaterThan(scenario.world.nowMs);
  });

  test("a guest that is rebooted before its stop is tried again has been rebooted, and stops", () => {
    scenario.run("stop web");
    const { generation } = scenario.world.guest("web");
    const failed = { ...answer("STOP", "h1", generation), kind: "ACTION_FAILED", error: "busy" };
    hear(failed as Observation);
    scenario.run("reboot web");
    const { generation: rebooting } = scenario.world.guest("web");
    expect(hear(answer("REBOOT", "h1", rebooting))).toEqual([
      "GuestRebooted",
      "OperationSucceeded",
      "GuestStopping",
    ]);
  });

  test("a stop that fails on a host that is to be emptied is tried again when that is called off", () => {
    scenario.run("maintain h2; maintain h1; stop web");
    const { generation, moveBlockedBy } = scenario.world.guest("web");
    expect(moveBlockedBy).not.toEqual([]);
    const failed = { ...answer("STOP", "h1", generation), kind: "ACTION_FAILED", error: "busy" };
    expect(hear(failed as Observation)).toContain("GuestActionFailed");
    scenario.run("release h1");
    expect(scenario.world.guest("web")).toMatchObject({ status: "RUNNING", moveBlockedBy: [] });
    scenario.run("wait 10");
    expect(scenario.world.guest("web").status).toBe("STOPPED");
  });

  test("a stop that failed is not due for ever where the guest can't leave", () => {
    scenario.run("set shutdownPolicy FAILOVER; maintain h2; maintain h1; reboot-host h1");
    const { generation } = scenario.world.guest("web");
    const failed = { ...answer("STOP", "h1", generation), kind: "ACTION_FAILED", error: "busy" };
    expect(hear(failed as Observation)).toContain("GuestActionFailed");
    scenario.run("power-on h1; wait 60");
    expect(scenario.world.guest("web")).toMatchObject({ status: "RUNNING", retryAtMs: null });
    expect(scenario.world.dueAtMs()).toBeGreaterThan(scenario.world.nowMs);
  });

  test("an answer to an old fence is ignored", () => {
    scenario.run("fault HOST_HANG h1; wait 3.4");
    const { generation, status } = scenario.world.host("h1");
    expect(status).toBe("FENCING");
    expect(hear(answer("FENCE", "h1", generation - 1))).toEqual([]);
    expect(hear(answer("FENCE", "h1", generation))).toContain("HostDown");
    expect(hear(answer("FENCE", "h1", generation))).toEqual([]);
  });

  test("a host that is being fenced is told no order again, at a restart or later", () => {
    scenario.run("stop web; wait 10; start web; fault HOST_HANG h1; wait 3.4");
    const { state } = scenario.world;
    expect(scenario.world.host("h1").status).toBe("FENCING");
    expect(scenario.world.guest("web").status).toBe("STARTING");
    const kinds = outstandingActions(state).map(({ action }) => action.kind);
    expect(kinds).toContain("FENCE");
    expect(kinds).not.toContain("START");
    const { id: guest, hostId: host, generation } = scenario.world.guest("web");
    const payload = { guest, host, action: "START", generation };
    expect(actionsFor(state, [{ kind: "GuestActionRepeated", payload } as FleetEvent])).toEqual([]);
  });

  test("hosts and guests that nobody knows are passed over", () => {
    const [hostId, guestId] = [9_999 as HostId, 9_998 as GuestId];
    expect(hear({ kind: "HOST_CONNECTED", hostId, guests: [] })).toEqual([]);
    expect(hear({ kind: "HEARTBEATS", hostIds: [hostId] })).toEqual([]);
    expect(hear({ kind: "GUEST_CRASHED", hostId, guestId, detail: "" })).toEqual([]);
    expect(
      hear({ kind: "ZONE_UTILITY_CHANGED", zoneId: 9 as never, utility: "POWER", status: "DOWN" }),
    ).toEqual([]);
    const unknown = { ...answer("STOP", "h1", 1), guestId };
    expect(hear(unknown as Observation)).toEqual([]);
  });

  test("a guest that crashes where it migrates to, before word of its arrival, is looked for", () => {
    scenario.run("migrate web to h2; wait 1");
    const { id: guestId } = scenario.world.guest("web");
    const { id: hostId } = scenario.world.host("h2");
    const crashed = { kind: "GUEST_CRASHED", hostId, guestId, detail: "" } as const;
    expect(hear(crashed)).toContain("GuestMigrationFailed");
    const { id } = scenario.world.host("h1");
    expect(hear({ kind: "HOST_CONNECTED", hostId: id, guests: [] })).toContain("GuestCrashed");
  });

  test("a guest that is to be tried again on a host is tried elsewhere once that is removed", () => {
    scenario.run("fault GUEST_CRASH web");
    expect(scenario.world.guest("web").restarts).toBe(1);
    const without = cluster("zone a: h2 8/32\nguest web 1/2");
    scenario.world.apply(without, { prune: true });
    scenario.run("wait 60");
    expect(scenario.world.whereIs("web")).toBe("h2");
  });

  test("a guest that crashes where it is not believed to be is none of ours", () => {
    const { id: guestId } = scenario.world.guest("web");
    const { id: hostId } = scenario.world.host("h2");
    expect(hear({ kind: "GUEST_CRASHED", hostId, guestId, detail: "" })).toEqual([]);
  });

  test("a host that comes back with copies of guests that run elsewhere is rid of them", () => {
    scenario.run("fault HOST_POWER h1; wait 40; clear HOST_POWER h1");
    const { id: hostId } = scenario.world.host("h1");
    const guests = [
      { guestId: scenario.world.guest("web").id, state: "RUNNING" },
      { guestId: 9_998 as GuestId, state: "RUNNING" },
    ] as const;
    const { events } = scenario.world.observe({ kind: "HOST_CONNECTED", hostId, guests });
    expect(events.map(({ message }) => message)).toEqual([
      "Host h1 is up",
      "A stale copy of guest web is removed from h1",
      "A stale copy of guest #9998 is removed from h1",
      "Zone a is healthy again",
      expect.stringMatching(/^The incident of host h1 is over/),
    ]);
    expect(scenario.world.whereIs("web")).toBe("h2");
  });

  test("a guest that stopped by itself is started again, if it should run", () => {
    const { id: guestId, hostId } = scenario.world.guest("web");
    const gone = { kind: "GUEST_STOPPED", guestId, hostId: hostId as HostId, detail: "" } as const;
    expect(hear(gone)).toEqual(["GuestCrashed"]);
    expect(hear(gone)).toEqual([]);
  });

  test("heartbeats of hosts that are well change nothing", () => {
    const { id } = scenario.world.host("h1");
    expect(hear({ kind: "HEARTBEATS", hostIds: [id] })).toEqual([]);
  });

  test("a host that is heard of while its fence is under way is fenced all the same", () => {
    scenario.run("fault HOST_HANG h1; wait 3.4");
    const { id, generation, status } = scenario.world.host("h1");
    expect(status).toBe("FENCING");
    expect(hear({ kind: "HEARTBEATS", hostIds: [id] })).toEqual([]);
    expect(hear({ kind: "HOST_CONNECTED", hostId: id, guests: [] })).toEqual([]);
    expect(hear(answer("FENCE", "h1", generation))).toContain("GuestLost");
  });
});
