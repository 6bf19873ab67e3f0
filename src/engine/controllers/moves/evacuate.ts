import type { Guest, Host } from "../../../model/entities.ts";
import type { HostId, Seq } from "../../../model/ids.ts";
import { MOVE_REASONS, type MoveReason } from "../../../model/statuses.ts";
import { inRecoveryOrder, isWanted } from "../../guest-conditions.ts";
import { isWatched } from "../../host-conditions.ts";
import { hasMigrationSlots } from "../../placement/filters.ts";
import type { State } from "../../state.ts";
import { leaveForStandby } from "../balancing/standby.ts";
import { whyEmptied } from "../emptying.ts";
import type { MoveRound, Outcome } from "./round.ts";

interface Wish {
  readonly guest: Guest;
  readonly why: MoveReason;
  readonly causeSeq: Seq | null;
  /** How near its host is to tripping. */
  readonly heat: number;
}

/** Guests leave hosts that are to be empty: those first whose time is shortest, then the most important. */
export function evacuate(round: MoveRound): void {
  const wishes = hostsToEmpty(round.state).flatMap((host) => wishesOf(round.state, host));
  for (const { guest, why, causeSeq } of wishes.sort(byUrgency))
    round.settle(guest, why, leave(round, guest, why, causeSeq), causeSeq);
}

function leave(round: MoveRound, guest: Guest, why: MoveReason, causeSeq: Seq | null): Outcome {
  if (why === "CONSOLIDATION") return leaveForStandby(round, guest, causeSeq);
  return round.move(guest, why, causeSeq);
}

function hostsToEmpty(state: State): Host[] {
  const { moves, failingZones, hostsInZone } = state.indexes;
  const ids = new Set<HostId>(moves.askedEmpty);
  for (const zoneId of failingZones) for (const id of hostsInZone.of(zoneId)) ids.add(id);
  return [...ids].sort((a, b) => a - b).map((id) => state.tables.Host.get(id));
}

/** None while the host is silent, or has as many migrations as it may: it is looked at again then. */
function wishesOf(state: State, host: Host): Wish[] {
  const why = whyEmptied(state, host);
  if (why === null || !isWatched(host) || !hasMigrationSlots(state, host.id, 1)) return [];
  const causeSeq = causeOf(state, host, why);
  const heat = why === "COOLING" ? heatOf(state, host.id) : 0;
  return state.indexes.guestsOnHost
    .of(host.id)
    .map((id) => state.tables.Guest.get(id))
    .filter((guest) => guest.hostId === host.id && isWanted(guest))
    .map((guest) => ({ guest, why, causeSeq, heat }));
}

function causeOf(state: State, host: Host, why: MoveReason): Seq | null {
  if (why === "SHUTDOWN" || why === "CONSOLIDATION") return host.power?.seq ?? host.causeSeq;
  return why === "MAINTENANCE" ? host.causeSeq : state.tables.Zone.get(host.zoneId).causeSeq;
}

/** What was last measured; before that, the busiest get hot first. */
function heatOf(state: State, hostId: HostId): number {
  const measured = state.heat.get(hostId);
  if (measured !== undefined) return measured;
  const room = state.indexes.capacity.room(hostId);
  return room ? room.allocated.cpuMillicores / room.capacity.cpuMillicores : 0;
}

function byUrgency(a: Wish, b: Wish): number {
  return (
    MOVE_REASONS.indexOf(a.why) - MOVE_REASONS.indexOf(b.why) ||
    b.heat - a.heat ||
    inRecoveryOrder(a.guest, b.guest)
  );
}
