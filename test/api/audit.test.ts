import { describe, expect, test } from "vitest";
import { type Data, type Json, startSettledServer, type TestServer, withToken } from "./harness.ts";

const AUDIT = `query ($filter: EventFilter!) {
  events(first: 100, filter: $filter) {
    nodes {
      severity
      message
      actor { kind name }
      subject { id }
      ... on CommandAudited { command result dryRun target { id } }
    }
  }
}`;

async function audits(server: TestServer, filter: Json = {}): Promise<Data[]> {
  const all = { kinds: ["COMMAND_AUDITED"], categories: ["SECURITY"], ...filter };
  return (await server.data(AUDIT, { filter: all })).events.nodes;
}

describe("every mutation leaves an event that says who asked for what, and what the answer was", () => {
  test("done, refused, without effect or tried out", async () => {
    const server = await startSettledServer();
    const before = (await audits(server)).length;
    const guestId = await server.id("guest", "web-1");
    const act = (name: string, id: string) =>
      server.mutate(name, "GuestActionInput", { guestId: id });
    await act("stopGuest", guestId);
    await act("suspendGuest", guestId);
    await act("stopGuest", guestId);
    await act("startGuest", "nonsense");
    await server.mutate("applyFleet", "ApplyFleetInput", { document: "regions: []", dryRun: true });
    await server.mutate("applyFleet", "ApplyFleetInput", { document: "regions: 1" });
    await server.mutate("advanceClock", "AdvanceClockInput", { seconds: -1 });

    const left = (await audits(server)).slice(before);
    const guest = { id: guestId };
    expect(left).toMatchObject([
      { command: "STOP_GUEST", result: "OK", severity: "DEBUG", target: guest, subject: guest },
      { command: "SUSPEND_GUEST", result: "CONFLICT", severity: "NOTICE", target: guest },
      { command: "STOP_GUEST", result: "OK", target: guest },
      { command: "START_GUEST", result: "INVALID_INPUT", target: null, subject: null },
      { command: "APPLY_FLEET", result: "OK", dryRun: true, target: null },
      { command: "APPLY_FLEET", result: "INVALID_INPUT", dryRun: false },
      { command: "ADVANCE_CLOCK", result: "INVALID_INPUT" },
    ]);
    for (const { actor } of left) expect(actor).toEqual({ kind: "PRINCIPAL", name: "local" });
    expect(left[1].message).toMatch(/^SUSPEND_GUEST answered CONFLICT: .*web-1/);
  });

  test("once for each key, and once more for another command under it", async () => {
    const server = await startSettledServer();
    const input = { guestId: await server.id("guest", "web-1"), idempotencyKey: "k" };
    const before = (await audits(server)).length;
    await server.mutate("stopGuest", "GuestActionInput", input);
    await server.mutate("stopGuest", "GuestActionInput", input);
    expect(await audits(server)).toHaveLength(before + 1);
    await server.mutate("startGuest", "GuestActionInput", input);
    expect((await audits(server)).slice(before + 1)).toMatchObject([
      { command: "START_GUEST", result: "CONFLICT" },
    ]);
  });

  test("which is in the log before the answer is told", async () => {
    const server = await startSettledServer();
    const { length } = await audits(server);
    const [, seen] = await Promise.all([
      server.mutate("stopGuest", "GuestActionInput", { guestId: "nonsense" }),
      server.data(AUDIT, { filter: { kinds: ["COMMAND_AUDITED"] } }),
    ]);
    expect(seen.events.nodes.length).toBeGreaterThanOrEqual(length);
    expect(await audits(server)).toHaveLength(length + 1);
  });

  test("also to whoever may not, and for nobody else to see", async () => {
    const server = await startSettledServer();
    const tenant = {
      name: "other",
      quota: { cpuCores: 1, memoryMiB: 1, storageGiB: 1, guests: 1 },
    };
    await server.mutate("createTenant", "CreateTenantInput", tenant);
    const viewer = await withToken(server, { role: "VIEWER", tenant: "default" });
    const stranger = await withToken(server, { role: "ADMIN", tenant: "other" });
    const guestId = await server.id("guest", "web-1");
    const before = (await audits(server)).length;
    await viewer.mutate("stopGuest", "GuestActionInput", { guestId });
    await stranger.mutate("stopGuest", "GuestActionInput", { guestId });
    await server.mutate("stopGuest", "GuestActionInput", { guestId });
    const left = (await audits(server)).slice(before);
    expect(left).toMatchObject([
      { command: "STOP_GUEST", result: "FORBIDDEN", actor: { name: "default-viewer" } },
      { command: "STOP_GUEST", result: "NOT_FOUND", target: null, actor: { name: "other-admin" } },
      { command: "STOP_GUEST", result: "OK", actor: { name: "local" } },
    ]);
    expect(await audits(stranger)).toMatchObject([
      { command: "CREATE_API_TOKEN", result: "OK", actor: { name: null } },
      { command: "STOP_GUEST", result: "NOT_FOUND", actor: { name: "other-admin" } },
    ]);
    const seen = await audits(viewer, { subjectIds: [guestId] });
    expect(seen).toMatchObject([{ result: "OK", actor: { name: null } }]);
    expect(await audits(viewer, { principals: ["local"] })).toEqual([]);
    expect(await audits(viewer, { principals: ["default-viewer"] })).toHaveLength(1);
  });

  test("found by who it was, on disk and live", async () => {
    const server = await startSettledServer();
    const live = server.subscribe(
      `subscription ($filter: EventFilter) { events(filter: $filter) { kind actor { name } } }`,
      { filter: { principals: ["alice"] } },
    );
    const running = live.next();
    const guestId = await server.id("guest", "web-1");
    const done = (name: string) =>
      server.runtime.commands.submit({
        command: { kind: "STOP_GUEST", guestId: Number(atob(guestId).split(":")[1]) as never },
        actor: { kind: "PRINCIPAL", name },
        idempotencyKey: null,
      });
    await server.head();
    await done("bob");
    await done("alice");
    expect((await running).events).toMatchObject({ actor: { name: "alice" } });
    await live.close();
    expect(await audits(server, { principals: ["alice"] })).toHaveLength(1);
    expect(await audits(server, { principals: ["alice", "bob"] })).toHaveLength(2);
    expect(await audits(server, { principals: ["nobody"] })).toEqual([]);
    const { events } = await server.data(AUDIT, { filter: { principals: ["bob"] } });
    expect(events.nodes.length).toBeGreaterThan(1);
    for (const { actor } of events.nodes) expect(actor.name).toBe("bob");
  });
});
