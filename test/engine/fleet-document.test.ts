import { beforeEach, describe, expect, test } from "vitest";
import { violations } from "../../src/engine/invariants.ts";
import type { Rejection } from "../../src/model/rejections.ts";
import { cluster } from "./cluster.ts";
import { parse, World } from "./world.ts";

const FLEET = `
  zone a: h1 8/32 @k1, h2 8/32 @k2
  zone b: h3 8/32
  guest db 1/2
  guest web 1/2 after db`;

type Item = Record<string, unknown>;
/** The document as data, to be changed in one place. */
interface Document {
  settings: Item;
  regions: { name: string; zones: { name: string; dataCenters: unknown[] }[] }[];
  guests: Item[];
  affinityRules: Item[];
}

function changed(change: (document: Document) => void, fleet = FLEET): string {
  const document = JSON.parse(cluster(fleet));
  change(document);
  return JSON.stringify(document);
}

describe("a fleet document", () => {
  let world: World;
  const plan = (document: string, options = {}) => {
    const { outcome } = world.apply(document, options);
    if (outcome?.kind !== "FLEET") throw new Error("That was no plan");
    return outcome.changes.map(({ action, type, name, details }) =>
      [action, type, name, ...details].join(" "),
    );
  };
  const refusal = (document: string, prune = false): Rejection | null =>
    world.try({ kind: "APPLY_FLEET", spec: parse(document), dryRun: false, prune }).rejection;

  beforeEach(() => {
    world = new World(cluster(FLEET)).advance(30);
  });

  test("makes a fleet, from the outside in", () => {
    world = new World();
    expect(plan(cluster(FLEET))).toEqual([
      "CREATE Region near",
      "CREATE Zone a",
      "CREATE DataCenter a-dc1",
      "CREATE Rack k1",
      "CREATE Rack k2",
      "CREATE Host h1",
      "CREATE Host h2",
      "CREATE Zone b",
      "CREATE DataCenter b-dc1",
      "CREATE Host h3",
      "CREATE Tenant default",
      "CREATE Image linux",
      "CREATE Guest db",
      "CREATE Guest web",
    ]);
    expect(world.of("FleetApplied")[0]?.payload).toEqual({ created: 14, updated: 0, deleted: 0 });
    expect(world.events.slice(1, 15).every(({ causeSeq }) => causeSeq === 1)).toBe(true);
  });

  test("applied again does nothing and says nothing", () => {
    const { seq } = world.state.meta;
    expect(plan(cluster(FLEET))).toEqual([]);
    expect(plan(cluster(FLEET), { prune: true })).toEqual([]);
    expect(world.state.meta.seq).toBe(seq);
  });

  test("can be tried without changing anything", () => {
    const document = changed((it) => it.guests.push({ ...it.guests[0], name: "new" }));
    const before = JSON.stringify(world.state.snapshot());
    expect(plan(document, { dryRun: true })).toEqual(["CREATE Guest new"]);
    expect(JSON.stringify(world.state.snapshot())).toBe(before);
    expect(plan(document)).toEqual(["CREATE Guest new"]);
  });

  test("a trial finds what only the doing would find", () => {
    const document = changed((it) => set(it.guests, 0, size(9, 2)));
    const spec = parse(document);
    const command = { kind: "APPLY_FLEET", spec, prune: false } as const;
    const tried = world.try({ ...command, dryRun: true }).rejection;
    expect(tried).toMatchObject({ code: "NO_CAPACITY", problems: [{ path: ["guests", "0"] }] });
    expect(world.try({ ...command, dryRun: false }).rejection).toEqual(tried);
  });

  test.each<[string, (document: Document) => void, string[]]>([
    [
      "a guest is stopped",
      (it) => set(it.guests, 1, { desired: "STOPPED" }),
      ['UPDATE Guest web desired: "RUNNING" → "STOPPED"'],
    ],
    [
      "a guest is resized",
      (it) => set(it.guests, 1, size(2, 4)),
      ["UPDATE Guest web cpuCores: 1 → 2 memoryMiB: 2048 → 4096"],
    ],
    [
      "a guest's policy",
      (it) => set(it.guests, 1, { priority: "HIGH", host: "h2" }),
      ['UPDATE Guest web host: null → "h2" priority: "MEDIUM" → "HIGH"'],
    ],
    [
      "a host grows",
      (it) => set(hosts(it), 0, { cpuCores: 16 }),
      ["UPDATE Host h1 cpuCores: 8 → 16"],
    ],
    [
      "a host's power model",
      (it) => set(hosts(it), 0, { powerModel: "hp-proliant-ml110-g4" }),
      ['UPDATE Host h1 powerModel: null → "hp-proliant-ml110-g4"'],
    ],
    [
      "settings",
      (it) => Object.assign(it.settings, { watchdogSeconds: 30 }),
      ["UPDATE Settings settings watchdogSeconds: 9 → 30"],
    ],
    [
      "a tenant's quota",
      (it) => Object.assign(it, { tenants: [{ name: "default", quota: { guests: 5 } }] }),
      ["UPDATE Tenant default guests: null → 5"],
    ],
    [
      "a region's place",
      (it) => set(it.regions, 0, { location: { latitude: 1, longitude: 2 } }),
      ["UPDATE Region near latitude: null → 1 longitude: null → 2"],
    ],
    [
      "a rule",
      (it) => it.affinityRules.push(apart(["db", "web"], false)),
      ["CREATE AffinityRule r"],
    ],
  ])("changes what differs: %s", (_what, change, expected) => {
    const document = changed(change);
    expect(plan(document)).toEqual(expected);
    world.advance(30);
    expect(plan(document)).toEqual([]);
    expect(violations(world.state)).toEqual([]);
  });

  test("that asks for another state puts an end to what was under way", () => {
    world.do({ kind: "STOP_GUEST", guestId: world.guest("web").id });
    world.advance(20).do({ kind: "START_GUEST", guestId: world.guest("web").id });
    world.apply(changed((it) => set(it.guests, 1, { desired: "STOPPED" })));
    expect(world.advance(20).guest("web").status).toBe("STOPPED");
    expect(world.of("OperationSuperseded").at(-1)?.message).toBe(
      "START_GUEST of web gave way: the fleet document asks for STOPPED",
    );
  });

  test.each<[string, (document: Document) => void, string, string[]]>([
    ["a guest's image", guest({ image: "no" }), "there is no image no", ["guests", "1", "image"]],
    ["a guest's host", guest({ host: "no" }), "there is no host no", ["guests", "1", "host"]],
    [
      "a guest's tenant",
      guest({ tenant: "no" }),
      "there is no tenant no",
      ["guests", "1", "tenant"],
    ],
    [
      "a guest's flavor",
      guest({ flavor: "no", resources: undefined }),
      "there is no flavor no",
      ["guests", "1", "flavor"],
    ],
    [
      "a circle of guests",
      (it) => set(it.guests, 0, { dependsOn: ["web"] }),
      "circle: db → web → db",
      ["guests", "0", "dependsOn"],
    ],
    [
      "a circle through a guest that the document does not name",
      (it) => {
        it.guests.splice(1, 1);
        set(it.guests, 0, { dependsOn: ["web"] });
      },
      "circle: db → web → db",
      ["guests", "0", "dependsOn"],
    ],
    [
      "a zone that moves",
      (it) => {
        const zones = it.regions[0]?.zones.splice(1, 1) ?? [];
        it.regions.push({ name: "other", zones });
      },
      "Zone b belongs to region near",
      ["regions", "1", "zones", "0"],
    ],
    [
      "a host that moves to another rack",
      (it) => set(hosts(it), 0, { rack: "k9" }),
      "Host h1 stands elsewhere (a, a-dc1, k1)",
      ["regions", "0", "zones", "0", "dataCenters", "0", "hosts", "0"],
    ],
    [
      "a host that moves to a data center of the same name",
      (it) => {
        const dataCenter = { name: "a-dc1", hosts: hosts(it).splice(0, 1) };
        it.regions[0]?.zones[1]?.dataCenters.push(dataCenter);
      },
      "Host h1 stands elsewhere (a, a-dc1, k1)",
      ["regions", "0", "zones", "1", "dataCenters", "1", "hosts", "0"],
    ],
    [
      "a host too small for what is on it",
      (it) => set(hosts(it), 0, { memoryMiB: 1024 }),
      "Host h1 has guests that take 2048 memoryMiB",
      ["regions", "0", "zones", "0", "dataCenters", "0", "hosts", "0"],
    ],
    [
      "a driver that is not there",
      (it) => set(hosts(it), 0, { driver: { libvirt: { uri: "test:///" } } }),
      "Driver libvirt is not available here",
      ["regions", "0", "zones", "0", "dataCenters", "0", "hosts", "0", "driver"],
    ],
    [
      "a quota that is too small already",
      (it) =>
        Object.assign(it, { tenants: [{ name: "default", quota: { guests: 1 } }], guests: [] }),
      "Tenant default may have 1 guests and would have 2",
      ["tenants", "0"],
    ],
    [
      "times that do not fit each other",
      (it) => Object.assign(it.settings, { suspectAfterSeconds: 1 }),
      "suspectAfterSeconds must be at least two heartbeats",
      ["settings"],
    ],
    [
      "a watchdog without the patience for one heartbeat",
      (it) => Object.assign(it.settings, { watchdogSeconds: 1 }),
      "watchdogSeconds must be longer than heartbeatSeconds",
      ["settings"],
    ],
    [
      "a rule about nobody",
      (it) => it.affinityRules.push(apart(["db", "no"], false)),
      "there is no guest no",
      ["affinityRules", "0", "guests"],
    ],
  ])("is refused for %s", (_what, change, message, path) => {
    const before = JSON.stringify(world.state.snapshot());
    const rejection = refusal(changed(change));
    expect(rejection?.problems?.map((problem) => problem.message).join()).toContain(message);
    expect(rejection?.problems?.map((problem) => problem.path)).toContainEqual(path);
    expect(rejection).toMatchObject({ code: "INVALID_INPUT", path: ["document"] });
    expect(JSON.stringify(world.state.snapshot())).toBe(before);
  });

  test.each<[string, (document: Document) => void, string]>([
    [
      "a rule that needs more places than there are",
      (it) => {
        for (const name of ["c", "d"]) it.guests.push({ ...it.guests[0], name });
        it.affinityRules.push(apart(["db", "web", "c", "d"], true));
      },
      "it keeps db, web, c and 1 more on different hosts, and there are not enough such places",
    ],
    [
      "company that no host is large enough for",
      (it) => {
        const large = { ...it.guests[0], desired: "STOPPED", ...size(5, 2) };
        it.guests.push({ ...large, name: "c" }, { ...large, name: "d" });
        const rule = { ...apart(["c", "d"], true), polarity: "TOGETHER" };
        it.affinityRules.push(rule);
      },
      "Rule r: no host is large enough for all its guests together.",
    ],
    [
      "a guest that none of its hosts is large enough for",
      (it) => {
        it.guests.push({ ...it.guests[0], name: "c", desired: "STOPPED", ...size(9, 2) });
        it.affinityRules.push({
          ...{ name: "r", kind: "HOST", strict: true },
          ...{ guests: ["db", "c"], hosts: ["h1", "h2"] },
        });
      },
      "Rule r: none of its hosts is large enough for guest c.",
    ],
  ])("is accepted with a warning of %s", (_what, change, message) => {
    const { outcome } = world.apply(changed(change));
    const [warning, ...more] = outcome?.kind === "FLEET" ? outcome.warnings : [];
    expect(warning?.message).toContain(message);
    expect(warning?.path).toEqual(["affinityRules", "0"]);
    expect(more).toEqual([]);
  });

  test("takes a chain of dependencies as long as it likes", () => {
    const guests = Array.from({ length: 15_000 }, (_, index) => ({
      name: `g${index}`,
      resources: { cpuCores: 1, memoryMiB: 1, storageGiB: 0 },
      image: "linux",
      desired: "STOPPED",
      dependsOn: index === 0 ? [] : [`g${index - 1}`],
    }));
    expect(refusal(changed((it) => Object.assign(it, { guests: guests.reverse() })))).toBeNull();
  });

  test("lets guests grow and shrink within a quota, in whatever order", () => {
    const quota = (it: Document) =>
      Object.assign(it, { tenants: [{ name: "default", quota: { cpuCores: 2 } }] });
    world.apply(changed(quota));
    const document = changed((it) => {
      quota(it);
      set(it.guests, 0, size(1.5, 2));
      set(it.guests, 1, size(0.5, 2));
    });
    expect(refusal(document)).toBeNull();
    world.advance(10);
    expect(violations(world.state)).toEqual([]);
  });

  describe("that prunes", () => {
    test("removes what it does not name, guests first", () => {
      const document = changed((it) => it.guests.splice(1, 1));
      expect(plan(document, { prune: true })).toEqual(["DELETE Guest web"]);
      expect(world.guest("web").deleting).toBe(true);
      world.advance(20);
      expect(Object.keys(world.statuses())).toEqual(["db"]);
      expect(plan(document, { prune: true })).toEqual([]);
    });

    test("removes hosts and places where nothing is, with the faults there", () => {
      world.inject("ZONE_COOLING", "b");
      world.inject("HOST_NETWORK", "h3");
      const document = changed((it) => it.regions[0]?.zones.splice(1, 1));
      expect(plan(document, { prune: true })).toEqual([
        "DELETE Host h3",
        "DELETE DataCenter b-dc1",
        "DELETE Zone b",
      ]);
      expect(world.state.tables.Fault.size).toBe(0);
      world.advance(60);
      expect(violations(world.state)).toEqual([]);
    });

    test("keeps a rack whose hosts are all replaced by new ones", () => {
      const fleet = (host: string) => cluster(`zone a: ${host} 4/8 @k9, h0 4/8`);
      world = new World(fleet("old")).advance(30);
      expect(plan(fleet("new"), { prune: true })).toEqual(["CREATE Host new", "DELETE Host old"]);
      const { rackId } = world.host("new");
      expect(world.state.tables.Rack.find(rackId ?? 0)?.name).toBe("k9");
    });

    test("never gives an id twice", () => {
      const document = changed((it) => it.guests.splice(1, 1));
      const { id } = world.guest("web");
      world.apply(document, { prune: true });
      world.advance(20).apply(cluster(FLEET));
      expect(world.guest("web").id).toBeGreaterThan(id);
    });

    test("keeps what its guests are made of, listed or not", () => {
      world.apply(
        changed((it) =>
          Object.assign(it, {
            flavors: [{ name: "s", cpuCores: 1, memoryMiB: 64, storageGiB: 1 }],
          }),
        ),
      );
      const document = changed((it) =>
        it.guests.push({ name: "new", flavor: "s", image: "linux" }),
      );
      expect(plan(document, { prune: true })).toEqual(["CREATE Guest new"]);
      expect(violations(world.state)).toEqual([]);
    });

    test("keeps the flavor of a size that a new guest has, and the last one had", () => {
      const big = { name: "big", ...size(3, 3), image: "linux", desired: "STOPPED" };
      world.apply(changed((it) => it.guests.push(big)));
      world.do({ kind: "DELETE_GUEST", guestId: world.guest("big").id });
      world.apply(
        changed((it) => it.guests.push({ ...big, name: "next" })),
        { prune: true },
      );
      expect(violations(world.advance(20).state)).toEqual([]);
    });

    test.each<[string, (document: Document) => void, string]>([
      ["a host with guests on it", (it) => hosts(it).splice(0, 1), "Host h1 cannot be removed"],
      [
        "a guest that another depends on",
        (it) => it.guests.splice(0, 1),
        "guest db is not in the document",
      ],
      [
        "a guest that a rule speaks of",
        (it) => {
          it.guests.splice(1, 1);
          it.affinityRules.push(apart(["db", "web"], false));
        },
        "guest web is not in the document",
      ],
    ])("does not remove %s", (_what, change, message) => {
      const problems = refusal(changed(change), true)?.problems ?? [];
      expect(problems.map((problem) => problem.message).join()).toContain(message);
    });

    test("makes room in a quota by the guests that go", () => {
      const document = changed((it) => {
        it.guests.splice(1, 1);
        Object.assign(it, { tenants: [{ name: "default", quota: { guests: 1 } }] });
      });
      expect(refusal(document)?.code).toBe("INVALID_INPUT");
      expect(refusal(document, true)).toBeNull();
      expect(violations(world.state)).toEqual([]);
    });

    test("is asked to wait for a guest that is going when it is wanted again", () => {
      world.apply(
        changed((it) => it.guests.splice(1, 1)),
        { prune: true },
      );
      expect(refusal(cluster(FLEET))?.message).toContain("Guest web is being deleted");
    });
  });
});

function size(cpuCores: number, gib: number) {
  return { resources: { cpuCores, memoryMiB: gib * 1024, storageGiB: 1 } };
}

function apart(guests: string[], strict: boolean) {
  return { name: "r", kind: "GUEST", polarity: "APART", scope: "HOST", guests, strict };
}

/** Other fields of the guest `web`, on its own. */
function guest(fields: object): (document: Document) => void {
  return (document) => set(document.guests, 1, { dependsOn: [] }, fields);
}

function set(list: readonly object[], index: number, ...fields: object[]): void {
  Object.assign(list[index] as object, ...fields);
}

/** The hosts of the first zone. */
function hosts(document: Document): Item[] {
  const [dataCenter] = document.regions[0]?.zones[0]?.dataCenters ?? [];
  return (dataCenter as { hosts: Item[] }).hosts;
}
