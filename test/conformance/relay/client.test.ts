/** Relay itself: its compiler on a sample of documents, and its runtime against a server that takes only those. */

import { createClient } from "graphql-ws";
import {
  commitMutation,
  createOperationDescriptor,
  Environment,
  fetchQuery,
  type GraphQLResponse,
  type GraphQLSingularResponse,
  getSingularSelector,
  Network,
  Observable,
  type OperationDescriptor,
  RecordSource,
  requestSubscription,
  type SingularReaderSelector,
  Store,
  type Variables,
} from "relay-runtime";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import WebSocket from "ws";
import { startServer } from "../../../src/server/server.ts";
import { readTrustedDocuments } from "../../../src/server/trusted-documents.ts";
import { type Data, startSettledServer } from "../../api/harness.ts";
import { flakyNetworkTo } from "../flaky-network.ts";
import { type Compiled, compileDocuments } from "./compile.ts";

let compiled: Compiled;
beforeAll(() => {
  compiled = compileDocuments();
});
afterAll(() => compiled.remove());

/** As Relay's guide sets it up, with documents by their ids. */
function environmentOf(url: string): Environment {
  const ws = createClient({
    url: url.replace("http", "ws"),
    webSocketImpl: WebSocket,
    retryAttempts: 0,
  });
  onTestFinished(() => void ws.dispose());
  return new Environment({
    store: new Store(new RecordSource()),
    network: Network.create(
      async ({ id: documentId }, variables) => {
        const response = await fetch(url, {
          method: "POST",
          headers: { "Content-Type": "application/json" },
          body: JSON.stringify({ documentId, variables }),
        });
        return (await response.json()) as GraphQLResponse;
      },
      ({ id }, variables) =>
        Observable.create<GraphQLResponse>((sink) =>
          ws.subscribe(
            { query: "", variables, extensions: { persistedQuery: { sha256Hash: id } } },
            {
              next: (result) => sink.next(result as GraphQLSingularResponse),
              error: (error) => sink.error(error as Error),
              complete: () => sink.complete(),
            },
          ),
        ),
    ),
  });
}

/** A server, and beside it one for the same fleet that executes what Relay has compiled and nothing else. */
async function start() {
  const server = await startSettledServer();
  const strict = await startServer({
    host: "127.0.0.1",
    port: 0,
    runtime: server.runtime,
    documents: { parse: () => ({ ok: false, problems: [] }) },
    fleetSchema: "",
    onError: (error) => expect(error).toBeUndefined(),
    limits: { trustedDocumentsOnly: true },
    trustedDocuments: readTrustedDocuments(compiled.persisted),
  });
  onTestFinished(() => strict.close());
  const network = await flakyNetworkTo(strict.url);
  return { server, network, environment: environmentOf(network.url) };
}

/** Asks, and keeps what is answered in the store. */
async function ask(environment: Environment, name: string, variables: Variables = {}) {
  const operation = createOperationDescriptor(await compiled.request(name), variables);
  environment.retain(operation);
  await fetchQuery(environment, operation.request.node, variables).toPromise();
  return operation;
}

/** What the store knows now of a fragment in an operation's data. */
async function fragmentIn(environment: Environment, name: string, parent: unknown) {
  const selector = getSingularSelector(await compiled.fragment(name), parent);
  return environment.lookup(selector as SingularReaderSelector).data as Data;
}

const dataOf = (environment: Environment, { fragment }: OperationDescriptor) =>
  environment.lookup(fragment).data as Data;

describe("Relay", () => {
  test("queries, and finds things again by their ids", async () => {
    const { server, environment } = await start();
    const who = await ask(environment, "documentsWhoQuery");
    expect(dataOf(environment, who)).toEqual({ viewer: { name: "local", role: "ADMIN" } });

    const found = await ask(environment, "documentsGuestQuery", { name: "web-1" });
    const { guest } = dataOf(environment, found);
    const before = await fragmentIn(environment, "documentsGuest_guest", guest);
    expect(before).toMatchObject({ name: "web-1", desired: "RUNNING" });
    await server.mutate("stopGuest", "GuestActionInput", { guestId: guest.id });
    await ask(environment, "documentsGuestRefetchQuery", { id: guest.id });
    const after = await fragmentIn(environment, "documentsGuest_guest", guest);
    expect(after).toMatchObject({ name: "web-1", desired: "STOPPED" });
  });

  test("pages through a connection, which grows in its store", async () => {
    const { server, environment } = await start();
    const list = await ask(environment, "documentsHostsQuery");
    const hosts = async () =>
      (await fragmentIn(environment, "documentsHosts_query", dataOf(environment, list))).hosts;
    for (;;) {
      const { pageInfo } = await hosts();
      if (!pageInfo.hasNextPage) break;
      const variables = { count: 1, cursor: pageInfo.endCursor };
      await ask(environment, "documentsHostsPaginationQuery", variables);
    }
    const names: string[] = [];
    for (const { node } of (await hosts()).edges)
      names.push((await fragmentIn(environment, "documentsHostRow_host", node)).name);
    const all = await server.data("{ hosts { nodes { name } } }");
    expect(names).toEqual(all.hosts.nodes.map(({ name }: { name: string }) => name));
    expect(names.length).toBeGreaterThan(1);
  });

  test("changes something, which its store follows, or is told why not", async () => {
    const { server, environment } = await start();
    const mutation = await compiled.request("documentsStopMutation");
    const commit = (variables: Variables) =>
      new Promise<{ response: Data; errors: unknown }>((resolve, reject) => {
        commitMutation(environment, {
          mutation,
          variables,
          onCompleted: (response, errors) => resolve({ response, errors }),
          onError: reject,
        });
      });
    const found = await ask(environment, "documentsGuestQuery", { name: "web-1" });
    const guestId = await server.id("guest", "web-1");
    expect((await commit({ input: { guestId } })).response.stopGuest).toMatchObject({
      guest: { desired: "STOPPED" },
    });
    const { guest } = dataOf(environment, found);
    expect(await fragmentIn(environment, "documentsGuest_guest", guest)).toMatchObject({
      desired: "STOPPED",
    });
    expect((await commit({ input: { guestId: "nonsense" } })).response.stopGuest).toEqual({
      __typename: "InvalidInputError",
      code: "INVALID_INPUT",
      message: expect.any(String),
      path: ["input", "guestId"],
    });
    await expect(commit({ input: {} })).rejects.toThrow("guestId");
  });

  test("listens, loses the connection, and goes on from where it was", async () => {
    const { server, network, environment } = await start();
    const subscription = await compiled.request("documentsListenSubscription");
    const head = await server.head();
    const cursors: string[] = [];
    const listen = (after: string) => {
      const lost = Promise.withResolvers<unknown>();
      const { dispose } = requestSubscription(environment, {
        subscription,
        variables: { after },
        onNext: (data) => cursors.push((data as Data).events.cursor),
        onError: lost.resolve,
        onCompleted: () => lost.resolve(null),
      });
      return { lost: lost.promise, dispose };
    };
    const first = listen(head);
    await server.advance(30);
    await expect.poll(() => cursors.length).toBeGreaterThan(0);
    network.cut();
    expect(await first.lost).toBeTruthy();
    const guestId = await server.id("guest", "web-1");
    await server.mutate("stopGuest", "GuestActionInput", { guestId });
    await server.advance(30);
    const second = listen(cursors.at(-1) ?? "");
    const end = await server.head();
    await expect.poll(() => cursors.at(-1)).toBe(end);
    second.dispose();
    const [begin, last] = [head, end].map((cursor) => Number(cursor.split(":")[1])) as [
      number,
      number,
    ];
    const seqs = cursors.map((cursor) => Number(cursor.split(":")[1]));
    expect(seqs).toEqual(Array.from({ length: last - begin }, (_, index) => begin + index + 1));
  });
});
