/** Whose request is finished when, the first to be finished first. A binary heap. */
export class Finishes {
  readonly #times: number[] = [];
  readonly #owners: number[] = [];

  push(atMs: number, owner: number): void {
    let index = this.#times.push(atMs) - 1;
    this.#owners.push(owner);
    while (index > 0) {
      const parent = (index - 1) >>> 1;
      if (this.#at(parent) <= this.#at(index)) break;
      this.#swap(index, parent);
      index = parent;
    }
  }

  /** The owner of the first one that is finished by then; null when none is. */
  take(nowMs: number): number | null {
    if (this.#at(0) > nowMs) return null;
    this.#swap(0, this.#times.length - 1);
    this.#times.pop();
    const owner = this.#owners.pop() as number;
    let index = 0;
    for (;;) {
      let child = 2 * index + 1;
      if (this.#at(child + 1) < this.#at(child)) child++;
      if (this.#at(index) <= this.#at(child)) return owner;
      this.#swap(index, child);
      index = child;
    }
  }

  #at(index: number): number {
    return this.#times[index] ?? Number.POSITIVE_INFINITY;
  }

  #swap(a: number, b: number): void {
    for (const list of [this.#times, this.#owners]) {
      const kept = list[a] as number;
      list[a] = list[b] as number;
      list[b] = kept;
    }
  }
}
