// What a text may hold before anybody asks what it means: syntax, positions and hostile constructions.

import { describe, expect, test } from "vitest";
import { parseFleetDocument } from "../../src/fleet/parse.ts";
import { problemLines, problemsOf, specOf } from "./problems.ts";

describe("YAML", () => {
  test.each([
    ["a syntax error", "guests:\n  - { name: g", /^2:\d+ not valid YAML: flow map/i],
    ["a tab for indentation", "guests:\n\t- name: g", /^2:1 not valid YAML: tabs/],
    [
      "two documents",
      "images: []\n---\nimages: []",
      /^2:1 not valid YAML: source contains multiple/,
    ],
    [
      "a key twice",
      "images: []\nflavors: []\nimages: []",
      "3:1 images: the key `images` is given twice",
    ],
    ["a custom tag", "images: !evil []", /^1:9 not valid YAML: unresolved tag: !evil/],
    ["a language's tag", "images: !!js/function 'x'", /^1:9 not valid YAML: unresolved tag/],
    ["a tag of YAML 1.1", "images: !!binary aGk=", /^1:9 not valid YAML: unresolved tag/],
    [
      "a merge key",
      "images:\n  - &a { name: i }\n  - { <<: *a }",
      "3:5 images[1]: merge keys (`<<`) are not supported; write the keys out",
    ],
    ["a list for a key", "? [a]\n: 1", "1:1 keys must be plain text"],
    [
      "an alias to nothing",
      "images: *gone",
      "1:1 images: there is no anchor `gone` before this alias",
    ],
    [
      "an alias before its anchor",
      "images: *a\nflavors: &a []",
      /^1:1 images: there is no anchor `a`/,
    ],
    ["a directive", "%EVIL on\n---\nimages: []", /^1:1 not valid YAML: unknown directive/],
  ])("refuses %s", (_, text, expected) => {
    const lines = problemLines(text);
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatch(expected);
  });

  test("reads anchors and aliases, the newest of each name", () => {
    const { guests } = specOf(`
guests:
  - { name: a, image: i, resources: &size { cpuCores: 1, memoryMiB: 1024, storageGiB: 1 } }
  - { name: b, image: i, resources: *size }
  - { name: c, image: i, resources: &size { cpuCores: 2, memoryMiB: 2048, storageGiB: 1 } }
  - { name: d, image: i, resources: *size }`);
    expect(guests.map((guest) => guest.resources?.memoryMiB)).toEqual([1024, 1024, 2048, 2048]);
  });

  test("points at the alias's own text for a mistake in what it stands for", () => {
    const text = "images:\n  - &a { name: 7 }\n  - *a";
    expect(problemLines(text)).toEqual([
      "2:16 images[0].name: must be text, not 7; put it in quotes",
      "2:16 images[1].name: must be text, not 7; put it in quotes",
    ]);
  });

  test("refuses aliases that multiply", () => {
    const laughs = Array.from({ length: 12 }, (_, i) =>
      i === 0
        ? "a0: &a0 [x]"
        : `a${i}: &a${i} [${Array(10)
            .fill(`*a${i - 1}`)
            .join(", ")}]`,
    );
    const started = process.cpuUsage();
    expect(problemLines(laughs.join("\n"))[0]).toMatch(/more than 500000 values/);
    expect(process.cpuUsage(started).user / 1000).toBeLessThan(5000);
  });

  test("refuses aliases that hold themselves", () => {
    expect(problemLines("guests: &a [*a]")[0]).toMatch(/nested deeper than 40 levels/);
    expect(problemLines("guests: &a [*a, *a]")[0]).toMatch(/nested deeper than 40 levels/);
  });

  test.each([
    ["flow lists", "[".repeat(50_000)],
    ["closed flow lists", "[".repeat(50_000) + "]".repeat(50_000)],
    ["block lists", `${"- ".repeat(50_000)}x`],
    ["questions", "? ".repeat(50_000)],
    ["groups", `guests: ${"{a: ".repeat(5000)}1${"}".repeat(5000)}`],
    ["moderate depth", `guests: ${"[".repeat(60)}${"]".repeat(60)}`],
  ])("refuses deep nesting: %s", (_, text) => {
    expect(problemLines(text)[0]).toMatch(/nested deeper than 40 levels/);
  });

  test("takes time in proportion to the keys of one group", () => {
    const text = Array.from({ length: 20_000 }, (_, i) => `k${i}: 1`).join("\n");
    expect(problemsOf(text)).toHaveLength(100);
  });

  test("refuses what is too long, and says that JSON may be longer", () => {
    const words = "? the document is too long for YAML; write it as JSON";
    expect(problemLines(`# ${"x".repeat(5_000_000)}`)).toEqual([words]);
    expect(problemLines(`guests: [${"1,".repeat(1_000_000)}]`)).toEqual([words]);
  });
});

describe("JSON", () => {
  test.each([
    [
      "a key twice",
      '{\n "images": [],\n "images": []\n}',
      "3:2 images: the key `images` is given twice",
    ],
    [
      "a key twice, written differently",
      '{"images": [{"name": "a", "n\\u0061me": "b"}]}',
      "1:27 images[0].name: the key `name` is given twice",
    ],
    ["a number beyond all numbers", '{"settings": {"heartbeatSeconds": 1e999}}', /not Infinity$/],
    [
      "a key of prototypes",
      '{"__proto__": {"guests": []}}',
      "1:2 __proto__: unknown key `__proto__`",
    ],
    [
      "deep nesting",
      `{"guests": ${"[".repeat(100_000)}${"]".repeat(100_000)}}`,
      /nested deeper than 40/,
    ],
  ])("refuses %s", (_, text, expected) => {
    const lines = problemLines(text);
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatch(expected);
  });

  test("finds the lines of paths, past strings that look like structure", () => {
    const text = JSON.stringify(
      { images: [{ name: "a" }, { name: '},"]\\"' }, { name: "c", bootSeconds: -1 }] },
      null,
      2,
    );
    expect(problemLines(text)).toEqual([
      expect.stringMatching(/^7:15 images\[1\]\.name: may hold letters/),
      "11:22 images[2].bootSeconds: must be a number of at least 0, not -1",
    ]);
  });

  test("is read with a byte order mark before it", () => {
    expect(parseFleetDocument("\uFEFF{}").ok).toBe(true);
  });

  test("that is broken is told as such, however long it is", () => {
    expect(problemLines('{"images": [')[0]).toMatch(/not valid YAML/);
    const long = `{"images": [${'{"name": "i"},'.repeat(400_000)}`;
    expect(problemLines(long)[0]).toMatch(/^\? not valid JSON: /);
  });

  test("that is too large is refused unread", () => {
    expect(problemLines(`"${"x".repeat(17_000_000)}"`)).toEqual([
      "? the document is too large: 17000002 bytes, of 16777216 at most",
    ]);
  });
});

describe("locate", () => {
  const yaml = "images:\n  - name: i\nguests:\n  - name: g\n    image: i\n    flavor: f\n";
  const json =
    '{\n "images": [{"name": "i"}],\n "guests": [\n  {"name": "g", "image": "i",\n   "flavor": "f"}]}';

  test.each([
    [["guests", "0", "flavor"], { line: 6, column: 13 }, { line: 5, column: 14 }],
    [["guests", "0"], { line: 4, column: 5 }, { line: 4, column: 3 }],
    [["guests"], { line: 3, column: 1 }, { line: 3, column: 12 }],
    [["guests", "0", "host"], { line: 4, column: 5 }, { line: 4, column: 3 }],
    [["guests", "7"], { line: 3, column: 1 }, { line: 3, column: 2 }],
    [[], { line: 1, column: 1 }, { line: 1, column: 1 }],
  ])("finds %j", (path, inYaml, inJson) => {
    const results = [yaml, json].map((text) => parseFleetDocument(text));
    const places = results.map((result) => (result.ok ? result.locate(path) : "wrong"));
    expect(places).toEqual([inYaml, inJson]);
  });
});
