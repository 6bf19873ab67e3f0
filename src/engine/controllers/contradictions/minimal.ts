/**
 * A smallest part of `items` that does not hold by itself, of which every item is needed for that
 * (Junker's QuickXplain): few questions, also where two items of a thousand are to blame. `items`
 * as a whole must not hold.
 */
export function minimalPart<T>(
  items: readonly T[],
  holds: (part: readonly T[]) => boolean,
): readonly T[] {
  const explain = (known: readonly T[], isNews: boolean, rest: readonly T[]): readonly T[] => {
    if (isNews && !holds(known)) return [];
    if (rest.length === 1) return rest;
    const half = Math.ceil(rest.length / 2);
    const [early, late] = [rest.slice(0, half), rest.slice(half)];
    const fromLate = explain([...known, ...early], true, late);
    const fromEarly = explain([...known, ...fromLate], fromLate.length > 0, early);
    return [...fromEarly, ...fromLate];
  };
  const part = explain([], false, items);
  // A question too hard to answer may have misled it; then all of them are the answer.
  return holds(part) ? items : part;
}
