import { NO_RESOURCES, type Resources } from "../../model/resources.ts";

/**
 * The sizes of the fleet's guests, to know the largest: room that could hold it is not broken up for
 * a small guest while there is other room.
 */
export class Sizes {
  readonly #counts = new Map<string, { size: Resources; guests: number }>();
  #largest: Resources = NO_RESOURCES;

  /** By memory, and by CPU among those of equal memory. */
  get largest(): Resources {
    return this.#largest;
  }

  add(size: Resources): void {
    const entry = this.#counts.get(keyOf(size));
    if (entry) entry.guests++;
    else {
      this.#counts.set(keyOf(size), { size, guests: 1 });
      if (isLarger(size, this.#largest)) this.#largest = size;
    }
  }

  remove(size: Resources): void {
    const entry = this.#counts.get(keyOf(size));
    if (!entry || --entry.guests > 0) return;
    this.#counts.delete(keyOf(size));
    if (keyOf(size) !== keyOf(this.#largest)) return;
    this.#largest = NO_RESOURCES;
    for (const { size: other } of this.#counts.values())
      if (isLarger(other, this.#largest)) this.#largest = other;
  }
}

function keyOf({ cpuMillicores, memoryMiB }: Resources): string {
  return `${cpuMillicores}/${memoryMiB}`;
}

function isLarger(a: Resources, b: Resources): boolean {
  return (
    a.memoryMiB > b.memoryMiB || (a.memoryMiB === b.memoryMiB && a.cpuMillicores > b.cpuMillicores)
  );
}

/** How many guests of a size so much free room holds. */
export function slots(cpuMillicores: number, memoryMiB: number, size: Resources): number {
  if (size.memoryMiB === 0 || size.cpuMillicores === 0) return 0;
  const byCpu = Math.floor(cpuMillicores / size.cpuMillicores);
  return Math.max(0, Math.min(byCpu, Math.floor(memoryMiB / size.memoryMiB)));
}
