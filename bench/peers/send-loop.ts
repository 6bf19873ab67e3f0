/**
 * The limit of a server that writes once for each delivery: a process that calls `ws.send` for one
 * listener after the other with a string that lies ready. All are sent the same operation id.
 */

import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { type WebSocket, WebSocketServer } from "ws";
import { perform, type Stage } from "../stage.ts";
import { eventsFrom } from "./fan-out-events.ts";

const [dataDir = "", first = ""] = process.argv.slice(2);
const id = crypto.randomUUID();
const { events, resolvers } = eventsFrom(dataDir, Number(first));
const messages = events.map((event) => {
  const { kind, category, severity, message } = event;
  const told: Record<string, unknown> = { __typename: kind, category, severity, message };
  for (const [name, resolve] of Object.entries(resolvers)) told[name] = resolve(event);
  return JSON.stringify({ id, type: "next", payload: { data: { events: told } } });
});

perform(async (): Promise<Stage> => {
  const listeners = new Set<WebSocket>();
  const server = new WebSocketServer({ host: "127.0.0.1", port: 0, perMessageDeflate: false });
  server.on("connection", (socket) => {
    socket.on("message", (data) => {
      const { type } = JSON.parse(String(data)) as { readonly type: string };
      if (type === "connection_init") socket.send('{"type":"connection_ack"}');
      if (type === "ping") socket.send('{"type":"pong"}');
      if (type === "subscribe") listeners.add(socket);
    });
    socket.on("error", () => undefined);
    socket.once("close", () => listeners.delete(socket));
  });
  await once(server, "listening");
  let at = 0;
  return {
    port: (server.address() as AddressInfo).port,
    reveal: (events) => {
      for (const message of messages.slice(at, at + events))
        for (const listener of listeners) listener.send(message);
      at += events;
    },
    close: async () => {
      for (const socket of server.clients) socket.terminate();
      server.close();
      await once(server, "close");
    },
  };
});
