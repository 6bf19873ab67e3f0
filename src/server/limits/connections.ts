/** How many connections each principal has open. */
export class Connections {
  readonly #max: number;
  readonly #open = new Map<string, number>();

  constructor(max: number) {
    this.#max = max;
  }

  /** What is to be called once when the connection is closed; null for one too many. */
  enter(name: string): (() => void) | null {
    const open = this.#open.get(name) ?? 0;
    if (open >= this.#max) return null;
    this.#open.set(name, open + 1);
    return () => this.#leave(name);
  }

  #leave(name: string): void {
    const left = (this.#open.get(name) ?? 0) - 1;
    if (left > 0) this.#open.set(name, left);
    else this.#open.delete(name);
  }
}
