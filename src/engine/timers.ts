/** Who wants to be looked at when, found by time. One time for each; the order of equals is by id. */
export class Timers<Id extends number> {
  readonly #dueOf = new Map<Id, number>();
  readonly #idsAt = new Map<number, Set<Id>>();
  /** A binary heap of the times that someone waits for, and of some that nobody waits for any more. */
  readonly #heap: number[] = [];

  /** Null: not any more. */
  set(id: Id, dueMs: number | null): void {
    const before = this.#dueOf.get(id);
    if (before === (dueMs ?? undefined)) return;
    if (before !== undefined) this.#forget(id, before);
    if (dueMs === null) return;
    this.#dueOf.set(id, dueMs);
    const ids = this.#idsAt.get(dueMs);
    if (ids) {
      ids.add(id);
      return;
    }
    this.#idsAt.set(dueMs, new Set([id]));
    this.#push(dueMs);
  }

  has(id: Id): boolean {
    return this.#dueOf.has(id);
  }

  /** Everyone who waits, in order of id. */
  ids(): Id[] {
    return [...this.#dueOf.keys()].sort((a, b) => a - b);
  }

  /** Infinite when nobody waits. */
  get nextMs(): number {
    for (let top = this.#heap[0]; top !== undefined; top = this.#heap[0]) {
      if (this.#idsAt.has(top)) return top;
      this.#pop();
    }
    return Number.POSITIVE_INFINITY;
  }

  /** Everyone whose time has come, in order of id. */
  due(nowMs: number): Id[] {
    if (this.nextMs > nowMs) return [];
    const ids: Id[] = [];
    for (const [dueMs, waiting] of this.#idsAt) if (dueMs <= nowMs) ids.push(...waiting);
    return ids.sort((a, b) => a - b);
  }

  #forget(id: Id, dueMs: number): void {
    this.#dueOf.delete(id);
    const ids = this.#idsAt.get(dueMs);
    ids?.delete(id);
    if (ids?.size === 0) this.#idsAt.delete(dueMs);
  }

  #at(index: number): number {
    return this.#heap[index] ?? Number.POSITIVE_INFINITY;
  }

  #push(dueMs: number): void {
    let index = this.#heap.push(dueMs) - 1;
    while (index > 0) {
      const parent = (index - 1) >>> 1;
      if (this.#at(parent) <= dueMs) break;
      this.#heap[index] = this.#at(parent);
      index = parent;
    }
    this.#heap[index] = dueMs;
  }

  #pop(): void {
    const last = this.#heap.pop();
    if (last === undefined || this.#heap.length === 0) return;
    let index = 0;
    for (;;) {
      let child = 2 * index + 1;
      if (this.#at(child + 1) < this.#at(child)) child++;
      if (this.#at(child) >= last) break;
      this.#heap[index] = this.#at(child);
      index = child;
    }
    this.#heap[index] = last;
  }
}
