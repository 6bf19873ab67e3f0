import type { FleetEvent } from "../src/model/events.ts";
import type { Seq } from "../src/model/ids.ts";
import { formatCursor } from "../src/model/log.ts";
import type { ApiContext } from "./context.ts";
import { cursorSeq, cursorToResume } from "./cursor.ts";
import type { LogFilter } from "./event-filter.ts";
import { checkPage, PAGE, type PageArguments } from "./page.ts";

/** A page of events as the connection type reads it. */
export interface EventPage {
  readonly edges: { readonly cursor: string; readonly node: FleetEvent }[];
  readonly pageInfo: {
    readonly startCursor: string | null;
    readonly endCursor: string | null;
    readonly hasPreviousPage: boolean;
    readonly hasNextPage: boolean;
  };
  countAll(): number;
}

/** Both ends exclusive. */
interface Bounds {
  readonly after: Seq;
  readonly before: Seq;
}

/** Reads at most `limit` events within the bounds from one end: the oldest, or the newest first. */
interface Source {
  forward(bounds: Bounds, limit: number): readonly FleetEvent[];
  backward(bounds: Bounds, limit: number): readonly FleetEvent[];
  count(): number;
}

export function eventsPage(args: PageArguments, filter: LogFilter, context: ApiContext): EventPage {
  const { reader } = context.runtime.queries;
  return pageOf(args, context, {
    forward: ({ after, before }, limit) =>
      reader.readEvents(after, limit, filter).filter(({ seq }) => seq < before),
    backward: ({ after, before }, limit) =>
      reader.readEventsBackward(before, limit, filter).filter(({ seq }) => seq > after),
    count: () => reader.countEvents(filter),
  });
}

/** The events that name this one as their cause. */
export function effectsPage(seq: Seq, args: PageArguments, context: ApiContext): EventPage {
  const effects = context.runtime.queries.reader.eventsCausedBy(seq);
  const within = ({ after, before }: Bounds) =>
    effects.filter((event) => event.seq > after && event.seq < before);
  return pageOf(args, context, {
    forward: (bounds, limit) => within(bounds).slice(0, limit),
    backward: (bounds, limit) => within(bounds).reverse().slice(0, limit),
    count: () => effects.length,
  });
}

/** The events of an incident, and what led to it. */
export function incidentPage(id: number, args: PageArguments, context: ApiContext): EventPage {
  const { reader } = context.runtime.queries;
  const filter = { incidentIds: [id] };
  const earlier = reader.eventsBeforeIncident(id);
  const within = ({ after, before }: Bounds) =>
    earlier.filter((event) => event.seq > after && event.seq < before);
  return pageOf(args, context, {
    forward: (bounds, limit) =>
      [...within(bounds), ...reader.readEvents(bounds.after, limit, filter)]
        .filter(({ seq }) => seq < bounds.before)
        .sort((a, b) => a.seq - b.seq)
        .slice(0, limit),
    backward: (bounds, limit) =>
      [...within(bounds), ...reader.readEventsBackward(bounds.before, limit, filter)]
        .filter(({ seq }) => seq > bounds.after)
        .sort((a, b) => b.seq - a.seq)
        .slice(0, limit),
    count: () => earlier.length + reader.countEvents(filter),
  });
}

function pageOf(args: PageArguments, { runtime }: ApiContext, source: Source): EventPage {
  checkPage(args);
  const { feed } = runtime;
  const bounds = {
    // Only paging on from a position can skip what retention has taken.
    after: args.after == null ? 0 : cursorToResume(args.after, feed),
    before: args.before == null ? Number.MAX_SAFE_INTEGER : cursorSeq(args.before, feed),
  };
  const backward = args.last != null;
  const size = args.last ?? args.first ?? PAGE.default;
  // One more than asked for tells whether there is another page.
  const found = backward ? source.backward(bounds, size + 1) : source.forward(bounds, size + 1);
  const events = backward ? found.slice(0, size).toReversed() : found.slice(0, size);
  const more = found.length > size;
  const edges = events.map((node) => ({ cursor: formatCursor(feed.epoch, node.seq), node }));
  return {
    edges,
    pageInfo: {
      startCursor: edges[0]?.cursor ?? null,
      endCursor: edges.at(-1)?.cursor ?? null,
      hasPreviousPage: backward ? more : args.after != null && hasBefore(source, bounds.after),
      hasNextPage: backward ? args.before != null && hasAfter(source, bounds.before) : more,
    },
    countAll: () => source.count(),
  };
}

function hasBefore(source: Source, after: Seq): boolean {
  return source.backward({ after: 0, before: after + 1 }, 1).length > 0;
}

function hasAfter(source: Source, before: Seq): boolean {
  return source.forward({ after: before - 1, before: Number.MAX_SAFE_INTEGER }, 1).length > 0;
}
