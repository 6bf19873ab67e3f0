/** A number in [0, 2³²) for some numbers, always the same for the same ones (MurmurHash3's rounds and finalizer). */
export function hashOf(...words: readonly number[]): number {
  let h = 0x9e3779b9;
  for (const word of words) {
    let k = Math.imul(word | 0, 0xcc9e2d51);
    k = Math.imul((k << 15) | (k >>> 17), 0x1b873593);
    h ^= k;
    h = Math.imul((h << 13) | (h >>> 19), 5) + 0xe6546b64;
  }
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

/** The same as a number in (0, 1). */
export function lotOf(...words: readonly number[]): number {
  return (hashOf(...words) + 0.5) / 2 ** 32;
}
