import { actionsFor, type DriverAction } from "../engine/actions.ts";
import { audited } from "../engine/audit.ts";
import { decide, decisionFailed, nextDueAtMs } from "../engine/engine.ts";
import type { Input } from "../engine/input.ts";
import type { State } from "../engine/state.ts";
import type { Actor } from "../model/actors.ts";
import type { Command, CommandResult, Outcome } from "../model/commands.ts";
import type { FleetEvent } from "../model/events.ts";
import type { Seq } from "../model/ids.ts";
import type { Rejection } from "../model/rejections.ts";
import { messageOf, type Troubles } from "./troubles.ts";
import type { WriterFigures } from "./writer-figures.ts";

/** What came of one input, folded into the state already but not yet on disk. */
export interface Ruling {
  readonly events: readonly FleetEvent[];
  readonly actions: readonly DriverAction[];
  readonly outcome: Outcome | null;
  readonly rejection: Rejection | null;
  /** The engine failed: nothing changed but that the events tell of it. */
  readonly failed: boolean;
}

const NOTHING: Ruling = { events: [], actions: [], outcome: null, rejection: null, failed: false };

/** Runs the engine, and keeps its bugs from doing harm: an input that it fails on leaves no trace. */
export class Decisions {
  readonly #state: State;
  readonly #troubles: Troubles;
  readonly #figures: WriterFigures;

  constructor(state: State, troubles: Troubles, figures: WriterFigures) {
    this.#state = state;
    this.#troubles = troubles;
    this.#figures = figures;
  }

  /** The newest event that is folded in. */
  get seq(): Seq {
    return this.#state.meta.seq;
  }

  run(input: Input, nowMs: number): Ruling {
    const begunMs = performance.now();
    const ruling = this.#run(input, nowMs);
    this.#figures.decided(input, performance.now() - begunMs);
    return ruling;
  }

  #run(input: Input, nowMs: number): Ruling {
    const state = this.#state;
    const mark = state.mark();
    try {
      const before = state.meta.seq;
      const { events, outcome, rejection } = decide(state, input, nowMs);
      // Most observations are heartbeats and change nothing.
      if (events.length === 0) return { ...NOTHING, outcome, rejection };
      refuseGaps(events, before);
      return { events, actions: actionsFor(state, events), outcome, rejection, failed: false };
    } catch (error) {
      state.rollback(mark);
      return this.failed(describe(input), error, nowMs);
    }
  }

  /** The fact that a command was asked for, and what its answer is. */
  audit(command: Command, actor: Actor, result: CommandResult, nowMs: number): Ruling {
    const { events } = audited(this.#state, command, actor, result, nowMs);
    return { ...NOTHING, events };
  }

  /** Tells of a failure in `/health` and in the log. */
  failed(input: string, error: unknown, nowMs: number): Ruling {
    this.#troubles.decisionFailed(input, error);
    this.#figures.decisionFailed();
    const message = messageOf(error);
    const rejection: Rejection = {
      code: "INTERNAL",
      message: `The engine failed on this and changed nothing: ${message}`,
      path: [],
    };
    const mark = this.#state.mark();
    try {
      const { events } = decisionFailed(this.#state, input, message, nowMs);
      return { ...NOTHING, events, rejection, failed: true };
    } catch (second) {
      this.#state.rollback(mark);
      this.#troubles.decisionFailed(`telling of a failure on ${input}`, second);
      return { ...NOTHING, rejection, failed: true };
    }
  }

  /** When the engine wants to be asked again; null when it waits for nothing. */
  dueAtMs(): number | null {
    return nextDueAtMs(this.#state);
  }
}

function refuseGaps(events: readonly FleetEvent[], before: number): void {
  for (const [index, event] of events.entries())
    if (event.seq !== before + 1 + index)
      throw new Error(`Event ${event.seq} cannot be number ${index + 1} after ${before}`);
}

export function describe(input: Input): string {
  switch (input.kind) {
    case "COMMAND":
      return input.command.kind;
    case "OBSERVATION":
      return `${input.observation.kind} of ${input.driver}`;
    case "TICK":
      return "work that was due";
  }
}
