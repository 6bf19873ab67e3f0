/** How many operations each principal has left. */
export class Rate {
  readonly #perMs: number;
  readonly #burst: number;
  readonly #nowMs: () => number;
  readonly #buckets = new Map<string, { left: number; atMs: number }>();

  /** `burst` at once, and `perSecond` on the average. */
  constructor(perSecond: number, burst: number, nowMs = () => performance.now()) {
    this.#perMs = perSecond / 1_000;
    this.#burst = burst;
    this.#nowMs = nowMs;
  }

  /** Takes one; null when there was one, else the milliseconds until there is. */
  take(name: string): number | null {
    const now = this.#nowMs();
    const bucket = this.#buckets.get(name) ?? { left: this.#burst, atMs: now };
    const left = Math.min(this.#burst, bucket.left + (now - bucket.atMs) * this.#perMs);
    this.#buckets.set(name, { left: left >= 1 ? left - 1 : left, atMs: now });
    return left >= 1 ? null : Math.ceil((1 - left) / this.#perMs);
  }
}
