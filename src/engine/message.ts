import type { EventKind, FieldSpec } from "../model/events.ts";
import { EVENTS } from "../model/events.ts";
import type { IdTypes, Ref } from "../model/ids.ts";
import type { Reason } from "../model/reasons.ts";
import type { State } from "./state.ts";

/** The name that people know it by; its id where it is gone or has none. */
export function nameOf(state: State, type: keyof IdTypes, id: number): string {
  const row = state.tables[type].find(id);
  if (!row) return `#${id}`;
  if ("name" in row) return row.name;
  if ("kind" in row) return row.kind;
  return `#${id}`;
}

function show(state: State, spec: FieldSpec, value: unknown): string {
  if (value === null || value === undefined) return "nothing";
  const type = spec.replace("?", "");
  if (type === "node") {
    const ref = value as Ref;
    return `${ref.type.replace(/(?<=[a-z])(?=[A-Z])/g, " ").toLowerCase()} ${nameOf(state, ref.type, ref.id)}`;
  }
  if (type === "reasons") return (value as Reason[]).map((reason) => reason.message).join("; ");
  if (type === "strings") return (value as string[]).join(", ");
  if (type === "time") return new Date(value as number).toISOString();
  if (type === "utility") return (value as string).toLowerCase();
  if (type in state.tables) return nameOf(state, type as keyof IdTypes, value as number);
  return String(value);
}

/** Fills an event's message template with names as they are now. */
export function render(
  state: State,
  kind: EventKind,
  template: string,
  payload: object,
  definition: { id?: number; name?: string } | null,
): string {
  return template.replace(/\{(\w+)(\.name)?\}/g, (_, field: string, bare?: string) => {
    const spec = (EVENTS[kind].fields as Record<string, FieldSpec>)[field] as FieldSpec;
    const value = (payload as Record<string, unknown>)[field];
    if (definition?.name && value === definition.id) return definition.name;
    if (bare) return nameOf(state, (value as Ref).type, (value as Ref).id);
    return show(state, spec, value);
  });
}
