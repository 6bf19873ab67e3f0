/**
 * Checks data against the schema and says in words what is wrong, where. A general validator reports
 * a mistake inside a choice as a cascade from every branch, and in its report-all mode holds an error
 * for each bad value of a hostile document in memory; this one follows the branch that was meant, and
 * stops when it has found enough.
 */
import { nearest } from "./nearest.ts";
import { type ProblemList, quoteKey } from "./problems.ts";
import type {
  ChoiceSchema,
  ListSchema,
  NumberSchema,
  ObjectSchema,
  Schema,
} from "./schema-kinds.ts";
import { choiceProblem, describe, numberProblem, orList, textProblem } from "./value-words.ts";

/** The key whose constant tells the branches of a choice apart. */
const KIND = "kind";

export function checkShape(value: unknown, schema: Schema, problems: ProblemList): void {
  new ShapeCheck(problems).check(value, schema);
}

class ShapeCheck {
  readonly #problems: ProblemList;
  readonly #path: string[] = [];

  constructor(problems: ProblemList) {
    this.#problems = problems;
  }

  check(value: unknown, schema: Schema): void {
    if (this.#problems.full) return;
    if (!("type" in schema)) this.#checkChoice(value, schema);
    else if (schema.type === "array") this.#checkList(value, schema);
    else if (schema.type === "object") this.#checkObject(value, schema);
    else if (schema.type === "string") this.#note(textProblem(value, schema));
    else if (schema.type === "boolean") {
      this.#note(
        typeof value === "boolean" ? null : `must be true or false, not ${describe(value)}`,
      );
    } else this.#note(numberProblem(value, schema));
  }

  #checkList(value: unknown, schema: ListSchema): void {
    if (!Array.isArray(value)) this.#note(`must be a list, not ${describe(value)}`);
    else {
      const problem = lengthProblem(value.length, schema);
      if (problem === null) this.#checkItems(value, schema);
      else this.#note(problem);
    }
  }

  #checkItems(items: readonly unknown[], schema: ListSchema): void {
    const seen = new Set<unknown>();
    for (const [index, item] of items.entries()) {
      if (this.#problems.full) return;
      this.#path.push(String(index));
      if (schema.uniqueItems && seen.has(item)) this.#note(`${describe(item)} is listed twice`);
      else this.check(item, schema.items);
      this.#path.pop();
      if (schema.uniqueItems) seen.add(item);
    }
  }

  /** `others` are the branches of the choice that were not meant. */
  #checkObject(value: unknown, schema: ObjectSchema, others: readonly ObjectSchema[] = []): void {
    if (!isObject(value)) {
      this.#note(`must be a group of keys and values, not ${describe(value)}`);
      return;
    }
    for (const key of Object.keys(value)) {
      if (this.#problems.full) return;
      const property = Object.hasOwn(schema.properties, key) ? schema.properties[key] : undefined;
      this.#path.push(key);
      if (property) this.check(value[key], property);
      else this.#problems.add(this.#path, unknownKey(key, value, schema, others), "key");
      this.#path.pop();
    }
    for (const key of schema.required ?? []) {
      if (!Object.hasOwn(value, key)) this.#note(`the key ${quoteKey(key)} is missing`);
    }
    this.#note(alternativesProblem(value, schema));
  }

  #checkChoice(value: unknown, schema: ChoiceSchema): void {
    const objects = schema.oneOf.filter((branch) => branch.type === "object");
    const [object] = objects;
    const list = schema.oneOf.find((branch) => branch.type === "array");
    const text = schema.oneOf.find((branch) => branch.type === "string");
    const number = schema.oneOf.find((branch) => isNumeric(branch));
    if (objects.length > 1) this.#checkKinds(value, objects);
    else if (isObject(value) && object) this.#checkObject(value, object);
    else if (Array.isArray(value) && list) this.#checkList(value, list);
    else if (typeof value === "string" && text && text.const === undefined) {
      this.#note(textProblem(value, text));
    } else if (typeof value === "number" && number) {
      this.#note(numberProblem(value, number));
    } else if (value === undefined || value !== text?.const) {
      this.#note(`must be ${orList(formsOf(schema))}, not ${describe(value)}`);
    }
  }

  #checkKinds(value: unknown, branches: readonly ObjectSchema[]): void {
    if (!isObject(value)) {
      this.#note(`must be a group of keys and values, not ${describe(value)}`);
      return;
    }
    const kinds = branches.map(kindOf);
    const branch = branches.find((candidate) => kindOf(candidate) === value[KIND]);
    if (branch) {
      const others = branches.filter((other) => other !== branch);
      this.#checkObject(value, branch, others);
    } else if (Object.hasOwn(value, KIND)) {
      this.#path.push(KIND);
      this.#note(choiceProblem(value[KIND], kinds));
      this.#path.pop();
    } else this.#note(`the key ${quoteKey(KIND)} is missing: ${orList(kinds)}`);
  }

  #note(words: string | null): void {
    if (words !== null) this.#problems.add(this.#path, words);
  }
}

function unknownKey(
  key: string,
  value: object,
  schema: ObjectSchema,
  others: readonly ObjectSchema[],
): string {
  const words = `unknown key ${quoteKey(key)}`;
  const owner = others.find((other) => Object.hasOwn(other.properties, key));
  if (owner) return `${words}; it belongs to ${KIND} ${kindOf(owner)}`;
  const unused = Object.keys(schema.properties).filter((known) => !Object.hasOwn(value, known));
  const meant = nearest(key, unused);
  return meant === null ? words : `${words}; did you mean ${quoteKey(meant)}?`;
}

function alternativesProblem(value: object, schema: ObjectSchema): string | null {
  const keys = (schema.oneOf ?? []).map((alternative) => alternative.required[0]);
  const given = keys.filter((key) => Object.hasOwn(value, key));
  if (keys.length === 0 || given.length === 1) return null;
  return given.length === 0
    ? `needs ${orList(keys.map(quoteKey))}`
    : `has both ${given.map(quoteKey).join(" and ")}; give one of them`;
}

function lengthProblem(length: number, { minItems = 0, maxItems }: ListSchema): string | null {
  if (length >= minItems && length <= maxItems) return null;
  if (minItems === maxItems) return `must hold ${maxItems} items, not ${length}`;
  return length < minItems ? "must not be empty" : `holds ${length} items, of ${maxItems} at most`;
}

function listForm({ items, minItems, maxItems }: ListSchema): string {
  const count = minItems === maxItems ? `${maxItems} ` : "";
  return "type" in items && isNumeric(items) ? `a list of ${count}numbers` : `a list`;
}

/** Each branch in words: what it may be, or the keys that it may have. */
function formsOf(schema: ChoiceSchema): string[] {
  return schema.oneOf.flatMap((branch) => {
    if (branch.type === "object") return `{ ${Object.keys(branch.properties).join(", ")} }`;
    if (branch.type === "array") return listForm(branch);
    if (isNumeric(branch)) return "a number";
    return branch.enum ?? [branch.const ?? "a name"];
  });
}

function isNumeric(schema: Exclude<Schema, ChoiceSchema>): schema is NumberSchema {
  return schema.type === "integer" || schema.type === "number";
}

function kindOf(schema: ObjectSchema): string {
  const kind = schema.properties[KIND];
  return kind && "type" in kind && kind.type === "string" ? (kind.const ?? "") : "";
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
