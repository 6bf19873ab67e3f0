/** Real time that all work in one turn of the event loop. */
const SLICE_MS = 8;

/** They are asked one after the other whether there is time left, which takes some of it. */
const MOST_A_TURN = 64;

/**
 * The turns of the event loop, for all who have much to do. In each of them those work that have waited
 * longest, one after the other, until a slice of time is used up; whatever else the loop is for comes
 * between the turns.
 */
export class Turns {
  /** Told when, by `performance.now()`, the slice is used up. */
  readonly #waiting: ((endMs: number) => void)[] = [];
  #isPlanned = false;

  /** For one who works for longer than one turn. */
  begin(): Turn {
    return new Turn(this);
  }

  /** Until there is time; gives back when that is over, by `performance.now()`. */
  wait(): Promise<number> {
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
      if (!this.#isPlanned) this.#planNext();
    });
  }

  /** What is due at once comes in one turn, each when the promises of the one before have had theirs. */
  #planNext(): void {
    const last = Math.min(this.#waiting.length, MOST_A_TURN) - 1;
    this.#isPlanned = last >= 0;
    let endMs = Number.POSITIVE_INFINITY;
    for (let index = 0; index <= last; index++)
      setImmediate(() => {
        const nowMs = performance.now();
        if (index === 0) endMs = nowMs + SLICE_MS;
        if (nowMs < endMs) this.#waiting.shift()?.(endMs);
        if (index === last) this.#planNext();
      });
  }
}

/** The turns of one among others: it has to pause before it works. */
export class Turn {
  readonly #turns: Turns;
  #endMs = 0;

  constructor(turns: Turns) {
    this.#turns = turns;
  }

  /** Nothing more should be begun before the next one. */
  get isOver(): boolean {
    return performance.now() >= this.#endMs;
  }

  /** Nothing to wait for while there is time left. */
  async pause(): Promise<void> {
    if (this.isOver) this.#endMs = await this.#turns.wait();
  }
}
