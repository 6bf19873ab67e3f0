import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { runScenario } from "../../src/cli/scenario/run.ts";
import { run, temporaryFolder } from "./processes.ts";

const FLEET = `
regions: [{ name: r, zones: [{ name: z, dataCenters: [{ name: dc, hosts: [
  { name: h, count: 2, rack: r1, cpuCores: 4, memoryMiB: 8192, storageGiB: 100 }] }] }] }]
images: [{ name: linux, bootSeconds: 5 }]
guests: [{ name: web, image: linux, host: h-1, resources: { cpuCores: 1, memoryMiB: 1024, storageGiB: 1 } }]
`;

const RIGHT = `
title: Restart elsewhere
why: Because it can.
steps:
  - at: 30s
    do: [fault HOST_POWER on h-1]
expect:
  - { guest: web, status: RUNNING, on: [h-2] }
`;

function folderWith(steps: string, name = "one", parent = temporaryFolder()): string {
  const folder = join(parent, name);
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "fleet.yaml"), FLEET);
  writeFileSync(join(folder, "steps.yaml"), steps);
  return folder;
}

describe("a scenario's log", () => {
  test("is written when asked for, then compared, and a difference is shown", async () => {
    const folder = folderWith(RIGHT);
    const golden = join(folder, "expected.log");
    expect((await runScenario(folder, false)).diff.join()).toContain("no expected.log");
    expect(existsSync(golden)).toBe(false);

    expect(await run(["scenario", folder, "--update"])).toMatchObject({ code: 0 });
    const log = readFileSync(golden, "utf8");
    expect(log).toContain(
      "> 30s fault HOST_POWER on h-1\n   30.000  Fault HOST_POWER on host h-1\n",
    );
    expect(log).toContain("web failed over from h-1 to h-2");
    expect(await runScenario(folder, false)).toMatchObject({ problems: [], diff: [] });

    writeFileSync(golden, log.replace("web was lost with h-1", "web was fine on h-1"));
    const other = await run(["scenario", folder]);
    expect(other.code).toBe(1);
    expect(other.out).toMatch(
      /- +\d+\.\d{3} {2}web was fine on h-1\n +\+ +\d+\.\d{3} {2}web was lost/,
    );
  });

  test("can be left out, and cut to what matters", async () => {
    const alone = await runScenario(folderWith(`${RIGHT}\ngolden: NONE`), false);
    expect(alone).toMatchObject({ problems: [], diff: [] });
    const cut = `${RIGHT}\nlog: { from: 30s, kinds: [GUEST_FAILED_OVER, HOST_UP] }`;
    const folder = folderWith(cut);
    await runScenario(folder, true);
    const [, , step, event, ...rest] = readFileSync(join(folder, "expected.log"), "utf8").split(
      "\n",
    );
    expect(step).toBe("> 30s fault HOST_POWER on h-1");
    expect(event).toMatch(/web failed over from h-1 to h-2/);
    expect(rest).toEqual([""]);
  });
});

test("several run in one command, and the JSON report says which differ", async () => {
  const parent = temporaryFolder();
  folderWith(`${RIGHT}\ngolden: NONE`, "a/right", parent);
  const wrong = RIGHT.replace("[h-2]", "[h-1]").replace(
    "fault HOST_POWER on h-1",
    "stop web, { try: migrate web to h-2, refused: CONFLICT }, { try: start web, refused: NO_CAPACITY }",
  );
  folderWith(`${wrong}\ngolden: NONE`, "b/wrong", parent);
  const { code, out } = await run(["scenario", parent, "--json"]);
  expect(code).toBe(1);
  const report = JSON.parse(out);
  expect(report).toMatchObject({ passed: 1, failed: 1 });
  expect(report.scenarios.map(({ ok }: { ok: boolean }) => ok)).toEqual([true, false]);
  expect(report.scenarios[1].problems).toEqual([
    'at 30s "start web" should be refused with "NO_CAPACITY" and was not',
  ]);
});

test("what is not as expected is told with how it is, and why", async () => {
  const steps = RIGHT.replace("- { guest: web, status: RUNNING, on: [h-2] }", "").concat(`
  - { guest: web, status: RUNNING, on: [h-1] }
  - { guest: web, not: RUNNING, because: NO_HOSTS }
  - { guest: nobody, status: RUNNING }
  - { guest: nobody, status: GONE }
  - { host: h-1, status: UP }
  - { zone: z, status: HEALTHY }
  - { apart: [web, nobody] }
  - { together: [web] }
golden: NONE`);
  const { problems } = await runScenario(folderWith(steps), false);
  expect(problems.map((problem) => problem.replace("at 630s ", ""))).toEqual([
    "guest web is RUNNING on h-2, not on h-1",
    'guest web is RUNNING on h-2, which it must not be, not because of "NO_HOSTS"',
    "guest nobody is GONE, not RUNNING",
    "host h-1 is DOWN, not UP",
    "zone z is DEGRADED, not HEALTHY",
    "web on h-2, nobody on nothing: not apart",
  ]);
});

describe("mistakes are told with file, line and column", () => {
  test.each([
    ["title: x\nwhy: y\nsteps: [", "3:"],
    ["title: x\nwhy: y", "1:1: the key `steps` is missing"],
    ["title: x\nwhy: y\nstep: []\nsteps: []", "3:1: step: unknown key `step`"],
    [
      "title: x\nwhy: y\nsteps:\n  - at: 30\n",
      "4:9: steps[0].at: must be text, not 30; put it in quotes",
    ],
    ["title: x\nwhy: y\nsteps:\n  - at: soon\n", "4:9: steps[0].at: 'soon' is not a duration"],
    [
      "title: x\nwhy: y\nsteps:\n  - at: 9s\n  - at: 8s\n",
      "5:9: steps[1].at: is before the step before it, at 9s",
    ],
    ["title: x\nwhy: y\nsteps:\n  - do: [start web]\n", "4:5: steps[0]: needs `at` or `after`"],
    [
      "title: x\nwhy: y\nsteps:\n  - at: 1s\n    do: [migrat web to h-1]\n",
      '5:10: steps[0].do[0]: "migrat web to h-1" is no sentence of the form migrate GUEST [to HOST]',
    ],
    [
      "title: x\nwhy: y\nsteps:\n  - at: 1s\n    do: [dance]\n",
      '5:10: steps[0].do[0]: "dance" is no sentence of the form apply FILE, fault KIND on NAME',
    ],
    [
      "title: x\nwhy: y\nsteps:\n  - at: 1s\n    do:\n      - { try: reboot h-1, refused: x }\n",
      '6:16: steps[0].do[0].try: "reboot h-1" is no sentence of the form reboot guest GUEST, reboot host HOST',
    ],
    ["title: x\nwhy: y\nfleet: gone.yaml\nsteps: []", "3:8: there is no fleet document"],
    [
      "title: x\nwhy: y\nsteps: []\nexpect: [{ status: UP }]",
      "4:10: expect[0]: needs `guest`, `host`, `zone`, `together` or `apart`",
    ],
  ])("%j", async (steps, message) => {
    const folder = folderWith(steps);
    const { problems } = await runScenario(folder, false);
    expect(problems.join("\n")).toContain(`${join(folder, "steps.yaml")}:${message}`);
  });

  test("a name that is not there ends its scenario, not the others", async () => {
    const parent = temporaryFolder();
    folderWith(RIGHT.replace("on h-1", "on h-9"), "a", parent);
    folderWith(`${RIGHT}\ngolden: NONE`, "b", parent);
    const { code, out } = await run(["scenario", parent]);
    expect(code).toBe(1);
    expect(out).toContain(`at 30s "fault HOST_POWER on h-9" can't be done: There is no host h-9`);
    expect(out).toContain("1 of 2 scenarios not as expected");
  });

  test.each([
    [["scenario"], "Give a folder"],
    [["scenario", "/nowhere"], "/nowhere is no folder"],
    [["scenario", "fleets"], "There is no steps.yaml in fleets"],
  ])("%j", async (args, message) => {
    const { code, err } = await run(args);
    expect(code).not.toBe(0);
    expect(err).toContain(message);
  });
});
