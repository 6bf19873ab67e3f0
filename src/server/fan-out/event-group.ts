import type { LogFilter } from "../../../schema/event-filter.ts";
import { followLog } from "../../../schema/event-stream.ts";
import type { EventResults } from "../../../schema/events-operation.ts";
import type { FleetEvent } from "../../model/events.ts";
import type { Seq } from "../../model/ids.ts";
import type { Feed } from "../../runtime/ports.ts";
import { bodyOf, Frames, PIECE_BYTES } from "./frames.ts";
import type { Hub } from "./hub.ts";
import type { Member } from "./member.ts";

export type Passes = (event: FleetEvent) => boolean;

export interface EventGroupParts {
  readonly filter: LogFilter;
  readonly results: EventResults;
  readonly passes: Passes;
  readonly feed: Feed;
  readonly hub: Hub;
}

/**
 * All who listen to the same: each event is made into a result once, and into bytes once for all whose
 * operation has the same id. Results that have to be executed for are waited for on a cursor of the
 * group's own, so that it holds up nobody else; it rides with the hub again when it has caught up.
 */
export class EventGroup {
  readonly filter: LogFilter;
  readonly #results: EventResults;
  readonly #passes: Passes;
  readonly #feed: Feed;
  readonly #hub: Hub;
  readonly #live = new Set<Member>();
  /** Ahead of the group, until it gets there. */
  readonly #early = new Set<Member>();
  #isRiding = false;
  /** Where its own cursor was last. */
  #position: Seq = 0;
  #reading: AbortController | null = null;

  constructor({ filter, results, passes, feed, hub }: EventGroupParts) {
    this.filter = filter;
    this.#results = results;
    this.#passes = passes;
    this.#feed = feed;
    this.#hub = hub;
  }

  /** Members have what passes up to here. */
  get position(): Seq {
    return this.#reading ? this.#position : Math.max(this.#hub.position, this.#position);
  }

  /** From now on the member gets what the group gets; false for one that has yet to catch up. */
  join(member: Member): boolean {
    if (member.position < this.position) return false;
    if (!this.#isRiding && !this.#reading) this.#ride();
    if (member.position > this.position) this.#early.add(member);
    else this.#live.add(member);
    return true;
  }

  /** Without members, it reads nothing. */
  leave(member: Member): void {
    this.#early.delete(member);
    this.#live.delete(member);
    if (this.#live.size > 0 || this.#early.size > 0) return;
    this.#stop();
  }

  /** Nothing comes any more, for an error if it is not null. */
  end(error: unknown): void {
    this.#stop();
    for (const member of [...this.#early, ...this.#live]) member.end(error);
  }

  /** What the hub hands out of the newest events, in order; some of it may be known already. */
  deal(events: readonly FleetEvent[]): void {
    const wanted = events.filter((event) => event.seq > this.#position && this.#passes(event));
    const [first] = wanted;
    if (!first) return;
    if (wanted.every(({ kind }) => this.#results.isWritten(kind))) this.#write(wanted);
    else this.#readFrom(first.seq - 1);
  }

  /** Written, results are nothing to wait for. */
  #write(events: readonly FleetEvent[]): void {
    try {
      this.#send(
        events,
        events.map((event) => this.#results.resultOf(event) as string),
      );
    } catch (error) {
      // What can't be written for these is nothing to all others.
      this.end(error);
    }
  }

  #ride(): void {
    this.#isRiding = true;
    this.#hub.add(this);
  }

  #stop(): void {
    this.#isRiding = false;
    this.#hub.remove(this);
    this.#reading?.abort();
    this.#reading = null;
  }

  /** On a cursor of its own. */
  #readFrom(position: Seq): void {
    this.#isRiding = false;
    this.#hub.remove(this);
    this.#position = position;
    const reading = new AbortController();
    this.#reading = reading;
    this.#catchUp(reading.signal).catch((error: unknown) => {
      if (this.#reading === reading) this.end(error);
    });
  }

  async #catchUp(signal: AbortSignal): Promise<void> {
    for await (const events of followLog(this.#feed, this.#position, { signal })) {
      const wanted = events.filter(this.#passes);
      const results: string[] = [];
      for (const event of wanted) results.push(await this.#results.resultOf(event));
      if (signal.aborted) return;
      this.#position = events.at(-1)?.seq ?? this.#position;
      this.#send(wanted, results);
      // All have left, perhaps, because they can't keep up.
      if (signal.aborted) return;
      if (this.#position < this.#feed.head()) continue;
      this.#reading = null;
      this.#ride();
      return;
    }
    if (!signal.aborted) this.end(null);
  }

  /** In pieces, so that whoever does not keep up is sent no more than the next one. */
  #send(events: readonly FleetEvent[], results: readonly string[]): void {
    let bodies: Buffer[] = [];
    let bytes = 0;
    for (const [index, result] of results.entries()) {
      const body = bodyOf(result);
      bodies.push(body);
      bytes += body.length;
      if (bytes < PIECE_BYTES && index < results.length - 1) continue;
      this.#sendPiece(events.slice(index + 1 - bodies.length, index + 1), bodies);
      bodies = [];
      bytes = 0;
    }
  }

  #sendPiece(events: readonly FleetEvent[], bodies: readonly Buffer[]): void {
    const last = events.at(-1)?.seq ?? 0;
    for (const member of this.#early) this.#sendEarly(member, events, bodies);
    const frames = new Frames(bodies);
    for (const member of this.#live) member.take(frames.of(member.id), last);
    for (const member of this.#early) {
      if (member.position > last) continue;
      this.#early.delete(member);
      this.#live.add(member);
    }
  }

  #sendEarly(member: Member, events: readonly FleetEvent[], bodies: readonly Buffer[]): void {
    const news = bodies.filter((_body, index) => (events[index]?.seq ?? 0) > member.position);
    if (news.length > 0) member.take(new Frames(news).of(member.id), events.at(-1)?.seq ?? 0);
  }
}
