import type { Obstacle } from "../drivers/driver.ts";
import { type CapacityReport, capacityReport } from "../engine/capacity-report.ts";
import { evolve } from "../engine/evolve.ts";
import { explainPlacement } from "../engine/explain.ts";
import { idleAmong, judgeFlow } from "../engine/security.ts";
import { State } from "../engine/state.ts";
import type { GuestId } from "../model/ids.ts";
import type { Flow } from "../model/security.ts";
import type { FailureDomain } from "../model/statuses.ts";
import type { Reader } from "../store/reader.ts";
import type { PlacementAnswer, PlacementQuestion, Queries, ReachAnswer } from "./ports.ts";
import { inSlices } from "./slices.ts";
import type { TryFlow } from "./thread.ts";

/** Events folded in one go. */
const PAGE = 2_000;

/** So far behind, loading the tables is faster than folding the log. */
const RELOAD_BEHIND = 20_000;

/** In words; things that are gone from the fleet meanwhile by their numbers. */
function told({ tables }: State, obstacle: Obstacle | null): string | null {
  if (obstacle === null) return null;
  if ("hostId" in obstacle) {
    const { hostId, ails } = obstacle;
    return `host ${tables.Host.find(hostId)?.name ?? `#${hostId}`} ${ails}`;
  }
  const guest = tables.Guest.find(obstacle.guestId);
  return guest
    ? `guest ${guest.name} does not run: it is ${guest.status}`
    : `guest #${obstacle.guestId} does not run`;
}

/**
 * Questions that need the engine's eyes, answered on a replica of its state that is made of the
 * tables and the log: the writer is not disturbed.
 */
export class FleetQueries implements Queries {
  readonly reader: Reader;
  readonly #nowMs: () => number;
  readonly #tryFlow: TryFlow;
  #replica: State | null = null;
  /** The newest report that is being made: one at a time, each in its turn. */
  #reports: Promise<unknown> = Promise.resolve();

  constructor(reader: Reader, nowMs: () => number, tryFlow: TryFlow) {
    this.reader = reader;
    this.#nowMs = nowMs;
    this.#tryFlow = tryFlow;
  }

  explainPlacement(question: PlacementQuestion): PlacementAnswer {
    return explainPlacement(this.#upToDate(), question);
  }

  async canReach(from: GuestId, to: GuestId, flow: Flow): Promise<ReachAnswer | null> {
    const passage = await this.#tryFlow(from, to, flow);
    const state = this.#upToDate();
    const verdicts = judgeFlow(state, from, to, flow);
    if (!verdicts) return null;
    const isLet = verdicts.egress.rule !== null && verdicts.ingress.rule !== null;
    const obstacle = passage ? told(state, passage.obstacle) : idleAmong(state, [from, to]);
    const reachable = passage ? passage.passes : isLet && obstacle === null;
    return { reachable, obstacle, ...verdicts, seq: state.meta.seq };
  }

  /** The replica is its own while it lasts: who asks something else meanwhile gets another one. */
  capacityReport(
    losing: FailureDomain,
    signal: AbortSignal | null = null,
  ): Promise<CapacityReport> {
    const report = this.#reports.then(async () => {
      signal?.throwIfAborted();
      const state = this.#upToDate();
      this.#replica = null;
      const answer = await inSlices(capacityReport(state, losing, this.#nowMs()), signal);
      this.#replica ??= state;
      return answer;
    });
    this.#reports = report.catch(() => {});
    return report;
  }

  #upToDate(): State {
    const known = this.#replica;
    // Until it has caught up, a replica is not to be used: folding may fail half-way.
    this.#replica = null;
    const state =
      known && this.#catchUp(known) ? known : State.from(this.reader.load(), this.#nowMs());
    this.#replica = state;
    return state;
  }

  /** False when the log can't bring it up to date, or not as fast as the tables. */
  #catchUp(state: State): boolean {
    const head = this.reader.head();
    if (head - state.meta.seq > RELOAD_BEHIND) return false;
    while (state.meta.seq < head) {
      const events = this.reader.readEvents(state.meta.seq, PAGE);
      if (events[0]?.seq !== state.meta.seq + 1) return false;
      evolve(state, events);
      state.checkpoint();
    }
    return true;
  }
}
