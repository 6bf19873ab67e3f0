import {
  type GraphQLArgument,
  type GraphQLField,
  type GraphQLInputType,
  type GraphQLNamedType,
  getNamedType,
  isAbstractType,
  isCompositeType,
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isListType,
  isNonNullType,
  isObjectType,
} from "graphql";
import { schema } from "../../schema/index.ts";
import type { Chance } from "../engine/random.ts";

export interface Operation {
  readonly query: string;
  readonly variables: Readonly<Record<string, unknown>>;
}

const WILD: readonly unknown[] = [
  null,
  true,
  0,
  -1,
  1.5,
  2 ** 31,
  -(2 ** 53),
  1e308,
  "",
  "a",
  "\u0000",
  "💥\ud800",
  "R3Vlc3Q6MQ==",
  "x".repeat(5_000),
  "__proto__",
  [],
  [[[[null]]]],
  {},
  { __proto__: null, constructor: 1 },
  { toString: 1 },
];

/** Ids that name something in the small fleet, perhaps. */
const IDS = ["Guest:1", "Guest:2", "Host:1", "Zone:1", "Region:1", "Tenant:1", "Nothing:1"].map(
  (text) => btoa(text),
);

/** An operation that the schema allows, or would if it were not for a few mistakes. */
export function randomOperation(chance: Chance): Operation {
  const draft = new Draft(chance);
  const kind = chance.of(["query", "query", "query", "mutation", "subscription"] as const);
  const root = schema.getRootType(kind as never);
  const body = root ? draft.selection(root, chance.int(1, 5)) : "{ head }";
  const head = draft.definitions.length > 0 ? `(${draft.definitions.join(", ")})` : "";
  const query = `${kind} Q${head} ${body} ${draft.fragments.join(" ")}`;
  return {
    query: chance.next() < 0.3 ? mutated(query, chance) : query,
    variables: draft.variables,
  };
}

/** The text with some of it gone, doubled or replaced by what has no business there. */
export function mutated(text: string, chance: Chance): string {
  let result = text;
  for (let count = chance.int(1, 4); count > 0; count--) {
    const from = chance.int(0, result.length);
    const to = Math.min(result.length, from + chance.int(0, 12));
    const part = result.slice(from, to);
    const instead = chance.of([
      "",
      part + part,
      "{".repeat(chance.int(1, 3_000)),
      "[".repeat(chance.int(1, 3_000)),
      '"""',
      "\\u{110000}",
      "\u0000",
      "…@💥\ud800",
      "$x: Int = 1",
      "...F0 @skip(if: $v0)",
      "#",
    ]);
    result = result.slice(0, from) + instead + result.slice(to);
  }
  return result;
}

export function wildValue(chance: Chance): unknown {
  return chance.of(WILD);
}

class Draft {
  readonly definitions: string[] = [];
  readonly fragments: string[] = [];
  readonly variables: Record<string, unknown> = {};
  readonly #chance: Chance;

  constructor(chance: Chance) {
    this.#chance = chance;
  }

  selection(type: GraphQLNamedType, depth: number): string {
    const chance = this.#chance;
    if (depth < 0) return "{ __typename }";
    const parts = ["__typename"];
    for (let count = chance.int(1, 4); count > 0; count--) {
      const roll = chance.next();
      if (isAbstractType(type) && roll < 0.4) {
        const narrower = chance.of(schema.getPossibleTypes(type));
        parts.push(`... on ${narrower.name} ${this.selection(narrower, depth - 1)}`);
      } else if (roll < 0.5) parts.push(this.#spread(type, depth));
      else if (isObjectType(type) || isInterfaceType(type)) parts.push(this.#field(type, depth));
    }
    return `{ ${parts.join(" ")} }`;
  }

  #spread(type: GraphQLNamedType, depth: number): string {
    const { fragments } = this;
    const name = `F${fragments.length}`;
    const place = fragments.push("") - 1;
    fragments[place] = `fragment ${name} on ${type.name} ${this.selection(type, depth - 1)}`;
    return `...${this.#chance.next() < 0.1 ? "F0" : name}`;
  }

  #field(
    type: { getFields(): Record<string, GraphQLField<unknown, unknown>> },
    depth: number,
  ): string {
    const chance = this.#chance;
    const all = Object.values(type.getFields());
    const field = chance.of(all);
    const inner = getNamedType(field.type);
    if (isCompositeType(inner) && depth <= 0) return "__typename";
    const alias = chance.next() < 0.1 ? `a${chance.int(0, 3)}: ` : "";
    const directive = chance.next() < 0.05 ? " @include(if: true)" : "";
    const inside = isCompositeType(inner) ? ` ${this.selection(inner, depth - 1)}` : "";
    return `${alias}${field.name}${this.#arguments(field.args)}${directive}${inside}`;
  }

  #arguments(all: readonly GraphQLArgument[]): string {
    const chance = this.#chance;
    const given = all.filter(({ type }) => isNonNullType(type) || chance.next() < 0.4);
    if (given.length === 0) return "";
    const texts = given.map(({ name, type }) => {
      if (chance.next() < 0.5) return `${name}: ${literal(this.#value(type, 3))}`;
      const variable = `v${this.definitions.length}`;
      this.definitions.push(`$${variable}: ${type}`);
      this.variables[variable] = this.#value(type, 3);
      return `${name}: $${variable}`;
    });
    return `(${texts.join(", ")})`;
  }

  #value(type: GraphQLInputType, depth: number): unknown {
    const chance = this.#chance;
    if (chance.next() < 0.08) return wildValue(chance);
    if (isNonNullType(type)) return this.#value(type.ofType, depth);
    if (isListType(type))
      return Array.from({ length: chance.int(0, 3) }, () => this.#value(type.ofType, depth));
    if (isEnumType(type)) return new EnumName(chance.of(type.getValues()).name);
    if (isInputObjectType(type)) return this.#object(Object.values(type.getFields()), depth);
    return scalar(type.name, chance);
  }

  #object(fields: readonly { name: string; type: GraphQLInputType }[], depth: number) {
    const given = fields.filter(
      ({ type }) => isNonNullType(type) || (depth > 0 && this.#chance.next() < 0.4),
    );
    return Object.fromEntries(given.map(({ name, type }) => [name, this.#value(type, depth - 1)]));
  }
}

/** Without quotes in a document, with them in variables. */
class EnumName {
  readonly name: string;
  constructor(name: string) {
    this.name = name;
  }
  toJSON(): string {
    return this.name;
  }
}

function literal(value: unknown): string {
  if (value instanceof EnumName) return value.name;
  if (Array.isArray(value)) return `[${value.map(literal).join(", ")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const fields = Object.entries(value).map(([name, inner]) => `${name}: ${literal(inner)}`);
  return `{ ${fields.join(", ")} }`;
}

function scalar(name: string, chance: Chance): unknown {
  switch (name) {
    case "Int":
      return chance.int(-1, 120);
    // Time goes on by a little only: the fleet must still be there at the end.
    case "Float":
      return chance.int(0, 5);
    case "Boolean":
      return chance.next() < 0.5;
    case "ID":
      return chance.of(IDS);
    case "Cursor":
      return chance.of(["x:1", "", "0:0", `${"9".repeat(20)}:1`]);
    case "DateTime":
      return chance.of(["2026-01-01T00:00:00Z", "0000-00-00", "+275760-09-13T00:00:00.001Z"]);
    default:
      return chance.of(["web-1", "host-a", "north-a", "small", "💥", "a\nb: [", '{"regions":[]}']);
  }
}
