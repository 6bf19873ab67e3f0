import type { FleetEvent } from "../../model/events.ts";
import type { Seq } from "../../model/ids.ts";
import type { Feed } from "../../runtime/ports.ts";
import { onBehalfOf } from "../request-id.ts";
import { followLog } from "./follow-log.ts";
import { type Filing, Router } from "./router.ts";

/** As many as a thousand listeners can be handed in one turn of the loop without others having to wait. */
const EVENTS_A_TURN = 64;

/** Who is told of the newest events. */
export interface Rider {
  /** What it may want of the newest events, in order; some of it may be known already. */
  deal(events: readonly FleetEvent[]): void;
  /** Nothing comes any more, for an error if it is not null. */
  end(error: unknown): void;
}

/**
 * The one cursor that is at the live edge for all groups: it reads each event once and hands it to
 * those that may want it. While there are no groups, it reads nothing.
 */
export class Hub {
  readonly #feed: Feed;
  readonly #router = new Router<Rider>();
  #position: Seq = 0;
  #reading: AbortController | null = null;

  constructor(feed: Feed) {
    this.#feed = feed;
  }

  /** Events up to here have been handed out. */
  get position(): Seq {
    return this.#reading ? this.#position : this.#feed.head();
  }

  /** One that is there already is filed anew. */
  add(rider: Rider, filings: readonly Filing[]): void {
    this.#router.remove(rider);
    this.#router.add(rider, filings);
    if (!this.#reading) this.#begin();
  }

  remove(rider: Rider): void {
    if (!this.#router.remove(rider) || this.#router.size > 0) return;
    this.#reading?.abort();
    this.#reading = null;
  }

  #begin(): void {
    const reading = new AbortController();
    this.#position = this.#feed.head();
    this.#reading = reading;
    onBehalfOf(null, () => this.#read(reading.signal)).then(
      () => this.#end(reading, null),
      (error: unknown) => this.#end(reading, error),
    );
  }

  async #read(signal: AbortSignal): Promise<void> {
    const options = { signal, batchSize: EVENTS_A_TURN };
    for await (const events of followLog(this.#feed, this.#position, options)) this.#deal(events);
  }

  /** The feed is closed, or could not be read: that is the end for everyone. */
  #end(reading: AbortController, error: unknown): void {
    if (this.#reading !== reading) return;
    this.#reading = null;
    for (const rider of this.#router.all()) rider.end(error);
  }

  #deal(events: readonly FleetEvent[]): void {
    const hands = new Map<Rider, FleetEvent[]>();
    for (const event of events)
      for (const rider of this.#router.wantedBy(event)) {
        const hand = hands.get(rider);
        if (hand) hand.push(event);
        else hands.set(rider, [event]);
      }
    this.#position = events.at(-1)?.seq ?? this.#position;
    for (const [rider, hand] of hands) rider.deal(hand);
  }
}
