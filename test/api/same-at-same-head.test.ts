/**
 * Whatever is not marked VOLATILE in the schema tells the same at the same head of the log, whatever the
 * clock and the drivers say meanwhile: asked of a server that keeps replies and of one that keeps none.
 */

import {
  type DocumentNode,
  type GraphQLAbstractType,
  type GraphQLNamedType,
  getNamedType,
  isAbstractType,
  isCompositeType,
  isInterfaceType,
  isObjectType,
  parse,
  print,
  TypeInfo,
  visit,
  visitWithTypeInfo,
} from "graphql";
import { beforeAll, expect, test, vi } from "vitest";
import { schema } from "../../schema/index.ts";
import { isVolatile } from "../../schema/volatile.ts";
import { exampleTabs } from "../../src/server/examples.ts";
import { startServer } from "../../src/server/server.ts";
import { examples, withIds } from "../docs/documents.ts";
import { selectionOf } from "./full-selection.ts";
import { type Data, startTestServer, type TestServer, withToken } from "./harness.ts";

const LIMITS = {
  maxTokens: 1_000_000,
  maxCost: Number.MAX_SAFE_INTEGER,
  maxAliases: 1_000_000,
};

/** Of all types together there is more to ask than of one. */
const DEPTHS: Readonly<Record<string, number>> = {
  node: 1,
  nodes: 1,
  host: 1,
  failovers: 1,
  incidents: 1,
  simulation: 1,
  affinityRules: 3,
};

interface Question {
  readonly query: string;
  readonly variables?: Record<string, unknown>;
}

let server: TestServer;
/** Of the tenant `shop`. */
let tenant: TestServer;
/** The same fleet, asked anew each time. */
let freshUrl: string;
let questions: Question[];

beforeAll(async () => {
  const clock = { kind: "ACCELERATED", factor: 20 } as const;
  server = await startTestServer({ fleet: "demo", limits: LIMITS, clock }, true);
  const fresh = await startServer({
    host: "127.0.0.1",
    port: 0,
    runtime: server.runtime,
    documents: { parse: () => ({ ok: false, problems: [] }) },
    fleetSchema: "",
    onError: console.error,
    limits: LIMITS,
    replyCacheBytes: 0,
  });
  freshUrl = fresh.url;
  await vi.waitFor(async () => expect(await running()).toBeGreaterThan(50), 30_000);
  await liveThrough();
  questions = [...(await all()), ...(await documented())];
  return async () => {
    await fresh.close();
    await server.close();
  };
}, 240_000);

async function running(): Promise<number> {
  const { guests } = await server.data(
    "{ guests(filter: { statuses: [RUNNING] }) { totalCount } }",
  );
  return guests.totalCount;
}

/** Leaves as much behind as can be asked for: hosts down and silent, guests that wait, a move, incidents. */
async function liveThrough(): Promise<void> {
  const act = async (name: string, input: Record<string, unknown>) => {
    const type = `${name[0]?.toUpperCase()}${name.slice(1)}`;
    expect(await server.mutate(name, `${type}Input`, input)).toEqual({
      __typename: `${type}Payload`,
    });
  };
  const fault = async (field: "host" | "zone" | "guest", name: string, kind: string) => {
    const targetId = await server.id(field, name);
    await act("injectFault", { targetId, kind });
  };
  tenant = await withToken(server, { role: "VIEWER", tenant: "shop" });
  // A group that breathes moves the head all the time.
  const { scalingGroup } = await server.data(
    '{ scalingGroup(name: "checkout", tenant: "shop") { id } }',
  );
  await act("updateScalingGroup", { scalingGroupId: scalingGroup.id, policies: [] });
  const rules = [{ direction: "INGRESS", protocol: "TCP", fromPort: 443 }];
  const group = { name: "front", rules };
  await act("createSecurityGroup", group);
  const guest = { flavor: "tiny", image: "flatcar", securityGroups: ["front"] };
  const reserved = { ...guest, name: "reserved", allocation: { cpuReservationCores: 1 } };
  await act("createGuest", reserved);
  const balanced = [{ guestId: await server.id("guest", "reserved") }];
  const targetGroups = [{ name: "web", port: 80, targets: balanced }];
  const listeners = [{ port: 80, targetGroup: "web" }];
  await act("createLoadBalancer", { name: "entry", listeners, targetGroups });
  const resources = { cpuCores: 64, memoryMiB: 999_999, storageGiB: 1 };
  await act("createGuest", {
    name: "too-large",
    resources,
    image: "flatcar",
  });
  await fault("host", "fra-a1-small-1", "HOST_POWER");
  const down = `{ host(name: "fra-a1-small-1") { status } failovers { nodes { completedAt } } }`;
  await vi.waitFor(async () => {
    const { host, failovers } = await server.data(down);
    expect(host.status).toBe("DOWN");
    expect(failovers.nodes[0].completedAt).not.toBeNull();
  }, 30_000);
  const hostId = await server.id("host", "fra-a1-large-1");
  await act("setMaintenance", { hostId, enabled: true });
  const settled = `{ host(name: "fra-a1-large-1") { status } }`;
  await vi.waitFor(
    async () => expect((await server.data(settled)).host.status).toBe("MAINTENANCE"),
    30_000,
  );
  // Nothing is done about it any more, so it stays as it is.
  await act("setHighAvailability", { enabled: false });
  await fault("zone", "eu-west-1b", "ZONE_NETWORK");
  const silent = "{ hosts(filter: { statuses: [SUSPECT] }) { totalCount } }";
  await vi.waitFor(
    async () => expect((await server.data(silent)).hosts.totalCount).toBe(4),
    30_000,
  );
}

const queries = Object.values(schema.getQueryType()?.getFields() ?? {});

/** Everything that can be asked for, of some things of each kind. */
async function all(): Promise<Question[]> {
  const lists = queries.filter(({ type }) => /Connection$/.test(getNamedType(type).name));
  const some = await server.data(
    `{ ${lists.map(({ name }) => `${name}(first: 2) { nodes { id } }`).join(" ")}
       last: events(last: 2) { nodes { id } } }`,
  );
  const ids: string[] = Object.values(some).flatMap(({ nodes }: Data) =>
    nodes.map(({ id }: Data) => id),
  );
  const named: Readonly<Record<string, readonly string[]>> = {
    node: ids.slice(0, 3).map((id) => `(id: "${id}")`),
    nodes: [`(ids: ${JSON.stringify(ids)})`],
    guest: ['(name: "reserved")'],
    host: ["dub-b1-small-1", "fra-a1-small-1", "fra-a1-large-1"].map((name) => `(name: "${name}")`),
    zone: ['(name: "eu-west-1b")'],
    region: ['(name: "eu-west")'],
    tenant: ['(name: "shop")'],
    securityGroup: ['(name: "front")'],
    loadBalancer: ['(name: "entry")'],
    scalingGroup: ['(name: "checkout", tenant: "shop")'],
    explainPlacement: ['(input: { flavor: "small" })', '(input: { flavor: "nothing" })'],
    capacityReport: ["(losing: RACK)"],
    canReach: [`(from: "${await server.id("guest", "git")}", to: "x")`],
    events: ["(last: 20)"],
    guests: ["(first: 5, orderBy: { field: STATUS })", "(filter: { statuses: [PENDING] })"],
  };
  const each = queries.flatMap(({ name, type }) =>
    (named[name] ?? [""]).map((args) => {
      const selection = selectionOf(type, DEPTHS[name] ?? 2);
      return { query: stable(parse(`{ ${name}${args} ${selection} }`)) };
    }),
  );
  const deeper = `{
    hosts(first: 2) { nodes { rack { dataCenter { name } } } }
    failovers(first: 2) { nodes { incident { open } } }
    loadBalancers(first: 2) {
      nodes { targetGroups {
        scalingGroups { scalingGroup { name } }
        targets { guest { name } loadBalancer { name } reasons { code } }
      } }
    }
    simulation { faults { nodes { target { id } } } }
  }`;
  return [...each, { query: namedByEvents() }, { query: print(parse(deeper)) }];
}

/** What each kind of event names, which would be too much with all that can be asked about it. */
function namedByEvents(): string {
  const kinds = schema.getPossibleTypes(schema.getType("Event") as GraphQLAbstractType);
  const fields = kinds.flatMap((kind) => {
    const { name } = kind;
    const composite = Object.values(kind.getFields()).filter(({ type }) =>
      isCompositeType(getNamedType(type)),
    );
    const inside = composite.map((field) => `${name}_${field.name}: ${field.name} { __typename }`);
    return `... on ${name} { __typename ${inside.join(" ")} }`;
  });
  return `{ events(last: 100) { nodes { ${fields.join(" ")} } } }`;
}

/** The same without what is volatile. */
function stable(document: DocumentNode): string {
  const types = new TypeInfo(schema);
  return print(
    visit(
      document,
      visitWithTypeInfo(types, {
        Field: () => (isVolatile(types.getFieldDef()?.extensions ?? {}) ? null : undefined),
        SelectionSet: {
          leave: (set) =>
            set.selections.length > 0 ? undefined : { ...set, ...parseSet("{ __typename }") },
        },
      }),
    ),
  );
}

function parseSet(text: string) {
  const [definition] = parse(text).definitions;
  if (definition?.kind !== "OperationDefinition") throw new Error("not an operation");
  return { selections: definition.selectionSet.selections };
}

/** What the documents and GraphiQL show, as it stands. */
async function documented(): Promise<Question[]> {
  const shown = await Promise.all(
    examples.map(async ({ source, variables }) => ({
      query: source,
      variables: await withIds(server, variables),
    })),
  );
  const tabs = exampleTabs({
    zoneId: await server.id("zone", "eu-west-1a"),
    zone: "eu-west-1a",
    flavor: "small",
    hostId: await server.id("host", "fra-c1-small-1"),
  }).map(({ query, variables }) => ({
    query,
    ...(variables !== undefined && { variables: JSON.parse(variables) }),
  }));
  return [...shown, ...tabs].filter(({ query }) => isQuery(query));
}

function isQuery(source: string): boolean {
  return parse(source).definitions.every(
    (one) => one.kind !== "OperationDefinition" || one.operation === "query",
  );
}

/** In the order of the questions. */
async function answers(
  url: string,
  asked: readonly Question[],
  { authorization }: TestServer,
): Promise<string[]> {
  const texts: string[] = [];
  for (const question of asked) {
    const response = await fetch(url, {
      method: "POST",
      headers: { "Content-Type": "application/json", ...authorization },
      body: JSON.stringify(question),
    });
    texts.push(await response.text());
  }
  return texts;
}

/** What depends on more than the log has changed of everything that lives. */
async function timeHasPassed(): Promise<void> {
  const query = `{
    fleet { at }
    hosts(first: 100, filter: { statuses: [UP] }) { nodes { lastHeartbeatAt usage { sampledAt } } }
    guests(first: 100, filter: { hostIds: ["${await server.id("host", "fra-c1-small-1")}"] }) {
      nodes { usage { sampledAt } }
    }
  }`;
  const before = await server.data(query);
  await vi.waitFor(
    async () => {
      const after = await server.data(query);
      expect(after.fleet.at).not.toBe(before.fleet.at);
      for (const list of ["hosts", "guests"])
        for (const [index, node] of after[list].nodes.entries())
          expect(JSON.stringify(node)).not.toBe(JSON.stringify(before[list].nodes[index]));
    },
    { timeout: 60_000, interval: 500 },
  );
}

async function repeated(): Promise<number> {
  const text = await (await fetch(server.url.replace("/graphql", "/metrics"))).text();
  return Number(/^evenkeel_replies_repeated_total (\d+)$/m.exec(text)?.[1]);
}

/** Asked for at one head, before and after: by whoever keeps replies, and anew. */
async function atOneHead(asked: readonly Question[], who: TestServer) {
  for (;;) {
    const head = await server.head();
    const first = await answers(server.url, asked, who);
    await timeHasPassed();
    const before = await repeated();
    const kept = await answers(server.url, asked, who);
    const times = (await repeated()) - before;
    const made = await answers(freshUrl, asked, who);
    if ((await server.head()) === head) return { first, kept, made, times };
  }
}

test.each(["administrator", "tenant"])(
  "a reply that was kept is what is told anew: to the %s",
  async (who) => {
    const isTenant = who === "tenant";
    const asked = isTenant ? questions.filter(isShort) : questions;
    const { first, kept, made, times } = await atOneHead(asked, isTenant ? tenant : server);
    for (const [index, question] of asked.entries()) {
      expect(JSON.parse(made[index] as string), question.query).toHaveProperty("data");
      if (!isStable(question)) continue;
      expect(first[index], question.query).toBe(made[index]);
      expect(kept[index], question.query).toBe(made[index]);
    }
    expect(times).toBe(asked.filter((one) => isStable(one) && isShort(one)).length);
  },
  240_000,
);

function isStable({ query }: Question): boolean {
  return stable(parse(query)) === print(parse(query));
}

/** Of longer requests, no replies are kept. */
function isShort(question: Question): boolean {
  return JSON.stringify(question).length < 64 * 1024;
}

test("everything that can be asked for was", () => {
  const asked = new Set<string>();
  const types = new TypeInfo(schema);
  for (const { query } of questions)
    visit(
      parse(query),
      visitWithTypeInfo(types, {
        Field: ({ name }) => {
          const type = types.getParentType();
          for (const one of type ? possible(type) : []) asked.add(`${one.name}.${name.value}`);
        },
      }),
    );
  expect([...stableFields()].filter((field) => !asked.has(field))).toEqual([]);
});

function possible(type: GraphQLNamedType): readonly GraphQLNamedType[] {
  return isAbstractType(type) ? schema.getPossibleTypes(type) : [type];
}

/** Of all types that a query leads to by fields that are not volatile. */
function stableFields(): Set<string> {
  const fields = new Set<string>();
  const seen = new Set<string>();
  const waiting: GraphQLNamedType[] = [schema.getQueryType() as GraphQLNamedType];
  for (const type of waiting) {
    if (seen.has(type.name)) continue;
    seen.add(type.name);
    waiting.push(...possible(type));
    if (!isObjectType(type) || isInterfaceType(type)) continue;
    for (const { name, type: leadsTo, extensions } of Object.values(type.getFields())) {
      if (isVolatile(extensions)) continue;
      fields.add(`${type.name}.${name}`);
      waiting.push(getNamedType(leadsTo));
    }
  }
  return fields;
}
