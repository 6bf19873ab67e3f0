// Who gets the requests that come in.

import { beforeEach, describe, expect, test } from "vitest";
import { type Data, type Json, startTestServer, type TestServer } from "./harness.ts";

const DOCUMENT = `
regions:
  - name: north
    zones:
      - { name: a, dataCenters: [{ name: a1, hosts: [{ name: h, count: 2, cpuCores: 8, memoryMiB: 32768, storageGiB: 500 }] }] }
tenants: [{ name: acme }, { name: other }]
flavors: [{ name: small, cpuCores: 1, memoryMiB: 1024, storageGiB: 1 }]
images: [{ name: linux }]
guests:
  - { name: web, count: 3, tenant: acme, flavor: small, image: linux }
  - { name: spare, tenant: acme, flavor: small, image: linux }
  - { name: stranger, tenant: other, flavor: small, image: linux }
loadBalancers:
  - name: front
    tenant: acme
    listeners: [{ port: 443, protocol: HTTP, targetGroup: webs, traffic: { peakRequestsPerSecond: 200, cpuMillisecondsPerRequest: 4 } }]
    targetGroups:
      - name: webs
        port: 8080
        algorithm: LEAST_OUTSTANDING
        healthCheck: { path: /health, intervalSeconds: 4 }
        drainSeconds: 20
        targets: [web, { guest: web-3, port: 8081, weight: 50 }]
`;

let server: TestServer;

async function apply(document: string, more: Json = {}): Promise<Data> {
  const fields =
    "... on ApplyFleetPayload { changes { action type name details } } ... on InvalidInputError { problems { path message } }";
  return server.mutate("applyFleet", "ApplyFleetInput", { document, ...more }, fields);
}

async function guestId(name: string, tenant = "acme"): Promise<string> {
  const query =
    "query ($name: String!, $tenant: String) { guest(name: $name, tenant: $tenant) { id } }";
  return (await server.data(query, { name, tenant })).guest.id;
}

async function front(fields: string): Promise<Data> {
  return (await server.data(`{ loadBalancer(name: "front", tenant: "acme") { ${fields} } }`))
    .loadBalancer;
}

/** By guest. */
async function targets(): Promise<Record<string, string>> {
  const { targetGroups } = await front("targetGroups { targets { state guest { name } } }");
  return Object.fromEntries(
    targetGroups.flatMap((group: Data) =>
      group.targets.map(({ guest, state }: Data) => [guest.name, state]),
    ),
  );
}

async function change(name: string, input: Json): Promise<Data> {
  const type = `${name[0]?.toUpperCase()}${name.slice(1)}`;
  const payload = `... on ${type}Payload { loadBalancer { name targetGroups { name targets { guest { name } weight } } } }`;
  return server.mutate(name, `${type}Input`, input, payload);
}

/** What the log says about load balancers from there on. */
async function said(after: string): Promise<string[]> {
  const { events } = await server.data(
    `query ($after: Cursor) { events(first: 100, after: $after, filter: { categories: [LOAD_BALANCING] }) { nodes { kind message } } }`,
    { after },
  );
  return events.nodes.map(({ kind, message }: Data) => `${kind} ${message.split(" (")[0]}`);
}

beforeEach(async () => {
  server = await startTestServer({ fleet: "none" });
  expect((await apply(DOCUMENT)).__typename).toBe("ApplyFleetPayload");
  await server.advance(60);
});

describe("a load balancer", () => {
  test("is what the document says, with its targets and their states", async () => {
    expect(
      await front(`
        name driver unreachableSince tenant { name }
        listeners { port protocol targetGroup peakRequestsPerSecond }
        targetGroups {
          name port algorithm slowStartSeconds drainSeconds stickinessSeconds crossZone failOpen isFailingOpen
          healthCheck { path intervalSeconds timeoutSeconds healthyThreshold unhealthyThreshold }
          targets { port weight state reasons { code } drainsUntil deregistering heldUntil guest { name } loadBalancer { name } }
        }`),
    ).toEqual({
      name: "front",
      driver: "simulated",
      unreachableSince: null,
      tenant: { name: "acme" },
      listeners: [{ port: 443, protocol: "HTTP", targetGroup: "webs", peakRequestsPerSecond: 200 }],
      targetGroups: [
        {
          name: "webs",
          port: 8080,
          algorithm: "LEAST_OUTSTANDING",
          slowStartSeconds: 0,
          drainSeconds: 20,
          stickinessSeconds: null,
          crossZone: true,
          failOpen: true,
          isFailingOpen: false,
          healthCheck: {
            path: "/health",
            intervalSeconds: 4,
            timeoutSeconds: 2,
            healthyThreshold: 3,
            unhealthyThreshold: 2,
          },
          targets: [
            ["web-1", 8080, 100],
            ["web-2", 8080, 100],
            ["web-3", 8081, 50],
          ].map(([name, port, weight]) => ({
            port,
            weight,
            state: "HEALTHY",
            reasons: [],
            drainsUntil: null,
            deregistering: false,
            heldUntil: null,
            guest: { name },
            loadBalancer: { name: "front" },
          })),
        },
      ],
    });
  });

  test("is found by its tenant and its name", async () => {
    const lists = `{
      loadBalancers(filter: { nameContains: "RON" }) { totalCount nodes { name } }
      none: loadBalancers(filter: { nameContains: "back" }) { totalCount }
      tenant(name: "acme") { loadBalancers { totalCount } }
      other: tenant(name: "other") { loadBalancers { totalCount } }
      loadBalancer(name: "front") { id }
    }`;
    expect(await server.data(lists)).toEqual({
      loadBalancers: { totalCount: 1, nodes: [{ name: "front" }] },
      none: { totalCount: 0 },
      tenant: { loadBalancers: { totalCount: 1 } },
      other: { loadBalancers: { totalCount: 0 } },
      loadBalancer: null,
    });
  });

  test("is made, changed and removed by mutations", async () => {
    const [web, spare] = [await guestId("web-1"), await guestId("spare")];
    const group = { name: "api", port: 9000 };
    const input = {
      name: "inner",
      tenant: "acme",
      listeners: [{ port: 80, targetGroup: "api" }],
      targetGroups: [{ ...group, targets: [{ guestId: web }] }],
    };
    const fields = "... on CreateLoadBalancerPayload { loadBalancerId loadBalancer { name } }";
    const made = await server.mutate(
      "createLoadBalancer",
      "CreateLoadBalancerInput",
      input,
      fields,
    );
    expect(made.loadBalancer).toEqual({ name: "inner" });
    const about = { loadBalancerId: made.loadBalancerId, targetGroup: "api" };
    const registered = await change("registerTargets", {
      ...about,
      targets: [{ guestId: spare, weight: 7 }],
    });
    expect(registered.loadBalancer.targetGroups).toEqual([
      {
        name: "api",
        targets: [
          { guest: { name: "web-1" }, weight: 100 },
          { guest: { name: "spare" }, weight: 7 },
        ],
      },
    ]);
    await change("setTargetWeight", { ...about, guestId: web, weight: 0 });
    const after = await server.head();
    await change("updateLoadBalancer", {
      loadBalancerId: made.loadBalancerId,
      targetGroups: [{ ...group, drainSeconds: 5, algorithm: "SOURCE_HASH" }],
    });
    expect(await said(after)).toEqual([
      'LOAD_BALANCER_CHANGED Load balancer inner changed: api: algorithm: "ROUND_ROBIN" → "SOURCE_HASH", api: drainSeconds: 30 → 5',
    ]);
    await change("deregisterTargets", { ...about, guestIds: [spare] });
    await server.advance(10);
    const gone = await change("deleteLoadBalancer", { loadBalancerId: made.loadBalancerId });
    expect(gone).toMatchObject({ loadBalancer: null });
    expect((await said(after)).slice(1)).toEqual([
      "TARGET_DEREGISTERED spare is no target of api in inner any more: it was asked for",
      "TARGET_HEALTHY Target web-1 of api in inner is healthy: a check passed",
      "TARGET_DEREGISTERED web-1 is no target of api in inner any more: its load balancer is removed",
      "LOAD_BALANCER_REMOVED Load balancer inner removed",
    ]);
  });

  test("finishes what a guest has begun before it is stopped, and says so", async () => {
    const after = await server.head();
    await server.mutate("stopGuest", "GuestActionInput", { guestId: await guestId("web-1") });
    await server.advance(0);
    expect(await targets()).toEqual({
      "web-1": "DRAINING",
      "web-2": "HEALTHY",
      "web-3": "HEALTHY",
    });
    expect(await server.data('{ guest(name: "web-1", tenant: "acme") { status } }')).toEqual({
      guest: { status: "STOPPING" },
    });
    await server.advance(20);
    expect(await targets()).toMatchObject({ "web-1": "UNUSED" });
    expect(await server.data('{ guest(name: "web-1", tenant: "acme") { status } }')).toEqual({
      guest: { status: "STOPPED" },
    });
    const lines = await said(after);
    expect(lines.map((line) => line.split(" ")[0])).toEqual([
      "TARGET_DRAINING",
      "TARGET_DRAINED",
      "TARGET_UNUSED",
    ]);
  });

  test("shows how its requests fare, and its guests what they cost", async () => {
    const figures = "requestsPerSecond errorsPerSecond latencyP50Ms latencyP99Ms outstanding";
    const shown = async () => {
      await server.advance(10);
      return front(
        `traffic { ${figures} sampledAt } targetGroups { traffic { ${figures} spread } targets { guest { name usage { cpuCores } } traffic { ${figures} } } }`,
      );
    };
    const { traffic, targetGroups } = await shown();
    expect(traffic).toMatchObject({ requestsPerSecond: 200, errorsPerSecond: 0 });
    const [group] = targetGroups;
    expect(group.traffic.requestsPerSecond).toBe(200);
    expect(group.traffic.spread).toBeLessThan(1.5);
    expect(group.traffic.latencyP99Ms).toBeGreaterThan(group.traffic.latencyP50Ms);
    const rates = group.targets.map(({ traffic: each }: Data) => each.requestsPerSecond);
    expect(rates.reduce((sum: number, rate: number) => sum + rate, 0)).toBeCloseTo(200, 0);
    // 200 a second at 4 ms are 0.8 cores, on top of what else they do.
    const cores = group.targets.map(({ guest }: Data) => guest.usage.cpuCores);
    expect(cores.reduce((sum: number, each: number) => sum + each, 0)).toBeGreaterThan(0.8);
    const targetId = await guestId("web-1");
    await server.mutate("injectFault", "InjectFaultInput", { targetId, kind: "GUEST_HANG" });
    await server.advance(20);
    const later = await shown();
    expect(later.targetGroups[0].targets[0].traffic).toBeNull();
    expect(later.traffic).toMatchObject({ requestsPerSecond: 200, errorsPerSecond: 0 });
  });

  test("takes out a target whose checks fail, and tells why", async () => {
    const after = await server.head();
    const targetId = await guestId("web-2");
    await server.mutate("injectFault", "InjectFaultInput", { targetId, kind: "GUEST_HANG" });
    await server.advance(9);
    const { events } = await server.data(
      `query ($after: Cursor) { events(first: 9, after: $after, filter: { kinds: [TARGET_UNHEALTHY] }) { nodes {
        severity category ... on TargetUnhealthy { target { state reasons { code advice } } guest { name } loadBalancer { name } group reasons { code message } flaps heldUntil }
      } } }`,
      { after },
    );
    expect(events.nodes).toEqual([
      {
        severity: "WARNING",
        category: "LOAD_BALANCING",
        target: {
          state: "UNHEALTHY",
          reasons: [{ code: "CHECK_FAILED", advice: expect.stringMatching(/healthyThreshold/) }],
        },
        guest: { name: "web-2" },
        loadBalancer: { name: "front" },
        group: "webs",
        reasons: [
          { code: "CHECK_FAILED", message: "2 checks in a row failed (no answer in time)" },
        ],
        flaps: 1,
        heldUntil: null,
      },
    ]);
  });
});

describe("what makes no sense is refused, and said where", () => {
  const LISTENERS = [{ port: 80, targetGroup: "g" }];
  const GROUP = { name: "g", port: 80 };
  test.each([
    ["a name", { name: "-" }, ["name"]],
    [
      "a group that is not there",
      { listeners: [{ port: 80, targetGroup: "x" }] },
      ["listeners", "0", "targetGroup"],
    ],
    [
      "a port that is taken",
      { listeners: [...LISTENERS, ...LISTENERS] },
      ["listeners", "1", "port"],
    ],
    [
      "a port that is none",
      { listeners: [{ port: 0, targetGroup: "g" }] },
      ["listeners", "0", "port"],
    ],
    ["a group twice", { targetGroups: [GROUP, GROUP] }, ["targetGroups", "1", "name"]],
    [
      "a time",
      { targetGroups: [{ ...GROUP, drainSeconds: -1 }] },
      ["targetGroups", "0", "drainSeconds"],
    ],
    [
      "a threshold",
      { targetGroups: [{ ...GROUP, healthCheck: { unhealthyThreshold: 0 } }] },
      ["targetGroups", "0", "healthCheck", "unhealthyThreshold"],
    ],
    [
      "a timeout",
      { targetGroups: [{ ...GROUP, healthCheck: { intervalSeconds: 1, timeoutSeconds: 2 } }] },
      ["targetGroups", "0", "healthCheck", "timeoutSeconds"],
    ],
    [
      "a path",
      { targetGroups: [{ ...GROUP, healthCheck: { path: "health" } }] },
      ["targetGroups", "0", "healthCheck", "path"],
    ],
  ])("%s", async (_, wrong, path) => {
    const input = { name: "n", tenant: "acme", listeners: LISTENERS, targetGroups: [GROUP] };
    const answer = await change("createLoadBalancer", { ...input, ...wrong });
    expect(answer).toMatchObject({ code: "INVALID_INPUT", path: ["input", ...path] });
  });

  test("guests of another tenant, twice, or deleted; what is no target; a name that is taken", async () => {
    const { id: loadBalancerId } = await front("id");
    const about = { loadBalancerId, targetGroup: "webs" };
    const [spare, stranger] = [await guestId("spare"), await guestId("stranger", "other")];
    const register = (...ids: string[]) =>
      change("registerTargets", { ...about, targets: ids.map((id) => ({ guestId: id })) });
    expect(await register(stranger)).toMatchObject({
      code: "NOT_FOUND",
      path: ["input", "targets", "0", "guestId"],
    });
    expect(await register(spare, spare)).toMatchObject({
      code: "INVALID_INPUT",
      path: ["input", "targets", "1", "guestId"],
    });
    const weigh = { ...about, guestId: spare, weight: 1 };
    expect(await change("setTargetWeight", weigh)).toMatchObject({ code: "NOT_FOUND" });
    expect(
      await change("registerTargets", { ...about, targetGroup: "x", targets: [] }),
    ).toMatchObject({ code: "NOT_FOUND", path: ["input", "targetGroup"] });
    const again = { name: "front", tenant: "acme", listeners: [], targetGroups: [] };
    expect(await change("createLoadBalancer", again)).toMatchObject({ code: "CONFLICT" });
  });

  test("in a document, all at once", async () => {
    const wrong = DOCUMENT.replace("targetGroup: webs", "targetGroup: x")
      .replace("weight: 50", "weight: 50 }, ghost, { guest: spare")
      .replace("intervalSeconds: 4", "intervalSeconds: 1");
    const { problems } = await apply(wrong);
    expect(problems).toMatchObject([
      {
        path: ["loadBalancers", "0", "listeners", "0", "targetGroup"],
        message: "Load balancer front: there is no target group x.",
      },
      {
        path: ["loadBalancers", "0", "targetGroups", "0", "healthCheck", "timeoutSeconds"],
        message:
          "Load balancer front: timeoutSeconds (2) must not be more than intervalSeconds (1).",
      },
      {
        path: ["loadBalancers", "0", "targetGroups", "0", "targets", "3"],
        message: "Load balancer front: target group webs: tenant acme has no guest ghost.",
      },
    ]);
  });
  test("what HAProxy can't do, and what is not to be changed", async () => {
    const haproxy = DOCUMENT.replace(
      "    listeners:",
      "    driver: { haproxy: { socket: /run/none.sock } }\n    listeners:",
    );
    const { problems } = await apply(
      haproxy.replace("drainSeconds: 20", "drainSeconds: 20\n        stickinessSeconds: 60"),
    );
    expect(problems).toMatchObject([
      {
        path: ["loadBalancers", "0", "targetGroups", "0", "stickinessSeconds"],
        message: expect.stringMatching(/HAProxy gives no cookies/),
      },
      { path: ["loadBalancers", "0", "driver"] },
    ]);
    const renamed = haproxy.replace("- name: front", "- name: real");
    expect(await apply(renamed)).toMatchObject({ changes: [{ action: "CREATE", name: "real" }] });
    const { loadBalancer } = await server.data(
      `{ loadBalancer(name: "real", tenant: "acme") { id driver targetGroups { targets { address state } } } }`,
    );
    expect(loadBalancer).toMatchObject({
      driver: "haproxy",
      targetGroups: [{ targets: [{ address: expect.stringMatching(/^10\./) }, {}, {}] }],
    });
    const again = renamed.replace("- name: real", "- name: twin");
    expect(await apply(again)).toMatchObject({
      problems: [
        {
          path: ["loadBalancers", "0", "targetGroups", "0"],
          message:
            "Load balancer twin: backend webs of this HAProxy is that of target group webs of load balancer acme/real already.",
        },
      ],
    });
    const targetGroups = [{ name: "others", port: 80 }];
    const update = { loadBalancerId: loadBalancer.id, listeners: [], targetGroups };
    expect(await change("updateLoadBalancer", update)).toMatchObject({ code: "UNSUPPORTED" });
  });
});

describe("a fleet document", () => {
  test("applied again changes nothing", async () => {
    expect(await apply(DOCUMENT)).toMatchObject({ changes: [] });
  });

  test("changes groups and targets, and what it does not name any more is drained or removed", async () => {
    const changed = DOCUMENT.replace("LEAST_OUTSTANDING", "POWER_OF_TWO_CHOICES").replace(
      "[web, { guest: web-3, port: 8081, weight: 50 }]",
      "[spare, web-2, { guest: web-3, weight: 5 }]",
    );
    expect(await apply(changed)).toMatchObject({
      changes: [
        {
          action: "UPDATE",
          type: "LoadBalancer",
          name: "front",
          details: [
            'webs: algorithm: "LEAST_OUTSTANDING" → "POWER_OF_TWO_CHOICES"',
            "webs: without web-1",
            "webs: web-3: port: 8081 → null",
            "webs: web-3: weight: 50 → 5",
            "webs: with spare",
          ],
        },
      ],
    });
    expect(await targets()).toMatchObject({ "web-1": "DRAINING", spare: "INITIAL" });
    expect(await apply(changed)).toMatchObject({ changes: [] });
    await server.advance(30);
    expect(await targets()).toEqual({ spare: "HEALTHY", "web-2": "HEALTHY", "web-3": "HEALTHY" });
    const without = changed.slice(0, changed.indexOf("loadBalancers:"));
    expect(await apply(without)).toMatchObject({ changes: [] });
    expect(await apply(without, { prune: true })).toMatchObject({
      changes: [{ action: "DELETE", type: "LoadBalancer", name: "front" }],
    });
  });

  test("takes the load balancers of a tenant away with it", async () => {
    const own = { name: "lonely", tenant: "other", listeners: [], targetGroups: [] };
    await change("createLoadBalancer", own);
    const without = DOCUMENT.replace(", { name: other }", "").replace(
      / {2}- { name: stranger.*\n/,
      "",
    );
    await apply(without, { prune: true });
    await server.advance(20);
    await apply(without, { prune: true });
    expect(
      await server.data("{ tenants { nodes { name } } loadBalancers { nodes { name } } }"),
    ).toEqual({
      tenants: { nodes: [{ name: "default" }, { name: "acme" }] },
      loadBalancers: { nodes: [{ name: "front" }] },
    });
  });
});

describe("a scaling group in a target group", () => {
  const BEHIND = DOCUMENT.replace("[web, {", "[web, { scalingGroup: pool, weight: 30 }, {").concat(`
scalingGroups:
  - { name: pool, tenant: acme, template: { flavor: small, image: linux }, min: 2, max: 4, healthCheck: LOAD_BALANCER }
`);

  async function pool(fields: string): Promise<Data> {
    const query = `{ scalingGroup(name: "pool", tenant: "acme") { ${fields} } }`;
    return (await server.data(query)).scalingGroup;
  }

  function resize(scalingGroupId: string, desired: number): Promise<Data> {
    const input = { scalingGroupId, desired };
    return server.mutate("setDesiredCapacity", "SetDesiredCapacityInput", input);
  }

  beforeEach(async () => {
    const { changes } = await apply(BEHIND);
    expect(changes).toMatchObject([
      { action: "CREATE", type: "ScalingGroup" },
      { action: "UPDATE", name: "front", details: ["webs: with scaling group pool"] },
    ]);
    await server.advance(60);
  });

  test("is seen from both sides, with its members as targets", async () => {
    expect(await targets()).toMatchObject({ "pool-1": "HEALTHY", "pool-2": "HEALTHY" });
    expect(
      await front("targetGroups { scalingGroups { weight port scalingGroup { name } } }"),
    ).toEqual({
      targetGroups: [
        { scalingGroups: [{ weight: 30, port: null, scalingGroup: { name: "pool" } }] },
      ],
    });
    expect(await pool("healthCheck targetGroups { name loadBalancer { name } }")).toEqual({
      healthCheck: "LOAD_BALANCER",
      targetGroups: [{ name: "webs", loadBalancer: { name: "front" } }],
    });
    expect(await apply(BEHIND)).toMatchObject({ changes: [] });
  });

  test("grows and shrinks without a request lost: who comes is checked first, who goes is drained", async () => {
    const { id: scalingGroupId } = await pool("id");
    const after = await server.head();
    await resize(scalingGroupId, 3);
    await server.advance(40);
    expect((await said(after)).filter((words) => words.includes("pool-3"))).toEqual([
      "TARGET_REGISTERED pool-3 is a target of webs in front",
      "TARGET_INITIAL Target pool-3 of webs in front gets requests once a check has passed",
      "TARGET_HEALTHY Target pool-3 of webs in front is healthy: a check passed",
    ]);
    await resize(scalingGroupId, 2);
    await server.advance(1);
    expect(await targets()).toMatchObject({ "pool-3": "DRAINING" });
    await server.advance(60);
    expect(Object.keys(await targets())).not.toContain("pool-3");
    const { traffic } = await front("traffic { errorsPerSecond }");
    expect(traffic).toEqual({ errorsPerSecond: 0 });
  });

  test("is taken out and put in by mutations, and is told apart from guests", async () => {
    const { id: scalingGroupId } = await pool("id");
    const { id: loadBalancerId } = await front("id");
    const about = { loadBalancerId, targetGroup: "webs" };
    await change("deregisterTargets", { ...about, scalingGroupIds: [scalingGroupId] });
    expect(await targets()).toMatchObject({ "pool-1": "DRAINING" });
    expect(await pool("targetGroups { name }")).toEqual({ targetGroups: [] });
    const put = await change("registerTargets", { ...about, targets: [{ scalingGroupId }] });
    expect(put).toMatchObject({ loadBalancer: { name: "front" } });
    await server.advance(30);
    expect(await targets()).toMatchObject({ "pool-1": "HEALTHY" });
    const guest = await guestId("pool-1");
    for (const target of [{}, { guestId: guest, scalingGroupId }])
      expect(await change("registerTargets", { ...about, targets: [target] })).toMatchObject({
        code: "INVALID_INPUT",
        path: ["input", "targets", "0"],
      });
    expect(await change("deregisterTargets", { ...about, guestIds: [guest] })).toMatchObject({
      code: "CONFLICT",
      path: ["input", "guestIds", "0"],
    });
  });

  test("that is not there, is there twice, or beside its members, is told by its place in a document", async () => {
    const wrong = BEHIND.replace(
      "[web, {",
      "[web, pool-1, { scalingGroup: none }, { scalingGroup: pool }, {",
    );
    const { problems } = await apply(wrong);
    const path = ["loadBalancers", "0", "targetGroups", "0", "targets"];
    expect(problems).toMatchObject(
      [
        "tenant acme has no scaling group none",
        "scaling group pool is there twice",
        "Guest pool-1 is a target as a member of scaling group pool, and follows that",
      ].map((words) => ({
        path,
        message: `Load balancer front: target group webs: ${words}.`,
      })),
    );
  });

  test("goes with its group, and leaves the rest as it is", async () => {
    const without = BEHIND.slice(0, BEHIND.indexOf("scalingGroups:")).replace(
      "{ scalingGroup: pool, weight: 30 }, ",
      "",
    );
    await apply(without, { prune: true });
    expect(await targets()).toMatchObject({ "pool-1": "DRAINING", "web-1": "HEALTHY" });
    await server.advance(60);
    expect(await targets()).toEqual({ "web-1": "HEALTHY", "web-2": "HEALTHY", "web-3": "HEALTHY" });
  });
});
