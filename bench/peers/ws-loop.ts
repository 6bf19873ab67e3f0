/**
 * What the ws package alone needs to send frames that lie ready: a process that reads them from a file,
 * one a line, says where it listens, and sends them to whoever subscribes. It speaks just enough of
 * graphql-transport-ws for the same client to ask it. `/each` sends frame by frame; `/corked` lets the
 * frames of a turn leave in one write. Both wait while much is buffered, as the real server does, and
 * send strings, as every server does whose messages are JSON.
 */

import { once } from "node:events";
import { readFileSync } from "node:fs";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import { setImmediate as nextTurn } from "node:timers/promises";
import { type WebSocket, WebSocketServer } from "ws";

/** As in the real server. */
const MAX_BUFFERED_BYTES = 512 * 1024;
/** Frames of one turn: as many events as the real server reads at a time. */
const FRAMES_A_TURN = 256;

const frames = readFileSync(process.argv[2] ?? "", "utf8").split("\n");

const server = new WebSocketServer({
  host: "127.0.0.1",
  port: 0,
  perMessageDeflate: false,
  handleProtocols: () => "graphql-transport-ws",
});
server.on("connection", (socket, request) => {
  const sendAll = request.url === "/corked" ? sendCorked : sendEach;
  socket.on("message", (data) => {
    const { type } = JSON.parse(String(data)) as { readonly type: string };
    if (type === "connection_init") socket.send('{"type":"connection_ack"}');
    if (type === "subscribe") sendAll(socket, request.socket).catch(console.error);
  });
});
server.once("listening", () => {
  process.send?.(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
});

async function sendEach(socket: WebSocket, stream: Duplex): Promise<void> {
  for (const frame of frames) {
    socket.send(frame);
    if (socket.bufferedAmount > MAX_BUFFERED_BYTES) await once(stream, "drain");
  }
}

async function sendCorked(socket: WebSocket, stream: Duplex): Promise<void> {
  for (let at = 0; at < frames.length; at += FRAMES_A_TURN) {
    stream.cork();
    for (const frame of frames.slice(at, at + FRAMES_A_TURN)) socket.send(frame);
    stream.uncork();
    if (socket.bufferedAmount > MAX_BUFFERED_BYTES) await once(stream, "drain");
    else await nextTurn();
  }
}
