import type { FleetEvent } from "../src/model/events.ts";
import type { Seq } from "../src/model/ids.ts";
import { formatCursor } from "../src/model/log.ts";
import { builder } from "./builder.ts";
import type { ApiContext } from "./context.ts";
import { ActorKind, EventCategory, Severity } from "./enums.ts";
import { aboutSubject, EventFilter, EventKindEnum, toLogFilter } from "./event-filter.ts";
import { type EventPage, effectsPage, eventsPage } from "./event-page.ts";
import { Guest } from "./guest.ts";
import { Host } from "./host.ts";
import { globalId } from "./ids.ts";
import { loadRef, Node } from "./node.ts";
import { Zone } from "./zone.ts";

const Actor = builder.objectRef<FleetEvent["actor"]>("Actor").implement({
  description: "Who made something happen.",
  fields: (t) => ({
    kind: t.expose("kind", { type: ActorKind }),
    name: t.string({
      nullable: true,
      description: "The driver's or the principal's name; null for the engine.",
      resolve: (actor) => (actor.kind === "ENGINE" ? null : actor.name),
    }),
  }),
});

export function eventCursor(event: FleetEvent, { runtime }: ApiContext): string {
  return formatCursor(runtime.feed.epoch, event.seq);
}

export const Event = builder.interfaceRef<FleetEvent>("Event");

export const EventConnection = builder.connectionObject(
  {
    type: Event,
    name: "EventConnection",
    fields: (t) => ({
      totalCount: t.int({
        description: "How many there are with this filter, on all pages.",
        resolve: (connection) => (connection as unknown as EventPage).countAll(),
      }),
    }),
  },
  { name: "EventEdge" },
);

/** How every list of events is paged. */
export const eventPageArgs = builder.args((t) => ({
  first: t.int(),
  after: t.field({ type: "Cursor" }),
  last: t.int(),
  before: t.field({ type: "Cursor" }),
}));
export const eventArgs = builder.args((t) => ({
  first: t.int(),
  after: t.field({ type: "Cursor" }),
  last: t.int(),
  before: t.field({ type: "Cursor" }),
  filter: t.field({ type: EventFilter }),
}));

/** Chains are as long as a failover has steps; the bound is for one that would never end. */
const CAUSES_MAX = 100;

async function causesOf(event: FleetEvent, { loaders }: ApiContext): Promise<FleetEvent[]> {
  const causes: FleetEvent[] = [];
  let { causeSeq } = event;
  while (causeSeq !== null && causes.length < CAUSES_MAX) {
    const cause: FleetEvent | null | undefined = await loaders.event.load(causeSeq);
    if (!cause) break;
    causes.push(cause);
    causeSeq = cause.causeSeq;
  }
  return causes;
}

Event.implement({
  description:
    "One fact that happened, in log order. A concrete type per kind, with its own fields.",
  resolveType: (event) => event.kind,
  fields: (t) => ({
    id: t.id({ resolve: (event) => globalId(event.kind, event.seq) }),
    cursor: t.field({
      type: "Cursor",
      resolve: (event, _args, context) => eventCursor(event, context),
    }),
    occurredAt: t.field({
      type: "DateTime",
      description: "On the fleet's clock.",
      resolve: (event) => event.atMs,
    }),
    kind: t.expose("kind", { type: EventKindEnum }),
    category: t.expose("category", { type: EventCategory }),
    severity: t.expose("severity", { type: Severity }),
    message: t.exposeString("message"),
    subject: t.field({
      type: Node,
      nullable: true,
      description: "The thing it happened to; null when there is none, or it is gone.",
      resolve: (event, _args, context) => loadRef(event.subject, context),
    }),
    cause: t.field({
      type: Event,
      nullable: true,
      description:
        "The event that led to this one; null for a root, and when it is no longer kept.",
      resolve: (event, _args, context) => cause(event.causeSeq, context),
    }),
    causes: t.field({
      type: [Event],
      description:
        "All that led to this one, the nearest first, up to the root or what is no longer kept.",
      resolve: (event, _args, context) => causesOf(event, context),
    }),
    effects: t.field({
      type: EventConnection,
      description:
        "What this event led to directly, oldest first. For all that followed, filter by `causedBy`.",
      args: eventPageArgs,
      resolve: (event, args, context) => effectsPage(event.seq, args, context),
    }),
    actor: t.expose("actor", { type: Actor }),
  }),
});

builder.queryField("events", (t) =>
  t.field({
    type: EventConnection,
    description: "Edge cursors are the events' own cursors; oldest first.",
    args: eventArgs,
    resolve: (_root, args, context) => eventsPage(args, toLogFilter(args.filter, context), context),
  }),
);

builder.drizzleObjectField(Guest, "events", (t) =>
  t.field({
    type: EventConnection,
    description: "What happened to it, oldest first.",
    args: eventArgs,
    resolve: (guest, args, context) =>
      eventsPage(args, aboutSubject(toLogFilter(args.filter, context), guest.id), context),
  }),
);

/** The event that led to the state that something is in. */
function cause(causeSeq: Seq | null, { loaders }: ApiContext): Promise<FleetEvent | null> {
  return causeSeq === null
    ? Promise.resolve(null)
    : loaders.event.load(causeSeq).then((event) => event ?? null);
}
const CAUSE = "The event that led to its status; null when there is none, or it is no longer kept.";

builder.drizzleObjectField(Guest, "cause", (t) =>
  t.field({
    type: Event,
    nullable: true,
    description: CAUSE,
    resolve: (guest, _args, context) => cause(guest.causeSeq, context),
  }),
);
builder.drizzleObjectField(Host, "cause", (t) =>
  t.field({
    type: Event,
    nullable: true,
    description: CAUSE,
    resolve: (host, _args, context) => cause(host.causeSeq, context),
  }),
);
builder.drizzleObjectField(Zone, "cause", (t) =>
  t.field({
    type: Event,
    nullable: true,
    description: "The event that began what ails the zone now; null while it is healthy.",
    resolve: (zone, _args, context) => cause(zone.causeSeq, context),
  }),
);
