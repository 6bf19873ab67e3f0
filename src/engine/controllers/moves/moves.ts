import type { Guest, Host } from "../../../model/entities.ts";
import type { Reason } from "../../../model/reasons.ts";
import type { Context } from "../../context.ts";
import { knowsWhatRuns } from "../../fleet-conditions.ts";
import { isWatched } from "../../host-conditions.ts";
import type { State } from "../../state.ts";
import { whyEmptied } from "../emptying.ts";
import { spreadGroups } from "../scaling/spread.ts";
import { evacuate } from "./evacuate.ts";
import { failBack } from "./failback.ts";
import { nextTryMs } from "./pause.ts";
import { repairRules } from "./repair.ts";
import { reunite } from "./reunite.ts";
import { MoveRound } from "./round.ts";

/**
 * Every move that nobody asked for guest by guest: out of hosts that are to be empty, to where strict
 * rules want a guest, back to where it belongs, and into the emptier zones of its scaling group. Looked at as a whole, once per instant, after
 * anything that may have made a move possible or needed.
 */
export function orderMoves(ctx: Context): void {
  // With everything out of contact, the fault may be on this side; armed anew, it takes stock first.
  if (!knowsWhatRuns(ctx.state)) return;
  const round = new MoveRound(ctx);
  evacuate(round);
  repairRules(round);
  reunite(round);
  failBack(round);
  spreadGroups(round);
  letStay(round);
  ctx.movesNextMs = round.nextMs;
}

/** Whether anybody should move, or is said to be unable to. */
export function movesWanted({ indexes, meta }: State): boolean {
  const { rules, failingZones, ruledOut, scaling } = indexes;
  const { displacedFrom, awayFrom, askedEmpty, blocked } = indexes.moves;
  const sets = [
    askedEmpty,
    failingZones,
    blocked,
    ruledOut,
    rules.misplaced,
    rules.outranked,
    scaling.uneven,
  ];
  if (rules.mayBeBroken || sets.some(({ size }) => size > 0) || !displacedFrom.isEmpty) return true;
  return !meta.settings.balanceOnStart && !awayFrom.isEmpty;
}

/** What kept a guest from leaving is no matter any more when it need not leave, or something else does. */
function letStay(round: MoveRound): void {
  const { ctx, state } = round;
  for (const id of [...state.indexes.moves.blocked].sort((a, b) => a - b)) {
    const guest = state.tables.Guest.get(id);
    if (guest.hostId === null || isPausing(round, guest)) continue;
    const host = state.tables.Host.get(guest.hostId);
    if (!shouldLeave(state, guest)) ctx.emit("GuestMayStay", { guest: id, host: host.id }, null);
    else if (isRested(guest) && state.meta.armed && !isWatched(host))
      round.settle(guest, whyEmptied(state, host) ?? "RULE", [isSilent(host)], host.causeSeq);
  }
}

/**
 * A group is even for as long as another member is on its way. If that one fails, too, they would take turns
 * at one instant, were their pauses forgotten before they are over.
 */
function isPausing(round: MoveRound, guest: Guest): boolean {
  if (guest.membership === null) return false;
  const tryMs = nextTryMs(round.state, guest);
  if (tryMs <= round.ctx.nowMs) return false;
  round.waitUntil(tryMs);
  return true;
}

function isRested({ moveBlockedBy }: Guest): boolean {
  return moveBlockedBy.some(({ code }) => code === "DISARMED");
}

function isSilent({ id: hostId, name }: Host): Reason {
  const message = `host ${name} is silent: nothing leaves it before it is heard of or proven dead`;
  return { code: "HOST_NOT_UP", message, hostId };
}

function shouldLeave(state: State, guest: Guest): boolean {
  const { id, hostId, moveFailures, recovery, displacedFromHostId, homeHostId } = guest;
  if (hostId !== null && whyEmptied(state, state.tables.Host.get(hostId)) !== null) return true;
  const { rules, capacity } = state.indexes;
  const broken = rules.broken(capacity);
  if (rules.misplaced.has(id) || rules.rulesOf(id).some((rule) => broken.has(rule.id))) return true;
  // It failed to go where its group has fewer, or back, and will try again.
  const groupId = guest.membership?.groupId ?? null;
  if (moveFailures > 0 && groupId !== null && state.indexes.scaling.uneven.has(groupId))
    return true;
  const belongs = displacedFromHostId ?? homeHostId ?? hostId;
  return moveFailures > 0 && recovery.failback && (belongs !== hostId || rules.outranked.has(id));
}
