/** No statement is made row by row, however long a page is. */

import { readFileSync } from "node:fs";
import {
  buildSchema,
  type GraphQLField,
  type GraphQLOutputType,
  getNamedType,
  isEnumType,
  isInterfaceType,
  isObjectType,
  isRequiredArgument,
  isScalarType,
} from "graphql";
import { beforeAll, describe, expect, test } from "vitest";
import { startSettledServer, type TestServer } from "./harness.ts";

const schema = buildSchema(readFileSync("schema/schema.graphql", "utf8"));
/** From a row to what it points at, and to what that points at. */
const DEPTH = 2;
const ROWS = 50;
/** Rows of a sort may be wanted at each step of some ways; far fewer than there are rows. */
const TIMES_MOST = 5;

let server: TestServer;
/** How often each statement was made. */
const statements = new Map<string, number>();

beforeAll(async () => {
  server = await startSettledServer(
    { fleet: "fleets/demo.yaml", limits: { maxCost: 1_000_000 } },
    true,
  );
  countStatements();
  return () => server.close();
});

/** Everything that reads, whoever has prepared it. */
function countStatements(): void {
  const { sqlite } = server.runtime.queries.reader;
  const prototype = Object.getPrototypeOf(sqlite.prepare("SELECT 1"));
  for (const method of ["all", "get", "iterate"]) {
    const read = prototype[method];
    prototype[method] = function (this: { source: string }, ...args: unknown[]) {
      statements.set(this.source, (statements.get(this.source) ?? 0) + 1);
      return read.apply(this, args);
    };
  }
}

function isConnection(type: GraphQLOutputType): boolean {
  return getNamedType(type).name.endsWith("Connection");
}

/** All that can be asked of a type without saying more. */
function selectionOf(type: GraphQLOutputType, depth: number): string {
  const named = getNamedType(type);
  if (!isObjectType(named) && !isInterfaceType(named)) return "";
  const fields = Object.values(named.getFields())
    .filter(({ args }) => !args.some(isRequiredArgument))
    .map((field) => fieldOf(field, depth))
    .filter((field) => field !== null);
  return `{ __typename ${fields.join(" ")} }`;
}

function fieldOf(field: GraphQLField<unknown, unknown>, depth: number): string | null {
  const named = getNamedType(field.type);
  if (isScalarType(named) || isEnumType(named)) return field.name;
  if (isConnection(field.type) || depth === 0) return null;
  return `${field.name} ${selectionOf(field.type, depth - 1)}`;
}

const lists = Object.values(schema.getQueryType()?.getFields() ?? {})
  .filter(({ type }) => isConnection(type))
  .map(({ name, type }) => {
    const node = getNamedType(type);
    const rows = isObjectType(node) ? node.getFields()["nodes"] : undefined;
    return [name, rows ? selectionOf(rows.type, DEPTH) : "{ __typename }"] as const;
  });

describe("a page with everything that its rows point at", () => {
  test.each(lists)("of %s makes no statement row by row", async (name, selection) => {
    await server.data(`{ ${name}(first: ${ROWS}) { totalCount nodes ${selection} } }`);
    statements.clear();
    await server.data(`{ ${name}(first: ${ROWS}) { totalCount nodes ${selection} } }`);
    expect(statements.size).toBeGreaterThan(0);
    const often = [...statements].filter(([, times]) => times > TIMES_MOST);
    expect(often).toEqual([]);
  });
});
