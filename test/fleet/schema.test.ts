// The published schema and the checks in the code say the same: a general validator is the judge.

import { readFileSync } from "node:fs";
import { Ajv2020 } from "ajv/dist/2020.js";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { ProblemList } from "../../src/fleet/problems.ts";
import { FLEET_SCHEMA, printFleetSchema } from "../../src/fleet/schema.ts";
import type { Schema } from "../../src/fleet/schema-kinds.ts";
import { checkShape } from "../../src/fleet/shape.ts";
import { CASES } from "./cases.ts";

const validate = new Ajv2020({ strict: true, strictRequired: false }).compile(
  JSON.parse(printFleetSchema()),
);

function passes(document: unknown): boolean {
  const problems = new ProblemList();
  checkShape(document, FLEET_SCHEMA, problems);
  return problems.empty;
}

test("the committed fleet.schema.json is up to date (node src/fleet/print-schema.ts)", () => {
  expect(readFileSync("fleet.schema.json", "utf8")).toBe(printFleetSchema());
});

test.each(CASES)("a validator judges $name alike", ({ text, inSchema }) => {
  const document = parse(text);
  expect(validate(document)).toBe(!inSchema);
  expect(passes(document)).toBe(!inSchema);
});

/** Every document that differs from `value` in one place by one of `replacements`, or lacks it. */
function* mutants(value: unknown): Generator<unknown> {
  yield* replacements;
  if (Array.isArray(value)) {
    yield value.slice(1);
    yield [...value, ...value];
    for (const [index, item] of value.entries()) {
      for (const mutant of mutants(item)) yield value.with(index, mutant);
    }
  } else if (typeof value === "object" && value !== null) {
    yield { ...value, extra: 1 };
    for (const [key, item] of Object.entries(value)) {
      yield Object.fromEntries(Object.entries(value).filter(([name]) => name !== key));
      for (const mutant of mutants(item)) yield { ...value, [key]: mutant };
    }
  }
}
const replacements = [null, true, "", "x", "a/b", "x y", -1, 0, 0.5, 1, 1e12, [], {}, ["x"]];

describe("a validator judges alike what differs in one place from", () => {
  test.each(["small.yaml", "demo.yaml"])("%s", (file) => {
    const document: Record<string, unknown> = parse(readFileSync(`fleets/${file}`, "utf8"));
    // One item of each list shows the shape of all.
    for (const key of ["regions", "tenants", "flavors", "images"]) {
      if (Array.isArray(document[key])) document[key] = document[key].slice(-1);
    }
    let judged = 0;
    for (const mutant of mutants(document)) {
      const verdict = passes(mutant);
      if (verdict !== validate(mutant)) {
        expect.fail(`${verdict ? "passes" : "fails"}: ${JSON.stringify(mutant)}`);
      }
      judged++;
    }
    expect(judged).toBeGreaterThan(500);
  });
});

/** Paths of the keys below `schema` that editors would have nothing to say of. */
function undescribed(schema: Schema, path: string): string[] {
  if (!("type" in schema)) return schema.oneOf.flatMap((branch) => undescribed(branch, path));
  if (schema.type === "array") return undescribed(schema.items, `${path}[]`);
  if (schema.type !== "object") return [];
  return Object.entries(schema.properties).flatMap(([key, property]) => {
    const silent = property.description === undefined && !("const" in property);
    return [...(silent ? [`${path}.${key}`] : []), ...undescribed(property, `${path}.${key}`)];
  });
}

test("every key is described, so that editors can help", () => {
  expect(undescribed(FLEET_SCHEMA, "")).toEqual([]);
});
