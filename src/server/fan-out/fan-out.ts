import type { ExecutionArgs } from "graphql";
import { type ApiContext, audienceOf } from "../../../schema/context.ts";
import { EventsTopic } from "../../../schema/events-topic.ts";
import { StateTopic } from "../../../schema/state-topic.ts";
import type { Principal } from "../../model/principals.ts";
import type { Feed } from "../../runtime/ports.ts";
import { maskError } from "../masking.ts";
import { EventGroup } from "./event-group.ts";
import type { Following, Transport } from "./following.ts";
import type { Group, GroupParts } from "./group.ts";
import { Hub } from "./hub.ts";
import type { Line } from "./line.ts";
import { Member, type Seat } from "./member.ts";
import { begin, type Operation, type Refusal } from "./operation.ts";
import { NOTHING_YET, StateGroup } from "./state-group.ts";
import { Turns } from "./turns.ts";

export interface FanOutOptions {
  readonly feed: Feed;
  /** What an operation of a principal sees. */
  readonly newContext: (principal: Principal) => ApiContext;
  readonly onError: (error: unknown) => void;
}

interface Seats extends Seat {
  taken: number;
}

/**
 * Subscriptions, served once for all who get the same: one operation, with the same variables, by those who
 * may see the same.
 */
export class FanOut {
  readonly #options: FanOutOptions;
  readonly #parts: GroupParts;
  readonly #members = new Set<Member>();
  readonly #seats = new Map<string, Seats>();
  #results = 0;

  constructor(options: FanOutOptions) {
    const { feed } = options;
    this.#options = options;
    const onResult = () => {
      this.#results++;
    };
    const turns = { live: new Turns(), replay: new Turns() };
    this.#parts = { feed, hub: new Hub(feed), turns, onResult };
  }

  /** How many results have been made. */
  get results(): number {
    return this.#results;
  }

  /** How many subscriptions there are. */
  count(transport: Transport): number {
    return [...this.#members].filter(({ line }) => line.transport === transport).length;
  }

  /** Those who listen to events. */
  listeners(): readonly Following[] {
    const head = this.#options.feed.head();
    return [...this.#members].flatMap((member) => member.where(head) ?? []);
  }

  /** The errors of a refusal are not masked yet. A member has to be ended by whoever has asked for it. */
  async subscribe(
    args: ExecutionArgs,
    principal: Principal,
    line: Line,
  ): Promise<Member | Refusal> {
    const { newContext, onError } = this.#options;
    const operation = await begin(args, {
      newContext: () => newContext(principal),
      maskError: (error) => maskError(error, onError),
    });
    if ("errors" in operation) return operation;
    const { topic, likeness } = operation;
    const position = topic instanceof EventsTopic ? topic.after : NOTHING_YET;
    const key = likeness === null ? null : `${audienceOf(principal)} ${likeness}`;
    const seats = (key === null ? null : this.#seats.get(key)) ?? this.#seatsFor(key, operation);
    seats.taken++;
    const member = new Member(seats, line, position);
    this.#members.add(member);
    return member;
  }

  /** With a key, others may take seats there as long as somebody sits. */
  #seatsFor(key: string | null, operation: Operation): Seats {
    const seats: Seats = {
      group: this.#open(operation),
      taken: 0,
      leave: (member) => {
        this.#members.delete(member);
        seats.taken--;
        if (seats.taken === 0 && key !== null) this.#seats.delete(key);
      },
    };
    if (key !== null) this.#seats.set(key, seats);
    return seats;
  }

  #open(operation: Operation): Group {
    if (operation.isAbout(EventsTopic)) return new EventGroup(operation, this.#parts);
    if (operation.isAbout(StateTopic)) return new StateGroup(operation, this.#parts);
    throw new Error(`Nobody serves ${operation.topic.name}`);
  }
}
