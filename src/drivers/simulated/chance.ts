/**
 * Chance without memory: each draw is a hash of what it is for, so a world that is rebuilt from its
 * stored state draws what it would have drawn anyway, in whatever order it is asked.
 */
const PURPOSES = { boot: 1, stop: 2, downtime: 3, cpu: 4, memory: 5 } as const;
export type Purpose = keyof typeof PURPOSES;

/** A number in [0, 1), always the same for the same arguments. */
export function chance(
  seed: number,
  guestId: number,
  generation: number,
  purpose: Purpose,
): number {
  let hash = 0x9e3779b9;
  for (const word of [seed, guestId, generation, PURPOSES[purpose]]) hash = mix(hash, word);
  return hash / 2 ** 32;
}

/** A number in [low, high), drawn like `chance`. */
export function between(low: number, high: number, share: number): number {
  return low + (high - low) * share;
}

/** One round of MurmurHash3 with its finalizer: any bit of the input moves every bit of the output. */
function mix(hash: number, word: number): number {
  let h = Math.imul(word | 0, 0xcc9e2d51);
  h = Math.imul((h << 15) | (h >>> 17), 0x1b873593);
  h ^= hash;
  h ^= h >>> 16;
  h = Math.imul(h, 0x85ebca6b);
  h ^= h >>> 13;
  h = Math.imul(h, 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}
