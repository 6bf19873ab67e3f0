import { EVENTS, type EventKind, type FieldSpec, type FleetEvent } from "../src/model/events.ts";
import type { Ref, Seq } from "../src/model/ids.ts";
import type { Feed } from "../src/runtime/ports.ts";
import { ENTITY_TYPES } from "./loaders.ts";
import { stream } from "./stream.ts";

/**
 * The state of one thing: at once, then again after each change. A consumer that is slower than the
 * changes gets the newest state, not each in between: nothing waits for it but its position.
 * `owner` is what the thing is on or in: what happens to that as a whole shows in the thing too.
 *
 * Ends after the thing is gone, for which `read` gives null.
 */
export function stateStream<T>(
  feed: Feed,
  id: number,
  read: () => Promise<T | null>,
  owner: (state: T) => number | null = () => null,
): AsyncGenerator<T | null, void, void> {
  return stream(async function* (signal) {
    while (!signal.aborted) {
      // Taken before reading: what happens in between shows twice rather than never.
      const position = feed.head();
      const state = await read();
      yield state;
      if (state === null) return;
      const ownerId = owner(state);
      const isNews = (event: FleetEvent) =>
        touches(event, id) || (ownerId !== null && concerns(event, ownerId));
      if (!(await changed(feed, isNews, position, signal))) return;
    }
  });
}

/** Waits for an event that is news; false when the feed has ended first. */
async function changed(
  feed: Feed,
  isNews: (event: FleetEvent) => boolean,
  after: Seq,
  signal: AbortSignal,
): Promise<boolean> {
  for await (const events of feed.follow(after, { signal })) if (events.some(isNews)) return true;
  return false;
}

/** Facts about the fleet that show in each of its hosts and guests. */
const OF_THE_FLEET: ReadonlySet<EventKind> = new Set<EventKind>([
  "ContactLost",
  "ContactRestored",
  "HighAvailabilityArmed",
  "HighAvailabilityDisarmed",
]);

function concerns(event: FleetEvent, ownerId: number): boolean {
  return event.subject?.id === ownerId || OF_THE_FLEET.has(event.kind);
}

/** The event happened to it, in it, or names it. Ids are unique over all types. */
export function touches(event: FleetEvent, id: number): boolean {
  if (event.subject?.id === id || event.zoneId === id) return true;
  const payload = event.payload as unknown as Record<string, unknown>;
  return Object.entries<FieldSpec>(EVENTS[event.kind].fields).some(([name, spec]) => {
    const type = spec.replace("?", "");
    if (type === "node") return (payload[name] as Ref | null)?.id === id;
    return ENTITY_TYPES.has(type) && payload[name] === id;
  });
}
