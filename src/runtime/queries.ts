import { evolve } from "../engine/evolve.ts";
import { explainPlacement } from "../engine/explain.ts";
import { State } from "../engine/state.ts";
import type { Reader } from "../store/reader.ts";
import type { PlacementAnswer, PlacementQuestion, Queries } from "./ports.ts";

/** Events folded in one go. */
const PAGE = 2_000;

/** So far behind, loading the tables is faster than folding the log. */
const RELOAD_BEHIND = 20_000;

/**
 * Questions that need the engine's eyes, answered on a replica of its state that is made of the
 * tables and the log: the writer is not disturbed.
 */
export class FleetQueries implements Queries {
  readonly reader: Reader;
  readonly #nowMs: () => number;
  #replica: State | null = null;

  constructor(reader: Reader, nowMs: () => number) {
    this.reader = reader;
    this.#nowMs = nowMs;
  }

  explainPlacement(question: PlacementQuestion): PlacementAnswer {
    return explainPlacement(this.#upToDate(), question);
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
