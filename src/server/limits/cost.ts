import {
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLField,
  type GraphQLNamedType,
  type GraphQLSchema,
  getNamedType,
  getNullableType,
  isAbstractType,
  isCompositeType,
  isListType,
  isObjectType,
  isUnionType,
  Kind,
  type OperationDefinitionNode,
  SchemaMetaFieldDef,
  type SelectionNode,
  type SelectionSetNode,
  TypeMetaFieldDef,
  TypeNameMetaFieldDef,
  type ValueNode,
} from "graphql";
import { declaredCost } from "../../../schema/cost.ts";
import { PAGE } from "../../../schema/page.ts";

/**
 * What an operation may cost at most, before anything is read:
 *
 *     cost of a field = its own + items × (cost of all that is selected in it)
 *
 * A field's own cost is 1 unless the schema declares another. `items` is 1 for a single thing, the
 * page size for a connection's `edges` and `nodes` (`first` or `last`, 25 when neither is given), the
 * number of `ids` that are asked for, and for any other list of objects its `first`, or what the schema
 * declares, or 10. Of fragments on different types of one thing only the dearest counts. `@skip` and
 * `@include` are not looked at.
 */
export function costOf(
  schema: GraphQLSchema,
  document: DocumentNode,
  operation: OperationDefinitionNode,
  variables: Readonly<Record<string, unknown>>,
): Price {
  const known = fixedPrices.get(operation);
  if (known) return known;
  const type = schema.getRootType(operation.operation);
  if (!type) return { cost: 0, introspects: false };
  const meter = new Meter(schema, document, operation, variables);
  const cost = meter.ofSet(operation.selectionSet, { type, page: 1 });
  const { introspects } = meter;
  const price = { cost: Math.min(cost, Number.MAX_SAFE_INTEGER), introspects };
  if (!meter.readsVariables) fixedPrices.set(operation, price);
  return price;
}

/** Of operations whose variables change nothing of it: measured once for as long as they are kept parsed. */
const fixedPrices = new WeakMap<OperationDefinitionNode, Price>();

export interface Price {
  readonly cost: number;
  /** The operation asks for the schema. */
  readonly introspects: boolean;
}

/** Where a selection stands: on which type, and on a page of how many if that is a connection. */
interface Place {
  readonly type: GraphQLNamedType;
  readonly page: number;
}

const META_FIELDS: ReadonlyMap<string, GraphQLField<unknown, unknown>> = new Map(
  [SchemaMetaFieldDef, TypeMetaFieldDef, TypeNameMetaFieldDef].map((field) => [field.name, field]),
);

class Meter {
  introspects = false;
  readsVariables = false;
  readonly #schema: GraphQLSchema;
  readonly #variables: Readonly<Record<string, unknown>>;
  readonly #defaults = new Map<string, ValueNode>();
  readonly #fragments = new Map<string, FragmentDefinitionNode>();
  readonly #known = new Map<string, number>();

  constructor(
    schema: GraphQLSchema,
    document: DocumentNode,
    operation: OperationDefinitionNode,
    variables: Readonly<Record<string, unknown>>,
  ) {
    this.#schema = schema;
    this.#variables = variables;
    for (const { variable, defaultValue } of operation.variableDefinitions ?? [])
      if (defaultValue) this.#defaults.set(variable.name.value, defaultValue);
    for (const definition of document.definitions)
      if (definition.kind === Kind.FRAGMENT_DEFINITION)
        this.#fragments.set(definition.name.value, definition);
  }

  ofSet(set: SelectionSetNode, place: Place): number {
    let always = 0;
    const byType = new Map<string, number>();
    for (const selection of set.selections) {
      const cost = this.#ofSelection(selection, place);
      const type = this.#onlyFor(selection, place);
      if (type === null) always += cost;
      else byType.set(type, (byType.get(type) ?? 0) + cost);
    }
    return always + Math.max(0, ...byType.values());
  }

  /** The one type of several that the selection is about; null when it is about all of them. */
  #onlyFor(selection: SelectionNode, { type }: Place): string | null {
    if (selection.kind === Kind.FIELD || !isAbstractType(type)) return null;
    const condition = this.#conditionOf(selection);
    return condition !== null && isObjectType(this.#schema.getType(condition)) ? condition : null;
  }

  #conditionOf(selection: Exclude<SelectionNode, FieldNode>): string | null {
    if (selection.kind === Kind.INLINE_FRAGMENT) return selection.typeCondition?.name.value ?? null;
    return this.#fragments.get(selection.name.value)?.typeCondition.name.value ?? null;
  }

  #ofSelection(selection: SelectionNode, place: Place): number {
    if (selection.kind === Kind.FIELD) return this.#ofField(selection, place);
    const condition = this.#conditionOf(selection);
    const type = condition === null ? place.type : this.#schema.getType(condition);
    if (!type) return 0;
    const inside = { type, page: place.page };
    if (selection.kind === Kind.INLINE_FRAGMENT) return this.ofSet(selection.selectionSet, inside);
    return this.#ofFragment(selection.name.value, inside);
  }

  /** Measured once for each page size: the same fragments may be spread in one another many times. */
  #ofFragment(name: string, place: Place): number {
    const key = `${name} ${place.page}`;
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const fragment = this.#fragments.get(name);
    const cost = fragment ? this.ofSet(fragment.selectionSet, place) : 0;
    this.#known.set(key, cost);
    return cost;
  }

  #ofField(field: FieldNode, place: Place): number {
    const definition = this.#definitionOf(field, place);
    if (!definition) return 1;
    const { own, items } = declaredCost(definition.extensions);
    const type = getNamedType(definition.type);
    if (!field.selectionSet || !isCompositeType(type)) return own;
    const isPaged = takesPage(definition);
    const page = isPaged ? this.#pageSize(field) : 1;
    const inside = this.ofSet(field.selectionSet, { type, page });
    if (isPaged || !isListType(getNullableType(definition.type))) return own + inside;
    if (isPartOfPage(field, place)) return own + place.page * inside;
    return own + this.#listSize(field, items) * inside;
  }

  #definitionOf(field: FieldNode, { type }: Place): GraphQLField<unknown, unknown> | undefined {
    const name = field.name.value;
    const meta = META_FIELDS.get(name);
    if (meta) {
      if (meta !== TypeNameMetaFieldDef) this.introspects = true;
      return meta;
    }
    return isCompositeType(type) && !isUnionType(type) ? type.getFields()[name] : undefined;
  }

  #pageSize(field: FieldNode): number {
    return this.#number(field, "first") ?? this.#number(field, "last") ?? PAGE.default;
  }

  #listSize(field: FieldNode, items: number): number {
    return this.#length(field, "ids") ?? this.#number(field, "first") ?? items;
  }

  #number(field: FieldNode, name: string): number | null {
    const value = this.#argument(field, name);
    if (typeof value !== "number" || !Number.isFinite(value)) return null;
    // What is beyond the largest page is refused when it is read.
    return Math.min(Math.max(value, 0), PAGE.max);
  }

  #length(field: FieldNode, name: string): number | null {
    const value = this.#argument(field, name);
    return Array.isArray(value) ? Math.min(value.length, PAGE.max) : null;
  }

  #argument(field: FieldNode, name: string): unknown {
    const argument = field.arguments?.find((one) => one.name.value === name);
    return argument && this.#value(argument.value);
  }

  #value(node: ValueNode): unknown {
    switch (node.kind) {
      case Kind.INT:
        return Number(node.value);
      case Kind.LIST:
        return node.values;
      case Kind.VARIABLE: {
        const name = node.name.value;
        this.readsVariables = true;
        const given = this.#variables[name];
        if (given !== undefined) return given;
        const fallback = this.#defaults.get(name);
        return fallback && this.#value(fallback);
      }
      default:
        return undefined;
    }
  }
}

function takesPage({ args }: GraphQLField<unknown, unknown>): boolean {
  return ["first", "last"].every((name) => args.some((argument) => argument.name === name));
}

function isPartOfPage(field: FieldNode, { type }: Place): boolean {
  const { value } = field.name;
  return (value === "edges" || value === "nodes") && type.name.endsWith("Connection");
}
