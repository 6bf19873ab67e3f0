import { badInput } from "./bad-input.ts";

/** Sizes of a page of a connection. */
export const PAGE = { default: 25, max: 100 } as const;

export interface PageArguments {
  readonly first?: number | null | undefined;
  readonly last?: number | null | undefined;
  readonly after?: string | null | undefined;
  readonly before?: string | null | undefined;
}

/** Refuses what no page can be. Every connection asks this first. */
export function checkPage(page: PageArguments): void {
  for (const argument of ["first", "last"] as const) {
    const size = page[argument];
    if (size == null) continue;
    if (size < 1) throw badInput(argument, "must be 1 at least");
    if (size > PAGE.max) throw badInput(argument, `must be ${PAGE.max} at most`);
  }
  if (page.first != null && page.last != null)
    throw badInput("last", "cannot be combined with first: a page begins at one end");
}
