// Guests made from one template, as many as there is work for.

import { beforeEach, describe, expect, test } from "vitest";
import { type Data, type Json, startTestServer, type TestServer } from "./harness.ts";

const DOCUMENT = `
settings: { usageSampleSeconds: 10 }
regions:
  - name: north
    zones:
      - { name: a, dataCenters: [{ name: a1, hosts: [{ name: ha, cpuCores: 32, memoryMiB: 65536, storageGiB: 500 }] }] }
      - { name: b, dataCenters: [{ name: b1, hosts: [{ name: hb, cpuCores: 32, memoryMiB: 65536, storageGiB: 500 }] }] }
tenants: [{ name: acme }]
flavors:
  - { name: small, cpuCores: 1, memoryMiB: 1024, storageGiB: 1 }
images: [{ name: linux, bootSeconds: 5 }]
scalingGroups:
  - name: web
    template: { flavor: small, image: linux, priority: HIGH }
    min: 1
    max: 8
    desired: 2
    zones: [a, b]
    scaleInAfterSeconds: 30
    warmUpSeconds: 10
    cooldownSeconds: 20
    policies:
      - { name: cpu, kind: TARGET_TRACKING, metric: CPU, target: 50 }
      - { name: noon, kind: SCHEDULED, cron: "0 12 * * *", timeZone: Europe/Berlin, max: 6 }
    demand: { peakCpuCores: 4, workload: { kind: SPIKE, baseShare: 0.25, spikeShare: 0.75, everySeconds: 600, durationSeconds: 300 } }
`;

const GROUP = `id name min max desired size running terminationPolicy templateRevision
  template { flavors { name } image { name } priority }
  zones { name } policies { name kind metric target cron timeZone max nextAt }
  held { policy reason { code advice } } blockedBy { code }
  members { totalCount nodes { name zone { name } scaleInProtected unhealthy } }`;

let server: TestServer;

async function apply(document: string, more: Json = {}): Promise<Data> {
  const fields = "... on ApplyFleetPayload { changes { action type name details } unchanged }";
  return server.mutate("applyFleet", "ApplyFleetInput", { document, ...more }, fields);
}

async function group(name = "web", tenant = "default"): Promise<Data> {
  const query = `query ($name: String!, $tenant: String) {
    scalingGroup(name: $name, tenant: $tenant) { ${GROUP} } }`;
  return (await server.data(query, { name, tenant })).scalingGroup;
}

function act(name: string, input: Json, fields = ""): Promise<Data> {
  const type = `${name[0]?.toUpperCase()}${name.slice(1)}`;
  return server.mutate(name, `${type}Input`, input, fields);
}

async function events(kinds: string[]): Promise<Data[]> {
  const data = await server.data(
    `query ($kinds: [EventKind!]) { events(first: 100, filter: { kinds: $kinds }) { nodes {
      kind message severity category
      ... on GroupScaledOut { group { name } fromSize toSize policy reason }
      ... on GroupScaledIn { group { name } fromSize toSize policy reason }
      ... on ScalingHeld { group { name } policy reason reasons { code } }
      ... on MemberReplaced { guest { name } group { name } reason }
    } } }`,
    { kinds },
  );
  return data.events.nodes;
}

beforeEach(async () => {
  server = await startTestServer({ fleet: "none" });
  expect((await apply(DOCUMENT)).__typename).toBe("ApplyFleetPayload");
  await server.advance(60);
});

test("a group breathes with its work, tells each step with its numbers, and why it takes none", async () => {
  expect(await group()).toMatchObject({
    min: 1,
    max: 8,
    template: { flavors: [{ name: "small" }], image: { name: "linux" }, priority: "HIGH" },
    zones: [{ name: "a" }, { name: "b" }],
    policies: [
      { name: "cpu", kind: "TARGET_TRACKING", metric: "CPU", target: 50, nextAt: null },
      {
        name: "noon",
        kind: "SCHEDULED",
        cron: "0 12 * * *",
        max: 6,
        nextAt: "2026-01-01T11:00:00.000Z",
      },
    ],
  });
  await server.advance(600);
  const [out] = await events(["GROUP_SCALED_OUT"]);
  expect(out).toMatchObject({
    category: "SCALING",
    severity: "NOTICE",
    group: { name: "web" },
    fromSize: 2,
    toSize: 6,
    policy: "cpu",
    reason: "CPU is 150 % with 2 warm members and 50 % for each is the target, which takes 6",
  });
  const [into] = await events(["GROUP_SCALED_IN"]);
  expect(into).toMatchObject({ fromSize: 6, toSize: 2, policy: "cpu" });
  await server.advance(86_400);
  const sizes = (await events(["GROUP_SCALED_OUT", "GROUP_SCALED_IN"])).map(({ toSize }) => toSize);
  expect(new Set(sizes)).toEqual(new Set([2, 6]));
});

test("a group behind a load balancer grows and shrinks with its requests, and its members come and go with them", async () => {
  const traffic = `traffic: { peakRequestsPerSecond: 120, cpuMillisecondsPerRequest: 2, workload: { kind: SPIKE, baseShare: 0.25, spikeShare: 1, everySeconds: 600, durationSeconds: 300 } }`;
  await apply(
    DOCUMENT.replace("metric: CPU, target: 50", "metric: REQUESTS_PER_TARGET, target: 20").concat(`
loadBalancers:
  - name: front
    listeners: [{ port: 443, targetGroup: all, ${traffic} }]
    targetGroups: [{ name: all, port: 80, healthCheck: { intervalSeconds: 5 }, drainSeconds: 5, targets: [{ scalingGroup: web }] }]
`),
  );
  await server.advance(1200);
  const steps = (await events(["GROUP_SCALED_OUT", "GROUP_SCALED_IN"])).filter(({ reason }) =>
    reason.startsWith("REQUESTS"),
  );
  expect(steps.find(({ kind }) => kind === "GROUP_SCALED_OUT")).toMatchObject({
    fromSize: 2,
    toSize: 6,
    policy: "cpu",
    reason:
      "REQUESTS_PER_TARGET is 60/s with 2 warm members and 20/s for each is the target, which takes 6",
  });
  const into = steps.find(({ kind }) => kind === "GROUP_SCALED_IN");
  expect(into).toMatchObject({ fromSize: 6, toSize: 2 });
  const moves = await events(["TARGET_REGISTERED", "TARGET_DEREGISTERED"]);
  expect(moves.filter(({ kind }) => kind === "TARGET_REGISTERED").length).toBeGreaterThan(5);
  expect(moves.filter(({ kind }) => kind === "TARGET_DEREGISTERED").length).toBeGreaterThan(3);
  const { loadBalancer } = await server.data(
    `{ loadBalancer(name: "front") { traffic { requestsPerSecond errorsPerSecond } } }`,
  );
  expect(loadBalancer.traffic.errorsPerSecond).toBe(0);
});

describe("a group that somebody creates", () => {
  const template = { flavor: "small", image: "linux" };

  async function create(more: Json = {}): Promise<Data> {
    const input = { name: "jobs", tenant: "acme", template, max: 5, desired: 3, ...more };
    const fields = `... on CreateScalingGroupPayload { cursor scalingGroup { ${GROUP} } }`;
    return act("createScalingGroup", input, fields);
  }

  test("has its members at once, in its tenant, and goes with them", async () => {
    const created = await create();
    expect(created.scalingGroup).toMatchObject({ name: "jobs", desired: 3, min: 0 });
    await server.advance(30);
    const jobs = await group("jobs", "acme");
    expect(jobs).toMatchObject({ size: 3, running: 3, blockedBy: [], held: [] });
    expect(jobs.members.nodes.map(({ name }: Data) => name)).toEqual([
      "jobs-1",
      "jobs-2",
      "jobs-3",
    ]);
    const { guests, guest } = await server.data(
      `query ($ids: [ID!]) { guests(filter: { scalingGroupIds: $ids }) { totalCount }
        guest(name: "jobs-1", tenant: "acme") { scalingGroup { name } } }`,
      { ids: [jobs.id] },
    );
    expect([guests.totalCount, guest.scalingGroup.name]).toEqual([3, "jobs"]);
    const { tenant } = await server.data(
      '{ tenant(name: "acme") { id scalingGroups { nodes { name } } } }',
    );
    expect(tenant.scalingGroups.nodes).toEqual([{ name: "jobs" }]);
    const deleted = await act("deleteScalingGroup", { scalingGroupId: jobs.id });
    expect(deleted.__typename).toBe("DeleteScalingGroupPayload");
    expect(await act("setDesiredCapacity", { scalingGroupId: jobs.id, desired: 1 })).toMatchObject({
      code: "CONFLICT",
      message: "Scaling group jobs is being deleted.",
    });
    await server.advance(30);
    expect(await group("jobs", "acme")).toBeNull();
    expect((await act("deleteTenant", { tenantId: tenant.id })).__typename).toBe(
      "DeleteTenantPayload",
    );
  });

  test("is resized, changed, and follows what is pushed", async () => {
    const policies = [{ name: "queue", kind: "TARGET_TRACKING", metric: "queue", target: 10 }];
    const { scalingGroup } = await create({ policies, cooldownSeconds: 0 });
    const scalingGroupId = scalingGroup.id;
    await server.advance(60);
    for (const value of [48, 47]) {
      const put = await act("putMetric", { scalingGroupId, metric: "queue", value });
      expect(put.__typename).toBe("PutMetricPayload");
      await server.advance(10);
    }
    expect(await group("jobs", "acme")).toMatchObject({ desired: 5 });
    // Samples are no events.
    expect((await events(["COMMAND_AUDITED"])).map(({ message }) => message).join()).not.toContain(
      "PUT_METRIC",
    );
    await server.advance(60);
    await act("putMetric", { scalingGroupId, metric: "queue", value: 90 });
    await server.advance(10);
    await act("putMetric", { scalingGroupId, metric: "queue", value: 90 });
    const [held] = (await group("jobs", "acme")).held;
    expect(held).toEqual({
      policy: "queue",
      reason: { code: "AT_MAX", advice: "Raise the group's max if it is to get larger." },
    });
    expect((await events(["SCALING_HELD"])).at(-1)).toMatchObject({
      group: { name: "jobs" },
      reason:
        "queue is 90 with 5 warm members and 10 for each is the target, which takes 9, and max is 5",
    });
    const changed = { scalingGroupId, max: 2, template: { ...template, priority: "LOW" } };
    await act("updateScalingGroup", changed);
    await server.advance(30);
    expect(await group("jobs", "acme")).toMatchObject({
      size: 2,
      templateRevision: 2,
      template: { priority: "LOW" },
    });
    await act("setDesiredCapacity", { scalingGroupId, desired: 1 });
    await server.advance(30);
    expect(await group("jobs", "acme")).toMatchObject({ size: 1 });
    const [scaled] = (await events(["GROUP_SCALED_IN"])).slice(-1);
    expect(scaled).toMatchObject({ policy: null, reason: "1 were asked for" });
  });

  test("keeps those that are protected, and replaces those that are ill", async () => {
    await create({ unhealthyAfterSeconds: 5 });
    await server.advance(30);
    const guestId = async (name: string) =>
      (await server.data(`{ guest(name: "${name}", tenant: "acme") { id } }`)).guest.id;
    const first = await guestId("jobs-1");
    await act("setScaleInProtection", { guestId: first, enabled: true });
    await act("setMemberHealth", {
      guestId: await guestId("jobs-2"),
      healthy: false,
      reason: "503",
    });
    await server.advance(4);
    const { members } = await group("jobs", "acme");
    expect(members.nodes).toMatchObject([
      { name: "jobs-1", scaleInProtected: true, unhealthy: null },
      { name: "jobs-2", scaleInProtected: false, unhealthy: "503" },
      { name: "jobs-3" },
    ]);
    await server.advance(30);
    expect(await events(["MEMBER_REPLACED"])).toMatchObject([
      { group: { name: "jobs" }, reason: "503" },
    ]);
    const names = (await group("jobs", "acme")).members.nodes.map(({ name }: Data) => name);
    expect(names).toEqual(["jobs-1", "jobs-3", "jobs-4"]);
  });

  test.each<[string, Json, string, string[], string]>([
    ["min > max", { min: 6 }, "INVALID_INPUT", ["min"], "Min (6) must be at most max (5)."],
    [
      "desired > max",
      { desired: 9 },
      "INVALID_INPUT",
      ["desired"],
      "Desired (9) must be from min (0) to max (5).",
    ],
    [
      "a name without room",
      { name: "x".repeat(125) },
      "INVALID_INPUT",
      ["name"],
      "The name, with the number of a member, is longer than 128 characters.",
    ],
    [
      "no flavor",
      { template: { image: "linux" } },
      "INVALID_INPUT",
      ["template", "flavor"],
      "Give flavorId, flavor or flavors.",
    ],
    ["an unknown zone", { zones: ["x"] }, "NOT_FOUND", ["zones"], "There is no zone 'x'."],
    [
      "a flavor that is gone",
      { template: { ...template, flavor: "gone" } },
      "NOT_FOUND",
      ["template", "flavor"],
      "There is no flavor 'gone'.",
    ],
    [
      "a negative time",
      { cooldownSeconds: -1 },
      "INVALID_INPUT",
      ["cooldownSeconds"],
      "CooldownSeconds must be from 0 to 86400, not -1.",
    ],
    [
      "a target of 0",
      { policies: [{ name: "p", kind: "TARGET_TRACKING", metric: "CPU", target: 0 }] },
      "INVALID_INPUT",
      ["policies", "0", "target"],
      "A target must be a number above 0, not 0.",
    ],
    [
      "a policy without its target",
      { policies: [{ name: "p", kind: "TARGET_TRACKING", metric: "CPU" }] },
      "INVALID_INPUT",
      ["policies", "0", "target"],
      "Policy p: TARGET_TRACKING needs target.",
    ],
    [
      "a forecast for a target of 0",
      { policies: [{ name: "p", kind: "PREDICTIVE", metric: "CPU", target: 0 }] },
      "INVALID_INPUT",
      ["policies", "0", "target"],
      "A target must be a number above 0, not 0.",
    ],
    [
      "a forecast of nothing",
      { policies: [{ name: "p", kind: "PREDICTIVE", target: 50 }] },
      "INVALID_INPUT",
      ["policies", "0", "metric"],
      "Policy p: PREDICTIVE needs metric.",
    ],
    [
      "a mode of target tracking",
      {
        policies: [
          {
            name: "p",
            kind: "TARGET_TRACKING",
            metric: "CPU",
            target: 50,
            mode: "FORECAST_ONLY",
          },
        ],
      },
      "INVALID_INPUT",
      ["policies", "0", "mode"],
      "Policy p: TARGET_TRACKING has no mode.",
    ],
    [
      "a policy of two kinds",
      { policies: [{ name: "p", kind: "STEP", metric: "CPU", steps: [], cron: "x" }] },
      "INVALID_INPUT",
      ["policies", "0", "cron"],
      "Policy p: STEP has no cron.",
    ],
    [
      "no steps",
      { policies: [{ name: "p", kind: "STEP", metric: "CPU", steps: [] }] },
      "INVALID_INPUT",
      ["policies", "0", "steps"],
      "A step policy has 1 to 50 steps.",
    ],
    [
      "a step of nothing",
      { policies: [{ name: "p", kind: "STEP", metric: "CPU", steps: [{ from: 1, change: 0 }] }] },
      "INVALID_INPUT",
      ["policies", "0", "steps", "0"],
      "A step's change must be a whole number other than 0, not 0.",
    ],
    [
      "bounds the wrong way round",
      {
        policies: [
          { name: "p", kind: "STEP", metric: "CPU", steps: [{ from: 5, below: 5, change: 1 }] },
        ],
      },
      "INVALID_INPUT",
      ["policies", "0", "steps", "0"],
      "A step's from (5) must be less than its below (5).",
    ],
    [
      "no cron",
      { policies: [{ name: "p", kind: "SCHEDULED", cron: "often", desired: 1 }] },
      "INVALID_INPUT",
      ["policies", "0"],
      "Policy p has no cron expression of five or six fields: often.",
    ],
    [
      "no time zone",
      {
        policies: [
          { name: "p", kind: "SCHEDULED", cron: "0 8 * * *", timeZone: "Mars/Base", desired: 1 },
        ],
      },
      "INVALID_INPUT",
      ["policies", "0"],
      "Policy p has a time zone that is not known: Mars/Base.",
    ],
    [
      "a schedule of nothing",
      { policies: [{ name: "p", kind: "SCHEDULED", cron: "0 8 * * *" }] },
      "INVALID_INPUT",
      ["policies", "0", "desired"],
      "A scheduled policy sets min, max or desired.",
    ],
  ])("is refused with %s", async (_, more, code, path, message) => {
    expect(await create(more)).toMatchObject({ code, path: ["input", ...path], message });
  });

  test("is refused under a name that is taken, and so are samples of nothing", async () => {
    const { scalingGroup } = await create();
    expect(await create({ max: 6 })).toMatchObject({
      code: "CONFLICT",
      message: "Tenant acme has a scaling group jobs already.",
    });
    const sample = { scalingGroupId: scalingGroup.id, metric: "CPU", value: 1 };
    expect(await act("putMetric", sample)).toMatchObject({ code: "INVALID_INPUT" });
    const guestId = await server.id("guest", "web-1");
    await act("deleteScalingGroup", { scalingGroupId: (await group()).id });
    expect(await act("setMemberHealth", { guestId, healthy: false })).toMatchObject({
      code: "CONFLICT",
    });
  });
});

describe("a document", () => {
  test("that is applied again changes nothing that policies have made of it", async () => {
    await server.advance(120);
    const before = await group();
    expect(await apply(DOCUMENT)).toMatchObject({ changes: [] });
    expect(await group()).toEqual(before);
  });

  test("changes a group, and tells with what", async () => {
    const changed = DOCUMENT.replace("max: 8", "max: 9").replace("zones: [a, b]", "zones: [a]");
    const plan = { action: "UPDATE", type: "ScalingGroup", name: "web" };
    const details = ["max: 8 → 9", 'zones: ["a","b"] → ["a"]'];
    expect(await apply(changed)).toMatchObject({ changes: [{ ...plan, details }] });
    await server.advance(60);
    const { members } = await group();
    expect(new Set(members.nodes.map(({ zone }: Data) => zone.name))).toEqual(new Set(["a"]));
  });

  test("prunes a group with its members, and neither members nor flavors of one that stays", async () => {
    const bare = DOCUMENT.replace(/flavors:\n.*\n/, "");
    expect(await apply(bare, { prune: true })).toMatchObject({
      __typename: "ApplyFleetPayload",
      changes: [],
    });
    const without = DOCUMENT.replace(/scalingGroups:[\s\S]*$/, "");
    expect((await apply(without, { prune: true })).changes).toMatchObject([
      { action: "DELETE", type: "ScalingGroup", name: "web" },
    ]);
    await server.advance(30);
    expect(await group()).toBeNull();
    expect((await server.data("{ guests { totalCount } }")).guests.totalCount).toBe(0);
  });

  test.each([
    [
      "min: 1",
      "min: 9",
      ["scalingGroups", "0", "min"],
      "Scaling group web: min (9) must be at most max (8).",
    ],
    [
      "flavor: small, image",
      "flavor: gone, image",
      ["scalingGroups", "0", "template", "flavor"],
      "Scaling group web: there is no flavor gone.",
    ],
    [
      "zones: [a, b]",
      "zones: [a, x]",
      ["scalingGroups", "0", "zones", "1"],
      "Scaling group web: there is no zone x.",
    ],
    [
      "0 12 * * *",
      "0 99 * * *",
      ["scalingGroups", "0", "policies", "1"],
      "Scaling group web: policy noon has a cron expression that makes no sense: 0 99 * * *.",
    ],
    [
      "target: 50",
      "target: 0",
      ["scalingGroups", "0", "policies", "0", "target"],
      "Scaling group web: a target must be a number above 0, not 0.",
    ],
  ])("with %s → %s is refused, saying where", async (from, to, path, message) => {
    const { code, problems } = await apply(DOCUMENT.replace(from, to));
    expect(code).toBe("INVALID_INPUT");
    expect(problems).toMatchObject([{ path, message }]);
  });
});
