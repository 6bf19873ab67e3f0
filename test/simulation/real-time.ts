/**
 * The runtime cuts its work into slices of real time, and stores the drivers' worlds now and then by
 * it. In a simulation real time is data too: it stands still and moves when it is told to, so that
 * a crash finds the same things on disk in every run of a seed.
 */
export class RealTime {
  readonly #original = performance.now;
  #nowMs = 1_000_000;

  hold(): void {
    performance.now = () => this.#nowMs;
  }

  pass(ms: number): void {
    this.#nowMs += ms;
  }

  release(): void {
    performance.now = this.#original;
  }
}
