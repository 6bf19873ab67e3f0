import { decide } from "../../src/engine/engine.ts";
import type { Decision, Input } from "../../src/engine/input.ts";
import type { State } from "../../src/engine/state.ts";

/** What would be decided: the state is as it was afterwards. */
export function foresee(state: State, input: Input, nowMs: number): Decision {
  const mark = state.mark();
  const decision = decide(state, input, nowMs);
  state.rollback(mark);
  return decision;
}
