import type { EventResults, EventsOperation } from "../../../schema/events-operation.ts";
import type { Feed, Following } from "../../runtime/ports.ts";
import type { Outbox } from "../outbox.ts";
import { EventGroup, type Passes } from "./event-group.ts";
import { Hub } from "./hub.ts";
import { Member } from "./member.ts";

/** What all who listen to the same have in common. */
export interface Channel {
  readonly results: EventResults;
  readonly passes: Passes;
  /** Null: nobody else can listen to the same. */
  readonly group: EventGroup | null;
}

export interface Listener {
  readonly outbox: Outbox;
  /** The operation's id, as its client gave it. */
  readonly id: string;
  /** The same for all who may see the same, and for nobody else. */
  readonly audience: string;
}

/**
 * Subscriptions to events, made once for all who get the same: one operation, with the same variables,
 * by those who may see the same.
 */
export class FanOut {
  readonly #feed: Feed;
  readonly #hub: Hub;
  readonly #members = new Set<Member>();
  readonly #channels = new Map<string, Channel & { listeners: number }>();

  /** The whole log: what passes is for each operation to say. */
  constructor(feed: Feed) {
    this.#feed = feed;
    this.#hub = new Hub(feed);
  }

  /** Those who listen now. */
  listeners(): readonly Following[] {
    const head = this.#feed.head();
    return [...this.#members].map((member) => member.where(head));
  }

  subscribe(operation: EventsOperation, listener: Listener): Member {
    const member = this.#member(operation, listener, () => this.#members.delete(member));
    this.#members.add(member);
    return member;
  }

  #member(operation: EventsOperation, listener: Listener, gone: () => void): Member {
    const { outbox, id, audience } = listener;
    const { after, filter } = operation;
    const feed = this.#feed;
    // Which events follow from another one is known to whoever has seen all of them since.
    if (filter.causedBySeq !== undefined) {
      const channel = { results: operation.results(), passes: operation.passes(), group: null };
      return new Member({ channel, feed, outbox, id, after, ended: gone });
    }
    const key = `${audience} ${operation.likeness}`;
    const channel = this.#channels.get(key) ?? this.#open(operation);
    this.#channels.set(key, channel);
    channel.listeners++;
    const ended = () => {
      gone();
      if (--channel.listeners === 0) this.#channels.delete(key);
    };
    return new Member({ channel, feed, outbox, id, after, ended });
  }

  #open(operation: EventsOperation) {
    const { filter } = operation;
    const results = operation.results();
    const passes = operation.passes();
    const group = new EventGroup({ filter, results, passes, feed: this.#feed, hub: this.#hub });
    return { results, passes, group, listeners: 0 };
  }
}
