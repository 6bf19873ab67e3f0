interface Weighed<T> {
  readonly item: T;
  readonly weight: number;
}

/** The `count` items that weigh least, the least first; of equals those that came first. Looks at each once. */
export function least<T>(items: readonly T[], count: number, weightOf: (item: T) => number): T[] {
  const kept: Weighed<T>[] = [];
  for (const item of items) {
    const weight = weightOf(item);
    const last = kept.at(-1);
    if (kept.length === count && last && weight >= last.weight) continue;
    let at = kept.length;
    while (at > 0 && (kept[at - 1] as Weighed<T>).weight > weight) at--;
    kept.splice(at, 0, { item, weight });
    if (kept.length > count) kept.pop();
  }
  return kept.map(({ item }) => item);
}
