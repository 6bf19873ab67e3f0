import {
  AUTOMATION_MODES,
  DIRECTIONS,
  POLARITIES,
  PRIORITIES,
  PROTOCOLS,
  RULE_SCOPES,
  SHARES_LEVELS,
  SHUTDOWN_POLICIES,
} from "../../src/model/statuses.ts";
import { type Chance, randomGroup } from "../engine/random.ts";
import {
  type BalancerItem,
  forgetScalingGroup,
  forgetTarget,
  randomBalancers,
} from "../engine/random-load-balancers.ts";

export type Item = Record<string, unknown> & { name: string };
interface HostItem extends Item {
  cpuCores: number;
  memoryMiB: number;
}
interface GroupItem extends Item {
  tenant?: string;
  rules: Record<string, unknown>[];
}
interface RegionItem {
  name: string;
  zones: { name: string; dataCenters: { name: string; hosts: HostItem[] }[] }[];
}

/** A fleet document, as somebody would write it. */
export interface Document {
  settings: Record<string, unknown>;
  regions: RegionItem[];
  tenants: Item[];
  flavors: Item[];
  images: Item[];
  guests: Item[];
  affinityRules: Item[];
  securityGroups: GroupItem[];
  loadBalancers: BalancerItem[];
  scalingGroups: Item[];
}

const TOLERATE = ["nothing", "1 host", "1 rack", "1 zone"] as const;

const FLAVORS = [
  { name: "small", cpuCores: 1, memoryMiB: 1_024, storageGiB: 5 },
  { name: "medium", cpuCores: 2, memoryMiB: 4_096, storageGiB: 10 },
  { name: "large", cpuCores: 4, memoryMiB: 12_288, storageGiB: 40 },
];

export function hostsOf(document: Document): HostItem[] {
  return document.regions.flatMap(({ zones }) =>
    zones.flatMap(({ dataCenters }) => dataCenters.flatMap(({ hosts }) => hosts)),
  );
}

/** A few hosts in a few zones, with room to spare or without, and all sorts of guests and rules. */
export function randomFleet(chance: Chance): Document {
  const regions = Array.from({ length: chance.int(1, 2) }, (_, r) => ({
    name: `r${r}`,
    zones: Array.from({ length: chance.int(1, 2) }, (_, z) => randomZone(chance, `${r}${z}`)),
  }));
  const document: Document = {
    settings: randomSettings(chance),
    regions,
    tenants: chance.is(0.4) ? [{ name: "default", quota: { guests: 30, cpuCores: 60 } }] : [],
    flavors: FLAVORS,
    images: [{ name: "linux" }, { name: "slow", bootSeconds: 25 }],
    guests: [],
    affinityRules: [],
    securityGroups: [],
    loadBalancers: [],
    scalingGroups: Array.from({ length: chance.int(0, 2) }, (_, index) =>
      randomGroup(chance, `group${index}`, regions),
    ),
  };
  for (let index = chance.int(0, 3); index > 0; index--)
    document.securityGroups.push({ name: `s${index}`, rules: [] });
  for (const group of document.securityGroups) group.rules = randomRules(chance, document);
  for (let index = chance.int(2, 12); index > 0; index--)
    document.guests.push(randomGuest(chance, document, `g${index}`));
  for (let index = chance.int(0, 4); index > 0; index--) addRule(chance, document, `rule${index}`);
  document.loadBalancers = someBalancers(chance, document);
  return document;
}

function someBalancers(chance: Chance, document: Document): BalancerItem[] {
  const groups = document.scalingGroups.map(({ name }) => name);
  return randomBalancers(chance, namesOf(document), groups);
}

function namesOf({ guests }: Document): string[] {
  return guests.map(({ name }) => name);
}

function randomZone(chance: Chance, id: string): RegionItem["zones"][number] {
  const hosts = Array.from({ length: chance.int(1, 4) }, (_, h) =>
    randomHost(chance, `h${id}${h}`),
  );
  return {
    name: `z${id}`,
    ...(chance.is(0.1) && { tolerate: chance.of(TOLERATE) }),
    dataCenters: [{ name: "dc", hosts }],
  };
}

export function randomHost(chance: Chance, name: string): HostItem {
  return {
    name,
    cpuCores: chance.int(4, 10),
    memoryMiB: 8_192 * chance.int(1, 3),
    storageGiB: 150,
    ...(chance.is(0.6) && { rack: `k${chance.int(0, 1)}` }),
    ...(chance.is(0.1) && { powered: false }),
  };
}

function randomSettings(chance: Chance): Record<string, unknown> {
  return {
    shutdownPolicy: chance.of(SHUTDOWN_POLICIES),
    heartbeatSeconds: chance.of([1, 1, 2]),
    suspectAfterSeconds: chance.of([4, 5]),
    fenceAfterSeconds: chance.of([8, 10]),
    watchdogSeconds: chance.of([10, 15]),
    batterySeconds: chance.of([20, 60]),
    overheatSeconds: chance.of([60, 300]),
    usageSampleSeconds: chance.of([10, 60]),
    balancing: chance.of(AUTOMATION_MODES),
    powerManagement: chance.of(AUTOMATION_MODES),
    balanceEverySeconds: chance.of([20, 60]),
    balanceAtUtilization: chance.of([0.3, 0.6, 1]),
    standbyAfterSeconds: chance.of([0, 60]),
    standbyHeadroom: chance.of([0, 0.1, 1]),
    retrySeconds: chance.int(1, 5),
    actionTimeoutSeconds: chance.int(20, 60),
    balanceOnStart: chance.is(0.5),
    startsPerHost: chance.of([1, 2, 8]),
    migrationsPerHost: chance.of([1, 4]),
    cpuAllocationRatio: chance.of([1, 1, 2]),
    memoryAllocationRatio: chance.of([1, 1, 1.25]),
    failbackAfterSeconds: chance.of([5, 30]),
    holdOffSeconds: chance.of([5, 30]),
    hostBootTimeoutSeconds: chance.of([120, 600]),
    ...(chance.is(0.25) && { tolerate: chance.of(TOLERATE) }),
  };
}

export function randomGuest(chance: Chance, document: Document, name: string): Item {
  const flavor = chance.of(FLAVORS).name;
  return {
    name,
    flavor,
    image: chance.is(0.8) ? "linux" : "slow",
    desired: chance.is(0.8) ? "RUNNING" : "STOPPED",
    priority: chance.of(PRIORITIES),
    maxRestarts: chance.int(0, 2),
    maxRelocations: chance.int(0, 2),
    failback: chance.is(0.7),
    preemptible: chance.is(0.3),
    ...(chance.is(0.2) && { readyAfterSeconds: chance.int(1, 20) }),
    dependsOn: chance.is(0.3) ? chance.some(document.guests, 2).map((guest) => guest.name) : [],
    ...(chance.is(0.3) && { host: chance.of(hostsOf(document)).name }),
    ...(chance.is(0.5) && { workload: { kind: "CONSTANT", cpuShare: chance.of([0.5, 1]) } }),
    ...randomIsolation(chance, document, flavor),
  };
}

/** Of most guests nothing, as people do. */
function randomIsolation(
  chance: Chance,
  { securityGroups }: Document,
  flavor: unknown,
): Record<string, unknown> {
  const names = ["default", ...securityGroups.map(({ name }) => name)];
  return {
    ...(chance.is(0.3) && { securityGroups: chance.some(names, 2) }),
    ...(chance.is(0.4) && { allocation: randomAllocation(chance, flavor) }),
  };
}

/** As much as the guest has, half of it or nothing. */
function randomAllocation(chance: Chance, name: unknown): Record<string, unknown> {
  const flavor = FLAVORS.find((each) => each.name === name);
  const { cpuCores = 1, memoryMiB = 1_024 } = flavor ?? {};
  const cpuReservationCores = cpuCores * chance.of([0, 0.5, 1, 1]);
  return {
    cpuReservationCores,
    ...(chance.is(0.3) && { cpuLimitCores: Math.max(0.5, cpuReservationCores) }),
    cpuShares: chance.of([...SHARES_LEVELS, chance.int(1, 5_000)]),
    memoryReservationMiB: memoryMiB * chance.of([0, 0.5, 1]),
  };
}

/** Rules of a group, about other groups too. */
export function randomRules(
  chance: Chance,
  { securityGroups }: { securityGroups: readonly { name: string }[] },
): Record<string, unknown>[] {
  const names = new Set(["default", ...securityGroups.map(({ name }) => name)]);
  return Array.from({ length: chance.int(0, 3) }, () => {
    const fromPort = chance.int(1, 9_000);
    const protocol = chance.of(PROTOCOLS);
    const hasPorts = chance.is(0.7) && (protocol === "TCP" || protocol === "UDP");
    return {
      direction: chance.of(DIRECTIONS),
      protocol,
      ...(hasPorts && { fromPort, toPort: fromPort + chance.int(0, 100) }),
      ...chance.of([{}, { remoteGroup: chance.of([...names]) }, { remoteCidr: "10.0.0.0/28" }]),
    };
  });
}

/** Adds a rule about some of the guests; none when that would be about fewer than two. */
export function addRule(chance: Chance, document: Document, name: string): void {
  const guests = chance.some(document.guests, 4).map((guest) => guest.name);
  if (guests.length < 2) return;
  const shared = { name, strict: chance.is(0.5), disabled: chance.is(0.1), guests };
  if (chance.is(0.4)) {
    const all = hostsOf(document);
    const names = new Set([chance.of(all), ...chance.some(all, 2)].map((host) => host.name));
    const hosts = [...names].map((host) => ({ name: host, priority: chance.int(0, 2) }));
    document.affinityRules.push({ ...shared, kind: "HOST", hosts });
    return;
  }
  document.affinityRules.push({
    ...shared,
    kind: "GUEST",
    polarity: chance.of(POLARITIES),
    scope: chance.of(RULE_SCOPES),
  });
}

/** Another wish or two: other guests, other rules, other settings, sometimes other hosts. */
export function changeFleet(chance: Chance, before: Document): Document {
  const document = structuredClone(before);
  for (const guest of chance.some(document.guests, 2)) {
    guest["desired"] = chance.of(["RUNNING", "RUNNING", "STOPPED"]);
    guest["priority"] = chance.of(PRIORITIES);
    if (chance.is(0.3)) {
      guest["flavor"] = chance.of(FLAVORS).name;
      delete guest["allocation"];
    }
    if (chance.is(0.2)) guest["preemptible"] = chance.is(0.5);
  }
  if (chance.is(0.2))
    for (const { name } of chance.some(document.guests, 1)) forgetGuest(document, name);
  if (chance.is(0.2))
    document.guests.push(randomGuest(chance, document, `late${chance.int(0, 999_999_999)}`));
  if (chance.is(0.3)) addRule(chance, document, `added${chance.int(0, 999_999_999)}`);
  if (chance.is(0.3)) document.affinityRules = chance.some(document.affinityRules, 9);
  changeIsolation(chance, document);
  for (const [index, { name }] of document.scalingGroups.entries())
    if (chance.is(0.2)) document.scalingGroups[index] = randomGroup(chance, name, document.regions);
  const fallen = chance.is(0.1) ? document.scalingGroups.pop() : undefined;
  if (fallen) forgetScalingGroup(document.loadBalancers, fallen.name);
  if (chance.is(0.2)) document.settings = { ...document.settings, ...randomSettings(chance) };
  if (chance.is(0.15)) changeHosts(chance, document);
  if (chance.is(0.2)) document.loadBalancers = someBalancers(chance, document);
  return document;
}

/** Groups with other rules, without members or gone, and guests with other wishes. */
function changeIsolation(chance: Chance, document: Document): void {
  for (const guest of chance.some(document.guests, 2)) {
    delete guest["securityGroups"];
    delete guest["allocation"];
    Object.assign(guest, randomIsolation(chance, document, guest["flavor"]));
  }
  for (const group of chance.some(document.securityGroups, 1))
    group.rules = randomRules(chance, document);
  if (chance.is(0.2)) forgetGroup(document, chance.some(document.securityGroups, 1)[0]?.name);
  if (chance.is(0.2))
    document.securityGroups.push({
      name: `s${chance.int(10, 999_999_999)}`,
      rules: randomRules(chance, document),
    });
}

function forgetGroup(document: Document, name: string | undefined): void {
  document.securityGroups = document.securityGroups
    .filter((group) => group.name !== name)
    .map((group) => ({
      ...group,
      rules: group.rules.filter((rule) => rule["remoteGroup"] !== name),
    }));
  for (const guest of document.guests)
    if (Array.isArray(guest["securityGroups"]))
      guest["securityGroups"] = guest["securityGroups"].filter((each) => each !== name);
}

function changeHosts(chance: Chance, document: Document): void {
  const zone = chance.of(chance.of(document.regions).zones);
  const hosts = zone.dataCenters[0]?.hosts ?? [];
  if (chance.is(0.5)) hosts.push(randomHost(chance, `x${chance.int(0, 999_999_999)}`));
  else if (hosts.length > 1) forgetHost(document, hosts.pop()?.name ?? "");
}

function forgetGuest(document: Document, name: string): void {
  document.guests = document.guests.filter((guest) => guest.name !== name);
  forgetTarget(document.loadBalancers, name);
  for (const item of [...document.guests, ...document.affinityRules])
    for (const key of ["dependsOn", "guests"])
      if (Array.isArray(item[key])) item[key] = item[key].filter((other) => other !== name);
  document.affinityRules = document.affinityRules.filter(
    (rule) => (rule["guests"] as string[]).length > 1,
  );
}

function forgetHost(document: Document, name: string): void {
  for (const guest of document.guests) if (guest["host"] === name) delete guest["host"];
  for (const rule of document.affinityRules)
    if (Array.isArray(rule["hosts"]))
      rule["hosts"] = rule["hosts"].filter((host: { name: string }) => host.name !== name);
  document.affinityRules = document.affinityRules.filter(
    (rule) => !Array.isArray(rule["hosts"]) || rule["hosts"].length > 0,
  );
}
