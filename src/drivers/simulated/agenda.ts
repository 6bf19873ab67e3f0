/** Whose turn it is first when several things are due at one instant. */
export const RANKS = { zone: 0, host: 1, copy: 2, guest: 3 } as const;
export type Rank = (typeof RANKS)[keyof typeof RANKS];

/** Something that happens by itself: to a zone, a host, a guest's copy (`id` on host `on`) or a guest. */
export interface Due {
  readonly atMs: number;
  readonly rank: Rank;
  readonly id: number;
  /** The host of a copy; 0 for all else. */
  readonly on: number;
}

/** Replaced entries are left in the heap until they come up; beyond this many it is built anew. */
const STALE_ALLOWED = 1024;

/**
 * What is due when: a binary heap with at most one live entry for each thing. Its order is total and
 * depends on the entries alone, never on when they were made, so that a world rebuilt from its state
 * goes through one instant in the order of the world it replaces.
 */
export class Agenda {
  #heap: Due[] = [];
  readonly #live = new Map<string, Due>();

  /** Null takes the thing off the agenda. */
  set(rank: Rank, id: number, on: number, atMs: number | null): void {
    const key = `${rank}:${id}:${on}`;
    if (atMs === null) {
      this.#live.delete(key);
      return;
    }
    if (this.#live.get(key)?.atMs === atMs) return;
    const due: Due = { atMs, rank, id, on };
    this.#live.set(key, due);
    this.#push(due);
    if (this.#heap.length > 2 * this.#live.size + STALE_ALLOWED) this.#rebuild();
  }

  /** The first thing due, left on the agenda. */
  peek(): Due | undefined {
    let top = this.#heap[0];
    while (top !== undefined && this.#live.get(keyOf(top)) !== top) {
      this.#pop();
      top = this.#heap[0];
    }
    return top;
  }

  /** Take off the thing that `peek` shows. */
  drop(due: Due): void {
    this.#live.delete(keyOf(due));
  }

  #rebuild(): void {
    // A sorted array is a heap.
    this.#heap = [...this.#live.values()].sort(compare);
  }

  #push(due: Due): void {
    const heap = this.#heap;
    let at = heap.length;
    heap.push(due);
    while (at > 0) {
      const parentAt = (at - 1) >> 1;
      const parent = heap[parentAt] as Due;
      if (compare(parent, due) <= 0) break;
      heap[at] = parent;
      at = parentAt;
    }
    heap[at] = due;
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return;
    let at = 0;
    for (;;) {
      const childAt = smallerChild(heap, at);
      const child = heap[childAt];
      if (child === undefined || compare(last, child) <= 0) break;
      heap[at] = child;
      at = childAt;
    }
    heap[at] = last;
  }
}

function smallerChild(heap: readonly Due[], at: number): number {
  const left = heap[2 * at + 1];
  const right = heap[2 * at + 2];
  return left && right && compare(right, left) < 0 ? 2 * at + 2 : 2 * at + 1;
}

function keyOf(due: Due): string {
  return `${due.rank}:${due.id}:${due.on}`;
}

function compare(a: Due, b: Due): number {
  return a.atMs - b.atMs || a.rank - b.rank || a.id - b.id || a.on - b.on;
}
