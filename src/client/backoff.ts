export interface RetryOptions {
  /** The first wait is between half of this and all of it. */
  readonly minMs: number;
  /** No wait is longer. */
  readonly maxMs: number;
}

/** A restart is over within seconds; ten spare a server that many listeners come back to. */
export const DEFAULT_RETRY: RetryOptions = { minMs: 250, maxMs: 10_000 };

/**
 * Exponential back-off with jitter over the upper half of each step, so that listeners that lost one
 * server together do not come back together, and none comes back at once.
 */
export class Backoff {
  readonly #options: RetryOptions;
  #failures = 0;

  constructor(options: RetryOptions) {
    this.#options = options;
  }

  /** How many times in a row it has failed, this time included. */
  get failures(): number {
    return this.#failures;
  }

  nextMs(): number {
    const { minMs, maxMs } = this.#options;
    const step = Math.min(maxMs, minMs * 2 ** Math.min(this.#failures, 30));
    this.#failures += 1;
    return Math.round(step * (0.5 + Math.random() / 2));
  }

  reset(): void {
    this.#failures = 0;
  }
}

/** Resolves after `ms`, or at once when the signal aborts. */
export function wait(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const done = () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener("abort", done);
  });
}
