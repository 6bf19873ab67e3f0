/** The library on the server that it is made for. */

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type ListenedEvent, listen } from "../../src/client/listen.ts";
import { type Evenkeel, startEvenkeel } from "../../src/main.ts";
import type { ApiTokenId } from "../../src/model/ids.ts";
import { readConfiguration } from "../../src/server/configuration.ts";

const retry = { minMs: 5, maxMs: 100 };
let dataDir: string;
let evenkeel: Evenkeel;
let port = 0;

beforeEach(async () => {
  dataDir = mkdtempSync(join(tmpdir(), "evenkeel-listen-"));
  port = 0;
  await serve();
});

afterEach(async () => {
  await evenkeel.close();
  rmSync(dataDir, { recursive: true });
});

async function serve(): Promise<void> {
  const configuration = readConfiguration({
    PORT: String(port),
    DATA_DIR: dataDir,
    FLEET: "fleets/demo.yaml",
    CLOCK: "manual",
  });
  evenkeel = await startEvenkeel(configuration, { onLog: () => {} });
  port = evenkeel.server.port;
}

async function advance(seconds: number): Promise<void> {
  const result = await evenkeel.runtime.commands.submit({
    command: { kind: "ADVANCE_CLOCK", seconds },
    actor: { kind: "PRINCIPAL", name: "test" },
    idempotencyKey: null,
  });
  expect(result.ok).toBe(true);
}

function head(): string {
  return `${evenkeel.runtime.feed.epoch}:${evenkeel.runtime.feed.head()}`;
}

function sequence(cursor: string): number {
  return Number(cursor.split(":")[1]);
}

function wholeLog(): string[] {
  const { epoch } = evenkeel.runtime.feed;
  return Array.from({ length: evenkeel.runtime.feed.head() }, (_, i) => `${epoch}:${i + 1}`);
}

test("each event once, in order, while the server restarts and connections are cut", async () => {
  const url = evenkeel.server.url;
  const received: string[] = [];
  const ending = new AbortController();
  const listening = listen({ url, after: "start", retry, bufferSize: 16, signal: ending.signal });
  const awaited = new Map<string, () => void>();
  const consuming = (async () => {
    for await (const event of listening) {
      received.push(event.cursor);
      awaited.get(event.cursor)?.();
    }
  })();
  for (let round = 0; round < 4; round++) {
    await advance(20);
    await evenkeel.close();
    await serve();
    await advance(20);
  }
  const last = head();
  const arrived = new Promise<void>((resolve) => {
    awaited.set(last, resolve);
    if (received.includes(last)) resolve();
  });
  await Promise.race([arrived, consuming]);
  expect(received).toEqual(wholeLog());
  ending.abort();
  await consuming;
});

test("listens from now on, with a filter and fields of its own", async () => {
  interface Started extends ListenedEvent {
    readonly bootMs: number;
    readonly guest: { readonly name: string };
  }
  const began = Promise.withResolvers<string>();
  const earliest = sequence(head());
  const listening = listen<Started>({
    url: evenkeel.server.url,
    filter: { kinds: ["GUEST_STARTED"] },
    selection: "... on GuestStarted { bootMs guest { name } }",
    onPosition: began.resolve,
  });
  // Hosts that report for the first time may come in between.
  const position = sequence(await began.promise);
  expect(position).toBeGreaterThanOrEqual(earliest);
  expect(position).toBeLessThanOrEqual(sequence(head()));
  await advance(60);
  const { value } = await listening.next();
  expect(value).toEqual({
    cursor: expect.any(String),
    bootMs: expect.any(Number),
    guest: { name: expect.any(String) },
  });
  await listening.return();
});

test.each([
  ["nonsense", "INVALID_CURSOR"],
  ["elsewhere:1", "CURSOR_UNKNOWN_EPOCH"],
])("after %s fails for good with %s", async (after, code) => {
  const listening = listen({ url: evenkeel.server.url, after });
  await expect(listening.next()).rejects.toMatchObject({ code, fatal: true });
});

test("a cursor beyond the head, and a selection that is wrong, fail for good", async () => {
  const { url } = evenkeel.server;
  const after = head().replace(/\d+$/, "999999");
  await expect(listen({ url, after }).next()).rejects.toMatchObject({ code: "CURSOR_IN_FUTURE" });
  await expect(listen({ url, selection: "colour" }).next()).rejects.toMatchObject({
    fatal: true,
    message: expect.stringContaining("colour"),
  });
});

test("a reader that stalls is given everything when it goes on", async () => {
  for (let i = 0; i < 5; i++) await advance(60);
  const listening = listen({ url: evenkeel.server.url, after: "start", bufferSize: 4, retry });
  const received: string[] = [];
  for await (const event of listening) {
    received.push(event.cursor);
    if (received.length % 50 === 0) await new Promise((resolve) => setTimeout(resolve, 20));
    if (event.cursor === head()) break;
  }
  expect(received).toEqual(wholeLog());
});

test("goes on with a fresh token when the one that it came with is revoked", async () => {
  const tokens = [await createToken("first"), await createToken("second")];
  let asked = 0;
  const token = () => (tokens[asked++] as Token).secret;
  const { url } = evenkeel.server;
  const listening = listen({ url, after: "start", token, retry });
  await listening.next();
  const heard: string[] = [];
  const revoked = await evenkeel.runtime.commands.submit({
    command: { kind: "REVOKE_API_TOKEN", apiTokenId: (tokens[0] as Token).id },
    actor: { kind: "PRINCIPAL", name: "test" },
    idempotencyKey: null,
  });
  expect(revoked.ok).toBe(true);
  await advance(1);
  while (heard.at(-1) !== head()) heard.push((await listening.next()).value?.cursor as string);
  expect(heard).toEqual(wholeLog().slice(1));
  expect(asked).toBe(2);
  await listening.return();
});

test("gives up with a token that is good no more, where there is no other", async () => {
  const listening = listen({ url: evenkeel.server.url, token: "evk_forged", retry });
  await expect(listening.next()).rejects.toMatchObject({ code: "FORBIDDEN", closeCode: 4403 });
});

interface Token {
  readonly id: ApiTokenId;
  readonly secret: string;
}

async function createToken(name: string): Promise<Token> {
  const response = await fetch(evenkeel.server.url, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({
      query: `mutation ($name: String!) { createApiToken(input: { name: $name, role: VIEWER }) {
        ... on CreateApiTokenPayload { secret token { id } }
      } }`,
      variables: { name },
    }),
  });
  const { secret, token } = (await response.json()).data.createApiToken;
  return { secret, id: Number(atob(token.id).split(":")[1]) as ApiTokenId };
}
