/** What a guest wants of its host's CPU, and what it has to be given of it. In millicores. */
export interface Claim {
  /** What it asks for, no more than its limit. */
  readonly want: number;
  /** What it is guaranteed of that. */
  readonly reservation: number;
  readonly shares: number;
}

/**
 * Who gets how much of a CPU that is not enough for all: everybody what is reserved for them, and then
 * the one who has the least for each of their shares, until all have the same for each, their wish, or
 * the CPU is given away. That is how VMware's ESX does it (C. Waldspurger, "Memory Resource Management
 * in VMware ESX Server", OSDI 2002: min, max and shares), and so a neighbour that wants more takes
 * nothing of what is reserved.
 */
export function shareOut(capacity: number, claims: readonly Claim[]): number[] {
  const floors = claims.map(({ want, reservation }) => Math.min(want, reservation));
  const promised = sumOf(floors);
  // Copies that should not be there may have been promised something, too.
  if (promised >= capacity) return floors.map((floor) => Math.floor((floor * capacity) / promised));
  const level = levelAt(capacity - promised, claims, floors);
  return claims.map(({ want, shares }, index) =>
    Math.min(want, Math.max(floors[index] as number, Math.floor(level * shares))),
  );
}

/** How much each share is worth when all is given away: infinite when there is enough for all wishes. */
function levelAt(left: number, claims: readonly Claim[], floors: readonly number[]): number {
  // As the level rises, each begins to take at its floor and stops at its wish.
  const steps = claims
    .flatMap(({ want, shares }, index) => [
      { level: (floors[index] as number) / shares, shares },
      { level: want / shares, shares: -shares },
    ])
    .sort((a, b) => a.level - b.level);
  let [level, taking, rest] = [0, 0, left];
  for (const step of steps) {
    const taken = taking * (step.level - level);
    if (taken >= rest && taking > 0) return level + rest / taking;
    rest -= taken;
    taking += step.shares;
    level = step.level;
  }
  return Number.POSITIVE_INFINITY;
}

export function sumOf(amounts: readonly number[]): number {
  return amounts.reduce((sum, amount) => sum + amount, 0);
}
