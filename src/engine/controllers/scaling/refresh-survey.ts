import type { ScalingGroup } from "../../../model/entities.ts";
import type { GroupRefresh } from "../../../model/group-refresh.ts";
import { isStale } from "../../group-refresh-conditions.ts";
import type { State } from "../../state.ts";
import {
  isKept,
  isNeeded,
  isWarm,
  lacksRoom,
  type Member,
  membersOf,
  warmAtMs,
  whyFailed,
} from "./members.ts";

/** How a refresh stands. */
export interface Survey {
  readonly group: ScalingGroup;
  readonly refresh: GroupRefresh;
  /** Those that are kept though they are useless too. */
  readonly size: number;
  readonly members: readonly Member[];
  readonly fresh: readonly Member[];
  /** Those to be replaced. */
  readonly stale: readonly Member[];
  /** They stay as they are: protected, or others depend on them. */
  readonly left: readonly Member[];
  /** Members that serve, old and new. */
  readonly serving: ReadonlySet<Member>;
  readonly freshServing: number;
  /** New members that it is to have in the end. */
  readonly target: number;
  /** So many serve at least, as far as the refresh is concerned. */
  readonly least: number;
  /** The next member that comes up is warm then; null for none. */
  readonly lookAtMs: number | null;
}

export function surveyOf(
  state: State,
  group: ScalingGroup,
  refresh: GroupRefresh,
  nowMs: number,
): Survey {
  const all = membersOf(state, group.id);
  const members = all.filter((guest) => !isKept(state, guest));
  const isOld = ({ membership }: Member) => isStale(membership, refresh);
  const old = members.filter(isOld);
  const fresh = members.filter((guest) => !isOld(guest));
  const stays = (guest: Member) => guest.membership.isProtected || isNeeded(state, guest);
  const left = old.filter(stays);
  const serving = new Set(members.filter((guest) => serves(guest, group, nowMs)));
  const warm = members
    .map((guest) => warmAtMs(guest, group))
    .filter((atMs) => atMs !== null && atMs > nowMs) as number[];
  return {
    group,
    refresh,
    size: all.length,
    members,
    fresh,
    stale: old.filter((guest) => !stays(guest)),
    left,
    serving,
    freshServing: fresh.filter((guest) => serving.has(guest)).length,
    target: Math.max(0, group.desired - left.length),
    least: leastServing(group.desired, refresh.minHealthyPercent),
    lookAtMs: warm.length > 0 ? Math.min(...warm) : null,
  };
}

export function leastServing(desired: number, minHealthyPercent: number): number {
  return Math.ceil((desired * minHealthyPercent) / 100);
}

function serves(guest: Member, group: ScalingGroup, nowMs: number): boolean {
  return isWarm(guest, group, nowMs) && !whyFailed(guest) && guest.membership.illness === null;
}

/** New members when a percentage is reached. */
export function partOf(target: number, percent: number): number {
  return Math.ceil((target * percent) / 100);
}

export function percentDone({ target, freshServing }: Survey): number {
  return target === 0 ? 100 : Math.min(100, Math.floor((100 * freshServing) / target));
}

/** How many are replaced at once. */
export function batchOf({ group, least }: Survey): number {
  return Math.max(1, group.desired - least);
}

/** New members that come up, and those still to be made: they are waited for. */
export function comingOf({ group, members, fresh, serving }: Survey): number {
  const coming = fresh.filter((guest) => !serving.has(guest) && !lacksRoom(guest)).length;
  return coming + Math.max(0, group.desired - members.length);
}
