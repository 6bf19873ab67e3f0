import type { Duplex } from "node:stream";
import type { WebSocket } from "ws";

/** Bytes on their way to one client beyond which its operations wait. */
const MAX_UNSENT_BYTES = 512 * 1024;
/** A client that takes nothing at all for so long is told to come back when it can. */
const STALLED_MS = 60_000;
/** Close code for "try again later" (IANA's registry of WebSocket close codes). */
const TRY_AGAIN_LATER = 1013;

/** Those that have something to send at the end of this turn. */
const DUE = new Set<Outbox>();

function flushAll(): void {
  for (const outbox of DUE) outbox.flush();
  DUE.clear();
}

/**
 * What is sent to one WebSocket. What comes in one turn leaves in one write, and a client that does not
 * read makes its senders wait, so that it costs no more than the buffer.
 */
export class Outbox {
  readonly #socket: WebSocket;
  readonly #stream: Duplex;
  #isCorked = false;
  /** Frames that are ready to go. */
  #frames: Buffer[] = [];
  #frameBytes = 0;
  #drained: Promise<void> | null = null;

  constructor(socket: WebSocket, stream: Duplex) {
    this.#socket = socket;
    this.#stream = stream;
  }

  /** So much is unsent that its senders should wait. */
  get isFull(): boolean {
    return this.#unsentBytes > MAX_UNSENT_BYTES;
  }

  get #unsentBytes(): number {
    return this.#frameBytes + this.#stream.writableLength;
  }

  /** A message; resolves (or is nothing) as soon as more may be sent. */
  send(message: string): Promise<void> | undefined {
    if (!this.#isOpen) return undefined;
    this.#writeFrames();
    if (!this.#isCorked) {
      this.#isCorked = true;
      this.#stream.cork();
    }
    this.#becomeDue();
    this.#socket.send(message);
    return this.drained();
  }

  /** Whole WebSocket frames. */
  write(frames: Buffer): void {
    if (!this.#isOpen) return;
    this.#frames.push(frames);
    this.#frameBytes += frames.length;
    this.#becomeDue();
  }

  get #isOpen(): boolean {
    return this.#socket.readyState === this.#socket.OPEN;
  }

  #becomeDue(): void {
    // After all promises of this turn have had theirs.
    if (DUE.size === 0) process.nextTick(flushAll);
    DUE.add(this);
  }

  flush(): void {
    this.#writeFrames();
    if (!this.#isCorked) return;
    this.#isCorked = false;
    this.#stream.uncork();
  }

  #writeFrames(): void {
    const [only, ...more] = this.#frames;
    if (!only) return;
    this.#frames = [];
    this.#frameBytes = 0;
    // A close frame is the last that a client is sent.
    if (this.#isOpen) this.#stream.write(more.length === 0 ? only : Buffer.concat([only, ...more]));
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

  async #drain(): Promise<void> {
    let unsent = this.#unsentBytes;
    const watch = setInterval(() => {
      const isStalled = this.#unsentBytes === unsent;
      unsent = this.#unsentBytes;
      if (isStalled) this.#socket.close(TRY_AGAIN_LATER, "Nothing was read for too long");
    }, STALLED_MS);
    await new Promise<void>((resolve) => {
      const done = () => {
        this.#stream.off("drain", done);
        this.#socket.off("close", done);
        resolve();
      };
      this.#stream.on("drain", done);
      this.#socket.on("close", done);
    });
    clearInterval(watch);
  }
}
