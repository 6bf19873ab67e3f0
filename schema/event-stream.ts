import { setImmediate as nextTurn } from "node:timers/promises";
import type { FleetEvent } from "../src/model/events.ts";
import type { Seq } from "../src/model/ids.ts";
import { CursorExpired, type Feed, type FollowOptions } from "../src/runtime/ports.ts";
import type { ApiContext } from "./context.ts";
import { cursorExpired, cursorToResume } from "./cursor.ts";
import { toLogFilter } from "./event-filter.ts";
import { stream, through } from "./stream.ts";

type EventFilterInput = Parameters<typeof toLogFilter>[0];

export interface EventStreamArguments {
  readonly after?: string | null | undefined;
  readonly filter?: EventFilterInput;
}

/**
 * The events after a cursor that pass the filter, in batches, for ever. What is wrong with the
 * arguments is thrown at once, before anything is read.
 */
function followEvents(
  { after, filter }: EventStreamArguments,
  { runtime, transport }: Pick<ApiContext, "runtime" | "transport">,
): AsyncGenerator<readonly FleetEvent[], void, void> {
  const { feed, queries } = runtime;
  const wanted = toLogFilter(filter, { runtime });
  const start = after == null ? feed.head() : cursorToResume(after, feed);
  const everything = Object.keys(wanted).length === 0;
  const passes = everything ? null : queries.reader.predicate(wanted, start);
  return stream(async function* (signal) {
    for await (const events of followLog(feed, start, { signal, transport }))
      yield passes === null ? events : events.filter(passes);
  });
}

/**
 * The feed, with retention's overtaking told as GraphQL tells errors. One batch a turn of the loop: a
 * burst leaves everybody else their turn, and what comes meanwhile is read together.
 */
export async function* followLog(feed: Feed, after: Seq, options: FollowOptions) {
  try {
    for await (const events of feed.follow(after, options)) {
      yield events;
      await nextTurn();
    }
  } catch (error) {
    if (!(error instanceof CursorExpired)) throw error;
    throw cursorExpired(feed.epoch, error.earliestSeq);
  }
}

/** One by one, as GraphQL wants them. */
export function eventStream(
  args: EventStreamArguments,
  context: ApiContext,
): AsyncGenerator<FleetEvent, void, void> {
  return through(followEvents(args, context), async function* (batches) {
    for await (const batch of batches) yield* batch;
  });
}
