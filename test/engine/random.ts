import { isUnheard } from "../../src/engine/host-conditions.ts";
import type { Observation } from "../../src/model/actions.ts";
import type { Command } from "../../src/model/commands.ts";
import { REFRESH_DEFAULTS } from "../../src/model/group-refresh.ts";
import type {
  GuestId,
  HostId,
  RecommendationId,
  Ref,
  ScalingGroupId,
} from "../../src/model/ids.ts";
import {
  AUTOMATION_MODES,
  DESIRED_STATES,
  type FaultKind,
  LIFECYCLE_RESULTS,
  LIFECYCLE_TRANSITIONS,
  MEMBER_HEALTH_CHECKS,
  POLARITIES,
  PREDICTIVE_MODES,
  PRIORITIES,
  RULE_SCOPES,
  SCALING_POLICY_KINDS,
  SHUTDOWN_POLICIES,
  TERMINATION_POLICIES,
} from "../../src/model/statuses.ts";
import {
  type BalancerItem,
  balancerCommand,
  forgetTarget,
  randomBalancers,
} from "./random-load-balancers.ts";
import { type Fate, parse, World } from "./world.ts";

/** Numbers that look like chance and are the same for the same seed (mulberry32). */
export class Chance {
  #state: number;

  constructor(seed: number) {
    this.#state = Math.imul(seed, 0x9e3779b1);
  }

  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let t = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  }

  /** A whole number from `least` to `most`. */
  int(least: number, most: number): number {
    return least + Math.floor(this.next() * (most - least + 1));
  }

  of<T>(list: readonly T[]): T {
    return list[this.int(0, list.length - 1)] as T;
  }

  some<T>(list: readonly T[], most: number): T[] {
    const rest = [...list];
    const count = Math.min(this.int(0, most), rest.length);
    return Array.from(
      { length: count },
      () => rest.splice(this.int(0, rest.length - 1), 1)[0] as T,
    );
  }

  is(probability: number): boolean {
    return this.next() < probability;
  }
}

type Item = Record<string, unknown> & { name: string };
interface Document {
  settings: Record<string, unknown>;
  regions: unknown[];
  tenants: Item[];
  flavors: Item[];
  images: Item[];
  guests: Item[];
  affinityRules: Item[];
  loadBalancers: BalancerItem[];
  scalingGroups: Item[];
}

const FLAVORS = [
  { name: "small", cpuCores: 1, memoryMiB: 1024, storageGiB: 5 },
  { name: "medium", cpuCores: 2, memoryMiB: 4096, storageGiB: 10 },
  { name: "large", cpuCores: 4, memoryMiB: 12_288, storageGiB: 40 },
];

const TOLERATED = ["nothing", "nothing", "1 host", "1 rack", "1 zone"];

/** A fleet of a few hosts, with room to spare or without, and all sorts of guests and rules. */
export function randomDocument(chance: Chance): Document {
  const hosts: string[] = [];
  const regions = Array.from({ length: chance.int(1, 2) }, (_, r) => ({
    name: `r${r}`,
    zones: Array.from({ length: chance.int(1, 2) }, (_, z) => ({
      name: `z${r}${z}`,
      ...(chance.is(0.15) && { tolerate: chance.of(TOLERATED) }),
      dataCenters: [
        {
          name: "dc",
          hosts: Array.from({ length: chance.int(1, 3) }, (_, h) => {
            const name = `h${r}${z}${h}`;
            hosts.push(name);
            return {
              name,
              cpuCores: chance.int(4, 8),
              memoryMiB: 8192 * chance.int(1, 3),
              storageGiB: 100,
              ...(chance.is(0.6) && { rack: `k${chance.int(0, 1)}` }),
              ...(chance.is(0.1) && { powered: false }),
            };
          }),
        },
      ],
    })),
  }));
  const guests = randomGuests(chance, hosts);
  const scalingGroups = Array.from({ length: chance.int(0, 2) }, (_, index) =>
    randomGroup(chance, `s${index}`, regions),
  );
  return {
    settings: {
      retrySeconds: chance.int(1, 5),
      actionTimeoutSeconds: chance.int(20, 60),
      balanceOnStart: chance.is(0.5),
      tolerate: chance.of(TOLERATED),
      startsPerHost: chance.of([1, 2, 8]),
      migrationsPerHost: chance.of([1, 4]),
      failbackAfterSeconds: chance.of([0, 30]),
      cpuAllocationRatio: chance.of([1, 1, 1.5]),
      memoryAllocationRatio: chance.of([1, 1, 1.25]),
      shutdownPolicy: chance.of(SHUTDOWN_POLICIES),
      hostBootTimeoutSeconds: chance.int(30, 300),
      balancing: chance.of(AUTOMATION_MODES),
      powerManagement: chance.of(AUTOMATION_MODES),
      balanceEverySeconds: chance.of([20, 60]),
      balanceAtUtilization: chance.of([0.1, 0.6, 1]),
      standbyAfterSeconds: chance.of([0, 60]),
      standbyHeadroom: chance.of([0, 0.1, 1]),
    },
    regions,
    tenants: chance.is(0.5) ? [{ name: "default", quota: { guests: 30, cpuCores: 60 } }] : [],
    flavors: FLAVORS,
    images: [{ name: "linux" }, { name: "slow", bootSeconds: 25 }],
    guests,
    affinityRules: randomRules(chance, hosts, guests),
    loadBalancers: randomBalancers(
      chance,
      guests.map(({ name }) => name),
      scalingGroups.map(({ name }) => name),
    ),
    scalingGroups,
  };
}

const METRICS = ["CPU", "MEMORY", "REQUESTS_PER_TARGET", "queue"];

/** Steady work: what policies make of it comes to rest. */
export function randomGroup(
  chance: Chance,
  name: string,
  regions: readonly { zones: readonly { name: string }[] }[],
): Item {
  const zones = regions.flatMap((region) => region.zones.map((zone) => zone.name));
  const min = chance.int(0, 3);
  const max = min + chance.int(0, 4);
  return {
    name,
    template: {
      image: chance.is(0.8) ? "linux" : "slow",
      flavors: chance.is(0.7) ? ["small"] : ["medium", "small"],
      maxRestarts: chance.int(0, 1),
      maxRelocations: chance.int(0, 1),
      priority: chance.of(PRIORITIES),
      preemptible: chance.is(0.2),
    },
    min,
    max,
    desired: chance.int(min, max),
    ...(chance.is(0.4) && { zones: chance.some(zones, 2) }),
    policies: chance.is(0.6) ? [randomPolicy(chance, "p0"), randomPolicy(chance, "p1")] : [],
    terminationPolicy: chance.of(TERMINATION_POLICIES),
    cooldownSeconds: chance.of([0, 10, 60]),
    warmUpSeconds: chance.of([0, 5, 30]),
    scaleInAfterSeconds: chance.of([20, 60]),
    unhealthyAfterSeconds: chance.of([0, 10]),
    healthCheck: chance.of(MEMBER_HEALTH_CHECKS),
    ...(chance.is(0.4) && { lifecycleHooks: randomHooks(chance) }),
    ...(chance.is(0.5) && {
      demand: {
        peakCpuCores: chance.int(1, 4),
        workload: { kind: "CONSTANT", cpuShare: chance.of([0.2, 0.9]) },
      },
    }),
  };
}

/** Were launches abandoned where nobody completes them, a group would never come to rest. */
function randomHooks(chance: Chance): unknown[] {
  return chance.some(["h0", "h1", "h2"], 2).map((name) => {
    const transition = chance.of(LIFECYCLE_TRANSITIONS);
    const onTimeout = transition === "LAUNCHING" ? "CONTINUE" : chance.of(LIFECYCLE_RESULTS);
    return { name, transition, timeoutSeconds: chance.of([2, 15, 90]), onTimeout };
  });
}

function randomPolicy(chance: Chance, name: string): unknown {
  const kind = chance.of(SCALING_POLICY_KINDS);
  const metric = chance.of(METRICS);
  if (kind === "TARGET_TRACKING") return { kind, name, metric, target: chance.int(20, 90) };
  if (kind === "STEP") return { kind, name, metric, steps: [{ from: 60, change: 2 }] };
  if (kind === "PREDICTIVE")
    return { kind, name, metric, target: chance.int(20, 90), mode: chance.of(PREDICTIVE_MODES) };
  return { kind, name, cron: "17 */2 * * *", timeZone: "Asia/Kolkata", desired: chance.int(0, 4) };
}

function randomGuests(chance: Chance, hosts: readonly string[]): Item[] {
  const guests: Item[] = [];
  for (let index = chance.int(2, 12); index > 0; index--)
    guests.push({
      name: `g${index}`,
      flavor: chance.of(FLAVORS).name,
      image: chance.is(0.8) ? "linux" : "slow",
      desired: chance.is(0.8) ? "RUNNING" : "STOPPED",
      priority: chance.of(PRIORITIES),
      maxRestarts: chance.int(0, 2),
      maxRelocations: chance.int(0, 2),
      readyAfterSeconds: chance.of([0, 0, 5, 30]),
      preemptible: chance.is(0.3),
      failback: chance.is(0.8),
      dependsOn: chance.is(0.3) ? chance.some(guests, 2).map(({ name }) => name) : [],
      ...(chance.is(0.3) && { host: chance.of(hosts) }),
    });
  return guests;
}

function randomRules(chance: Chance, hosts: readonly string[], guests: Item[]): Item[] {
  return Array.from({ length: chance.int(0, 3) }, (_, index) => {
    const members = chance.some(guests, 4).map(({ name }) => name);
    const shared = { name: `rule${index}`, strict: chance.is(0.5), guests: members };
    if (chance.is(0.3)) return { ...shared, kind: "HOST", hosts: randomHosts(chance, hosts) };
    return {
      ...shared,
      kind: "GUEST",
      polarity: chance.of(POLARITIES),
      scope: chance.of(RULE_SCOPES),
    };
  }).filter((rule) => rule.guests.length > 1);
}

function randomHosts(chance: Chance, hosts: readonly string[]): unknown[] {
  const names = new Set([chance.of(hosts), ...chance.some(hosts, 2)]);
  return [...names].map((name) => (chance.is(0.5) ? name : { name, priority: chance.int(0, 2) }));
}

/** A world with a random fleet in it, and the documents that can be applied to it. */
export class RandomWorld {
  readonly world: World;
  readonly chance: Chance;
  readonly document: Document;
  #created = 0;

  constructor(seed: number) {
    this.chance = new Chance(seed);
    this.world = new World(null, seed);
    this.document = randomDocument(this.chance);
  }

  begin(): void {
    this.#apply(false);
  }

  #apply(prune: boolean): boolean {
    const spec = parse(JSON.stringify(this.document));
    const { world } = this;
    return world.try({ kind: "APPLY_FLEET", spec, dryRun: false, prune }).rejection === null;
  }

  step(): void {
    const { chance, world } = this;
    const what = chance.next();
    if (what < 0.45) world.advance(this.#randomSeconds());
    else if (what < 0.7) world.try(this.#randomFault());
    else if (what < 0.84) world.try(this.#randomVerb());
    else if (what < 0.88) world.try(balancerCommand(chance, world.state, `lb${this.#created++}`));
    else if (what < 0.92) world.try(this.#randomHostVerb());
    else if (what < 0.945) world.try(this.#randomGroupVerb());
    else if (what < 0.97) this.#changeDocument();
    else world.restart();
  }

  #randomSeconds(): number {
    const { chance } = this;
    return chance.of([0.3, 1, 4, 10, 15, 40, 200, 700]) * (0.5 + chance.next());
  }

  #anyGuest(): GuestId {
    const guests = this.world.state.tables.Guest.sorted();
    return guests.length > 0 ? this.chance.of(guests).id : (1 as GuestId);
  }

  #anyHost(): HostId {
    return this.chance.of(this.world.state.tables.Host.sorted()).id;
  }

  #randomVerb(): Command {
    const { chance } = this;
    const guestId = this.#anyGuest();
    const kind = chance.of([
      "START_GUEST",
      "START_GUEST",
      "STOP_GUEST",
      "SUSPEND_GUEST",
      "RESUME_GUEST",
      "REBOOT_GUEST",
      "DELETE_GUEST",
      "RESIZE_GUEST",
      "MIGRATE_GUEST",
      "MIGRATE_GUEST",
      "CREATE_GUEST",
    ] as const);
    if (kind === "MIGRATE_GUEST")
      return { kind, guestId, hostId: chance.is(0.5) ? this.#anyHost() : null };
    if (kind === "RESIZE_GUEST")
      return { kind, guestId, flavorId: null, resources: this.#randomSize() };
    if (kind === "CREATE_GUEST") return this.#randomGuest();
    return { kind, guestId };
  }

  /** Silent, and nothing runs there; an id that no host has when there is none. */
  #anyDeadHost(): HostId {
    const { state, copies } = this.world;
    const used = new Set([...copies.values()].flatMap((hosts) => [...hosts]));
    const dead = state.tables.Host.sorted().filter((host) => isUnheard(host) && !used.has(host.id));
    return dead.length > 0 ? this.chance.of(dead).id : (0 as HostId);
  }

  #anyAdvice(): RecommendationId {
    const advice = this.world.state.tables.Recommendation.sorted();
    return advice.length > 0 ? this.chance.of(advice).id : (0 as RecommendationId);
  }

  #randomHostVerb(): Command {
    const { chance } = this;
    const hostId = this.#anyHost();
    const kind = chance.of([
      "SET_MAINTENANCE",
      "REBOOT_HOST",
      "SHUTDOWN_HOST",
      "POWER_ON_HOST",
      "SET_HIGH_AVAILABILITY",
      "CONFIRM_HOST_DEAD",
      "FENCE_HOST",
      "APPLY_RECOMMENDATION",
    ] as const);
    if (kind === "SET_HIGH_AVAILABILITY") return { kind, enabled: chance.is(0.6) };
    if (kind === "APPLY_RECOMMENDATION") return { kind, recommendationId: this.#anyAdvice() };
    if (kind === "CONFIRM_HOST_DEAD") return { kind, hostId: this.#anyDeadHost() };
    return kind === "SET_MAINTENANCE"
      ? { kind, hostId, enabled: chance.is(0.6) }
      : { kind, hostId };
  }

  #randomGroupVerb(): Command {
    const { chance, world } = this;
    const groups = world.state.tables.ScalingGroup.sorted();
    const scalingGroupId = (groups.length > 0 ? chance.of(groups).id : 0) as ScalingGroupId;
    const guestId = this.#anyGuest();
    const kind = chance.of([
      "SET_DESIRED_CAPACITY",
      "SET_DESIRED_CAPACITY",
      "SET_SCALE_IN_PROTECTION",
      "SET_MEMBER_HEALTH",
      "UPDATE_SCALING_GROUP",
      "DELETE_SCALING_GROUP",
      "PUT_METRIC",
      "COMPLETE_LIFECYCLE_ACTION",
      "RECORD_LIFECYCLE_HEARTBEAT",
      "START_GROUP_REFRESH",
      "CANCEL_GROUP_REFRESH",
      "ROLL_BACK_GROUP_REFRESH",
    ] as const);
    switch (kind) {
      case "SET_DESIRED_CAPACITY":
        return { kind, scalingGroupId, desired: chance.int(0, 6) };
      case "SET_SCALE_IN_PROTECTION":
        return { kind, guestId, enabled: chance.is(0.5) };
      case "SET_MEMBER_HEALTH":
        return { kind, guestId, healthy: chance.is(0.3), reason: "no answer" };
      case "UPDATE_SCALING_GROUP":
        return { kind, scalingGroupId, min: chance.int(0, 3), max: chance.int(2, 6) };
      case "PUT_METRIC":
        return { kind, scalingGroupId, metric: "queue", value: chance.int(0, 300) };
      case "COMPLETE_LIFECYCLE_ACTION":
        return { kind, ...this.#anyWait(), result: chance.of(LIFECYCLE_RESULTS), reason: "done" };
      case "START_GROUP_REFRESH":
        return {
          kind,
          scalingGroupId,
          template: null,
          ...REFRESH_DEFAULTS,
          minHealthyPercent: chance.of([0, 60, 90]),
          checkpointPercents: chance.of([[], [20, 50]]),
          checkpointWaitSeconds: chance.int(0, 20),
          skipMatching: false,
        };
      case "RECORD_LIFECYCLE_HEARTBEAT":
        return { kind, ...this.#anyWait() };
      default:
        return { kind, scalingGroupId };
    }
  }

  /** A member that waits for a hook, if there is one. */
  #anyWait() {
    const waits = this.world.state.tables.Guest.sorted().flatMap(({ id: guestId, membership }) =>
      (membership?.lifecycle?.hooks ?? []).map(({ hook }) => ({ guestId, hook })),
    );
    return waits.length > 0 ? this.chance.of(waits) : { guestId: this.#anyGuest(), hook: "h0" };
  }

  #randomSize() {
    const { chance } = this;
    const memoryMiB = 1024 * chance.int(1, 8);
    return { cpuMillicores: 500 * chance.int(1, 6), memoryMiB, storageGiB: 5 };
  }

  #randomGuest(): Command {
    const { chance, world } = this;
    return {
      kind: "CREATE_GUEST",
      name: `new${this.#created++}`,
      tenantId: world.state.tables.Tenant.sorted()[0]?.id as never,
      flavorId: null,
      resources: this.#randomSize(),
      imageId: world.state.tables.Image.sorted()[0]?.id as never,
      desired: chance.of(DESIRED_STATES),
      homeHostId: chance.is(0.3) ? this.#anyHost() : null,
      priority: chance.of(PRIORITIES),
      dependsOn: chance.is(0.2) ? [this.#anyGuest()] : [],
      maxRestarts: chance.int(0, 2),
      maxRelocations: chance.int(0, 2),
      failback: true,
      readyAfterSeconds: chance.of([0, 0, 10]),
      preemptible: chance.is(0.3),
      workload: null,
      securityGroups: null,
      allocation: null,
    };
  }

  #randomFault(): Command {
    const { chance, world } = this;
    const { tables } = world.state;
    const inForce = tables.Fault.sorted();
    if (inForce.length > 0 && chance.is(0.5)) {
      const { kind: fault, target } = chance.of(inForce);
      return { kind: "CLEAR_FAULT", fault, target };
    }
    const fault = chance.of<FaultKind>([
      "HOST_POWER",
      "HOST_NETWORK",
      "HOST_NETWORK",
      "HOST_HANG",
      "RACK_POWER",
      "ZONE_POWER",
      "ZONE_COOLING",
      "ZONE_NETWORK",
      "REGION_LOSS",
      "GUEST_CRASH",
      "GUEST_CRASH",
      "GUEST_START_FAILS",
      "MIGRATION_FAILS",
      "STORAGE_STALL",
      "GUEST_HANG",
    ]);
    const durationSeconds = chance.is(0.5) ? chance.int(1, 90) : null;
    return { kind: "INJECT_FAULT", fault, target: this.#targetOf(fault), durationSeconds };
  }

  #targetOf(fault: FaultKind): Ref {
    const { tables } = this.world.state;
    const guest: Ref = { type: "Guest", id: this.#anyGuest() };
    const host: Ref = { type: "Host", id: this.#anyHost() };
    const racks = tables.Rack.sorted();
    if (fault === "RACK_POWER" && racks.length > 0)
      return { type: "Rack", id: this.chance.of(racks).id };
    if (fault.startsWith("ZONE_"))
      return { type: "Zone", id: this.chance.of(tables.Zone.sorted()).id };
    if (fault === "REGION_LOSS")
      return { type: "Region", id: this.chance.of(tables.Region.sorted()).id };
    if (fault === "GUEST_CRASH" || fault === "GUEST_HANG") return guest;
    const either = fault === "GUEST_START_FAILS" || fault === "MIGRATION_FAILS";
    return either && this.chance.is(0.5) ? guest : host;
  }

  /** Another wish about a guest or two, and sometimes fewer guests. */
  #changeDocument(): void {
    const { chance, document } = this;
    for (const guest of chance.some(document.guests, 2)) {
      guest["desired"] = chance.of(["RUNNING", "STOPPED"]);
      guest["priority"] = chance.of(PRIORITIES);
      if (chance.is(0.3)) guest["flavor"] = chance.of(FLAVORS).name;
    }
    for (const rule of chance.some(document.affinityRules, 1)) {
      rule["strict"] = chance.is(0.7);
      rule["disabled"] = chance.is(0.3);
      if (chance.is(0.5) && document.guests.length > 1) {
        const names = document.guests.map(({ name }) => name);
        rule["guests"] = [...new Set([...names.slice(0, 2), ...chance.some(names, 2)])];
      }
    }
    if (chance.is(0.3)) this.#changeTimes();
    for (const [index, { name }] of document.scalingGroups.entries())
      if (chance.is(0.2))
        document.scalingGroups[index] = randomGroup(chance, name, document.regions as never);
    const [fallen] = chance.is(0.2) ? chance.some(document.guests, 1) : [];
    if (fallen) this.#forget(fallen.name);
    this.#apply(chance.is(0.3));
  }

  /** How soon hosts are heard of, and how soon they take themselves for lost. */
  #changeTimes(): void {
    const { chance, document } = this;
    document.settings["heartbeatSeconds"] = chance.of([0.5, 1, 1.5]);
    document.settings["watchdogSeconds"] = chance.of([5, 9, 20, 45]);
  }

  #forget(name: string): void {
    const { document } = this;
    document.guests = document.guests.filter((guest) => guest.name !== name);
    forgetTarget(document.loadBalancers, name);
    for (const item of [...document.guests, ...document.affinityRules])
      for (const key of ["dependsOn", "guests"])
        if (Array.isArray(item[key])) item[key] = item[key].filter((other) => other !== name);
    document.affinityRules = document.affinityRules.filter(
      (rule) => (rule["guests"] as string[]).length > 0,
    );
  }

  /** Answers get lost, come twice, or come late. */
  disturbAnswers(): void {
    const fates: readonly Fate[] = ["LOST", "TWICE", "LATE"];
    this.world.fate = (_seen: Observation) =>
      this.chance.is(0.05) ? this.chance.of(fates) : "ARRIVES";
  }

  /** Everything is well again, and whoever was given up is asked for once more. */
  mend(): void {
    const { world } = this;
    world.fate = () => "ARRIVES";
    world.try({ kind: "SET_HIGH_AVAILABILITY", enabled: true });
    for (const { kind: fault, target } of world.state.tables.Fault.sorted())
      if (fault !== "GUEST_CRASH") world.try({ kind: "CLEAR_FAULT", fault, target });
    const { Host } = world.state.tables;
    for (const { id: hostId } of Host.sorted())
      world.try({ kind: "SET_MAINTENANCE", hostId, enabled: false });
    world.advance(300);
    for (const { id: hostId, power, status } of Host.sorted())
      if (status === "DOWN" || (power !== null && status !== "STANDBY"))
        world.try({ kind: "POWER_ON_HOST", hostId });
    world.advance(30);
    for (const { id, status, desired } of world.state.tables.Guest.sorted())
      if (status === "ERROR" || status === "PENDING" || status === "LOST")
        world.try({
          kind: desired === "SUSPENDED" ? "RESUME_GUEST" : "START_GUEST",
          guestId: id,
        });
    world.advance(900);
  }
}
