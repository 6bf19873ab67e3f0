/**
 * The bounded room between a connection that pushes and a consumer that pulls. It does not bound by
 * dropping or by refusing: it says when to stop reading from the socket and when to go on, so the
 * consumer's pace reaches the server through TCP.
 */
export class EventQueue<E> {
  readonly #highWater: number;
  readonly #lowWater: number;
  readonly #onFull: () => void;
  readonly #onDrained: () => void;
  #items: E[] = [];
  /** Read position in `items`, so that taking one does not shift the rest. */
  #next = 0;
  #waiting: PromiseWithResolvers<IteratorResult<E, undefined>>[] = [];
  #full = false;
  #ended = false;
  #error: Error | null = null;

  constructor(highWater: number, flow: { onFull: () => void; onDrained: () => void }) {
    this.#highWater = highWater;
    this.#lowWater = Math.floor(highWater / 4);
    this.#onFull = flow.onFull;
    this.#onDrained = flow.onDrained;
  }

  get size(): number {
    return this.#items.length - this.#next;
  }

  /** The consumer asks for more than there is: it has seen all that was pushed. */
  get isAwaited(): boolean {
    return this.#waiting.length > 0;
  }

  get isFull(): boolean {
    return this.#full;
  }

  push(item: E): void {
    if (this.#ended) return;
    const waiting = this.#waiting.shift();
    if (waiting) {
      waiting.resolve({ done: false, value: item });
      return;
    }
    this.#items.push(item);
    if (!this.#full && this.size >= this.#highWater) {
      this.#full = true;
      this.#onFull();
    }
  }

  /** What is waiting is still delivered, then the error is thrown once. */
  fail(error: Error): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#error = error;
    const first = this.#waiting.shift();
    if (first) {
      this.#error = null;
      first.reject(error);
    }
    this.#releaseWaiting();
  }

  /** What is waiting is dropped: nobody wants it any more. */
  close(): void {
    this.#ended = true;
    this.#error = null;
    this.#items = [];
    this.#next = 0;
    this.#releaseWaiting();
  }

  take(): Promise<IteratorResult<E, undefined>> {
    if (this.size > 0) return Promise.resolve({ done: false, value: this.#takeOne() });
    if (this.#error) {
      const error = this.#error;
      this.#error = null;
      return Promise.reject(error);
    }
    if (this.#ended) return Promise.resolve({ done: true, value: undefined });
    const waiting = Promise.withResolvers<IteratorResult<E, undefined>>();
    this.#waiting.push(waiting);
    return waiting.promise;
  }

  #takeOne(): E {
    const item = this.#items[this.#next] as E;
    this.#next += 1;
    if (this.#next === this.#items.length || this.#next >= 1024) {
      this.#items = this.#items.slice(this.#next);
      this.#next = 0;
    }
    if (this.#full && this.size <= this.#lowWater) {
      this.#full = false;
      this.#onDrained();
    }
    return item;
  }

  #releaseWaiting(): void {
    for (const waiting of this.#waiting.splice(0))
      waiting.resolve({ done: true, value: undefined });
  }
}
