import type { AffinityRule, Guest } from "../../../model/entities.ts";
import type { GuestId, HostId } from "../../../model/ids.ts";
import type { RuleScope } from "../../../model/statuses.ts";
import { inRecoveryOrder, isWanted } from "../../guest-conditions.ts";
import { companyOf } from "../../placement/company.ts";
import { place, placeOn } from "../../placement/place.ts";
import { domainOf } from "../../placement/rule-index.ts";
import { type Subject, subjectForAll } from "../../placement/subject.ts";
import type { State } from "../../state.ts";
import { preference } from "./failback.ts";
import { type MoveRound, type Movers, moversWith, type Outcome, staysPut } from "./round.ts";

/**
 * Strict rules that are broken: written or changed after their guests were placed, or left half
 * obeyed by a migration that failed. Guests move until the rules are kept; those that can't say so.
 */
export function repairRules(round: MoveRound): void {
  const { rules, capacity } = round.state.indexes;
  for (const id of [...rules.broken(capacity)].sort((a, b) => a - b)) {
    const rule = round.state.tables.AffinityRule.get(id);
    if (rule.polarity === "APART") spread(round, rule);
    else if (rule.scope === "HOST") gather(round, rule);
    else gatherNearby(round, rule);
  }
  const misplaced = [...rules.misplaced].map((id) => round.state.tables.Guest.get(id));
  for (const guest of misplaced.sort(inRecoveryOrder))
    round.settle(guest, "RULE", round.move(guest, "RULE", null), null);
}

type Standing = Guest & { readonly hostId: HostId };

/** Guests that stand somewhere and are to stay up. */
function standing(guests: readonly (Guest | undefined)[]): Standing[] {
  return guests.filter(
    (guest): guest is Standing => guest !== undefined && guest.hostId !== null && isWanted(guest),
  );
}

function guestsOf({ tables }: State, rule: AffinityRule): Standing[] {
  return standing(rule.guestIds.map((id) => tables.Guest.find(id)));
}

function groupBy<T, Key extends number>(
  items: readonly T[],
  keyOf: (item: T) => Key,
): [Key, T[]][] {
  const groups = new Map<Key, T[]>();
  for (const item of items) {
    const key = keyOf(item);
    groups.set(key, [...(groups.get(key) ?? []), item]);
  }
  return [...groups].sort(([a], [b]) => a - b);
}

/** A company on several hosts: to the one of these where most of it belongs or is, else to another. */
function gather(round: MoveRound, rule: AffinityRule): void {
  const { state, ctx } = round;
  const company = standing(companyOf(state, rule.guestIds[0] as GuestId)) as [
    Standing,
    ...Standing[],
  ];
  const hosts = groupBy(company, ({ hostId }) => hostId);
  if (hosts.length < 2 || company.some((guest) => isBusyMoving(round, guest))) return;
  const ranked = hosts
    .map(([hostId, there]) => ({ hostId, there, preferred: preference(state, company, hostId) }))
    .sort((a, b) => b.preferred - a.preferred || b.there.length - a.there.length);
  let failed: { arrivals: Movers; outcome: Outcome } | null = null;
  for (const { hostId } of ranked) {
    const arrivals = company.filter((guest) => guest.hostId !== hostId) as unknown as Movers;
    const outcome = round.moveAll(arrivals, "RULE", null, (subject) =>
      placeOn(state, subject, hostId, ctx.nowMs),
    );
    if (typeof outcome === "string") return;
    failed ??= { arrivals, outcome };
  }
  const outcome = round.moveAll(company, "RULE", null, (subject) =>
    place(state, subject, ctx.nowMs),
  );
  if (typeof outcome === "string" || !failed) return;
  for (const guest of failed.arrivals) round.settle(guest, "RULE", failed.outcome, null);
}

/** It was moved in this round, or was before. */
function isBusyMoving(round: MoveRound, { targetHostId, id }: Guest): boolean {
  return targetHostId !== null || round.state.tables.Guest.get(id).targetHostId !== null;
}

function domainAt(state: State, scope: RuleScope, hostId: HostId): number {
  const room = state.indexes.capacity.room(hostId);
  return room ? domainOf(scope, room) : hostId;
}

/** Guests in several racks or zones: into the one of these that has room for most of them. */
function gatherNearby(round: MoveRound, rule: AffinityRule): void {
  const { state, ctx } = round;
  const scope = rule.scope as RuleScope;
  const guests = guestsOf(state, rule);
  if (guests.some((guest) => guest.targetHostId !== null)) return;
  const domain = bestDomain(round, scope, guests);
  if (domain === null) return;
  const outcomes = guests
    .filter(({ hostId }) => domainAt(state, scope, hostId) !== domain)
    .map((guest): [Guest, Outcome] => {
      const movers = moversWith(state, state.tables.Guest.get(guest.id));
      const within = { scope, domain };
      return [
        guest,
        round.moveAll(movers, "RULE", null, (subject) =>
          place(state, { ...subject, within }, ctx.nowMs),
        ),
      ];
    });
  for (const [guest, outcome] of outcomes) round.settle(guest, "RULE", outcome, null);
}

/**
 * Where most of them can be in the end, and of such where most are already. Moves on the way there
 * only speak for it all the more: were any place good that takes one of them, two that are each too
 * small for all would pass a guest to and fro for ever.
 */
function bestDomain(
  round: MoveRound,
  scope: RuleScope,
  guests: readonly Standing[],
): number | null {
  const { state } = round;
  const domains = groupBy(guests, ({ hostId }) => domainAt(state, scope, hostId));
  let best: { domain: number; reach: number } | null = null;
  for (const [domain, there] of domains.sort(([, a], [, b]) => b.length - a.length)) {
    const others = guests.filter((guest) => !there.includes(guest));
    const reach = there.length + arrivals(round, others, { scope, domain });
    if (best === null || reach > best.reach) best = { domain, reach };
    if (reach === guests.length) break;
  }
  return best?.domain ?? null;
}

/** How many of them have room there, were they all to go at once; played through and taken back. */
function arrivals(
  { state, ctx }: MoveRound,
  guests: readonly Standing[],
  within: NonNullable<Subject["within"]>,
): number {
  const mark = state.mark();
  try {
    for (const { id } of guests) {
      const movers = moversWith(state, state.tables.Guest.get(id));
      if (isThere(state, movers[0], within) || movers.some(staysPut)) continue;
      const subject = { ...subjectForAll(state, movers), retryHostId: null, triedHostIds: [] };
      const choice = place(state, { ...subject, within }, ctx.nowMs);
      if (!choice.ok) continue;
      const { hostId } = choice.placement;
      for (const mover of movers) state.tables.Guest.patch(mover.id, { hostId });
    }
    return guests.filter(({ id }) => isThere(state, state.tables.Guest.get(id), within)).length;
  } finally {
    state.rollback(mark);
  }
}

function isThere(
  state: State,
  { hostId }: Guest,
  { scope, domain }: NonNullable<Subject["within"]>,
): boolean {
  return hostId !== null && domainAt(state, scope, hostId) === domain;
}

/** Guests that share a host, rack or zone against a rule: all but one leave, the least important first. */
function spread(round: MoveRound, rule: AffinityRule): void {
  const { state } = round;
  const scope = rule.scope as RuleScope;
  // Where they will be; those on their way to somewhere are not turned round.
  const domains = groupBy(guestsOf(state, rule), ({ hostId, targetHostId }) =>
    domainAt(state, scope, targetHostId ?? hostId),
  );
  for (const [, guests] of domains) {
    let tooMany = guests.length - 1;
    const failed: [Guest, Outcome][] = [];
    for (const guest of guests.sort(inRecoveryOrder).reverse()) {
      if (tooMany === 0) break;
      const outcome = round.move(guest, "RULE", null);
      if (typeof outcome === "string") tooMany--;
      else failed.push([guest, outcome]);
    }
    for (const [guest, outcome] of failed.slice(0, tooMany))
      round.settle(guest, "RULE", outcome, null);
  }
}
