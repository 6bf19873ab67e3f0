// What a document that is right means.

import { describe, expect, test } from "vitest";
import { specOf } from "./problems.ts";

test("an empty document asks for nothing", () => {
  expect(specOf("{}")).toEqual({
    settings: {},
    regions: [],
    tenants: [],
    flavors: [],
    images: [],
    guests: [],
    affinityRules: [],
    securityGroups: [],
    loadBalancers: [],
    scalingGroups: [],
  });
});

test("what a quota leaves out is unbounded", () => {
  const { tenants } = specOf(
    "tenants: [{ name: t, quota: { cpuCores: 1.5, guests: 0 } }, { name: u }]",
  );
  const nothing = { cpuMillicores: null, memoryMiB: null, storageGiB: null, guests: null };
  expect(tenants).toEqual([
    { path: ["tenants", "0"], name: "t", quota: { ...nothing, cpuMillicores: 1500, guests: 0 } },
    { path: ["tenants", "1"], name: "u", quota: nothing },
  ]);
});

test("only the settings that are given are set", () => {
  expect(specOf("settings: { batterySeconds: 0 }").settings).toEqual({ batterySeconds: 0 });
});

test("hosts", () => {
  const { regions } = specOf(`
regions:
  - name: r
    location: { latitude: -12.5, longitude: 180 }
    zones:
      - name: z
        dataCenters:
          - name: d
            hosts:
              - { name: one, cpuCores: 0.001, memoryMiB: 1, storageGiB: 0 }
              - { name: many, count: 2, rack: r1, cpuCores: 1.001, memoryMiB: 4096, storageGiB: 10, powered: false }
              - { name: few, count: 1, cpuCores: 8, memoryMiB: 1, storageGiB: 1, driver: simulated }
              - { name: real, cpuCores: 8, memoryMiB: 1, storageGiB: 1, driver: { libvirt: { uri: "qemu:///system" } } }
  - name: bare`);
  const hosts = regions[0]?.zones[0]?.dataCenters[0]?.hosts ?? [];
  expect(
    hosts.map(({ name, rack, powered, driver, driverUri, path }) =>
      [name, rack, powered, driver, driverUri, path.at(-1)].join(" "),
    ),
  ).toEqual([
    "one  true simulated  0",
    "many-1 r1 false simulated  1",
    "many-2 r1 false simulated  1",
    "few-1  true simulated  2",
    "real  true libvirt qemu:///system 3",
  ]);
  expect(hosts.map((host) => host.capacity.cpuMillicores)).toEqual([1, 1001, 1001, 8000, 8000]);
  expect(hosts[1]?.path.join(".")).toBe("regions.0.zones.0.dataCenters.0.hosts.1");
  expect(
    regions.map(({ latitude, longitude, zones }) => [latitude, longitude, zones.length]),
  ).toEqual([
    [-12.5, 180, 1],
    [null, null, 0],
  ]);
});

test("guests have a policy by default", () => {
  const { guests } = specOf("guests: [{ name: g, image: i, flavor: f }]");
  expect(guests).toEqual([
    {
      path: ["guests", "0"],
      name: "g",
      tenant: "default",
      flavor: "f",
      resources: null,
      image: "i",
      desired: "RUNNING",
      host: null,
      priority: "MEDIUM",
      dependsOn: [],
      maxRestarts: 1,
      maxRelocations: 1,
      failback: true,
      readyAfterSeconds: 0,
      preemptible: false,
      securityGroups: ["default"],
      allocation: null,
      workload: null,
    },
  ]);
});

test.each([
  ["{ kind: CONSTANT, cpuShare: 1 }", { kind: "CONSTANT", cpuShare: 1 }],
  [
    "{ kind: DIURNAL, minShare: 0, maxShare: 1 }",
    { kind: "DIURNAL", minShare: 0, maxShare: 1, peakHour: 14 },
  ],
  [
    "{ kind: DIURNAL, minShare: 0.5, maxShare: 0.5, peakHour: 3.5 }",
    { kind: "DIURNAL", minShare: 0.5, maxShare: 0.5, peakHour: 3.5 },
  ],
  [
    "{ kind: SPIKE, baseShare: 0, spikeShare: 1, everySeconds: 60, durationSeconds: 60 }",
    { kind: "SPIKE", baseShare: 0, spikeShare: 1, everySeconds: 60, durationSeconds: 60 },
  ],
])("the workload %s", (text, workload) => {
  const { guests } = specOf(`guests: [{ name: g, image: i, flavor: f, workload: ${text} }]`);
  expect(guests[0]?.workload).toEqual(workload);
});

describe("references to guests", () => {
  const guests = `
guests:
  - { name: web, count: 2, image: i, flavor: f, dependsOn: [db, default/cache] }
  - { name: web, tenant: shop, image: i, flavor: f, dependsOn: [db, shop/cache, elsewhere] }
  - { name: db, count: 2, image: i, flavor: f }
  - { name: db, tenant: shop, count: 3, image: i, flavor: f }
  - { name: x, image: i, flavor: f }
  - { name: x, tenant: shop, count: 2, image: i, flavor: f }`;

  test("of a guest: a name alone is one of its own tenant", () => {
    const [copy, , shop] = specOf(guests).guests;
    expect(copy?.dependsOn).toEqual(["db-1", "db-2", "cache"]);
    expect(shop?.dependsOn).toEqual(["db-1", "db-2", "db-3", "cache", "elsewhere"]);
  });

  test.each([
    ["[web]", ["web-1", "web-2"]],
    ["[web-1, web]", ["web-1", "web-2"]],
    ["[shop/web, default/x]", ["shop/web", "x"]],
    ["[x, shop/x]", ["x", "shop/x-1", "shop/x-2"]],
    ["[unknown]", ["unknown"]],
  ])("of a rule: %s, where a name alone is one of the tenant default", (names, expected) => {
    const rule = `\naffinityRules: [{ name: r, kind: GUEST, guests: ${names}, polarity: APART }]`;
    expect(specOf(guests + rule).affinityRules[0]?.guests).toEqual(expected);
  });
});

test("rules", () => {
  const { affinityRules } = specOf(`
affinityRules:
  - { name: a, kind: HOST, guests: [g], hosts: [h, { name: i }, { name: j, priority: 3 }], strict: true }
  - { name: b, kind: GUEST, guests: [g, h], polarity: TOGETHER }
  - { name: c, kind: GUEST, guests: [g, h], polarity: APART, scope: ZONE, strict: false }`);
  const hosts = [
    { name: "h", priority: 0 },
    { name: "i", priority: 0 },
    { name: "j", priority: 3 },
  ];
  expect(affinityRules).toMatchObject([
    { kind: "HOST", strict: true, hosts, polarity: null, scope: null },
    { kind: "GUEST", strict: false, hosts: [], polarity: "TOGETHER", scope: "HOST" },
    { kind: "GUEST", strict: false, hosts: [], polarity: "APART", scope: "ZONE" },
  ]);
});
