// The members of a scaling group are replaced by others of a new template, a few at a time.

import { beforeEach, describe, expect, test } from "vitest";
import { type Data, type Json, startTestServer, type TestServer } from "./harness.ts";

const HOSTS = "hosts: [{ name: h1, cpuCores: 32, memoryMiB: 65536, storageGiB: 500 }]";
const DOCUMENT = `
regions: [{ name: north, zones: [{ name: a, dataCenters: [{ name: a1, ${HOSTS} }] }] }]
flavors: [{ name: small, cpuCores: 1, memoryMiB: 1024, storageGiB: 1 }]
images: [{ name: linux, bootSeconds: 5 }, { name: newer, bootSeconds: 5 }]
scalingGroups:
  - name: web
    template: { flavor: small, image: linux }
    min: 4
    max: 6
    warmUpSeconds: 5
    unhealthyAfterSeconds: 0
`;
const NEWER = { flavor: "small", image: "newer" };

let server: TestServer;
let scalingGroupId: string;

function act(name: string, input: Json = {}, fields = ""): Promise<Data> {
  const type = `${name[0]?.toUpperCase()}${name.slice(1)}`;
  return server.mutate(name, `${type}Input`, { scalingGroupId, ...input }, fields);
}

const REFRESH = `refresh { status percent fromRevision toRevision minHealthyPercent checkpointPercents
  checkpointWaitSeconds autoRollback skipMatching checkpoint waitsUntil failures reason startedAt endedAt }`;

async function group(): Promise<Data> {
  const fields = `id size templateRevision template { image { name } } blockedBy { code advice } ${REFRESH}
    members { nodes { id name status image { name } } }`;
  return (await server.data(`{ scalingGroup(name: "web") { ${fields} } }`)).scalingGroup;
}

async function events(...kinds: string[]): Promise<Data[]> {
  const data = await server.data(
    `query ($kinds: [EventKind!]) { events(last: 100, filter: { kinds: $kinds }) { nodes {
      kind category severity message
      ... on GroupRefreshStarted { group { name } toRevision members least }
      ... on MemberRefreshed { guest { name } served serving least }
      ... on GroupRefreshProgressed { percent replaced members }
      ... on GroupRefreshCheckpointReached { checkpoint replaced members waitsUntil }
      ... on GroupRefreshCompleted { toRevision members left }
      ... on GroupRefreshFailed { percent failures reason rollsBack }
      ... on GroupRefreshRollingBack { fromRevision toRevision reason }
      ... on GroupRefreshRolledBack { toRevision members left }
      ... on GroupRefreshCancelled { percent reason }
    } } }`,
    { kinds },
  );
  return data.events.nodes;
}

const images = ({ members }: Data) => members.nodes.map(({ image }: Data) => image.name);

beforeEach(async () => {
  server = await startTestServer({ fleet: "none" });
  const applied = await server.mutate("applyFleet", "ApplyFleetInput", { document: DOCUMENT });
  expect(applied.__typename).toBe("ApplyFleetPayload");
  await server.advance(30);
  scalingGroupId = (await group()).id;
});

test("a refresh tells how far it is, waits at its checkpoint, and completes", async () => {
  const wish = { template: NEWER, checkpointPercents: [50], checkpointWaitSeconds: 60 };
  const fields = `... on StartGroupRefreshPayload { cursor scalingGroup { templateRevision ${REFRESH} } }`;
  const started = await act("startGroupRefresh", wish, fields);
  expect(started.scalingGroup).toMatchObject({
    templateRevision: 2,
    refresh: {
      status: "IN_PROGRESS",
      percent: 0,
      fromRevision: 1,
      toRevision: 2,
      minHealthyPercent: 90,
      checkpointPercents: [50],
      checkpointWaitSeconds: 60,
      autoRollback: true,
      skipMatching: true,
      checkpoint: null,
      waitsUntil: null,
      failures: 0,
      endedAt: null,
    },
  });
  await server.advance(60);
  const waiting = await group();
  expect(waiting).toMatchObject({
    size: 4,
    refresh: { status: "AT_CHECKPOINT", percent: 50, checkpoint: 50 },
  });
  expect(images(waiting).sort()).toEqual(["linux", "linux", "newer", "newer"]);
  expect(await events("GROUP_REFRESH_CHECKPOINT_REACHED")).toMatchObject([
    {
      category: "SCALING",
      severity: "NOTICE",
      checkpoint: 50,
      replaced: 2,
      members: 4,
      waitsUntil: waiting.refresh.waitsUntil,
    },
  ]);
  await server.advance(120);
  const after = await group();
  expect(after).toMatchObject({ size: 4, refresh: { status: "COMPLETED", percent: 100 } });
  expect(images(after)).toEqual(Array(4).fill("newer"));
  expect(await events("GROUP_REFRESH_STARTED", "GROUP_REFRESH_COMPLETED")).toMatchObject([
    { group: { name: "web" }, toRevision: 2, members: 4, least: 4 },
    { toRevision: 2, members: 4, left: 0 },
  ]);
  expect(await events("MEMBER_REFRESHED")).toHaveLength(4);
  expect((await events("MEMBER_REFRESHED"))[0]).toMatchObject({
    served: true,
    serving: 4,
    least: 4,
  });
});

test("it goes back by itself when new members fail, and tells why", async () => {
  await act("startGroupRefresh", { template: NEWER });
  for (let second = 0; second < 120; second += 2) {
    await server.advance(2);
    for (const { id: guestId, status, image } of (await group()).members.nodes)
      if (image.name === "newer" && status === "RUNNING")
        await server.mutate("setMemberHealth", "SetMemberHealthInput", {
          guestId,
          healthy: false,
          reason: "503",
        });
  }
  const back = await group();
  expect(images(back)).toEqual(Array(4).fill("linux"));
  expect(back).toMatchObject({
    templateRevision: 1,
    template: { image: { name: "linux" } },
    refresh: { status: "ROLLED_BACK", reason: "3 new members failed" },
  });
  const kinds = ["FAILED", "ROLLING_BACK", "ROLLED_BACK"].map((each) => `GROUP_REFRESH_${each}`);
  expect(await events(...kinds)).toMatchObject([
    { severity: "ERROR", failures: 3, reason: "3 new members failed", rollsBack: true },
    { fromRevision: 2, toRevision: 1, reason: "3 new members failed" },
    { toRevision: 1, members: 4, left: 0 },
  ]);
});

test("it is cancelled and taken back by hand, and held where there is no room", async () => {
  await act("updateScalingGroup", { max: 4 });
  await act("startGroupRefresh", { template: NEWER });
  await server.advance(30);
  expect((await group()).blockedBy).toEqual([
    { code: "AT_MAX", advice: "Raise the group's max if it is to get larger." },
  ]);
  await act("updateScalingGroup", { max: 5 });
  await server.advance(20);
  await act("cancelGroupRefresh");
  await server.advance(20);
  const cancelled = await group();
  expect(cancelled).toMatchObject({ size: 4, blockedBy: [], refresh: { status: "CANCELLED" } });
  expect(new Set(images(cancelled))).toEqual(new Set(["linux", "newer"]));
  await act("rollBackGroupRefresh");
  await server.advance(60);
  expect(images(await group())).toEqual(Array(4).fill("linux"));
});

describe("it is refused", () => {
  test.each<[string, Json, string[], string]>([
    [
      "more than all healthy",
      { minHealthyPercent: 101 },
      ["minHealthyPercent"],
      "MinHealthyPercent must be a whole number from 0 to 100, not 101.",
    ],
    [
      "a checkpoint at nothing",
      { checkpointPercents: [0] },
      ["checkpointPercents", "0"],
      "A checkpoint is a whole number from 1 to 100, not 0.",
    ],
    [
      "checkpoints that do not ascend",
      { checkpointPercents: [50, 50] },
      ["checkpointPercents", "1"],
      "Checkpoints ascend: 50 comes after 50.",
    ],
    [
      "too many checkpoints",
      { checkpointPercents: Array.from({ length: 21 }, (_, index) => index + 1) },
      ["checkpointPercents"],
      "A refresh has 20 checkpoints at most.",
    ],
    [
      "a wait that was before",
      { checkpointWaitSeconds: -1 },
      ["checkpointWaitSeconds"],
      "CheckpointWaitSeconds must be from 0 to 172800, not -1.",
    ],
  ])("with %s", async (_, wish, path, message) => {
    const refused = { code: "INVALID_INPUT", path: ["input", ...path], message };
    expect(await act("startGroupRefresh", wish)).toMatchObject(refused);
    expect((await group()).refresh).toBeNull();
  });

  test("twice at once, and where there is none", async () => {
    expect(await act("cancelGroupRefresh")).toMatchObject({
      code: "CONFLICT",
      path: ["input", "scalingGroupId"],
      message: "No refresh of web goes on.",
    });
    expect(await act("rollBackGroupRefresh")).toMatchObject({
      code: "CONFLICT",
      message: "No refresh of web is there to take back.",
    });
    await act("startGroupRefresh", { template: NEWER });
    expect(await act("startGroupRefresh")).toMatchObject({
      code: "CONFLICT",
      message: "A refresh of web goes on; cancel it, or take it back.",
    });
    await act("cancelGroupRefresh");
    await act("startGroupRefresh", {
      skipMatching: false,
      template: { ...NEWER, priority: "LOW" },
    });
    await act("deleteScalingGroup");
    expect(await act("cancelGroupRefresh")).toMatchObject({ code: "CONFLICT" });
    expect(await events("GROUP_REFRESH_CANCELLED")).toMatchObject([
      { percent: 0, reason: "somebody asked for that" },
      { percent: 0, reason: "its group is deleted" },
    ]);
  });

  test("to go back when nothing else was there", async () => {
    await act("startGroupRefresh", { skipMatching: false });
    expect(await act("rollBackGroupRefresh")).toMatchObject({
      code: "CONFLICT",
      message: "The refresh of web can't be taken back: there is no template to go back to.",
    });
  });
});
