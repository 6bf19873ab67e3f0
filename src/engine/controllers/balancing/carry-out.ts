import type { HostId, Seq } from "../../../model/ids.ts";
import type { Context } from "../../context.ts";
import { placeOn } from "../../placement/place.ts";
import type { State } from "../../state.ts";
import { MoveRound, type Movers } from "../moves/round.ts";
import type { Step } from "./plan.ts";
import { enterStandby, leaveStandby } from "./standby.ts";

/** Does what was planned. What can't be done now is planned anew in the next round. */
export function carryOut(ctx: Context, steps: readonly Step[]): void {
  const round = new MoveRound(ctx);
  for (const step of steps) carryOutOne(ctx, round, step, causeOf(ctx.state, step));
}

/** That a host is overloaded leads to its guests' moves. */
function causeOf({ tables }: State, step: Step): Seq | null {
  if (step.kind !== "MOVE") return null;
  return tables.Host.get(step.fromHostId).overload?.seq ?? null;
}

/** What keeps it from being done, for people; null when it is under way. */
export function carryOutOne(
  ctx: Context,
  round: MoveRound,
  step: Step,
  causeSeq: Seq | null,
): string | null {
  if (step.kind === "STANDBY") return enterStandby(ctx, step, causeSeq);
  if (step.kind === "WAKE") return leaveStandby(ctx, step.hostId, step.because, causeSeq);
  return move(ctx, round, step, causeSeq);
}

function move(
  { state, nowMs }: Context,
  round: MoveRound,
  { guestIds, toHostId, because }: Extract<Step, { kind: "MOVE" }>,
  causeSeq: Seq | null,
): string | null {
  const guests = guestIds.map((id) => state.tables.Guest.get(id)) as unknown as Movers;
  const here = guests[0].hostId as HostId | null;
  if (here === null || here === toHostId) return "the guest is not where it was";
  const outcome = round.moveAll(
    guests,
    "BALANCING",
    causeSeq,
    (subject) => placeOn(state, subject, toHostId, nowMs),
    because,
  );
  if (outcome === "MOVES") return null;
  if (outcome === "WAITS") return "a guest is busy, or as many migrations as may run are running";
  return outcome.map(({ message }) => message).join("; ");
}
