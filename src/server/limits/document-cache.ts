/**
 * What was made of the newest documents, by their text. Bounded by the length of the texts: what is made
 * of them takes up to a hundred times as much.
 */
export class DocumentCache<T> {
  readonly #maxChars: number;
  readonly #entries = new Map<string, T>();
  #chars = 0;

  constructor(maxChars: number) {
    this.#maxChars = maxChars;
  }

  get(text: string): T | undefined {
    const found = this.#entries.get(text);
    if (found === undefined) return undefined;
    // To the end of the queue.
    this.#entries.delete(text);
    this.#entries.set(text, found);
    return found;
  }

  set(text: string, made: T): void {
    if (this.#entries.has(text)) return;
    this.#entries.set(text, made);
    this.#chars += text.length;
    for (const oldest of this.#entries.keys()) {
      if (this.#chars <= this.#maxChars) return;
      this.#entries.delete(oldest);
      this.#chars -= oldest.length;
    }
  }
}
