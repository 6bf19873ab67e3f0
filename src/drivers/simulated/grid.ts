/**
 * Instants that lie a whole number of periods after the epoch, whenever the world was built: a
 * restart neither shifts nor doubles a sample.
 */
export class Grid {
  readonly #periodMs: number;
  #nextMs: number;

  constructor(periodSeconds: number, afterMs: number) {
    this.#periodMs = periodMs(periodSeconds);
    this.#nextMs = lastOnGrid(periodSeconds, afterMs) + this.#periodMs;
  }

  get nextMs(): number {
    return this.#nextMs;
  }

  step(): void {
    this.#nextMs += this.#periodMs;
  }

  /** Leave out what comes before an instant, when there is nobody to tell. */
  skipTo(atMs: number): void {
    if (this.#nextMs < atMs) this.#nextMs = Math.ceil(atMs / this.#periodMs) * this.#periodMs;
  }
}

/** The newest instant of the grid that is not after `atMs`. */
export function lastOnGrid(periodSeconds: number, atMs: number): number {
  const period = periodMs(periodSeconds);
  return Math.floor(atMs / period) * period;
}

function periodMs(periodSeconds: number): number {
  return Math.max(1, Math.round(periodSeconds * 1000));
}
