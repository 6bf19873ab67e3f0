import type { AffinityRule, Guest } from "../../../model/entities.ts";
import type { GuestId, HostId, Seq } from "../../../model/ids.ts";
import type { Placement, Reason } from "../../../model/reasons.ts";
import type { MoveReason, RuleScope } from "../../../model/statuses.ts";
import type { Context } from "../../context.ts";
import { isNewStart } from "../../guest-conditions.ts";
import { isCutOff, isShunned, isWatched } from "../../host-conditions.ts";
import { admissionObjection } from "../../placement/admission.ts";
import { affinityGroupOf, domainForAll } from "../../placement/affinity-group.ts";
import { companyOf } from "../../placement/company.ts";
import { hasMigrationSlots } from "../../placement/filters.ts";
import { type Choice, findPlace, place } from "../../placement/place.ts";
import { type Subject, subjectForAll } from "../../placement/subject.ts";
import type { State } from "../../state.ts";
import { sameReasons } from "../blocking.ts";
import { zoneToJoin } from "../scaling/zones.ts";
import { nextTryMs } from "./pause.ts";

/** What came of wanting a move: it was ordered, its time will come by itself, or why it can't be. */
export type Outcome = "MOVES" | "WAITS" | readonly Reason[];

export type Movers = readonly [Guest, ...Guest[]];

/** Moves that people asked for. All others are the engine's own, and rest while it is disarmed. */
const ASKED_FOR: ReadonlySet<MoveReason> = new Set<MoveReason>(["SHUTDOWN", "MAINTENANCE"]);
/** Out of which a guest that can't be migrated is restarted elsewhere. */
const EMPTYING: ReadonlySet<MoveReason> = new Set<MoveReason>([
  "POWER",
  "COOLING",
  "SHUTDOWN",
  "MAINTENANCE",
]);

/** It is on its way out by itself; nobody moves it, and nobody waits for it. */
export function isLeaving({ desired, deleting }: Guest): boolean {
  return desired === "STOPPED" || deleting;
}

/** The guest, and those on its host that strict rules bind to it: they move as one. */
export function moversWith(state: State, guest: Guest): Movers {
  const others = companyOf(state, guest.id).filter(
    (other) => other.id !== guest.id && other.hostId === guest.hostId && !isLeaving(other),
  );
  return [guest, ...others];
}

/** One look at everything that should move. Each guest is tried once; room only shrinks meanwhile. */
export class MoveRound {
  readonly ctx: Context;
  readonly state: State;
  /** When something that waits for nothing but time is to be looked at. */
  nextMs = Number.POSITIVE_INFINITY;
  readonly #outcomes = new Map<GuestId, Outcome>();
  /** Guests alike in all that matters fail alike. */
  readonly #failures = new Map<string, readonly Reason[]>();
  readonly #shunned: readonly HostId[];

  constructor(ctx: Context) {
    this.ctx = ctx;
    this.state = ctx.state;
    this.#shunned = shunnedHosts(ctx.state);
  }

  waitUntil(atMs: number): void {
    this.nextMs = Math.min(this.nextMs, atMs);
  }

  /** With its company, to the best place there is. */
  move(guest: Guest, why: MoveReason, causeSeq: Seq | null): Outcome {
    const known = this.#outcomes.get(guest.id);
    if (known) return known;
    const movers = moversWith(this.state, guest);
    const outcome = this.#moveWithGroup(movers, why, causeSeq);
    for (const { id } of movers) this.#outcomes.set(id, outcome);
    return outcome;
  }

  /** The first of those that are bound to one rack or zone leaves for where all of them can be, or not at all. */
  #moveWithGroup(movers: Movers, why: MoveReason, causeSeq: Seq | null): Outcome {
    const choose = (subject: Subject) => this.#placeOnce(subject);
    const group = affinityGroupOf(this.state, movers[0].id);
    if (!group || !this.#leavesWhole(group.guests))
      return this.moveAll(movers, why, causeSeq, choose);
    const { rule, scope } = group;
    const guests = group.guests.filter((each) => each.hostId !== null && !isLeaving(each));
    const here = guests.map(({ hostId }) => hostId as HostId);
    const found = domainForAll(this.state, { scope, guests }, here, this.ctx.nowMs);
    if (!found?.isForAll || guests.some(staysPut))
      return [noRoomForAll(rule, scope, guests.length)];
    const { within } = found;
    return this.moveAll(movers, why, causeSeq, (subject) =>
      place(this.state, { ...subject, within }, this.ctx.nowMs),
    );
  }

  /** None of them is on its way yet, and none can stay. */
  #leavesWhole(guests: readonly Guest[]): boolean {
    return guests.every(({ hostId, targetHostId }) => {
      if (hostId === null) return true;
      return targetHostId === null && !this.state.indexes.capacity.room(hostId)?.placeable;
    });
  }

  wasTried(guest: Guest): boolean {
    return this.#outcomes.has(guest.id);
  }

  /** All of them to the one place that is chosen for them, or none. */
  moveAll(
    movers: Movers,
    why: MoveReason,
    causeSeq: Seq | null,
    choose: (subject: Subject) => Choice,
    because: string | null = null,
  ): Outcome {
    const obstacle = this.#obstacle(movers, why);
    if (obstacle) return obstacle;
    const unsupported = movers.some(cannotMigrate);
    if (unsupported && !EMPTYING.has(why)) return "WAITS";
    const choice = this.#choose(movers, why, choose);
    if (!choice.ok) return isTurn(choice.reasons) ? "WAITS" : choice.reasons;
    for (const guest of movers)
      if (unsupported) this.#relocate(guest, why, causeSeq);
      else this.#migrate(guest, choice.placement, why, causeSeq, because);
    return "MOVES";
  }

  /** All of them to a host where those that wait to start and are bound to them can be too, or none. */
  fetch(movers: Movers, waiting: Movers, causeSeq: Seq | null): boolean {
    if (this.#obstacle(movers, "RULE") || movers.some(cannotMigrate)) return false;
    const triedHostIds = waiting.flatMap((guest) => guest.triedHostIds);
    const fields = { retryHostId: null, triedHostIds, migrations: movers.length };
    const subject = { ...subjectForAll(this.state, [...movers, ...waiting]), ...fields };
    const placement = findPlace(this.state, subject, this.ctx.nowMs, (hostId) =>
      this.#admission(movers, waiting, hostId),
    );
    if (!placement) return false;
    for (const guest of movers) this.#migrate(guest, placement, "RULE", causeSeq, null);
    return true;
  }

  /** Why those that wait would not be admitted there once the movers are: these would move in vain. */
  #admission(movers: Movers, waiting: Movers, hostId: HostId): Reason | null {
    const { state } = this;
    const mark = state.mark();
    try {
      for (const { id } of movers) state.tables.Guest.patch(id, { hostId });
      for (const guest of waiting) {
        const reason = isNewStart(guest) ? admissionObjection(state, guest, hostId) : null;
        if (reason) return reason;
        state.tables.Guest.patch(guest.id, { hostId });
      }
      return null;
    } finally {
      state.rollback(mark);
    }
  }

  /** A host where their migration failed, or that others shun, is worse than any other and better than none. */
  #choose(movers: Movers, why: MoveReason, choose: (subject: Subject) => Choice): Choice {
    // A host where it did not come up is better than none, but nothing to go back to.
    const tried = why === "FAILBACK" ? movers.flatMap((guest) => guest.triedHostIds) : [];
    const failed = [...this.#shunned, ...movers.flatMap(failedTargets)];
    if (failed.length === 0) return this.#chooseBut(tried, movers, choose);
    const other = this.#chooseBut([...tried, ...failed], movers, choose);
    return other.ok || isTurn(other.reasons) ? other : this.#chooseBut(tried, movers, choose);
  }

  /** Those of their company that wait to start want to be there too, if there is room for all. */
  #chooseBut(
    triedHostIds: readonly HostId[],
    movers: Movers,
    choose: (subject: Subject) => Choice,
  ): Choice {
    const { state } = this;
    const fields = { retryHostId: null, triedHostIds, migrations: movers.length };
    const waiting = companyOf(state, movers[0].id).filter(({ id }) =>
      state.indexes.waiting.has(id),
    );
    if (waiting.length > 0) {
      const choice = choose({ ...subjectForAll(state, [...movers, ...waiting]), ...fields });
      if (choice.ok) return choice;
    }
    return choose({ ...subjectForAll(state, movers), ...fields });
  }

  #placeOnce(subject: Subject): Choice {
    const { rules, resources, triedHostIds } = subject;
    const likeness = [...Object.values(resources), ...triedHostIds].join("/");
    const key = rules.length > 0 || this.#isMember(subject) ? null : likeness;
    const known = key === null ? undefined : this.#failures.get(key);
    if (known) return { ok: false, reasons: known };
    const choice = place(this.state, this.#intoEmptiestZone(subject), this.ctx.nowMs);
    if (!choice.ok && key !== null) this.#failures.set(key, choice.reasons);
    return choice;
  }

  #isMember({ guestIds }: Subject): boolean {
    return guestIds.some((id) => this.state.tables.Guest.find(id)?.membership != null);
  }

  /** A member of a scaling group goes where it keeps that even. */
  #intoEmptiestZone(subject: Subject): Subject {
    const [guest, ...others] = subject.guestIds.map((id) => this.state.tables.Guest.find(id));
    if (!guest?.membership || others.length > 0) return subject;
    return { ...subject, ...zoneToJoin(this.ctx, guest, subject, null) };
  }

  /** What keeps them where they are, wherever they were to go. */
  #obstacle(movers: Movers, why: MoveReason): Outcome | null {
    const { state } = this;
    const suspended = movers.filter(restsSuspended);
    if (suspended.length > 0) return suspended.map(isSuspended);
    if (!state.meta.armed && !ASKED_FOR.has(why)) return [DISARMED];
    if (!movers.every((guest) => isAtRest(state, guest))) return "WAITS";
    const tryMs = Math.max(...movers.map((guest) => nextTryMs(state, guest)));
    if (tryMs > this.ctx.nowMs) {
      this.waitUntil(tryMs);
      return "WAITS";
    }
    const sources = new Map<HostId, number>();
    for (const { hostId } of movers)
      if (hostId !== null) sources.set(hostId, (sources.get(hostId) ?? 0) + 1);
    const isTurn = [...sources].every(([id, count]) => hasMigrationSlots(state, id, count));
    return isTurn ? null : "WAITS";
  }

  #migrate(
    { id, hostId, generation }: Guest,
    placement: Placement,
    why: MoveReason,
    causeSeq: Seq | null,
    because: string | null,
  ): void {
    const hosts = { fromHost: hostId as HostId, toHost: placement.hostId };
    const order = { guest: id, ...hosts, placement, generation: generation + 1, why, because };
    this.ctx.emit("GuestMigrationStarted", order, causeSeq);
  }

  #relocate({ id, hostId, generation }: Guest, why: MoveReason, causeSeq: Seq | null): void {
    const order = { guest: id, host: hostId as HostId, why, generation: generation + 1 };
    this.ctx.emit("GuestRelocating", order, causeSeq);
  }

  /** Says why it stays, once per reason. */
  settle(guest: Guest, why: MoveReason, outcome: Outcome, causeSeq: Seq | null): void {
    if (typeof outcome === "string" || guest.hostId === null) return;
    if (sameReasons(guest.moveBlockedBy, outcome)) return;
    const payload = { guest: guest.id, host: guest.hostId, why, reasons: outcome };
    this.ctx.emit("GuestMoveBlocked", payload, causeSeq);
  }
}

export function shunnedHosts(state: State): HostId[] {
  return [...state.indexes.shunned].filter((id) => isShunned(state, id)).sort((a, b) => a - b);
}

/** Where its last migration failed. */
export function failedTargets({ moveBlockedBy }: Guest): HostId[] {
  return moveBlockedBy.flatMap(({ code, hostId }) =>
    code === "DRIVER_ERROR" && hostId !== undefined ? [hostId] : [],
  );
}

function isTurn(reasons: readonly Reason[]): boolean {
  return reasons.some(({ code }) => code === "MIGRATIONS_LIMITED");
}

const DISARMED: Reason = {
  code: "DISARMED",
  message: "high availability is disarmed: nothing moves by itself until it is armed again",
};

function noRoomForAll({ id, name }: AffinityRule, scope: RuleScope, guests: number): Reason {
  const message = `no other ${scope.toLowerCase()} has room for all ${guests} guests that rule ${name} wants together`;
  return { code: "AFFINITY_RULE", message, ruleId: id };
}

function isSuspended({ id, name }: Guest): Reason {
  const message = `${name} is suspended and can't be migrated: resume it or stop it`;
  return { code: "SUSPENDED", message, guestId: id };
}

function restsSuspended({ status, desired }: Guest): boolean {
  return status === desired && status === "SUSPENDED";
}

/** It can't be migrated as it is, now or later. */
export function staysPut(guest: Guest): boolean {
  return restsSuspended(guest) || cannotMigrate(guest);
}

function cannotMigrate({ moveBlockedBy }: Guest): boolean {
  return moveBlockedBy.some(({ code }) => code === "DRIVER_UNSUPPORTED");
}

/** It runs, nobody is at work on it, and its host hears. */
export function isAtRest(state: State, guest: Guest): boolean {
  const { status, desired, task, deleting, hostId } = guest;
  if (status !== "RUNNING" || desired !== "RUNNING" || task !== null || deleting) return false;
  if (hostId === null) return false;
  const host = state.tables.Host.get(hostId);
  return isWatched(host) && !isCutOff(state.tables.Zone.get(host.zoneId));
}
