import { EVENT_KINDS, EVENTS, type EventKind, screamingCase } from "../src/model/events.ts";
import type { Queries } from "../src/runtime/ports.ts";
import { badInput } from "./bad-input.ts";
import { builder } from "./builder.ts";
import type { ApiContext } from "./context.ts";
import { cursorSeq } from "./cursor.ts";
import { EventCategory, Severity } from "./enums.ts";
import { entityKey, filterIds, notAnId, parseGlobalId } from "./ids.ts";

export const EventKindEnum = builder.enumType("EventKind", {
  values: Object.fromEntries(
    EVENT_KINDS.map((kind) => [screamingCase(kind), { value: kind }]),
  ) as Record<string, { value: EventKind }>,
});

export const EventFilter = builder.inputType("EventFilter", {
  description:
    "An event must pass all that are given; of a list, any one value, so that an empty list matches nothing.",
  fields: (t) => ({
    categories: t.field({ type: [EventCategory] }),
    kinds: t.field({ type: [EventKindEnum] }),
    minSeverity: t.field({ type: Severity }),
    subjectIds: t.idList({ description: "Ids of whatever type." }),
    zoneIds: t.idList(),
    tenantIds: t.idList(),
    incidentIds: t.idList({ description: "Part of one of these incidents." }),
    principals: t.stringList({
      description:
        "Brought about by one of these, by name. With the kind COMMAND_AUDITED: all that they asked for, with the answers.",
    }),
    causedBy: t.field({
      type: "Cursor",
      description: "All that followed from the event of this cursor, at any remove.",
    }),
  }),
});

type Input = typeof EventFilter.$inferInput;
/** The log's own filter. */
export type LogFilter = Parameters<Queries["reader"]["predicate"]>[0];

export function toLogFilter(
  filter: Input | null | undefined,
  { runtime }: Pick<ApiContext, "runtime">,
): LogFilter {
  const { categories, kinds, minSeverity, subjectIds, zoneIds, tenantIds } = filter ?? {};
  const { incidentIds, principals, causedBy } = filter ?? {};
  return {
    ...(categories && { categories }),
    ...(kinds && { kinds }),
    ...(minSeverity && { minSeverity }),
    ...(subjectIds && { subjectIds: anyIds(subjectIds, "filter.subjectIds") }),
    ...(principals && { principals: { names: principals, tenantId: runtime.sight.tenantId } }),
    ...(zoneIds && { zoneIds: filterIds("Zone", zoneIds, "filter.zoneIds") }),
    ...(tenantIds && { tenantIds: filterIds("Tenant", tenantIds, "filter.tenantIds") }),
    ...(incidentIds && {
      incidentIds: filterIds("Incident", incidentIds, "filter.incidentIds"),
    }),
    ...(causedBy && { causedBySeq: cursorSeq(causedBy, runtime.feed) }),
  };
}

/** Numbers are unique over all types but events, so the type needn't be kept. */
function anyIds(ids: readonly string[], argument: string): number[] {
  return ids.flatMap((text, index) => {
    const element = `${argument}.${index}`;
    const id = parseGlobalId(text);
    if (!id) throw notAnId(element, text);
    if (id.type in EVENTS) throw badInput(element, "is the id of an event, not of its subject");
    return entityKey(id.key) ?? [];
  });
}

/** What passes the filter and is about one thing. */
export function aboutSubject(filter: LogFilter, id: number): LogFilter {
  const { subjectIds } = filter;
  return { ...filter, subjectIds: subjectIds && !subjectIds.includes(id) ? [] : [id] };
}
