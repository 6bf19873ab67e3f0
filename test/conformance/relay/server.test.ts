/** Relay's two specifications of servers: object identification, and cursor connections. */

import { readFileSync } from "node:fs";
import {
  buildSchema,
  type GraphQLField,
  type GraphQLObjectType,
  getNamedType,
  isNonNullType,
  isObjectType,
} from "graphql";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Json, startSettledServer, type TestServer } from "../../api/harness.ts";

const schema = buildSchema(readFileSync("schema/schema.graphql", "utf8"));
const query = schema.getQueryType() as GraphQLObjectType;

const isConnection = ({ args, type }: GraphQLField<unknown, unknown>) =>
  getNamedType(type).name.endsWith("Connection") &&
  args.every((argument) => !isNonNullType(argument.type));

/** Lists at the root that can be asked for with nothing said. */
const LISTS = Object.values(query.getFields())
  .filter(isConnection)
  .map(({ name }) => name);

let server: TestServer;
beforeAll(async () => {
  server = await startSettledServer({}, true);
  const fault = { targetId: await server.id("host", "host-c"), kind: "HOST_POWER" };
  await server.mutate("injectFault", "InjectFaultInput", fault);
  await server.advance(60);
});
afterAll(() => server.close());

interface Page {
  readonly edges: { cursor: string; node: { id: string } }[];
  readonly pageInfo: {
    hasNextPage: boolean;
    hasPreviousPage: boolean;
    startCursor: string | null;
    endCursor: string | null;
  };
}

async function page(list: string, args: Json): Promise<Page> {
  const text = Object.entries(args).map(([name, value]) => `${name}: ${JSON.stringify(value)}`);
  const data = await server.data(`{ list: ${list}${text.length > 0 ? `(${text})` : ""} {
    edges { cursor node { id } }
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
  } }`);
  return data.list;
}

const ids = ({ edges }: Page) => edges.map(({ node }) => node.id);

describe("object identification", () => {
  test.each(LISTS)("of %s: each has an id that leads back to it", async (list) => {
    const data = await server.data(`{ ${list}(first: 100) { nodes { __typename id } } }`);
    const { nodes } = data[list];
    const again = await server.data(`query ($ids: [ID!]!) { nodes(ids: $ids) { __typename id } }`, {
      ids: nodes.map(({ id }: { id: string }) => id),
    });
    expect(again.nodes).toEqual(nodes);
    for (const node of nodes.slice(0, 3))
      expect(
        (await server.data(`query ($id: ID!) { node(id: $id) { __typename id } }`, node)).node,
      ).toEqual(node);
  });

  test("holds for every type that says so", () => {
    const node = schema.getType("Node");
    const types = Object.values(schema.getTypeMap()).filter(isObjectType);
    for (const type of types)
      if (type.getInterfaces().some((one) => one === node))
        expect(String(type.getFields()["id"]?.type), type.name).toBe("ID!");
  });

  test("knows nothing of what is not there", async () => {
    const ids = ["Guest:999999", "Guest:x", "Nothing:1", "GuestStarted:999999"].map((text) =>
      btoa(text),
    );
    const data = await server.data(`query ($ids: [ID!]!) { nodes(ids: $ids) { id } }`, { ids });
    expect(data.nodes).toEqual([null, null, null, null]);
  });
});

describe.each(LISTS)("the connection %s", (list) => {
  test("gives the same things in the same order from both ends", async () => {
    const whole = ids(await page(list, { first: 100 }));
    const last = ids(await page(list, { last: 100 }));
    expect(last.length === 100 || last.join() === whole.join()).toBe(true);
  });

  test("says truly whether there is more, in either direction", async () => {
    const forward = await page(list, { first: 100 });
    if (forward.edges.length === 0) {
      expect(forward.pageInfo).toEqual({
        hasNextPage: false,
        hasPreviousPage: false,
        startCursor: null,
        endCursor: null,
      });
      return;
    }
    const count = forward.edges.length;
    const cursors = forward.edges.map(({ cursor }) => cursor);
    expect(new Set(cursors).size).toBe(count);
    expect(forward.pageInfo.startCursor).toBe(cursors[0]);
    expect(forward.pageInfo.endCursor).toBe(cursors.at(-1));
    expect(forward.pageInfo.hasPreviousPage).toBe(false);

    // One by one, forwards from the first and back from the last of these.
    for (const index of new Set([0, Math.floor((count - 1) / 2), count - 1])) {
      const isLast = index === count - 1 && !forward.pageInfo.hasNextPage;
      const args = index === 0 ? { first: 1 } : { first: 1, after: cursors[index - 1] };
      const one = await page(list, args);
      expect(ids(one), `${list} ${index}`).toEqual([forward.edges[index]?.node.id]);
      expect(one.pageInfo.hasNextPage, `${list} ${index}`).toBe(!isLast);
      if (index + 1 >= count) continue;
      const back = await page(list, { last: 1, before: cursors[index + 1] });
      expect(ids(back), `${list} ${index} back`).toEqual([forward.edges[index]?.node.id]);
      expect(back.pageInfo.hasPreviousPage, `${list} ${index} back`).toBe(index > 0);
    }
  });

  test("has an empty page beyond its ends", async () => {
    const { edges } = await page(list, { first: 1 });
    const [first] = edges;
    if (!first) return;
    const before = await page(list, { last: 5, before: first.cursor });
    expect(before.edges).toEqual([]);
    expect(before.pageInfo).toMatchObject({
      hasPreviousPage: false,
      startCursor: null,
      endCursor: null,
    });
    const [last] = (await page(list, { last: 1 })).edges;
    const after = await page(list, { first: 5, after: last?.cursor });
    expect(after.edges).toEqual([]);
    expect(after.pageInfo).toMatchObject({
      hasNextPage: false,
      startCursor: null,
      endCursor: null,
    });
  });

  test.each(["nonsense", "", "äöü", btoa("Guest:1")])("refuses the cursor '%s'", async (cursor) => {
    for (const args of [`first: 1, after: $cursor`, `last: 1, before: $cursor`]) {
      const variable = list === "events" ? "Cursor" : "String";
      const { errors } = await server.ask(
        `query ($cursor: ${variable}) { ${list}(${args}) { edges { cursor } } }`,
        { cursor },
      );
      expect(errors, args).toHaveLength(1);
    }
  });
});
