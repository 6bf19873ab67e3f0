import type { Socket } from "node:net";
import type { Writable } from "node:stream";

/** Bytes on their way to one client beyond which its operations wait. */
const MAX_UNSENT_BYTES = 512 * 1024;

/** Those that have something to send at the end of this turn. */
let due: Outbox[] = [];

function flushAll(): void {
  const outboxes = due;
  due = [];
  for (const outbox of outboxes) outbox.flush();
}

/**
 * What is sent to one client. What comes in one turn leaves in one write, and a client that does not
 * read makes its senders wait, so that it costs no more than the buffer. One that takes nothing at all
 * for `stalledMs` is given up, at the latest when it has been so for twice as long.
 */
export abstract class Outbox {
  readonly #stream: Writable;
  readonly #stalledMs: number;
  readonly #waiting: Buffer[] = [];
  #waitingBytes = 0;
  #drained: Promise<void> | null = null;
  /** Runs while the system has not taken everything. */
  #watch: NodeJS.Timeout | null = null;

  constructor(stream: Writable, stalledMs: number) {
    this.#stream = stream;
    this.#stalledMs = stalledMs;
  }

  /** Neither side has begun to end it. */
  abstract get isOpen(): boolean;

  /** What carries it; null while that carries something else. */
  protected abstract get socket(): Socket | null;

  /** The client has taken nothing for too long. */
  protected abstract giveUp(): void;

  /** So much is unsent that its senders should wait. Nobody waits for a connection that is being closed. */
  get isFull(): boolean {
    return this.isOpen && this.#waitingBytes + this.#stream.writableLength > MAX_UNSENT_BYTES;
  }

  /** Whole messages, as the protocol has them. */
  write(bytes: Buffer): void {
    if (!this.isOpen) return;
    this.#waiting.push(bytes);
    this.#waitingBytes += bytes.length;
    if (this.#waiting.length > 1) return;
    // After all promises of this turn have had theirs.
    if (due.length === 0) process.nextTick(flushAll);
    due.push(this);
  }

  flush(): void {
    const waiting = this.#waiting;
    const [first] = waiting;
    if (!first) return;
    const bytes = waiting.length === 1 ? first : Buffer.concat(waiting, this.#waitingBytes);
    waiting.length = 0;
    this.#waitingBytes = 0;
    // Nothing comes after the end.
    if (!this.isOpen) return;
    this.#stream.write(bytes);
    if (this.#stream.writableLength > 0) this.#watch ??= this.#watchOver();
  }

  /** Nothing to wait for while more may be sent; else until the client has taken everything or is gone. */
  drained(): Promise<void> | undefined {
    if (!this.isFull) return undefined;
    // The system may take all of it at once.
    this.flush();
    if (!this.isFull) return undefined;
    this.#drained ??= this.#drain().finally(() => {
      this.#drained = null;
    });
    return this.#drained;
  }

  /** The connection is closed. */
  closed(): void {
    this.#unwatch();
  }

  #drain(): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        this.#stream.off("drain", done);
        this.#stream.off("close", done);
        resolve();
      };
      this.#stream.on("drain", done);
      this.#stream.on("close", done);
    });
  }

  #watchOver(): NodeJS.Timeout {
    let before = this.#taken;
    return setInterval(() => {
      const now = this.#taken;
      if (this.#stream.writableLength === 0) this.#unwatch();
      else if (now === before) {
        this.#unwatch();
        this.giveUp();
      }
      before = now;
    }, this.#stalledMs);
  }

  #unwatch(): void {
    if (this.#watch) clearInterval(this.#watch);
    this.#watch = null;
  }

  /**
   * Changes whenever the system takes something. Streams tell only of whole writes, and one may be all
   * that a slow client is sent in minutes; how much of it is left, the socket's handle alone knows.
   */
  get #taken(): string {
    const { socket } = this;
    if (!socket) return "";
    const { bytesWritten, writableLength } = socket;
    const { _handle: handle } = socket as { _handle?: { writeQueueSize?: number } };
    return `${bytesWritten - writableLength} ${handle?.writeQueueSize}`;
  }
}
