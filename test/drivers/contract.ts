import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Driver } from "../../src/drivers/driver.ts";
import type {
  Action,
  AnsweredActionKind,
  GuestDescription,
  HostDescription,
  Observation,
} from "../../src/model/actions.ts";
import type { GuestId, SecurityGroupId } from "../../src/model/ids.ts";
import type { Resources } from "../../src/model/resources.ts";
import type { Flow, RuleSet, SecurityRule } from "../../src/model/security.ts";
import type { Direction } from "../../src/model/statuses.ts";

/** A driver with two hosts that nothing runs on, and a way to wait for what it sees. */
export interface Subject {
  readonly driver: Driver;
  readonly hosts: readonly [HostDescription, HostDescription];
  /** Fits on either host. */
  readonly guest: GuestDescription;
  /** Everything seen so far. */
  readonly observations: readonly Observation[];
  /** Let the driver's time pass until it has seen something after `since` others; throws when it never does. */
  until(fits: (observation: Observation) => boolean, since: number): Promise<Observation>;
  close(): Promise<void>;
}

type Answer = Extract<Observation, { kind: "ACTION_DONE" | "ACTION_FAILED" }>;
type Asked = Extract<Action, { kind: AnsweredActionKind }>;

const GUEST = 1_001 as GuestId;

/** What the engine relies on, whatever is behind the driver. */
export function describeDriver(name: string, open: () => Promise<Subject>): void {
  describe(`the ${name} driver`, () => {
    let subject: Subject;
    let contract: Contract;

    beforeEach(async () => {
      subject = await open();
      contract = new Contract(subject);
      await contract.connect();
    });
    afterEach(() => subject.close());

    startAndStop(() => contract);
    whileItRuns(() => contract);
    calledOffMigrations(() => contract);
    repetitions(() => contract);
    fences(() => contract);
    opinions(() => contract);
    power(() => contract);
    securityGroups(() => contract);
  });
}

function startAndStop(on: () => Contract): void {
  test("starts and stops a guest", async () => {
    expect(await on().ask(on().start(1))).toMatchObject({ kind: "ACTION_DONE" });
    expect(await on().inventory(0)).toEqual([{ guestId: GUEST, state: "RUNNING" }]);
    expect(await on().ask(on().stop(2))).toMatchObject({ kind: "ACTION_DONE" });
    expect(await on().inventory(0)).toEqual([]);
  });

  test("stops a guest by force", async () => {
    await on().ask(on().start(1));
    const answer = await on().ask({ ...on().stop(2), force: true });
    expect(answer).toMatchObject({ kind: "ACTION_DONE" });
    expect(await on().inventory(0)).toEqual([]);
  });

  test("has stopped what does not run", async () => {
    expect(await on().ask(on().stop(1))).toMatchObject({ kind: "ACTION_DONE" });
  });

  test("says why a guest did not start", async () => {
    const start = on().start(1);
    const { capacity } = on().subject.hosts[0];
    const resources = { ...start.guest.resources, memoryMiB: capacity.memoryMiB * 2 };
    const answer = await on().ask({ ...start, guest: { ...start.guest, resources } });
    expect(answer).toMatchObject({ kind: "ACTION_FAILED", error: expect.stringMatching(/memory/) });
    expect(await on().inventory(0)).toEqual([]);
  });

  test("removes a copy without a word", async () => {
    await on().ask(on().start(1));
    const { driver, hosts } = on().subject;
    driver.perform({ kind: "REMOVE", guestId: GUEST, hostId: hosts[0].id });
    expect(await on().inventory(0)).toEqual([]);
  });
}

function whileItRuns(on: () => Contract): void {
  test("suspends and resumes a guest", async ({ skip }) => {
    if (!on().subject.driver.capabilities.suspend) skip();
    await on().ask(on().start(1));
    expect(await on().ask(on().simple("SUSPEND", 2))).toMatchObject({ kind: "ACTION_DONE" });
    expect(await on().inventory(0)).toEqual([{ guestId: GUEST, state: "SUSPENDED" }]);
    expect(await on().ask(on().simple("RESUME", 3))).toMatchObject({ kind: "ACTION_DONE" });
    expect(await on().inventory(0)).toEqual([{ guestId: GUEST, state: "RUNNING" }]);
  });

  test("reboots a guest", async () => {
    await on().ask(on().start(1));
    expect(await on().ask(on().simple("REBOOT", 2))).toMatchObject({ kind: "ACTION_DONE" });
    expect(await on().inventory(0)).toEqual([{ guestId: GUEST, state: "RUNNING" }]);
  });

  test("resizes a guest", async ({ skip }) => {
    if (!on().subject.driver.capabilities.resize) skip();
    await on().ask(on().start(1));
    const { guest } = on().subject;
    const resources = { ...guest.resources, memoryMiB: guest.resources.memoryMiB * 2 };
    const answer = await on().ask(on().resize(resources, 2));
    expect(answer).toMatchObject({ kind: "ACTION_DONE" });
  });

  test("migrates a guest and tells how long it stood still", async ({ skip }) => {
    if (!on().subject.driver.capabilities.liveMigration) skip();
    await on().ask(on().start(1));
    const answer = await on().ask(on().migrate(2));
    expect(answer).toMatchObject({ kind: "ACTION_DONE", downtimeMs: expect.any(Number) });
    expect(await on().inventory(0)).toEqual([]);
    expect(await on().inventory(1)).toEqual([{ guestId: GUEST, state: "RUNNING" }]);
  });

  test.each(["SUSPEND", "RESUME", "REBOOT"] as const)(
    "can't %s what is not there",
    async (kind) => {
      const answer = await on().ask(on().simple(kind, 1));
      expect(answer).toMatchObject({ kind: "ACTION_FAILED", error: expect.stringMatching(/not/) });
    },
  );

  test("can't migrate what is not there", async () => {
    expect(await on().ask(on().migrate(1))).toMatchObject({ kind: "ACTION_FAILED" });
    expect(await on().inventory(1)).toEqual([]);
  });
}

function calledOffMigrations(on: () => Contract): void {
  test("calls off a migration, and what has not arrived does not arrive", async ({ skip }) => {
    if (!on().subject.driver.capabilities.liveMigration) skip();
    await on().ask(on().start(1));
    on().subject.driver.perform(on().migrate(2));
    const answer = await on().callOff(2);
    const where = answer.kind === "ACTION_DONE" ? 1 : 0;
    expect(await on().callOff(2)).toEqual(answer);
    expect(await on().ask(on().migrate(2))).toEqual(answer);
    expect(await on().inventory(where)).toEqual([{ guestId: GUEST, state: "RUNNING" }]);
    expect(await on().inventory(where === 0 ? 1 : 0)).toEqual([]);
  });

  test("calls off a migration before it is heard of", async ({ skip }) => {
    if (!on().subject.driver.capabilities.liveMigration) skip();
    await on().ask(on().start(1));
    expect(await on().callOff(2)).toMatchObject({ kind: "ACTION_FAILED" });
    expect(await on().ask(on().migrate(2))).toMatchObject({ kind: "ACTION_FAILED" });
    expect(await on().inventory(0)).toEqual([{ guestId: GUEST, state: "RUNNING" }]);
    expect(await on().ask(on().migrate(3))).toMatchObject({ kind: "ACTION_DONE" });
  });

  test("says that a migration is done when it is called off too late", async ({ skip }) => {
    if (!on().subject.driver.capabilities.liveMigration) skip();
    await on().ask(on().start(1));
    const done = await on().ask(on().migrate(2));
    expect(done).toMatchObject({ kind: "ACTION_DONE" });
    expect(await on().callOff(2)).toEqual(done);
    expect(await on().inventory(1)).toEqual([{ guestId: GUEST, state: "RUNNING" }]);
  });
}

function repetitions(on: () => Contract): void {
  test("starts once what is started twice", async () => {
    on().subject.driver.perform(on().start(1));
    const first = await on().ask(on().start(1));
    const again = await on().ask(on().start(1));
    expect(again).toEqual(first);
    expect(await on().inventory(0)).toHaveLength(1);
  });

  test("answers each repetition alike", async () => {
    await on().ask(on().start(1));
    for (const action of [on().simple("REBOOT", 2), on().migrate(3)]) {
      const first = await on().ask(action);
      expect(await on().ask(action)).toEqual(first);
    }
    const stop = { ...on().stop(4), hostId: on().subject.hosts[1].id };
    const first = await on().ask(stop);
    expect(await on().ask(stop)).toEqual(first);
  });

  test("has failed for good what failed once", async () => {
    const start = on().start(1);
    const memoryMiB = on().subject.hosts[0].capacity.memoryMiB * 2;
    const tooMuch = { ...start.guest, resources: { ...start.guest.resources, memoryMiB } };
    const first = await on().ask({ ...start, guest: tooMuch });
    expect(first).toMatchObject({ kind: "ACTION_FAILED" });
    expect(await on().ask(start)).toEqual(first);
    expect(await on().inventory(0)).toEqual([]);
  });

  test("ignores an action of an older generation", async () => {
    await on().ask(on().start(1));
    await on().ask(on().stop(3));
    const before = on().subject.observations.length;
    on().subject.driver.perform(on().start(2));
    on().subject.driver.perform(on().stop(1));
    await on().ask(on().stop(3));
    expect(
      on()
        .answersSince(before)
        .map((answer) => answer.generation),
    ).toEqual([3]);
    expect(await on().inventory(0)).toEqual([]);
  });
}

function fences(on: () => Contract): void {
  test("leaves nothing running on a fenced host", async ({ skip }) => {
    if (!on().subject.driver.capabilities.powerControl) skip();
    await on().ask(on().start(1));
    const before = on().subject.observations.length;
    expect(await on().ask(on().fence(1))).toMatchObject({ kind: "ACTION_DONE", guestId: null });
    expect(await on().returns(0, before)).toMatchObject({ guests: [] });
  });

  test("does not repeat a fence that was answered", async ({ skip }) => {
    if (!on().subject.driver.capabilities.powerControl) skip();
    const before = on().subject.observations.length;
    await on().ask(on().fence(1));
    await on().returns(0, before);
    await on().ask(on().start(1));
    expect(await on().ask(on().fence(1))).toMatchObject({ kind: "ACTION_DONE" });
    expect(await on().inventory(0)).toHaveLength(1);
  });
}

function power(on: () => Contract): void {
  const needsPower = (skip: () => void) => {
    if (!on().subject.driver.capabilities.powerControl) skip();
  };

  test("reboots a host, which tells that it is back and empty", async ({ skip }) => {
    needsPower(skip);
    const before = on().subject.observations.length;
    const answer = await on().ask(on().switch("REBOOT_HOST", 1));
    expect(answer).toMatchObject({ kind: "ACTION_DONE", guestId: null });
    expect(await on().returns(0, before)).toMatchObject({ guests: [] });
  });

  test("shuts a host down for good, and switches it on again", async ({ skip }) => {
    needsPower(skip);
    const answer = await on().ask(on().switch("SHUTDOWN_HOST", 1));
    expect(answer).toMatchObject({ kind: "ACTION_DONE", guestId: null });
    // It says nothing any more; whoever asks it does not hear of it before it is on.
    const before = on().subject.observations.length;
    on().subject.driver.perform({ kind: "CONNECT_HOST", host: on().subject.hosts[0] });
    await on().ask({ ...on().stop(1), hostId: on().subject.hosts[1].id });
    expect(on().connectedSince(before)).toEqual([]);
    expect(await on().ask(on().switch("POWER_ON_HOST", 2))).toMatchObject({ kind: "ACTION_DONE" });
    expect(await on().returns(0, before)).toMatchObject({ guests: [] });
  });

  test("does not repeat what was done with a host's power", async ({ skip }) => {
    needsPower(skip);
    const before = on().subject.observations.length;
    on().subject.driver.perform(on().switch("REBOOT_HOST", 1));
    const first = await on().ask(on().switch("REBOOT_HOST", 1));
    await on().returns(0, before);
    await on().ask(on().start(1));
    expect(await on().ask(on().switch("REBOOT_HOST", 1))).toEqual(first);
    expect(await on().inventory(0)).toHaveLength(1);
  });
}

function opinions(on: () => Contract): void {
  test("tells what others say of a host, and of which silence", async ({ skip }) => {
    const { driver, hosts, observations } = on().subject;
    if (!driver.capabilities.secondOpinion) skip();
    const hostId = hosts[0].id;
    driver.perform({ kind: "PROBE_HOST", hostId, suspicion: 7 });
    const seen = await on().subject.until(
      ({ kind }) => kind === "HOST_PROBED",
      observations.length,
    );
    expect(seen).toMatchObject({ hostId, suspicion: 7, opinion: "ALIVE" });
  });
}

function securityGroups(on: () => Contract): void {
  const [WEB, DB] = [2_001, 2_002] as SecurityGroupId[] as [SecurityGroupId, SecurityGroupId];
  const NEIGHBOUR = 1_002 as GuestId;
  const HTTP: Flow = { protocol: "TCP", port: 80 };
  const rule = (direction: Direction, more: Partial<SecurityRule> = {}): SecurityRule => ({
    direction,
    protocol: "ANY",
    fromPort: null,
    toPort: null,
    remoteCidr: null,
    remoteGroupId: null,
    ...more,
  });
  const http = { protocol: "TCP", fromPort: 80, toPort: 80 } as const;
  const open: readonly RuleSet[] = [
    { id: WEB, rules: [rule("EGRESS")] },
    { id: DB, rules: [rule("INGRESS", { ...http, remoteGroupId: WEB })] },
  ];
  const shut: readonly RuleSet[] = [{ id: WEB, rules: [rule("EGRESS")] }];

  /** The guest in WEB on one host, its neighbour in DB on the other. */
  async function begin(skip: () => void) {
    const { driver } = on().subject;
    const { tryFlow } = driver;
    if (!driver.capabilities.securityGroups || !tryFlow) {
      skip();
      throw new Error("Not skipped");
    }
    const isolation = { revision: 10, allocation: null };
    await on().ask(on().start(1, { isolation: { ...isolation, securityGroupIds: [WEB] } }));
    const neighbour = on().start(1, { isolation: { ...isolation, securityGroupIds: [DB] } });
    const { id: hostId } = on().subject.hosts[1];
    await on().ask({ ...neighbour, guestId: NEIGHBOUR, hostId });
    return {
      set: (revision: number, groups: readonly RuleSet[]) =>
        driver.perform({ kind: "SET_SECURITY_GROUPS", revision, groups }),
      join: (revision: number, ...securityGroupIds: SecurityGroupId[]) =>
        driver.perform({
          kind: "ISOLATE",
          guestId: NEIGHBOUR,
          hostId,
          isolation: { revision, securityGroupIds, allocation: null },
        }),
      there: (flow = HTTP) => tryFlow.call(driver, GUEST, NEIGHBOUR, flow).passes,
      back: (flow = HTTP) => tryFlow.call(driver, NEIGHBOUR, GUEST, flow).passes,
    };
  }

  test("lets nothing pass that no rule allows", async ({ skip }) => {
    const { set, there, back } = await begin(skip);
    expect(there()).toBe(false);
    set(20, open);
    expect(there()).toBe(true);
    expect(there({ protocol: "TCP", port: 81 })).toBe(false);
    expect(there({ protocol: "UDP", port: 80 })).toBe(false);
    expect(back()).toBe(false);
  });

  test("takes all groups as they are told last, in whatever order", async ({ skip }) => {
    const { set, there } = await begin(skip);
    set(20, open);
    set(20, open);
    set(19, shut);
    expect(there()).toBe(true);
    set(21, shut);
    expect(there()).toBe(false);
  });

  test("moves a running guest from group to group", async ({ skip }) => {
    const { set, join, there } = await begin(skip);
    set(20, open);
    join(30);
    expect(there()).toBe(false);
    join(31, WEB, DB);
    join(30);
    expect(there()).toBe(true);
  });

  test("keeps a guest apart wherever it goes", async ({ skip }) => {
    const { set, join, there } = await begin(skip);
    if (!on().subject.driver.capabilities.liveMigration) skip();
    set(20, open);
    await on().ask(on().migrate(2));
    expect(there()).toBe(true);
    join(30);
    expect(there()).toBe(false);
  });
}

/** Asks and waits for the answer that belongs to it. */
class Contract {
  readonly subject: Subject;

  constructor(subject: Subject) {
    this.subject = subject;
  }

  async connect(): Promise<void> {
    for (const index of [0, 1] as const) expect(await this.inventory(index)).toEqual([]);
  }

  /** What runs on a host, as it tells when it is connected (again). */
  async inventory(index: 0 | 1) {
    const since = this.subject.observations.length;
    this.subject.driver.perform({ kind: "CONNECT_HOST", host: this.subject.hosts[index] });
    return (await this.returns(index, since)).guests;
  }

  async returns(index: 0 | 1, since: number) {
    const { id } = this.subject.hosts[index];
    const seen = await this.subject.until(
      (observation) => observation.kind === "HOST_CONNECTED" && observation.hostId === id,
      since,
    );
    return seen as Extract<Observation, { kind: "HOST_CONNECTED" }>;
  }

  async ask(action: Asked): Promise<Answer> {
    const since = this.subject.observations.length;
    this.subject.driver.perform(action);
    const seen = await this.subject.until(
      (observation) =>
        isAnswer(observation) &&
        observation.action === action.kind &&
        observation.hostId === action.hostId &&
        observation.generation === action.generation,
      since,
    );
    return seen as Answer;
  }

  answersSince(index: number): Answer[] {
    return this.subject.observations.slice(index).filter(isAnswer);
  }

  start(generation: number, more: Partial<GuestDescription> = {}) {
    const guest = { ...this.subject.guest, ...more };
    return { ...this.#named(generation), kind: "START" as const, guest };
  }

  stop(generation: number) {
    return { ...this.#named(generation), kind: "STOP" as const, force: false };
  }

  simple(kind: "SUSPEND" | "RESUME" | "REBOOT", generation: number) {
    return { ...this.#named(generation), kind };
  }

  resize(resources: Resources, generation: number) {
    return { ...this.#named(generation), kind: "RESIZE" as const, resources };
  }

  migrate(generation: number) {
    const targetHostId = this.subject.hosts[1].id;
    return { ...this.#named(generation), kind: "MIGRATE" as const, targetHostId };
  }

  /** The answer is that of the migration. */
  async callOff(generation: number): Promise<Answer> {
    const since = this.subject.observations.length;
    this.subject.driver.perform({ ...this.migrate(generation), kind: "CANCEL_MIGRATION" });
    const seen = await this.subject.until(
      (observation) => isAnswer(observation) && observation.generation === generation,
      since,
    );
    return seen as Answer;
  }

  switch(kind: "REBOOT_HOST" | "SHUTDOWN_HOST" | "POWER_ON_HOST", generation: number) {
    return { kind, hostId: this.subject.hosts[0].id, generation };
  }

  /** Hosts that told what runs there. */
  connectedSince(index: number): number[] {
    return this.subject.observations
      .slice(index)
      .flatMap((seen) => (seen.kind === "HOST_CONNECTED" ? seen.hostId : []));
  }

  fence(generation: number) {
    return { kind: "FENCE" as const, hostId: this.subject.hosts[0].id, generation };
  }

  #named(generation: number) {
    return { guestId: GUEST, hostId: this.subject.hosts[0].id, generation };
  }
}

function isAnswer(observation: Observation): observation is Answer {
  return observation.kind === "ACTION_DONE" || observation.kind === "ACTION_FAILED";
}
