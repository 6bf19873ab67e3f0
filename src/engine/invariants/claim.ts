/** Something that must hold, and what is wrong when it does not. */
export type Claim = readonly [holds: boolean, otherwise: string];

/** What is wrong, each line beginning with what it is wrong with. */
export function broken(subject: string, claims: readonly Claim[]): string[] {
  return claims.filter(([holds]) => !holds).map(([, otherwise]) => `${subject} ${otherwise}`);
}
