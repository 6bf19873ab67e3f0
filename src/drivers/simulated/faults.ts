import type { Ref } from "../../model/ids.ts";
import type { FaultKind } from "../../model/statuses.ts";

/**
 * The disturbances in force. What ails a host is always worked out from here, so that faults that
 * overlap come and go in any order. Ids are unique over all types: a kind and an id name a fault.
 */
export class FaultSet {
  readonly #targets = new Map<FaultKind, Set<number>>();

  /** False when it was in force already. */
  add(kind: FaultKind, target: Ref): boolean {
    const ids = this.#targets.get(kind) ?? new Set();
    this.#targets.set(kind, ids);
    if (ids.has(target.id)) return false;
    ids.add(target.id);
    return true;
  }

  /** False when it was not in force. */
  delete(kind: FaultKind, target: Ref): boolean {
    return this.#targets.get(kind)?.delete(target.id) ?? false;
  }

  on(kind: FaultKind, id: number | null): boolean {
    return id !== null && (this.#targets.get(kind)?.has(id) ?? false);
  }

  /** The kinds in force on one target. */
  kindsOn(id: number): FaultKind[] {
    return [...this.#targets].filter(([, ids]) => ids.has(id)).map(([kind]) => kind);
  }
}
