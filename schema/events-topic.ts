import type { DocumentNode, GraphQLResolveInfo } from "graphql";
import type { FleetEvent } from "../src/model/events.ts";
import type { Seq } from "../src/model/ids.ts";
import type { Runtime } from "../src/runtime/ports.ts";
import type { ApiContext } from "./context.ts";
import { cursorToResume } from "./cursor.ts";
import { type LogFilter, toLogFilter } from "./event-filter.ts";
import { EventWriters } from "./event-writer.ts";
import { Topic } from "./topic.ts";

export interface EventsArguments {
  readonly after?: string | null | undefined;
  readonly filter?: Parameters<typeof toLogFilter>[0];
}

/** The events after a cursor that pass a filter, for ever. Throws the GraphQLError of arguments that make no sense. */
export class EventsTopic extends Topic<FleetEvent> {
  readonly likeness: string | null;
  /** What comes after this is wanted. */
  readonly after: Seq;
  readonly filter: LogFilter;
  readonly #runtime: Runtime;

  constructor(args: EventsArguments, { runtime }: ApiContext, info: GraphQLResolveInfo) {
    super(info);
    const { feed } = runtime;
    this.#runtime = runtime;
    this.filter = toLogFilter(args.filter, { runtime });
    this.after = args.after == null ? feed.head() : cursorToResume(args.after, feed);
    // Which events follow from another one is known to whoever has seen all of them since.
    const isFollowed = this.filter.causedBySeq !== undefined;
    this.likeness = isFollowed ? null : JSON.stringify(args.filter ?? null);
  }

  /** To be shown every event after `after`, in order; tells those that its principal sees and wants. */
  passes(): (event: FleetEvent) => boolean {
    const { sight, queries } = this.#runtime;
    if (Object.keys(this.filter).length === 0) return sight.sees;
    const wants = queries.reader.predicate(this.filter, this.after);
    return sight.tenantId === null ? wants : (event) => sight.sees(event) && wants(event);
  }

  /** An event that passes, as its principal is told of it. */
  told(event: FleetEvent): FleetEvent {
    return this.#runtime.sight.told(event);
  }

  /** Of what the operation selects; null when that has to be executed, whatever the event. */
  writers(document: DocumentNode): EventWriters | null {
    const [field, ...others] = this.fieldNodes;
    if (!field?.selectionSet || others.length > 0) return null;
    return new EventWriters(field.selectionSet, document, this.#runtime.feed.epoch);
  }
}
