import { once } from "node:events";
import { connect } from "node:net";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import WebSocket from "ws";
import type { TestServer } from "../api/harness.ts";
import { type Input, inputOf } from "./inputs.ts";

/** How long a stream of events, or a socket that says nothing, is listened to. */
const LISTEN_MS = 20;
/** The answer to anything takes no longer, whatever is asked. */
const PATIENCE_MS = 20_000;
/** What no answer may tell. */
const TELLTALE = /"INTERNAL"|Internal error|\bat [\w.<>]+ \(|node_modules|\.ts:\d/;
/** Closes that say that the client, or the protocol, is to blame. */
const EXPECTED_CLOSES = new Set([
  1000, 1002, 1003, 1005, 1006, 1007, 1009, 4400, 4401, 4406, 4409, 4429,
]);
/** Far more than a server of this size keeps, and less than a leak of one kilobyte an input. */
export const MAX_GROWTH_BYTES = 20 * 1024 * 1024;

export interface Run {
  readonly seed: number;
  readonly first: number;
  readonly inputs: number;
}

/** Sends one after the other, and gives back what is wrong with an answer and how to see it again. */
export async function fuzz(server: TestServer, run: Run): Promise<string[]> {
  const problems: string[] = [];
  for (let index = run.first; index < run.first + run.inputs; index++) {
    const input = inputOf(run.seed, index);
    const logged = server.log.length;
    const found = [await problemWith(server, input), ...server.log.slice(logged).filter(isBug)];
    const problem = found.filter((one) => one !== undefined).join("\n");
    if (problem === "") continue;
    problems.push(
      `Input ${index} of seed ${run.seed}: ${problem}\n${JSON.stringify(input).slice(0, 2_000)}\nAgain: npm run fuzz -- --seed ${run.seed} --only ${index}\nOr with all that came before: npm run fuzz -- --seed ${run.seed} --inputs ${index + 1}`,
    );
  }
  return problems;
}

/** Bytes of the heap that are in use when all that can be freed is. */
export function usedBytes(): number {
  setFlagsFromString("--expose-gc");
  const gc = runInNewContext("gc") as () => void;
  gc();
  gc();
  return process.memoryUsage().heapUsed;
}

function isBug(line: string): boolean {
  return line.startsWith("error");
}

async function problemWith(server: TestServer, input: Input): Promise<string | undefined> {
  const answered = answer(server, input);
  const late = new Promise<string>((resolve) => {
    setTimeout(resolve, PATIENCE_MS, "No answer").unref();
  });
  return Promise.race([answered, late]);
}

function answer(server: TestServer, input: Input): Promise<string | undefined> {
  switch (input.kind) {
    case "HTTP":
      return overHttp(server, input);
    case "BYTES":
      return overTcp(server, input.bytes);
    case "FRAMES":
      return overWebSocket(server, input.frames);
  }
}

async function overHttp(server: TestServer, input: Extract<Input, { kind: "HTTP" }>) {
  const { method, headers, body, query } = input;
  const leave = new AbortController();
  const response = await fetch(`${server.url}${query}`, {
    method,
    headers,
    signal: leave.signal,
    redirect: "manual",
    ...(body !== null && { body }),
  });
  if (response.status >= 500) return `Status ${response.status}: ${await response.text()}`;
  const isStream = response.headers.get("content-type")?.startsWith("text/event-stream");
  if (isStream) setTimeout(() => leave.abort(), LISTEN_MS);
  const text = await response.text().catch(() => "");
  const isPage = response.headers.get("content-type")?.startsWith("text/html");
  return isPage ? undefined : toldTooMuch(text);
}

function toldTooMuch(text: string): string | undefined {
  const found = TELLTALE.exec(text);
  return found ? `'${found[0]}' in ${text.slice(0, 1_000)}` : undefined;
}

async function overTcp(server: TestServer, bytes: string): Promise<string | undefined> {
  const { port, hostname } = new URL(server.url);
  const socket = connect(Number(port), hostname);
  let text = "";
  socket.on("data", (data) => {
    text += data;
  });
  socket.on("error", () => undefined);
  const closed = once(socket, "close");
  socket.write(bytes);
  await Promise.race([closed, new Promise((resolve) => setTimeout(resolve, LISTEN_MS))]);
  socket.destroy();
  await closed;
  return /^HTTP\/1\.1 5/m.test(text) ? text.slice(0, 1_000) : undefined;
}

async function overWebSocket(server: TestServer, frames: readonly (string | Uint8Array)[]) {
  const socket = new WebSocket(server.wsUrl, "graphql-transport-ws");
  socket.on("error", () => undefined);
  const problems: string[] = [];
  const closed = new Promise<void>((resolve) => {
    socket.once("close", (code: number) => {
      if (!EXPECTED_CLOSES.has(code)) problems.push(`Close code ${code}`);
      resolve();
    });
  });
  await once(socket, "open");
  const asked = once(socket, "pong").catch(() => undefined);
  socket.on("message", (data) => {
    const problem = toldTooMuch(String(data));
    if (problem) problems.push(problem);
  });
  const [greeting, ...rest] = frames;
  if (greeting !== undefined) socket.send(greeting);
  await Promise.race([closed, once(socket, "message").catch(() => undefined), pause()]);
  for (const frame of rest) socket.send(frame);
  // Whoever answers this has read all that came before.
  if (socket.readyState === WebSocket.OPEN) socket.ping();
  await Promise.race([closed, asked]);
  await Promise.race([closed, pause()]);
  socket.terminate();
  await closed;
  return problems[0];
}

function pause(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, LISTEN_MS));
}
