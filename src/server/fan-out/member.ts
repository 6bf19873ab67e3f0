import { followLog } from "../../../schema/event-stream.ts";
import type { FleetEvent } from "../../model/events.ts";
import type { Seq } from "../../model/ids.ts";
import type { Feed, Following } from "../../runtime/ports.ts";
import type { Outbox } from "../outbox.ts";
import type { EventGroup } from "./event-group.ts";
import type { Channel } from "./fan-out.ts";
import { bodyOf, Frames, PIECE_BYTES } from "./frames.ts";

export interface Listening {
  readonly channel: Channel;
  readonly feed: Feed;
  readonly outbox: Outbox;
  /** The operation's id, as its client gave it. */
  readonly id: string;
  readonly after: Seq;
  /** Called once. */
  readonly ended: () => void;
}

const DONE: IteratorReturnResult<void> = { done: true, value: undefined };

/**
 * One subscription: a cursor. It reads the log at its own pace until it is where its group is, goes on
 * with that, and reads by itself again when its client does not keep up. It is also the stream that
 * graphql-ws is given, which yields nothing and ends when the subscription does.
 */
export class Member implements AsyncGenerator<never, void, void> {
  /** The operation's id as JSON. */
  readonly id: string;
  readonly #listening: Listening;
  #position: Seq;
  #isOver = false;
  #isLive = false;
  #error: unknown = null;
  /** Ends what it is at: its time in the group, or its reading. */
  #interrupt: (() => void) | null = null;

  constructor(listening: Listening) {
    this.#listening = listening;
    this.#position = listening.after;
    this.id = JSON.stringify(listening.id);
  }

  /** What passes up to here has been sent, or is on its way. */
  get position(): Seq {
    return this.#position;
  }

  /** In its group, it is where that is, whatever was for it lately. */
  where(head: Seq): Following {
    const { channel, outbox } = this.#listening;
    const position = Math.max(this.#position, this.#isLive ? (channel.group?.position ?? 0) : 0);
    const behind = Math.max(0, head - position);
    const isLive = this.#isLive || behind === 0;
    const state = isLive ? "live" : outbox.isFull ? "stalled" : "catching_up";
    return { transport: "websocket", behind, state };
  }

  /** What its group has for it. */
  take(bytes: Buffer, upTo: Seq): void {
    this.#listening.outbox.write(bytes);
    this.#position = upTo;
    if (this.#listening.outbox.isFull) this.#interrupt?.();
  }

  /** For an error if it is not null. */
  end(error: unknown): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#error = error;
    this.#interrupt?.();
    this.#listening.ended();
  }

  /** All of its time: there is nothing to yield. */
  async next(): Promise<IteratorReturnResult<void>> {
    const { channel, outbox } = this.#listening;
    try {
      while (!this.#isOver) {
        if (outbox.isFull) await outbox.drained();
        else if (channel.group?.join(this)) await this.#live(channel.group);
        else await this.#catchUp();
      }
    } catch (error) {
      this.end(error);
    }
    if (this.#error !== null) throw this.#error;
    return DONE;
  }

  async return(): Promise<IteratorReturnResult<void>> {
    this.end(null);
    return DONE;
  }

  async throw(error: unknown): Promise<IteratorReturnResult<void>> {
    this.end(null);
    throw error;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.end(null);
  }

  /** Until it ends, or its client falls behind. */
  #live(group: EventGroup): Promise<void> {
    this.#isLive = true;
    return new Promise<void>((resolve) => {
      this.#interrupt = () => {
        this.#interrupt = null;
        this.#isLive = false;
        group.leave(this);
        resolve();
      };
    });
  }

  /** Up to where the group is. */
  async #catchUp(): Promise<void> {
    const { feed, channel } = this.#listening;
    const reading = new AbortController();
    const { signal } = reading;
    this.#interrupt = () => reading.abort();
    for await (const events of followLog(feed, this.#position, { signal })) {
      await this.#sendAll(events.filter(channel.passes));
      if (this.#isOver) return;
      this.#position = events.at(-1)?.seq ?? this.#position;
      if (channel.group && this.#position >= channel.group.position) return;
    }
    this.end(null);
  }

  async #sendAll(events: readonly FleetEvent[]): Promise<void> {
    const { results } = this.#listening.channel;
    let bodies: Buffer[] = [];
    let bytes = 0;
    for (const event of events) {
      const result = results.resultOf(event);
      const body = bodyOf(typeof result === "string" ? result : await result);
      if (this.#isOver) return;
      bodies.push(body);
      bytes += body.length;
      if (bytes < PIECE_BYTES) continue;
      await this.#send(bodies);
      bodies = [];
      bytes = 0;
    }
    if (bodies.length > 0 && !this.#isOver) await this.#send(bodies);
  }

  #send(bodies: readonly Buffer[]): Promise<void> | undefined {
    const { outbox } = this.#listening;
    outbox.write(new Frames(bodies).of(this.id));
    return outbox.drained();
  }
}
