import type { Guest } from "../../../model/entities.ts";
import type { HostId } from "../../../model/ids.ts";
import { inRecoveryOrder } from "../../guest-conditions.ts";
import { companyOf } from "../../placement/company.ts";
import { placeOn } from "../../placement/place.ts";
import { rankByRules } from "../../placement/scorers.ts";
import type { State } from "../../state.ts";
import { isAtRest, type MoveRound, type Movers, moversWith } from "./round.ts";

/** Guests go back to where they belong, once that has been well for a while. */
export function failBack(round: MoveRound): void {
  for (const guest of strays(round.state).sort(inRecoveryOrder)) {
    if (round.wasTried(guest) || !isAtRest(round.state, guest)) continue;
    const movers = moversWith(round.state, guest);
    if (mayGoBack(round.state, movers)) goBack(round, movers);
  }
}

/** Away from a host that takes guests. Where nothing is to go back to, nobody is looked at. */
function strays(state: State): Guest[] {
  const { rules, capacity, moves } = state.indexes;
  const { displacedFrom, awayFrom } = moves;
  const { balanceOnStart } = state.meta.settings;
  const ids = new Set(rules.outranked);
  for (const group of balanceOnStart ? [displacedFrom] : [displacedFrom, awayFrom])
    for (const hostId of group.keys())
      if (capacity.room(hostId)?.placeable) for (const id of group.of(hostId)) ids.add(id);
  return [...ids].map((id) => state.tables.Guest.get(id));
}

/** Whoever is bound to one that stays, stays; a company that is scattered is gathered first. */
function mayGoBack(state: State, movers: Movers): boolean {
  if (!movers.every(({ recovery }) => recovery.failback)) return false;
  const [{ id, hostId }] = movers;
  return companyOf(state, id).every((other) => other.hostId === null || other.hostId === hostId);
}

function goBack(round: MoveRound, movers: Movers): void {
  const { state, ctx } = round;
  const here = preference(state, movers, movers[0].hostId as HostId);
  const better = hostsOf(state, movers)
    .map((hostId) => ({ hostId, preferred: preference(state, movers, hostId) }))
    .filter(({ preferred }) => preferred > here)
    .sort((a, b) => b.preferred - a.preferred || a.hostId - b.hostId);
  for (const { hostId } of better) {
    if (!state.indexes.capacity.room(hostId)?.placeable) continue;
    const dueMs =
      settledMs(state, movers, hostId) + state.meta.settings.failbackAfterSeconds * 1000;
    if (dueMs > ctx.nowMs) {
      round.waitUntil(dueMs);
      return;
    }
    const outcome = round.moveAll(
      movers,
      "FAILBACK",
      state.tables.Host.get(hostId).causeSeq,
      (subject) => placeOn(state, subject, hostId, ctx.nowMs),
    );
    if (typeof outcome === "string") return;
  }
}

/** Hosts that one of them might belong to. */
function hostsOf(state: State, movers: Movers): HostId[] {
  const ids = new Set<HostId>();
  for (const guest of movers) {
    const own = ownHost(state, guest);
    if (own !== null) ids.add(own);
    for (const rule of state.indexes.rules.rulesOf(guest.id))
      for (const { hostId } of rule.hosts) ids.add(hostId);
  }
  return [...ids].sort((a, b) => a - b);
}

/** Where it was before it had to leave; else its home, unless any host is as good at each start. */
function ownHost(state: State, { displacedFromHostId, homeHostId }: Guest): HostId | null {
  return displacedFromHostId ?? (state.meta.settings.balanceOnStart ? null : homeHostId);
}

/** Rules decide, and among hosts that are equal to them, how many were there before. */
const RULES_COUNT = 1_000_000;

/** How much they belong to a host: the higher, the more. */
export function preference(state: State, movers: Movers, hostId: HostId): number {
  const { rules } = state.indexes;
  const ranks = movers.map(({ id }) => rankByRules(rules.rulesOf(id), hostId) ?? 0);
  const own = movers.filter((guest) => ownHost(state, guest) === hostId).length;
  return ranks.reduce((sum, rank) => sum + rank, 0) * RULES_COUNT + own;
}

/** Since when the host and its zone are well, for all that is known, and the guests where they are. */
function settledMs(state: State, movers: Movers, hostId: HostId): number {
  const { statusSinceMs, movesShunUntilMs, zoneId } = state.tables.Host.get(hostId);
  const restoredMs = state.tables.Zone.get(zoneId).utilityRestoredAtMs ?? 0;
  const wellMs = Math.max(statusSinceMs, movesShunUntilMs ?? 0, restoredMs);
  return Math.max(wellMs, ...movers.map((guest) => guest.statusSinceMs));
}
