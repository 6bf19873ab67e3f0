/**
 * Scaling groups on the engine's own state, in the simulated world, without disk and threads.
 *
 * `step`: a group of 20 members at its target gets four times the work from one sample to the next.
 * How long after that, sample periods and boots apart, its running members can do it all at their
 * target, and by how much it has too many. `noise`: the same group, an hour of work that scatters by
 * 20 % from sample to sample: how many steps it takes. `sine` and `week` stand in scaling-ahead.ts.
 * `many`: 10,000 members in 500 groups, each with target tracking and a predictive policy that knows four
 * weeks, and samples every 10 s: the CPU of all that is decided, as a part of a core.
 */

import type { State } from "../src/engine/state.ts";
import { parseFleetDocument } from "../src/fleet/parse.ts";
import type { FleetSpec } from "../src/model/fleet.ts";
import { HISTORY_SLOTS, slotOf } from "../src/model/forecast.ts";
import type { LoadHistoryId, ScalingGroupId } from "../src/model/ids.ts";
import { EngineWorld } from "./engine-world.ts";
import type { Benchmark, Figures, Measured } from "./harness.ts";
import type { Lab } from "./lab.ts";
import { type Days, drawn, follow, PEAK_MEMBERS, sineDays, weeks } from "./scaling-ahead.ts";

const START_MS = Date.UTC(2026, 0, 1);
const TURN_SECONDS = 10;
const TURNS = 1_000;
const BOOT_SECONDS = 20;
/** One boot takes up to so much longer than another in the simulated world. */
const LONGEST_BOOT_SECONDS = BOOT_SECONDS * 1.2;
const TARGET = 50;
const MEMBERS = 20;

const GROUPS = 500;
const MANY_SECONDS = 300;
const CORE_SHARE_LIMIT = 0.1;

export const scaling: Benchmark = {
  about: "how scaling groups follow their work, and what that costs for 10,000 members",
  run: measure,
};

async function measure(lab: Lab): Promise<Measured> {
  lab.progress("a step of four times the work");
  const step = followStep();
  lab.progress("an hour of noise");
  const noiseSteps = followNoise();
  lab.progress("four days");
  const sine = followDays("sine", sineDays(START_MS));
  lab.progress("three weeks");
  const week = followDays("week", weeks(START_MS));
  lab.progress(`${GROUPS} groups`);
  const many = watchMany();
  return {
    figures: { ...step, noiseSteps, ...sine, ...week, ...many },
    peers: {},
    ratios: {
      stepSamples: step.stepSamples / 2,
      stepOvershoot: step.stepOvershoot / 0.1,
      noiseSteps,
      sineUnderTarget: aheadOf(sine, "sine", "UnderTarget"),
      sineMemberHours: aheadOf(sine, "sine", "MemberHours"),
      weekUnderTarget: aheadOf(week, "week", "UnderTarget"),
      weekMemberHours: aheadOf(week, "week", "MemberHours"),
      manyCoreShare: many.manyCoreShare / CORE_SHARE_LIMIT,
    },
    limits: {
      stepSamples: { atMost: 1 },
      stepOvershoot: { atMost: 1 },
      noiseSteps: { atMost: 0 },
      sineUnderTarget: { atMost: 1 / 3 },
      weekUnderTarget: { atMost: 1 / 3 },
      manyCoreShare: { atMost: 1 },
    },
  };
}

/** The step comes with this turn; by then the group has long been at rest. */
const STEP_TURN = 60;

function followStep() {
  const world = oneGroup((turn) => (turn < STEP_TURN ? 0.25 : 1));
  world.advance(STEP_TURN * TURN_SECONDS + 1_800);
  const wanted = 4 * MEMBERS;
  const capable = world.of("GuestStarted")[wanted - 1];
  if (!capable) throw new Error(`The group never had ${wanted} members`);
  const stepMs = START_MS + STEP_TURN * TURN_SECONDS * 1000;
  const seconds = (capable.atMs - stepMs) / 1000;
  const most = Math.max(...world.of("GroupScaledOut").map(({ payload }) => payload.toSize));
  return {
    stepSeconds: seconds,
    stepSamples: Math.max(0, seconds - LONGEST_BOOT_SECONDS) / TURN_SECONDS,
    stepOvershoot: most / wanted - 1,
  };
}

function followNoise(): number {
  const world = oneGroup((turn) => 0.25 * (1 + 0.2 * (2 * drawn(turn) - 1)));
  world.advance(3_600);
  return world.of("GroupScaledOut", "GroupScaledIn").length;
}

/** The same days twice. */
function followDays(name: string, days: Days): Figures {
  const tracking = follow(worldThrough(days, [POLICY]), days);
  const predictive = follow(worldThrough(days, [POLICY, PREDICTIVE]), days);
  return {
    [`${name}UnderTarget`]: predictive.underTarget,
    [`${name}UnderTargetTracking`]: tracking.underTarget,
    [`${name}MemberHours`]: predictive.memberHours,
    [`${name}MemberHoursTracking`]: tracking.memberHours,
  };
}

/** With a predictive policy, beside target tracking alone. */
function aheadOf(figures: Figures, name: string, what: string): number {
  return (figures[`${name}${what}`] ?? 0) / (figures[`${name}${what}Tracking`] ?? 0);
}

function worldThrough({ startMs, turnSeconds, shares }: Days, policies: object[]): EngineWorld {
  const first = Math.floor(startMs / (turnSeconds * 1000)) % shares.length;
  const turned = [...shares.slice(-first), ...shares.slice(0, -first)];
  const workload = { kind: "TRACE", file: "days", row: 0, intervalSeconds: turnSeconds };
  const peakCpuCores = (PEAK_MEMBERS * TARGET) / 100;
  const group = {
    ...groupOf("web", PEAK_MEMBERS / 4, 10 * PEAK_MEMBERS, { peakCpuCores, workload }),
    policies,
  };
  const fleet = fleetOf(3, [group], [{ file: "days", row: 0, shares: turned }], turnSeconds);
  return new EngineWorld(startMs, fleet);
}

/** At share 0.25 of its work its members are at their target. */
function oneGroup(shareAt: (turn: number) => number): EngineWorld {
  const first = Math.floor(START_MS / (TURN_SECONDS * 1000)) % TURNS;
  const shares = Array.from({ length: TURNS }, (_, index) =>
    shareAt((index - first + TURNS) % TURNS),
  );
  const workload = { kind: "TRACE", file: "work", row: 0, intervalSeconds: TURN_SECONDS };
  const peakCpuCores = (4 * MEMBERS * TARGET) / 100;
  const group = groupOf("web", MEMBERS, 10 * MEMBERS, { peakCpuCores, workload });
  return new EngineWorld(START_MS, fleetOf(6, [group], [{ file: "work", row: 0, shares }]));
}

function watchMany() {
  const workload = { kind: "DIURNAL", minShare: 0.49, maxShare: 0.51 };
  const peakCpuCores = (MEMBERS * TARGET) / 50;
  const groups = Array.from({ length: GROUPS }, (_, index) => ({
    ...groupOf(`group${index}`, MEMBERS, 2 * MEMBERS, { peakCpuCores, workload }),
    policies: [POLICY, PREDICTIVE],
  }));
  const world = new EngineWorld(START_MS, fleetOf(300, groups, []));
  world.advance(600);
  for (const { id } of world.state.tables.ScalingGroup.sorted()) learnWeeks(world.state, id);
  world.advance(60);
  const before = world.decidingSeconds;
  world.advance(MANY_SECONDS);
  return {
    manyMembers: world.state.tables.Guest.size,
    manyCoreShare: (world.decidingSeconds - before) / MANY_SECONDS,
  };
}

/** As if four weeks had passed at the group's target. */
function learnWeeks({ tables, meta }: State, groupId: ScalingGroupId): void {
  const loads = Array<number>(HISTORY_SLOTS).fill(MEMBERS * TARGET * 10);
  const fromSlot = slotOf(START_MS) - HISTORY_SLOTS;
  const id = (meta.nextId + groupId) as LoadHistoryId;
  tables.LoadHistory.set({ id, groupId, metric: "CPU", fromSlot, loads });
}

const POLICY = { name: "cpu", kind: "TARGET_TRACKING", metric: "CPU", target: TARGET };
const PREDICTIVE = { name: "shape", kind: "PREDICTIVE", metric: "CPU", target: TARGET };

function groupOf(name: string, desired: number, max: number, demand: object) {
  const template = { flavor: "small", image: "linux" };
  return { name, template, min: 1, max, desired, policies: [POLICY], demand };
}

function fleetOf(
  hosts: number,
  scalingGroups: object[],
  traces: object[],
  usageSampleSeconds = TURN_SECONDS,
): FleetSpec {
  const host = { cpuCores: 64, memoryMiB: 262_144, storageGiB: 4_000 };
  const zones = ["a", "b", "c"].map((name) => ({
    name,
    dataCenters: [{ name: `dc-${name}`, hosts: [{ name, count: hosts / 3, ...host }] }],
  }));
  const parsed = parseFleetDocument(
    JSON.stringify({
      // All boot at once: how they take turns is not what is measured.
      settings: { usageSampleSeconds, startsPerHost: 100 },
      regions: [{ name: "north", zones }],
      flavors: [{ name: "small", cpuCores: 1, memoryMiB: 2_048, storageGiB: 10 }],
      images: [{ name: "linux", bootSeconds: BOOT_SECONDS }],
      traces,
      scalingGroups,
    }),
  );
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems[0]));
  return parsed.spec;
}
