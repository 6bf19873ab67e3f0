import type { FleetEvent } from "../model/events.ts";
import type { Seq } from "../model/ids.ts";

/** Bounds on what the live edge keeps in memory. */
export interface RingLimits {
  readonly events: number;
  readonly bytes: number;
}

/**
 * The newest events, in order and without a gap, read once and shared by everyone who listens. What
 * falls out of it is still in the log.
 */
export class Ring {
  readonly #limits: RingLimits;
  /** Events from `#start` on are in the ring; those before it have fallen out and await compaction. */
  #events: (FleetEvent | undefined)[] = [];
  #sizes: number[] = [];
  #start = 0;
  #bytes = 0;
  /** Position of the newest event that was put in. */
  #last: Seq = 0;
  #slice: { from: Seq; to: Seq; events: readonly FleetEvent[] } | null = null;

  constructor(limits: RingLimits) {
    this.#limits = limits;
  }

  get last(): Seq {
    return this.#last;
  }

  /** A reader at this position or later finds all that it lacks in the ring. */
  get reachesBackTo(): Seq {
    return this.#last - (this.#events.length - this.#start);
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Forget everything and go on after `seq`. */
  restartAt(seq: Seq): void {
    this.#events = [];
    this.#sizes = [];
    this.#start = 0;
    this.#bytes = 0;
    this.#last = seq;
    this.#slice = null;
  }

  push(events: readonly FleetEvent[]): void {
    for (const event of events) {
      if (event.seq !== this.#last + 1)
        throw new Error(`The log goes from ${this.#last} to ${event.seq}`);
      const size = estimatedBytes(event);
      this.#events.push(event);
      this.#sizes.push(size);
      this.#bytes += size;
      this.#last = event.seq;
    }
    this.#trim();
  }

  /**
   * Up to `limit` events after `seq`, which must be within reach. Listeners at the same position get
   * the same array: a burst to a thousand of them is cut once.
   */
  after(seq: Seq, limit: number): readonly FleetEvent[] {
    const to = Math.min(this.#last, seq + limit);
    if (this.#slice?.from === seq && this.#slice.to === to) return this.#slice.events;
    const index = this.#start + (seq - this.reachesBackTo);
    const events = this.#events.slice(index, index + (to - seq)) as FleetEvent[];
    this.#slice = { from: seq, to, events };
    return events;
  }

  #trim(): void {
    while (
      this.#events.length - this.#start > this.#limits.events ||
      (this.#bytes > this.#limits.bytes && this.#start < this.#events.length)
    ) {
      this.#bytes -= this.#sizes[this.#start] ?? 0;
      this.#events[this.#start] = undefined;
      this.#start++;
    }
    // Compacting at half keeps the cost of dropping one event constant.
    if (this.#start <= this.#events.length / 2) return;
    this.#events = this.#events.slice(this.#start);
    this.#sizes = this.#sizes.slice(this.#start);
    this.#start = 0;
  }
}

/** What an object costs beside its fields, and a field beside its text: V8's order of magnitude. */
const OBJECT_BYTES = 48;
const FIELD_BYTES = 8;

/** Near enough for a bound, and many times cheaper than writing the event as JSON to measure it. */
function estimatedBytes(value: unknown): number {
  if (typeof value === "string") return FIELD_BYTES + value.length;
  if (typeof value !== "object" || value === null) return FIELD_BYTES;
  let bytes = OBJECT_BYTES;
  if (Array.isArray(value)) for (const item of value) bytes += estimatedBytes(item);
  else for (const key in value) bytes += estimatedBytes((value as Record<string, unknown>)[key]);
  return bytes;
}
