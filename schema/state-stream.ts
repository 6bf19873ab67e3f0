import { EVENTS, type FieldSpec, type FleetEvent } from "../src/model/events.ts";
import type { Ref, Seq } from "../src/model/ids.ts";
import type { Feed } from "../src/runtime/ports.ts";
import { ENTITY_TYPES } from "./loaders.ts";
import { stream } from "./stream.ts";

/**
 * The state of one thing: at once, then again after each change. A consumer that is slower than the
 * changes gets the newest state, not each in between: nothing waits for it but its position.
 *
 * Ends after the thing is gone, for which `read` gives null.
 */
export function stateStream<T>(
  feed: Feed,
  id: number,
  read: () => Promise<T | null>,
): AsyncGenerator<T | null, void, void> {
  return stream(async function* (signal) {
    while (!signal.aborted) {
      // Taken before reading: what happens in between shows twice rather than never.
      const position = feed.head();
      const state = await read();
      yield state;
      if (state === null || !(await changed(feed, id, position, signal))) return;
    }
  });
}

/** Waits for an event that touches the thing; false when the feed has ended first. */
async function changed(feed: Feed, id: number, after: Seq, signal: AbortSignal): Promise<boolean> {
  for await (const events of feed.follow(after, { signal }))
    if (events.some((event) => touches(event, id))) return true;
  return false;
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
