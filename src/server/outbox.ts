import type { Duplex } from "node:stream";
import type { WebSocket } from "ws";

/** Bytes on their way to one client beyond which its operations wait. */
const MAX_BUFFERED_BYTES = 512 * 1024;

/**
 * What is sent to one WebSocket. Messages of one turn leave in one write, and a client that does not
 * read makes its senders wait, so that it costs no more than the buffer.
 */
export class Outbox {
  readonly #socket: WebSocket;
  readonly #stream: Duplex;
  #corked = false;
  #drained: Promise<void> | null = null;

  constructor(socket: WebSocket, stream: Duplex) {
    this.#socket = socket;
    this.#stream = stream;
  }

  /** Resolves (or is nothing) as soon as more may be sent. */
  send(data: string): Promise<void> | undefined {
    if (this.#socket.readyState !== this.#socket.OPEN) return undefined;
    if (!this.#corked) {
      this.#corked = true;
      this.#stream.cork();
      // After all promises of this turn have had theirs.
      process.nextTick(() => this.#flush());
    }
    this.#socket.send(data);
    if (this.#socket.bufferedAmount <= MAX_BUFFERED_BYTES) return undefined;
    // The system may take all of it at once.
    this.#flush();
    return this.#socket.bufferedAmount <= MAX_BUFFERED_BYTES ? undefined : this.#drain();
  }

  #flush(): void {
    if (!this.#corked) return;
    this.#corked = false;
    this.#stream.uncork();
  }

  /** Resolves when the client has taken everything, or is gone. */
  #drain(): Promise<void> {
    this.#drained ??= new Promise((resolve) => {
      const done = () => {
        this.#drained = null;
        this.#stream.off("drain", done);
        this.#socket.off("close", done);
        resolve();
      };
      this.#stream.on("drain", done);
      this.#socket.on("close", done);
    });
    return this.#drained;
  }
}
