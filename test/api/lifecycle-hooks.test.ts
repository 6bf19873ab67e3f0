// What is done with members of a scaling group before they serve, and before they go.

import { beforeEach, describe, expect, test } from "vitest";
import { type Data, type Json, startTestServer, type TestServer } from "./harness.ts";

const HOSTS = "hosts: [{ name: h1, cpuCores: 32, memoryMiB: 65536, storageGiB: 500 }]";
const DOCUMENT = `
regions: [{ name: north, zones: [{ name: a, dataCenters: [{ name: a1, ${HOSTS} }] }] }]
tenants: [{ name: acme }]
flavors: [{ name: small, cpuCores: 1, memoryMiB: 1024, storageGiB: 1 }]
images: [{ name: linux, bootSeconds: 5 }]
scalingGroups:
  - name: web
    template: { flavor: small, image: linux }
    min: 1
    max: 8
    lifecycleHooks:
      - { name: register, transition: LAUNCHING, timeoutSeconds: 100 }
      - { name: save, transition: TERMINATING, timeoutSeconds: 200, onTimeout: CONTINUE }
`;

let server: TestServer;

function apply(document: string): Promise<Data> {
  const fields = "... on ApplyFleetPayload { changes { type name details } }";
  return server.mutate("applyFleet", "ApplyFleetInput", { document }, fields);
}

function act(name: string, input: Json, fields = ""): Promise<Data> {
  const type = `${name[0]?.toUpperCase()}${name.slice(1)}`;
  return server.mutate(name, `${type}Input`, input, fields);
}

const HOOKS = "{ name transition timeoutSeconds onTimeout }";
const LIFECYCLE = "lifecycle { transition abandoned hooks { hook timesOutAt latestAt } }";

async function group(): Promise<Data> {
  const fields = `id size running inService lifecycleHooks ${HOOKS} waiting { id name ${LIFECYCLE} }`;
  return (await server.data(`{ scalingGroup(name: "web") { ${fields} } }`)).scalingGroup;
}

async function events(): Promise<Data[]> {
  const data = await server.data(`{ events(last: 100, filter: { categories: [SCALING] }) { nodes {
    kind severity
    ... on LifecycleActionPending { guest { name } group { name } hook transition timesOutAt latestAt because }
    ... on LifecycleActionCompleted { guest { name } hook transition result reason }
    ... on LifecycleActionTimedOut { guest { name } hook transition result reason }
    ... on LifecycleHeartbeatRecorded { guest { name } hook timesOutAt }
    ... on MemberInService { guest { name } group { name } }
  } } }`);
  return data.events.nodes.filter(
    ({ kind }: Data) => kind.startsWith("LIFECYCLE") || kind === "MEMBER_IN_SERVICE",
  );
}

beforeEach(async () => {
  server = await startTestServer({ fleet: "none" });
  expect((await apply(DOCUMENT)).__typename).toBe("ApplyFleetPayload");
  await server.advance(10);
});

test("a member waits until its launch is completed, and is told to whoever listens", async () => {
  const waits = await group();
  expect(waits).toMatchObject({
    size: 1,
    running: 1,
    inService: 0,
    lifecycleHooks: [
      { name: "register", transition: "LAUNCHING", timeoutSeconds: 100, onTimeout: "ABANDON" },
      { name: "save", transition: "TERMINATING", timeoutSeconds: 200, onTimeout: "CONTINUE" },
    ],
    waiting: [
      {
        name: "web-1",
        lifecycle: { transition: "LAUNCHING", abandoned: null, hooks: [{ hook: "register" }] },
      },
    ],
  });
  const [{ id: guestId, lifecycle }] = waits.waiting;
  const [{ timesOutAt, latestAt }] = lifecycle.hooks;
  expect(Date.parse(latestAt) - Date.parse(timesOutAt)).toBe(99 * 100_000);
  expect(await events()).toMatchObject([
    {
      kind: "LIFECYCLE_ACTION_PENDING",
      severity: "NOTICE",
      guest: { name: "web-1" },
      group: { name: "web" },
      hook: "register",
      transition: "LAUNCHING",
      timesOutAt,
      latestAt,
      because: "it came up",
    },
  ]);
  await server.advance(50);
  await act("recordLifecycleHeartbeat", { guestId, hook: "register" });
  const later = (await group()).waiting[0].lifecycle.hooks[0];
  expect(Date.parse(later.timesOutAt)).toBeGreaterThan(Date.parse(timesOutAt) + 40_000);
  expect(later.latestAt).toBe(latestAt);
  const input = { guestId, hook: "register", result: "CONTINUE", reason: "registered as #7" };
  const fields = `... on CompleteLifecycleActionPayload { guest { name ${LIFECYCLE} } }`;
  const completed = await act("completeLifecycleAction", input, fields);
  expect(completed).toMatchObject({ __typename: "CompleteLifecycleActionPayload" });
  await server.advance(1);
  expect((await events()).slice(1)).toMatchObject([
    { kind: "LIFECYCLE_HEARTBEAT_RECORDED", hook: "register", timesOutAt: later.timesOutAt },
    {
      kind: "LIFECYCLE_ACTION_COMPLETED",
      guest: { name: "web-1" },
      hook: "register",
      transition: "LAUNCHING",
      result: "CONTINUE",
      reason: "registered as #7",
    },
    { kind: "MEMBER_IN_SERVICE", guest: { name: "web-1" }, group: { name: "web" } },
  ]);
  expect(await group()).toMatchObject({ inService: 1, waiting: [] });
});

test("one that goes is no member any more, and runs until its hook times out", async () => {
  const { id: scalingGroupId, waiting } = await group();
  await act("completeLifecycleAction", {
    guestId: waiting[0].id,
    hook: "register",
    result: "CONTINUE",
  });
  await act("updateScalingGroup", { scalingGroupId, min: 0 });
  await act("setDesiredCapacity", { scalingGroupId, desired: 0 });
  await server.advance(190);
  expect(await group()).toMatchObject({
    size: 0,
    running: 0,
    waiting: [{ name: "web-1", lifecycle: { transition: "TERMINATING" } }],
  });
  const status = async () => (await server.data('{ guest(name: "web-1") { status } }')).guest;
  expect(await status()).toEqual({ status: "RUNNING" });
  await server.advance(30);
  expect(await status()).toBeNull();
  expect((await events()).at(-1)).toMatchObject({
    kind: "LIFECYCLE_ACTION_TIMED_OUT",
    severity: "WARNING",
    result: "CONTINUE",
    reason: "nobody completed it by its time-out of 200 s",
  });
});

describe("it is refused", () => {
  test("to complete what nobody waits for, or for a guest of its own", async () => {
    const { waiting } = await group();
    const complete = (more: Json) =>
      act("completeLifecycleAction", {
        guestId: waiting[0].id,
        hook: "register",
        result: "CONTINUE",
        ...more,
      });
    expect(await complete({ hook: "save" })).toMatchObject({
      code: "CONFLICT",
      path: ["input", "hook"],
      message: "Guest web-1 waits for register, not save.",
    });
    const heart = await act("recordLifecycleHeartbeat", { guestId: waiting[0].id, hook: "x" });
    expect(heart).toMatchObject({ code: "CONFLICT", path: ["input", "hook"] });
    await act("createGuest", { name: "own", flavor: "small", image: "linux" });
    expect(await complete({ guestId: await server.id("guest", "own") })).toMatchObject({
      code: "CONFLICT",
      path: ["input", "guestId"],
      message: "Guest own is in no scaling group.",
    });
  });

  const hook = { name: "h", transition: "LAUNCHING" };
  test.each<[string, Json[], string[], string]>([
    [
      "no name",
      [{ ...hook, name: "" }],
      ["lifecycleHooks", "0", "name"],
      "A hook's name has 1 to 255 characters.",
    ],
    [
      "no time",
      [{ ...hook, timeoutSeconds: 0 }],
      ["lifecycleHooks", "0", "timeoutSeconds"],
      "TimeoutSeconds must be from 1 to 86400, not 0.",
    ],
    [
      "the same name twice",
      [hook, { ...hook, transition: "TERMINATING" }],
      ["lifecycleHooks", "1", "name"],
      "Hook h is there twice.",
    ],
    [
      "too many",
      Array.from({ length: 51 }, (_, index) => ({ ...hook, name: `h${index}` })),
      ["lifecycleHooks"],
      "A group has 50 hooks at most.",
    ],
  ])("to give a group hooks with %s", async (_, lifecycleHooks, path, message) => {
    const template = { flavor: "small", image: "linux" };
    const input = { name: "jobs", template, max: 5, lifecycleHooks };
    const refused = { code: "INVALID_INPUT", path: ["input", ...path], message };
    expect(await act("createScalingGroup", input)).toMatchObject(refused);
    const scalingGroupId = (await group()).id;
    expect(await act("updateScalingGroup", { scalingGroupId, lifecycleHooks })).toMatchObject(
      refused,
    );
  });
});

test("a document changes hooks, tells with what, and where they make no sense", async () => {
  expect(await apply(DOCUMENT)).toMatchObject({ changes: [] });
  const [changed] = (await apply(DOCUMENT.replace(/ {6}- \{ name: register.*\n/, ""))).changes;
  expect(changed).toMatchObject({ type: "ScalingGroup", name: "web" });
  expect(changed.details[0]).toContain("lifecycleHooks: ");
  await server.advance(1);
  expect(await group()).toMatchObject({ inService: 1, waiting: [] });
  const { code, problems } = await apply(DOCUMENT.replace("name: save", "name: register"));
  expect(code).toBe("INVALID_INPUT");
  expect(problems).toMatchObject([
    {
      path: ["scalingGroups", "0", "lifecycleHooks", "1", "name"],
      message: "Scaling group web: hook register is there twice.",
    },
  ]);
});
