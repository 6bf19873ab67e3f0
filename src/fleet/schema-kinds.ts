/**
 * The part of JSON Schema that the fleet document is described with. Typed, so that the schema
 * can't use a keyword that `checkShape` would pass over.
 */
interface Annotations {
  readonly title?: string;
  readonly description?: string;
  readonly default?: unknown;
  readonly examples?: readonly unknown[];
}

export interface TextSchema extends Annotations {
  readonly type: "string";
  readonly const?: string;
  readonly enum?: readonly string[];
  readonly pattern?: string;
  readonly maxLength?: number;
}

export interface NumberSchema extends Annotations {
  readonly type: "number" | "integer";
  readonly minimum: number;
  readonly maximum: number;
}

export interface BooleanSchema extends Annotations {
  readonly type: "boolean";
}

export interface ListSchema extends Annotations {
  readonly type: "array";
  readonly items: Schema;
  readonly minItems?: number;
  readonly maxItems: number;
  readonly uniqueItems?: true;
}

export interface ObjectSchema extends Annotations {
  readonly type: "object";
  readonly properties: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  /** Exactly one of these keys must be there. */
  readonly oneOf?: readonly { readonly required: readonly [string] }[];
  readonly additionalProperties: false;
}

/** Text, a number, a list or an object, or objects told apart by the constant of their key `kind`. */
export interface ChoiceSchema extends Annotations {
  readonly oneOf: readonly (TextSchema | NumberSchema | ListSchema | ObjectSchema)[];
}

export type Schema =
  | TextSchema
  | NumberSchema
  | BooleanSchema
  | ListSchema
  | ObjectSchema
  | ChoiceSchema;

type Properties = ObjectSchema["properties"];

/** `required` names the keys that must be there. */
export function object(
  properties: Properties,
  required: readonly string[],
  more: Annotations & Pick<ObjectSchema, "oneOf"> = {},
): ObjectSchema {
  return { ...more, type: "object", properties, required, additionalProperties: false };
}

export function list(
  items: Schema,
  maxItems: number,
  more: Annotations & Pick<ListSchema, "minItems" | "uniqueItems"> = {},
): ListSchema {
  return { ...more, type: "array", items, maxItems };
}

/** A number from `minimum` to `maximum`, both included. */
export function number(minimum: number, maximum: number, more: Annotations): NumberSchema {
  return { ...more, type: "number", minimum, maximum };
}

export function integer(minimum: number, maximum: number, more: Annotations): NumberSchema {
  return { ...more, type: "integer", minimum, maximum };
}

export function oneOf(values: readonly string[], more: Annotations): TextSchema {
  return { ...more, type: "string", enum: values };
}

export function constant(value: string, more: Annotations = {}): TextSchema {
  return { ...more, type: "string", const: value };
}
