/** What is wrong with one value, in words that go on after its path; null when nothing is. */
import { nearest } from "./nearest.ts";
import { quote } from "./problems.ts";
import { PATTERN_WORDS } from "./schema-common.ts";
import type { NumberSchema, TextSchema } from "./schema-kinds.ts";

/** A range up to here is told in full; a bound beyond is no news until it is broken. */
const TELLABLE_MAXIMUM = 1000;

export function textProblem(value: unknown, schema: TextSchema): string | null {
  const choices = schema.const === undefined ? schema.enum : [schema.const];
  if (choices) return choiceProblem(value, choices);
  if (typeof value !== "string") {
    const unquoted = typeof value === "number" || typeof value === "boolean";
    return `must be text, not ${describe(value)}${unquoted ? "; put it in quotes" : ""}`;
  }
  const { maxLength, pattern } = schema;
  if (maxLength !== undefined && value.length > maxLength) {
    return `is longer than ${maxLength} characters`;
  }
  if (pattern === undefined || matcher(pattern).test(value)) return null;
  if (value === "") return "is empty";
  return `${PATTERN_WORDS[pattern] ?? `must match ${pattern}`}: ${quote(value)}`;
}

const matchers = new Map<string, RegExp>();

/** The schema's patterns are few, and each is tried on thousands of names. */
function matcher(pattern: string): RegExp {
  const known = matchers.get(pattern) ?? new RegExp(pattern, "u");
  matchers.set(pattern, known);
  return known;
}

export function choiceProblem(value: unknown, choices: readonly string[]): string | null {
  if (typeof value !== "string") return `must be ${orList(choices)}, not ${describe(value)}`;
  if (choices.includes(value)) return null;
  const meant = nearest(value, choices);
  const hint = meant === null ? "" : `; did you mean ${meant}?`;
  return `must be ${orList(choices)}, not ${describe(value)}${hint}`;
}

export function numberProblem(value: unknown, schema: NumberSchema): string | null {
  const { minimum, maximum } = schema;
  const whole = schema.type === "integer";
  if (typeof value === "number" && Number.isFinite(value)) {
    const right = value >= minimum && (!whole || Number.isInteger(value));
    if (right && value <= maximum) return null;
    if (right && maximum > TELLABLE_MAXIMUM) return `must be at most ${maximum}, not ${value}`;
  }
  const kind = whole ? "a whole number" : "a number";
  const range =
    maximum <= TELLABLE_MAXIMUM ? `from ${minimum} to ${maximum}` : `of at least ${minimum}`;
  const hint = isNumberInQuotes(value) ? "; write it without quotes" : "";
  return `must be ${kind} ${range}, not ${describe(value)}${hint}`;
}

function isNumberInQuotes(value: unknown): boolean {
  return typeof value === "string" && value.trim() !== "" && Number.isFinite(Number(value));
}

export function describe(value: unknown): string {
  if (value === null || value === undefined) return "empty";
  if (typeof value === "string") return quote(value);
  if (Array.isArray(value)) return "a list";
  return typeof value === "object" ? "a group of keys and values" : String(value);
}

export function orList(words: readonly string[]): string {
  return words.length < 2 ? words.join("") : `${words.slice(0, -1).join(", ")} or ${words.at(-1)}`;
}
