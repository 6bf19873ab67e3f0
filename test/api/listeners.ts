/** Clients that keep what comes as it comes, by WebSocket and as a stream of events. */

import { once } from "node:events";
import { expect, onTestFinished, vi } from "vitest";
import WebSocket from "ws";
import type { Json, TestServer } from "./harness.ts";

interface Message {
  readonly id: string;
  readonly type: string;
  readonly bytes: number;
  /** As JSON. */
  readonly payload: string;
}

/** A client that has one socket, and keeps what comes as it comes. */
export class Listener {
  readonly socket: WebSocket;
  readonly #messages: Message[] = [];

  private constructor(socket: WebSocket) {
    this.socket = socket;
    socket.on("message", (data: Buffer) => {
      const { id, type, payload } = JSON.parse(String(data));
      this.#messages.push({ id, type, bytes: data.length, payload: JSON.stringify(payload) });
    });
    onTestFinished(() => socket.terminate());
  }

  static async connect(url: string, params: Json = {}): Promise<Listener> {
    const socket = new WebSocket(url, "graphql-transport-ws");
    await once(socket, "open");
    const listener = new Listener(socket);
    listener.#send({ type: "connection_init", payload: params });
    await vi.waitFor(() => expect(listener.#messages).toHaveLength(1));
    return listener;
  }

  /** Resolves when the server has begun with it: it answers what is asked after that. */
  async subscribe(id: string, query: string, variables: Json = {}): Promise<void> {
    this.#send({ id, type: "subscribe", payload: { query, variables } });
    await this.#answer();
  }

  async unsubscribe(id: string): Promise<void> {
    this.#send({ id, type: "complete" });
    await this.#answer();
  }

  /** The results of one operation so far, as JSON. */
  results(id: string): string[] {
    return this.#resultsOf(id).map(({ payload }) => payload);
  }

  /** The lengths of their messages in bytes. */
  lengths(id: string): number[] {
    return this.#resultsOf(id).map(({ bytes }) => bytes);
  }

  /** What the operation ended with, if it was an error. */
  failure(id: string): readonly { readonly extensions?: Json }[] | null {
    const message = this.#messages.find((one) => one.id === id && one.type === "error");
    return message ? JSON.parse(message.payload) : null;
  }

  /** The server has said that nothing comes any more. */
  isComplete(id: string): boolean {
    return this.#messages.some((one) => one.id === id && one.type === "complete");
  }

  #resultsOf(id: string): Message[] {
    return this.#messages.filter((message) => message.id === id && message.type === "next");
  }

  async #answer(): Promise<void> {
    const id = crypto.randomUUID();
    this.#send({ id, type: "subscribe", payload: { query: "{ __typename }" } });
    await vi.waitFor(() => expect(this.isComplete(id)).toBe(true), { timeout: 10_000 });
  }

  #send(message: object): void {
    this.socket.send(JSON.stringify(message));
  }
}

/** One operation over HTTP, whose results come as a stream of events. */
export class StreamListener {
  readonly results: string[] = [];
  /** What the stream has besides results, as it stands there. */
  readonly others: string[] = [];
  readonly #cancel = new AbortController();
  #ended: "open" | "ended" | "broken" = "open";
  #mayRead = Promise.withResolvers<void>();

  static async subscribe(
    server: Pick<TestServer, "url" | "authorization">,
    query: string,
    variables: Json = {},
  ): Promise<StreamListener> {
    const listener = new StreamListener();
    const headers = {
      "Content-Type": "application/json",
      Accept: "text/event-stream",
      ...server.authorization,
    };
    const response = await fetch(server.url, {
      method: "POST",
      headers,
      body: JSON.stringify({ query, variables }),
      signal: listener.#cancel.signal,
    });
    listener.resume();
    listener.#read(response).then(
      () => {
        listener.#ended = "ended";
      },
      () => {
        listener.#ended = "broken";
      },
    );
    onTestFinished(() => listener.leave());
    return listener;
  }

  /** Ended by the server, or cut off. */
  get state(): "open" | "ended" | "broken" {
    return this.#ended;
  }

  leave(): void {
    this.#cancel.abort();
  }

  /** Reads no more, so that it stops taking anything when the buffers between are full. */
  pause(): void {
    this.#mayRead = Promise.withResolvers();
  }

  resume(): void {
    this.#mayRead.resolve();
  }

  async #read(response: Response): Promise<void> {
    let text = "";
    const decoder = new TextDecoder();
    for await (const bytes of response.body ?? []) {
      const [first = "", ...more] = decoder.decode(bytes, { stream: true }).split("\n\n");
      text += first;
      for (const next of more) {
        this.#take(text);
        text = next;
      }
      await this.#mayRead.promise;
    }
  }

  #take(block: string): void {
    const result = /^event: next\ndata: (.*)$/.exec(block)?.[1];
    if (result === undefined) this.others.push(block);
    else this.results.push(result);
  }
}

/** How many results the server has made for subscriptions, for however many each was. */
export async function resultsMade({ url }: TestServer): Promise<number> {
  const text = await (await fetch(url.replace("/graphql", "/metrics"))).text();
  return Number(/^evenkeel_subscription_results_total (\d+)$/m.exec(text)?.[1]);
}
