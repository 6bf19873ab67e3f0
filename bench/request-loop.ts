/**
 * A client that costs little: connections that send the same request again as soon as it is answered, and
 * read no more of an answer than its length. Asked by messages, one after the other.
 */

import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { setTimeout as passed } from "node:timers/promises";

export interface Ask {
  readonly port: number;
  readonly body: string;
  readonly connections: number;
  readonly seconds: number;
}

export interface Asked {
  readonly answers: number;
  readonly seconds: number;
}

const END_OF_HEAD = "\r\n\r\n";

/** Reads one answer after the other; `onAnswer` is called at the end of each. */
class Answers {
  readonly #onAnswer: () => void;
  #head = "";
  /** Of the body that is being read. */
  #bytesLeft = 0;

  constructor(onAnswer: () => void) {
    this.#onAnswer = onAnswer;
  }

  take(chunk: Buffer): void {
    if (this.#bytesLeft > 0) {
      this.#bytesLeft -= chunk.length;
    } else {
      this.#head += chunk.toString("latin1");
      const end = this.#head.indexOf(END_OF_HEAD);
      if (end < 0) return;
      this.#bytesLeft = this.#bodyBytes(end) - (this.#head.length - end - END_OF_HEAD.length);
      this.#head = "";
    }
    // Nothing is asked before this one is answered, so nothing comes after it.
    if (this.#bytesLeft === 0) this.#onAnswer();
  }

  #bodyBytes(end: number): number {
    const head = this.#head.slice(0, end);
    const length = /^content-length: (\d+)/im.exec(head)?.[1];
    if (!head.startsWith("HTTP/1.1 200 ") || length === undefined)
      throw new Error(`Not an answer that can be counted:\n${head}`);
    return Number(length);
  }
}

async function ask({ port, body, connections, seconds }: Ask): Promise<Asked> {
  const request = Buffer.from(
    [
      "POST /graphql HTTP/1.1",
      `Host: 127.0.0.1:${port}`,
      "Content-Type: application/json",
      "Accept: application/json",
      `Content-Length: ${Buffer.byteLength(body)}`,
      "",
      body,
    ].join("\r\n"),
  );
  let answers = 0;
  const sockets = Array.from({ length: connections }, () => connect(port, "127.0.0.1"));
  await Promise.all(sockets.map((socket) => once(socket, "connect")));
  const startMs = performance.now();
  for (const socket of sockets) {
    const again = new Answers(() => {
      answers++;
      socket.write(request);
    });
    socket.setNoDelay(true).on("data", (chunk) => again.take(chunk));
    socket.write(request);
  }
  await passed(seconds * 1_000);
  const result = { answers, seconds: (performance.now() - startMs) / 1_000 };
  await Promise.all(sockets.map(closed));
  return result;
}

async function closed(socket: Socket): Promise<void> {
  const over = once(socket, "close");
  socket.destroy();
  await over;
}

process.on("message", (wish: Ask) => {
  ask(wish).then(
    (answer) => process.send?.(answer),
    (error: unknown) => {
      console.error(error);
      process.exit(1);
    },
  );
});
process.send?.("here");
