/** Verbs on hosts that wait for their end, on a fleet whose time moves only when the test moves it. */

import { describe, expect, test, vi } from "vitest";
import { startSettledServer, type TestServer } from "../api/harness.ts";
import { type Running, run, start } from "./processes.ts";

async function hostNamed(server: TestServer, name: string) {
  const query = "query ($name: String!) { host(name: $name) { status maintenance } }";
  return (await server.data(query, { name })).host;
}

function told(running: Running, text: string): Promise<void> {
  return vi.waitFor(() => expect(running.err()).toContain(text), { timeout: 10_000 });
}

describe("maintenance", () => {
  test("waits until the host is empty, and tells what it waits for", async () => {
    const server = await startSettledServer();
    const running = start(["maintenance", "host-a", "on", "--url", server.url]);
    await told(running, "DRAINING");
    expect(running.err()).toContain("host host-a is being emptied for maintenance");
    expect(running.err()).toContain("the clock stands still");
    await server.advance(120);
    const { code, out } = await running.finished;
    expect(out).toMatch(/^maintenance of host-a: done after \d+ (s|min)/);
    expect(code).toBe(0);
    expect(await hostNamed(server, "host-a")).toEqual({ status: "MAINTENANCE", maintenance: true });
    const off = await run(["maintenance", "host-a", "off", "--url", server.url]);
    expect(off).toMatchObject({
      code: 0,
      out: "end of maintenance of host-a: done; the host is UP\n",
    });
  });

  test("--no-wait begins it only", async () => {
    const server = await startSettledServer();
    const { out } = await run(["maintenance", "host-a", "on", "--no-wait", "--url", server.url]);
    expect(out).toBe("maintenance of host-a: has begun; the host is DRAINING\n");
  });
});

describe("host", () => {
  test("goes on when nobody waits for it any more", async () => {
    const server = await startSettledServer();
    const running = start(["host", "shutdown", "host-a", "--url", server.url]);
    await told(running, "DRAINING");
    const { code, err } = await running.kill("SIGINT");
    expect(err).toContain("No longer waiting; shutdown of host-a goes on");
    expect(code).toBe(130);
    await server.advance(120);
    expect(await hostNamed(server, "host-a")).toMatchObject({ status: "DOWN" });
  });

  test("shuts down, says so when asked again, and powers on", async () => {
    const server = await startSettledServer();
    const url = ["--url", server.url];
    const down = start(["host", "shutdown", "host-a", ...url]);
    await told(down, "DRAINING");
    await server.advance(120);
    expect(await down.finished).toMatchObject({
      code: 0,
      out: expect.stringMatching(/^shutdown of host-a: done after/),
    });
    expect(await hostNamed(server, "host-a")).toMatchObject({ status: "DOWN" });
    const on = start(["host", "power-on", "host-a", ...url]);
    await told(on, "powering on");
    await server.advance(300);
    expect((await on.finished).code).toBe(0);
    expect(await hostNamed(server, "host-a")).toMatchObject({ status: "UP" });
    const again = await run(["host", "power-on", "host-a", ...url]);
    expect(again.code).toBe(1);
    expect(again.err).toContain("host-a");
  });

  test("reboots, and is back after it", async () => {
    const server = await startSettledServer();
    const running = start(["host", "reboot", "host-a", "--url", server.url]);
    await told(running, "host-a");
    await server.advance(300);
    expect(await running.finished).toMatchObject({
      code: 0,
      out: expect.stringMatching(/^reboot of host-a: done after/),
    });
    expect(await hostNamed(server, "host-a")).toMatchObject({ status: "UP" });
  });

  test("is fenced while it is heard of, and its guests start elsewhere", async () => {
    const server = await startSettledServer();
    const fence = await run(["host", "fence", "host-a", "--url", server.url]);
    expect(fence).toMatchObject({
      code: 0,
      out: "fence of host-a: under way; the host is FENCING\n",
    });
    await server.advance(2);
    expect(await hostNamed(server, "host-a")).toMatchObject({ status: "DOWN" });
    const { host } = await server.data(
      `{ host(name: "host-a") { guests(first: 1) { totalCount } } }`,
    );
    expect(host.guests.totalCount).toBe(0);
  });

  test("is confirmed dead by whoever says that it is off, while it is silent", async () => {
    const server = await startSettledServer();
    const confirm = () => run(["host", "confirm-dead", "host-a", "--is-off", "--url", server.url]);
    const refused = await confirm();
    expect(refused.err).toContain("Host host-a is UP; only a host that is silent");
    expect(refused.code).toBe(1);
    const targetId = await server.id("host", "host-a");
    await server.mutate("injectFault", "InjectFaultInput", { targetId, kind: "HOST_NETWORK" });
    await server.advance(4);
    expect(await confirm()).toMatchObject({
      code: 0,
      out: "confirmation of host-a: done; the host is DOWN\n",
    });
  });

  test("that isn't there is an error", async () => {
    const server = await startSettledServer();
    const { code, err } = await run(["host", "reboot", "host-z", "--url", server.url]);
    expect(err).toBe("evenkeel: There is no host host-z\n");
    expect(code).toBe(1);
  });
});

test("ha disarms and arms", async () => {
  const server = await startSettledServer();
  const enabled = async () =>
    (await server.data("{ fleet { highAvailability { enabled } } }")).fleet.highAvailability
      .enabled;
  expect((await run(["ha", "disarm", "--url", server.url])).out).toContain("disarmed");
  expect(await enabled()).toBe(false);
  const { out } = await run(["explain", "db", "--url", server.url]);
  expect(out).toContain("High availability is disarmed");
  expect((await run(["ha", "arm", "--url", server.url])).out).toContain("armed");
  expect(await enabled()).toBe(true);
});
