import type { ApiContext } from "../../../schema/context.ts";
import { concerns, type Interest } from "../../../schema/interest.ts";
import type { StateTopic } from "../../../schema/state-topic.ts";
import type { FleetEvent } from "../../model/events.ts";
import type { Seq } from "../../model/ids.ts";
import { onBehalfOf } from "../request-id.ts";
import { Batch, bodyOf } from "./batch.ts";
import type { Group, GroupParts } from "./group.ts";
import type { Rider } from "./hub.ts";
import type { Member } from "./member.ts";
import type { Operation } from "./operation.ts";
import { filingsFor } from "./router.ts";

/** The position of a member that has been sent nothing yet. */
export const NOTHING_YET: Seq = -1;

/** A state as it is to be sent. */
interface Shown {
  /** Null when nobody lacks it. */
  readonly batch: Batch | null;
  /** It is at least as new as this. */
  readonly position: Seq;
  readonly digest: string | null;
}

/** What a member that watches has. */
interface Seat {
  digest: string | null;
  /** It came during a pause, and leaves the end of that to the others: its own ends later. */
  isLate: boolean;
}

/**
 * All who watch the same state. Rounds follow each other: each reads the state, makes a result of it once,
 * and sends that to those who came before it began and to those whose own is older than the news. So nobody
 * is sent a state that is older than the one before, and one that could not be sent anything for a while
 * gets the newest.
 */
export class StateGroup implements Group, Rider {
  readonly #operation: Operation<StateTopic<unknown>>;
  readonly #parts: GroupParts;
  /** Due in the next round that begins. */
  readonly #waiting = new Set<Member>();
  readonly #watching = new Map<Member, Seat>();
  /** The newest event that may have changed the state. */
  #newsAt: Seq = 0;
  /** All who watch have a state that is at least as new. */
  #shownAt: Seq = 0;
  /** Undefined until a state has been read. */
  #interest: Interest | null | undefined;
  #isRiding = false;
  #isInRound = false;
  #pause: NodeJS.Timeout | null = null;

  constructor(operation: Operation<StateTopic<unknown>>, parts: GroupParts) {
    this.#operation = operation;
    this.#parts = parts;
  }

  serve(member: Member): Promise<void> {
    if (!this.#isRiding) this.#ride();
    if (member.position < this.#newsAt) this.#waiting.add(member);
    else this.#watching.set(member, { digest: null, isLate: false });
    this.#proceed();
    return member.stay(() => this.#leave(member));
  }

  placeOf(): null {
    return null;
  }

  deal(events: readonly FleetEvent[]): void {
    const news = events.findLast((event) => this.#isNews(event));
    if (!news) return;
    this.#newsAt = Math.max(this.#newsAt, news.seq);
    this.#proceed();
  }

  end(error: unknown): void {
    for (const member of [...this.#waiting, ...this.#watching.keys()]) member.end(error);
  }

  #isNews(event: FleetEvent): boolean {
    const { sight } = this.#operation.topic;
    if (this.#interest === undefined || !sight.sees(event)) return false;
    return this.#interest === null || concerns(this.#interest, sight.told(event));
  }

  #ride(): void {
    const { feed, hub } = this.#parts;
    this.#isRiding = true;
    // Nobody has looked at what happened before.
    this.#newsAt = feed.head();
    this.#shownAt = this.#newsAt;
    hub.add(this, this.#interest ? filingsFor(this.#interest) : []);
  }

  /** Without members, it hears of nothing. */
  #leave(member: Member): void {
    this.#waiting.delete(member);
    this.#watching.delete(member);
    if (this.#waiting.size > 0 || this.#watching.size > 0) return;
    this.#isRiding = false;
    this.#parts.hub.remove(this);
    if (this.#pause) clearTimeout(this.#pause);
    this.#pause = null;
  }

  /** For those who watch. */
  get #hasNews(): boolean {
    return this.#newsAt > this.#shownAt && this.#watching.size > 0;
  }

  /** To the next round, if there is anybody for it. */
  #proceed(): void {
    const isDue = this.#waiting.size > 0 || (this.#hasNews && this.#pause === null);
    if (this.#isInRound || !isDue) return;
    this.#isInRound = true;
    onBehalfOf(null, () => this.#round())
      .catch((error: unknown) => this.end(error))
      .finally(() => {
        this.#isInRound = false;
        this.#proceed();
      });
  }

  async #round(): Promise<void> {
    const { topic } = this.#operation;
    await this.#parts.turns.live.wait();
    const newcomers = [...this.#waiting];
    const newsAt = this.#newsAt;
    const isPausing = this.#pause !== null;
    // Taken before reading: what happens in between shows twice rather than never.
    const position = this.#parts.feed.head();
    const context = this.#operation.newContext();
    const state = await topic.read(context);
    if (state === null) return this.end(null);
    this.#lookOut(topic.interestOf(state), position);
    const digest = topic.digestOf(state);
    const isLacked = newcomers.length > 0 || this.#isLacked(digest);
    const batch = isLacked ? await this.#make(state, context) : null;
    const shown = { batch, position, digest };
    for (const member of newcomers) this.#welcome(member, shown, isPausing);
    if (!isPausing) this.#showAll(shown, newsAt);
    this.#rest();
  }

  #isLacked(digest: string | null): boolean {
    return digest === null || [...this.#watching.values()].some((seat) => seat.digest !== digest);
  }

  async #make(state: unknown, context: ApiContext): Promise<Batch> {
    this.#parts.onResult();
    return new Batch([bodyOf(await this.#operation.resultOf(state, context))]);
  }

  /** It may be on or in something else than before. */
  #lookOut(interest: Interest | null, position: Seq): void {
    const { hub } = this.#parts;
    if (JSON.stringify(interest) === JSON.stringify(this.#interest)) return;
    this.#interest = interest;
    if (!this.#isRiding) return;
    // What has come meanwhile was not looked at with this in mind.
    if (hub.position > position) this.#newsAt = hub.position;
    hub.add(this, interest ? filingsFor(interest) : []);
  }

  #welcome(member: Member, shown: Shown, isLate: boolean): void {
    if (!this.#waiting.delete(member)) return;
    const seat = { digest: null, isLate };
    this.#watching.set(member, seat);
    show(member, seat, shown);
  }

  #showAll(shown: Shown, newsAt: Seq): void {
    this.#shownAt = shown.position;
    for (const [member, seat] of this.#watching) {
      const { isLate } = seat;
      seat.isLate = false;
      if (member.position >= newsAt) continue;
      if (isLate) this.#shownAt = Math.min(this.#shownAt, member.position);
      else show(member, seat, shown);
    }
  }

  #rest(): void {
    const { pauseMs } = this.#operation.topic;
    if (pauseMs === 0 || this.#pause || !this.#isRiding) return;
    this.#pause = setTimeout(() => {
      this.#pause = null;
      if (!this.#hasNews) for (const seat of this.#watching.values()) seat.isLate = false;
      this.#proceed();
    }, pauseMs);
  }
}

function show(member: Member, seat: Seat, { batch, position, digest }: Shown): void {
  if (batch && (digest === null || digest !== seat.digest)) {
    seat.digest = digest;
    member.take(batch, position);
  } else member.position = position;
}
