// The documents that ship, the examples of the reference, and one of the size of a real data center.

import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { parseFleetDocument } from "../../src/fleet/parse.ts";
import { parseTrace } from "../../src/fleet/trace-file.ts";
import type { FleetSpec } from "../../src/model/fleet.ts";
import { problemLines, specOf } from "./problems.ts";

function hostsOf(spec: FleetSpec) {
  return spec.regions.flatMap((region) =>
    region.zones.flatMap((zone) =>
      zone.dataCenters.flatMap((dataCenter) =>
        dataCenter.hosts.map((host) => ({ ...host, zone: zone.name })),
      ),
    ),
  );
}

describe.each(readdirSync("fleets").filter((name) => name.endsWith(".yaml")))(
  "fleets/%s",
  (name) => {
    const text = readFileSync(`fleets/${name}`, "utf8");

    test("is right, and means the same as JSON", () => {
      expect(specOf(JSON.stringify(parse(text)))).toEqual(specOf(text));
    });

    test("names only what it defines", () => {
      const spec = specOf(text);
      const flavors = new Set(spec.flavors.map((flavor) => flavor.name));
      const images = new Set(spec.images.map((image) => image.name));
      const hosts = new Set(hostsOf(spec).map((host) => host.name));
      const guests = new Set(
        spec.guests.flatMap(({ tenant, name: guest }) =>
          tenant === "default" ? [guest, `default/${guest}`] : [`${tenant}/${guest}`],
        ),
      );
      for (const guest of spec.guests) {
        if (guest.flavor !== null) expect(flavors).toContain(guest.flavor);
        expect(images).toContain(guest.image);
        if (guest.host !== null) expect(hosts).toContain(guest.host);
        for (const needed of guest.dependsOn) {
          const whole = needed.includes("/") ? needed : `${guest.tenant}/${needed}`;
          expect(guests).toContain(whole);
        }
      }
      for (const rule of spec.affinityRules) {
        for (const guest of rule.guests) expect(guests).toContain(guest);
        for (const host of rule.hosts) expect(hosts).toContain(host.name);
      }
    });

    test("leaves room for all guests when a zone is lost", () => {
      const spec = specOf(text);
      const sizes = new Map(spec.flavors.map((flavor) => [flavor.name, flavor.resources]));
      const hosts = hostsOf(spec);
      for (const key of ["cpuMillicores", "memoryMiB", "storageGiB"] as const) {
        const wanted = spec.guests
          .map((guest) => guest.resources ?? sizes.get(guest.flavor ?? ""))
          .reduce((sum, size) => sum + (size?.[key] ?? Number.NaN), 0);
        for (const zone of new Set(hosts.map((host) => host.zone))) {
          const left = hosts
            .filter((host) => host.zone !== zone)
            .reduce((sum, host) => sum + host.capacity[key], 0);
          expect(wanted).toBeLessThan(0.8 * left);
        }
      }
    });
  },
);

test("the demo shows everything that the format has", () => {
  const spec = specOf(readFileSync("fleets/demo.yaml", "utf8"));
  expect(hostsOf(spec)).toHaveLength(24);
  expect(new Set(hostsOf(spec).map((host) => host.zone)).size).toBe(5);
  expect(spec.guests).toHaveLength(60);
  const rules = spec.affinityRules.map(({ kind, polarity, strict }) =>
    [kind, polarity ?? "", strict ? "strict" : "soft"].join(" "),
  );
  expect(new Set(rules)).toEqual(
    new Set([
      "HOST  soft",
      "HOST  strict",
      "GUEST APART strict",
      "GUEST APART soft",
      "GUEST TOGETHER soft",
    ]),
  );
});

describe("docs/fleet-document.md", () => {
  const blocks = [
    ...readFileSync("docs/fleet-document.md", "utf8").matchAll(/```(yaml|text)\n([\s\S]*?)```/g),
  ].map(([, language = "", text = ""]) => ({ language, text }));
  const readTrace = () => parseTrace("1,2,3\n4,5,6\n");

  test("has examples that are right", () => {
    const examples = blocks.filter(({ language }) => language === "yaml");
    expect(examples.length).toBeGreaterThan(3);
    for (const { text } of examples.slice(0, -1)) {
      expect(problemLines(text, { readTrace })).toEqual([]);
    }
  });

  test("shows what is really said of mistakes", () => {
    const mistaken = blocks.findLast(({ language }) => language === "yaml")?.text ?? "";
    const told = blocks.findLast(({ language }) => language === "text")?.text ?? "";
    expect(problemLines(mistaken)).toEqual(told.trimEnd().split("\n"));
  });
});

/** As a recorded data center of 1,710 servers and 4,998 guests. */
function largeDocument(): string {
  const zones = ["a", "b", "c", "d"].map((letter, zone) => ({
    name: `region-1${letter}`,
    dataCenters: [
      {
        name: `dc-${letter}`,
        hosts: Array.from({ length: [425, 436, 425, 424][zone] ?? 0 }, (_, index) => ({
          name: `host-${letter}-${index}`,
          rack: `rack-${Math.floor(index / 18)}`,
          cpuCores: 48 + (index % 20) * 2,
          memoryMiB: 98304,
          storageGiB: 4000,
        })),
      },
    ],
  }));
  return JSON.stringify({
    settings: {},
    regions: [{ name: "region-1", location: { latitude: 0, longitude: 0 }, zones }],
    tenants: [{ name: "default" }],
    flavors: [{ name: "c8m16", cpuCores: 8, memoryMiB: 16384, storageGiB: 40 }],
    images: [{ name: "linux" }],
    guests: Array.from({ length: 4998 }, (_, index) => ({
      name: `g${String(index).padStart(4, "0")}`,
      flavor: "c8m16",
      image: "linux",
      desired: "RUNNING",
      workload: { kind: "TRACE", file: "traces/day.csv", row: index % 1052, intervalSeconds: 300 },
    })),
    affinityRules: Array.from({ length: 194 }, (_, rule) => ({
      name: `rule-${rule}`,
      kind: "GUEST",
      guests: Array.from({ length: 25 }, (_, i) => `g${String(rule * 25 + i).padStart(4, "0")}`),
      polarity: rule % 2 === 0 ? "APART" : "TOGETHER",
      scope: "RACK",
      strict: false,
    })),
  });
}

describe("a fleet of 1,710 hosts and 4,998 guests", () => {
  const day = Array.from({ length: 1052 }, (_, row) =>
    Array.from({ length: 288 }, (_, i) => (row + i) % 100).join(","),
  ).join("\n");
  const text = largeDocument();

  test("is read in less than a second", () => {
    const trace = parseTrace(day);
    const started = process.cpuUsage();
    const result = parseFleetDocument(text, { readTrace: () => trace });
    const { user, system } = process.cpuUsage(started);
    expect(result.ok && result.spec.guests).toHaveLength(4998);
    expect((user + system) / 1000).toBeLessThan(1000);
    if (!result.ok) return;
    expect(hostsOf(result.spec)).toHaveLength(1710);
    const [first, again] = [0, 1052].map((index) => result.spec.guests[index]?.workload);
    expect(
      first?.kind === "TRACE" && again?.kind === "TRACE" && first.shares === again.shares,
    ).toBe(true);
  });

  test("is told its mistakes in less than a second", () => {
    const broken = text.replaceAll('"desired"', '"desires"');
    const started = process.cpuUsage();
    expect(problemLines(broken)).toHaveLength(100);
    const { user, system } = process.cpuUsage(started);
    expect((user + system) / 1000).toBeLessThan(1000);
  });
});
