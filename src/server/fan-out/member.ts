import type { Seq } from "../../model/ids.ts";
import type { Batch } from "./batch.ts";
import type { Following } from "./following.ts";
import type { Group } from "./group.ts";
import type { Line } from "./line.ts";

/** What the members of a group share. */
export interface Seat {
  readonly group: Group;
  /** Called once for each of them. */
  leave(member: Member): void;
}

const DONE: IteratorReturnResult<void> = { done: true, value: undefined };

/**
 * One subscription: a cursor. It is served by its group while its client keeps up, and waits when that does
 * not. It is also the stream that whoever serves its protocol is given, which yields nothing and ends when
 * the subscription does.
 */
export class Member implements AsyncGenerator<never, void, void> {
  /** What there is up to here has been sent, or is on its way. */
  position: Seq;
  readonly line: Line;
  readonly #seat: Seat;
  #isOver = false;
  #error: unknown = null;
  #interrupt: (() => void) | null = null;

  constructor(seat: Seat, line: Line, position: Seq) {
    this.#seat = seat;
    this.line = line;
    this.position = position;
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  /** Null where it is not the log that it is told. */
  where(head: Seq): Following | null {
    const place = this.#seat.group.placeOf(this);
    if (!place) return null;
    const behind = Math.max(0, head - place.position);
    const isLive = place.isLive || behind === 0;
    const state = isLive ? "live" : this.line.isFull ? "stalled" : "catching_up";
    return { transport: this.line.transport, behind, state };
  }

  /** What its group has for it. */
  take(batch: Batch, upTo: Seq): void {
    this.line.send(batch);
    this.position = upTo;
    if (this.line.isFull) this.#stop();
  }

  /** Until it ends or its client falls behind; then `leave` has been called, at once. */
  stay(leave: (member: Member) => void): Promise<void> {
    return new Promise((resolve) => {
      this.onInterrupt(() => {
        leave(this);
        resolve();
      });
    });
  }

  /** Called once, when it should no longer be served as it is now. */
  onInterrupt(run: () => void): void {
    this.#interrupt = run;
  }

  #stop(): void {
    const interrupt = this.#interrupt;
    this.#interrupt = null;
    interrupt?.();
  }

  /** For an error if it is not null. */
  end(error: unknown): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#error = error;
    this.#stop();
    this.#seat.leave(this);
  }

  /** All of its time: there is nothing to yield. */
  async next(): Promise<IteratorReturnResult<void>> {
    try {
      while (!this.#isOver)
        if (this.line.isFull) await this.line.drained();
        else await this.#seat.group.serve(this);
    } catch (error) {
      this.end(error);
    }
    const error = this.#error;
    this.#error = null;
    if (error !== null) throw error;
    return DONE;
  }

  async return(): Promise<IteratorReturnResult<void>> {
    this.end(null);
    return DONE;
  }

  async throw(error: unknown): Promise<IteratorReturnResult<void>> {
    this.end(null);
    throw error;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.end(null);
  }
}
