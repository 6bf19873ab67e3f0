/**
 * Whether all of `members` can have a place of their own, each one that it may be in: by augmenting
 * paths. `null`: it may be anywhere.
 */
export function canAllDiffer(
  members: readonly (ReadonlySet<number> | null)[],
  places: readonly number[],
): boolean {
  if (members.length > places.length) return false;
  const restricted = members.filter((allowed) => allowed !== null);
  const holder = new Map<number, number>();
  const seat = (member: number, seen: Set<number>): boolean => {
    for (const place of restricted[member] ?? []) {
      if (seen.has(place)) continue;
      seen.add(place);
      const other = holder.get(place);
      if (other !== undefined && !seat(other, seen)) continue;
      holder.set(place, member);
      return true;
    }
    return false;
  };
  // Who may be anywhere takes what is left, of which there is enough.
  return restricted.every((_allowed, member) => seat(member, new Set()));
}
