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

function show(state: State, type: string, value: unknown): string {
  if (value === null || value === undefined) return "nothing";
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

/** A template in pieces: text as it stands, and fields in between. */
interface Part {
  readonly text: string;
  readonly field: string | null;
  readonly type: string;
  readonly bare: boolean;
  /** What is counted: `{guests|guest}` is "1 guest" or "2 guests". */
  readonly noun: string | null;
}

const PARTS = new Map<EventKind, readonly Part[]>();

/** Taken apart once per kind: a zone's loss writes a hundred thousand messages. */
function partsOf(kind: EventKind): readonly Part[] {
  const known = PARTS.get(kind);
  if (known) return known;
  const fields = EVENTS[kind].fields as Record<string, FieldSpec>;
  const parts = EVENTS[kind].message.split(/(\{[\w.|]+\})/).map((text): Part => {
    const [, field = null, bare, noun = null] = /^\{(\w+)(\.name)?(?:\|(\w+))?\}$/.exec(text) ?? [];
    const type = fields[field ?? ""]?.replace("?", "") ?? "";
    return { text, field, type, bare: bare !== undefined, noun };
  });
  PARTS.set(kind, parts);
  return parts;
}

/** Fills an event's message template with names as they are now. */
export function render(
  state: State,
  kind: EventKind,
  payload: object,
  definition: { id?: number; name?: string } | null,
): string {
  let message = "";
  for (const { text, field, type, bare, noun } of partsOf(kind)) {
    if (field === null) {
      message += text;
      continue;
    }
    const value = (payload as Record<string, unknown>)[field];
    if (definition?.name && value === definition.id) message += definition.name;
    else if (noun !== null) message += `${value} ${noun}${value === 1 ? "" : "s"}`;
    else if (bare) message += nameOf(state, (value as Ref).type, (value as Ref).id);
    else message += show(state, type, value);
  }
  return message;
}
