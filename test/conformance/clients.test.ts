/** What people do with an API, done with the libraries that they use, each over a real connection. */

import { describe, expect, onTestFinished, test } from "vitest";
import { type Data, startSettledServer } from "../api/harness.ts";
import { flakyNetworkTo } from "./flaky-network.ts";
import { REAL_CLIENTS } from "./real-clients.ts";

const EVENTS = "subscription Listen($after: Cursor) { events(after: $after) { cursor message } }";
const seqOf = (cursor: string) => Number(cursor.split(":")[1]);

describe.each(Object.entries(REAL_CLIENTS))("%s", (_name, create) => {
  async function start() {
    const server = await startSettledServer();
    const network = await flakyNetworkTo(server.url);
    const client = create(network.url);
    onTestFinished(() => client.close());
    return { server, network, client };
  }

  test("queries, and is told what is wrong", async () => {
    const { client } = await start();
    const { data } = await client.run("query Who { viewer { name role } }");
    expect(data).toMatchObject({ viewer: { name: "local", role: "ADMIN" } });
    const bad = "query Bad($first: Int) { guests(first: $first) { nodes { id } } }";
    const { errors } = await client.run(bad, { first: 1_000 });
    expect(errors).toMatchObject([{ extensions: { code: "BAD_USER_INPUT", argument: "first" } }]);
  });

  test("changes something, or is told why not", async () => {
    const { server, client } = await start();
    const mutation = `mutation Stop($input: GuestActionInput!) {
      stopGuest(input: $input) {
        __typename
        ... on StopGuestPayload { guest { name desired } }
        ... on Error { code message path }
      }
    }`;
    const guestId = await server.id("guest", "web-1");
    const done = await client.run(mutation, { input: { guestId } });
    expect(done.data.stopGuest).toMatchObject({ guest: { name: "web-1", desired: "STOPPED" } });
    const refused = await client.run(mutation, { input: { guestId: "nonsense" } });
    expect(refused.data.stopGuest).toMatchObject({
      __typename: "InvalidInputError",
      code: "INVALID_INPUT",
      path: ["input", "guestId"],
    });
    const { errors } = await client.run(mutation, { input: {} });
    expect(errors).toHaveLength(1);
  });

  test("pages through a list", async () => {
    const { server, client } = await start();
    const query = `query Page($after: String) {
      guests(first: 2, after: $after) { totalCount nodes { name } pageInfo { hasNextPage endCursor } }
    }`;
    const names: string[] = [];
    let after: string | null = null;
    for (;;) {
      const { data }: { data?: Data } = await client.run(query, { after });
      names.push(...data.guests.nodes.map(({ name }: { name: string }) => name));
      if (!data.guests.pageInfo.hasNextPage) break;
      after = data.guests.pageInfo.endCursor;
    }
    const all = await server.data("{ guests(first: 100) { nodes { name } } }");
    expect(names).toEqual(all.guests.nodes.map(({ name }: { name: string }) => name));
    expect(names.length).toBeGreaterThan(2);
  });

  test("listens, loses the connection again and again, and misses nothing", async () => {
    const { server, network, client } = await start();
    const { data } = await client.run("query Head { head }");
    const begin = seqOf(data.head);
    const seqs: number[] = [];
    let after: string = data.head;
    let losses = 0;
    let wanted = Number.POSITIVE_INFINITY;
    const enough = new Error("Enough");

    const listening = (async () => {
      for (;;)
        try {
          await client.listen(EVENTS, { after }, ({ events: { cursor } }) => {
            after = cursor;
            seqs.push(seqOf(cursor));
            if (seqOf(cursor) >= wanted) throw enough;
          });
        } catch (error) {
          if (error === enough) return;
          losses++;
        }
    })();
    for (let round = 0; round < 3; round++) {
      const before = losses;
      const heard = seqs.length;
      await expect
        .poll(async () => {
          await server.advance(1);
          return seqs.length;
        })
        .toBeGreaterThan(heard);
      network.cut();
      // Happens while nobody listens, or hardly.
      await server.advance(5);
      await expect.poll(() => losses, { timeout: 10_000 }).toBeGreaterThan(before);
    }
    await server.advance(1);
    wanted = seqOf(await server.head());
    if ((seqs.at(-1) ?? 0) < wanted) await listening;
    expect(seqs).toEqual(Array.from({ length: wanted - begin }, (_, index) => begin + index + 1));
  });
});
