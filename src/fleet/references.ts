import { GUEST_DEFAULTS, type Path } from "../model/fleet.ts";
import type { GuestItem } from "./document.ts";
import type { ProblemList } from "./problems.ts";

/**
 * Guests named by rules and dependencies, in a document, once the names of counted guests are
 * written out. A short document can name very many: a thousand rules for the copies of a guest
 * with a count of 100,000.
 */
const MAX_REFERENCES = 1_000_000;

/** Writes references to guests out: the name of a counted guest means all of its copies. */
export class References {
  readonly #problems: ProblemList;
  /** Copies of counted guests by `tenant/name`. */
  readonly #copies = new Map<string, readonly string[]>();
  readonly #single = new Set<string>();
  #count = 0;

  constructor(problems: ProblemList) {
    this.#problems = problems;
  }

  /** Makes a guest of the document known, with the names of its copies. */
  define(item: GuestItem, names: readonly string[]): void {
    const key = `${item.tenant ?? GUEST_DEFAULTS.tenant}/${item.name}`;
    if (item.count === undefined) this.#single.add(key);
    else this.#copies.set(key, names);
  }

  /** Names of guests that a guest of `tenant` depends on; `users` is how many copies it has. */
  ofGuest(
    references: readonly string[],
    tenant: string,
    path: Path,
    users: number,
  ): readonly string[] {
    for (const [index, reference] of references.entries()) {
      // The tenant is the boundary of isolation: what is beyond it can't be waited for.
      if (split(reference, tenant).tenant === tenant) continue;
      const words = `a guest can only depend on guests of its own tenant, which is ${tenant}`;
      this.#problems.add([...path, String(index)], words);
    }
    return this.#writeOut(references, tenant, path, users);
  }

  /** Names of guests of one tenant, by what stands in a list of that tenant's own. */
  ofTenant(references: readonly string[], tenant: string, path: Path): readonly string[] {
    return this.#writeOut(references, tenant, path, 1);
  }

  /** Names of the guests of a rule: `tenant/name` for those of another tenant than "default". */
  ofRule(references: readonly string[], path: Path): readonly string[] {
    return this.#writeOut(references, GUEST_DEFAULTS.tenant, path, 1);
  }

  /** A name alone is a guest of `home`, in what is given and in what is returned. */
  #writeOut(
    references: readonly string[],
    home: string,
    path: Path,
    users: number,
  ): readonly string[] {
    const written = new Set<string>();
    for (const [index, reference] of references.entries()) {
      const { tenant, name } = split(reference, home);
      const key = `${tenant}/${name}`;
      // A guest that bears the very name is meant before the copies of another one.
      const names = (this.#single.has(key) ? undefined : this.#copies.get(key)) ?? [name];
      this.#count += names.length * users;
      if (this.#count > MAX_REFERENCES) {
        const words = `with this the document refers to more than ${MAX_REFERENCES} guests`;
        this.#problems.add([...path, String(index)], words);
        return [];
      }
      for (const each of names) written.add(tenant === home ? each : `${tenant}/${each}`);
    }
    return [...written];
  }
}

function split(reference: string, home: string): { tenant: string; name: string } {
  const slash = reference.indexOf("/");
  return slash < 0
    ? { tenant: home, name: reference }
    : { tenant: reference.slice(0, slash), name: reference.slice(slash + 1) };
}
