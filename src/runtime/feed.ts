import { setImmediate as nextTurn } from "node:timers/promises";
import type { FleetEvent } from "../model/events.ts";
import type { Seq } from "../model/ids.ts";
import type { Reader } from "../store/reader.ts";
import { CursorExpired, type Feed, type FollowOptions } from "./ports.ts";
import { Ring, type RingLimits } from "./ring.ts";

const RING_LIMITS: RingLimits = { events: 8_192, bytes: 32 * 1024 * 1024 };

const BATCH_SIZE = 256;

/** The part of the log that a feed reads. */
export type LogReader = Pick<Reader, "epoch" | "head" | "earliest" | "readEvents">;

/**
 * The way out of the log. A follower is a cursor: it takes from the ring of newest events when it is
 * near the live edge and from the log itself when it is further behind, and has nothing of its own
 * but its position. Nothing is read while nobody asks.
 */
export class LogFeed implements Feed {
  readonly epoch: string;
  readonly #reader: LogReader;
  readonly #ring: Ring;
  readonly #waiting = new Set<() => void>();
  #head: Seq;
  #closed = false;

  constructor(reader: LogReader, limits: RingLimits = RING_LIMITS) {
    this.#reader = reader;
    this.#ring = new Ring(limits);
    this.epoch = reader.epoch;
    this.#head = reader.head();
    this.#ring.restartAt(this.#head);
  }

  head(): Seq {
    return this.#head;
  }

  earliest(): Seq {
    return this.#reader.earliest();
  }

  reaches(seq: Seq): boolean {
    if (seq > this.#head) this.grown(this.#reader.head());
    return seq <= this.#head;
  }

  /** How many followers wait for news, and what the shared ring weighs. */
  stats(): { readonly waiting: number; readonly ringBytes: number } {
    return { waiting: this.#waiting.size, ringBytes: this.#ring.bytes };
  }

  /** The log has grown to `seq`: everyone at the edge is woken, at once. */
  grown(seq: Seq): void {
    if (seq <= this.#head) return;
    this.#head = seq;
    this.#wakeAll();
  }

  /** Ends all followers. */
  close(): void {
    this.#closed = true;
    this.#wakeAll();
  }

  follow(afterSeq: Seq, options: FollowOptions = {}): AsyncGenerator<readonly FleetEvent[], void> {
    return new Follower(afterSeq, options, {
      isOver: () => this.#closed,
      isBehind: (seq) => seq < this.#head,
      isFarBehind: (seq) => seq < this.#ring.reachesBackTo,
      read: (seq, limit) => this.#read(seq, limit),
      waiting: this.#waiting,
    });
  }

  #wakeAll(): void {
    const wakes = [...this.#waiting];
    this.#waiting.clear();
    for (const wake of wakes) wake();
  }

  /** At least one and at most `limit` events after a position that is behind the head. */
  #read(afterSeq: Seq, limit: number): readonly FleetEvent[] {
    const ring = this.#ring;
    if (afterSeq < ring.reachesBackTo) return this.#readLog(afterSeq, limit);
    if (afterSeq > ring.last) ring.restartAt(afterSeq);
    // The first of those at the edge reads on behalf of all.
    if (afterSeq === ring.last) {
      const events = this.#readLog(afterSeq, Math.max(limit, BATCH_SIZE));
      ring.push(events);
      // A batch heavier than the ring itself has already fallen out of it again.
      if (afterSeq < ring.reachesBackTo) return events.slice(0, limit);
    }
    return ring.after(afterSeq, limit);
  }

  #readLog(afterSeq: Seq, limit: number): readonly FleetEvent[] {
    const events = this.#reader.readEvents(afterSeq, Math.min(limit, this.#head - afterSeq));
    // A gap can only be at the beginning: retention removes the oldest.
    if (events[0]?.seq !== afterSeq + 1) throw new CursorExpired(afterSeq, this.earliest());
    return events;
  }
}

/** What a follower may see of its feed. */
interface Source {
  isOver(): boolean;
  isBehind(seq: Seq): boolean;
  isFarBehind(seq: Seq): boolean;
  read(afterSeq: Seq, limit: number): readonly FleetEvent[];
  readonly waiting: Set<() => void>;
}

const DONE: IteratorReturnResult<void> = { done: true, value: undefined };

/**
 * Written out and not as an `async function*`: a generator that awaits can't be returned from until
 * what it awaits has come, and on a quiet log that may be never.
 */
class Follower implements AsyncGenerator<readonly FleetEvent[], void> {
  readonly #source: Source;
  readonly #signal: AbortSignal | undefined;
  readonly #batchSize: number;
  #position: Seq;
  #over = false;
  #wake: (() => void) | null = null;
  /** Calls of `next` are answered one after the other. */
  #previous: Promise<unknown> = Promise.resolve();

  constructor(afterSeq: Seq, options: FollowOptions, source: Source) {
    this.#position = afterSeq;
    this.#source = source;
    this.#batchSize = Math.max(1, options.batchSize ?? BATCH_SIZE);
    this.#signal = options.signal;
    if (options.signal?.aborted) this.#over = true;
    else options.signal?.addEventListener("abort", this.#end);
  }

  next(): Promise<IteratorResult<readonly FleetEvent[], void>> {
    const result = this.#previous.then(() => this.#pull());
    this.#previous = result.catch(() => undefined);
    return result;
  }

  async return(): Promise<IteratorReturnResult<void>> {
    this.#end();
    return DONE;
  }

  async throw(error: unknown): Promise<IteratorReturnResult<void>> {
    this.#end();
    throw error;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#end();
  }

  readonly #end = (): void => {
    this.#over = true;
    this.#signal?.removeEventListener("abort", this.#end);
    this.#wake?.();
  };

  async #pull(): Promise<IteratorResult<readonly FleetEvent[], void>> {
    while (!this.#isOver() && !this.#source.isBehind(this.#position)) await this.#news();
    // Replaying a long log must not keep everybody else from their turn.
    if (this.#source.isFarBehind(this.#position)) await nextTurn();
    if (this.#isOver()) return DONE;
    try {
      const events = this.#source.read(this.#position, this.#batchSize);
      this.#position += events.length;
      return { done: false, value: events };
    } catch (error) {
      this.#end();
      throw error;
    }
  }

  #isOver(): boolean {
    if (this.#source.isOver()) this.#end();
    return this.#over;
  }

  #news(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = () => {
        this.#source.waiting.delete(this.#wake as () => void);
        this.#wake = null;
        resolve();
      };
      this.#source.waiting.add(this.#wake);
    });
  }
}
