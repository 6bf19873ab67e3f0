// The real HAProxy, with real requests to real servers.

import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { Agent, createServer, get, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { ask } from "../../src/drivers/haproxy/socket.ts";
import { type Data, startTestServer, type TestServer } from "../api/harness.ts";

function hasHaproxy(): boolean {
  try {
    execFileSync("haproxy", ["-v"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

/** What runs in a guest: answers each request a little later, and health checks as it is told. */
class App {
  readonly name: string;
  isWell = true;
  /** It takes connections, and has nothing to say about its health yet. */
  isBooting = false;
  answered = 0;
  port = 0;
  #server: Server | null = null;

  constructor(name: string) {
    this.name = name;
  }

  async listen(): Promise<number> {
    const server = createServer((request, response) => {
      if (request.url === "/health" && this.isBooting) return;
      if (request.url === "/health") {
        response.writeHead(this.isWell ? 200 : 500).end();
        return;
      }
      this.answered++;
      setTimeout(() => response.end(this.name), 600);
    });
    await new Promise<void>((resolve) => server.listen(this.port, "127.0.0.1", resolve));
    this.#server = server;
    this.port = (server.address() as AddressInfo).port;
    return this.port;
  }

  /** At once, with all that is not answered. */
  kill(): void {
    this.#server?.close();
    this.#server?.closeAllConnections();
  }
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

const folder = mkdtempSync(join(tmpdir(), "evenkeel-haproxy-"));
const socketPath = join(folder, "haproxy.sock");

function configuration(port: number): string {
  return `
global
  stats socket ${socketPath} mode 600 level admin
defaults
  mode http
  timeout connect 2s
  timeout client 10s
  timeout server 10s
frontend front
  bind 127.0.0.1:${port}
  default_backend webs
backend webs
  balance leastconn
  option httpchk GET /health
backend spare
  server own 127.0.0.1:9 disabled
`;
}

const AGENT = new Agent({ keepAlive: false });

/** The answer's status; 0 when there was none. */
function request(port: number): Promise<number> {
  return new Promise((resolve) => {
    get({ port, host: "127.0.0.1", agent: AGENT }, (response) => {
      response.resume();
      response.on("end", () => resolve(response.statusCode ?? 0));
      response.on("error", () => resolve(0));
    }).on("error", () => resolve(0));
  });
}

/** Several clients that ask again and again. */
class Clients {
  readonly statuses: number[] = [];
  #goesOn = true;
  readonly #ended: Promise<unknown>;

  constructor(port: number) {
    const ask = async () => {
      while (this.#goesOn) this.statuses.push(await request(port));
    };
    this.#ended = Promise.all(Array.from({ length: 8 }, ask));
  }

  async stop(): Promise<readonly number[]> {
    this.#goesOn = false;
    await this.#ended;
    return this.statuses;
  }
}

describe.skipIf(!hasHaproxy())("HAProxy", () => {
  const apps = [1, 2, 3].map((nth) => new App(`app-${nth}`));
  let port: number;
  let haproxy: ChildProcess;
  let server: TestServer;

  function start(): void {
    haproxy = spawn("haproxy", ["-W", "-f", join(folder, "haproxy.cfg")], { stdio: "ignore" });
  }

  async function end(): Promise<void> {
    const gone = new Promise((resolve) => haproxy.once("exit", resolve));
    haproxy.kill("SIGTERM");
    await gone;
  }

  async function targets(): Promise<Record<string, string>> {
    const { loadBalancer } = await server.data(
      '{ loadBalancer(name: "front") { targetGroups { targets { state guest { name } } } } }',
    );
    return Object.fromEntries(
      loadBalancer.targetGroups[0].targets.map(({ guest, state }: Data) => [guest.name, state]),
    );
  }

  async function become(wanted: Record<string, string>): Promise<void> {
    await vi.waitFor(async () => expect(await targets()).toMatchObject(wanted), WAIT);
  }

  async function said(kind: string): Promise<string[]> {
    const { events } = await server.data(
      `{ events(last: 50, filter: { kinds: [${kind}] }) { nodes { message } } }`,
    );
    return events.nodes.map(({ message }: Data) => message);
  }

  const WAIT = { timeout: 20_000, interval: 50 };
  const ALL_WELL = { "app-1": "HEALTHY", "app-2": "HEALTHY", "app-3": "HEALTHY" };

  beforeAll(async () => {
    port = await freePort();
    writeFileSync(join(folder, "haproxy.cfg"), configuration(port));
    start();
    const targetPorts = await Promise.all(apps.map((app) => app.listen()));
    const listed = apps.map(
      ({ name }, index) => `{ guest: ${name}, address: 127.0.0.1, port: ${targetPorts[index]} }`,
    );
    const document = `
regions: [{ name: r, zones: [{ name: a, dataCenters: [{ name: d, hosts: [{ name: h, count: 2, cpuCores: 8, memoryMiB: 32768, storageGiB: 500 }] }] }] }]
flavors: [{ name: small, cpuCores: 1, memoryMiB: 1024, storageGiB: 1 }]
images: [{ name: linux, bootSeconds: 1 }]
guests: [{ name: app, count: 3, flavor: small, image: linux }]
loadBalancers:
  - name: front
    driver: { haproxy: { socket: ${socketPath} } }
    listeners: [{ port: ${port}, targetGroup: web }]
    targetGroups:
      - name: web
        backend: webs
        port: 80
        drainSeconds: 600
        healthCheck: { path: /health, intervalSeconds: 1, timeoutSeconds: 1, healthyThreshold: 2 }
        targets: [${listed.join(", ")}]
`;
    server = await startTestServer(
      { fleet: "none", clock: { kind: "ACCELERATED", factor: 20 } },
      true,
    );
    const applied = await server.mutate("applyFleet", "ApplyFleetInput", { document });
    expect(applied).toEqual({ __typename: "ApplyFleetPayload" });
    await become(ALL_WELL);
  }, 60_000);

  afterAll(async () => {
    await server.close();
    await end();
    for (const app of apps) app.kill();
    rmSync(folder, { recursive: true, force: true });
  });

  async function act(mutation: "stopGuest" | "startGuest", name: string): Promise<void> {
    await server.mutate(mutation, "GuestActionInput", { guestId: await server.id("guest", name) });
  }

  test("loses no request while a target is drained, and sends it none after that", async () => {
    const clients = new Clients(port);
    await vi.waitFor(() => expect(clients.statuses.length).toBeGreaterThan(20), WAIT);
    await act("stopGuest", "app-1");
    await become({ "app-1": "UNUSED" });
    const [app] = apps as [App, App, App];
    app.kill();
    expect(await said("TARGET_DRAINED")).toEqual([
      "Target app-1 of web in front is drained: it has no requests left",
    ]);
    const before = app.answered;
    const asked = clients.statuses.length;
    await vi.waitFor(() => expect(clients.statuses.length).toBeGreaterThan(asked + 30), WAIT);
    expect(app.answered).toBe(before);
    const statuses = await clients.stop();
    expect(new Set(statuses)).toEqual(new Set([200]));
    await app.listen();
    await act("startGuest", "app-1");
    await become(ALL_WELL);
  });

  test("sends no request to a target before its checks have passed", async () => {
    const [, , app] = apps as [App, App, App];
    await act("stopGuest", "app-3");
    await become({ "app-3": "UNUSED" });
    app.isBooting = true;
    const { answered } = app;
    const clients = new Clients(port);
    await act("startGuest", "app-3");
    await become({ "app-3": "INITIAL" });
    const asked = clients.statuses.length;
    await vi.waitFor(() => expect(clients.statuses.length).toBeGreaterThan(asked + 40), WAIT);
    expect(app.answered).toBe(answered);
    app.isBooting = false;
    await become(ALL_WELL);
    expect(new Set(await clients.stop())).toEqual(new Set([200]));
  });

  test("tells how requests fare, of each target and in all", async () => {
    const clients = new Clients(port);
    const figures = "requestsPerSecond errorsPerSecond latencyMeanMs latencyP99Ms outstanding";
    const traffic = async (): Promise<Data> => {
      const { loadBalancer } = await server.data(`{ loadBalancer(name: "front") {
        traffic { ${figures} }
        targetGroups { traffic { ${figures} spread } targets { traffic { ${figures} } } }
      } }`);
      return loadBalancer;
    };
    await vi.waitFor(async () => {
      const [{ targets }] = (await traffic()).targetGroups;
      for (const { traffic: own } of targets) expect(own?.requestsPerSecond).toBeGreaterThan(1);
    }, WAIT);
    const { traffic: all, targetGroups } = await traffic();
    const statuses = await clients.stop();
    expect(new Set(statuses)).toEqual(new Set([200]));
    // Eight clients that wait 600 ms for each answer.
    expect(all.requestsPerSecond).toBeLessThan(20);
    expect(all).toMatchObject({ errorsPerSecond: 0, latencyP99Ms: null });
    expect(all.latencyMeanMs).toBeGreaterThan(500);
    expect(targetGroups[0].traffic).toMatchObject({ requestsPerSecond: all.requestsPerSecond });
    expect(targetGroups[0].traffic.spread).toBeGreaterThanOrEqual(1);
  });

  test("sends requests to all where every check fails, if the group fails open", async () => {
    for (const app of apps) app.isWell = false;
    await become({ "app-1": "UNHEALTHY", "app-2": "UNHEALTHY", "app-3": "UNHEALTHY" });
    await vi.waitFor(async () => expect(await said("FAIL_OPEN_BEGAN")).toHaveLength(1), WAIT);
    await vi.waitFor(async () => expect(await request(port)).toBe(200), WAIT);
    const clients = new Clients(port);
    // For several rounds of checks.
    await vi.waitFor(() => expect(clients.statuses.length).toBeGreaterThan(60), WAIT);
    const statuses = await clients.stop();
    expect(statuses.filter((status) => status !== 200)).toEqual([]);
    expect(await targets()).toMatchObject({ "app-1": "UNHEALTHY", "app-2": "UNHEALTHY" });
    for (const app of apps) app.isWell = true;
    await become(ALL_WELL);
    expect(await said("FAIL_OPEN_ENDED")).toHaveLength(1);
  });

  describe("a load balancer that is removed", () => {
    const dataDir = join(folder, "data");
    const other = () => startTestServer({ fleet: "none", dataDir }, true);

    async function serversIn(backend: string): Promise<string[]> {
      const answer = await ask(socketPath, `show servers state ${backend}`);
      return answer.split("\n").flatMap((line) => {
        const [, , , name] = line.startsWith("#") ? [] : line.split(" ");
        return name ? [name.replace(/\d+$/, "N")] : [];
      });
    }

    async function add(to: TestServer): Promise<string> {
      const document = `
regions: [{ name: r, zones: [{ name: a, dataCenters: [{ name: d, hosts: [{ name: h, cpuCores: 8, memoryMiB: 32768, storageGiB: 500 }] }] }] }]
flavors: [{ name: small, cpuCores: 1, memoryMiB: 1024, storageGiB: 1 }]
images: [{ name: linux, bootSeconds: 1 }]
guests: [{ name: app, flavor: small, image: linux }]
loadBalancers:
  - name: side
    driver: { haproxy: { socket: ${socketPath} } }
    listeners: [{ port: 80, targetGroup: spare }]
    targetGroups: [{ name: spare, port: 80, targets: [{ guest: app, address: 127.0.0.1, port: ${apps[0]?.port} }] }]
`;
      const applied = await to.mutate("applyFleet", "ApplyFleetInput", { document });
      expect(applied).toEqual({ __typename: "ApplyFleetPayload" });
      await to.advance(30);
      await vi.waitFor(
        async () => expect(await serversIn("spare")).toEqual(["own", "evenkeel-N"]),
        WAIT,
      );
      const { loadBalancer } = await to.data('{ loadBalancer(name: "side") { id } }');
      return loadBalancer.id;
    }

    async function remove(from: TestServer, loadBalancerId: string): Promise<void> {
      const input = { loadBalancerId };
      const removed = await from.mutate("deleteLoadBalancer", "DeleteLoadBalancerInput", input);
      expect(removed).toEqual({ __typename: "DeleteLoadBalancerPayload" });
    }

    test("leaves no server of its own, and those of others alone", async () => {
      const owner = await other();
      await remove(owner, await add(owner));
      await vi.waitFor(async () => expect(await serversIn("spare")).toEqual(["own"]), WAIT);
      await owner.close();
      expect(await serversIn("webs")).toEqual(["evenkeel-N", "evenkeel-N", "evenkeel-N"]);
    });

    test("while HAProxy did not answer has its servers taken away after a restart", async () => {
      const owner = await other();
      const id = await add(owner);
      const [, pid] = /^Pid: (\d+)$/m.exec(await ask(socketPath, "show info")) ?? [];
      process.kill(Number(pid), "SIGSTOP");
      try {
        await remove(owner, id);
        await owner.close();
      } finally {
        process.kill(Number(pid), "SIGCONT");
      }
      expect(await serversIn("spare")).toEqual(["own", "evenkeel-N"]);
      const again = await other();
      await vi.waitFor(async () => expect(await serversIn("spare")).toEqual(["own"]), WAIT);
      await again.close();
    });
  });

  test("keeps the groups that HAProxy has, when the backend of another is missing", async () => {
    const half = await startTestServer({ fleet: "none" }, true);
    const document = `
regions: [{ name: r, zones: [{ name: a, dataCenters: [{ name: d, hosts: [{ name: h, cpuCores: 8, memoryMiB: 32768, storageGiB: 500 }] }] }] }]
flavors: [{ name: small, cpuCores: 1, memoryMiB: 1024, storageGiB: 1 }]
images: [{ name: linux, bootSeconds: 1 }]
guests: [{ name: app, flavor: small, image: linux }]
loadBalancers:
  - name: half
    driver: { haproxy: { socket: ${socketPath} } }
    listeners: [{ port: 81, targetGroup: nowhere }, { port: 80, targetGroup: spare }]
    targetGroups:
      - { name: nowhere, port: 80, targets: [{ guest: app, address: 127.0.0.1, port: ${apps[0]?.port} }] }
      - { name: spare, port: 80, healthCheck: { intervalSeconds: 1, timeoutSeconds: 1 }, targets: [{ guest: app, address: 127.0.0.1, port: ${apps[0]?.port} }] }
`;
    await half.mutate("applyFleet", "ApplyFleetInput", { document });
    await half.advance(30);
    const fares = `{ loadBalancer(name: "half") { id unreachableSince targetGroups { targets { state } } } }`;
    await vi.waitFor(async () => {
      const { loadBalancer } = await half.data(fares);
      expect(loadBalancer).toMatchObject({
        unreachableSince: expect.anything(),
        targetGroups: [{ targets: [{ state: "INITIAL" }] }, { targets: [{ state: "HEALTHY" }] }],
      });
    }, WAIT);
    await half.mutate("stopGuest", "GuestActionInput", { guestId: await half.id("guest", "app") });
    await vi.waitFor(async () => {
      const answer = await ask(socketPath, "show stat");
      expect(answer).toMatch(/^spare,evenkeel-.*,DRAIN,|^spare,evenkeel-.*,MAINT,/m);
    }, WAIT);
    const { loadBalancer } = await half.data(fares);
    const input = { loadBalancerId: loadBalancer.id };
    await half.mutate("deleteLoadBalancer", "DeleteLoadBalancerInput", input);
    await vi.waitFor(async () => {
      expect(await ask(socketPath, "show stat")).not.toMatch(/^spare,evenkeel/m);
    }, WAIT);
    await half.close();
  });

  test("says which checks fail, and takes the target out and back", async () => {
    const [, app] = apps as [App, App, App];
    app.isWell = false;
    await become({ "app-2": "UNHEALTHY" });
    expect((await said("TARGET_UNHEALTHY")).at(-1)).toMatch(/app-2 .*: its checks failed \(L7STS/);
    app.isWell = true;
    await become(ALL_WELL);
  });

  test.each([
    ["is reloaded", () => haproxy.kill("SIGUSR2")],
    [
      "is gone and comes back",
      async () => {
        await end();
        await vi.waitFor(
          async () => expect(await said("LOAD_BALANCER_UNREACHABLE")).toHaveLength(1),
          WAIT,
        );
        expect(await targets()).toEqual(ALL_WELL);
        start();
        await vi.waitFor(
          async () => expect(await said("LOAD_BALANCER_REACHABLE")).toHaveLength(1),
          WAIT,
        );
      },
    ],
  ])("is given its targets anew when it %s", async (_, happens) => {
    await happens();
    const before = apps.map(({ answered }) => answered);
    await vi.waitFor(async () => {
      expect(await request(port)).toBe(200);
      expect(apps.every(({ answered }, index) => answered > (before[index] ?? 0))).toBe(true);
    }, WAIT);
    await become(ALL_WELL);
  });
});
