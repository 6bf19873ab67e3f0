import type { EventsTopic } from "../../../schema/events-topic.ts";
import type { FleetEvent } from "../../model/events.ts";
import type { Seq } from "../../model/ids.ts";
import type { Feed } from "../../runtime/ports.ts";
import { Batch, PIECE_BYTES } from "./batch.ts";
import { EventResults } from "./event-results.ts";
import { followLog } from "./follow-log.ts";
import type { Group, GroupParts, Place } from "./group.ts";
import type { Hub, Rider } from "./hub.ts";
import type { Member } from "./member.ts";
import type { Operation } from "./operation.ts";
import { type Filing, filingsOf } from "./router.ts";
import type { Turn } from "./turns.ts";

/** Some events, and the result for each. */
interface Piece {
  readonly events: readonly FleetEvent[];
  readonly bodies: readonly Buffer[];
}

/**
 * All who listen to the same: each event is made into a result once, and into bytes once. Results that have
 * to be executed for are waited for on a cursor of the group's own, so that it holds up nobody else; it
 * rides with the hub again when it has caught up. A member reads the log at its own pace until it is where
 * the group is. Both take turns with others that do the same.
 */
export class EventGroup implements Group, Rider {
  readonly #results: EventResults;
  readonly #passes: (event: FleetEvent) => boolean;
  readonly #filings: readonly Filing[];
  /** Its events follow from one that each member has to begin with: it has one, who is always by itself. */
  readonly #isAlone: boolean;
  readonly #feed: Feed;
  readonly #hub: Hub;
  readonly #turns: GroupParts["turns"];
  readonly #live = new Set<Member>();
  /** Ahead of the group, until it gets there. */
  readonly #early = new Set<Member>();
  #isRiding = false;
  /** Where its own cursor was last. */
  #position: Seq = 0;
  #reading: AbortController | null = null;

  constructor(operation: Operation<EventsTopic>, { feed, hub, turns, onResult }: GroupParts) {
    const { topic } = operation;
    this.#results = new EventResults(operation, onResult);
    this.#passes = topic.passes();
    this.#filings = filingsOf(topic.filter);
    this.#isAlone = topic.likeness === null;
    this.#feed = feed;
    this.#hub = hub;
    this.#turns = turns;
  }

  serve(member: Member): Promise<void> {
    return this.#join(member) ? member.stay(this.#leave) : this.#catchUp(member);
  }

  placeOf(member: Member): Place {
    const isLive = this.#live.has(member) || this.#early.has(member);
    const { position } = member;
    return { position: isLive ? Math.max(position, this.#reached) : position, isLive };
  }

  /** Nothing comes any more, for an error if it is not null. */
  end(error: unknown): void {
    this.#stop();
    for (const member of [...this.#early, ...this.#live]) member.end(error);
  }

  deal(events: readonly FleetEvent[]): void {
    const wanted = events.filter((event) => event.seq > this.#position && this.#passes(event));
    const [first] = wanted;
    if (!first) return;
    if (wanted.every(({ kind }) => this.#results.isWritten(kind))) this.#write(wanted);
    else this.#readFrom(first.seq - 1);
  }

  /** Members have what passes up to here. */
  get #reached(): Seq {
    return this.#reading ? this.#position : Math.max(this.#hub.position, this.#position);
  }

  /** From now on the member gets what the group gets; false for one that has yet to catch up. */
  #join(member: Member): boolean {
    if (this.#isAlone || member.position < this.#reached) return false;
    if (!this.#isRiding && !this.#reading) this.#ride();
    if (member.position > this.#reached) this.#early.add(member);
    else this.#live.add(member);
    return true;
  }

  /** Without members, it reads nothing. */
  readonly #leave = (member: Member): void => {
    this.#early.delete(member);
    this.#live.delete(member);
    if (this.#live.size > 0 || this.#early.size > 0) return;
    this.#stop();
  };

  /** The member by itself, up to where the group is. */
  async #catchUp(member: Member): Promise<void> {
    const reading = new AbortController();
    const { signal } = reading;
    member.onInterrupt(() => reading.abort());
    const turn = this.#turns.replay.begin();
    const pause = () => turn.pause();
    await pause();
    for await (const events of followLog(this.#feed, member.position, { signal }, pause)) {
      await this.#sendAlone(member, this.#pieces(events.filter(this.#passes), turn, signal));
      if (member.isOver) return;
      member.position = events.at(-1)?.seq ?? member.position;
      if (!this.#isAlone && member.position >= this.#reached) return;
    }
    member.end(null);
  }

  async #sendAlone(member: Member, pieces: AsyncIterable<Piece>): Promise<void> {
    for await (const { events, bodies } of pieces) {
      if (member.isOver) return;
      member.line.send(new Batch(bodies));
      member.position = events.at(-1)?.seq ?? member.position;
      await member.line.drained();
    }
  }

  /** As they are made: a piece is what a socket takes, or what there is when the turn is over. */
  async *#pieces(
    events: readonly FleetEvent[],
    turn: Turn,
    signal: AbortSignal,
  ): AsyncGenerator<Piece, void> {
    let begin = 0;
    let bodies: Buffer[] = [];
    let bytes = 0;
    for (const [index, event] of events.entries()) {
      if (bodies.length === 0) await turn.pause();
      if (signal.aborted) return;
      const made = this.#results.bodyOf(event);
      const body = Buffer.isBuffer(made) ? made : await made;
      bodies.push(body);
      bytes += body.length;
      const end = index + 1;
      if (bytes < PIECE_BYTES && end < events.length && !turn.isOver) continue;
      yield { events: events.slice(begin, end), bodies };
      begin = end;
      bodies = [];
      bytes = 0;
    }
  }

  /** Written, results are nothing to wait for. */
  #write(events: readonly FleetEvent[]): void {
    try {
      this.#send(
        events,
        events.map((event) => this.#results.bodyOf(event) as Buffer),
      );
    } catch (error) {
      // What can't be written for these is nothing to all others.
      this.end(error);
    }
  }

  #ride(): void {
    this.#isRiding = true;
    this.#hub.add(this, this.#filings);
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
    this.#read(reading.signal).catch((error: unknown) => {
      if (this.#reading === reading) this.end(error);
    });
  }

  async #read(signal: AbortSignal): Promise<void> {
    const turn = this.#turns.live.begin();
    const pause = () => turn.pause();
    for await (const events of followLog(this.#feed, this.#position, { signal }, pause)) {
      for await (const piece of this.#pieces(events.filter(this.#passes), turn, signal)) {
        if (signal.aborted) return;
        this.#position = piece.events.at(-1)?.seq ?? this.#position;
        this.#sendPiece(piece);
      }
      // All have left, perhaps, because they can't keep up.
      if (signal.aborted) return;
      this.#position = events.at(-1)?.seq ?? this.#position;
      if (this.#position < this.#feed.head()) continue;
      this.#reading = null;
      this.#ride();
      return;
    }
    if (!signal.aborted) this.end(null);
  }

  /** In pieces, so that whoever does not keep up is sent no more than the next one. */
  #send(events: readonly FleetEvent[], bodies: readonly Buffer[]): void {
    let begin = 0;
    let bytes = 0;
    for (const [index, body] of bodies.entries()) {
      bytes += body.length;
      const end = index + 1;
      if (bytes < PIECE_BYTES && end < bodies.length) continue;
      this.#sendPiece({ events: events.slice(begin, end), bodies: bodies.slice(begin, end) });
      begin = end;
      bytes = 0;
    }
  }

  #sendPiece(piece: Piece): void {
    const { events, bodies } = piece;
    const last = events.at(-1)?.seq ?? 0;
    for (const member of this.#early) this.#sendEarly(member, piece);
    const batch = new Batch(bodies);
    for (const member of this.#live) member.take(batch, last);
    for (const member of this.#early) {
      if (member.position > last) continue;
      this.#early.delete(member);
      this.#live.add(member);
    }
  }

  #sendEarly(member: Member, { events, bodies }: Piece): void {
    const news = bodies.filter((_body, index) => (events[index]?.seq ?? 0) > member.position);
    if (news.length > 0) member.take(new Batch(news), events.at(-1)?.seq ?? 0);
  }
}
