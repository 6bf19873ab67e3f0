import type { Socket } from "node:net";
import type { WebSocket } from "ws";
import { textFrame } from "./fan-out/frames.ts";

/** Bytes on their way to one client beyond which its operations wait. */
const MAX_UNSENT_BYTES = 512 * 1024;
/** A client that does not answer a goodbye is not waited for any longer. */
const GOODBYE_MS = 2_000;
/** Close code for "try again later" (IANA's registry of WebSocket close codes). */
const TRY_AGAIN_LATER = 1013;

/** Those that have something to send at the end of this turn. */
let due: Outbox[] = [];

function flushAll(): void {
  const outboxes = due;
  due = [];
  for (const outbox of outboxes) outbox.flush();
}

/**
 * What is sent to one WebSocket. What comes in one turn leaves in one write, and a client that does not
 * read makes its senders wait, so that it costs no more than the buffer. One that takes nothing at all
 * for `stalledMs` is told to come back when it can, at the latest when it has been so for twice as long.
 */
export class Outbox {
  readonly #socket: WebSocket;
  readonly #stream: Socket;
  readonly #stalledMs: number;
  /** Whole frames that are ready to go. */
  readonly #frames: Buffer[] = [];
  #frameBytes = 0;
  #drained: Promise<void> | null = null;
  /** Runs while the system has not taken everything. */
  #watch: NodeJS.Timeout | null = null;

  constructor(socket: WebSocket, stream: Socket, stalledMs: number) {
    this.#socket = socket;
    this.#stream = stream;
    this.#stalledMs = stalledMs;
  }

  /** So much is unsent that its senders should wait. Nobody waits for a connection that is being closed. */
  get isFull(): boolean {
    return this.isOpen && this.#frameBytes + this.#stream.writableLength > MAX_UNSENT_BYTES;
  }

  /** Neither side has begun to close the connection. */
  get isOpen(): boolean {
    return this.#socket.readyState === this.#socket.OPEN;
  }

  /** A message; resolves (or is nothing) as soon as more may be sent. */
  send(message: string): Promise<void> | undefined {
    this.write(textFrame(message));
    return this.drained();
  }

  /** Whole WebSocket frames. */
  write(frames: Buffer): void {
    if (!this.isOpen) return;
    this.#frames.push(frames);
    this.#frameBytes += frames.length;
    if (this.#frames.length > 1) return;
    // After all promises of this turn have had theirs.
    if (due.length === 0) process.nextTick(flushAll);
    due.push(this);
  }

  flush(): void {
    const frames = this.#frames;
    const [first] = frames;
    if (!first) return;
    const bytes = frames.length === 1 ? first : Buffer.concat(frames, this.#frameBytes);
    frames.length = 0;
    this.#frameBytes = 0;
    // A close frame is the last that a client is sent.
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

  /** Closes the connection after what has been sent. */
  close(code: number, reason: string): void {
    this.flush();
    this.#socket.close(code, reason);
  }

  /** Closes it soon, whatever the client does. */
  sayGoodbye(code: number, reason: string): void {
    this.close(code, reason);
    setTimeout(() => this.#socket.terminate(), GOODBYE_MS).unref();
  }

  /** The connection is closed. */
  closed(): void {
    this.#unwatch();
  }

  #drain(): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        this.#stream.off("drain", done);
        this.#socket.off("close", done);
        resolve();
      };
      this.#stream.on("drain", done);
      this.#socket.on("close", done);
    });
  }

  #watchOver(): NodeJS.Timeout {
    let before = this.#taken;
    return setInterval(() => {
      const now = this.#taken;
      if (this.#stream.writableLength === 0) this.#unwatch();
      else if (now === before) {
        this.#unwatch();
        this.sayGoodbye(TRY_AGAIN_LATER, "Nothing was read for too long");
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
   * that a slow client is sent in minutes; how much of it is left, its handle alone knows.
   */
  get #taken(): string {
    const { bytesWritten, writableLength } = this.#stream;
    const { _handle: handle } = this.#stream as { _handle?: { writeQueueSize?: number } };
    return `${bytesWritten - writableLength} ${handle?.writeQueueSize}`;
  }
}
