/**
 * The listener of the benchmark `replay`, in a process of its own: on each message from its parent it
 * makes one subscription over a raw TCP connection, counts what comes, and tells how long it took.
 */

import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { FrameCounter } from "./frame-counter.ts";
import { cpuSeconds } from "./harness.ts";

export interface Errand {
  /** Such as `http://127.0.0.1:4000`. */
  readonly origin: string;
  readonly path: string;
  /** The payload of graphql-transport-ws's `subscribe`. */
  readonly payload: { readonly query: string; readonly variables: Record<string, unknown> };
  /** How many to wait for. */
  readonly frames: number;
}

export interface Count {
  /** From sending `subscribe` until the last frame has come. */
  readonly seconds: number;
  readonly frames: number;
  readonly payloadBytes: number;
  readonly clientCpuSeconds: number;
}

async function run({ origin, path, payload, frames }: Errand): Promise<Count> {
  const { hostname, port } = new URL(origin);
  const socket = connect(Number(port), hostname);
  await once(socket, "connect");
  await upgrade(socket, `${hostname}:${port}`, path);
  send(socket, { type: "connection_init" });
  await counted(socket, 1);
  const startCpu = cpuSeconds();
  const startMs = performance.now();
  send(socket, { id: "1", type: "subscribe", payload });
  const counter = await counted(socket, frames);
  const seconds = (performance.now() - startMs) / 1_000;
  socket.destroy();
  const { payloadBytes } = counter;
  return {
    seconds,
    frames: counter.frames,
    payloadBytes,
    clientCpuSeconds: cpuSeconds() - startCpu,
  };
}

async function upgrade(socket: Socket, host: string, path: string): Promise<void> {
  const lines = [
    `GET ${path} HTTP/1.1`,
    `Host: ${host}`,
    "Upgrade: websocket",
    "Connection: Upgrade",
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
    "Sec-WebSocket-Version: 13",
    "Sec-WebSocket-Protocol: graphql-transport-ws",
  ];
  socket.write(`${lines.join("\r\n")}\r\n\r\n`);
  // Nothing follows the answer until it is asked for.
  const [answer] = (await once(socket, "data")) as [Buffer];
  if (!answer.toString("latin1").startsWith("HTTP/1.1 101"))
    throw new Error(`No WebSocket at ${path}: ${answer.toString("latin1", 0, 80)}`);
}

/** A client must mask; a mask of zeros leaves the text as it is. */
function send(socket: Socket, message: unknown): void {
  const text = Buffer.from(JSON.stringify(message));
  if (text.length > 0xffff) throw new RangeError("Too long for this client");
  const header = Buffer.from([0x81, 0x80 | 126, text.length >> 8, text.length & 0xff, 0, 0, 0, 0]);
  socket.write(Buffer.concat([header, text]));
}

/** Resolves when so many text frames have come, whole. */
function counted(socket: Socket, frames: number): Promise<FrameCounter> {
  const counter = new FrameCounter();
  return new Promise((resolve, reject) => {
    const end = (error: Error | null) => {
      socket.off("data", take).off("close", lost);
      if (error) reject(error);
      else resolve(counter);
    };
    const lost = () => end(new Error(`The connection ended after ${counter.frames} frames`));
    const take = (chunk: Buffer) => {
      counter.push(chunk);
      if (counter.closed) lost();
      else if (counter.frames >= frames && counter.isBetween) end(null);
    };
    socket.on("data", take).on("close", lost);
  });
}

process.on("message", (errand: Errand) => {
  run(errand).then(
    (count) => process.send?.(count),
    (error: unknown) => {
      console.error(error);
      process.exit(1);
    },
  );
});
