import { once } from "node:events";
import { onTestFinished, vi } from "vitest";
import WebSocket from "ws";
import type { Json } from "../api/harness.ts";

export interface Message {
  readonly id?: string;
  readonly type: string;
  readonly payload?: Json | Json[];
}

/** One WebSocket, message by message, with no library's idea of what may be sent. */
export class Wire {
  readonly socket: WebSocket;
  readonly received: Message[] = [];
  readonly closed: Promise<{ readonly code: number; readonly reason: string }>;
  #read = 0;

  constructor(url: string) {
    this.socket = new WebSocket(url, "graphql-transport-ws");
    this.socket.on("message", (data) => this.received.push(JSON.parse(String(data))));
    this.closed = once(this.socket, "close").then(([code, reason]) => ({
      code: code as number,
      reason: String(reason),
    }));
    onTestFinished(() => this.socket.terminate());
  }

  static async open(url: string): Promise<Wire> {
    const wire = new Wire(url);
    await once(wire.socket, "open");
    return wire;
  }

  /** Greeted and accepted. */
  static async accepted(url: string): Promise<Wire> {
    const wire = await Wire.open(url);
    wire.send({ type: "connection_init" });
    await wire.next();
    return wire;
  }

  send(message: Message | string): void {
    this.socket.send(typeof message === "string" ? message : JSON.stringify(message));
  }

  subscribe(id: string, query: string, variables: Json = {}): void {
    this.send({ id, type: "subscribe", payload: { query, variables } });
  }

  /** The next message, whatever it is. */
  async next(): Promise<Message> {
    const message = await vi.waitFor(
      () => {
        const found = this.received[this.#read];
        if (!found) throw new Error("Nothing has come");
        return found;
      },
      { timeout: 10_000, interval: 5 },
    );
    this.#read++;
    return message;
  }

  /** Whatever the server had to say before is here when this is answered. */
  async roundTrip(): Promise<void> {
    const mark = crypto.randomUUID();
    this.send({ type: "ping", payload: { mark } });
    const isAnswer = ({ type, payload }: Message) =>
      type === "pong" && (payload as Json | undefined)?.["mark"] === mark;
    await vi.waitFor(() => {
      if (!this.received.some(isAnswer)) throw new Error("No answer yet");
    });
  }
}
