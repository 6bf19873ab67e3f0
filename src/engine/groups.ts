/** Sets by key that vanish when empty. */
export class Groups<Member extends number> {
  readonly #sets = new Map<number, Set<Member>>();

  add(key: number, member: Member): void {
    const set = this.#sets.get(key);
    if (set) set.add(member);
    else this.#sets.set(key, new Set([member]));
  }

  remove(key: number, member: Member): void {
    const set = this.#sets.get(key);
    if (!set?.delete(member)) return;
    if (set.size === 0) this.#sets.delete(key);
  }

  /** In order of id, the same after a restart. */
  of(key: number): Member[] {
    const set = this.#sets.get(key);
    return set ? [...set].sort((a, b) => a - b) : [];
  }

  /** In no particular order. */
  each(key: number): Iterable<Member> {
    return this.#sets.get(key) ?? [];
  }

  count(key: number): number {
    return this.#sets.get(key)?.size ?? 0;
  }

  /** The keys that have any, in order of id. */
  keys(): number[] {
    return [...this.#sets.keys()].sort((a, b) => a - b);
  }

  get isEmpty(): boolean {
    return this.#sets.size === 0;
  }
}

/** How many there are by key, where who they are is no matter. */
export class Counts {
  readonly #counts = new Map<number, number>();

  change(key: number, by: 1 | -1): void {
    const count = this.of(key) + by;
    if (count === 0) this.#counts.delete(key);
    else this.#counts.set(key, count);
  }

  of(key: number): number {
    return this.#counts.get(key) ?? 0;
  }
}

/** The member is in the set if it belongs there, and not if it does not. */
export function keep<T>(set: Set<T>, member: T, belongs: boolean): void {
  if (belongs) set.add(member);
  else if (set.size > 0) set.delete(member);
}
