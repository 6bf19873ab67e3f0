/** What it takes to answer a field, declared with it where it is not the usual. */
export interface Cost {
  /** Of the field itself; 1 when not given. */
  readonly own?: number;
  /** How many things a list that is no connection is taken to have; 10 when not given. */
  readonly items?: number;
}

const USUAL_COST = { own: 1, items: 10 } as const;

/** For a field's `extensions`. */
export function costs(cost: Cost): { readonly cost: Cost } {
  return { cost };
}

/** What a field's `extensions` declare. */
export function declaredCost(extensions: Readonly<Record<string, unknown>>): Required<Cost> {
  return { ...USUAL_COST, ...(extensions["cost"] as Cost | undefined) };
}
