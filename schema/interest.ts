import type { FieldSpec } from "../src/model/events/field-types.ts";
import { EVENTS, type EventKind, type FleetEvent } from "../src/model/events.ts";
import type { Ref } from "../src/model/ids.ts";
import { ENTITY_TYPES } from "./loaders.ts";

/** The events that may change a state: those that any of these names. Ids are unique over all types. */
export interface Interest {
  /** Happened to one of these, in it, or name it. */
  readonly touchedIds: readonly number[];
  readonly subjectIds: readonly number[];
  readonly kinds: readonly EventKind[];
}

export function concerns({ touchedIds, subjectIds, kinds }: Interest, event: FleetEvent): boolean {
  const { subject, kind } = event;
  if (kinds.includes(kind) || (subject && subjectIds.includes(subject.id))) return true;
  return touchedBy(event).some((id) => touchedIds.includes(id));
}

/** What it happened to, what it happened in, and what it names. */
export function touchedBy(event: FleetEvent): number[] {
  const payload = event.payload as unknown as Record<string, unknown>;
  const named = (FIELDS.get(event.kind) ?? []).map(({ name, isNode }) =>
    isNode ? (payload[name] as Ref | null)?.id : payload[name],
  );
  const ids = [event.subject?.id, event.zoneId, ...named];
  return ids.filter((id) => typeof id === "number");
}

/** The fields of each kind of event that name something. */
const FIELDS = new Map(
  Object.entries(EVENTS).map(([kind, { fields }]) => {
    const naming = Object.entries<FieldSpec>(fields).flatMap(([name, spec]) => {
      const type = spec.replace("?", "");
      return type === "node" || ENTITY_TYPES.has(type) ? [{ name, isNode: type === "node" }] : [];
    });
    return [kind as EventKind, naming] as const;
  }),
);
