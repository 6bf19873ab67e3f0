import {
  type GraphQLField,
  type GraphQLOutputType,
  getNamedType,
  isCompositeType,
  isInterfaceType,
  isNonNullType,
  isObjectType,
  isUnionType,
} from "graphql";
import { schema } from "../../schema/index.ts";

/** How deep things are looked into from where an operation finds them. */
const DEPTH = 3;

/** Everything that can be asked about a type without saying more, so many things deep. */
export function selectionOf(type: GraphQLOutputType, depth = DEPTH): string {
  const named = getNamedType(type);
  if (!isCompositeType(named)) return "";
  if (isUnionType(named) || isInterfaceType(named)) return abstractSelection(named, depth);
  const fields = Object.values(named.getFields()).map((field) => fieldSelection(field, depth));
  return `{ __typename ${fields.join(" ")} }`;
}

/** Each possible type has names of its own, since fields of one name may be of several types. */
function abstractSelection(type: Parameters<typeof schema.getPossibleTypes>[0], depth: number) {
  const shared = isInterfaceType(type)
    ? Object.values(type.getFields()).map((field) => fieldSelection(field, depth))
    : [];
  const own = schema.getPossibleTypes(type).map((possible) => {
    const isOfInterface = (name: string) => isInterfaceType(type) && name in type.getFields();
    const fields = Object.values(possible.getFields())
      .filter(({ name }) => !isOfInterface(name))
      .map((field) => fieldSelection(field, depth - 1, `${possible.name}_${field.name}: `));
    return fields.join("") === "" ? "" : `... on ${possible.name} { ${fields.join(" ")} }`;
  });
  return `{ __typename ${[...shared, ...own].join(" ")} }`;
}

function fieldSelection(field: GraphQLField<unknown, unknown>, depth: number, alias = ""): string {
  if (
    field.args.some(({ type, defaultValue }) => isNonNullType(type) && defaultValue === undefined)
  )
    return "";
  const named = getNamedType(field.type);
  if (!isCompositeType(named)) return `${alias}${field.name}`;
  // What a list is made of lies no deeper than what it is a list in.
  const isWrapping = /(?:Connection|Edge|PageInfo)$/.test(named.name);
  if (depth <= 0 && !isWrapping) return "";
  const isEvents = named.name === "EventConnection" && depth < DEPTH;
  if (depth <= 0 || isEvents) return `${alias}${field.name} { totalCount }`;
  const inside = isObjectType(named) && isWrapping ? depth : depth - 1;
  return `${alias}${field.name} ${selectionOf(field.type, inside)}`;
}
