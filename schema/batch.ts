/**
 * Gathers the keys asked for in one turn and loads them with one query. Keeps nothing afterwards: a
 * subscription lives long, and what it shows must be what is in the tables now.
 */
export class Batch<K, V> {
  readonly #load: (keys: readonly K[]) => ReadonlyMap<K, V>;
  #pending: { keys: Set<K>; rows: Promise<ReadonlyMap<K, V>> } | null = null;

  constructor(load: (keys: readonly K[]) => ReadonlyMap<K, V>) {
    this.#load = load;
  }

  async load(key: K): Promise<V | undefined> {
    this.#pending ??= this.#begin();
    this.#pending.keys.add(key);
    return (await this.#pending.rows).get(key);
  }

  #begin() {
    const keys = new Set<K>();
    // Two turns: siblings whose parents came out of another batch arrive one turn later.
    const rows = Promise.resolve()
      .then(() => {})
      .then(() => {
        this.#pending = null;
        return this.#load([...keys]);
      });
    return { keys, rows };
  }
}
