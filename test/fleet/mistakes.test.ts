import { describe, expect, test } from "vitest";
import { parseFleetDocument } from "../../src/fleet/parse.ts";
import { CASES } from "./cases.ts";
import { problemLines, problemsOf } from "./problems.ts";

describe("a mistake is told with its place", () => {
  test.each(CASES)("$name", ({ text, problems }) => {
    expect(problemLines(text)).toEqual(problems);
  });
});

test("each problem carries its path as keys and indices", () => {
  const [problem] = problemsOf("guests:\n  - { name: g, image: i, flavor: f, count: 0 }");
  expect(problem).toMatchObject({ path: ["guests", "0", "count"], line: 2, column: 44 });
});

test("a document is empty when it says nothing at all", () => {
  for (const text of ["", "\n# a comment\n", "null", "---\n"]) {
    expect(problemLines(text)).toEqual([
      "? the document is empty; write `{}` for one that asks for nothing",
    ]);
  }
  expect(parseFleetDocument("{}").ok).toBe(true);
});

test("all mistakes are told, in the order of the text, up to a hundred", () => {
  const wrong = Array.from({ length: 500 }, () => "  - { nmae: x }").join("\n");
  const problems = problemsOf(`guests:\n${wrong}`);
  expect(problems).toHaveLength(100);
  const lines = problems.map((problem) => problem.line ?? 0);
  expect(lines).toEqual(lines.toSorted((a, b) => a - b));
  expect(new Set(lines).size).toBeGreaterThan(20);
});

test("long texts from the document are cut short in messages", () => {
  const [message] = problemLines(`settings: { shutdownPolicy: ${"x".repeat(10_000)} }`);
  expect(message?.length).toBeLessThan(200);
});
