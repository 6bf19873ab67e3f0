import { Chance } from "../engine/random.ts";

/**
 * Chance that belongs to one thing, whatever else happens: a script that is cut short plays the rest
 * as before.
 */
export function chanceOf(seed: number, ...about: readonly (string | number | null)[]): Chance {
  let hash = 0x811c9dc5 ^ seed;
  for (const char of about.join("/")) hash = Math.imul(hash ^ char.charCodeAt(0), 0x01000193) >>> 0;
  return new Chance(hash);
}
