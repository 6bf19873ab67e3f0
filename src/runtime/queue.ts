/** First in, first out, and back to the front for what has to be tried again. */
export class Queue<T> {
  #items: T[] = [];
  #next = 0;

  get size(): number {
    return this.#items.length - this.#next;
  }

  peek(): T | undefined {
    return this.#items[this.#next];
  }

  push(item: T): void {
    this.#items.push(item);
  }

  /** Before everything that waits, in their own order. */
  putBack(items: readonly T[]): void {
    this.#items = [...items, ...this.#items.slice(this.#next)];
    this.#next = 0;
  }

  shift(): T | undefined {
    if (this.#next >= this.#items.length) return undefined;
    const item = this.#items[this.#next] as T;
    this.#next++;
    // Array.shift moves everything; cutting off what is used up now and then costs next to nothing.
    if (this.#next >= 1_024 && this.#next * 2 >= this.#items.length) {
      this.#items = this.#items.slice(this.#next);
      this.#next = 0;
    }
    return item;
  }

  drain(): T[] {
    const items = this.#items.slice(this.#next);
    this.#items = [];
    this.#next = 0;
    return items;
  }
}
