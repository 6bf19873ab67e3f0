import type { Socket } from "node:net";
import type { WebSocket } from "ws";
import type { Batch } from "./fan-out/batch.ts";
import { textFrame } from "./fan-out/frames.ts";
import type { Line } from "./fan-out/line.ts";
import { Outbox } from "./outbox.ts";

/** A client that does not answer a goodbye is not waited for any longer. */
const GOODBYE_MS = 2_000;
/** Close code for "try again later" (IANA's registry of WebSocket close codes). */
const TRY_AGAIN_LATER = 1013;

/** What is sent to one WebSocket, in whole frames. One that takes nothing is told to come back when it can. */
export class SocketOutbox extends Outbox {
  readonly #socket: WebSocket;
  protected readonly socket: Socket;

  constructor(socket: WebSocket, stream: Socket, stalledMs: number) {
    super(stream, stalledMs);
    this.#socket = socket;
    this.socket = stream;
  }

  get isOpen(): boolean {
    return this.#socket.readyState === this.#socket.OPEN;
  }

  protected giveUp(): void {
    this.sayGoodbye(TRY_AGAIN_LATER, "Nothing was read for too long");
  }

  /** A message; resolves (or is nothing) as soon as more may be sent. */
  send(message: string): Promise<void> | undefined {
    this.write(textFrame(message));
    return this.drained();
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
}

/** The part of a WebSocket that is one operation's. */
export class SocketLine implements Line {
  readonly transport = "websocket";
  readonly #outbox: SocketOutbox;
  /** The operation's id as JSON. */
  readonly #id: string;

  constructor(outbox: SocketOutbox, id: string) {
    this.#outbox = outbox;
    this.#id = JSON.stringify(id);
  }

  get isFull(): boolean {
    return this.#outbox.isFull;
  }

  send(batch: Batch): void {
    this.#outbox.write(batch.framedFor(this.#id));
  }

  drained(): Promise<void> | undefined {
    return this.#outbox.drained();
  }
}
