import { describe, expect, test } from "vitest";
import { isSatisfiable } from "../../src/engine/controllers/contradictions/satisfiable.ts";
import { domainOfSite, type Site } from "../../src/engine/controllers/contradictions/sites.ts";
import { violations } from "../../src/engine/invariants.ts";
import type { AffinityRule } from "../../src/model/entities.ts";
import type { AffinityRuleId, GuestId, HostId } from "../../src/model/ids.ts";
import { POLARITIES, RULE_SCOPES } from "../../src/model/statuses.ts";
import { cluster } from "./cluster.ts";
import { Chance } from "./random.ts";
import { parse, World } from "./world.ts";

const FLEET = `
  zone a: h1 8/32 @k1, h2 8/32 @k1, h3 8/32 @k2
  zone b: h4 8/32
  guest a 1/2
  guest b 1/2
  guest c 1/2
  guest d 1/2
  guest e 1/2`;

function rulesOutOfForce(world: World): Record<string, string[]> {
  const { AffinityRule: rules } = world.state.tables;
  return Object.fromEntries(
    rules
      .sorted()
      .filter(({ contradicts }) => contradicts.length > 0)
      .map((rule) => [rule.name, rule.contradicts.map((id) => rules.get(id).name)]),
  );
}

function warnings(world: World, document: string): string[] {
  const { outcome } = world.apply(document);
  if (outcome?.kind !== "FLEET") throw new Error("That was no plan");
  return outcome.warnings.map(({ path, message }) => `${path.join(".")}: ${message}`);
}

describe("strict rules that can't all be obeyed", () => {
  test.each<[string, string, Record<string, string[]>]>([
    [
      "two that want the same guests together and apart",
      "together a b per RACK strict\napart b a per HOST strict\napart c d per HOST strict",
      {},
    ],
    [
      "two that want the same guests on one host and in different racks",
      "together a b per HOST strict\napart b a per RACK strict\napart c d per HOST strict",
      { "together-a": ["apart-b"], "apart-b": ["together-a"] },
    ],
    [
      "a chain of company that ends in distance",
      "together a b per RACK strict\ntogether b c per ZONE strict\napart c a per ZONE strict",
      {
        "together-a": ["together-b", "apart-c"],
        "together-b": ["together-a", "apart-c"],
        "apart-c": ["together-a", "together-b"],
      },
    ],
    [
      "hosts in common with nobody, along a chain",
      "keep a on h1 h2 strict\ntogether a b per HOST strict\nkeep b on h3 strict",
      {
        "keep-a": ["together-a", "keep-b"],
        "together-a": ["keep-a", "keep-b"],
        "keep-b": ["keep-a", "together-a"],
      },
    ],
    ["hosts in common with somebody", "keep a on h1 h2 strict\nkeep b a on h2 h3 strict", {}],
    ["more guests apart than hosts", "apart a b c d e per HOST strict", { "apart-a": ["apart-a"] }],
    [
      "as many guests apart as racks, one of them a host without",
      "apart a b c per RACK strict",
      {},
    ],
    ["more guests apart than zones", "apart a b c per ZONE strict", { "apart-a": ["apart-a"] }],
    [
      "more guests apart than the hosts that they are kept on",
      "keep a b c on h1 h2 strict\napart b c a per HOST strict",
      { "keep-a": ["apart-b"], "apart-b": ["keep-a"] },
    ],
    [
      "pairs that need more zones than there are",
      "apart a b per ZONE strict\napart b c per ZONE strict\napart c a per ZONE strict",
      {
        "apart-a": ["apart-b", "apart-c"],
        "apart-b": ["apart-a", "apart-c"],
        "apart-c": ["apart-a", "apart-b"],
      },
    ],
    [
      "two contradictions at once",
      "keep a on h1 strict\nkeep b a on h2 strict\ntogether c d per HOST strict\napart d c per ZONE strict",
      {
        "keep-a": ["keep-b"],
        "keep-b": ["keep-a"],
        "together-c": ["apart-d"],
        "apart-d": ["together-c"],
      },
    ],
    ["rules that are mere wishes", "keep a on h1\nkeep b a on h2 strict", {}],
  ])("%s", (_what, rules, expected) => {
    const world = new World(cluster(`${FLEET}\n${rules}`)).advance(30);
    expect(rulesOutOfForce(world)).toEqual(expected);
    expect(violations(world.state)).toEqual([]);
    expect(new Set(Object.values(world.statuses()))).toEqual(new Set(["RUNNING"]));
  });

  test("say which others they contradict, in the log and to whoever applies them", () => {
    const world = new World();
    const document = cluster(`${FLEET}\nkeep a on h1 strict\nkeep b a on h2 h3 strict`);
    const told = [
      "affinityRules.0: Rule keep-a is not obeyed: it can't be obeyed together with rule keep-b, which keeps b, a on h2, h3.",
      "affinityRules.1: Rule keep-b is not obeyed: it can't be obeyed together with rule keep-a, which keeps a on h1.",
    ];
    expect(warnings(world, document)).toEqual(told);
    expect(world.of("AffinityRuleDisabled").map(({ message }) => message)).toEqual([
      "Affinity rule keep-a is not obeyed: it can't be obeyed together with rule keep-b, which keeps b, a on h2, h3",
      "Affinity rule keep-b is not obeyed: it can't be obeyed together with rule keep-a, which keeps a on h1",
    ]);
    // Nothing has changed, and it is as true as before.
    expect(warnings(world, document)).toEqual(told);
    expect(world.of("AffinityRuleDisabled")).toHaveLength(2);
  });

  test.each<[string, string]>([
    ["is written otherwise", `${FLEET}\nkeep a on h1 strict\nkeep b a on h1 strict`],
    ["is no longer strict", `${FLEET}\nkeep a on h1 strict\nkeep b a on h2`],
    ["is gone", `${FLEET}\nkeep a on h1 strict`],
  ])("are obeyed again when one of them %s", (_what, next) => {
    const world = new World(cluster(`${FLEET}\nkeep a on h1 strict\nkeep b a on h2 strict`));
    expect(Object.keys(rulesOutOfForce(world))).toEqual(["keep-a", "keep-b"]);
    world.apply(cluster(next), { prune: true });
    expect(rulesOutOfForce(world)).toEqual({});
    expect(world.of("AffinityRuleEnabled").map(({ message }) => message)).toContain(
      "Affinity rule keep-a is obeyed again",
    );
  });

  test("are obeyed again when one of them is disabled, which is no longer out of force by itself", () => {
    const world = new World(cluster(`${FLEET}\nkeep a on h1 strict\nkeep b a on h2 strict`));
    const document = JSON.parse(cluster(`${FLEET}\nkeep a on h1 strict\nkeep b a on h2 strict`));
    document.affinityRules[1].disabled = true;
    world.apply(JSON.stringify(document));
    expect(rulesOutOfForce(world)).toEqual({});
    expect(world.of("AffinityRuleEnabled")).toHaveLength(1);
  });

  test("are obeyed again when a host comes, and not when it goes", () => {
    const rules = "apart a b c d e per HOST strict";
    const world = new World(cluster(`${FLEET}\n${rules}`));
    const more = `${FLEET.replace("h4 8/32", "h4 8/32, h5 8/32")}\n${rules}`;
    world.apply(cluster(more));
    expect(rulesOutOfForce(world)).toEqual({});
    world.apply(cluster(`${FLEET}\n${rules}`), { prune: true });
    expect(Object.keys(rulesOutOfForce(world))).toEqual(["apart-a"]);
  });

  test("are obeyed again when a guest is deleted", () => {
    const world = new World(cluster(`${FLEET}\napart a b c d e per HOST strict`)).advance(30);
    world.do({ kind: "DELETE_GUEST", guestId: world.guest("e").id });
    world.advance(30);
    expect(rulesOutOfForce(world)).toEqual({});
    expect(world.state.tables.AffinityRule.sorted()[0]?.guestIds).toHaveLength(4);
  });

  test("do not lose hosts by their being down", () => {
    const world = new World(cluster(`${FLEET}\napart a b c d per HOST strict`)).advance(30);
    world.inject("HOST_POWER", "h1");
    world.advance(60);
    expect(rulesOutOfForce(world)).toEqual({});
  });

  test("are found among many within bounds", () => {
    const zones = "zone a: h1 8/32, h2 8/32, h3 8/32";
    const names = Array.from({ length: 200 }, (_, index) => `g${index}`);
    const chain = names.slice(1).map((name, index) => `apart ${name} g${index} per HOST strict`);
    const document = [zones, ...names.map((name) => `guest ${name} 1/1 STOPPED`), ...chain];
    const world = new World(
      cluster(
        [...document, "keep g0 on h1 strict", "together g199 g0 g7 per HOST strict"].join("\n"),
      ),
    );
    expect(rulesOutOfForce(world)).toEqual({});
    world.apply(
      cluster([...document, "keep g0 on h1 strict", "together g0 g1 per HOST strict"].join("\n")),
      { prune: true },
    );
    expect(rulesOutOfForce(world)).toEqual({
      "apart-g1": ["together-g0"],
      "together-g0": ["apart-g1"],
    });
  });
});

test("a dry run tells of contradictions and changes nothing", () => {
  const world = new World();
  const spec = parse(cluster(`${FLEET}\napart a b c per ZONE strict`));
  const { outcome, events } = world.do({ kind: "APPLY_FLEET", spec, dryRun: true, prune: false });
  expect(outcome).toMatchObject({
    warnings: [
      {
        path: ["affinityRules", "0"],
        message:
          "Rule apart-a is not obeyed: nothing can satisfy it: it keeps a, b, c on different zones, and there are not enough such places.",
      },
    ],
  });
  expect(events).toEqual([]);
});

/** Every way of placing the guests, one after the other. */
function someWayObeys(rules: readonly AffinityRule[], sites: readonly Site[], guests: number) {
  const placed: Site[] = [];
  const obeyed = () =>
    rules.every(({ kind, polarity, scope, hosts, guestIds }) => {
      const at = guestIds.map((id) => placed[id]).filter((site) => site !== undefined);
      if (kind === "HOST")
        return at.every(({ host }) => hosts.some(({ hostId }) => hostId === host));
      const domains = new Set(at.map((site) => domainOfSite(scope ?? "HOST", site))).size;
      return polarity === "APART" ? domains === at.length : domains < 2;
    });
  const place = (guest: number): boolean => {
    if (!obeyed()) return false;
    if (guest === guests) return true;
    return sites.some((site) => {
      placed[guest] = site;
      const found = place(guest + 1);
      placed.length = guest;
      return found;
    });
  };
  return place(0);
}

function randomRule(chance: Chance, id: number, sites: readonly Site[], guests: number) {
  const ids = Array.from({ length: guests }, (_, index) => index);
  const kind = chance.is(0.3) ? "HOST" : "GUEST";
  const hosts = chance.some(sites, 2).map(({ host }) => ({ hostId: host as HostId, priority: 0 }));
  return {
    id: id as AffinityRuleId,
    name: `r${id}`,
    kind: hosts.length === 0 ? "GUEST" : kind,
    strict: true,
    guestIds: chance.some(ids, 4) as GuestId[],
    hosts,
    polarity: chance.of(POLARITIES),
    scope: chance.of(RULE_SCOPES),
    disabled: false,
    contradicts: [],
  } as const satisfies AffinityRule;
}

test("what can't be is told from what can, as by trying everything", () => {
  const answers = { possible: 0, impossible: 0 };
  for (let seed = 1; seed <= 1_500; seed++) {
    const chance = new Chance(seed);
    const sites = Array.from({ length: chance.int(1, 5) }, (_, index) => {
      const zone = 300 + chance.int(0, 1);
      const host = 100 + index;
      return { host, rack: chance.is(0.3) ? host : zone * 10 + chance.int(0, 1), zone };
    });
    const guests = chance.int(2, 5);
    const rules = Array.from({ length: chance.int(1, 5) }, (_, index) =>
      randomRule(chance, index + 1, sites, guests),
    ).filter(({ guestIds }) => guestIds.length > 0);
    const expected = someWayObeys(rules, sites, guests);
    answers[expected ? "possible" : "impossible"]++;
    expect(isSatisfiable(rules, sites), `seed ${seed}`).toBe(expected);
  }
  expect(Math.min(...Object.values(answers))).toBeGreaterThan(300);
});
