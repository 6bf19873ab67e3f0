import type { EntityType } from "../model/ids.ts";
import type { State } from "./state.ts";

/** The name that people know it by; its id where it is gone or has none. */
export function nameOf(state: State, type: EntityType, id: number): string {
  const row = state.tables[type].find(id);
  if (!row) return `#${id}`;
  if ("name" in row) return row.name;
  if ("kind" in row) return row.kind;
  return `#${id}`;
}
