import { describe, expect, onTestFinished, test } from "vitest";
import { listen } from "../../src/client/listen.ts";
import { BadConfiguration } from "../../src/server/bad-configuration.ts";
import { startTestServer, type TestServer } from "./harness.ts";

const GUEST = { flavor: "small", image: "linux" };

/** On a connection of its own, so that any thread may get it. */
async function ask(server: TestServer, query: string, variables = {}) {
  const response = await fetch(server.url, {
    method: "POST",
    headers: { "Content-Type": "application/json", Connection: "close" },
    body: JSON.stringify({ query, variables }),
  });
  const { data, errors } = (await response.json()) as { data: never; errors?: unknown };
  expect(errors).toBeUndefined();
  return data;
}

async function create(server: TestServer, name: string): Promise<void> {
  const query = `mutation ($input: CreateGuestInput!) {
    createGuest(input: $input) { __typename ... on Error { message } }
  }`;
  const data = await ask(server, query, { input: { name, ...GUEST } });
  expect(data).toEqual({ createGuest: { __typename: "CreateGuestPayload" } });
}

/** Resolves with the names in order when so many guests were created. */
async function created(url: string, after: string, count: number): Promise<string[]> {
  const listening = listen<{ cursor: string; guest: { name: string } }>({
    url,
    after,
    filter: { kinds: ["GUEST_CREATED"] },
    selection: "... on GuestCreated { guest { name } }",
  });
  onTestFinished(async () => {
    await listening.return();
  });
  const names: string[] = [];
  while (names.length < count) {
    const { value } = await listening.next();
    if (value) names.push(value.guest.name);
  }
  return names;
}

describe("the API in several threads", () => {
  test("whoever listens wherever hears of everything that is done wherever", async () => {
    const server = await startTestServer({ apiThreads: 3 });
    const { head } = await ask(server, "{ head }");
    const names = Array.from({ length: 12 }, (_, index) => `new-${index}`);
    const listeners = Array.from({ length: 12 }, () => created(server.url, head, names.length));
    for (const name of names) await create(server, name);
    for (const heard of await Promise.all(listeners)) expect(heard).toEqual(names);
  });

  test("a position that one thread has told is known to all", async () => {
    const server = await startTestServer({ apiThreads: 3 });
    for (let round = 0; round < 20; round++) {
      await create(server, `new-${round}`);
      const { head } = await ask(server, "{ head }");
      const found = await ask(
        server,
        "query ($after: Cursor) { events(first: 1, after: $after) { edges { cursor } } }",
        { after: head },
      );
      expect(found).toEqual({ events: { edges: [] } });
    }
  });

  test("each of them tries connections in the one world", async () => {
    const server = await startTestServer({ apiThreads: 3 });
    for (const name of ["one", "other"]) await create(server, name);
    const { guests } = await ask(server, "{ guests(first: 2) { nodes { id } } }");
    const [from, to] = (guests as { nodes: { id: string }[] }).nodes.map(({ id }) => id);
    const query = `query ($from: ID!, $to: ID!) {
      canReach(from: $from, to: $to, protocol: TCP, port: 22) { reachable obstacle ingress { reason } }
    }`;
    const answers = await Promise.all(
      Array.from({ length: 12 }, () => ask(server, query, { from, to })),
    );
    for (const answer of answers) expect(answer).toEqual(answers[0]);
    expect(answers[0]).toMatchObject({ canReach: { obstacle: expect.any(String) } });
  });

  test("what one thread has done, all answer with, also to what they were asked before", async () => {
    const server = await startTestServer({ apiThreads: 3 });
    const query = "{ guests { totalCount } }";
    const before: { guests: { totalCount: number } } = await ask(server, query);
    for (let round = 1; round <= 20; round++) {
      await create(server, `new-${round}`);
      for (let time = 0; time < 4; time++)
        expect(await ask(server, query)).toEqual({
          guests: { totalCount: before.guests.totalCount + round },
        });
    }
  });

  test("nobody else gets the port, with threads or without", async () => {
    const server = await startTestServer({ apiThreads: 2 });
    const port = Number(new URL(server.url).port);
    for (const apiThreads of [0, 2]) {
      const second = startTestServer({ port, apiThreads });
      await expect(second).rejects.toThrow(BadConfiguration);
      await expect(second).rejects.toThrow(`Port ${port} of 127.0.0.1 is in use`);
    }
    expect(await ask(server, "{ viewer { name } }")).toBeDefined();
  });

  test("all of them are gone when it is closed", async () => {
    const server = await startTestServer({ apiThreads: 2 });
    await server.close();
    await expect(fetch(server.url)).rejects.toThrow();
    expect(server.log.filter((line) => line.startsWith("error"))).toEqual([]);
  });
});
