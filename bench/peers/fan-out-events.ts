/** What the peers of the benchmark `fan-out` are given: the events, in memory, and how each field is told. */

import { globalId } from "../../schema/ids.ts";
import { EVENT_KINDS, type FleetEvent, screamingCase } from "../../src/model/events.ts";
import { formatCursor } from "../../src/model/log.ts";
import { openReader } from "../../src/store/reader.ts";

const KINDS = new Map<string, string>(EVENT_KINDS.map((kind) => [kind, screamingCase(kind)]));

/** The fields that are not told as they are. */
export type Resolvers = Readonly<Record<string, (event: FleetEvent) => unknown>>;

/** The events of a log from a position on. */
export function eventsFrom(
  dataDir: string,
  first: number,
): {
  readonly events: readonly FleetEvent[];
  readonly resolvers: Resolvers;
} {
  const reader = openReader(dataDir);
  const { epoch } = reader;
  const events = reader.readEvents(first - 1, reader.head());
  reader.close();
  const resolvers: Resolvers = {
    id: (event) => globalId(event.kind, event.seq),
    cursor: (event) => formatCursor(epoch, event.seq),
    occurredAt: (event) => new Date(event.atMs).toISOString(),
    kind: (event) => KINDS.get(event.kind),
  };
  return { events, resolvers };
}
