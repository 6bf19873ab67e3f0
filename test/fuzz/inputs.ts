import type { Chance } from "../engine/random.ts";
import { chanceOf } from "../simulation/chance.ts";
import { mutated, type Operation, randomOperation, wildValue } from "./documents.ts";

/** Something that somebody sends. */
export type Input =
  | {
      readonly kind: "HTTP";
      readonly method: string;
      readonly query: string;
      readonly headers: Headers;
      readonly body: string | null;
    }
  | { readonly kind: "BYTES"; readonly bytes: string }
  | { readonly kind: "FRAMES"; readonly frames: readonly (string | Uint8Array)[] };
type Headers = Readonly<Record<string, string>>;

/** The same for the same seed and index. */
export function inputOf(seed: number, index: number): Input {
  const chance = chanceOf(seed, "input", index);
  const roll = chance.next();
  if (roll < 0.55) return http(chance);
  return roll < 0.9 ? frames(chance) : bytes(chance);
}

const ACCEPTS = [
  "application/json",
  "application/graphql-response+json",
  "text/event-stream",
  "text/html",
  "*/*",
  "nonsense",
  "application/json;q=0, */*;q=NaN",
  "",
];
const TYPES = [
  "application/json; charset=utf-8",
  "application/json;",
  "application/jsonx",
  "text/plain",
  "multipart/form-data",
  "application/x-www-form-urlencoded",
  "",
];

function http(chance: Chance): Input {
  const operation = randomOperation(chance);
  const headers: Record<string, string> = { "Content-Type": "application/json" };
  if (chance.next() < 0.5) headers["Accept"] = chance.of(ACCEPTS);
  if (chance.next() < 0.1) headers["Content-Type"] = chance.of(TYPES);
  if (chance.next() < 0.1) headers["Origin"] = chance.of(["null", "http://evil.example", "::"]);
  if (chance.next() < 0.1) headers["X-Custom"] = "x".repeat(chance.int(0, 4_000));
  if (chance.next() < 0.2) headers["GraphQL-Require-Preflight"] = "1";
  if (chance.next() < 0.05) headers["Content-Encoding"] = chance.of(["gzip", "br", "x"]);
  const method = chance.of([
    "POST",
    "POST",
    "POST",
    "POST",
    "GET",
    "GET",
    "PUT",
    "HEAD",
    "OPTIONS",
  ]);
  const hasBody = method === "POST" || method === "PUT";
  return {
    kind: "HTTP",
    method,
    query: hasBody ? "" : addressQuery(operation, chance),
    headers,
    body: hasBody ? bodyOf(operation, chance) : null,
  };
}

function addressQuery({ query, variables }: Operation, chance: Chance): string {
  const parameters = new URLSearchParams({ query });
  if (chance.next() < 0.7) parameters.set("variables", JSON.stringify(variables));
  if (chance.next() < 0.2) parameters.set("variables", chance.of(["{", "1", "[]", "null", "'"]));
  if (chance.next() < 0.2) parameters.set("extensions", chance.of(["{", "1", "[]", "null"]));
  if (chance.next() < 0.1) parameters.set("operationName", "Q");
  if (chance.next() < 0.1) parameters.set("documentId", "sha256:0");
  // No address is longer than what a request's head may be.
  const text = `?${parameters}`.slice(0, 12_000);
  return chance.next() < 0.1 ? `${text}&%%%=%zz` : text;
}

function bodyOf({ query, variables }: Operation, chance: Chance): string {
  const body: Record<string, unknown> = { query, variables };
  const name = () =>
    chance.of(["query", "variables", "operationName", "extensions", "documentId", "id"]);
  while (chance.next() < 0.15) body[name()] = wildValue(chance);
  const text = JSON.stringify(chance.next() < 0.03 ? wildValue(chance) : body) ?? "";
  return chance.next() < 0.1 ? mutated(text, chance) : text;
}

function frames(chance: Chance): Input {
  const greeting = chance.next() < 0.9 ? ['{"type":"connection_init"}'] : [];
  const more = Array.from({ length: chance.int(1, 5) }, () => frame(chance));
  return { kind: "FRAMES", frames: [...greeting, ...more] };
}

function frame(chance: Chance): string | Uint8Array {
  if (chance.next() < 0.05) return Uint8Array.from({ length: 20 }, () => chance.int(0, 255));
  const text = JSON.stringify(messageOf(chance));
  return chance.next() < 0.15 ? mutated(text, chance) : text;
}

function messageOf(chance: Chance): object {
  const id = chance.of(["1", "2", "3", "__proto__", "💥"]);
  const type = chance.of([
    "subscribe",
    "subscribe",
    "subscribe",
    "complete",
    "ping",
    "pong",
    "next",
  ]);
  const message: Record<string, unknown> = { id, type };
  if (type === "subscribe") message["payload"] = randomOperation(chance);
  while (chance.next() < 0.1) message[chance.of(["id", "type", "payload"])] = wildValue(chance);
  return message;
}

const HEADS = [
  "GET /graphql?query={head} HTTP/1.1\r\nHost: localhost\r\n\r\n",
  'POST /graphql HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 16\r\n\r\n{"query":"{head}"',
  "POST /graphql HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\nfff\r\n{",
  "GET /graphql HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: graphql-transport-ws\r\n\r\n",
  "GET / HTTP/1.0\r\n\r\n",
  "OPTIONS * HTTP/1.1\r\nHost: localhost\r\n\r\n",
];

function bytes(chance: Chance): Input {
  const text = chance.of(HEADS);
  return { kind: "BYTES", bytes: chance.next() < 0.8 ? mutated(text, chance) : text };
}
