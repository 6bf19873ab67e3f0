import { expect, test } from "vitest";
import { type Data, startSettledServer, type TestServer } from "./harness.ts";

const INCIDENT = `{
  id open domain hostsLost guestsLost resolvedAt
  scope { __typename ... on Zone { name } ... on Host { name } }
  root { kind }
  events(first: 100) { totalCount nodes { kind incident { id } } }
}`;
const LIST = `query ($open: Boolean) { incidents(filter: { open: $open }) { totalCount nodes ${INCIDENT} } }`;

const listOf = async (server: TestServer, open: boolean | null = null) =>
  (await server.data(LIST, { open })).incidents.nodes as Data[];

async function fault(
  server: TestServer,
  verb: string,
  type: "host" | "zone",
  name: string,
  kind: string,
) {
  const targetId = await server.id(type, name);
  const input = verb === "injectFault" ? "InjectFaultInput" : "ClearFaultInput";
  await server.mutate(verb, input, { targetId, kind }, "__typename");
}

test("an incident ties all that follows to its root, and is over when all is well", async () => {
  const server = await startSettledServer();
  expect(await listOf(server)).toEqual([]);
  await fault(server, "injectFault", "zone", "north-a", "ZONE_POWER");
  await server.advance(1);
  const [begun] = await listOf(server, true);
  expect(begun).toMatchObject({
    open: true,
    domain: "ZONE",
    scope: { __typename: "Zone", name: "north-a" },
    root: { kind: "FAULT_INJECTED" },
    resolvedAt: null,
  });
  await server.advance(120);
  const during = await server.data(
    '{ zone(name: "north-a") { incident { id } } host(name: "host-a") { incident { id } } host2: host(name: "host-b") { incident { id } } }',
  );
  expect(during).toMatchObject({
    zone: { incident: { id: begun.id } },
    host: { incident: { id: begun.id } },
    host2: { incident: null },
  });
  await fault(server, "clearFault", "zone", "north-a", "ZONE_POWER");
  await server.advance(120);
  expect(await listOf(server, true)).toEqual([]);
  const [over] = await listOf(server, false);
  expect(over).toMatchObject({ id: begun.id, open: false, hostsLost: 1 });
  expect(over.resolvedAt).not.toBeNull();
  const kinds = over.events.nodes.map(({ kind }: Data) => kind);
  expect(kinds.slice(0, 3)).toEqual(["FAULT_INJECTED", "ZONE_UTILITY_LOST", "INCIDENT_OPENED"]);
  for (const kind of ["HOST_SUSPECTED", "HOST_FENCING", "HOST_DOWN", "ZONE_DOWN", "ZONE_RESTORED"])
    expect(kinds).toContain(kind);
  expect(kinds.at(-1)).toBe("INCIDENT_RESOLVED");
  expect(over.events.totalCount).toBe(kinds.length);
  const { zone, node } = await server.data(
    `query ($id: ID!) { zone(name: "north-a") { incident { id } } node(id: $id) { ... on Incident { guestsLost } } }`,
    { id: begun.id },
  );
  expect(zone.incident).toBeNull();
  expect(node.guestsLost).toBe(over.guestsLost);
});

test("two at once stay apart, also in the log", async () => {
  const server = await startSettledServer();
  await fault(server, "injectFault", "host", "host-a", "HOST_POWER");
  await fault(server, "injectFault", "host", "host-b", "HOST_HANG");
  await server.advance(60);
  const [one, other, ...more] = await listOf(server, true);
  expect(more).toEqual([]);
  expect([one.scope.name, other.scope.name].sort()).toEqual(["host-a", "host-b"]);
  const { events } = await server.data(
    `query ($ids: [ID!]!) { events(first: 100, filter: { incidentIds: $ids, kinds: [HOST_DOWN, INCIDENT_OPENED, FAILOVER_STARTED, GUEST_LOST] }) {
      nodes { kind incident { id } subject { ... on Host { name } } } } }`,
    { ids: [one.id] },
  );
  expect(events.nodes.length).toBeGreaterThan(0);
  for (const { incident } of events.nodes) expect(incident.id).toBe(one.id);
  for (const { subject } of events.nodes)
    if (subject?.name) expect(subject.name).toBe(one.scope.name);
  const { failovers } = await server.data(
    "{ failovers { nodes { incident { id } scope { ... on Host { name } } } } }",
  );
  for (const { incident, scope } of failovers.nodes)
    expect(incident.id).toBe(scope.name === one.scope.name ? one.id : other.id);
});

test("its events are paged from both ends", async () => {
  const server = await startSettledServer();
  await fault(server, "injectFault", "host", "host-a", "HOST_POWER");
  await server.advance(60);
  const [incident] = await listOf(server, true);
  const page = async (args: string) =>
    (
      await server.data(
        `query ($id: ID!) { node(id: $id) { ... on Incident { events(${args}) { nodes { cursor } pageInfo { startCursor endCursor } } } } }`,
        { id: incident.id },
      )
    ).node.events;
  const all = (await page("first: 100")).nodes.map(({ cursor }: Data) => cursor);
  expect(all).toHaveLength(incident.events.totalCount);
  const first = await page("first: 4");
  const next = await page(`first: 4, after: "${first.pageInfo.endCursor}"`);
  const last = await page("last: 3");
  const cursors = (nodes: Data[]) => nodes.map(({ cursor }) => cursor);
  expect([...cursors(first.nodes), ...cursors(next.nodes)]).toEqual(all.slice(0, 8));
  expect(cursors(last.nodes)).toEqual(all.slice(-3));
});
