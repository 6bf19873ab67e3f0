import type { Path } from "../model/fleet.ts";
import { nameProblem } from "../model/limits.ts";
import { formatPath, type ProblemList, quote } from "./problems.ts";

/** Names that must differ from each other within a scope, each with the place that took it first. */
export class Names {
  readonly #problems: ProblemList;
  readonly #taken = new Map<string, Path>();

  constructor(problems: ProblemList) {
    this.#problems = problems;
  }

  /** `what` names the scope: "host", "guest of tenant shop". */
  take(what: string, name: string, path: Path): void {
    const key = `${what}\n${name}`;
    const first = this.#taken.get(key);
    if (first) {
      const words = `${quote(name)} is the name of another ${what} already, at ${formatPath(first)}`;
      this.#problems.add([...path, "name"], words);
    } else this.#taken.set(key, path);
  }

  /** The names of an item's copies: its own without `count`, or `name-1` to `name-N`. */
  copies(item: { readonly name: string; readonly count?: number }, path: Path): string[] {
    if (item.count === undefined) return [item.name];
    const longest = nameProblem(`${item.name}-${item.count}`);
    if (longest) {
      this.#problems.add([...path, "name"], `with the number of its last copy ${longest}`);
      return [];
    }
    return Array.from({ length: item.count }, (_, index) => `${item.name}-${index + 1}`);
  }
}
