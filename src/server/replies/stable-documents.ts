import {
  BREAK,
  type DocumentNode,
  type GraphQLNamedType,
  type GraphQLSchema,
  isAbstractType,
  isObjectType,
  TypeInfo,
  visit,
  visitWithTypeInfo,
} from "graphql";
import { isVolatile } from "../../../schema/volatile.ts";

/** Looked at once for as long as they are kept parsed. */
const known = new WeakMap<DocumentNode, boolean>();

/** None of the fields of a valid document tells more than the log. */
export function isStable(schema: GraphQLSchema, document: DocumentNode): boolean {
  let stable = known.get(document);
  if (stable === undefined) {
    stable = !selectsVolatile(schema, document);
    known.set(document, stable);
  }
  return stable;
}

function selectsVolatile(schema: GraphQLSchema, document: DocumentNode): boolean {
  const types = new TypeInfo(schema);
  let found = false;
  visit(
    document,
    visitWithTypeInfo(types, {
      Field: ({ name }) => {
        const parent = types.getParentType();
        if (!parent) return undefined;
        found = typesOf(schema, parent).some((type) => isVolatileField(type, name.value));
        return found ? BREAK : undefined;
      },
    }),
  );
  return found;
}

/** All that a thing of this type can be. */
function typesOf(schema: GraphQLSchema, type: GraphQLNamedType): readonly GraphQLNamedType[] {
  return isAbstractType(type) ? [type, ...schema.getPossibleTypes(type)] : [type];
}

function isVolatileField(type: GraphQLNamedType, name: string): boolean {
  if (!isObjectType(type)) return false;
  const field = type.getFields()[name];
  return field !== undefined && isVolatile(field.extensions);
}
