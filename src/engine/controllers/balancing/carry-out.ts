import type { AutomationMode } from "../../../model/statuses.ts";
import type { Context } from "../../context.ts";
import { placeOn } from "../../placement/place.ts";
import { MoveRound, type Movers } from "../moves/round.ts";
import type { Step } from "./plan.ts";
import { enterStandby, leaveStandby } from "./standby.ts";

/** Does what was planned, as far as that is wanted. What can't be done now is planned anew in the next round. */
export function carryOut(ctx: Context, steps: readonly Step[]): void {
  const round = new MoveRound(ctx);
  for (const step of steps) if (modeOf(ctx, step) === "AUTO") carryOutOne(ctx, round, step);
}

function modeOf({ state }: Context, { kind }: Step): AutomationMode {
  const { balancing, powerManagement } = state.meta.settings;
  return kind === "MOVE" ? balancing : powerManagement;
}

export function carryOutOne(ctx: Context, round: MoveRound, step: Step): void {
  switch (step.kind) {
    case "MOVE": {
      const { state, nowMs } = ctx;
      const guests = step.guestIds.map((id) => state.tables.Guest.get(id));
      const causeSeq = state.tables.Host.get(step.fromHostId).overload?.seq ?? null;
      round.moveAll(
        guests as unknown as Movers,
        "BALANCING",
        causeSeq,
        (subject) => placeOn(state, subject, step.toHostId, nowMs),
        step.because,
      );
      break;
    }
    case "STANDBY":
      enterStandby(ctx, step);
      break;
    case "WAKE":
      leaveStandby(ctx, step.hostId, step.because);
      break;
  }
}
