import type { Guest } from "../../model/entities.ts";
import type { GuestId, HostId } from "../../model/ids.ts";
import type { Reason } from "../../model/reasons.ts";
import { NO_RESOURCES } from "../../model/resources.ts";
import type { Context } from "../context.ts";
import { whyIdle } from "../fleet-conditions.ts";
import { isNewStart } from "../guest-conditions.ts";
import { admissionObjection } from "../placement/admission.ts";
import { affinityGroupOf, domainForAll } from "../placement/affinity-group.ts";
import type { HostRoom } from "../placement/capacity-index.ts";
import { objection, objections } from "../placement/filters.ts";
import { type Choice, findPlace, place, placeOn } from "../placement/place.ts";
import { type Subject, subjectFor } from "../placement/subject.ts";
import { type Unplaced, wakeForUnplaced, wakesHosts } from "./balancing/standby.ts";
import { block } from "./blocking.ts";
import { inCompanies, subjectWithCompany } from "./companies.ts";
import { circleOf, unmetDependencies, willServe } from "./dependencies.ts";
import { settleOperation } from "./operations.ts";
import { makeRoom } from "./preemption.ts";
import { zoneToJoin } from "./scaling/zones.ts";
import { inStartingOrder } from "./starting-order.ts";
import { Crowd, nextInTurn } from "./turns.ts";

/** What has been found out about waiting guests in one decision, so that it is found out once. */
interface Round {
  readonly crowd: Crowd;
  readonly failures: Failures;
  /** Guests whose dependencies lead into no circle. */
  readonly noCircle: Set<GuestId>;
  /** Guests that stand, while others are given places, where room is kept for them. */
  readonly kept: GuestId[];
  /** Guests that wait for others to run, and for which. */
  readonly dependents: { readonly guest: Guest; readonly unmet: Reason[] }[];
  /** Guests that found no place, and why. */
  readonly unplaced: Unplaced[];
}

/** Starting: gives every guest that should run and is nowhere a place, the most important first. */
export function startWaiting(ctx: Context): void {
  const { state } = ctx;
  const round: Round = {
    crowd: new Crowd(state),
    failures: new Failures(),
    noCircle: new Set(),
    kept: [],
    dependents: [],
    unplaced: [],
  };
  const waiting = inStartingOrder(state, waitingGuests(ctx, round.crowd));
  for (const guest of inCompanies(state, waiting)) consider(ctx, guest, round);
  blockUnplaced(ctx, round.unplaced);
  for (const id of round.kept) state.tables.Guest.patch(id, { hostId: null });
  // By now it is known which of those that they wait for have a place.
  for (const { guest, unmet } of round.dependents)
    block(ctx, guest, circle(ctx, guest, round) ?? unmet);
}

/** Where hosts can be woken, that is done for all that find no place together. */
function waitsFor(ctx: Context, guest: Guest, reasons: readonly Reason[], round: Round): void {
  if (wakesHosts(ctx.state)) round.unplaced.push({ guest, reasons });
  else block(ctx, guest, reasons);
}

/** They wait for a host that is woken for them, or for what there is too little of. */
function blockUnplaced(ctx: Context, unplaced: readonly Unplaced[]): void {
  if (unplaced.length === 0) return;
  const woken = wakeForUnplaced(ctx, unplaced);
  for (const { guest, reasons } of unplaced) {
    const hostId = woken.get(guest.id);
    block(ctx, guest, hostId === undefined ? reasons : [isWoken(ctx, hostId)]);
  }
}

function isWoken({ state }: Context, hostId: HostId): Reason {
  const { name } = state.tables.Host.get(hostId);
  return { code: "HOST_WAKING", message: `host ${name} is woken for it`, hostId };
}

function consider(ctx: Context, guest: Guest, round: Round): void {
  const { state, nowMs } = ctx;
  if (guest.retryAtMs !== null && guest.retryAtMs > nowMs) {
    keepRoom(ctx, guest, round);
    return;
  }
  // Those before it may have taken the last turns.
  if (round.crowd.stays(guest)) return;
  const unmet = unmetDependencies(state, guest);
  const idle = whyIdle(state, guest);
  if (idle) block(ctx, guest, [idle]);
  else if (unmet.length === 0) startOne(ctx, guest, round);
  else {
    round.dependents.push({ guest, unmet });
    const comesUp = guest.recovery.dependsOn.every((id) => willServe(state, id));
    if (comesUp) keepRoom(ctx, guest, round);
  }
}

function waitingGuests({ state, toPlace }: Context, crowd: Crowd): Guest[] {
  const { waiting, holding } = state.indexes;
  const ids = toPlace.due === "EVERYONE" ? waiting : new Set(toPlace.guests);
  // They start nobody, but have room that is not for less important ones.
  if (ids.size > 0) for (const id of holding) ids.add(id);
  if (toPlace.due === "NEXT_IN_TURN") for (const id of nextInTurn(state)) ids.add(id);
  return [...ids]
    .filter((id) => waiting.has(id))
    .map((id) => state.tables.Guest.get(id))
    .filter((guest) => !crowd.stays(guest));
}

/**
 * It will start as soon as its time has come, where it would start now: those after it must do with
 * the rest. It stands there for the time of this round only.
 */
function keepRoom({ state, nowMs }: Context, guest: Guest, { kept }: Round): void {
  if (whyIdle(state, guest)) return;
  const placement = findPlace(state, { ...subjectFor(state, guest), isHasty: true }, nowMs);
  if (!placement) return;
  state.tables.Guest.patch(guest.id, { hostId: placement.hostId });
  kept.push(guest.id);
}

function circle(ctx: Context, guest: Guest, { noCircle }: Round): Reason[] | null {
  const found = circleOf(ctx.state, guest, noCircle);
  if (!found) return null;
  const names = found.map(({ name }) => name).join(" → ");
  return [
    {
      code: "DEPENDENCY_CYCLE",
      message: `each waits for the next in ${names}; take one of these dependencies away`,
    },
  ];
}

function startOne(ctx: Context, guest: Guest, round: Round): void {
  const { failures } = round;
  const subject = subjectFor(ctx.state, guest);
  const turn = turnAtHome(ctx, guest, subject);
  // Its own home is no matter to others like it.
  const known = turn ?? failures.of(guest, subject);
  const choice = known ?? choose(ctx, guest, subject);
  if (choice.ok) {
    begin(ctx, guest, choice.placement);
    return;
  }
  if (!turn) failures.note(guest, subject, choice);
  if (isGivenUpEverywhere(subject, choice.reasons)) giveUp(ctx, guest);
  else waitsFor(ctx, guest, whatItWaitsFor(ctx, guest, choice.reasons), round);
}

/** Its turn, room that is made for it, or room to come free. */
function whatItWaitsFor(ctx: Context, guest: Guest, reasons: readonly Reason[]): readonly Reason[] {
  if (reasons.some(({ code }) => code === "STARTS_LIMITED")) return reasons;
  const made = makeRoom(ctx, guest);
  if (made) return made;
  if (guest.preemptedBy === null) return reasons;
  const preemptor = ctx.state.tables.Guest.find(guest.preemptedBy)?.name ?? "another guest";
  const why = reasons.map(({ message }) => message).join("; ");
  const message = `made room for ${preemptor} and returns when there is room again: ${why}`;
  return [{ code: "PREEMPTED", message, guestId: guest.preemptedBy }];
}

/** Why guests of a likeness find no place: room only shrinks within one decision. */
class Failures {
  readonly #known = new Map<string, Choice>();

  of(guest: Guest, subject: Subject): Choice | null {
    if (this.#known.size === 0) return null;
    const likeness = likenessOf(guest, subject);
    return (likeness === null ? null : this.#known.get(likeness)) ?? null;
  }

  note(guest: Guest, subject: Subject, choice: Choice): void {
    const likeness = likenessOf(guest, subject);
    if (likeness !== null) this.#known.set(likeness, choice);
  }
}

/** Guests alike in all that matters fail alike; null for one that is like no other. */
function likenessOf(guest: Guest, subject: Subject): string | null {
  if (subject.triedHostIds.length > 0 || subject.retryHostId !== null) return null;
  // What is kept free for it is so for nobody else.
  if (guest.blockedBy.some(({ code }) => code === "PREEMPTING")) return null;
  // Rules that are not strict rule nothing out.
  const rules = subject.rules.filter(({ strict }) => strict).map(({ id }) => id);
  const sizes = [guest.resources, subject.reserved ?? NO_RESOURCES].flatMap(Object.values);
  return [isNewStart(guest), guest.membership?.groupId, ...sizes, ...rules].join("/");
}

function begin(ctx: Context, guest: Guest, placement: Extract<Choice, { ok: true }>["placement"]) {
  const generation = guest.generation + 1;
  if (!guest.loss) {
    const payload = { guest: guest.id, host: placement.hostId, placement, generation };
    ctx.emit("GuestPlaced", payload, guest.causeSeq);
    return;
  }
  const { fromHostId: fromHost, seq } = guest.loss;
  const cause = guest.status === "LOST" && guest.restarts === 0 ? seq : guest.causeSeq;
  const payload = { guest: guest.id, fromHost, toHost: placement.hostId, placement, generation };
  ctx.emit("GuestRecovering", payload, cause);
}

/** Tries on the same host wait for their turn there: elsewhere they would be counted anew. */
function choose(ctx: Context, guest: Guest, subject: Subject): Choice {
  if (subject.retryHostId !== null) {
    const room = ctx.state.indexes.capacity.room(subject.retryHostId) as HostRoom;
    const reason = objection(ctx.state, subject, room);
    if (reason?.code === "STARTS_LIMITED") return { ok: false, reasons: [reason] };
    if (!ctx.state.meta.armed) return placeOn(ctx.state, subject, room.hostId, ctx.nowMs);
  }
  const objects = isNewStart(guest)
    ? (hostId: HostId) => admissionObjection(ctx.state, guest, hostId)
    : undefined;
  const within = {
    ...zoneToJoin(ctx, guest, subject, objects ?? null),
    ...whereAllCanBe(ctx, guest, subject),
  };
  const all = subjectWithCompany(ctx.state, guest);
  const choice = all && place(ctx.state, { ...all, ...within }, ctx.nowMs, objects);
  if (choice?.ok || choice?.reasons.some(({ code }) => code === "STARTS_LIMITED")) return choice;
  // Not all of them fit anywhere: better some of them than none.
  return place(ctx.state, { ...subject, ...within }, ctx.nowMs, objects);
}

/** The first of those that are bound to one rack or zone chooses for all that wait; later ones follow. */
function whereAllCanBe(
  { state, nowMs }: Context,
  guest: Guest,
  subject: Subject,
): Pick<Subject, "within"> {
  const group = affinityGroupOf(state, guest.id);
  if (!group || group.guests.some(({ hostId }) => hostId !== null)) return {};
  const waiting = group.guests.filter(({ id }) => state.indexes.waiting.has(id));
  if (waiting.length < 2) return {};
  const alone = findPlace(state, { ...subject, isHasty: true }, nowMs);
  const preferred = alone ? [alone.hostId] : [];
  const found = domainForAll(state, { scope: group.scope, guests: waiting }, preferred, nowMs);
  return found ? { within: found.within } : {};
}

/** A guest that was not lost waits for its turn at home, rather than start elsewhere and go home after that. */
function turnAtHome(ctx: Context, guest: Guest, subject: Subject): Choice | null {
  const { homeHostId, rules } = subject;
  if (guest.loss !== null || homeHostId === null) return null;
  if (rules.some(({ kind }) => kind === "HOST")) return null;
  const room = ctx.state.indexes.capacity.room(homeHostId);
  if (!room) return null;
  const [reason, ...more] = objections(ctx.state, subject, room);
  if (reason?.code !== "STARTS_LIMITED" || more.length > 0) return null;
  const { name } = ctx.state.tables.Host.get(room.hostId);
  const message = `waits for its turn at home on ${name}: ${reason.message}`;
  return { ok: false, reasons: [{ ...reason, message }] };
}

/** No host is left but those that were tried, and those that it may never run on. */
function isGivenUpEverywhere(subject: Subject, reasons: readonly Reason[]): boolean {
  if (subject.triedHostIds.length === 0) return false;
  return reasons.every(({ code }) => code === "DRIVER_ERROR" || code === "AFFINITY_RULE");
}

function giveUp(ctx: Context, guest: Guest): void {
  const hosts = guest.triedHostIds.length;
  const reasons: Reason[] = [
    {
      code: "RESTARTS_EXHAUSTED",
      message: `did not stay up on ${hosts} host${hosts === 1 ? "" : "s"}, and there is no other for it; start it again once the cause is mended`,
    },
  ];
  ctx.emit("GuestFailed", { guest: guest.id, reasons }, guest.causeSeq);
  settleOperation(ctx, ctx.state.tables.Guest.get(guest.id));
}
