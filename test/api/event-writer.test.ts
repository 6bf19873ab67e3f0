import { parse } from "graphql";
import { createClient } from "graphql-sse";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { EventWriters } from "../../schema/event-writer.ts";
import { EVENT_KINDS, type EventKind } from "../../src/model/events.ts";
import { startSettledServer, type TestServer } from "./harness.ts";

/**
 * Over a WebSocket, events are written straight from the log where that is possible; over
 * server-sent events, GraphQL is executed for each. Both must say the same, to the letter.
 */
let server: TestServer;
let head: string;
beforeAll(async () => {
  server = await startSettledServer({}, true);
  const targetId = await server.id("zone", "north-a");
  await server.mutate("injectFault", "InjectFaultInput", {
    targetId,
    kind: "ZONE_POWER",
    durationSeconds: 100,
  });
  await server.advance(300);
  const guestId = await server.id("guest", "web-1");
  const resources = { cpuCores: 1.5, memoryMiB: 1000, storageGiB: 40 };
  await server.mutate("resizeGuest", "ResizeGuestInput", { guestId, resources });
  await server.mutate("createGuest", "CreateGuestInput", {
    name: "huge",
    image: "linux",
    resources: { cpuCores: 1000, memoryMiB: 1, storageGiB: 1 },
  });
  await server.advance(60);
  head = await server.head();
});
afterAll(() => server.close());

const total = () => Number(head.split(":")[1]);

async function executed(query: string): Promise<string[]> {
  const client = createClient({ url: server.url, retryAttempts: 0 });
  const texts: string[] = [];
  for await (const result of client.iterate({
    query,
    variables: { after: head.replace(/\d+$/, "0") },
  })) {
    texts.push(JSON.stringify(result));
    if (texts.length === total()) break;
  }
  client.dispose();
  return texts;
}

async function pumped(query: string): Promise<string[]> {
  const client = server.client();
  const texts: string[] = [];
  for await (const result of client.iterate({
    query,
    variables: { after: head.replace(/\d+$/, "0") },
  })) {
    texts.push(JSON.stringify(result));
    if (texts.length === total()) break;
  }
  await client.dispose();
  return texts;
}

/** A selection on an event, and fragments that it uses. */
const SELECTIONS: Record<string, readonly [selection: string, fragments?: string]> = {
  "the common fields": [
    "id cursor occurredAt kind category severity message __typename actor { name kind __typename }",
  ],
  aliases: ["a: cursor cursor b: kind cursor c: message c: message"],
  fragments: [
    "... on Event { cursor ... on GuestStarted { bootMs } } ... F kind",
    "fragment F on Node { id ... on GuestFailedOver { downtimeMs cursor } ... on HostSuspected { silentMs lastSeenAt } }",
  ],
  "own fields of many kinds": [
    `cursor
    ... on FleetApplied { created updated deleted }
    ... on GuestStarted { bootMs }
    ... on GuestFailedOver { downtimeMs }
    ... on HostFenced { method }
    ... on ZoneUtilityLost { utility }
    ... on ZoneDown { why }
    ... on FaultInjected { fault until }
    ... on ClockAdvanced { seconds }
    ... on GuestStartFailed { giveUpHost retryAt error }
    ... on OperationStarted { verb }
    ... on GuestResizing { resources { cpuCores storageGiB memoryMiB __typename } generation }
    ... on GuestBlocked { reasons { code message __typename } }
    ... on FailoverCompleted { domain guestsRecovered guestsUnrecovered durationMs }`,
  ],
  "what must be looked up": [
    `cursor subject { id __typename } cause { cursor kind }
    ... on GuestStarted { guest { name host { name } } host { zone { name } } }
    ... on FailoverStarted { scope { id } failover { guestsAffected } }
    ... on GuestBlocked { reasons { host { name } } }
    ... on GuestPlaced { placement { score host { name } } }
    effects { totalCount }`,
  ],
  "both, by kind": [
    "cursor message ... on GuestStarted { guest { id } } ... on HostUp { host { name } }",
  ],
  "merged selections": [
    "actor { kind } cursor actor { name } ... on GuestResizing { resources { cpuCores } resources { memoryMiB } }",
  ],
  directives: ["cursor kind @skip(if: false) message @include(if: false)"],
};

describe("events written from the log", () => {
  test.each(Object.entries(SELECTIONS))(
    "are what executing would give: %s",
    async (_name, [selection, fragments = ""]) => {
      const query = `subscription ($after: Cursor) { events(after: $after) { ${selection} } } ${fragments}`;
      const [fast, slow] = [await pumped(query), await executed(query)];
      expect(fast).toHaveLength(total());
      expect(fast).toEqual(slow);
    },
  );

  test("keep the field's alias", async () => {
    const query = "subscription ($after: Cursor) { log: events(after: $after) { cursor } }";
    expect(await pumped(query)).toEqual(await executed(query));
  });

  test("are those of every kind, unless something must be looked up", () => {
    const compiled = (selection: string): EventKind[] => {
      const document = parse(`{ ${selection} }`);
      const [operation] = document.definitions;
      if (operation?.kind !== "OperationDefinition") throw new Error("no operation");
      const writers = new EventWriters(operation.selectionSet, document, "epoch");
      return EVENT_KINDS.filter((kind) => writers.of(kind) !== null);
    };
    expect(compiled("cursor message")).toEqual(EVENT_KINDS);
    expect(compiled("cursor cause { id }")).toEqual([]);
    expect(compiled("cursor message @skip(if: true)")).toEqual([]);
    expect(compiled("cursor ... on GuestLost { guest { id } }")).toEqual(
      EVENT_KINDS.filter((kind) => kind !== "GuestLost"),
    );
  });
});
