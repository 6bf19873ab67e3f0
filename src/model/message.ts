import type { FieldSpec } from "./events/field-types.ts";
import { EVENTS, type EventKind } from "./events.ts";
import type { EntityType, Ref } from "./ids.ts";
import type { Reason } from "./reasons.ts";

/** The name that people know a thing by; something else that tells it apart where it is gone or has none. */
export type NameOf = (type: EntityType, id: number) => string;

function show(nameOf: NameOf, type: string, value: unknown): string {
  if (value === null || value === undefined) return "nothing";
  if (type === "node") {
    const ref = value as Ref;
    return `${ref.type.replace(/(?<=[a-z])(?=[A-Z])/g, " ").toLowerCase()} ${nameOf(ref.type, ref.id)}`;
  }
  if (type === "reasons") return (value as Reason[]).map((reason) => reason.message).join("; ");
  if (type === "strings") return (value as string[]).join(", ");
  if (type === "time") return new Date(value as number).toISOString();
  if (type === "utility") return (value as string).toLowerCase();
  if (isEntityType(type)) return nameOf(type, value as number);
  return String(value);
}

/** Of the types of fields, only those that name entities begin with a capital. */
export function isEntityType(type: string): type is EntityType {
  return /^[A-Z]/.test(type);
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

/** Fills the message template of a kind of event with names as they are now. */
export function render(
  nameOf: NameOf,
  kind: EventKind,
  payload: object,
  definition: { id?: number; name?: string } | null = null,
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
    else if (bare) message += nameOf((value as Ref).type, (value as Ref).id);
    else message += show(nameOf, type, value);
  }
  return message;
}
