import type { HostId } from "../../model/ids.ts";
import type { HostVerdict, Placement, Reason } from "../../model/reasons.ts";
import { maxResources, type Resources } from "../../model/resources.ts";
import type { ReasonCode } from "../../model/statuses.ts";
import type { State } from "../state.ts";
import { candidates } from "./candidates.ts";
import type { HostRoom } from "./capacity-index.ts";
import { barredBy, objection, objections } from "./filters.ts";
import { judgeFor } from "./scorers.ts";
import type { Subject } from "./subject.ts";

/** Enough hosts to choose well from; the next one would hardly be better. */
const FEASIBLE_WANTED = 8;
/** Hosts that are looked at before a guest that somebody objects to is held back. */
const EXAMINED_MOST = 64;
/** Verdicts that a placement remembers. All of them can be had from an explanation. */
const VERDICTS_KEPT = 4;

export type Choice =
  | { readonly ok: true; readonly placement: Placement }
  | { readonly ok: false; readonly reasons: readonly Reason[] };

/** What somebody else says against a host that would do; null when nothing. */
export type Objection = (hostId: HostId) => Reason | null;

/** The best host for a guest, with the verdicts that led to it; or why there is none. */
export function place(
  state: State,
  subject: Subject,
  nowMs: number,
  veto: Objection | null = null,
): Choice {
  let first: Reason | null = null;
  const noting = (hostId: HostId) => {
    const reason = veto?.(hostId) ?? null;
    first ??= reason;
    return reason;
  };
  const placement = findPlace(state, subject, nowMs, veto && noting);
  if (placement) return { ok: true, placement };
  return { ok: false, reasons: first ? [first] : whyNowhere(state, subject) };
}

/** The best host alone; null when there is none. */
export function findPlace(
  state: State,
  subject: Subject,
  nowMs: number,
  veto: Objection | null = null,
): Placement | null {
  state.indexes.rules.recount(state.indexes.capacity);
  const judge = judgeFor(state, subject);
  const rejected: HostVerdict[] = [];
  let examined = 0;
  let feasible: Scored[] = [];
  let best: Scored[] = [];
  const rooms = candidates(state, subject);
  for (let room = rooms.next(); room; room = rooms.next()) {
    examined++;
    const reason = objection(state, subject, room);
    if (reason) {
      rejected.push(verdictOf(room, null, [reason]));
      continue;
    }
    insertByScore(feasible, { room, total: judge.total(room) });
    if (feasible.length < FEASIBLE_WANTED) continue;
    best = fromFirstAccepted(feasible, veto, rejected);
    if (best.length > 0 || examined >= EXAMINED_MOST) break;
    feasible = [];
  }
  if (best.length === 0) best = fromFirstAccepted(feasible, veto, rejected);
  const [first] = best;
  if (!first) return null;
  const verdicts = best
    .slice(0, VERDICTS_KEPT)
    .map(({ room, total }) => verdictOf(room, total, NO_REASONS, judge.scores(room)));
  for (const verdict of rejected) {
    if (verdicts.length === VERDICTS_KEPT) break;
    verdicts.push(verdict);
  }
  return {
    hostId: first.room.hostId,
    decidedAtMs: nowMs,
    score: first.total,
    verdicts,
    hostsExamined: examined,
    hostsNotExamined: state.tables.Host.size - examined,
  };
}

interface Scored {
  readonly room: HostRoom;
  readonly total: number;
}

/** Best first, the lowest id first among equals. */
function insertByScore(best: Scored[], scored: Scored): void {
  let at = best.length;
  for (; at > 0; at--) {
    const before = best[at - 1] as Scored;
    const isWorse = before.total < scored.total;
    const isLater = before.total === scored.total && before.room.hostId > scored.room.hostId;
    if (!isWorse && !isLater) break;
    best[at] = before;
  }
  best[at] = scored;
}

/** The hosts, best first, from the first one on that nobody objects to; those before it are rejected. */
function fromFirstAccepted(
  feasible: Scored[],
  veto: Objection | null,
  rejected: HostVerdict[],
): Scored[] {
  if (!veto) return feasible;
  for (const [index, { room, total }] of feasible.entries()) {
    const reason = veto(room.hostId);
    if (!reason) return feasible.slice(index);
    rejected.push(verdictOf(room, total, [reason]));
  }
  return [];
}

/** Whether one host, chosen by somebody else, will do. */
export function willDo(state: State, subject: Subject, hostId: HostId): boolean {
  state.indexes.rules.recount(state.indexes.capacity);
  const room = state.indexes.capacity.room(hostId);
  return room !== undefined && objection(state, subject, room) === null;
}

/** The verdict on one host, chosen by somebody else. */
export function placeOn(state: State, subject: Subject, hostId: number, nowMs: number): Choice {
  state.indexes.rules.recount(state.indexes.capacity);
  const room = state.indexes.capacity.room(hostId) as HostRoom;
  const reasons = objections(state, subject, room);
  if (reasons.length > 0) return { ok: false, reasons };
  const judge = judgeFor(state, subject);
  const total = judge.total(room);
  const scores = judge.scores(room);
  return {
    ok: true,
    placement: {
      hostId: room.hostId,
      decidedAtMs: nowMs,
      score: total,
      verdicts: [{ hostId: room.hostId, feasible: true, score: total, scores, rejectedBy: [] }],
      hostsExamined: 1,
      hostsNotExamined: state.tables.Host.size - 1,
    },
  };
}

/** Every host's verdict, feasible ones first, best first. */
export function judgeAll(state: State, subject: Subject): HostVerdict[] {
  state.indexes.rules.recount(state.indexes.capacity);
  const judge = judgeFor(state, subject);
  return state.tables.Host.sorted()
    .map((host) => {
      const room = state.indexes.capacity.room(host.id) as HostRoom;
      const reasons = objections(state, subject, room);
      if (reasons.length > 0) return verdictOf(room, null, reasons);
      return verdictOf(room, judge.total(room), NO_REASONS, judge.scores(room));
    })
    .sort((a, b) => Number(b.feasible) - Number(a.feasible) || byScore(a, b));
}

const NO_REASONS: readonly Reason[] = [];
const NO_SCORES: HostVerdict["scores"] = {};

function verdictOf(
  { hostId }: HostRoom,
  score: number | null,
  rejectedBy: readonly Reason[],
  scores = NO_SCORES,
): HostVerdict {
  return { hostId, feasible: rejectedBy.length === 0, score, scores, rejectedBy };
}

function byScore(a: HostVerdict, b: HostVerdict): number {
  return (b.score ?? 0) - (a.score ?? 0) || a.hostId - b.hostId;
}

const SHORTAGE: Partial<Record<ReasonCode, string>> = {
  HOST_NOT_UP: "not up",
  HOST_IN_MAINTENANCE: "in maintenance, or being emptied",
  ZONE_FAILING: "in a zone without power, cooling or network",
  HOST_HELD_OFF: "held off because they keep losing contact, or do not answer",
  ALREADY_HERE: "where it is already",
  DRIVER_ERROR: "given up after failed starts",
  MIGRATIONS_LIMITED: "busy with as many migrations as they may have at a time",
  INSUFFICIENT_CPU: "short of CPU",
  INSUFFICIENT_MEMORY: "short of memory",
  INSUFFICIENT_STORAGE: "short of storage",
  RESERVED_BY_OTHERS: "unable to reserve as much as it wants, which others have reserved",
  HOST_CROWDED: "likely to be asked for too much",
  PREEMPTING: "making room for others",
  STARTS_LIMITED: "busy booting other guests",
  GROUP_ZONES: "in zones where its scaling group does not run",
};

/**
 * Why no host will do, told by what most hosts lack, most frequent first. Those that it may never run
 * on, and the one that it is on, come last: mending them would not help it.
 */
export function whyNowhere(state: State, subject: Subject): Reason[] {
  const total = state.tables.Host.size;
  if (total === 0) return [{ code: "NO_HOSTS", message: "the fleet has no hosts" }];
  if (isEveryHostDown(state) && subject.fromHostId === null)
    return [
      { code: "HOST_NOT_UP", message: `${total} of ${total} hosts are ${SHORTAGE.HOST_NOT_UP}` },
    ];
  const tally = new Map<string, Tally>();
  for (const room of state.indexes.capacity.inOrder()) {
    const bar = barredBy(subject, room);
    const reason = bar ?? objection(state, subject, room);
    if (!reason) continue;
    const key = `${reason.code}:${reason.ruleId ?? ""}`;
    const entry = tally.get(key);
    if (!entry)
      tally.set(key, {
        reason,
        hosts: 1,
        most: room.free,
        isForGood: bar !== null || reason.code === "ALREADY_HERE",
      });
    else {
      entry.hosts++;
      entry.most = maxResources(entry.most, room.free);
    }
  }
  const turn = [...tally.values()].find(({ reason }) => reason.code === "STARTS_LIMITED");
  // Where only its turn is missing, what other hosts lack is no matter.
  if (turn) return [summarise(state, subject, turn, total)];
  return [...tally.entries()]
    .sort(
      ([aKey, a], [bKey, b]) =>
        Number(a.isForGood) - Number(b.isForGood) || b.hosts - a.hosts || (aKey < bKey ? -1 : 1),
    )
    .map(([, entry]) => summarise(state, subject, entry, total));
}

/** What every host answers first need not be asked of each. */
function isEveryHostDown({ indexes }: State): boolean {
  const { capacity, held, attended, moves } = indexes;
  const isAsked = attended.size > 0 || moves.askedEmpty.size > 0;
  const isHeld = capacity.hasClosedZones || Number.isFinite(held.nextMs);
  return capacity.placeableHosts === 0 && !isAsked && !isHeld;
}

/** Hosts that object for the same reason, and the most that any of them has free. */
interface Tally {
  readonly reason: Reason;
  hosts: number;
  most: Resources;
  /** Nothing that is done about these hosts makes them take it. */
  readonly isForGood: boolean;
}

function summarise(state: State, subject: Subject, tally: Tally, total: number): Reason {
  const { reason, hosts, most } = tally;
  const { hostId: _one, ...rest } = reason;
  const of = `${hosts} of ${total} hosts`;
  if (reason.ruleId !== undefined) {
    const { name } = state.tables.AffinityRule.get(reason.ruleId);
    return { ...rest, message: `${of} are ruled out by affinity rule ${name}` };
  }
  const amounts = amountsOf(reason.code, subject.resources, most);
  return { ...rest, message: `${of} are ${SHORTAGE[reason.code] ?? reason.message}${amounts}` };
}

/** What it needs and the most that one of them has, where that is what they are short of. */
function amountsOf(code: ReasonCode, need: Resources, most: Resources): string {
  switch (code) {
    case "INSUFFICIENT_CPU":
      return ` (it needs ${need.cpuMillicores / 1000} cores; at most ${most.cpuMillicores / 1000} are free on one of them)`;
    case "INSUFFICIENT_MEMORY":
      return ` (it needs ${need.memoryMiB} MiB; at most ${most.memoryMiB} are free on one of them)`;
    case "INSUFFICIENT_STORAGE":
      return ` (it needs ${need.storageGiB} GiB; at most ${most.storageGiB} are free on one of them)`;
    default:
      return "";
  }
}
